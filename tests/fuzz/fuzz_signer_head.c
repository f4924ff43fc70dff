/* tests/fuzz/fuzz_signer_head.c - outer header blocks that a captured process might hand to the signer. */
#include <stdlib.h>
#include <string.h>

#include "gateway/signer_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char digest[32] = {0};
	const struct bytes recipient = BYTES("un@b.fr");
	const struct signer_row row = {
		.state = BYTES("composed"), .recipients = &recipient, .n = 1, .message_id = BYTES("<a@b.fr>"), .head = {data, size},
		.entity = BYTES("x"), .entity_size = 1, .entity_digest = {digest, sizeof(digest)},
		.decision = BYTES("{\"event\": 1, \"dossier\": 1, \"party\": \"p\", \"rule\": \"r\"}"),
	};
	const struct signer_seal seal = {BYTES("avis@c.fr"), BYTES("avis@c.fr")};
	const char *trouble = signer_check(&row, &seal);

	/* The digest never fits: a head that passes is one that names both mailboxes. */
	if (!trouble)
		abort();
	if (strcmp(trouble, "the entity has not its recorded digest") == 0 &&
	    (!bytes_contains_nocase(row.head, recipient) || !bytes_contains_nocase(row.head, seal.mailbox)))
		abort();
	return 0;
}

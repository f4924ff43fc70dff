/* tests/fuzz/fuzz_mx.c - DNS answers as a lying server sends them, and what is made of them. The first byte chooses the question. */
#include <stdlib.h>
#include <string.h>

#include "gateway/resolve_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The question that answers in the corpus belong to: the name is read from the packet itself, so that the fuzzer need not guess it. */
static struct bytes asked(struct bytes packet, char name[256])
{
	size_t at = 12, n = 0;

	while (at < packet.len && packet.at[at] > 0 && packet.at[at] < 64 && at + packet.at[at] < packet.len && n + packet.at[at] + 1 < 255) {
		if (n > 0)
			name[n++] = '.';
		memcpy(name + n, packet.at + at + 1, packet.at[at]);
		n += packet.at[at];
		at += packet.at[at] + 1u;
	}
	return (struct bytes){(unsigned char *)name, n};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum resolve_type types[] = {RESOLVE_MX, RESOLVE_A, RESOLVE_AAAA};
	struct resolve_answer answer;
	struct mx_host hosts[LIMIT_MX];
	char name[256];
	size_t n;

	if (size < 1)
		return 0;
	struct arena *arena = arena_create(16 * 1024 * 1024);
	struct bytes packet = {data + 1, size - 1}, domain = asked(packet, name);
	enum resolve_type type = types[data[0] % 3];
	if (resolve_answer_read(arena, packet, domain, type, &answer) == REASON_NONE && type == RESOLVE_MX &&
	    mx_choose(answer.mx, answer.n, domain, BYTES("mx.avis.exemple.fr"), data[0], hosts, &n) == REASON_NONE)
		/* Whatever came: hosts that a connection may be tried to, in order, none of them ours. */
		for (size_t i = 0; i < n; i++) {
			struct bytes host = bytes_of_text(hosts[i].name);
			if (!mx_is_host(host) || bytes_equal_nocase(host, BYTES("mx.avis.exemple.fr")) ||
			    (i > 0 && hosts[i - 1].preference > hosts[i].preference))
				abort();
		}
	if (answer.n > (type == RESOLVE_MX ? LIMIT_MX_RECORDS : LIMIT_MX_ADDRESSES))
		abort();
	arena_destroy(&arena);
	return 0;
}

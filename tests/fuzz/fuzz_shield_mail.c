/* tests/fuzz/fuzz_shield_mail.c - any bytes as the file of a mail of ours, read for whom it may name: PDF, XML, RTF, HTML, archives, anything. */
#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "cda/pdf_text.h"
#include "gateway/shield_mail.h"
#include "smtp/mime_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char head[] = "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool open;
	static struct mime_charsets charsets;
	struct arena *arena = arena_create(256u << 20);
	unsigned char *entity = arena_alloc(arena, sizeof head + size);
	struct shield_mail mail;

	if (!open) {
		mime_open(&charsets);
		assert(pdf_text_open());
		open = true;
	}
	memcpy(entity, head, sizeof head - 1);
	if (size > 0)
		memcpy(entity + sizeof head - 1, data, size);
	if (shield_mail_read(arena, BYTES_NONE, (struct bytes){entity, sizeof head - 1 + size}, &mail)) {
		assert(mail.text.n_numbers <= SHIELD_NUMBERS);
		json_t *json = shield_mail_write(&mail);
		struct shield_mail back;
		assert(shield_mail_of(arena, json, &back));
		json_decref(json);
	}
	arena_destroy(&arena);
	return 0;
}

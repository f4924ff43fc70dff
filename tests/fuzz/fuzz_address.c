/* tests/fuzz/fuzz_address.c - mailboxes and paths, ASCII and UTF-8: what is accepted survives being written and read again. */
#include <assert.h>

#include "base/limits.h"
#include "smtp/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(const struct smtp_address *address)
{
	struct buf text = buf_make(4 * LIMIT_SMTP_PATH);
	struct smtp_address again;

	assert(address->local.len <= LIMIT_SMTP_LOCAL_PART && address->domain.len <= LIMIT_SMTP_DOMAIN);
	smtp_address_write(&text, address);
	assert(buf_ok(&text) && bytes_utf8(buf_bytes(&text)));
	bool high = false;
	for (size_t i = 0; i < text.len; i++) {
		assert(text.data[i] >= 32 && text.data[i] != 127);
		assert(text.data[i] != 0xc2 || text.data[i + 1] >= 0xa0);
		high = high || text.data[i] > 127;
	}
	assert(high == address->utf8);
	/* Escaping may lengthen a local part of 64 bytes; what is not longer must read back as the same mailbox. */
	if (text.len <= address->local.len + 1 + address->domain.len) {
		assert(smtp_address_read_utf8(buf_bytes(&text), &again) == REASON_NONE);
		assert(smtp_address_equal(address, &again) && again.utf8 == address->utf8);
	}
	buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = {data, size}, rest;
	struct smtp_address address, plain;

	enum reason reason = smtp_address_read_utf8(in, &address), ascii = smtp_address_read(in, &plain);
	assert(ascii == (reason == REASON_NONE && address.utf8 ? REASON_SMTP_UTF8 : reason));
	if (reason == REASON_NONE)
		read_again(&address);
	if (smtp_address_read_path(in, &address, &rest) == REASON_NONE && address.local.len > 0)
		read_again(&address);
	return 0;
}

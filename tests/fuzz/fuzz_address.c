/* tests/fuzz/fuzz_address.c - mailboxes, paths, MAIL and RCPT arguments: what is accepted survives being written and read again. */
#include <assert.h>

#include "base/limits.h"
#include "smtp/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(const struct smtp_address *address)
{
	struct buf text = buf_make(4 * LIMIT_SMTP_PATH);
	struct smtp_address again;

	assert(address->local.len <= LIMIT_SMTP_LOCAL_PART && address->domain.len <= LIMIT_SMTP_DOMAIN);
	smtp_address_write(&text, address);
	assert(buf_ok(&text));
	for (size_t i = 0; i < text.len; i++)
		assert(text.data[i] >= 32 && text.data[i] <= 126);
	/* Escaping may lengthen a local part of 64 bytes; what is not longer must read back as the same mailbox. */
	if (text.len <= address->local.len + 1 + address->domain.len) {
		assert(smtp_address_read(buf_bytes(&text), &again) == REASON_NONE);
		assert(smtp_address_equal(address, &again));
	}
	buf_free(&text);
}

static void decode(struct bytes xtext)
{
	struct buf plain = buf_make(LIMIT_SMTP_COMMAND);
	smtp_xtext_decode(&plain, xtext);
	for (size_t i = 0; i < plain.len; i++)
		assert(plain.data[i] >= 32 && plain.data[i] <= 126);
	buf_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = {data, size}, rest;
	struct smtp_address address;
	struct smtp_mail mail;
	struct smtp_recipient recipient;

	if (smtp_address_read(in, &address) == REASON_NONE)
		read_again(&address);
	if (smtp_address_read_path(in, &address, &rest) == REASON_NONE && address.local.len > 0)
		read_again(&address);
	if (size > LIMIT_SMTP_COMMAND)
		return 0;
	if (smtp_mail_read(in, &mail) == REASON_NONE) {
		assert(mail.size <= LIMIT_MESSAGE);
		decode(mail.envid);
	}
	if (smtp_recipient_read(in, &recipient) == REASON_NONE)
		decode(recipient.orcpt);
	return 0;
}

/* tests/fuzz/fuzz_command.c - one command line, and its argument read as each of the commands that have one. Holds always: what is
 * read lies within the line; decoded parameters hold no control character; a number is within its limit; a chunk's line that is
 * accepted is digits and at most one word. */
#include <assert.h>

#include "base/limits.h"
#include "smtp/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool within(struct bytes part, struct bytes whole)
{
	return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static void check_plain(const struct buf *plain)
{
	assert(buf_ok(plain) && bytes_one_line(buf_bytes(plain), LIMIT_SMTP_COMMAND));
	for (size_t i = 0; i + 1 < plain->len; i++)   /* C1 */
		assert(plain->data[i] != 0xc2 || plain->data[i + 1] >= 0xa0);
}

static void check_address(const struct smtp_address *address, bool smtputf8)
{
	assert(smtputf8 || !address->utf8);
	for (size_t i = 0; i < address->local.len; i++)
		assert(address->local.at[i] >= 32 && address->local.at[i] != 127);
}

static void read_mail(struct bytes argument)
{
	struct smtp_mail mail;
	struct buf plain = buf_make(LIMIT_SMTP_COMMAND);

	if (smtp_mail_read(argument, &mail) == REASON_NONE) {
		assert(mail.size <= LIMIT_MESSAGE && mail.envid.len <= LIMIT_SMTP_ENVID);
		assert(within(mail.envid, argument) && within(mail.from.local, argument) && within(mail.from.domain, argument));
		check_address(&mail.from, mail.smtputf8);
		smtp_xtext_decode(&plain, mail.envid);
		check_plain(&plain);
	}
	buf_free(&plain);
}

static void read_recipient(struct bytes argument, bool smtputf8)
{
	struct smtp_recipient recipient;
	struct buf plain = buf_make(LIMIT_SMTP_COMMAND);

	if (smtp_recipient_read(argument, smtputf8, &recipient) == REASON_NONE) {
		assert(within(recipient.orcpt, argument) && recipient.to.local.len > 0);
		assert((recipient.notify & SMTP_NOTIFY_NEVER) == 0 || recipient.notify == SMTP_NOTIFY_NEVER);
		check_address(&recipient.to, smtputf8);
		smtp_orcpt_decode(&plain, recipient.orcpt);
		check_plain(&plain);
	}
	buf_free(&plain);
}

static void read_chunk(struct bytes argument)
{
	struct smtp_chunk chunk;
	uint64_t size = 0;
	size_t at = 0;

	if (smtp_chunk_read(argument, &chunk) != REASON_NONE)
		return;
	for (; at < argument.len && argument.at[at] != ' '; at++) {
		assert(argument.at[at] >= '0' && argument.at[at] <= '9');
		size = size * 10 + (uint64_t)(argument.at[at] - '0');
		assert(size <= LIMIT_SMTP_DRAIN);
	}
	assert(at > 0 && chunk.size == size && chunk.last == (at < argument.len));
	assert(!chunk.last || bytes_equal_nocase(bytes_from(argument, at), BYTES(" LAST")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes line = {data, size};
	struct smtp_command command;
	struct smtp_auth auth;

	if (size > LIMIT_SMTP_COMMAND || smtp_command_read(line, &command) != REASON_NONE)
		return 0;
	assert(command.verb < SMTP_VERBS && within(command.argument, line));
	/* Whatever its verb, the argument is tried as all of them. */
	read_mail(command.argument);
	read_recipient(command.argument, false);
	read_recipient(command.argument, true);
	read_chunk(command.argument);
	if (smtp_auth_read(command.argument, &auth) == REASON_NONE)
		assert(auth.mechanism.len > 0 && within(auth.mechanism, line) && within(auth.initial, line));
	return 0;
}

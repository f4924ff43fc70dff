/* policy/reply.c - see reply.h. */
#include "policy/reply.h"

#include <assert.h>

enum {
	GREETING = 1 << REPLY_GREETING, HELLO = 1 << REPLY_HELLO, STARTTLS = 1 << REPLY_STARTTLS, AUTH = 1 << REPLY_AUTH,
	SENDER = 1 << REPLY_SENDER, RECIPIENT = 1 << REPLY_RECIPIENT, MESSAGE = 1 << REPLY_MESSAGE, END = 1 << REPLY_END,
	SESSION = GREETING | HELLO, MAIL = SENDER | RECIPIENT | MESSAGE | END, ANY = SESSION | STARTTLS | AUTH | MAIL,
};

/* The first row that fits. code: of three digits, or 4 or 5 for the whole class. enhanced: whole, "5.7." for all that begin so,
 * "" for a reply without one, NULL for any. */
static const struct {
	int stages, code;
	const char *enhanced;
	enum reason reason;
} rows[] = {
	/* the host, for a while */
	{ANY,       421, NULL,     REASON_DELIVER_BUSY},
	{ANY,       4,   "4.3.1",  REASON_DELIVER_BUSY},
	{ANY,       4,   "4.3.2",  REASON_DELIVER_BUSY},
	{ANY,       4,   "4.4.5",  REASON_DELIVER_BUSY},
	{STARTTLS,  4,   NULL,     REASON_DELIVER_TLS},
	{STARTTLS,  5,   NULL,     REASON_DELIVER_TLS},
	/* us: our login, our certificate, our return path (the same for every mail) */
	{AUTH,      454, NULL,     REASON_DELIVER_LATER},   /* RFC 4954 6: a trouble of the server's own */
	{AUTH,      4,   NULL,     REASON_DELIVER_AUTH},
	{AUTH,      5,   NULL,     REASON_DELIVER_AUTH},
	{SESSION | SENDER, 5, "5.7.", REASON_DELIVER_OURS},
	{SENDER,    5,   "5.1.7",  REASON_DELIVER_OURS},
	{SENDER,    5,   "5.1.8",  REASON_DELIVER_OURS},
	{MAIL,      530, NULL,     REASON_DELIVER_OURS},
	{MAIL,      534, NULL,     REASON_DELIVER_OURS},
	{MAIL,      535, NULL,     REASON_DELIVER_OURS},
	{MAIL,      538, NULL,     REASON_DELIVER_OURS},
	/* Postfix keeps its word about the client for RCPT, and says 554 there; 550 is about the mailbox. */
	{RECIPIENT, 554, "5.7.1",  REASON_DELIVER_OURS},
	/* the host refuses every session */
	{SESSION,   5,   NULL,     REASON_DELIVER_HOST},
	/* size, before 552 speaks of the mailbox */
	{MAIL,      5,   "5.2.3",  REASON_DELIVER_TOO_BIG},
	{MAIL,      5,   "5.3.4",  REASON_DELIVER_TOO_BIG},
	{SENDER | MESSAGE | END, 552, "", REASON_DELIVER_TOO_BIG},
	/* the mailbox */
	{MAIL,      5,   "5.2.2",  REASON_DELIVER_MAILBOX_FULL},
	{RECIPIENT, 552, "",       REASON_DELIVER_MAILBOX_FULL},
	{MAIL,      4,   "4.2.2",  REASON_DELIVER_MAILBOX_LATER},
	{MAIL,      5,   "5.1.1",  REASON_DELIVER_MAILBOX_NONE},
	{MAIL,      5,   "5.1.2",  REASON_DELIVER_MAILBOX_NONE},
	{MAIL,      5,   "5.1.3",  REASON_DELIVER_MAILBOX_NONE},
	{MAIL,      5,   "5.1.6",  REASON_DELIVER_MAILBOX_NONE},
	{MAIL,      5,   "5.1.10", REASON_DELIVER_MAILBOX_NONE},
	{MAIL,      5,   "5.2.1",  REASON_DELIVER_MAILBOX_NONE},
	{RECIPIENT, 550, "",       REASON_DELIVER_MAILBOX_NONE},
	{RECIPIENT, 551, "",       REASON_DELIVER_MAILBOX_NONE},
	{RECIPIENT, 553, "",       REASON_DELIVER_MAILBOX_NONE},
	/* greylisting: Postfix's helpers say 450 4.2.0, others 451 4.7.1 */
	{SENDER | RECIPIENT | MESSAGE, 4, "4.7.1", REASON_DELIVER_GREYLIST},
	{SENDER | RECIPIENT | MESSAGE, 4, "4.7.0", REASON_DELIVER_GREYLIST},
	{RECIPIENT, 450, "4.2.0",  REASON_DELIVER_GREYLIST},
	/* the mail */
	{MAIL,      5,   "5.4.6",  REASON_DELIVER_LOOP},
	{MAIL,      5,   "5.4.14", REASON_DELIVER_LOOP},
	{MAIL,      5,   "5.6.7",  REASON_DELIVER_SMTPUTF8},
	{MAIL,      5,   "5.6.3",  REASON_DELIVER_EIGHT_BIT},
	{MAIL,      5,   "5.7.",   REASON_DELIVER_POLICY},
	/* it does not know its own trade */
	{MAIL,      500, "",       REASON_DELIVER_PROTOCOL},
	{MAIL,      502, "",       REASON_DELIVER_PROTOCOL},
	{MAIL,      503, "",       REASON_DELIVER_PROTOCOL},
	{ANY,       4,   NULL,     REASON_DELIVER_LATER},
	{ANY,       5,   NULL,     REASON_DELIVER_REFUSED},
};

static bool fits_code(int wanted, int code)
{
	return wanted < 10 ? code / 100 == wanted : code == wanted;
}

static bool fits_enhanced(const char *wanted, struct bytes enhanced)
{
	struct bytes w = bytes_of_text(wanted);

	if (wanted == NULL)
		return true;
	return w.len > 0 && w.at[w.len - 1] == '.' ? bytes_starts(enhanced, w) : bytes_equal(enhanced, w);
}

enum reason reply_reason(enum reply_stage stage, int code, struct bytes enhanced)
{
	assert(code >= 400 && code < 600);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if ((rows[i].stages & 1 << stage) && fits_code(rows[i].code, code) && fits_enhanced(rows[i].enhanced, enhanced))
			return rows[i].reason;
	return REASON_DELIVER_REFUSED;
}

/* smtp/command.c - see command.h. */
#include "smtp/command.h"

#include "base/limits.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct bytes verbs[SMTP_VERBS] = {
	[SMTP_EHLO] = BYTES_OF("EHLO"),         [SMTP_HELO] = BYTES_OF("HELO"), [SMTP_MAIL] = BYTES_OF("MAIL"),
	[SMTP_RCPT] = BYTES_OF("RCPT"),         [SMTP_DATA] = BYTES_OF("DATA"), [SMTP_RSET] = BYTES_OF("RSET"),
	[SMTP_NOOP] = BYTES_OF("NOOP"),         [SMTP_QUIT] = BYTES_OF("QUIT"), [SMTP_VRFY] = BYTES_OF("VRFY"),
	[SMTP_STARTTLS] = BYTES_OF("STARTTLS"), [SMTP_HELP] = BYTES_OF("HELP"),
};

/* Words that others know. Behind BDAT comes content, behind the last ones another protocol (ALPACA, 2021). */
static const struct {
	struct bytes word;
	enum reason reason;
} others[] = {
	{BYTES_OF("EXPN"), REASON_SMTP_VERB_REFUSED}, {BYTES_OF("AUTH"), REASON_SMTP_VERB_REFUSED},
	{BYTES_OF("ETRN"), REASON_SMTP_VERB_REFUSED}, {BYTES_OF("TURN"), REASON_SMTP_VERB_REFUSED},
	{BYTES_OF("ATRN"), REASON_SMTP_VERB_REFUSED}, {BYTES_OF("SEND"), REASON_SMTP_VERB_REFUSED},
	{BYTES_OF("SOML"), REASON_SMTP_VERB_REFUSED}, {BYTES_OF("SAML"), REASON_SMTP_VERB_REFUSED},
	{BYTES_OF("XCLIENT"), REASON_SMTP_VERB_REFUSED}, {BYTES_OF("XFORWARD"), REASON_SMTP_VERB_REFUSED},
	{BYTES_OF("LHLO"), REASON_SMTP_VERB_REFUSED}, {BYTES_OF("BURL"), REASON_SMTP_CHUNKING},
	{BYTES_OF("BDAT"), REASON_SMTP_CHUNKING}, {BYTES_OF("GET"), REASON_SMTP_FOREIGN},
	{BYTES_OF("POST"), REASON_SMTP_FOREIGN}, {BYTES_OF("HEAD"), REASON_SMTP_FOREIGN},
	{BYTES_OF("PUT"), REASON_SMTP_FOREIGN}, {BYTES_OF("DELETE"), REASON_SMTP_FOREIGN},
	{BYTES_OF("OPTIONS"), REASON_SMTP_FOREIGN}, {BYTES_OF("CONNECT"), REASON_SMTP_FOREIGN},
	{BYTES_OF("PATCH"), REASON_SMTP_FOREIGN}, {BYTES_OF("TRACE"), REASON_SMTP_FOREIGN},
	{BYTES_OF("PRI"), REASON_SMTP_FOREIGN}, {BYTES_OF("PROXY"), REASON_SMTP_FOREIGN},
};

static int hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;   /* RFC 3461 4: upper case only */
}

/* xtext whose decoded form is printable ASCII (RFC 3461 4.2, 4.4): a CR LF in disguise would reach a report's header. */
static bool is_xtext(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		if (c < 33 || c > 126 || c == '=')
			return false;
		if (c != '+')
			continue;
		if (text.len - i < 3)
			return false;
		int high = hex_value(text.at[i + 1]), low = hex_value(text.at[i + 2]);
		if (high < 0 || low < 0 || high * 16 + low < 32 || high * 16 + low > 126)
			return false;
		i += 2;
	}
	return text.len > 0;
}

static enum reason read_size(struct bytes value, struct smtp_mail *mail)
{
	uint64_t any;
	/* RFC 1870 3: up to 20 digits, which may be more than 64 bits hold. */
	if (value.len == 0 || value.len > 20)
		return REASON_SMTP_ARGUMENT;
	for (size_t i = 0; i < value.len; i++)
		if (!bytes_number(bytes_slice(value, i, 1), 9, &any))
			return REASON_SMTP_ARGUMENT;
	return bytes_number(value, LIMIT_MESSAGE, &mail->size) ? REASON_NONE : REASON_SMTP_SIZE;
}

static enum reason read_body(struct bytes value, struct smtp_mail *mail)
{
	if (bytes_equal_nocase(value, BYTES("7BIT")))
		mail->body = SMTP_BODY_7BIT;
	else if (bytes_equal_nocase(value, BYTES("8BITMIME")))
		mail->body = SMTP_BODY_8BITMIME;
	else
		return REASON_SMTP_ARGUMENT;
	return REASON_NONE;
}

static enum reason read_ret(struct bytes value, struct smtp_mail *mail)
{
	if (bytes_equal_nocase(value, BYTES("FULL")))
		mail->ret = SMTP_RET_FULL;
	else if (bytes_equal_nocase(value, BYTES("HDRS")))
		mail->ret = SMTP_RET_HDRS;
	else
		return REASON_SMTP_ARGUMENT;
	return REASON_NONE;
}

static enum reason read_envid(struct bytes value, struct smtp_mail *mail)
{
	if (value.len > LIMIT_SMTP_ENVID || !is_xtext(value))
		return REASON_SMTP_ARGUMENT;
	mail->envid = value;
	return REASON_NONE;
}

static enum reason read_notify(struct bytes value, struct smtp_recipient *recipient)
{
	static const struct {
		struct bytes word;
		unsigned bit;
	} words[] = {
		{BYTES_OF("NEVER"), SMTP_NOTIFY_NEVER}, {BYTES_OF("SUCCESS"), SMTP_NOTIFY_SUCCESS},
		{BYTES_OF("FAILURE"), SMTP_NOTIFY_FAILURE}, {BYTES_OF("DELAY"), SMTP_NOTIFY_DELAY},
	};
	unsigned found = 0;

	if (value.len == 0 || value.at[value.len - 1] == ',')
		return REASON_SMTP_ARGUMENT;
	for (struct cursor c = cursor_on(value); c.left.len > 0;) {
		struct bytes word = cursor_until(&c, ',');
		size_t i = 0;
		while (i < COUNT(words) && !bytes_equal_nocase(word, words[i].word))
			i++;
		if (i == COUNT(words) || (found & words[i].bit) != 0)
			return REASON_SMTP_ARGUMENT;
		found |= words[i].bit;
	}
	/* RFC 3461 4.1: NEVER stands alone. */
	if ((found & SMTP_NOTIFY_NEVER) != 0 && found != SMTP_NOTIFY_NEVER)
		return REASON_SMTP_ARGUMENT;
	recipient->notify = found;
	return REASON_NONE;
}

/* addr-type ";" xtext (RFC 3461 4.2) */
static enum reason read_orcpt(struct bytes value, struct smtp_recipient *recipient)
{
	size_t mark = bytes_find_byte(value, ';', 0);
	if (mark == 0 || mark == value.len || !is_xtext(bytes_from(value, mark + 1)))
		return REASON_SMTP_ARGUMENT;
	for (size_t i = 0; i < mark; i++) {
		unsigned char c = value.at[i];
		if (!((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-'))
			return REASON_SMTP_ARGUMENT;
	}
	recipient->orcpt = value;
	return REASON_NONE;
}

/* One of the two readers is set: of MAIL or of RCPT. */
struct parameter {
	struct bytes key;
	enum reason (*mail)(struct bytes value, struct smtp_mail *mail);
	enum reason (*recipient)(struct bytes value, struct smtp_recipient *recipient);
};

static const struct parameter of_mail[] = {
	{.key = BYTES_OF("SIZE"), .mail = read_size},
	{.key = BYTES_OF("BODY"), .mail = read_body},
	{.key = BYTES_OF("RET"), .mail = read_ret},
	{.key = BYTES_OF("ENVID"), .mail = read_envid},
};

static const struct parameter of_recipient[] = {
	{.key = BYTES_OF("NOTIFY"), .recipient = read_notify},
	{.key = BYTES_OF("ORCPT"), .recipient = read_orcpt},
};

/* *(SP KEY "=" value), each key once (RFC 5321 4.1.1.11); what is not in the table is refused. */
static enum reason read_parameters(struct bytes text, const struct parameter *table, size_t n, struct smtp_mail *mail,
				   struct smtp_recipient *recipient)
{
	unsigned seen = 0;

	while (text.len > 0) {
		if (text.at[0] != ' ')
			return REASON_SMTP_ARGUMENT;
		size_t end = bytes_find_byte(text, ' ', 1);
		struct bytes word = bytes_slice(text, 1, end - 1);
		size_t mark = bytes_find_byte(word, '=', 0), i = 0;
		while (i < n && !bytes_equal_nocase(bytes_slice(word, 0, mark), table[i].key))
			i++;
		if (i == n || (seen & (1u << i)) != 0)
			return REASON_SMTP_ARGUMENT;
		seen |= 1u << i;
		struct bytes value = bytes_from(word, mark + 1);
		enum reason reason = table[i].mail ? table[i].mail(value, mail) : table[i].recipient(value, recipient);
		if (reason != REASON_NONE)
			return reason;
		text = bytes_from(text, end);
	}
	return REASON_NONE;
}

enum reason smtp_command_read(struct bytes line, struct smtp_command *out)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] < 0x20 || line.at[i] == 0x7f)
			return REASON_SMTP_LINE_CONTROL;
	/* RFC 5321 4.1.1: blanks before the end are to be borne. */
	while (line.len > 0 && line.at[line.len - 1] == ' ')
		line.len--;

	struct bytes word = bytes_slice(line, 0, bytes_find_byte(line, ' ', 0));
	for (enum smtp_verb verb = 0; verb < SMTP_VERBS; verb++) {
		if (!bytes_equal_nocase(word, verbs[verb]))
			continue;
		*out = (struct smtp_command){verb, bytes_from(line, word.len + 1)};
		return REASON_NONE;
	}
	for (size_t i = 0; i < COUNT(others); i++)
		if (bytes_equal_nocase(word, others[i].word))
			return others[i].reason;
	return REASON_SMTP_VERB_UNKNOWN;
}

enum reason smtp_mail_read(struct bytes argument, struct smtp_mail *out)
{
	struct smtp_mail mail = {0};
	struct bytes rest;

	if (!bytes_starts_nocase(argument, BYTES("FROM:")))
		return REASON_SMTP_ARGUMENT;
	enum reason reason = smtp_address_read_path(bytes_from(argument, 5), &mail.from, &rest);
	if (reason != REASON_NONE)
		return reason;
	reason = read_parameters(rest, of_mail, COUNT(of_mail), &mail, NULL);
	if (reason == REASON_NONE)
		*out = mail;
	return reason;
}

enum reason smtp_recipient_read(struct bytes argument, struct smtp_recipient *out)
{
	static const struct bytes postmaster = BYTES_OF("<postmaster>");
	struct smtp_recipient recipient = {0};
	struct bytes rest;
	enum reason reason = REASON_NONE;

	if (!bytes_starts_nocase(argument, BYTES("TO:")))
		return REASON_SMTP_ARGUMENT;
	argument = bytes_from(argument, 3);
	if (bytes_starts_nocase(argument, postmaster)) {
		recipient.to.local = bytes_slice(argument, 1, postmaster.len - 2);
		rest = bytes_from(argument, postmaster.len);
	} else {
		reason = smtp_address_read_path(argument, &recipient.to, &rest);
	}
	if (reason == REASON_SMTP_ADDRESS || (reason == REASON_NONE && recipient.to.local.len == 0))
		return REASON_SMTP_RECIPIENT_SYNTAX;
	if (reason != REASON_NONE)
		return reason;
	reason = read_parameters(rest, of_recipient, COUNT(of_recipient), NULL, &recipient);
	if (reason == REASON_NONE)
		*out = recipient;
	return reason;
}

void smtp_xtext_decode(struct buf *out, struct bytes xtext)
{
	for (size_t i = 0; i < xtext.len; i++) {
		if (xtext.at[i] == '+' && xtext.len - i > 2) {
			buf_u8(out, (uint8_t)(hex_value(xtext.at[i + 1]) * 16 + hex_value(xtext.at[i + 2])));
			i += 2;
		} else {
			buf_u8(out, xtext.at[i]);
		}
	}
}

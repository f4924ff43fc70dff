/* smtp/command.c - see command.h. */
#include "smtp/command.h"

#include "base/limits.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct bytes verbs[SMTP_VERBS] = {
	[SMTP_EHLO] = BYTES_OF("EHLO"),         [SMTP_HELO] = BYTES_OF("HELO"), [SMTP_MAIL] = BYTES_OF("MAIL"),
	[SMTP_RCPT] = BYTES_OF("RCPT"),         [SMTP_DATA] = BYTES_OF("DATA"), [SMTP_RSET] = BYTES_OF("RSET"),
	[SMTP_NOOP] = BYTES_OF("NOOP"),         [SMTP_QUIT] = BYTES_OF("QUIT"), [SMTP_VRFY] = BYTES_OF("VRFY"),
	[SMTP_STARTTLS] = BYTES_OF("STARTTLS"), [SMTP_HELP] = BYTES_OF("HELP"),
	[SMTP_BDAT] = BYTES_OF("BDAT"),         [SMTP_AUTH] = BYTES_OF("AUTH"),
};

/* Words that others know. Behind the last ones comes another protocol (ALPACA, 2021). */
static const struct {
	struct bytes word;
	enum reason reason;
} others[] = {
	{BYTES_OF("EXPN"), REASON_SMTP_VERB_REFUSED}, {BYTES_OF("BURL"), REASON_SMTP_VERB_REFUSED},
	{BYTES_OF("ETRN"), REASON_SMTP_VERB_REFUSED}, {BYTES_OF("TURN"), REASON_SMTP_VERB_REFUSED},
	{BYTES_OF("ATRN"), REASON_SMTP_VERB_REFUSED}, {BYTES_OF("SEND"), REASON_SMTP_VERB_REFUSED},
	{BYTES_OF("SOML"), REASON_SMTP_VERB_REFUSED}, {BYTES_OF("SAML"), REASON_SMTP_VERB_REFUSED},
	{BYTES_OF("XCLIENT"), REASON_SMTP_VERB_REFUSED}, {BYTES_OF("XFORWARD"), REASON_SMTP_VERB_REFUSED},
	{BYTES_OF("LHLO"), REASON_SMTP_VERB_REFUSED}, {BYTES_OF("GET"), REASON_SMTP_FOREIGN},
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

/* RFC 6533 3, HEXPOINT: the character that "\x{…}" at the front of text stands for, in its shortest spelling, and how many
 * bytes that is; 0: none is there. What need not be written so may not: one spelling per address. */
static size_t embedded(struct bytes text, uint32_t *point)
{
	static const struct bytes specials = BYTES_OF(" +=\\");
	size_t end = bytes_find_byte(text, '}', 0), digits = end - 3;
	uint32_t value = 0;

	if (!bytes_starts(text, BYTES("\\x{")) || end == text.len || digits < 2 || digits > 6 || text.at[3] == '0')
		return 0;
	for (size_t i = 3; i < end; i++) {
		int digit = hex_value(text.at[i]);
		if (digit < 0)
			return 0;
		value = value * 16 + (uint32_t)digit;
	}
	bool special = value < 128 && bytes_find_byte(specials, (unsigned char)value, 0) < specials.len;
	if (!special && (value < 0xa0 || (value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff))
		return 0;
	*point = value;
	return end + 1;
}

/* utf-8-addr-xtext, and under SMTPUTF8 utf-8-addr-unitext (RFC 6533 3); no control character in either form. */
static bool is_unitext(struct bytes text, bool raw)
{
	uint32_t point;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		size_t n = c == '\\' ? embedded(bytes_from(text, i), &point) : 1;
		bool c1 = c == 0xc2 && i + 1 < text.len && text.at[i + 1] < 0xa0;
		if (n == 0 || c < 33 || c == 127 || c == '+' || c == '=' || (c > 127 && !raw) || c1)
			return false;
		i += n - 1;
	}
	return text.len > 0 && bytes_utf8(text);
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

static enum reason read_smtputf8(struct bytes value, struct smtp_mail *mail)
{
	(void)value;
	mail->smtputf8 = true;
	return REASON_NONE;
}

/* RFC 4954 5: "<>" or a mailbox in xtext, up to 500 characters. */
static enum reason read_auth(struct bytes value, struct smtp_mail *mail)
{
	enum { AUTH_MAX = 500 };
	if (!bytes_equal_text(value, "<>") && (value.len > AUTH_MAX || !is_xtext(value)))
		return REASON_SMTP_ARGUMENT;
	mail->auth = true;
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

/* Where the type of an ORCPT ends, and whether it is that of RFC 6533. */
static size_t orcpt_type(struct bytes value, bool *utf8)
{
	size_t mark = bytes_find_byte(value, ';', 0);
	*utf8 = bytes_equal_nocase(bytes_slice(value, 0, mark), BYTES("utf-8"));
	return mark;
}

/* addr-type ";" xtext (RFC 3461 4.2) or "utf-8;" unitext (RFC 6533 3) */
static enum reason read_orcpt(struct bytes value, struct smtp_recipient *recipient)
{
	bool utf8;
	size_t mark = orcpt_type(value, &utf8);
	struct bytes address = bytes_from(value, mark + 1);

	if (mark == 0 || mark == value.len)
		return REASON_SMTP_ARGUMENT;
	if (!(utf8 ? is_unitext(address, recipient->smtputf8) : is_xtext(address)))
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
	bool bare;                /* has no "=" and no value */
};

static const struct parameter of_mail[] = {
	{.key = BYTES_OF("SIZE"), .mail = read_size},
	{.key = BYTES_OF("BODY"), .mail = read_body},
	{.key = BYTES_OF("RET"), .mail = read_ret},
	{.key = BYTES_OF("ENVID"), .mail = read_envid},
	{.key = BYTES_OF("SMTPUTF8"), .mail = read_smtputf8, .bare = true},
	{.key = BYTES_OF("AUTH"), .mail = read_auth},
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
		if (i == n || (seen & (1u << i)) != 0 || table[i].bare != (mark == word.len))
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

/* UTF-8 of one code point (RFC 3629 3). */
static void add_point(struct buf *out, uint32_t point)
{
	if (point < 0x80) {
		buf_u8(out, (uint8_t)point);
		return;
	}
	unsigned more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
	static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
	buf_u8(out, (uint8_t)(lead[more] | point >> 6 * more));
	while (more-- > 0)
		buf_u8(out, (uint8_t)(0x80 | (point >> 6 * more & 0x3f)));
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
	if (reason == REASON_NONE && mail.from.utf8 && !mail.smtputf8)
		reason = REASON_SMTP_UTF8;
	if (reason == REASON_NONE)
		*out = mail;
	return reason;
}

enum reason smtp_recipient_read(struct bytes argument, bool smtputf8, struct smtp_recipient *out)
{
	static const struct bytes postmaster = BYTES_OF("<postmaster>");
	struct smtp_recipient recipient = {.smtputf8 = smtputf8};
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
	if (recipient.to.utf8 && !smtputf8)
		return REASON_SMTP_UTF8;
	reason = read_parameters(rest, of_recipient, COUNT(of_recipient), NULL, &recipient);
	if (reason == REASON_NONE)
		*out = recipient;
	return reason;
}

enum reason smtp_chunk_read(struct bytes argument, struct smtp_chunk *out)
{
	size_t end = bytes_find_byte(argument, ' ', 0);
	struct bytes number = bytes_slice(argument, 0, end), word = bytes_from(argument, end);
	struct smtp_chunk chunk = {.last = word.len > 0};

	if (number.len == 0 || (chunk.last && !bytes_equal_nocase(word, BYTES(" LAST"))))
		return REASON_SMTP_CHUNKING;
	for (size_t i = 0; i < number.len; i++)
		if (number.at[i] < '0' || number.at[i] > '9')
			return REASON_SMTP_CHUNKING;
	if (!bytes_number(number, LIMIT_SMTP_DRAIN, &chunk.size))
		return REASON_SMTP_SIZE;
	*out = chunk;
	return REASON_NONE;
}

enum reason smtp_auth_read(struct bytes argument, struct smtp_auth *out)
{
	enum { MECHANISM_MAX = 20 };   /* RFC 4422 3.1 */
	size_t end = bytes_find_byte(argument, ' ', 0);
	struct smtp_auth auth = {bytes_slice(argument, 0, end), bytes_from(argument, end + 1), end < argument.len};

	if (end == 0 || end > MECHANISM_MAX || (auth.has_initial && auth.initial.len == 0))
		return REASON_SMTP_ARGUMENT;
	for (size_t i = 0; i < auth.initial.len; i++)
		if (auth.initial.at[i] == ' ')
			return REASON_SMTP_ARGUMENT;
	*out = auth;
	return REASON_NONE;
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

void smtp_orcpt_decode(struct buf *out, struct bytes orcpt)
{
	bool utf8;
	size_t mark = orcpt_type(orcpt, &utf8);
	struct bytes address = bytes_from(orcpt, mark + 1);
	uint32_t point;

	buf_add(out, bytes_slice(orcpt, 0, mark + 1));
	if (!utf8) {
		smtp_xtext_decode(out, address);
		return;
	}
	for (size_t i = 0; i < address.len; i++) {
		size_t n = address.at[i] == '\\' ? embedded(bytes_from(address, i), &point) : 0;
		if (n > 0) {
			add_point(out, point);
			i += n - 1;
		} else {
			buf_u8(out, address.at[i]);
		}
	}
}

/* smtp/status.c - see status.h. */
#include "smtp/status.h"

#include <string.h>

struct line {
	int code;
	bool more;
	struct bytes text;
};

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* "250-text", "250 text", and the bare "250" that RFC 5321 4.2.1 tells clients to take. */
static bool line_read(struct bytes at, struct line *out)
{
	uint64_t code;
	if (at.len < 3 || !bytes_number(bytes_slice(at, 0, 3), 599, &code) || code < 200)
		return false;
	if (at.len > 3 && at.at[3] != ' ' && at.at[3] != '-')
		return false;
	*out = (struct line){
		.code = (int)code,
		.more = at.len > 3 && at.at[3] == '-',
		.text = bytes_from(at, 4),
	};
	return true;
}

static bool next_line(struct cursor *c, struct bytes *out)
{
	if (c->left.len == 0)
		return false;
	struct bytes line = cursor_until(c, '\n');
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	*out = line;
	return true;
}

/* class "." 1*3digit "." 1*3digit at the start of text (RFC 2034 4); its length, or 0. */
static size_t enhanced_length(struct bytes text, int code)
{
	if (text.len < 5 || text.at[0] != '0' + code / 100 || text.at[1] != '.')
		return 0;
	size_t at = 2;
	for (int field = 0; field < 2; field++) {
		size_t start = at;
		while (at < text.len && at - start < 3 && is_digit(text.at[at]))
			at++;
		if (at == start)
			return 0;
		if (field == 0 && (at >= text.len || text.at[at++] != '.'))
			return 0;
	}
	return at == text.len || text.at[at] == ' ' ? at : 0;
}

/* Only what can be shown anywhere: what is not printable ASCII becomes '?'. */
static void add_clean(struct status *s, size_t *used, struct bytes text)
{
	if (*used > 0 && *used < STATUS_TEXT - 1)
		s->text[(*used)++] = ' ';
	for (size_t i = 0; i < text.len && *used < STATUS_TEXT - 1; i++) {
		unsigned char c = text.at[i];
		s->text[(*used)++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
}

static void take_line(struct status *s, size_t *used, const struct line *line)
{
	size_t n = enhanced_length(line->text, line->code);
	if (n > 0 && s->enhanced[0] == 0)
		memcpy(s->enhanced, line->text.at, n); /* at most 9 bytes; the struct was zero */
	add_clean(s, used, bytes_trim(bytes_from(line->text, n)));
}

static enum status_class class_of(int code)
{
	static const enum status_class classes[] = {
		[2] = STATUS_POSITIVE,
		[3] = STATUS_CONTINUE,
		[4] = STATUS_LATER,
		[5] = STATUS_REFUSED,
	};
	return classes[code / 100];
}

enum reason status_read(struct bytes reply, struct status *out)
{
	struct status s = {0};
	struct cursor c = cursor_on(reply);
	struct bytes at;
	size_t used = 0;
	bool more = true;

	while (more) {
		struct line line;
		if (!next_line(&c, &at) || !line_read(at, &line))
			return REASON_DELIVER_PROTOCOL;
		if (s.code != 0 && line.code != s.code)
			return REASON_DELIVER_PROTOCOL;
		s.code = line.code;
		take_line(&s, &used, &line);
		more = line.more;
	}
	if (c.left.len > 0)
		return REASON_DELIVER_PROTOCOL;
	s.class = class_of(s.code);
	*out = s;
	return REASON_NONE;
}

/* Not '=' nor '@': an id is never a parameter nor an address. */
static bool is_id_byte(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '/' ||
	       c == '.' || c == '_';
}

static bool take_id(struct bytes word, char out[STATUS_QUEUE_ID])
{
	while (word.len > 0 && (word.at[word.len - 1] == '.' || word.at[word.len - 1] == ')'))
		word.len--;
	if (word.len == 0 || word.len >= STATUS_QUEUE_ID)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (!is_id_byte(word.at[i]))
			return false;
	memcpy(out, word.at, word.len);
	out[word.len] = 0;
	return true;
}

void status_queue_id(const struct status *status, char out[STATUS_QUEUE_ID])
{
	static const struct bytes marks[] = {BYTES_OF("queued as "), BYTES_OF("OK id="), BYTES_OF("id=")};
	struct bytes text = bytes_of_text(status->text);

	out[0] = 0;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t at = bytes_find(text, marks[i], 0);
		if (at == text.len)
			continue;
		struct cursor c = cursor_on(bytes_from(text, at + marks[i].len));
		if (take_id(cursor_until(&c, ' '), out))
			return;
	}
	if (!bytes_ends(text, BYTES(" Saved")))
		return;
	struct bytes left = bytes_slice(text, 0, text.len - 6);
	size_t start = left.len;
	while (start > 0 && left.at[start - 1] != ' ')
		start--;
	(void)take_id(bytes_from(left, start), out);
}

static void offer_logins(struct bytes text, struct status_offer *out)
{
	for (struct cursor c = cursor_on(text); c.left.len > 0;) {
		struct bytes word = cursor_until(&c, ' ');
		out->external = out->external || bytes_equal_nocase(word, BYTES("EXTERNAL"));
		out->xoauth2 = out->xoauth2 || bytes_equal_nocase(word, BYTES("XOAUTH2"));
		out->oauthbearer = out->oauthbearer || bytes_equal_nocase(word, BYTES("OAUTHBEARER"));
		out->plain = out->plain || bytes_equal_nocase(word, BYTES("PLAIN"));
	}
}

static void offer_line(struct bytes text, struct status_offer *out)
{
	struct cursor c = cursor_on(bytes_trim(text));
	struct bytes word = cursor_until(&c, ' ');

	if (bytes_equal_nocase(word, BYTES("STARTTLS")))
		out->starttls = true;
	else if (bytes_equal_nocase(word, BYTES("DSN")))
		out->dsn = true;
	else if (bytes_equal_nocase(word, BYTES("8BITMIME")))
		out->eight_bit = true;
	else if (bytes_equal_nocase(word, BYTES("ENHANCEDSTATUSCODES")))
		out->enhanced = true;
	else if (bytes_equal_nocase(word, BYTES("PIPELINING")))
		out->pipelining = true;
	else if (bytes_equal_nocase(word, BYTES("SMTPUTF8")))
		out->utf8 = true;
	else if (bytes_equal_nocase(word, BYTES("AUTH")))
		offer_logins(c.left, out);
	else if (bytes_equal_nocase(word, BYTES("SIZE"))) {
		out->size_given = true;
		/* A number that cannot be read is no limit that we could keep: the server's answer to MAIL decides. */
		uint64_t size;
		if (bytes_number(bytes_trim(c.left), UINT64_MAX, &size))
			out->size = size;
	}
}

void status_offer_read(struct bytes reply, struct status_offer *out)
{
	*out = (struct status_offer){0};
	struct cursor c = cursor_on(reply);
	struct bytes at;
	struct line line;

	/* The first line names the server; keywords begin on the second (RFC 5321 4.1.1.1). */
	for (bool first = true; next_line(&c, &at) && line_read(at, &line); first = false)
		if (!first)
			offer_line(line.text, out);
}

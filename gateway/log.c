/* gateway/log.c - see log.h.
 *
 * A line is built on the stack and written at once, so that lines of several processes never mix and so that
 * a jailed child can log without asking the kernel for anything but write(2). */
#include "gateway/log.h"

#include "base/fault.h"

#include "base/instant.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_ROOM = 4096, VALUE_MAX = 300, IDENTIFIER_DIGITS = 13 };

/* Set once at start, before any other thread or process of ours exists. */
static const char *process_name = "relais";

struct line {
	char text[LINE_ROOM];
	size_t len;
};

/* Leaves room for the end of the line; what does not fit is not written at all. */
static bool add(struct line *line, const char *text, size_t len)
{
	if (len > sizeof line->text - line->len - 4)
		return false;
	memcpy(line->text + line->len, text, len);
	line->len += len;
	return true;
}

static void add_escaped(struct line *line, struct bytes value, bool utf8)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = value.at[i];
		char out[8];
		int len = 1;
		out[0] = (char)c;
		if (c == '"' || c == '\\')
			len = snprintf(out, sizeof out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			len = snprintf(out, sizeof out, "\\u%04x", c);
		else if (c >= 0x80 && !utf8)
			out[0] = '?';
		if (!add(line, out, (size_t)len))
			return;
	}
}

/* At most VALUE_MAX bytes, never in the middle of a character. */
static struct bytes cut(struct bytes value, bool utf8)
{
	if (value.len <= VALUE_MAX)
		return value;
	value.len = VALUE_MAX;
	while (utf8 && value.len > 0 && (value.at[value.len] & 0xc0) == 0x80)
		value.len--;
	return value;
}

static void add_text(struct line *line, const char *key, struct bytes value)
{
	size_t before = line->len;
	bool utf8 = bytes_utf8(value);

	if (!add(line, ",\"", 2) || !add(line, key, bytes_of_text(key).len) || !add(line, "\":\"", 3)) {
		line->len = before;
		return;
	}
	add_escaped(line, cut(value, utf8), utf8);
	add(line, "\"", 1);
}

static void add_number(struct line *line, const char *key, long long number)
{
	char text[96];
	int len = snprintf(text, sizeof text, ",\"%.40s\":%lld", key, number);
	add(line, text, (size_t)len);
}

static void add_field(struct line *line, struct log_field field)
{
	switch (field.kind) {
	case LOG_KIND_TEXT:
		add_text(line, field.key, bytes_of_text(field.text));
		break;
	case LOG_KIND_BYTES:
		add_text(line, field.key, field.bytes);
		break;
	case LOG_KIND_NUMBER:
		add_number(line, field.key, field.number);
		break;
	case LOG_KIND_END:
		break;
	}
}

static void add_head(struct line *line, const char *event)
{
	struct timespec now;
	char at[INSTANT_TEXT];

	clock_gettime(CLOCK_REALTIME, &now);
	instant_write((struct instant){(int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000}, at);
	add(line, "{\"at\":\"", 7);
	add(line, at, bytes_of_text(at).len);
	add(line, "\"", 1);
	add_text(line, "process", bytes_of_text(process_name));
	add_number(line, "pid", getpid());
	add_text(line, "event", bytes_of_text(event));
}

static bool identifier_like(struct bytes local)
{
	size_t digits = 0;
	for (size_t i = 0; i < local.len; i++)
		digits += local.at[i] >= '0' && local.at[i] <= '9';
	return digits >= IDENTIFIER_DIGITS;
}

static bool domain_within(struct bytes domain, struct bytes parent)
{
	if (parent.len == 0 || domain.len < parent.len)
		return false;
	struct bytes tail = bytes_from(domain, domain.len - parent.len);
	bool whole = domain.len == parent.len || domain.at[domain.len - parent.len - 1] == '.';
	return whole && bytes_equal_nocase(tail, parent);
}

struct bytes log_mailbox(struct bytes address, const char *patient_domain)
{
	size_t at = address.len;
	while (at > 0 && address.at[at - 1] != '@')
		at--;
	if (at == 0)
		return BYTES("?");
	struct bytes domain = bytes_from(address, at);
	if (domain_within(domain, bytes_of_text(patient_domain)) || identifier_like(bytes_slice(address, 0, at - 1)))
		return bytes_from(address, at - 1);
	return address;
}

void log_open(const char *process)
{
	process_name = process;
#ifdef RELAIS_FAULTS
	fault_open(process);
#endif
}

void log_event(const char *event, ...)
{
	struct line line = {.len = 0};
	va_list fields;

	add_head(&line, event);
	va_start(fields, event);
	for (;;) {
		struct log_field field = va_arg(fields, struct log_field);
		if (field.kind == LOG_KIND_END)
			break;
		add_field(&line, field);
	}
	va_end(fields);
	/* add() keeps these two bytes free. */
	memcpy(line.text + line.len, "}\n", 2);
	ssize_t written = write(STDERR_FILENO, line.text, line.len + 2);
	(void)written;   /* a log that cannot be written must not stop mail */
}

/* smtp/trace.c - see trace.h. */
#include "smtp/trace.h"

#include "smtp/scan_field.h"

/* The field's value with its folds; empty when there is no such field. */
static struct bytes topmost(struct bytes head)
{
	struct bytes line, name = BYTES("Received:");
	size_t at = 0;

	while (scan_line_next(head, &at, &line)) {
		if (!bytes_starts_nocase(line, name))
			continue;
		size_t begin = (size_t)(line.at - head.at) + name.len, end = at;
		while (scan_line_next(head, &at, &line) && line.len > 0 && (line.at[0] == ' ' || line.at[0] == '\t'))
			end = at;
		return bytes_slice(head, begin, end - begin);
	}
	return BYTES_NONE;
}

static bool ends_word(unsigned char c)
{
	return c <= ' ' || c == '(' || c == ';';
}

/* The next word behind blanks and comments; empty at the end and before a semicolon. */
static struct bytes next_word(struct bytes value, size_t *at)
{
	size_t begin = scan_skip(value, *at), end = begin;

	while (end < value.len && !ends_word(value.at[end]))
		end++;
	*at = end;
	return bytes_slice(value, begin, end - begin);
}

static bool is_host(struct bytes word)
{
	for (size_t i = 0; i < word.len; i++) {
		unsigned char c = word.at[i], low = c | 0x20;
		if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-')
			return false;
	}
	return true;
}

struct bytes trace_by(struct bytes head)
{
	struct bytes value = topmost(head);
	size_t at = 0;
	struct bytes word = next_word(value, &at);

	if (bytes_equal_nocase(word, BYTES("from"))) {
		(void)next_word(value, &at);
		word = next_word(value, &at);
	}
	if (!bytes_equal_nocase(word, BYTES("by")))
		return BYTES_NONE;
	word = next_word(value, &at);
	return is_host(word) ? word : BYTES_NONE;
}

bool trace_is_under(struct bytes host, struct bytes domain)
{
	if (domain.len == 0 || host.len < domain.len)
		return false;
	size_t lead = host.len - domain.len;
	return bytes_equal_nocase(bytes_from(host, lead), domain) && (lead == 0 || (lead > 1 && host.at[lead - 1] == '.'));
}

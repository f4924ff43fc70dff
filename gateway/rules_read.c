/* gateway/rules_read.c - see rules_read.h. */
#include "gateway/rules_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "gateway/json_view.h"

/* ---------------------------------------------------------------- faults */

/* Nothing that is not seen: one text could show as another. */
static bool is_plain(struct bytes text, size_t max)
{
	if (text.len == 0 || bytes_trim(text).len != text.len || !bytes_one_line(text, max))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (bytes_unseen(bytes_from(text, i)) > 0)
			return false;
	return true;
}

static void tell_place(struct buf *out, const struct rules_place *at)
{
	if (at == NULL)
		return;
	tell_place(out, at->up);
	if (at->name == NULL)
		buf_printf(out, "[%zu]", at->index);
	else
		buf_printf(out, "%s%s", out->len > 0 ? "." : "", at->name);
	if (at->label.len > 0)
		buf_printf(out, "(%.*s)", (int)bytes_slice(at->label, 0, LIMIT_RULES_TOKEN).len, (const char *)at->label.at);
}

/* The author's own word goes to a terminal: only if it is a short line of plain text. */
static const char *word(struct rules_reader *r, const char *detail)
{
	struct bytes text = bytes_of_text(detail);

	return is_plain(text, LIMIT_RULES_URL) ? arena_text(r->arena, text) : NULL;
}

bool rules_fault(struct rules_reader *r, const struct rules_place *at, enum reason reason, const char *detail)
{
	struct buf place = buf_make(64 * 1024);

	if (r->reason == REASON_NONE) {
		tell_place(&place, at);
		r->reason = reason;
		r->place = arena_text(r->arena, buf_bytes(&place));
		r->detail = word(r, detail);
	}
	buf_free(&place);
	return false;
}

bool rules_fault_at(struct rules_reader *r, const struct rules_place *up, const char *key, enum reason reason, const char *detail)
{
	const struct rules_place at = {.up = up, .name = key};

	return rules_fault(r, &at, reason, detail);
}

/* ---------------------------------------------------------------- text to JSON */

/* The parser descends by recursion: how deep is counted before it. Whatever stands in a string opens nothing. */
static bool is_shallow(struct bytes text)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '[') && ++depth > LIMIT_RULES_DEPTH)
			return false;
		else if (!in_string && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return true;
}

json_t *rules_parse(struct rules_reader *r, struct bytes text)
{
	json_error_t error;

	if (text.len > LIMIT_RULES_FILE || !is_shallow(text)) {
		rules_fault(r, NULL, REASON_RULE_SIZE, NULL);
		return NULL;
	}
	json_t *value = json_loadb((const char *)text.at, text.len, JSON_REJECT_DUPLICATES, &error);
	if (value == NULL)
		rules_fault_at(r, NULL, arena_printf(r->arena, "line %d", error.line), REASON_RULE_SYNTAX, error.text);
	return value;
}

json_t *rules_parse_file(struct rules_reader *r, const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct buf content = buf_make(LIMIT_RULES_FILE + 1);
	ssize_t n = -1;

	if (file < 0) {
		rules_fault(r, NULL, errno == ENOENT ? REASON_NOT_FOUND : REASON_IO, strerror(errno));
		goto out;
	}
	for (char piece[65536]; buf_ok(&content) && (n = read(file, piece, sizeof piece)) > 0;)
		buf_add(&content, (struct bytes){(const unsigned char *)piece, (size_t)n});
	close(file);
out:;
	json_t *value = NULL;
	if (n < 0)
		rules_fault(r, NULL, REASON_IO, NULL);
	else if (!buf_ok(&content))
		rules_fault(r, NULL, REASON_RULE_SIZE, NULL);
	else
		value = rules_parse(r, buf_bytes(&content));
	buf_free(&content);
	return value;
}

/* ---------------------------------------------------------------- shapes */

/* Ids stand in lists with commas and blanks between them (policy/decide_text.h). */
static bool is_token(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i] | 0x20;
		if (!(c >= 'a' && c <= 'z') && !(text.at[i] >= '0' && text.at[i] <= '9') && text.at[i] != '.' && text.at[i] != '-' && text.at[i] != '_')
			return false;
	}
	return text.len > 0 && text.len <= LIMIT_RULES_TOKEN;
}

static bool is_url(struct bytes text)
{
	static const struct bytes begins[] = {BYTES_OF("https://"), BYTES_OF("http://"), BYTES_OF("urn:")};
	bool absolute = false;

	for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
		absolute |= bytes_starts(text, begins[i]) && text.len > begins[i].len;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] >= 0x7f || text.at[i] == '|' || text.at[i] == '"' || text.at[i] == '<' || text.at[i] == '>')
			return false;
	return absolute && text.len <= LIMIT_RULES_URL;
}

static bool is_day(struct bytes text)
{
	struct date date;

	return text.len == 10 && text.at[4] == '-' && questionnaire_read_date(text, &date);
}

struct questionnaire_number rules_number(const json_t *value)
{
	struct date date;

	if (json_is_string(value))
		return questionnaire_read_date(json_text_view(value), &date) ? questionnaire_date_number(date) : (struct questionnaire_number){0};
	double millionths = json_number_value(value) * 1e6;
	return (struct questionnaire_number){(int64_t)(millionths < 0 ? millionths - 0.5 : millionths + 0.5)};
}

static bool is_number(const json_t *value)
{
	double n = json_number_value(value);

	if (!json_is_number(value) || !(n > -1e9 && n < 1e9))
		return false;
	double rest = (double)rules_number(value).millionths - n * 1e6;
	return rest > -1e-3 && rest < 1e-3;
}

static bool is_list(const json_t *value, bool (*fits)(const json_t *one))
{
	enum { MOST = 1000 };   /* far above any list's own bound */
	size_t i, k;
	json_t *one;

	if (json_array_size(value) > MOST)
		return false;
	json_array_foreach(value, i, one) {
		if (!fits(one))
			return false;
		for (k = 0; json_is_string(one) && k < i; k++)
			if (json_equal(json_array_get(value, k), one))
				return false;
	}
	return json_array_size(value) > 0;
}

static bool is_object(const json_t *value)
{
	return json_is_object(value);
}

static bool is_text_value(const json_t *value)
{
	return json_is_string(value) && is_plain(json_text_view(value), LIMIT_RULES_TEXT);
}

static bool is_token_value(const json_t *value)
{
	return json_is_string(value) && is_token(json_text_view(value));
}

static bool fits(const json_t *value, enum rules_kind kind)
{
	switch (kind) {
	case RULES_TEXT:
		return is_text_value(value);
	case RULES_TOKEN:
		return is_token_value(value);
	case RULES_URL:
		return is_url(json_text_view(value));
	case RULES_TRUTH:
		return json_is_boolean(value);
	case RULES_COUNT:
		return json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) < 100000;
	case RULES_NUMBER:
		return is_number(value);
	case RULES_DATE:
		return is_day(json_text_view(value));
	case RULES_OBJECT:
		return json_is_object(value);
	case RULES_OBJECTS:
		return is_list(value, is_object);
	case RULES_TOKENS:
		return is_list(value, is_token_value);
	case RULES_TEXTS:
		return is_list(value, is_text_value);
	case RULES_IGNORED:
		return true;
	}
	return false;
}

bool rules_shape(struct rules_reader *r, const struct rules_place *at, const json_t *object, const struct rules_key *keys, size_t n)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return rules_fault(r, at, REASON_RULE_VALUE, NULL);
	json_object_foreach((json_t *)object, name, value) {
		size_t k = 0;
		while (k < n && strcmp(keys[k].name, name) != 0)
			k++;
		if (k == n)
			return rules_fault(r, at, REASON_RULE_KEY_UNKNOWN, name);
		if (!fits(value, keys[k].kind))
			return rules_fault_at(r, at, keys[k].name, REASON_RULE_VALUE, NULL);
	}
	for (size_t k = 0; k < n; k++)
		if (keys[k].required && json_object_get(object, keys[k].name) == NULL)
			return rules_fault(r, at, REASON_RULE_KEY_MISSING, keys[k].name);
	return true;
}

bool rules_at_most(struct rules_reader *r, const struct rules_place *at, const json_t *object, const char *key, size_t max)
{
	return json_array_size(json_object_get(object, key)) <= max ? true : rules_fault_at(r, at, key, REASON_RULE_SIZE, NULL);
}

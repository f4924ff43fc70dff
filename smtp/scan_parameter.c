/* smtp/scan_parameter.c - see scan_field.h. Lines, blanks and comments, Content-* parameters, delimiters. */
#include "smtp/scan_field.h"

bool scan_line_next(struct bytes raw, size_t *at, struct bytes *text)
{
	if (*at >= raw.len)
		return false;
	size_t end = bytes_find_byte(raw, '\n', *at);
	size_t len = end - *at;

	*text = (struct bytes){raw.at + *at, len};
	if (end < raw.len && len > 0 && raw.at[end - 1] == '\r')
		text->len--;
	*at = end < raw.len ? end + 1 : raw.len;
	return true;
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t scan_skip(struct bytes value, size_t i)
{
	size_t depth = 0;

	for (; i < value.len; i++) {
		unsigned char c = value.at[i];
		if (c == '(')
			depth++;
		else if (depth > 0 && c == ')')
			depth--;
		else if (depth > 0 && c == '\\')
			i++;
		else if (depth == 0 && !is_blank(c))
			return i;
	}
	return value.len;
}

/* RFC 2045 5.1: token characters. */
static bool is_token(unsigned char c)
{
	static const struct bytes specials = BYTES_OF("()<>@,;:\\\"/[]?=");

	return c > ' ' && c < 0x7f && bytes_find_byte(specials, c, 0) == specials.len;
}

static struct bytes take_token(struct bytes value, size_t *i)
{
	size_t from = *i;

	while (*i < value.len && is_token(value.at[*i]))
		(*i)++;
	return bytes_slice(value, from, *i - from);
}

/* A parameter's value. *plain is false when it has escapes, foreign bytes or no end: not for a boundary. */
static struct bytes take_value(struct bytes value, size_t *i, bool *plain)
{
	size_t from = *i;

	*plain = true;
	if (from < value.len && value.at[from] == '"') {
		for (*i = ++from; *i < value.len && value.at[*i] != '"'; (*i)++) {
			unsigned char c = value.at[*i];
			if (c == '\\' || (c < ' ' && !is_blank(c)) || c >= 0x7f)
				*plain = false;
			if (c == '\\')
				(*i)++;
		}
		if (*i >= value.len) {
			*i = value.len;
			*plain = false;
			return bytes_from(value, from);
		}
		return bytes_slice(value, from, (*i)++ - from);
	}
	/* Without quotes: to the next semicolon or blank. Many write "=", ":" or "?" there; quotes or parentheses no. */
	for (; *i < value.len && value.at[*i] != ';' && !is_blank(value.at[*i]); (*i)++)
		if (value.at[*i] >= 0x7f || value.at[*i] == '"' || value.at[*i] == '(' || value.at[*i] == ')' ||
		    value.at[*i] == '\\' || value.at[*i] == ',')
			*plain = false;
	return bytes_slice(value, from, *i - from);
}

static void take_name(struct scan_parameters *out, struct bytes text)
{
	if (out->name.at != NULL && !bytes_equal(out->name, text))
		out->ambiguous = true;
	if (out->name.at == NULL)
		out->name = text;
}

static void take_parameter(struct scan_parameters *out, struct bytes name, struct bytes text, bool plain)
{
	if (bytes_equal_nocase(name, BYTES("boundary"))) {
		if (!plain || (out->has_boundary && !bytes_equal(out->boundary, text)))
			out->ambiguous = true;
		out->has_boundary = true;
		out->folded = bytes_find_byte(text, '\n', 0) < text.len;
		if (out->boundary.at == NULL)
			out->boundary = text;
	} else if (bytes_starts_nocase(name, BYTES("boundary*"))) {
		/* RFC 2231 pieces or charset in a boundary: few readers agree. */
		out->ambiguous = true;
	} else if (bytes_equal_nocase(name, BYTES("name")) || bytes_equal_nocase(name, BYTES("filename"))) {
		take_name(out, text);
	} else if (bytes_equal_nocase(name, BYTES("report-type"))) {
		out->report_type = text;
	}
}

/* "type/subtype", as far as it is written so. */
static size_t take_type(struct bytes value, struct scan_parameters *out)
{
	size_t i = scan_skip(value, 0);
	struct bytes type = take_token(value, &i);

	i = scan_skip(value, i);
	if (i < value.len && value.at[i] == '/') {
		i = scan_skip(value, i + 1);
		struct bytes subtype = take_token(value, &i);
		if (type.len > 0 && subtype.len > 0) {
			out->type = type;
			out->subtype = subtype;
		}
	}
	return i;
}

void scan_parameters_read(struct bytes value, bool with_type, struct scan_parameters *out)
{
	*out = (struct scan_parameters){0};
	size_t i = with_type ? take_type(value, out) : 0;

	if (!with_type) {
		i = scan_skip(value, 0);
		(void)take_token(value, &i);
	}
	for (;;) {
		i = bytes_find_byte(value, ';', i);
		if (i >= value.len)
			return;
		i = scan_skip(value, i + 1);
		struct bytes name = take_token(value, &i);
		/* A foreign byte in a parameter's name makes a library loop for ever (measured): hold it. */
		if (i < value.len && value.at[i] >= 0x80)
			out->ambiguous = true;
		i = scan_skip(value, i);
		if (i >= value.len || value.at[i] != '=')
			continue;
		i = scan_skip(value, i + 1);
		bool plain;
		struct bytes text = take_value(value, &i, &plain);
		take_parameter(out, name, text, plain);
	}
}

/* How many bytes of the line are the (unfolded) boundary, or more than there are when it is not there. */
static size_t boundary_end(struct bytes line, struct bytes boundary)
{
	size_t i = 2;

	for (size_t k = 0; k < boundary.len; k++) {
		if (boundary.at[k] == '\r' || boundary.at[k] == '\n')
			continue;
		if (i >= line.len || line.at[i] != boundary.at[k])
			return line.len + 1;
		i++;
	}
	return i;
}

enum scan_delimiter scan_delimiter(struct bytes line, struct bytes boundary)
{
	if (line.len < 2 || line.at[0] != '-' || line.at[1] != '-')
		return SCAN_DELIMITER_NOT;
	size_t end = boundary_end(line, boundary);

	if (end > line.len)
		return SCAN_DELIMITER_NOT;
	struct bytes rest = bytes_from(line, end), word = bytes_trim(rest);

	if (word.len == 0)
		return SCAN_DELIMITER_OPEN;
	if (bytes_equal(word, BYTES("--")) && rest.at[0] == '-')
		return SCAN_DELIMITER_CLOSE;
	return SCAN_DELIMITER_PREFIX;
}

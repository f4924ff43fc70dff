/* gateway/directory_extract.c - see directory_extract.h. */
#include "gateway/directory_extract.h"

#include "base/limits.h"

enum { KIND, ADDRESS, PERSON_TYPE, PERSON, PERSON_ID, STRUCTURE_TYPE, STRUCTURE, SERVICE, FAMILY = 9, GIVEN = 10, PROFESSION = 14, SPECIALITY = 16,
       PLACE = 18, POSTCODE = 28, RPPS_DIGITS = 11, ADDRESS_MAX = 254 };

/* The columns that are read, by the names that the heading gives them. */
static const struct {
	int column;
	const char *name;
} headings[] = {
	{KIND, "Type de BAL"}, {ADDRESS, "Adresse BAL"}, {PERSON, "Identifiant PP"}, {PERSON_ID, "Identification nationale PP"},
	{STRUCTURE, "Identification Structure"}, {SERVICE, "Service de rattachement"}, {FAMILY, "Nom d'exercice"}, {GIVEN, "Prénom d'exercice"},
	{PROFESSION, "Libellé Profession"}, {SPECIALITY, "Libellé savoir-faire"}, {PLACE, "Raison Sociale structure BAL"}, {POSTCODE, "Code postal"},
};

/* How many columns the line has; the first DIRECTORY_COLUMNS of them, trimmed. */
static size_t split(struct bytes line, struct bytes out[DIRECTORY_COLUMNS])
{
	size_t n = 0, from = 0;

	for (;;) {
		size_t to = bytes_find_byte(line, '|', from);
		if (n < DIRECTORY_COLUMNS)
			out[n] = bytes_trim(bytes_slice(line, from, to - from));
		n++;
		if (to >= line.len)
			return n;
		from = to + 1;
	}
}

/* --- values -------------------------------------------------------------------- */

static bool is_number(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len > 0;
}

/* Letters and digits: numbers of places may hold letters (Corsica). */
static bool is_code(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && c != '/' && c != '-' && c != '.')
			return false;
	}
	return text.len <= LIMIT_SMTP_DOMAIN;
}

/* One @ with a domain of at least two labels behind it, and printable ASCII alone: what our own mail can go to. */
static const char *read_address(struct directory_extract *e, struct bytes text, struct bytes *out)
{
	size_t at = bytes_find_byte(text, '@', 0), dots = 0;

	if (text.len == 0 || text.len > ADDRESS_MAX || at == 0 || at + 1 >= text.len || bytes_find_byte(text, '@', at + 1) < text.len)
		return "no address";
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		if (c <= ' ' || c >= 0x7f || c == '<' || c == '>' || c == '"' || c == ',' || c == ';' || c == '\\' || c == '(' || c == ')')
			return "a sign that no address has";
		dots += i > at && c == '.';
		e->lowered[i] = c >= 'A' && c <= 'Z' ? (unsigned char)(c + 0x20) : c;
	}
	if (dots == 0 || text.at[text.len - 1] == '.' || text.at[at + 1] == '.')
		return "no domain";
	*out = (struct bytes){e->lowered, text.len};
	return NULL;
}

/* The RPPS without the type in front (8), any other national number with it. */
static const char *read_person(const struct bytes column[DIRECTORY_COLUMNS], struct bytes *out)
{
	struct bytes whole = column[PERSON_ID].len > 0 ? column[PERSON_ID] : column[PERSON];

	*out = whole;
	if (whole.len == 0)
		return NULL;
	if (!is_code(whole))
		return "a person's number that is none";
	if (is_number(whole) && whole.len == RPPS_DIGITS + 1 && whole.at[0] == '8')
		*out = bytes_from(whole, 1);
	return NULL;
}

static const char *read_text(struct bytes text, struct bytes *out)
{
	*out = text;
	return bytes_one_line(text, LIMIT_DIRECTORY_FIELD) ? NULL : "a text that is too long or holds a control character";
}

const char *directory_line_read(struct directory_extract *e, struct bytes line, struct directory_line *out)
{
	struct bytes column[DIRECTORY_COLUMNS];

	if (!bytes_utf8(line))
		return "no UTF-8";
	if (split(line, column) != DIRECTORY_COLUMNS)
		return "another number of columns";
	*out = (struct directory_line){.kind = column[KIND]};
	if (!is_code(column[KIND]) || column[KIND].len == 0)
		return "no kind of mailbox";
	const char *wrong = read_address(e, column[ADDRESS], &out->address);
	if (wrong == NULL)
		wrong = read_person(column, &out->person);
	if (wrong == NULL && !is_code(column[STRUCTURE]))
		wrong = "a structure's number that is none";
	out->structure = column[STRUCTURE];
	const struct {
		int column;
		struct bytes *to;
	} texts[] = {{FAMILY, &out->family}, {GIVEN, &out->given}, {PROFESSION, &out->profession}, {SPECIALITY, &out->speciality},
		     {SERVICE, &out->service}, {PLACE, &out->place}, {POSTCODE, &out->postcode}};
	for (size_t i = 0; wrong == NULL && i < sizeof texts / sizeof texts[0]; i++)
		wrong = read_text(column[texts[i].column], texts[i].to);
	return wrong;
}

/* --- lines ------------------------------------------------------------------------ */

/* A mark of byte order may stand before it. */
static bool is_heading(struct bytes line)
{
	struct bytes column[DIRECTORY_COLUMNS];

	if (bytes_starts(line, BYTES("\xef\xbb\xbf")))
		line = bytes_from(line, 3);
	if (split(line, column) != DIRECTORY_COLUMNS)
		return false;
	for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++)
		if (!bytes_equal_nocase(column[headings[i].column], bytes_of_text(headings[i].name)))
			return false;
	return true;
}

static void pass_over(struct directory_extract *e, const char *why)
{
	if (e->bad < DIRECTORY_TOLD)
		e->told[e->bad] = (struct directory_bad){e->lines, why};
	e->bad++;
}

static enum reason take_line(struct directory_extract *e, struct bytes line)
{
	struct directory_line out;

	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	e->lines++;
	if (e->lines > LIMIT_DIRECTORY_LINES)
		return REASON_DIRECTORY_SIZE;
	if (!e->headed) {
		e->headed = !e->long_line && is_heading(line);
		return e->headed ? REASON_NONE : REASON_DIRECTORY_FORM;
	}
	const char *wrong = e->long_line ? "longer than any line may be" : directory_line_read(e, line, &out);
	e->long_line = false;
	if (wrong != NULL) {
		pass_over(e, wrong);
		return REASON_NONE;
	}
	e->entries++;
	return e->take(e->context, &out) ? REASON_NONE : REASON_IO;
}

/* What is kept of a line that did not end yet; of one that is too long nothing is. */
static void keep_rest(struct directory_extract *e, struct bytes piece)
{
	if (e->long_line || e->rest.len + piece.len > LIMIT_DIRECTORY_LINE) {
		e->long_line = true;
		buf_clear(&e->rest);
		return;
	}
	buf_add(&e->rest, piece);
}

void directory_extract_begin(struct directory_extract *e, directory_taker *take, void *context)
{
	*e = (struct directory_extract){.take = take, .context = context, .rest = buf_make(LIMIT_DIRECTORY_LINE), .digest = digest_start()};
}

enum reason directory_extract_feed(struct directory_extract *e, struct bytes piece)
{
	enum reason reason = REASON_NONE;
	size_t from = 0;

	e->bytes += piece.len;
	if (e->bytes > LIMIT_DIRECTORY_FILE)
		return REASON_DIRECTORY_SIZE;
	digest_add(&e->digest, piece);
	for (size_t to = bytes_find_byte(piece, '\n', 0); reason == REASON_NONE && to < piece.len; to = bytes_find_byte(piece, '\n', from)) {
		struct bytes line = bytes_slice(piece, from, to - from);
		if (e->rest.len > 0 || e->long_line || line.len > LIMIT_DIRECTORY_LINE) {
			keep_rest(e, line);
			line = buf_bytes(&e->rest);
		}
		reason = take_line(e, line);
		buf_clear(&e->rest);
		from = to + 1;
	}
	if (reason == REASON_NONE && from < piece.len)
		keep_rest(e, bytes_from(piece, from));
	return reason;
}

enum reason directory_extract_end(struct directory_extract *e, unsigned char digest[DIGEST_SHA256])
{
	bool cut = e->rest.len > 0 || e->long_line;

	if (digest != NULL)
		digest_end(&e->digest, digest);
	buf_free(&e->rest);
	if (!e->headed || cut || e->entries + e->bad == 0)
		return REASON_DIRECTORY_FORM;
	return e->bad * 100 > e->entries + e->bad ? REASON_DIRECTORY_UNREADABLE : REASON_NONE;
}

bool directory_extract_day(struct bytes name, struct instant *out)
{
	enum { STAMP = 12 };
	char text[] = "0000-00-00T00:00:00Z";
	static const size_t places[STAMP] = {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15};
	size_t end = name.len;

	while (end > 0 && name.at[end - 1] != '.')
		end--;
	end = end > 0 ? end - 1 : name.len;
	if (end < STAMP + 1 || name.at[end - STAMP - 1] != '_' || !is_number(bytes_slice(name, end - STAMP, STAMP)))
		return false;
	for (size_t i = 0; i < STAMP; i++)
		text[places[i]] = (char)name.at[end - STAMP + i];
	return instant_read(bytes_of_text(text), out);
}

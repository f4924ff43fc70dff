/* smtp/form.c - see form.h. */
#include "smtp/form.h"

#include <string.h>

#include "smtp/new_text.h"
#include "smtp/reply_fold.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum field {
	FIELD_REFERENCE,
	FIELD_ANSWER,
	FIELD_OPINION,
	FIELD_CONVERGENCE,
	FIELD_ADVICE,
	FIELD_SUMMARY,
	FIELD_HELP,
	FIELD_INTERESTS,
	FIELDS,
};

enum { HEADING_MAX = 120, FIELD_MAX = 64 * 1024, LINES_MAX = 8000 };

/* Folded; the longer spelling of a heading stands before the shorter. */
static const struct heading {
	const char *text;
	enum field field;
} headings[] = {
	{"reference du dossier", FIELD_REFERENCE},       {"reference", FIELD_REFERENCE},
	{"reponses aux questions", FIELD_ANSWER},        {"reponse aux questions", FIELD_ANSWER},
	{"reponse a la question", FIELD_ANSWER},         {"answers to the questions", FIELD_ANSWER},
	{"answer to the questions", FIELD_ANSWER},       {"answer to the question", FIELD_ANSWER},
	{"avis motive", FIELD_OPINION},                  {"reasoned opinion", FIELD_OPINION},
	{"opinion with reasons", FIELD_OPINION},         {"convergence avec le premier avis", FIELD_CONVERGENCE},
	{"convergence with the first opinion", FIELD_CONVERGENCE}, {"convergence", FIELD_CONVERGENCE},
	{"agreement with the first opinion", FIELD_CONVERGENCE},   {"conduite a tenir et delai", FIELD_ADVICE},
	{"conduite a tenir et delais", FIELD_ADVICE},    {"conduite a tenir", FIELD_ADVICE},
	{"what to do and how soon", FIELD_ADVICE},       {"advice and time limit", FIELD_ADVICE},
	{"what to do and when", FIELD_ADVICE},           {"resume pour le patient", FIELD_SUMMARY},
	{"resume pour la patiente", FIELD_SUMMARY},      {"summary for the patient", FIELD_SUMMARY},
	{"aides utilisees", FIELD_HELP},                 {"aide utilisee", FIELD_HELP},
	{"tools used", FIELD_HELP},                      {"help used", FIELD_HELP},
	{"liens d'interets", FIELD_INTERESTS},           {"liens d'interet", FIELD_INTERESTS},
	{"conflicts of interest", FIELD_INTERESTS},      {"declaration of interests", FIELD_INTERESTS},
	{"links of interest", FIELD_INTERESTS},          {"interests", FIELD_INTERESTS},
};

/* Without quote marks, list marks, numbers, stars and blanks in front: "> * 2) **Avis motivé** :" */
static struct bytes without_marks(struct bytes line)
{
	for (;;) {
		line = bytes_trim(line);
		if (line.len > 1 && line.at[0] == 0xc2 && line.at[1] == 0xa0) {
			line = bytes_from(line, 2);
			continue;
		}
		if (line.len == 0 || memchr(">*#_-=", line.at[0], 6) == NULL)
			return line;
		line = bytes_from(line, 1);
	}
}

static struct bytes without_number(struct bytes line)
{
	size_t n = 0;
	while (n < line.len && n < 2 && line.at[n] >= '0' && line.at[n] <= '9')
		n++;
	if (n > 0 && n < line.len && (line.at[n] == '.' || line.at[n] == ')' || line.at[n] == '-' || line.at[n] == ' '))
		return without_marks(bytes_from(line, n + 1));
	return line;
}

/* What may stand between a heading and its ":": stars, blanks, a remark in brackets. */
static bool heading_ends(struct bytes folded, size_t at, bool *colon)
{
	*colon = false;
	while (at < folded.len && (folded.at[at] == ' ' || folded.at[at] == '*' || folded.at[at] == '_'))
		at++;
	if (at < folded.len && folded.at[at] == '(') {
		at = bytes_find_byte(folded, ')', at) + 1;
		while (at < folded.len && (folded.at[at] == ' ' || folded.at[at] == '*'))
			at++;
	}
	*colon = at < folded.len && folded.at[at] == ':';
	return *colon || at >= folded.len;
}

static struct bytes behind_colon(struct bytes line)
{
	size_t colon = bytes_find_byte(line, ':', 0);
	struct bytes rest = bytes_from(line, colon + 1);
	while (rest.len > 0 && (rest.at[0] == '*' || rest.at[0] == '_' || rest.at[0] == ' ' || rest.at[0] == '\t'))
		rest = bytes_from(rest, 1);
	return bytes_trim(rest);
}

/* True when the line is a heading; *rest is what follows on it. */
static bool is_heading(struct arena *arena, struct bytes raw, enum field *field, struct bytes *rest)
{
	struct bytes line = without_number(without_marks(raw));
	struct bytes folded = reply_fold(arena, bytes_slice(line, 0, HEADING_MAX));
	bool colon;

	for (size_t i = 0; i < COUNT(headings); i++) {
		struct bytes text = bytes_of_text(headings[i].text);
		if (!bytes_starts(folded, text) || !heading_ends(folded, text.len, &colon))
			continue;
		/* A word alone on its line is a heading only when it is not also ordinary speech. */
		if (!colon && text.len < 10)
			continue;
		*field = headings[i].field;
		*rest = colon ? behind_colon(line) : BYTES_NONE;
		return true;
	}
	return false;
}

/* "«à remplir»", "(à remplir : oui, partielle ou non)", "...", "____", "[ ]": what we put there ourselves. */
static bool is_placeholder(struct arena *arena, struct bytes text)
{
	struct bytes folded = bytes_trim(reply_fold(arena, text));
	size_t letters = 0;

	for (size_t i = 0; i < folded.len; i++)
		letters += (folded.at[i] >= 'a' && folded.at[i] <= 'z') || (folded.at[i] >= '0' && folded.at[i] <= '9') ||
			   folded.at[i] >= 0x80;
	if (letters == 0)
		return true;
	bool quoted = bytes_starts(text, BYTES("«")) && bytes_ends(text, BYTES("»")) &&
		      bytes_find(text, BYTES("»"), 0) + 2 == text.len;
	bool asked = bytes_starts(folded, BYTES("(a remplir")) || bytes_starts(folded, BYTES("(a completer")) ||
		     bytes_starts(folded, BYTES("(to be filled")) || bytes_starts(folded, BYTES("(to fill")) ||
		     bytes_starts(folded, BYTES("(please fill"));
	return quoted || (asked && bytes_find_byte(folded, ')', 0) + 1 == folded.len);
}

/* Lines of a field, without quote marks in front; each line that is only a placeholder falls away. */
struct gathering {
	struct arena *arena;
	unsigned char *out;
	size_t len, room;
};

static void gather(struct gathering *g, struct bytes line)
{
	size_t marks = 0;
	for (size_t i = 0; i < line.len && (line.at[i] == '>' || line.at[i] == ' '); i++)
		if (line.at[i] == '>')
			marks = i + 1;
	line = marks > 0 ? bytes_trim(bytes_from(line, marks)) : line;
	if (line.len > 0 && is_placeholder(g->arena, bytes_trim(line)))
		return;
	if (g->len + line.len + 1 > g->room)
		return;
	if (line.len > 0)
		memcpy(g->out + g->len, line.at, line.len);
	g->len += line.len;
	g->out[g->len++] = '\n';
}

static struct bytes next_line(struct bytes *left)
{
	size_t end = bytes_find_byte(*left, '\n', 0);
	struct bytes line = bytes_slice(*left, 0, end);
	*left = bytes_from(*left, end + 1);
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

static struct bytes without_quotes(struct bytes line)
{
	while (line.len > 0 && (line.at[0] == '>' || line.at[0] == ' '))
		line = bytes_from(line, 1);
	return line;
}

/* Where the form ends though no heading follows: the rule below our form, a signature, the header of the mail answered. */
static bool is_end(struct arena *arena, struct bytes line)
{
	struct bytes folded = bytes_trim(reply_fold(arena, bytes_slice(line, 0, HEADING_MAX)));
	return bytes_equal(folded, BYTES("--")) || bytes_starts(folded, BYTES("-----")) ||
	       bytes_starts(without_quotes(folded), BYTES("________")) ||
	       bytes_equal(folded, BYTES("fin du formulaire")) || bytes_equal(folded, BYTES("end of the form")) ||
	       (bytes_starts(folded, BYTES("---")) && bytes_contains(folded, BYTES("formulaire")));
}

static struct bytes fold_reference(struct arena *arena, struct bytes text)
{
	/* A-2026-000123-KQ: a letter, a year, a number, two check letters. */
	for (size_t at = 0; at + 12 <= text.len; at++) {
		size_t end = at + 7;
		if (at > 0 && ((text.at[at - 1] | 0x20) >= 'a' && (text.at[at - 1] | 0x20) <= 'z'))
			continue;
		if ((text.at[at] | 0x20) < 'a' || (text.at[at] | 0x20) > 'z' || text.at[at + 1] != '-' || text.at[at + 6] != '-')
			continue;
		uint64_t year;
		if (!bytes_number(bytes_slice(text, at + 2, 4), 9999, &year))
			continue;
		while (end < text.len && text.at[end] >= '0' && text.at[end] <= '9')
			end++;
		if (end == at + 7 || end + 3 > text.len || text.at[end] != '-')
			continue;
		unsigned char *out = arena_alloc(arena, end + 3 - at + 1);
		for (size_t i = at; i < end + 3; i++)
			out[i - at] = text.at[i] >= 'a' && text.at[i] <= 'z' ? (unsigned char)(text.at[i] - 32) : text.at[i];
		return (struct bytes){out, end + 3 - at};
	}
	return BYTES_NONE;
}

/* The first word decides; all three words together are our own question and no answer. */
static struct bytes fold_convergence(struct arena *arena, struct bytes text)
{
	struct bytes folded = bytes_trim(reply_fold(arena, text));
	bool yes = bytes_starts(folded, BYTES("oui")) || bytes_starts(folded, BYTES("yes")) ||
		   bytes_starts(folded, BYTES("total")) || bytes_starts(folded, BYTES("complete"));
	bool partly = bytes_starts(folded, BYTES("partiel")) || bytes_starts(folded, BYTES("partly")) ||
		      bytes_starts(folded, BYTES("partial")) || bytes_starts(folded, BYTES("en partie")) ||
		      bytes_starts(folded, BYTES("oui en partie")) || bytes_starts(folded, BYTES("oui, en partie")) ||
		      bytes_starts(folded, BYTES("oui, partiel")) || bytes_starts(folded, BYTES("oui partiel"));
	bool no = bytes_starts(folded, BYTES("non")) || bytes_equal(folded, BYTES("no")) || bytes_starts(folded, BYTES("no ")) ||
		  bytes_starts(folded, BYTES("no,")) || bytes_starts(folded, BYTES("no.")) || bytes_starts(folded, BYTES("divergen"));

	if (bytes_contains(folded, BYTES("/")) && bytes_contains(folded, BYTES("part")))
		return BYTES_NONE;
	if (partly)
		return BYTES("partly");
	if (yes)
		return BYTES("yes");
	return no ? BYTES("no") : BYTES_NONE;
}

static void keep_field(struct arena *arena, struct bytes *fields, enum field field, struct bytes text)
{
	text = bytes_trim(text);
	if (fields[field].len > 0 || text.len == 0 || is_placeholder(arena, text))
		return;
	if (field == FIELD_REFERENCE)
		text = fold_reference(arena, text);
	if (field == FIELD_CONVERGENCE)
		text = fold_convergence(arena, text);
	fields[field] = arena_copy(arena, text);
}

/* One reading of a text from end to end. True when it holds a form with words in it. */
static bool read_fields(struct arena *arena, struct bytes text, struct bytes fields[FIELDS])
{
	struct bytes left = text, rest;
	bool seen[FIELDS] = {false}, words = false;
	enum field now = FIELDS, next = FIELDS;
	struct gathering g = {arena, arena_alloc(arena, FIELD_MAX), 0, FIELD_MAX};
	size_t headings_seen = 0, lines = 0;

	while (left.len > 0 && lines++ < LINES_MAX) {
		struct bytes line = next_line(&left);
		bool heading = is_heading(arena, line, &next, &rest);
		if (now < FIELDS && (heading || is_end(arena, line))) {
			keep_field(arena, fields, now, (struct bytes){g.out, g.len});
			now = FIELDS;
		}
		if (heading) {
			headings_seen += !seen[next];
			seen[next] = true;
			now = next;
			g.len = 0;
		}
		if (now < FIELDS)
			gather(&g, heading ? rest : line);
	}
	if (now < FIELDS)
		keep_field(arena, fields, now, (struct bytes){g.out, g.len});
	for (enum field f = FIELD_ANSWER; f <= FIELD_SUMMARY; f++)
		words = words || fields[f].len > 0;
	return headings_seen >= 2 && words;
}

static size_t filled(const struct bytes fields[FIELDS])
{
	size_t n = 0;
	for (enum field f = FIELD_ANSWER; f < FIELDS; f++)
		n += fields[f].len > 0;
	return n;
}

void form_read(struct arena *arena, struct bytes text, struct form *out)
{
	struct bytes fields[FIELDS] = {BYTES_NONE}, all[FIELDS] = {BYTES_NONE}, mine;
	bool written = new_text_read(arena, text, &mine);
	bool whole = read_fields(arena, text, all);
	bool found = written && read_fields(arena, mine, fields);

	/* Written above the quoted form: what is quoted below is not part of it, but for the number of the dossier.
	 * When the quoted lines hold more, the expert wrote inside the form that he quotes. */
	if (!found || filled(all) > filled(fields))
		memcpy(fields, all, sizeof(fields));
	else if (fields[FIELD_REFERENCE].len == 0)
		fields[FIELD_REFERENCE] = all[FIELD_REFERENCE];
	*out = (struct form){
		.found = found || whole,
		.reference = fields[FIELD_REFERENCE],
		.answer = fields[FIELD_ANSWER],
		.opinion = fields[FIELD_OPINION],
		.convergence = fields[FIELD_CONVERGENCE],
		.advice = fields[FIELD_ADVICE],
		.summary = fields[FIELD_SUMMARY],
		.help = fields[FIELD_HELP],
		.interests = fields[FIELD_INTERESTS],
	};
}

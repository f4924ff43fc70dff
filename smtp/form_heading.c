/* smtp/form_heading.c - see form_heading.h. */
#include "smtp/form_heading.h"

#include <string.h>

#include "base/fold.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { HEADING_MAX = 200, ALONE = 10 };

/* Folded; what stands before the first ":", bracket or dash of its line, or is the whole of it. */
static const struct known {
	const char *text;
	enum form_field field;
} known[] = {
	{"reference du dossier", FORM_REFERENCE},        {"reference", FORM_REFERENCE},
	{"file reference", FORM_REFERENCE},              {"reponses aux questions", FORM_ANSWER},
	{"reponse aux questions", FORM_ANSWER},          {"reponse a la question", FORM_ANSWER},
	{"answers to the questions", FORM_ANSWER},       {"answer to the questions", FORM_ANSWER},
	{"answer to the question", FORM_ANSWER},         {"avis motive", FORM_OPINION},
	{"mon avis motive", FORM_OPINION},               {"reasoned opinion", FORM_OPINION},
	{"opinion with reasons", FORM_OPINION},          {"convergence avec le premier avis", FORM_CONVERGENCE},
	{"convergence with the first opinion", FORM_CONVERGENCE}, {"convergence", FORM_CONVERGENCE},
	{"agreement with the first opinion", FORM_CONVERGENCE},   {"conduite a tenir et delai", FORM_ADVICE},
	{"conduite a tenir et delais", FORM_ADVICE},     {"conduite a tenir", FORM_ADVICE},
	{"conduite conseillee", FORM_ADVICE},            {"conduite proposee", FORM_ADVICE},
	{"what to do and how soon", FORM_ADVICE},        {"what to do, and how soon", FORM_ADVICE},
	{"what to do and when", FORM_ADVICE},            {"what to do", FORM_ADVICE},
	{"advice and time limit", FORM_ADVICE},          {"delai", FORM_DELAY},
	{"delai conseille", FORM_DELAY},                 {"delai propose", FORM_DELAY},
	{"dans quel delai", FORM_DELAY},                 {"how soon", FORM_DELAY},
	{"time limit", FORM_DELAY},                      {"resume pour le patient", FORM_SUMMARY},
	{"resume pour la patiente", FORM_SUMMARY},       {"resume en clair pour le patient", FORM_SUMMARY},
	{"resume en clair pour la patiente", FORM_SUMMARY}, {"summary for the patient", FORM_SUMMARY},
	{"plain summary for the patient", FORM_SUMMARY}, {"certitude et limites", FORM_LIMITS},
	{"degre de certitude et limites", FORM_LIMITS},  {"niveau de certitude et limites", FORM_LIMITS},
	{"limites de cet avis", FORM_LIMITS},            {"limites", FORM_LIMITS},
	{"certainty and limits", FORM_LIMITS},           {"level of certainty and limits", FORM_LIMITS},
	{"limits of this opinion", FORM_LIMITS},         {"limits", FORM_LIMITS},
	{"aides utilisees", FORM_HELP},                  {"aide utilisee", FORM_HELP},
	{"tools used", FORM_HELP},                       {"help used", FORM_HELP},
	{"liens d'interets", FORM_INTERESTS},            {"liens d'interet", FORM_INTERESTS},
	{"declaration d'interets", FORM_INTERESTS},      {"conflicts of interest", FORM_INTERESTS},
	{"declaration of interests", FORM_INTERESTS},    {"links of interest", FORM_INTERESTS},
	{"interests", FORM_INTERESTS},
};

/* Before the number of a question. The ones that repeat the question say so: what follows may be its words. */
static const struct asked {
	const char *text;
	bool repeats;
} asked[] = {
	{"reponse a la question", false}, {"reponse question", false}, {"reponse", false}, {"answer to question", false},
	{"answer to the question", false}, {"answer", false}, {"question", true}, {"q", true},
};

/* Bytes of one sign in front that says nothing: a blank of any kind, a bullet, a quote mark; 0 for a word. */
static size_t mark_length(struct bytes line)
{
	static const struct bytes signs[] = {
		BYTES_OF("\u00a0"), BYTES_OF("\u202f"), BYTES_OF("\u2009"), BYTES_OF("\u200b"), BYTES_OF("\ufeff"), BYTES_OF("\u2022"),
		BYTES_OF("\u00b7"), BYTES_OF("\u25cf"), BYTES_OF("\u25aa"), BYTES_OF("\u2013"), BYTES_OF("\u2014"), BYTES_OF("\u200e"),
		BYTES_OF("\u00ad"),
	};
	if (line.len > 0 && memchr(">*#_-=| \t\r", line.at[0], 10) != NULL)
		return 1;
	for (size_t i = 0; i < COUNT(signs); i++)
		if (bytes_starts(line, signs[i]))
			return signs[i].len;
	return 0;
}

struct bytes form_without_marks(struct bytes line)
{
	for (size_t n; (n = mark_length(line)) > 0;)
		line = bytes_from(line, n);
	return line;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* One or two digits; *end is behind them. */
static unsigned digits(struct bytes text, size_t at, size_t *end)
{
	unsigned value = 0;

	*end = at;
	while (*end < text.len && *end < at + 2 && is_digit(text.at[*end]))
		value = value * 10 + (unsigned)(text.at[(*end)++] - '0');
	return *end < text.len && is_digit(text.at[*end]) ? 0 : value;
}

/* "3. ", "3) ", "3 - ", "3 ": numbers that clients and people put before a heading. */
static struct bytes without_number(struct bytes line)
{
	size_t end;

	if (digits(line, 0, &end) == 0 || end >= line.len)
		return line;
	if (line.at[end] != '.' && line.at[end] != ')' && line.at[end] != '-' && line.at[end] != ' ')
		return line;
	return form_without_marks(bytes_from(line, end + 1));
}

/* Where the words of a heading end: at ":", a bracket, a tab between two cells, or a dash between blanks. */
static size_t words_end(struct bytes line)
{
	for (size_t i = 0; i < line.len && i < HEADING_MAX; i++) {
		struct bytes here = bytes_from(line, i);
		if (memchr(":[(\t", line.at[i], 4) != NULL)
			return i;
		if (bytes_starts(here, BYTES(" - ")) || bytes_starts(here, BYTES("\u2013")) || bytes_starts(here, BYTES("\u2014")))
			return i;
	}
	return line.len;
}

static struct bytes folded_words(struct arena *arena, struct bytes words)
{
	struct bytes folded = bytes_trim(fold_text(arena, words));
	while (folded.len > 0 && memchr("*_. ", folded.at[folded.len - 1], 4) != NULL)
		folded.len--;
	return folded;
}

/* The number of the question that the folded words name ("reponse a la question n° 2"); 0 when they name none. */
static unsigned question_of(struct bytes folded, bool *repeats)
{
	static const struct bytes marks[] = {BYTES_OF("n\u00b0"), BYTES_OF("no."), BYTES_OF("no"), BYTES_OF("n."), BYTES_OF("#"), BYTES_OF("number")};
	size_t end;

	for (size_t i = 0; i < COUNT(asked); i++) {
		if (!bytes_starts(folded, bytes_of_text(asked[i].text)))
			continue;
		struct bytes left = bytes_trim(bytes_from(folded, bytes_of_text(asked[i].text).len));
		for (size_t k = 0; k < COUNT(marks); k++)
			if (bytes_starts(left, marks[k])) {
				left = bytes_trim(bytes_from(left, marks[k].len));
				break;
			}
		unsigned number = digits(left, 0, &end);
		if (number > 0 && end == left.len) {
			*repeats = asked[i].repeats;
			return number;
		}
	}
	return 0;
}

/* Stars, blanks and dashes that close what a client made bold, or part the heading from the text. */
static struct bytes behind(struct bytes text)
{
	return bytes_trim(form_without_marks(text));
}

/* The bracket that opens at the beginning of text: what follows it, or open. */
static bool pass_bracket(struct bytes text, unsigned char closing, struct bytes *rest)
{
	size_t end = bytes_find_byte(text, closing, 0);
	if (end == text.len)
		return false;
	*rest = bytes_from(text, end + 1);
	return true;
}

/* What follows the words of a heading. False: it is no heading after all. */
static bool read_end(struct bytes line, size_t at, struct form_heading *out)
{
	struct bytes left = bytes_from(line, at);
	bool round = left.len > 0 && left.at[0] == '(', square = left.len > 0 && left.at[0] == '[';

	out->rest = BYTES_NONE;
	if (left.len == 0)
		return true;
	if ((round && !pass_bracket(left, ')', &left)) || (square && !pass_bracket(left, ']', &left))) {
		out->open = square;
		out->rest = bytes_from(left, 1);
		return square;
	}
	struct bytes words = behind(left);
	bool colon = words.len > 0 && words.at[0] == ':';
	/* "Convergence (la mienne) est totale": a remark in round brackets is ordinary speech. */
	if (round && !colon && words.len > 0)
		return false;
	out->rest = colon ? behind(bytes_from(words, 1)) : words;
	return true;
}

static bool find_known(struct bytes folded, bool alone, struct form_heading *out)
{
	/* A short word alone on its line is also ordinary speech. */
	if (alone && folded.len < ALONE)
		return false;
	for (size_t i = 0; i < COUNT(known); i++)
		if (bytes_equal_text(folded, known[i].text)) {
			*out = (struct form_heading){.field = known[i].field};
			return true;
		}
	return false;
}

static bool ends_asking(struct bytes text)
{
	return text.len > 0 && text.at[text.len - 1] == '?';
}

bool form_heading_read(struct arena *arena, struct bytes raw, bool in_form, struct form_heading *out)
{
	struct bytes line = without_number(form_without_marks(raw));
	struct form_heading heading;
	bool repeats = false;
	size_t end = words_end(line);

	if (line.len == 0 || end > HEADING_MAX)
		return false;
	struct bytes folded = folded_words(arena, bytes_slice(line, 0, end));
	unsigned number = question_of(folded, &repeats);
	if (number > 0)
		heading = (struct form_heading){.field = FORM_ANSWER, .number = number};
	else if (!find_known(folded, end == line.len && !in_form, &heading))
		return false;
	if (!read_end(line, end, &heading))
		return false;
	/* "Question 1 : faut-il opérer ?": the question again, and not an answer. */
	if (repeats && ends_asking(heading.rest))
		heading.rest = BYTES_NONE;
	*out = heading;
	return true;
}

bool form_heading_close(struct bytes line, struct bytes *rest)
{
	struct bytes left;

	if (!pass_bracket(line, ']', &left))
		return false;
	left = behind(left);
	*rest = left.len > 0 && left.at[0] == ':' ? behind(bytes_from(left, 1)) : left;
	return true;
}

unsigned form_number(struct arena *arena, struct bytes raw, struct bytes *rest)
{
	struct bytes line = form_without_marks(raw);
	struct form_heading heading;
	size_t end;
	unsigned number = digits(line, 0, &end);

	if (number > 0 && end < line.len && (line.at[end] == '.' || line.at[end] == ')' || bytes_starts(bytes_from(line, end), BYTES(" - ")) ||
					     bytes_starts(bytes_from(line, end), BYTES(" :")) || line.at[end] == ':')) {
		*rest = behind(bytes_from(line, end + (line.at[end] == ' ' ? 2 : 1)));
		return number;
	}
	if (!form_heading_read(arena, raw, false, &heading) || heading.field != FORM_ANSWER || heading.open)
		return 0;
	*rest = heading.rest;
	return heading.number;
}

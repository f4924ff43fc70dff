/* smtp/reply_word.c - see reply_word.h.
 *
 * A word counts when it opens a sentence or when the writer says it of himself ("je", "I"). The same word about somebody
 * else ("le patient accepte") is a doubt, never an answer. */
#include "smtp/reply_word.h"

#include "smtp/reply_date.h"
#include "smtp/reply_fold.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
	LINES_READ = 3,       /* meaningful lines */
	TEXT_READ = 1200,
	WORDS_MAX = 80,       /* of one sentence */
	SHORT_SENTENCE = 6,
};

enum sense {
	SENSE_NONE,
	SENSE_ACCEPT,         /* accepte */
	SENSE_YES,            /* oui, ok */
	SENSE_REFUSE,
	SENSE_NO,             /* non */
	SENSE_CONFLICT,
	SENSE_ABSENT,
	SENSE_NOT,            /* ne, pas, not */
	SENSE_SELF,           /* je, I */
	SENSE_IF,             /* si, peut-etre, mais */
	SENSE_WITHOUT,        /* aucun, sans */
};

static const struct word {
	const char *text;
	enum sense sense;
} words[] = {
	{"accepte", SENSE_ACCEPT},    {"accepter", SENSE_ACCEPT},  {"accept", SENSE_ACCEPT},     {"accepted", SENSE_ACCEPT},
	{"acceptee", SENSE_ACCEPT},   {"acceptons", SENSE_ACCEPT}, {"accord", SENSE_YES},        {"oui", SENSE_YES},
	{"ok", SENSE_YES},            {"yes", SENSE_YES},          {"okay", SENSE_YES},          {"volontiers", SENSE_YES},
	{"refuse", SENSE_REFUSE},     {"refus", SENSE_REFUSE},     {"refusee", SENSE_REFUSE},    {"refuser", SENSE_REFUSE},
	{"decline", SENSE_REFUSE},    {"declined", SENSE_REFUSE},  {"decliner", SENSE_REFUSE},   {"refused", SENSE_REFUSE},
	{"non", SENSE_NO},            {"no", SENSE_NO},            {"conflit", SENSE_CONFLICT},  {"conflits", SENSE_CONFLICT},
	{"conflict", SENSE_CONFLICT}, {"conflicts", SENSE_CONFLICT}, {"absent", SENSE_ABSENT},   {"absente", SENSE_ABSENT},
	{"absence", SENSE_ABSENT},    {"conge", SENSE_ABSENT},     {"conges", SENSE_ABSENT},     {"vacances", SENSE_ABSENT},
	{"indisponible", SENSE_ABSENT}, {"away", SENSE_ABSENT},    {"unavailable", SENSE_ABSENT}, {"leave", SENSE_ABSENT},
	{"ne", SENSE_NOT},            {"n", SENSE_NOT},            {"pas", SENSE_NOT},           {"not", SENSE_NOT},
	{"cannot", SENSE_NOT},        {"can", SENSE_NONE},         {"don", SENSE_NOT},           {"jamais", SENSE_NOT},
	{"impossible", SENSE_NOT},    {"unable", SENSE_NOT},       {"won", SENSE_NOT},           {"t", SENSE_NONE},
	{"never", SENSE_NOT},         {"je", SENSE_SELF},          {"j", SENSE_SELF},            {"i", SENSE_SELF},
	{"nous", SENSE_SELF},         {"we", SENSE_SELF},          {"si", SENSE_IF},             {"if", SENSE_IF},
	{"reserve", SENSE_IF},        {"condition", SENSE_IF},     {"maybe", SENSE_IF},          {"peut", SENSE_IF},
	{"mais", SENSE_IF},           {"but", SENSE_IF},           {"provided", SENSE_IF},       {"unless", SENSE_IF},
	{"sauf", SENSE_IF},           {"aucun", SENSE_WITHOUT},    {"sans", SENSE_WITHOUT},      {"aucune", SENSE_WITHOUT},
	{"without", SENSE_WITHOUT},   {"ni", SENSE_WITHOUT},
};

/* Sayings whose "pas" or "no" denies nothing of the answer. */
static const char *const harmless[] = {
	"pas de probleme", "pas de souci", "pas de soucis", "sans probleme", "sans souci", "aucun probleme", "no problem",
	"pourquoi pas", "sans reserve",
};

static const char *const greetings[] = {
	"bonjour", "bonsoir", "cher", "chere", "chers", "madame", "monsieur", "mesdames", "hello", "hi", "dear", "good ",
	"merci", "docteur", "salut", "thank",
};

static const char *const closings[] = {
	"cordialement", "bien a vous", "bien cordialement", "confraternellement", "bien confraternellement", "salutations",
	"sincerely", "regards", "best regards", "kind regards", "dr ", "pr ",
};

struct sentence {
	enum sense senses[WORDS_MAX];
	size_t n;
	bool question;
};

/* What was found so far. */
struct found {
	bool accept, refuse, conflict, absent, doubt;
};

static bool starts_any(struct bytes line, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_starts(line, bytes_of_text(list[i])))
			return true;
	return false;
}

static enum sense sense_of(struct bytes word)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (bytes_equal_text(word, words[i].text))
			return words[i].sense;
	return SENSE_NONE;
}

static bool is_word_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

static bool ends_sentence(unsigned char c)
{
	return c == '.' || c == '!' || c == '?' || c == ';' || c == '\n';
}

/* The next sentence. Sayings that deny nothing are passed over. */
static bool next_sentence(struct bytes *left, struct sentence *out)
{
	*out = (struct sentence){.n = 0};
	while (left->len > 0) {
		size_t skip = 0, len = 0;
		if (ends_sentence(left->at[0])) {
			out->question = left->at[0] == '?';
			*left = bytes_from(*left, 1);
			if (out->n > 0)
				return true;
			continue;
		}
		for (size_t i = 0; i < COUNT(harmless) && skip == 0; i++)
			if (bytes_starts(*left, bytes_of_text(harmless[i])))
				skip = bytes_of_text(harmless[i]).len;
		while (skip == 0 && len < left->len && is_word_byte(left->at[len]))
			len++;
		if (len > 0 && out->n < WORDS_MAX)
			out->senses[out->n++] = sense_of(bytes_slice(*left, 0, len));
		*left = bytes_from(*left, skip > 0 ? skip : len > 0 ? len : 1);
	}
	return out->n > 0;
}

static bool has_sense(const struct sentence *s, enum sense sense, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < s->n; i++)
		if (s->senses[i] == sense)
			return true;
	return false;
}

static bool denied_before(const struct sentence *s, size_t at)
{
	return has_sense(s, SENSE_NOT, 0, at);
}

/* "accepte pas": the second half of a French negation. */
static bool denied_behind(const struct sentence *s, size_t at)
{
	return at + 1 < s->n && s->senses[at + 1] == SENSE_NOT;
}

/* A verb counts when it opens the sentence (behind yes or no, too) or is said of oneself. */
static bool is_own(const struct sentence *s, size_t at)
{
	if (at == 0 || has_sense(s, SENSE_SELF, 0, at))
		return true;
	return at == 1 && (s->senses[0] == SENSE_YES || s->senses[0] == SENSE_NO);
}

static void judge_verb(const struct sentence *s, size_t at, bool accept, struct found *found)
{
	bool denied = denied_before(s, at) || denied_behind(s, at);

	if (!is_own(s, at) && !denied)
		found->doubt = true;
	else if (denied && accept)
		found->refuse = true;
	else if (denied)
		found->doubt = true;             /* "je ne refuse pas" is no acceptance */
	else if (accept)
		found->accept = true;
	else
		found->refuse = true;
	/* A condition, or a denial of something else behind: "j'accepte, mais pas avant le 20". */
	if (accept && !denied && (has_sense(s, SENSE_IF, 0, s->n) || has_sense(s, SENSE_NOT, at + 1, s->n)))
		found->doubt = true;
}

static void judge_yes(const struct sentence *s, size_t at, struct found *found)
{
	if (at > 1 && s->n > SHORT_SENTENCE)
		return;
	if (denied_before(s, at)) {
		found->refuse = true;            /* pas d'accord, not ok */
		return;
	}
	found->accept = true;
	if (has_sense(s, SENSE_IF, 0, s->n) || has_sense(s, SENSE_NOT, at + 1, s->n))
		found->doubt = true;
}

static void judge(const struct sentence *s, struct found *found)
{
	for (size_t i = 0; i < s->n; i++) {
		bool without = denied_before(s, i) || has_sense(s, SENSE_WITHOUT, 0, i) || has_sense(s, SENSE_NO, 0, i);
		switch (s->senses[i]) {
		case SENSE_ACCEPT:
			judge_verb(s, i, true, found);
			break;
		case SENSE_YES:
			judge_yes(s, i, found);
			break;
		case SENSE_REFUSE:
			judge_verb(s, i, false, found);
			break;
		case SENSE_NO:
			if (i == 0 && !has_sense(s, SENSE_CONFLICT, 1, 3))
				found->refuse = true;
			break;
		case SENSE_CONFLICT:
			if (!without)
				found->conflict = true;
			break;
		case SENSE_ABSENT:
			if (!without)
				found->absent = true;
			break;
		default:
			break;
		}
		if (s->question && s->senses[i] >= SENSE_ACCEPT && s->senses[i] <= SENSE_NO)
			found->doubt = true;
	}
}

static enum reply_word conclude(const struct found *found)
{
	if (found->accept && !found->refuse && !found->conflict && !found->absent && !found->doubt)
		return REPLY_ACCEPT;
	if (found->accept || found->doubt)
		return REPLY_UNCLEAR;
	if (found->conflict)
		return REPLY_CONFLICT;
	if (found->refuse)
		return REPLY_REFUSE;
	return found->absent ? REPLY_ABSENT : REPLY_NONE;
}

/* The first lines that are no greeting and no quote, up to the closing words; folded, each ended by LF. */
static struct bytes first_lines(struct arena *arena, struct bytes text)
{
	struct bytes folded = reply_fold(arena, bytes_slice(text, 0, TEXT_READ)), left = folded;
	unsigned char *out = arena_alloc(arena, folded.len + LINES_READ + 1);
	size_t len = 0, lines = 0;

	while (left.len > 0 && lines < LINES_READ) {
		size_t end = bytes_find_byte(left, '\n', 0);
		struct bytes line = bytes_trim(bytes_slice(left, 0, end));
		left = bytes_from(left, end + 1);
		while (line.len > 0 && (line.at[0] == '*' || line.at[0] == '-' || line.at[0] == '"'))
			line = bytes_trim(bytes_from(line, 1));
		if (line.len == 0 || line.at[0] == '>')
			continue;
		if (starts_any(line, closings, COUNT(closings)))
			break;
		/* "Bonjour, j'accepte" says more than a greeting. */
		if (starts_any(line, greetings, COUNT(greetings))) {
			size_t comma = bytes_find_byte(line, ',', 0);
			line = bytes_trim(bytes_from(line, comma + 1));
			if (line.len == 0)
				continue;
		}
		for (size_t i = 0; i < line.len; i++)
			out[len++] = line.at[i];
		out[len++] = '\n';
		lines++;
	}
	return (struct bytes){out, len};
}

void reply_word_read(struct arena *arena, struct bytes new_text, struct date written, struct reply *out)
{
	struct bytes lines = first_lines(arena, new_text), left = lines;
	struct found found = {false};
	struct sentence sentence;

	while (next_sentence(&left, &sentence))
		judge(&sentence, &found);
	*out = (struct reply){.word = conclude(&found)};
	if (!found.absent || (out->word != REPLY_ABSENT && out->word != REPLY_REFUSE))
		return;
	out->has_until = reply_date_last(lines, written, &out->until) &&
			 (written.year == 0 || date_days(out->until) >= date_days(written));
}

const char *reply_word_name(enum reply_word word)
{
	static const char *const names[] = {
		[REPLY_NONE] = "none",
		[REPLY_ACCEPT] = "accept",
		[REPLY_REFUSE] = "refuse",
		[REPLY_CONFLICT] = "conflict",
		[REPLY_ABSENT] = "absent",
		[REPLY_UNCLEAR] = "unclear",
	};
	return names[word];
}

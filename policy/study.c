/* policy/study.c - see study.h. */
#include "policy/study.h"

#include "policy/deadline.h"

static const char *const names[STUDY_VALUES] = {"unsaid", "yes", "partly", "no"};
static const char *const questions[STUDY_QUESTIONS] = {"doctor", "care", "recommend", "satisfied"};

const char *study_answer_name(enum study_answer answer)
{
	return names[answer];
}

const char *study_question_name(size_t question)
{
	return questions[question];
}

const char *study_question_more(bool english)
{
	return english ? "4. Are you satisfied with the opinion that you received?" : "4. L’avis reçu vous a-t-il satisfait\u202f?";
}

bool study_awaits(const struct dossier *dossier)
{
	bool over = dossier->state == DOSSIER_CLOSED || dossier->state == DOSSIER_ARCHIVED;

	return over && dossier->study_at.us == 0 && dossier_passed(dossier, deadline_name(DEADLINE_SIX_MONTHS)) != NULL;
}

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_mark(unsigned char c)
{
	return c == '.' || c == ')' || c == ':' || c == '-' || c == '=' || c == '/' || c == ' ' || c == '\t';
}

/* A text that begins with that word: not with a longer one. */
static bool begins(struct bytes text, const char *word)
{
	struct bytes w = bytes_of_text(word);

	return text.len >= w.len && bytes_equal_nocase(bytes_slice(text, 0, w.len), w) && (text.len == w.len || !is_letter(text.at[w.len]));
}

/* The answer that a text opens with; UNSAID when it opens with none. */
static enum study_answer answer_of(struct bytes text)
{
	static const struct {
		const char *word;
		enum study_answer answer;
	} words[] = {
		{"oui", STUDY_YES}, {"yes", STUDY_YES}, {"non", STUDY_NO}, {"no", STUDY_NO}, {"en partie", STUDY_PARTLY}, {"partiellement", STUDY_PARTLY},
		{"un peu", STUDY_PARTLY}, {"partly", STUDY_PARTLY}, {"in part", STUDY_PARTLY}, {"a little", STUDY_PARTLY},
	};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (begins(text, words[i].word))
			return words[i].answer;
	return STUDY_UNSAID;
}

static struct bytes after_marks(struct bytes text)
{
	while (text.len > 0 && is_mark(text.at[0]))
		text = bytes_from(text, 1);
	return text;
}

/* A line "1. oui, tout à fait": its question; STUDY_QUESTIONS when it is none. */
static size_t numbered(struct bytes line, enum study_answer *answer)
{
	bool number = line.len > 1 && is_digit(line.at[0]) && is_mark(line.at[1]);
	size_t question = number ? (size_t)(line.at[0] - '1') : STUDY_QUESTIONS;

	*answer = number ? answer_of(after_marks(bytes_from(line, 1))) : STUDY_UNSAID;
	return question < STUDY_QUESTIONS && *answer != STUDY_UNSAID ? question : STUDY_QUESTIONS;
}

static size_t words_of(struct bytes line)
{
	size_t n = 0;

	for (size_t i = 0; i < line.len; i++)
		n += is_letter(line.at[i]) && (i == 0 || !is_letter(line.at[i - 1]));
	return n;
}

/* Neither a greeting nor a name: a person is to read it. */
static bool says_more(struct bytes line)
{
	enum { MANY = 5 };

	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] == '?')
			return true;
	return words_of(line) >= MANY;
}

/* One bare word a line, as many as there are questions, count in their order. */
static bool read_bare(struct bytes text, struct study_answers *out)
{
	struct cursor c = cursor_on(text);
	struct study_answers bare = {0};
	size_t n = 0;

	while (c.left.len > 0) {
		enum study_answer a = answer_of(bytes_trim(cursor_until(&c, '\n')));
		if (a != STUDY_UNSAID && n < STUDY_QUESTIONS)
			bare.at[n] = a;
		n += a != STUDY_UNSAID;
	}
	if (n == STUDY_QUESTIONS)
		*out = bare;
	return n == STUDY_QUESTIONS;
}

bool study_read(struct bytes text, struct study_answers *out)
{
	struct cursor c = cursor_on(text);
	size_t n = 0;
	bool more = false;

	*out = (struct study_answers){0};
	while (c.left.len > 0) {
		struct bytes line = bytes_trim(cursor_until(&c, '\n'));
		enum study_answer answer;
		size_t question = numbered(line, &answer);
		if (question < STUDY_QUESTIONS && out->at[question] == STUDY_UNSAID) {
			out->at[question] = answer;
			n++;
		}
		bool long_answer = question < STUDY_QUESTIONS && words_of(line) > 12;
		more |= question == STUDY_QUESTIONS ? says_more(line) : long_answer;
	}
	if (n == 0 && !read_bare(text, out))
		return false;
	out->more = more;
	return true;
}

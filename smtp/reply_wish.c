/* smtp/reply_wish.c - see reply_wish.h. */
#include "smtp/reply_wish.h"

#include "base/limits.h"
#include "smtp/reply_common.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool in_list(struct bytes word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal_text(word, list[i]))
			return true;
	return false;
}

static bool denies(struct bytes word)
{
	static const char *const list[] = {"ne", "n", "pas", "not", "never", "jamais", "sans", "without", "cannot", "don't", "won't", "can't", "doesn't", "didn't"};
	return in_list(word, list, COUNT(list));
}

/* A denial in the clause before, or right behind. */
static bool is_denied(const struct reply_sentence *s, size_t at, size_t len)
{
	if (at + len < s->n && !s->tokens[at + len].opens && (bytes_equal_text(s->tokens[at + len].word, "pas") || bytes_equal_text(s->tokens[at + len].word, "not")))
		return true;
	for (size_t i = at; i > 0 && !s->tokens[i].opens; i--)
		if (denies(s->tokens[i - 1].word))
			return true;
	return false;
}

/* The nearest subject before it is somebody else. */
static bool is_others(const struct reply_sentence *s, size_t at)
{
	static const char *const self[] = {"je", "j", "i", "nous", "we", "vous", "you", "me", "m", "my", "mon", "ma"};
	static const char *const others[] = {"il", "elle", "ils", "elles", "he", "she", "they", "mari", "epoux", "epouse", "femme", "mere", "pere", "fille", "fils", "medecin", "docteur",
					     "dr", "pr", "professeur", "chirurgien", "gynecologue", "oncologue", "husband", "wife", "mother", "father", "doctor", "surgeon",
					     "patient", "patiente"};
	for (size_t i = at; i-- > 0;) {
		if (in_list(s->tokens[i].word, self, COUNT(self)))
			return false;
		if (in_list(s->tokens[i].word, others, COUNT(others)))
			return true;
	}
	return false;
}

/* A condition before it: "si je retire mon consentement". */
static bool is_supposed(const struct reply_sentence *s, size_t at)
{
	static const char *const list[] = {"si", "if", "quand", "when", "comment", "how", "pourquoi", "why", "peut"};
	for (size_t i = 0; i < at; i++)
		if (in_list(s->tokens[i].word, list, COUNT(list)))
			return true;
	return false;
}

static bool only_politeness(const struct reply_sentence *s, size_t at)
{
	static const char *const list[] = {"merci", "thanks", "thank", "you", "beaucoup", "pour", "tout", "all", "for", "now", "maintenant", "cordialement", "svp", "please", "de", "mon", "cote",
					   "my", "side", "avec", "mes", "questions", "question", "a", "vous", "toi", "tous", "the", "very", "much", "votre", "aide", "d", "accord", "that", "is",
					   "it", "s", "with", "this", "autre", "autres", "at", "l", "instant", "moment", "le", "here", "ici", "la"};
	for (; at < s->n && !s->tokens[at].opens; at++)
		if (!in_list(s->tokens[at].word, list, COUNT(list)))
			return false;
	return true;
}

static bool opens_sentence(const struct reply_sentence *s, size_t at)
{
	static const char *const list[] = {"oui", "yes", "bonjour", "bonsoir", "hello", "hi", "merci", "ok", "svp", "please", "madame", "monsieur", "mesdames", "messieurs", "dear", "alors", "donc"};
	for (size_t i = 0; i < at; i++)
		if (!in_list(s->tokens[i].word, list, COUNT(list)))
			return false;
	return true;
}

/* Wishes that somebody only asks about are a person's to answer where they would change much; the others are questions like any. */
static enum reply_word asked(enum reply_word word)
{
	bool weighs = word == REPLY_SHARE || word == REPLY_UNSHARE || word == REPLY_STOP || word == REPLY_WITHDRAW || word == REPLY_AGREE || word == REPLY_REFUSE;
	return weighs ? REPLY_UNCLEAR : REPLY_NONE;
}

/* What a saying that stands at a place means there: its word, UNCLEAR, or NONE when it is another's saying altogether. */
static enum reply_word meaning(const struct reply_sentence *s, size_t at, size_t len, const struct reply_wish *wish)
{
	if ((wish->how & WISH_FIRST) != 0 && !opens_sentence(s, at))
		return REPLY_NONE;
	if ((wish->how & WISH_ENDS) != 0 && !only_politeness(s, at + len))
		return REPLY_NONE;
	if (s->question && (wish->how & WISH_ASKED) == 0)
		return (wish->how & WISH_FIRST) != 0 && s->n > len ? REPLY_NONE : asked(wish->word);
	if ((wish->how & WISH_DENYING) == 0 && is_denied(s, at, len))
		return REPLY_UNCLEAR;
	if (((wish->how & WISH_ANYBODY) == 0 && is_others(s, at)) || is_supposed(s, at))
		return asked(wish->word);
	return wish->word;
}

/* The longest saying at a place, the first of those. */
static size_t longest(const struct reply_sentence *s, size_t at, const struct reply_wish *list, const struct reply_index *index, const struct reply_wish **found)
{
	unsigned char first = s->tokens[at].word.at[0];
	size_t best = 0;

	for (size_t i = 0; i < index->n[first]; i++) {
		const struct reply_wish *wish = &list[index->of[first][i]];
		size_t len = reply_phrase(s, at, wish->phrase);
		if (len <= best || meaning(s, at, len, wish) == REPLY_NONE)
			continue;
		best = len;
		*found = wish;
	}
	return best;
}

static const char *phrase_at(const void *list, size_t i)
{
	return ((const struct reply_wish *)list)[i].phrase;
}

uint32_t reply_wishes(struct arena *arena, struct bytes text, const struct reply_wish *list, size_t n)
{
	const struct reply_sentence *sentences;
	size_t count = reply_sentences(arena, bytes_slice(text, 0, LIMIT_ANSWER), &sentences);
	uint32_t set = 0;
	struct reply_index index;
	bool closed = false;

	reply_index_make(arena, phrase_at, list, n, &index);
	for (size_t i = 0; i < count; i++) {
		const struct reply_sentence *s = &sentences[i];
		closed = reply_is_closed(s, i == 0 || sentences[i - 1].line != s->line, i > 0, closed);
		for (size_t at = 0; at < s->n && !closed;) {
			const struct reply_wish *wish = NULL;
			size_t len = longest(s, at, list, &index, &wish);
			if (len > 0)
				set |= 1u << meaning(s, at, len, wish);
			at += len > 0 ? len : 1;
		}
	}
	return set & ~(1u << REPLY_NONE);
}

enum reply_word reply_wish_only(uint32_t set)
{
	if (set == 0)
		return REPLY_NONE;
	if ((set & (set - 1)) != 0)
		return REPLY_UNCLEAR;
	for (unsigned word = 0; word < REPLY_WORDS; word++)
		if (set == 1u << word)
			return (enum reply_word)word;
	return REPLY_UNCLEAR;
}

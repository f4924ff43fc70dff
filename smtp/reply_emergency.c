/* smtp/reply_emergency.c - see reply_emergency.h.
 *
 * A denial takes a sign away only when nothing but small words stands between them in the clause: "je n'ai pas eu de douleur thoracique". Any other word
 * between ("je n'ai pas dormi à cause de la douleur thoracique", "pas seulement") leaves the sign. */
#include "smtp/reply_emergency.h"

#include "base/buf.h"
#include "smtp/reply_emergency_list.h"
#include "smtp/reply_token.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { DENIED_FROM = 7 };       /* words that are looked at before a sign */

static bool in_list(struct bytes word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal_text(word, list[i]))
			return true;
	return false;
}

/* "ne" alone denies nothing here ("je crains qu'il ne saigne"), and "plus de douleur" may be more of it. */
static bool denies(struct bytes word)
{
	static const char *const list[] = {"pas", "aucun", "aucune", "sans", "ni", "jamais", "no", "not", "never", "without", "don't", "doesn't", "didn't", "haven't", "hasn't", "isn't",
					   "wasn't", "nor", "denies", "nie"};
	return in_list(word, list, COUNT(list));
}

/* Words that may stand between a denial and what it denies. */
static bool is_small(struct bytes word)
{
	static const char *const list[] = {"de", "d", "du", "des", "la", "le", "les", "l", "une", "un", "ai", "a", "eu", "ressens", "ressenti", "sens", "senti", "presente", "ete", "fait", "y",
					   "any", "the", "an", "have", "had", "has", "having", "been", "feel", "felt", "feeling", "signe", "signes", "sign", "signs", "of", "experienced",
					   "non", "plus", "i", "am", "is", "m", "me", "s", "t", "suis", "est", "longer", "experiencing", "faire", "avoir", "subi", "connu", "eprouve"};
	return in_list(word, list, COUNT(list));
}

static bool is_denied(const struct reply_sentence *s, size_t at)
{
	if (s->tokens[at].opens)
		return false;
	for (size_t back = 1; back <= DENIED_FROM && back <= at; back++) {
		const struct reply_token *token = &s->tokens[at - back];
		if (denies(token->word))
			return true;
		if (!is_small(token->word) || token->opens)
			return false;
	}
	return false;
}

static bool is_known(const struct reply_emergency *list, size_t n, enum reply_emergency_kind kind)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].kind == kind)
			return true;
	return false;
}

/* The words as they stood, with one blank between. */
static struct bytes words_of(struct arena *arena, const struct reply_sentence *s, size_t at, size_t len)
{
	struct buf out = buf_make(1024);

	for (size_t i = at; i < at + len; i++) {
		if (i > at)
			buf_u8(&out, ' ');
		buf_add(&out, bytes_slice(s->tokens[i].word, 0, 64));
	}
	struct bytes words = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return words;
}

struct reading {
	struct arena *arena;
	struct reply_index index;
};

static const char *phrase_at(const void *list, size_t i)
{
	return ((const struct reply_emergency_saying *)list)[i].phrase;
}

/* All sayings that begin at a place. *denied: words of the longest that is denied there, so that its end ("suicidaires") is not read by itself. */
static size_t read_place(const struct reading *r, const struct reply_sentence *s, size_t at, struct reply_emergency *out, size_t n, size_t *denied)
{
	unsigned char first = s->tokens[at].word.at[0];

	for (size_t i = 0; i < r->index.n[first]; i++) {
		const struct reply_emergency_saying *saying = &reply_emergency_list[r->index.of[first][i]];
		size_t len = is_known(out, n, saying->kind) ? 0 : reply_phrase(s, at, saying->phrase);
		if (len == 0)
			continue;
		if (!saying->denies && is_denied(s, at))
			*denied = len > *denied ? len : *denied;
		else
			out[n++] = (struct reply_emergency){saying->kind, words_of(r->arena, s, at, len)};
	}
	return n;
}

static size_t read_sentence(const struct reading *r, const struct reply_sentence *s, struct reply_emergency *out, size_t n)
{
	for (size_t at = 0; at < s->n;) {
		size_t denied = 1;
		n = read_place(r, s, at, out, n, &denied);
		at += denied;
	}
	return n;
}

size_t reply_emergency_read(struct arena *arena, struct bytes text, struct reply_emergency out[REPLY_EMERGENCIES])
{
	struct reading r = {.arena = arena};
	const struct reply_sentence *sentences;
	size_t count = reply_sentences(arena, text, &sentences), n = 0;

	_Static_assert((int)EMERGENCY_KINDS <= (int)REPLY_EMERGENCIES, "each kind once");
	reply_index_make(arena, phrase_at, reply_emergency_list, reply_emergency_list_length, &r.index);
	/* Line by line, so that "allergies : aucune" denies nothing of the next; then across the lines, so that none cuts a sign in two. */
	for (size_t i = 0; i < count; i++)
		n = read_sentence(&r, &sentences[i], out, n);
	count = reply_sentences_across(arena, text, &sentences);
	for (size_t i = 0; i < count; i++)
		n = read_sentence(&r, &sentences[i], out, n);
	return n;
}

const char *reply_emergency_name(enum reply_emergency_kind kind)
{
	static const char *const names[EMERGENCY_KINDS] = {
		[EMERGENCY_CHEST] = "chest",         [EMERGENCY_BREATH] = "breath",       [EMERGENCY_BLEEDING] = "bleeding",
		[EMERGENCY_STROKE] = "stroke",       [EMERGENCY_CONSCIOUSNESS] = "consciousness", [EMERGENCY_SUICIDE] = "suicide",
		[EMERGENCY_ALLERGY] = "allergy",     [EMERGENCY_POISON] = "poison",       [EMERGENCY_PREGNANCY] = "pregnancy",
		[EMERGENCY_NEURO] = "neuro",         [EMERGENCY_INFECTION] = "infection", [EMERGENCY_PAIN] = "pain",
		[EMERGENCY_SURGERY_SOON] = "surgery-soon", [EMERGENCY_HELP] = "help",
	};
	return names[kind];
}

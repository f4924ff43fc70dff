/* policy/directory.c - see directory.h. */
#include "policy/directory.h"

#include "policy/route.h"
#include "policy/sender.h"

enum directory_kind directory_kind_of_name(struct bytes name)
{
	static const struct {
		const char *name;
		enum directory_kind kind;
	} kinds[] = {{"PER", DIRECTORY_PERSONAL}, {"CAB", DIRECTORY_PRACTICE}, {"ORG", DIRECTORY_ORGANISATION}, {"APP", DIRECTORY_APPLICATION}};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (bytes_equal_text(name, kinds[i].name))
			return kinds[i].kind;
	return DIRECTORY_OTHER;
}

static bool is_his(enum directory_kind kind)
{
	return kind == DIRECTORY_PERSONAL || kind == DIRECTORY_PRACTICE;
}

/* --- names: letters alone count, whatever accents, case, hyphens and apostrophes were made of them --------------- */

/* The letter that a sign of the Latin alphabet is written with; 0 for what separates words; above: two letters in one sign. */
enum { LIGATURE_OE = 1, LIGATURE_AE };

static unsigned char plain_latin1(unsigned char low)
{
	/* U+00C0 to U+00FF by the low six bits; signs that are no letters separate. */
	static const char letters[] = "aaaaaa\002ceeeeiiiidnooooo\0ouuuuytsaaaaaa\002ceeeeiiiidnooooo\0ouuuuyty";
	return (unsigned char)letters[low & 0x3f];
}

/* The next letter of a name, in lower case; *at moves on. */
static unsigned char next_letter(struct bytes name, size_t *at)
{
	unsigned char c = name.at[(*at)++];

	if (c >= 'A' && c <= 'Z')
		return (unsigned char)(c + 0x20);
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		return c;
	if (c < 0x80)
		return 0;
	unsigned char low = *at < name.len ? name.at[*at] : 0;
	if (low >= 0x80 && low < 0xc0)
		(*at)++;
	if (c == 0xc3)
		return plain_latin1(low);
	if (c == 0xc5 && (low == 0x92 || low == 0x93))
		return LIGATURE_OE;
	if (c == 0xc5 && low == 0xb8)
		return 'y';
	/* Any other script's letter is its own: both bytes must be the same. */
	return low == 0 ? 0x80 : (unsigned char)(0x80 | (c ^ low));
}

/* The words of a name, one after the other. */
struct words {
	struct bytes name;
	size_t at;
};

enum { WORD_MAX = 64 };

/* Length of the next word, 0 at the end. What is too long for a name's word is cut, on both sides alike. */
static size_t next_word(struct words *w, unsigned char out[WORD_MAX])
{
	size_t n = 0;

	while (w->at < w->name.len) {
		unsigned char c = next_letter(w->name, &w->at);
		if (c == 0 && n > 0)
			break;
		if (c == LIGATURE_OE || c == LIGATURE_AE) {
			if (n < WORD_MAX)
				out[n++] = c == LIGATURE_OE ? 'o' : 'a';
			c = 'e';
		}
		if (c != 0 && n < WORD_MAX)
			out[n++] = c;
	}
	return n;
}

static bool has_word(struct bytes name, struct bytes word)
{
	struct words all = {name, 0};
	unsigned char one[WORD_MAX];

	for (size_t n = next_word(&all, one); n > 0; n = next_word(&all, one))
		if (bytes_equal((struct bytes){one, n}, word))
			return true;
	return false;
}

/* Every word of part is a word of name; an empty part is no proof of anything. */
static bool has_words(struct bytes name, struct bytes part)
{
	struct words all = {part, 0};
	unsigned char one[WORD_MAX];
	size_t n = next_word(&all, one);

	if (n == 0)
		return false;
	for (; n > 0; n = next_word(&all, one))
		if (!has_word(name, (struct bytes){one, n}))
			return false;
	return true;
}

/* --- the rules ---------------------------------------------------------------------------------- */

static bool is_confirmed(const struct directory *d, const struct directory_person *p)
{
	for (size_t i = 0; i < d->n_confirmations; i++) {
		const struct directory_confirmation *c = &d->confirmations[i];
		if (sender_same_address(c->address, p->mailbox) && (c->person.len == 0 || expert_same_rpps(c->person, p->rpps)))
			return true;
	}
	return false;
}

/* By a line that is not old, unless an old one will do. */
static bool works_at(const struct directory *d, struct bytes rpps, struct bytes structure, bool old)
{
	for (size_t i = 0; structure.len > 0 && i < d->n_entries; i++)
		if ((old || !d->entries[i].old) && expert_same_rpps(d->entries[i].person, rpps) && bytes_equal(d->entries[i].structure, structure))
			return true;
	return false;
}

static bool is_listed(const struct directory *d, const struct directory_entry *e, const struct directory_person *p, bool old)
{
	if ((e->old && !old) || !sender_same_address(e->address, p->mailbox))
		return false;
	if (p->rpps.len == 0)
		return is_his(e->kind) && has_words(p->name, e->family) && has_words(p->name, e->given);
	return is_his(e->kind) ? expert_same_rpps(e->person, p->rpps) : e->kind == DIRECTORY_ORGANISATION && works_at(d, p->rpps, e->structure, old);
}

/* By a line that is not old, unless an old one will do. */
static bool names_him(const struct directory *d, const struct directory_person *p, bool old)
{
	for (size_t i = 0; i < d->n_entries; i++)
		if (is_listed(d, &d->entries[i], p, old))
			return true;
	return false;
}

static bool has_ended(const struct directory *d, const struct directory_person *p)
{
	for (size_t i = 0; i < d->n_ends; i++) {
		const struct directory_end *e = &d->ends[i];
		if (sender_same_address(e->address, p->mailbox) && (p->rpps.len == 0 || expert_same_rpps(e->person, p->rpps)))
			return true;
	}
	return false;
}

enum reason directory_check(const struct directory *directory, const struct directory_person *person)
{
	if (directory == NULL || !directory->used)
		return REASON_NONE;
	if (person->mailbox.len == 0)
		return REASON_DIRECTORY_UNKNOWN;
	if (is_confirmed(directory, person))
		return REASON_NONE;
	if (names_him(directory, person, false))
		return REASON_NONE;
	if (has_ended(directory, person))
		return REASON_DIRECTORY_ENDED;
	if (person->registered)
		return REASON_NONE;
	return names_him(directory, person, true) ? REASON_DIRECTORY_OLD : REASON_DIRECTORY_UNKNOWN;
}

static bool is_among(struct bytes address, const struct bytes *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sender_same_address(address, list[i]))
			return true;
	return false;
}

/* Smaller is better; 0 only for what people of ours chose. */
static unsigned order_of(const struct directory_entry *e)
{
	return e->preferred ? 0 : e->rank > 0 ? e->rank : UINT32_MAX;
}

enum reason directory_choose(const struct directory *directory, struct bytes rpps, const struct bytes *not, size_t n_not, struct bytes *out)
{
	unsigned best = 0;
	bool several = false, old = false;

	*out = BYTES_NONE;
	for (size_t i = 0; directory != NULL && rpps.len > 0 && i < directory->n_entries; i++) {
		const struct directory_entry *e = &directory->entries[i];
		unsigned order = order_of(e);
		if (!is_his(e->kind) || e->red || !expert_same_rpps(e->person, rpps) || !sender_address_ok(e->address) || is_among(e->address, not, n_not))
			continue;
		if (e->old) {
			old = true;
			continue;
		}
		if (out->len == 0 || order < best) {
			best = order;
			several = false;
			*out = e->address;
		} else if (order == best && !sender_same_address(e->address, *out)) {
			several = true;
		}
	}
	if (out->len == 0)
		return old ? REASON_DIRECTORY_OLD : REASON_DIRECTORY_NONE;
	if (several)
		*out = BYTES_NONE;
	return several ? REASON_DIRECTORY_SEVERAL : REASON_NONE;
}

size_t directory_plain(struct bytes name, unsigned char *out, size_t room)
{
	struct words all = {name, 0};
	unsigned char one[WORD_MAX];
	size_t n = 0;

	for (size_t len = next_word(&all, one); len > 0 && n < room; len = next_word(&all, one)) {
		if (n > 0)
			out[n++] = ' ';
		for (size_t i = 0; i < len && n < room; i++)
			out[n++] = one[i] < 0x80 ? one[i] : '_';
	}
	return n;
}

/* policy/shield.c - is somebody else named? See shield.h. */
#include "policy/shield.h"

#include <string.h>

#include "base/fold.h"

enum {
	NAMES = 4,           /* of one person, of each kind */
	NAME_WORDS = 8,      /* that one name may be written in */
	BETWEEN = 6,         /* words between family name and first name: labels, and few others */
	OTHERS_BEHIND_FAMILY = 1, OTHERS_BEHIND_GIVEN = 3,   /* more first names stand behind the first one */
	CIVIL_NEAR = 6,      /* words between a family name behind a civility and the date */
};

/* The names of somebody, letters alone. */
struct names {
	struct bytes family[NAMES], given[NAMES];
	size_t n_family, n_given;
};

/* Words at..at+n of a passage; n 0: none. */
struct place {
	size_t at, n;
};

/* --- names -------------------------------------------------------------------------------------- */

static struct bytes letters_of(struct arena *arena, struct bytes name)
{
	struct bytes folded = fold_text(arena, name);
	unsigned char *out = arena_alloc(arena, folded.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < folded.len; i++)
		if ((folded.at[i] >= 'a' && folded.at[i] <= 'z') || folded.at[i] >= 0x80)
			out[n++] = folded.at[i];
	return (struct bytes){out, n};
}

static void add_name(struct arena *arena, struct bytes name, struct bytes *list, size_t *n)
{
	struct bytes letters = letters_of(arena, name);

	for (size_t i = 0; i < *n; i++)
		if (bytes_equal(list[i], letters))
			return;
	if (letters.len > 0)
		list[(*n)++] = letters;
}

static struct names names_of(struct arena *arena, const struct policy_patient *p)
{
	struct names names = {0};

	add_name(arena, p->family_birth, names.family, &names.n_family);
	add_name(arena, p->family_used, names.family, &names.n_family);
	add_name(arena, p->given_birth_first, names.given, &names.n_given);
	add_name(arena, p->given_used, names.given, &names.n_given);
	add_name(arena, p->given_birth_all, names.given, &names.n_given);
	return names;
}

/* How many words from there make the name, however it is cut; 0: they do not. */
static size_t spells(const struct shield_passage *p, size_t at, struct bytes name)
{
	size_t done = 0, n = 0;

	while (at + n < p->n && n < NAME_WORDS && done < name.len) {
		struct bytes word = p->words[at + n];
		if (!bytes_starts(bytes_from(name, done), word))
			return 0;
		done += word.len;
		n++;
	}
	return done == name.len ? n : 0;
}

static struct place one_of(const struct shield_passage *p, size_t at, const struct bytes *names, size_t n)
{
	struct place longest = {at, 0};

	for (size_t i = 0; i < n; i++) {
		size_t words = spells(p, at, names[i]);
		if (words > longest.n)
			longest.n = words;
	}
	return longest;
}

static bool among(struct bytes word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (bytes_equal_text(word, *list))
			return true;
	return false;
}

/* A doctor is named so. */
static bool is_titled(const struct shield_passage *p, size_t at)
{
	static const char *const titles[] = {"dr", "docteur", "docteure", "doctor", "pr", "prof", "professeur", "professeure", "professor", NULL};
	return at > 0 && among(p->words[at - 1], titles);
}

static bool is_civil(const struct shield_passage *p, size_t at)
{
	static const char *const civil[] = {"m", "mr", "mme", "mlle", "monsieur", "madame", "mademoiselle", "mrs", "ms", NULL};
	return at > 0 && among(p->words[at - 1], civil);
}

/* Only words that forms put between the parts of a name, and few others (more first names). */
static bool belong_together(const struct shield_passage *p, size_t from, size_t to, unsigned most)
{
	static const char *const labels[] = {
		"nom", "prenom", "prenoms", "s", "de", "naissance", "usage", "d", "usuel", "utilise", "marital", "epouse", "ep", "nee", "ne", "premier", "m", "mr",
		"mme", "mlle", "monsieur", "madame", "name", "first", "given", "last", "family", "birth", "surname", "of", "mrs", "ms", NULL};
	unsigned others = 0;

	if (to < from || to - from > BETWEEN)
		return false;
	for (size_t i = from; i < to; i++)
		others += !among(p->words[i], labels);
	return others <= most;
}

/* --- the own patient's words ----------------------------------------------------------------------- */

static void mark(bool *own, struct place place)
{
	for (size_t i = 0; i < place.n; i++)
		own[place.at + i] = true;
}

static bool *mark_own(struct arena *arena, const struct shield_passage *p, const struct names *names)
{
	bool *own = arena_alloc(arena, p->n + 1);

	memset(own, 0, p->n + 1);
	for (size_t i = 0; i < p->n; i++) {
		mark(own, one_of(p, i, names->family, names->n_family));
		mark(own, one_of(p, i, names->given, names->n_given));
	}
	return own;
}

static bool all_own(const bool *own, struct place place)
{
	for (size_t i = 0; i < place.n; i++)
		if (!own[place.at + i])
			return false;
	return true;
}

/* --- one person ----------------------------------------------------------------------------------------- */

struct judge {
	const struct shield_passage *passage;
	const bool *own;
	const struct names *names;
	bool own_day;        /* the date is the own patient's birth date as well: it proves less */
};

/* The name at that place: its first part there, the second behind it. A second part that is a part of the first is none. */
static bool name_at(const struct judge *j, size_t at, size_t until, bool family_first)
{
	const struct names *n = j->names;
	const struct shield_passage *p = j->passage;
	const struct bytes *first = family_first ? n->family : n->given, *second = family_first ? n->given : n->family;
	size_t n_first = family_first ? n->n_family : n->n_given, n_second = family_first ? n->n_given : n->n_family;
	struct place a = one_of(p, at, first, n_first);
	unsigned most = family_first ? OTHERS_BEHIND_FAMILY : OTHERS_BEHIND_GIVEN;

	if (a.n == 0 || (j->own_day && is_titled(p, at)))
		return false;
	for (size_t i = at + a.n; i < until && i <= at + a.n + BETWEEN; i++) {
		struct place b = one_of(p, i, second, n_second);
		bool mine = all_own(j->own, a) && all_own(j->own, b);
		if (b.n > 0 && !mine && belong_together(p, at + a.n, i, most) && !(j->own_day && is_titled(p, i)))
			return true;
	}
	return false;
}

/* Mme LEFEVRE, nee le: the family name alone, the date next to it. */
static bool civil_at(const struct judge *j, size_t at, const struct shield_date *date)
{
	struct place a = is_civil(j->passage, at) ? one_of(j->passage, at, j->names->family, j->names->n_family) : (struct place){0};
	size_t end = at + a.n;

	return a.n > 0 && !all_own(j->own, a) && (date->at >= end ? date->at - end <= CIVIL_NEAR : at - date->at <= CIVIL_NEAR + 1);
}

static bool named_near(const struct judge *j, const struct shield_date *date)
{
	size_t from = date->at > SHIELD_NEAR ? date->at - SHIELD_NEAR : 0, until = date->at + SHIELD_NEAR;

	if (until > j->passage->n)
		until = j->passage->n;
	for (size_t i = from; i < until; i++)
		if (name_at(j, i, until, true) || name_at(j, i, until, false) || civil_at(j, i, date))
			return true;
	return false;
}

static struct bytes birth_day(const struct policy_patient *p)
{
	struct bytes day = bytes_slice(p->birth_time, 0, 8);
	return day.len == 8 ? day : BYTES_NONE;
}

static bool has_date(const struct shield_passage *p, struct bytes day, size_t i)
{
	return bytes_equal((struct bytes){p->dates[i].day, 8}, day);
}

static bool is_named(struct arena *arena, const struct shield_text *text, bool *const *own, const struct policy_patient *mine,
		     const struct policy_patient *other)
{
	struct names names = names_of(arena, other);
	struct bytes day = birth_day(other);
	struct judge j = {.names = &names, .own_day = bytes_equal(day, birth_day(mine))};

	if (day.len == 0 || names.n_family == 0 || names.n_given == 0)
		return false;
	for (size_t k = 0; k < text->n_passages; k++) {
		j.passage = &text->passages[k];
		j.own = own[k];
		for (size_t i = 0; i < j.passage->n_dates; i++)
			if (has_date(j.passage, day, i) && named_near(&j, &j.passage->dates[i]))
				return true;
	}
	return false;
}

static bool has_number(const struct shield_text *text, const struct policy_patient *p)
{
	for (size_t i = 0; i < text->n_numbers && p->ins.len >= 13; i++)
		if (bytes_equal_nocase(text->numbers[i], bytes_slice(p->ins, 0, 13)))
			return true;
	return false;
}

static bool same_number(const struct policy_patient *a, const struct policy_patient *b)
{
	return a->ins.len >= 13 && b->ins.len >= 13 && bytes_equal_nocase(bytes_slice(a->ins, 0, 13), bytes_slice(b->ins, 0, 13));
}

/* --- public ----------------------------------------------------------------------------------------------- */

size_t shield_judge(struct arena *arena, const struct shield_text *text, const struct policy_patient *own, const struct shield_person *others,
		    size_t n, struct shield_match *out)
{
	struct names mine = names_of(arena, own);
	bool **marked = arena_alloc(arena, (text->n_passages + 1) * sizeof *marked);
	size_t found = 0;

	for (size_t k = 0; n > 0 && k < text->n_passages; k++)
		marked[k] = mark_own(arena, &text->passages[k], &mine);
	for (size_t i = 0; i < n; i++) {
		const struct policy_patient *other = &others[i].patient;
		if (same_number(own, other))
			continue;
		if (has_number(text, other))
			out[found++] = (struct shield_match){SHIELD_BY_NUMBER, &others[i]};
		else if (is_named(arena, text, marked, own, other))
			out[found++] = (struct shield_match){SHIELD_BY_NAME, &others[i]};
	}
	return found;
}

const char *shield_by_name(enum shield_by by)
{
	return by == SHIELD_BY_NUMBER ? "number" : "name";
}

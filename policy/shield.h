/* policy/shield.h - the identity shield: does what leaves for one patient's dossier speak of another one's patient?
 *
 * Two halves. In the jail shield_read() takes out of texts what could be a person, and nothing else leaves it: numbers of the form of an
 * INS, and dates that could be births with the words around them. Outside, shield_judge() holds these against the people whose dossiers
 * are open and who have one of these numbers or dates (found by index, so that the cost is the text's and not the register's).
 *
 * A person is named by his number (13 signs, with or without its key, in one piece or in groups), or by his name close to his birth date:
 * family and first name as born or as used, in either order, without accents, case, blanks and hyphens; or by the family name alone behind a
 * civility (Mme LEFEVRE, née le…), when the date stands next to it. Never by a name alone (it may be a doctor's), never by a date alone. What the dossier's own patient is called, and that patient's own number, stop nothing. */
#ifndef RELAIS_POLICY_SHIELD_H
#define RELAIS_POLICY_SHIELD_H

#include "base/arena.h"
#include "policy/facts.h"

/* The rule by which it speaks: another reading or judging is another version. */
#define SHIELD_RULE "shield.identity/2"

enum {
	/* A table of measurements has hundreds of groups of figures that a key fits by chance (one in 97), and a date in each line. */
	SHIELD_NUMBERS = 20000,      /* different numbers of one mail */
	SHIELD_DATES = 20000,        /* places of dates */
	SHIELD_WORDS = 100000,       /* around them */
	SHIELD_WORD = 64,            /* bytes; a longer one is no name */
	SHIELD_AROUND = 60,          /* words and numbers on each side of a date that are taken along */
	SHIELD_NEAR = 30,            /* words between a date and a name that belong together, at most */
	SHIELD_PEOPLE = 1000,        /* held against one mail */
};

struct shield_date {
	unsigned char day[8];        /* YYYYMMDD */
	size_t at;                   /* how many words of its passage stand before it */
};

/* A piece of text with dates in it. */
struct shield_passage {
	const struct bytes *words;   /* folded (base/fold.h), letters only */
	size_t n;
	const struct shield_date *dates;
	size_t n_dates;
};

struct shield_text {
	const struct bytes *numbers; /* 13 signs each, lower case; each once */
	size_t n_numbers;
	const struct shield_passage *passages;
	size_t n_passages;
	bool cut;                    /* there was more than the bounds let through */
};

struct shield_reader;

/* Of all texts of one mail. */
struct shield_reader *shield_reader_make(struct arena *arena);
/* One text, UTF-8 or nearly so; a passage never goes over its ends. */
void shield_read(struct shield_reader *reader, struct bytes text);
void shield_read_end(const struct shield_reader *reader, struct shield_text *out);

/* Somebody whose dossier is open. */
struct shield_person {
	int64_t dossier;
	struct bytes reference;
	struct policy_patient patient;
};

enum shield_by { SHIELD_BY_NUMBER, SHIELD_BY_NAME };

struct shield_match {
	enum shield_by by;
	const struct shield_person *person;
};

/* How many of the others the text names, all of them in *out (room for n): who looks at the mail is shown everybody, and lets nobody else go.
 * own: the patient whose dossier the mail is of; whoever has his number is he. */
size_t shield_judge(struct arena *arena, const struct shield_text *text, const struct policy_patient *own, const struct shield_person *others,
		    size_t n, struct shield_match *out);

const char *shield_by_name(enum shield_by by);   /* "number", "name" */

#endif

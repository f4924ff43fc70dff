/* smtp/new_text.h - what the writer of a reply added: without the quoted mail and without the signature.
 *
 * French and English clients first, the usual ones of other languages after. When in doubt nothing is hidden. */
#ifndef RELAIS_SMTP_NEW_TEXT_H
#define RELAIS_SMTP_NEW_TEXT_H

#include "base/arena.h"

/* text is UTF-8 with LF or CRLF line ends. *out has LF line ends, is trimmed, and is in the arena.
 * False: nothing but quotes and signature was found; *out is then the whole text, which a person may read but
 * which must not be taken for the writer's answer. */
bool new_text_read(struct arena *arena, struct bytes text, struct bytes *out);

enum new_text_kind {
	NEW_TEXT_OWN,
	NEW_TEXT_QUOTED,      /* of the mail answered, with or without a mark in front */
	NEW_TEXT_LEAD,        /* "On DAY NAME wrote:", a separator, the header of the mail answered */
	NEW_TEXT_SIGNATURE,
	NEW_TEXT_DISCLAIMER,  /* "Ce message est confidentiel...", at the end */
};

struct new_text_line {
	struct bytes text;    /* without its line end; borrowed from the text */
	enum new_text_kind kind;
};

/* The same, line by line: all lines in order, in the arena. 0, and nothing in *out: there are none, or more than 8000. */
size_t new_text_lines(struct arena *arena, struct bytes text, struct new_text_line **out);

/* Lines with words that were folded away, by what they are: for a display that says so. Nothing is lost: the original is kept. */
struct new_text_folded {
	size_t quoted, signature, disclaimer;
};

struct new_text_folded new_text_folded(struct arena *arena, struct bytes text);

/* For people: the writer's own words, and in the place of each run of folded lines one line in brackets that says how many of what. */
struct bytes new_text_display(struct arena *arena, struct bytes text, bool english);

#endif

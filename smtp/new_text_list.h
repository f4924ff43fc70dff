/* smtp/new_text_list.h - the words by which mail clients mark quotes, signatures and disclaimers, folded (smtp/reply_fold). Private to smtp/new_text. */
#ifndef RELAIS_SMTP_NEW_TEXT_LIST_H
#define RELAIS_SMTP_NEW_TEXT_LIST_H

#include "base/bytes.h"

enum new_text_list {
	LIST_VERBS,              /* "a écrit", "wrote" */
	LIST_STARTS,             /* how an attribution begins */
	LIST_SEPARATORS,         /* between dashes */
	LIST_BARE_SEPARATORS,    /* need no dashes */
	LIST_FROM_LABELS,        /* who wrote the mail answered */
	LIST_OTHER_LABELS,       /* its other fields */
	LIST_DEVICES,            /* "Envoyé de mon iPhone" */
	LIST_DISCLAIMERS,        /* how one begins */
	LIST_GREENS,             /* the short ones: "avant d'imprimer" */
	LIST_DISCLAIMER_WORDS,   /* what a disclaimer speaks of */
};

/* Is the word in the list? Does the text begin with one of it, does one stand in it, how many do? */
bool new_text_list_has(enum new_text_list list, struct bytes word);
bool new_text_list_begins(enum new_text_list list, struct bytes text);
bool new_text_list_within(enum new_text_list list, struct bytes text);
size_t new_text_list_count(enum new_text_list list, struct bytes text);

#endif

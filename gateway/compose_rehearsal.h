/* gateway/compose_rehearsal.h - a mail of a rehearsal says so wherever a person looks: in its subject, before its first word, and in each PDF. */
#ifndef RELAIS_GATEWAY_COMPOSE_REHEARSAL_H
#define RELAIS_GATEWAY_COMPOSE_REHEARSAL_H

#include "gateway/compose_request.h"

/*
 * Once subject and text stand, and before files are made: "[ESSAI] " before a subject of ours, "ESSAI " as the first word of a national
 * one's label, a sentence before the text, the word in the title of each PDF and document of ours and the sentence as its first row.
 * A report's subject stays: machines read it. Nothing is done to a request without "rehearsal".
 */
void compose_rehearsal(struct arena *arena, bool english, struct compose_request *request);

/* "ESSAI - " and the sentence, for what is made before the mail; empty without "rehearsal". In the arena. */
struct bytes compose_rehearsal_words(struct arena *arena, bool english, const struct compose_request *request);

#endif

/* gateway/compose_words.h - the machine's own values in the words of a letter, and names of files. For compose_build.c.
 *
 * A worker may give a field as it has it: sex "F", age "44", convergence "yes", missing_count "2", documents_count "11", tasks_count "6", opinions_count "4", time_left "3"; a phone number's blanks
 * become such that no line breaks at. Whatever is
 * already in words passes as it is. */
#ifndef RELAIS_GATEWAY_COMPOSE_WORDS_H
#define RELAIS_GATEWAY_COMPOSE_WORDS_H

#include "cda/write.h"
#include "gateway/template.h"

/* The value of one template field, in words. */
struct bytes compose_words_field(struct arena *arena, bool english, struct bytes name, struct bytes value);
/* A section's text that is only "yes", "partly" or "no" (what the form's reader says) in words; any other text as it is. */
struct bytes compose_words_section(bool english, struct bytes text);

/* "Dominique PAT-TROIS, femme, née le 28/03/1979". */
struct bytes compose_words_patient(struct arena *arena, bool english, const struct cda_write_patient *patient);
/* The matricule, and that it is a test identity where its root says so. */
struct bytes compose_words_ins(struct arena *arena, bool english, const struct cda_write_patient *patient);
/* "21/11/2026 à 22 h 50". */
struct bytes compose_words_time(struct arena *arena, bool english, struct cda_write_time time);

/* AAAAMMJJ_type_NOM_prenom_reference.pdf (referential 2, ECO.2.1.6): the type cut at 40 characters; in each part blanks and what a file
 * system dislikes become "-". An empty part is left out. */
struct bytes compose_words_file(struct arena *arena, struct cda_write_time day, struct bytes type, struct bytes family,
				struct bytes given, struct bytes reference);

#endif

/* smtp/form_value.h - what stands under a heading of the expert's form. For form.c. */
#ifndef RELAIS_SMTP_FORM_VALUE_H
#define RELAIS_SMTP_FORM_VALUE_H

#include "base/arena.h"

/* "« à remplir »", "(à remplir : oui, partielle ou non)", "...", "____", "[ ]": what we put there ourselves, or nothing. */
bool form_value_placeholder(struct arena *arena, struct bytes text);
/* The first reference of a dossier in a text, A-2026-000123-KQ, in capitals and in the arena; empty when there is none. */
struct bytes form_value_reference(struct arena *arena, struct bytes text);
/* "yes", "partly", "no" by the first word, or empty; *remark is what follows it. All three words together are our own question. */
struct bytes form_value_convergence(struct arena *arena, struct bytes text, struct bytes *remark);

#endif

/* gateway/export_words.h - what a copy of a dossier tells people in words. */
#ifndef RELAIS_GATEWAY_EXPORT_WORDS_H
#define RELAIS_GATEWAY_EXPORT_WORDS_H

#include "base/arena.h"
#include "policy/export.h"

struct export_about {
	enum export_for whom;
	const struct dossier *dossier;
	const struct dossier_event *events;
	size_t n_events;
	const char *actor;
	struct instant at;
};

/* One event in a sentence, as that reader may know it. The expert does not read the patient's number in it. */
const char *export_sentence(struct arena *arena, const struct export_about *about, const struct dossier_event *event, const char *language);
/* The dossier's life as that reader may know it; language "fr" or "en". */
struct bytes export_history(struct arena *arena, const struct export_about *about, const char *language);
/* LISEZMOI.txt, README.txt. */
struct bytes export_readme(struct arena *arena, const struct export_about *about, const char *language);

#endif

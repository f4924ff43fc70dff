/* smtp/reply_emergency.h - words in a message that may mean an emergency: 15, 112, 114 are told at once and a nurse is paged (product.md E01, E40).
 *
 * Signs that the public services name as a reason to call (reply_emergency_list.c has them, with their sources), in the words of patients, French and
 * English. Errs on the safe side: only a denial that stands directly before ("pas de douleur thoracique", "no chest pain") takes a sign away; a question, a
 * report of the past or of somebody else does not. */
#ifndef RELAIS_SMTP_REPLY_EMERGENCY_H
#define RELAIS_SMTP_REPLY_EMERGENCY_H

#include "base/arena.h"

enum reply_emergency_kind {
	EMERGENCY_CHEST,           /* pain in the chest */
	EMERGENCY_BREATH,
	EMERGENCY_BLEEDING,
	EMERGENCY_STROKE,
	EMERGENCY_CONSCIOUSNESS,   /* faint, fits, confusion */
	EMERGENCY_SUICIDE,
	EMERGENCY_ALLERGY,
	EMERGENCY_POISON,          /* overdose, poisoning */
	EMERGENCY_PREGNANCY,
	EMERGENCY_NEURO,           /* cauda equina, cord: sudden paralysis, no more control of bladder or bowel */
	EMERGENCY_INFECTION,       /* sepsis, fever after an operation or under chemotherapy */
	EMERGENCY_PAIN,            /* unbearable or sudden */
	EMERGENCY_SURGERY_SOON,    /* the operation is today, tomorrow, in a few days: no second opinion comes in time */
	EMERGENCY_HELP,            /* calls it an emergency, is at the emergency room, calls for help */
	EMERGENCY_KINDS
};

struct reply_emergency {
	enum reply_emergency_kind kind;
	struct bytes words;        /* as they were read, folded; in the arena */
};

enum { REPLY_EMERGENCIES = 16 };

/* Each kind at most once; the number of them. text is the writer's new text, or all of it when that could not be told apart. */
size_t reply_emergency_read(struct arena *arena, struct bytes text, struct reply_emergency out[REPLY_EMERGENCIES]);
/* "chest", "breath"... */
const char *reply_emergency_name(enum reply_emergency_kind kind);

#endif

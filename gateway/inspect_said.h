/* gateway/inspect_said.h - what the new text of a mail says: the words of an answer, emergencies, absence, private addresses. Runs in the second child only.
 *
 * Nothing is decided here: the same text is read as an expert's, a patient's and a physician's, and the policy, which knows whose it is, takes one. */
#ifndef RELAIS_GATEWAY_INSPECT_SAID_H
#define RELAIS_GATEWAY_INSPECT_SAID_H

#include <jansson.h>

#include "smtp/mime_read.h"
#include "smtp/new_text.h"
#include "smtp/reply_emergency.h"
#include "smtp/reply_leave.h"
#include "smtp/reply_private.h"
#include "smtp/reply_word.h"

enum { INSPECT_OWN = 8 };        /* numbers and domains of the service */

struct inspect_said {
	struct bytes new_text;
	struct reply expert, patient, physician;   /* none of them has a word in an automatic answer */
	struct reply_emergency emergencies[REPLY_EMERGENCIES];   /* of any mail, automatic or not */
	size_t n_emergencies;
	bool away;                   /* an automatic answer tells an absence: a suggestion */
	struct reply_leave absence;
	struct new_text_folded folded;
	struct reply_private masked; /* the new text as the other side of a relay may have it */
};

/* own, n_own, english: smtp/reply_private.h. The texts lie in the arena or in the mail. */
void inspect_said_read(struct arena *arena, const struct mime_message *mail, const struct bytes *own, size_t n_own, bool english, struct inspect_said *out);
/* Nobody wrote it: the words are no answer, and what it says of an absence is a suggestion. */
void inspect_said_automatic(struct arena *arena, const struct mime_message *mail, struct inspect_said *said);
/* Adds "new_text", "reply", "emergency", "absence", "folded" and "relayed" to the facts (ARCHITECTURE.md). */
void inspect_said_put(struct arena *arena, const struct inspect_said *said, bool is_mail, json_t *facts);

#endif

/* gateway/compose_build.h - from a read request to the answer's frames. No file, no clock, no chance: the same request and
 * payload give the same bytes. */
#ifndef RELAIS_GATEWAY_COMPOSE_BUILD_H
#define RELAIS_GATEWAY_COMPOSE_BUILD_H

#include "base/arena.h"
#include "base/reason.h"
#include "gateway/shield_mail.h"
#include "gateway/template.h"

/* One file of the mail that was built. */
struct compose_file {
	struct bytes name;                /* "A.pdf", "IHE_XDM.zip", "IHE_XDM/SUBSET01/DOC0001.XML" */
	struct bytes id;                  /* of a clinical document; empty for others */
	struct bytes content;
};

struct compose_mail {
	struct bytes subject, head, entity;   /* of a letter alone: head is empty and entity is its PDF */
	struct compose_file *files;       /* parts in order, then what the package holds */
	size_t file_count;
	bool searched;                    /* it has no file: what could be a person stands in shield (gateway/shield_mail.h) */
	struct shield_mail shield;
};

/* Reads the request and builds the mail, in the arena. On any other reason than REASON_NONE *out is untouched and *field
 * names what was wrong ("" when nothing can be named). */
MUST_USE enum reason compose_build(struct arena *arena, const struct template_set *templates, struct bytes request,
				   struct bytes payload, struct compose_mail *out, const char **field);

/* The answer's JSON (ARCHITECTURE.md, compose), or that of a failure: {"error": CODE, "detail": FIELD}. In the arena. */
struct bytes compose_answer(struct arena *arena, const struct compose_mail *mail);
struct bytes compose_failure(struct arena *arena, enum reason reason, const char *field);

/* Builds a mail of every kind once and throws it away, so that fonts and character sets are loaded before the jail. */
MUST_USE bool compose_warm(const struct template_set *templates);

#endif

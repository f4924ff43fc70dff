/* gateway/compose_letter.h - a message of the catalogue on paper: the key "letter" of compose's request, and its PDF. For compose_build.c. */
#ifndef RELAIS_GATEWAY_COMPOSE_LETTER_H
#define RELAIS_GATEWAY_COMPOSE_LETTER_H

#include "gateway/compose_request.h"

struct compose_letter_files {
	struct bytes name, pdf;
	struct bytes sheet_code;      /* of the reply sheet; empty where none is awaited */
};

/* text: as template_render gave it for a letter. All of *out is in the arena. COMPOSE_FIELD: *field names what is not allowed. */
MUST_USE enum reason compose_letter_make(struct arena *arena, const struct compose_request *request, const struct template_text *text,
					 struct compose_letter_files *out, const char **field);

#endif

/* gateway/template_sample.h - fields to look at a template with: the published test identity, a made-up service. */
#ifndef RELAIS_GATEWAY_TEMPLATE_SAMPLE_H
#define RELAIS_GATEWAY_TEMPLATE_SAMPLE_H

#include "gateway/template.h"

/* Every field that the code has, in words of the language; the form as the policy writes it for a dossier of two questions. M21 and M64
 * have no "replaced_at": under the catalogue's names M21R and M65 they have it, and *code becomes the one that is rendered.
 * COMPOSE_TEMPLATE: no such code. In the arena. */
MUST_USE enum reason template_sample(struct arena *arena, struct bytes *code, bool english, struct template_field **out, size_t *count);

#endif

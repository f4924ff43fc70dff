/* gateway/verify_material.c - see verify_material.h. */
#include "gateway/verify_material.h"

#include "gateway/json_view.h"

bool verify_material_asked(struct bytes request)
{
	json_t *json = json_read(request);
	bool asked = bytes_equal_text(json_view(json, "op"), "material");

	json_decref(json);
	return asked;
}

enum reason verify_material(struct arena *arena, const struct verify_warm *warm, struct bytes request, struct verify_answer *out)
{
	json_t *json = json_read(request);
	struct bytes digest = json_view(json, "digest");
	const char *kind = NULL;
	enum reason reason = REASON_FRAME;

	*out = (struct verify_answer){.n = 0};
	if (digest.len > 0)
		reason = trust_material(arena, warm->trust, digest, &kind, &out->blobs[0]);
	json_decref(json);
	if (reason == REASON_NONE)
		out->n = 1;
	if (reason == REASON_NOT_FOUND)
		reason = REASON_NONE;
	if (reason == REASON_NONE)
		out->json = json_write(arena, json_pack("{s:s?}", "kind", kind));
	return reason;
}

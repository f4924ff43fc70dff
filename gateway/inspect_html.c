/* gateway/inspect_html.c - see inspect_html.h. */
#include "gateway/inspect_html.h"

#include "gateway/json_view.h"

json_t *inspect_html(struct arena *arena, const struct html_view *view, const struct inspection *in, bool english, struct bytes **pages,
		     size_t *n)
{
	json_t *list = json_array();

	*pages = arena_alloc(arena, (in->n + 1) * sizeof **pages);
	*n = 0;
	for (size_t i = 0; i < in->n; i++) {
		const struct inspect_document *d = &in->documents[i];
		if (!d->is_cda || html_view_make(arena, view, d->content, english, &(*pages)[*n]) != REASON_NONE)
			continue;
		json_array_append_new(list, json_pack("{s:o, s:o}", "name", json_of(d->name), "title", json_of(d->cda.title)));
		++*n;
	}
	return json_pack("{s:o}", "pages", list);
}

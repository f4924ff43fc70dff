/* gateway/trust_list.c - see trust_list.h. */
#include "gateway/trust_list.h"

#include "base/buf.h"
#include "cda/xml.h"
#include "certs/name.h"
#include "gateway/json_view.h"

static const char space[] = "https://listeblanche.mssante.fr/schema";
enum { FIELD_MAX = 4096, ROOT = 1, ENTRY = 3, FIELD = 4 };

struct reader {
	struct arena *arena;
	json_t *pairs;
	size_t entry;
	struct buf text;
	struct bytes domain, shown;
};

static enum reason start(void *context, const struct xml_element *element)
{
	struct reader *r = context;

	if (element->depth == ROOT && (!bytes_equal_text(element->name, "ListeBlancheMSSante") || !bytes_equal_text(element->ns, space)))
		return REASON_DOCUMENT_HEADER;
	if (element->depth == ENTRY)
		r->domain = r->shown = BYTES_NONE;
	if (element->depth == FIELD)
		buf_clear(&r->text);
	return REASON_NONE;
}

static enum reason text(void *context, struct bytes piece)
{
	struct reader *r = context;
	buf_add(&r->text, piece);
	return buf_ok(&r->text) ? REASON_NONE : REASON_DOCUMENT_LIMIT;
}

static enum reason entry_end(struct reader *r)
{
	struct bytes canonical;

	if (r->domain.len == 0 || r->domain.len > 255)
		return REASON_DOCUMENT_HEADER;
	enum reason reason = name_of_text(r->arena, r->shown, &canonical);
	if (reason != REASON_NONE)
		return reason;
	json_t *pair = json_object();
	json_object_set_new(pair, "domain", json_of(r->domain));
	json_object_set_new(pair, "name", json_of(canonical));
	json_object_set_new(pair, "shown", json_of(r->shown));
	json_array_append_new(r->pairs, pair);
	r->entry++;
	return REASON_NONE;
}

static enum reason end(void *context, struct bytes ns, struct bytes name, unsigned depth)
{
	struct reader *r = context;
	struct bytes value = bytes_trim(buf_bytes(&r->text));
	(void)ns;

	if (depth == FIELD && bytes_equal_text(name, "Nom"))
		r->domain = arena_copy(r->arena, value);
	if (depth == FIELD && bytes_equal_text(name, "DNCertificatOperateur"))
		r->shown = arena_copy(r->arena, value);
	buf_clear(&r->text);
	if (depth == ENTRY && bytes_equal_text(name, "Domaine"))
		return entry_end(r);
	return REASON_NONE;
}

enum reason trust_list_read(struct arena *arena, struct bytes xml, json_t **pairs, size_t *entry)
{
	static const struct xml_events events = {start, text, end};
	struct reader r = {.arena = arena, .pairs = json_array(), .text = buf_make(FIELD_MAX)};
	bool valid;
	enum reason reason = xml_parse(xml, &events, &r, NULL, &valid);

	buf_free(&r.text);
	*entry = r.entry;
	if (reason == REASON_NONE && r.entry == 0)
		reason = REASON_DOCUMENT_HEADER;
	if (reason != REASON_NONE) {
		json_decref(r.pairs);
		return reason;
	}
	*pairs = r.pairs;
	return REASON_NONE;
}

/* cda/read.c - see read.h. One pass: where we are in the document, and who takes what is there. */
#include "cda/read_parts.h"

#include <limits.h>
#include <string.h>

#define HL7 "urn:hl7-org:v3"
#define XSL "http://www.w3.org/1999/XSL/Transform"
#define CCR "urn:astm-org:CCR"

/* --- for the parts ---------------------------------------------------------------- */

static void set_reason(struct reader *r, enum reason reason)
{
	if (r->reason == REASON_NONE)
		r->reason = reason;
}

struct bytes reader_keep(struct reader *r, struct bytes text)
{
	if (text.len > LIMIT_XML_TEXT || text.len > LIMIT_CDA_FACTS - r->kept) {
		set_reason(r, REASON_DOCUMENT_LIMIT);
		return BYTES_NONE;
	}
	r->kept += text.len;
	return text.len == 0 ? BYTES_NONE : arena_copy(r->arena, text);
}

void reader_set(struct bytes *field, struct bytes value)
{
	if (field->len == 0)
		*field = value;
}

/* The room doubles; it is known from the count alone: a power of two, at least four. */
void *reader_more(struct reader *r, void *items, size_t *count, size_t size, size_t max, void **out_items)
{
	bool full = *count == 0 || (*count >= 4 && (*count & (*count - 1)) == 0);

	if (*count >= max) {
		set_reason(r, REASON_DOCUMENT_LIMIT);
		return NULL;
	}
	if (full) {
		unsigned char *more = arena_alloc(r->arena, size * (*count == 0 ? 4 : *count * 2));
		if (*count > 0)
			memcpy(more, items, size * *count);
		*out_items = items = more;
	}
	return (unsigned char *)items + size * (*count)++;
}

void reader_capture(struct reader *r, unsigned depth, reader_text *to)
{
	r->capture = to;
	r->capture_depth = depth;
	buf_clear(&r->text);
}

struct cda_id reader_id(struct reader *r, const struct xml_element *element)
{
	return (struct cda_id){
		.root = reader_keep(r, bytes_trim(xml_attribute(element, "root"))),
		.extension = reader_keep(r, bytes_trim(xml_attribute(element, "extension"))),
	};
}

struct reader_frame *reader_top(struct reader *r)
{
	return &r->frames[r->open];
}

bool reader_within(const struct reader *r, enum node node)
{
	for (unsigned i = 1; i <= r->open; i++)
		if (r->frames[i].node == node)
			return true;
	return false;
}

/* --- events ------------------------------------------------------------------------- */

/* The root decides what the document is. A ClinicalDocument inside a style sheet is read in its place. */
static void find_document(struct reader *r, const struct xml_element *element)
{
	if (bytes_equal_text(element->ns, HL7) && bytes_equal_text(element->name, "ClinicalDocument")) {
		r->base = element->depth;
		r->d.cda = true;
		r->d.kind = SNIFF_XML;
		return;
	}
	if (element->depth > 1)
		return;
	if (bytes_equal_text(element->ns, XSL))
		r->d.self_displaying = true;
	else
		r->not_cda = true;
	if (bytes_equal_text(element->ns, CCR) && bytes_equal_text(element->name, "ContinuityOfCareRecord"))
		r->d.kind = SNIFF_CCR;
}

/* A node only stands in another: below what is none, nothing is known. */
static bool push(struct reader *r, const struct xml_element *element)
{
	if (element->depth - r->base != r->open + 1 || r->open + 1 == READER_DEPTH)
		return false;
	struct reader_frame *top = reader_top(r);
	enum node node = node_of(top->node, element);
	if (node == NODES)
		return false;
	if (top->count[node] < UCHAR_MAX)
		top->count[node]++;
	r->seen[node]++;
	r->frames[++r->open] = (struct reader_frame){.node = node, .null = xml_attribute(element, "nullFlavor").len > 0};
	return true;
}

static void pop(struct reader *r, unsigned depth)
{
	if (r->open == 0 || depth - r->base != r->open)
		return;
	reader_judge(r, NULL);
	reader_party_end(r);
	if (reader_top(r)->node == NODE_EVENT && r->main_performers == 0)
		r->main_performers = reader_count(r, NODE_PERFORMER);
	if (reader_top(r)->node == NODE_COMPONENT)
		r->in_body = false;
	r->open--;
}

static bool reads_text(const struct reader *r)
{
	return r->options->narrative || reader_tells_sections(r);
}

static enum reason on_start(void *context, const struct xml_element *element)
{
	struct reader *r = context;

	if (r->not_cda)
		return REASON_NONE;
	if (r->base == 0) {
		find_document(r, element);
		return REASON_NONE;
	}
	if (element->depth <= r->base)
		return REASON_NONE;   /* behind the document, in a style sheet */
	if (push(r, element)) {
		r->in_body |= reader_top(r)->node == NODE_COMPONENT;
		reader_header_start(r, element);
		reader_judge(r, element);
	}
	if (r->in_body && bytes_equal_text(element->ns, HL7)) {
		reader_body_start(r, element);
		if (reads_text(r))
			reader_narrative_start(r, element);
	}
	return r->reason;
}

static enum reason on_text(void *context, struct bytes piece)
{
	struct reader *r = context;

	if (r->base == 0 || r->not_cda)
		return REASON_NONE;
	if (r->capture != NULL)
		buf_add(&r->text, piece);
	if (r->in_body) {
		reader_body_text(r, piece);
		if (reads_text(r))
			reader_narrative_text(r, piece);
	}
	return buf_ok(&r->text) ? r->reason : REASON_DOCUMENT_LIMIT;
}

/* In place: runs of blanks become one blank, none at the ends. */
static struct bytes collapsed(struct buf *text)
{
	size_t to = 0;
	bool due = false;
	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = text->data[i];
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			due = to > 0;
			continue;
		}
		if (due)
			text->data[to++] = ' ';
		due = false;
		text->data[to++] = c;
	}
	return (struct bytes){text->data, to};
}

static enum reason on_end(void *context, struct bytes ns, struct bytes name, unsigned depth)
{
	struct reader *r = context;

	(void)ns;
	if (r->base == 0 || r->not_cda || depth < r->base)
		return REASON_NONE;
	if (r->capture != NULL && depth == r->capture_depth) {
		reader_text *to = r->capture;
		struct bytes text = collapsed(&r->text);
		r->capture = NULL;
		if (depth - r->base == r->open)
			reader_top(r)->text = text;
		to(r, text);
	}
	if (r->in_body) {
		reader_body_end(r, depth);
		if (reads_text(r))
			reader_narrative_end(r, name, depth);
	}
	pop(r, depth);
	return r->reason;
}

/* --- the verdict ---------------------------------------------------------------------- */

static enum reason conclude(struct reader *r, bool schema_valid)
{
	struct cda_document *d = &r->d;

	if (!d->cda)
		return REASON_DOCUMENT_NOT_CDA;
	if (r->seen[NODE_RECORD_TARGET] > 1 || r->seen[NODE_PATIENT] > 1)
		return REASON_DOCUMENT_PATIENTS;
	d->level = r->seen[NODE_FILE_BODY] > 0 ? 1 : r->seen[NODE_STRUCTURED_BODY] > 0 ? 3 : 0;
	reader_answers_conclude(r);
	if (r->options->schema != NULL)
		d->schema = schema_valid ? CDA_SCHEMA_VALID : CDA_SCHEMA_INVALID;
	if (r->narrative.any && r->options->narrative)
		d->narrative = bytes_trim(arena_copy(r->arena, buf_bytes(&r->narrative.out)));
	enum reason reason = reader_conclude(r);
	if (reason != REASON_NONE)
		return reason;
	if (!d->french)
		return REASON_DOCUMENT_FOREIGN;
	return d->self_displaying ? REASON_DOCUMENT_SELF_DISPLAYING : REASON_NONE;
}

enum reason cda_read(struct arena *arena, struct bytes document, const struct cda_options *options,
		     struct cda_document *out)
{
	static const struct xml_events events = {on_start, on_text, on_end};
	struct reader *r = arena_alloc(arena, sizeof *r);
	bool valid = false;

	r->arena = arena;
	r->options = options;
	r->text = buf_make(LIMIT_XML_TEXT);
	r->narrative.out = buf_make(LIMIT_CDA_NARRATIVE);
	enum reason reason = xml_parse(document, &events, r, options->schema, &valid);
	if (reason == REASON_NONE)
		reason = conclude(r, valid);
	if (reason == REASON_DOCUMENT_NOT_CDA)
		*out = (struct cda_document){.kind = r->d.kind};
	else if (reason_entry(reason)->class <= REASON_CLASS_TOLERATED)
		*out = r->d;
	buf_free(&r->text);
	buf_free(&r->embedded.kept);
	buf_free(&r->narrative.out);
	return reason;
}

bool cda_id_is_ins(struct bytes root)
{
	static const struct bytes tree = BYTES_OF("1.2.250.1.213.1.4.");
	uint64_t last;
	return bytes_starts(root, tree) && bytes_number(bytes_from(root, tree.len), 11, &last) && last >= 8;
}

struct bytes cda_id_text(struct arena *arena, struct cda_id id)
{
	if (id.extension.len == 0)
		return arena_copy(arena, id.root);
	return bytes_of_text(arena_printf(arena, "%.*s^%.*s", (int)id.root.len, id.root.at, (int)id.extension.len,
					  id.extension.at));
}

const char *cda_level_name(enum cda_level level)
{
	static const char *const names[] = {[CDA_LEVEL_INFO] = "info", [CDA_LEVEL_WARNING] = "warning",
					    [CDA_LEVEL_ERROR] = "error"};
	return names[level];
}

const char *cda_schema_name(enum cda_schema schema)
{
	static const char *const names[] = {[CDA_SCHEMA_NOT_CHECKED] = "not-checked", [CDA_SCHEMA_VALID] = "valid",
					    [CDA_SCHEMA_INVALID] = "invalid"};
	return names[schema];
}

/* Read, or the reason why not; a foreign document is as good as a French one here. */
static enum reason read_for(struct arena *arena, struct bytes document, const struct cda_options *options,
			    struct cda_document *d)
{
	enum reason reason = cda_read(arena, document, options, d);
	bool usable = reason_entry(reason)->class <= REASON_CLASS_TOLERATED && reason != REASON_DOCUMENT_NOT_CDA;
	return usable ? REASON_NONE : reason;
}

enum reason cda_read_pdf(struct arena *arena, struct bytes document, struct bytes *pdf)
{
	static const struct cda_options options = {.keep_embedded = true};
	struct cda_document d;
	const struct cda_embedded *best = NULL;
	enum reason reason = read_for(arena, document, &options, &d);

	if (reason != REASON_NONE)
		return reason;
	for (size_t i = 0; i < d.embedded_count; i++) {
		const struct cda_embedded *e = &d.embedded[i];
		if (e->detected == SNIFF_PDF && e->clean && (best == NULL || (e->body && !best->body)))
			best = e;
	}
	if (best == NULL)
		return REASON_NOT_FOUND;
	*pdf = best->content;
	return REASON_NONE;
}

enum reason cda_read_narrative(struct arena *arena, struct bytes document, struct bytes *text)
{
	static const struct cda_options options = {.narrative = true};
	struct cda_document d;
	enum reason reason = read_for(arena, document, &options, &d);

	if (reason != REASON_NONE)
		return reason;
	if (d.narrative.len == 0)
		return REASON_NOT_FOUND;
	*text = bytes_of_text(arena_printf(arena, "%.*s\n\n%.*s\n", (int)d.title.len, d.title.at,
					   (int)d.narrative.len, d.narrative.at));
	return REASON_NONE;
}

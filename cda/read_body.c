/* cda/read_body.c - the body of a CDA: embedded files and the answers of a questionnaire.
 *
 * An embedded file is any element with representation="B64", and the text of a nonXMLBody in any form. An answer is an
 * observation directly in an organizer of the HL7 Questionnaire Response Document (cda.md 2.3). */
#include "cda/read_parts.h"

#define QUESTIONNAIRE_ORGANIZER "2.16.840.1.113883.10.20.33.4.1"
#define XSI "http://www.w3.org/2001/XMLSchema-instance"

enum { DECODE_PIECE = 4096 };

/* --- embedded files ----------------------------------------------------------- */

static void embedded_start(struct reader *r, const struct xml_element *element)
{
	struct reader_embedded *e = &r->embedded;
	bool base64 = bytes_equal_text(xml_attribute(element, "representation"), "B64");
	bool body = reader_top(r)->node == NODE_FILE && element->depth - r->base == r->open;
	struct bytes media = bytes_trim(xml_attribute(element, "mediaType"));

	if (e->active || (!base64 && !body))
		return;
	buf_free(&e->kept);
	*e = (struct reader_embedded){.active = true, .plain = !base64, .depth = element->depth, .body = body,
				      .kept = buf_make(LIMIT_XML)};
	e->media = media.len > 0 ? reader_keep(r, media) : BYTES("text/plain");   /* the default of type ED */
}

static void embedded_bytes(struct reader *r, struct bytes data)
{
	struct reader_embedded *e = &r->embedded;
	struct bytes head = bytes_slice(data, 0, sizeof e->head - e->head_len);

	for (size_t i = 0; i < head.len; i++)
		e->head[e->head_len++] = head.at[i];
	if (r->options->keep_embedded)
		buf_add(&e->kept, data);
}

static void embedded_text(struct reader *r, struct bytes piece)
{
	struct reader_embedded *e = &r->embedded;

	if (e->plain) {
		e->base64.size += piece.len;
		embedded_bytes(r, piece);
		return;
	}
	for (size_t at = 0; at < piece.len; at += DECODE_PIECE) {
		unsigned char data[DECODE_PIECE];   /* three bytes for four characters: roomy */
		size_t len = base64_feed(&e->base64, bytes_slice(piece, at, DECODE_PIECE), data);
		embedded_bytes(r, (struct bytes){data, len});
	}
}

static void embedded_end(struct reader *r)
{
	struct cda_document *d = &r->d;
	struct reader_embedded *e = &r->embedded;
	struct bytes head = {e->head, e->head_len};

	e->active = false;
	if (e->plain && bytes_trim(head).len == 0)
		return;   /* a nonXMLBody that only points at a file elsewhere */
	struct cda_embedded *item = reader_more(r, d->embedded, &d->embedded_count, sizeof *item, LIMIT_CDA_EMBEDDED,
						(void **)&d->embedded);
	if (item == NULL)
		return;
	*item = (struct cda_embedded){
		.media = e->media,
		.detected = sniff_type(head),
		.size = e->base64.size,
		.clean = e->plain || base64_clean(&e->base64),
		.body = e->body,
	};
	if (r->options->keep_embedded)
		item->content = arena_copy(r->arena, buf_bytes(&e->kept));
	buf_free(&e->kept);
}

/* --- answers --------------------------------------------------------------------- */

static void organizer_start(struct reader *r, const struct xml_element *element)
{
	struct reader_answer *a = &r->answer;
	if (a->organizer_count == READER_ORGANIZERS) {
		r->reason = REASON_DOCUMENT_LIMIT;
		return;
	}
	a->organizers[a->organizer_count].depth = element->depth;
	a->organizers[a->organizer_count++].questionnaire = false;
}

static void emit(struct reader *r, struct bytes value)
{
	struct cda_document *d = &r->d;
	struct cda_answer *answer = reader_more(r, d->answers, &d->answer_count, sizeof *answer, LIMIT_CDA_ANSWERS,
						(void **)&d->answers);
	if (answer == NULL)
		return;
	*answer = r->answer.now;
	answer->value = value;
	r->answer.answered = true;
}

static void keep_answer(struct reader *r, struct bytes text)
{
	emit(r, reader_keep(r, text));
}

static void keep_question(struct reader *r, struct bytes text)
{
	if (text.len > 0)
		r->answer.now.text = reader_keep(r, text);
}

/* The local part of xsi:type. */
static struct bytes type_of(const struct xml_element *element)
{
	for (size_t i = 0; i < element->count; i++) {
		const struct xml_attribute *a = &element->attributes[i];
		if (!bytes_equal_text(a->ns, XSI) || !bytes_equal_text(a->name, "type"))
			continue;
		size_t colon = bytes_find_byte(a->value, ':', 0);
		return bytes_trim(colon < a->value.len ? bytes_from(a->value, colon + 1) : a->value);
	}
	return BYTES_NONE;
}

static bool is_one_of(struct bytes word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (bytes_equal_text(word, *words))
			return true;
	return false;
}

static void value_start(struct reader *r, const struct xml_element *element)
{
	static const char *const coded[] = {"CE", "CD", "CV", "CO", "CS", NULL};
	static const char *const written[] = {"ST", "ED", "SC", NULL};
	struct bytes type = type_of(element);

	if (is_one_of(type, written))
		reader_capture(r, element->depth, keep_answer);
	else
		emit(r, reader_keep(r, bytes_trim(xml_attribute(element, is_one_of(type, coded) ? "code" : "value"))));
}

static void observation_part(struct reader *r, const struct xml_element *element)
{
	struct reader_answer *a = &r->answer;
	unsigned level = element->depth - a->depth;

	if (level == 1 && bytes_equal_text(element->name, "code")) {
		a->code_depth = element->depth;
		a->now.question = reader_keep(r, bytes_trim(xml_attribute(element, "code")));
		a->now.text = reader_keep(r, bytes_trim(xml_attribute(element, "displayName")));
	} else if (level == 2 && a->code_depth > 0 && bytes_equal_text(element->name, "originalText")) {
		reader_capture(r, element->depth, keep_question);
	} else if (level == 1 && bytes_equal_text(element->name, "value")) {
		value_start(r, element);
	}
}

static void answer_start(struct reader *r, const struct xml_element *element)
{
	struct reader_answer *a = &r->answer;

	if (a->depth > 0) {
		observation_part(r, element);
		return;
	}
	if (bytes_equal_text(element->name, "organizer")) {
		organizer_start(r, element);
		return;
	}
	if (a->organizer_count == 0)
		return;
	unsigned level = element->depth - a->organizers[a->organizer_count - 1].depth;
	bool *questionnaire = &a->organizers[a->organizer_count - 1].questionnaire;
	if (level == 1 && bytes_equal_text(element->name, "templateId"))
		*questionnaire |= bytes_equal_text(xml_attribute(element, "root"), QUESTIONNAIRE_ORGANIZER);
	if (level == 2 && *questionnaire && bytes_equal_text(element->name, "observation")) {
		a->depth = element->depth;
		a->answered = false;
		a->now = (struct cda_answer){0};
	}
}

static void answer_end(struct reader *r, unsigned depth)
{
	struct reader_answer *a = &r->answer;

	if (depth == a->code_depth)
		a->code_depth = 0;
	if (a->depth > 0 && depth == a->depth) {
		if (!a->answered && a->now.question.len > 0)
			emit(r, BYTES_NONE);
		a->depth = 0;
	}
	if (a->organizer_count > 0 && depth == a->organizers[a->organizer_count - 1].depth)
		a->organizer_count--;
}

void reader_body_start(struct reader *r, const struct xml_element *element)
{
	embedded_start(r, element);
	answer_start(r, element);
}

void reader_body_text(struct reader *r, struct bytes piece)
{
	if (r->embedded.active)
		embedded_text(r, piece);
}

void reader_body_end(struct reader *r, unsigned depth)
{
	if (r->embedded.active && depth == r->embedded.depth)
		embedded_end(r);
	answer_end(r, depth);
}

/* cda/read_body.c - the body of a CDA: embedded files.
 *
 * An embedded file is any element with representation="B64", and the text of a nonXMLBody in any form. */
#include "cda/read_parts.h"

enum { DECODE_PIECE = 4096 };

static bool keeps(const struct reader *r)
{
	return r->options->keep_embedded ||
	       (r->options->keep_attached && r->embedded.attached && reader_tells_sections(r));
}

static void embedded_start(struct reader *r, const struct xml_element *element)
{
	struct reader_embedded *e = &r->embedded;
	bool base64 = bytes_equal_text(xml_attribute(element, "representation"), "B64");
	bool body = reader_top(r)->node == NODE_FILE && element->depth - r->base == r->open;
	struct bytes media = bytes_trim(xml_attribute(element, "mediaType"));

	if (e->active || (!base64 && !body))
		return;
	buf_free(&e->kept);
	*e = (struct reader_embedded){.active = true, .plain = !base64, .depth = element->depth, 
				      .body = body, .attached = reader_in_attachments(r),
				      .kept = buf_make(LIMIT_XML)};
	e->media = media.len > 0 ? reader_keep(r, media) : BYTES("text/plain");   /* the default of type ED */
}

static void embedded_bytes(struct reader *r, struct bytes data)
{
	struct reader_embedded *e = &r->embedded;
	struct bytes head = bytes_slice(data, 0, sizeof e->head - e->head_len);

	for (size_t i = 0; i < head.len; i++)
		e->head[e->head_len++] = head.at[i];
	if (keeps(r))
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
		.attached = e->attached,
	};
	if (keeps(r))
		item->content = arena_copy(r->arena, buf_bytes(&e->kept));
	buf_free(&e->kept);
}

void reader_body_start(struct reader *r, const struct xml_element *element)
{
	embedded_start(r, element);
	reader_answers_start(r, element);
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
	reader_answers_end(r, depth);
}

/* gateway/verify_envelope.c - see verify_envelope.h. */
#include "gateway/verify_envelope.h"

#include "base/buf.h"
#include "base/limits.h"
#include "gateway/envelope_answer.h"
#include "gateway/json_view.h"
#include "smtp/scan.h"
#include "smtp/scan_field.h"

bool verify_envelope_asked(struct bytes request)
{
	json_t *json = json_read(request);
	struct bytes op = json_view(json, "op");
	bool asked = bytes_equal_text(op, "recipients") || bytes_equal_text(op, "content");

	json_decref(json);
	return asked;
}

/* --- recipients ---------------------------------------------------------------------- */

/* The one CMS object that is the whole body, decoded. */
static enum reason object_of(struct arena *arena, struct bytes raw, struct scan *scan, struct bytes *out)
{
	scan_message(raw, true, scan);
	if (scan->unsafe || scan->verdict == SCAN_REFUSE || scan->layer != SCAN_LAYER_OPAQUE)
		return REASON_SIG_MALFORMED;
	enum reason reason = scan_decode(arena, bytes_slice(raw, scan->cms.at, scan->cms.len), scan->cms_encoding, out);
	if (reason == REASON_NONE && scan_cms_kind(*out) != SCAN_CMS_ENCRYPTED)
		reason = REASON_SIG_MALFORMED;
	return reason == REASON_MEMORY ? reason : reason == REASON_NONE ? REASON_NONE : REASON_SIG_MALFORMED;
}

static enum reason recipients(struct arena *arena, const json_t *request, struct bytes raw, struct verify_answer *out)
{
	const struct bytes *ids;
	size_t n = json_views(arena, request, "ids", &ids);
	struct envelope_recipient r;
	struct scan scan;
	struct bytes cms;
	enum reason reason = object_of(arena, raw, &scan, &cms);

	if (reason == REASON_NONE)
		reason = envelope_find(arena, cms, ids, n, &r);
	if (reason == REASON_MEMORY)
		return reason;
	*out = (struct verify_answer){.json = reason == REASON_NONE ? envelope_answer_write(arena, &r)
								  : json_write(arena, json_pack("{s:s}", "reason", reason_code(reason)))};
	return REASON_NONE;
}

/* --- content ---------------------------------------------------------------------------- */

/* Fields that say what the content is; a line that begins with a blank belongs to the field before it. */
static void add_fields(struct buf *out, struct bytes head, bool of_content)
{
	bool taken = false;
	struct bytes line;
	size_t at = 0;

	while (scan_line_next(head, &at, &line)) {
		if (line.len == 0)
			return;
		if (line.at[0] != ' ' && line.at[0] != '\t') {
			bool content = bytes_starts_nocase(line, BYTES("Content-"));
			taken = of_content ? content : !content && !bytes_starts_nocase(line, BYTES("MIME-Version"));
		}
		if (taken) {
			buf_add(out, line);
			buf_text(out, "\r\n");
		}
	}
}

/* Where the inner entity's empty line begins; its whole length when it has none. */
static size_t head_end(struct bytes entity)
{
	struct bytes line;
	size_t at = 0, before = 0;

	while (scan_line_next(entity, &at, &line)) {
		if (line.len == 0)
			return before;
		before = at;
	}
	return entity.len;
}

static enum reason put_together(struct arena *arena, struct bytes outer, struct bytes inner, struct bytes *out)
{
	struct bytes entity;

	/* Some programs encrypt lines as their system ends them; the content of the trust space has CRLF (RFC 8551 3.1.1). */
	if (!scan_normalise(arena, inner, &entity))
		return REASON_MEMORY;
	size_t end = head_end(entity);
	struct buf all = buf_make(outer.len + entity.len + 256);
	add_fields(&all, outer, false);
	buf_text(&all, "MIME-Version: 1.0\r\n");
	add_fields(&all, bytes_slice(entity, 0, end), true);
	struct bytes body = bytes_from(entity, end);
	buf_add(&all, body.len > 0 ? body : BYTES("\r\n"));
	bool whole = buf_ok(&all);
	if (whole)
		*out = arena_copy(arena, buf_bytes(&all));
	buf_free(&all);
	return whole ? REASON_NONE : REASON_MEMORY;
}

static enum reason content(struct arena *arena, const json_t *request, struct bytes raw, struct verify_answer *out)
{
	struct scan scan;
	struct bytes key, cms, inner, message = BYTES_NONE;
	bool authenticated = false;

	if (!envelope_hex_read(arena, json_view(request, "key"), ENVELOPE_KEY_MAX, &key))
		return REASON_FRAME;
	enum reason reason = object_of(arena, raw, &scan, &cms);
	if (reason == REASON_NONE)
		reason = envelope_open(arena, cms, key, &inner, &authenticated);
	if (reason == REASON_NONE)
		reason = put_together(arena, bytes_slice(raw, scan.head.at, scan.head.len), inner, &message);
	if (reason == REASON_MEMORY)
		return reason;
	*out = (struct verify_answer){.json = json_write(arena, json_pack("{s:s, s:b}", "reason", reason_code(reason), "authenticated", authenticated))};
	if (reason == REASON_NONE)
		out->blobs[out->n++] = message;
	return REASON_NONE;
}

enum reason verify_envelope(struct arena *arena, struct bytes request, struct bytes payload, struct verify_answer *out)
{
	json_t *json = json_read(request);
	bool asks_content = bytes_equal_text(json_view(json, "op"), "content");
	enum reason reason = asks_content ? content(arena, json, payload, out) : recipients(arena, json, payload, out);

	json_decref(json);
	return reason;
}

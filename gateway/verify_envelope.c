/* gateway/verify_envelope.c - see verify_envelope.h. */
#include "gateway/verify_envelope.h"

#include "base/buf.h"
#include "base/limits.h"
#include "gateway/json_view.h"
#include "smtp/scan.h"
#include "smtp/scan_field.h"

static const char *const kinds[] = {"oaep", "ecdh"};
static const char *const hashes[ENVELOPE_HASHES] = {"sha1", "sha224", "sha256", "sha384", "sha512"};

bool verify_envelope_asked(struct bytes request)
{
	json_t *json = json_read(request);
	struct bytes op = json_view(json, "op");
	bool asked = bytes_equal_text(op, "recipients") || bytes_equal_text(op, "content");

	json_decref(json);
	return asked;
}

/* --- hexadecimal ------------------------------------------------------------------ */

static json_t *hex_json(struct arena *arena, struct bytes raw)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char *text = arena_alloc(arena, 2 * raw.len + 1);

	for (size_t i = 0; i < raw.len; i++) {
		text[2 * i] = (unsigned char)digits[raw.at[i] >> 4];
		text[2 * i + 1] = (unsigned char)digits[raw.at[i] & 15];
	}
	return json_of((struct bytes){text, 2 * raw.len});
}

static int digit(unsigned char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_read(struct arena *arena, struct bytes text, size_t most, struct bytes *out)
{
	if (text.len % 2 != 0 || text.len / 2 > most)
		return false;
	unsigned char *raw = arena_alloc(arena, text.len / 2 + 1);

	for (size_t i = 0; i < text.len / 2; i++) {
		int high = digit(text.at[2 * i]), low = digit(text.at[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		raw[i] = (unsigned char)(high << 4 | low);
	}
	*out = (struct bytes){raw, text.len / 2};
	return true;
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

static json_t *json_recipient(struct arena *arena, const struct envelope_recipient *r)
{
	bool ecdh = r->kind == ENVELOPE_ECDH;

	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:i, s:b, s:i}", "reason", reason_code(REASON_NONE), "which", (json_int_t)r->which, "kind",
			 kinds[r->kind], "hash", hashes[r->hash], "mask", hashes[r->mask], "secret", hex_json(arena, r->secret), "point",
			 ecdh ? hex_json(arena, r->point) : json_null(), "ukm", ecdh && r->ukm.at != NULL ? hex_json(arena, r->ukm) : json_null(), "wrap_bits",
			 (int)r->wrap_bits, "wrap_null", ecdh && r->wrap_null, "key_bits", (int)r->key_bits);
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
	json_t *answer = reason == REASON_NONE ? json_recipient(arena, &r) : json_pack("{s:s}", "reason", reason_code(reason));
	*out = (struct verify_answer){.json = json_write(arena, answer)};
	return REASON_NONE;
}

static bool word_of(struct bytes text, const char *const *words, size_t n, unsigned *out)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_equal_text(text, words[i])) {
			*out = (unsigned)i;
			return true;
		}
	return false;
}

static bool size_of(const json_t *object, const char *key, unsigned *out)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	*out = (unsigned)value;
	return value == 128 || value == 192 || value == 256;
}

static bool recipient_of(struct arena *arena, const json_t *json, size_t ids, struct envelope_recipient *r)
{
	json_int_t which = json_integer_value(json_object_get(json, "which"));
	unsigned kind = 0, hash = 0, mask = 0;
	bool good = json_is_integer(json_object_get(json, "which")) && which >= 0 && (size_t)which < ids && word_of(json_view(json, "kind"), kinds, 2, &kind) &&
		    word_of(json_view(json, "hash"), hashes, ENVELOPE_HASHES, &hash) && word_of(json_view(json, "mask"), hashes, ENVELOPE_HASHES, &mask);

	*r = (struct envelope_recipient){.which = (size_t)which, .kind = (enum envelope_kind)kind, .hash = (enum envelope_hash)hash, .mask = (enum envelope_hash)mask};
	good = good && size_of(json, "key_bits", &r->key_bits) && hex_read(arena, json_view(json, "secret"), ENVELOPE_SECRET_MAX, &r->secret) && r->secret.len > 0;
	if (good && r->kind == ENVELOPE_ECDH) {
		good = size_of(json, "wrap_bits", &r->wrap_bits) && hex_read(arena, json_view(json, "point"), ENVELOPE_SECRET_MAX, &r->point) &&
		       (!json_is_string(json_object_get(json, "ukm")) || hex_read(arena, json_view(json, "ukm"), ENVELOPE_UKM_MAX, &r->ukm));
		r->wrap_null = json_truth(json, "wrap_null");
	}
	return good;
}

enum reason verify_envelope_read(struct arena *arena, struct bytes text, size_t ids, struct envelope_recipient *out)
{
	json_t *json = json_read(text);
	enum reason said = reason_of_code(json_view(json, "reason")), reason = REASON_FRAME;

	if (said == REASON_OPEN_OTHER || said == REASON_OPEN_ALGORITHM || said == REASON_SIG_MALFORMED)
		reason = said;
	else if (said == REASON_NONE && recipient_of(arena, json, ids, out))
		reason = REASON_NONE;
	json_decref(json);
	return reason;
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

	if (!hex_read(arena, json_view(request, "key"), ENVELOPE_KEY_MAX, &key))
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

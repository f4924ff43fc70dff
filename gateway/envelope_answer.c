/* gateway/envelope_answer.c - see envelope_answer.h. */
#include "gateway/envelope_answer.h"

#include "gateway/json_view.h"

static const char *const kinds[] = {"oaep", "ecdh"};
static const char *const hashes[ENVELOPE_HASHES] = {"sha1", "sha224", "sha256", "sha384", "sha512"};

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

bool envelope_hex_read(struct arena *arena, struct bytes text, size_t most, struct bytes *out)
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

/* --- written and read ------------------------------------------------------------------ */

struct bytes envelope_answer_write(struct arena *arena, const struct envelope_recipient *r)
{
	bool ecdh = r->kind == ENVELOPE_ECDH;

	return json_write(arena, json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:i, s:b, s:i}", "reason", reason_code(REASON_NONE), "which", (json_int_t)r->which, "kind",
			 kinds[r->kind], "hash", hashes[r->hash], "mask", hashes[r->mask], "secret", hex_json(arena, r->secret), "point",
			 ecdh ? hex_json(arena, r->point) : json_null(), "ukm", ecdh && r->ukm.at != NULL ? hex_json(arena, r->ukm) : json_null(), "wrap_bits",
			 (int)r->wrap_bits, "wrap_null", ecdh && r->wrap_null, "key_bits", (int)r->key_bits));
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
	good = good && size_of(json, "key_bits", &r->key_bits) && envelope_hex_read(arena, json_view(json, "secret"), ENVELOPE_SECRET_MAX, &r->secret) && r->secret.len > 0;
	if (good && r->kind == ENVELOPE_ECDH) {
		good = size_of(json, "wrap_bits", &r->wrap_bits) && envelope_hex_read(arena, json_view(json, "point"), ENVELOPE_SECRET_MAX, &r->point) &&
		       (!json_is_string(json_object_get(json, "ukm")) || envelope_hex_read(arena, json_view(json, "ukm"), ENVELOPE_UKM_MAX, &r->ukm));
		r->wrap_null = json_truth(json, "wrap_null");
	}
	return good;
}

enum reason envelope_answer_read(struct arena *arena, struct bytes text, size_t ids, struct envelope_recipient *out)
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

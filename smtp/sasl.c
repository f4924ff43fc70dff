/* smtp/sasl.c - see sasl.h. */
#include "smtp/sasl.h"

#include "base/limits.h"

enum { KVSEP = 1 };

static const struct bytes names[SMTP_SASLS] = {
	[SMTP_SASL_XOAUTH2] = BYTES_OF("XOAUTH2"),
	[SMTP_SASL_OAUTHBEARER] = BYTES_OF("OAUTHBEARER"),
};

static bool is_alpha(unsigned char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static int base64_value(unsigned char c)
{
	if (is_alpha(c))
		return c >= 'a' ? c - 'a' + 26 : c - 'A';
	if (is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=" */
static bool is_token(struct bytes text)
{
	static const struct bytes marks = BYTES_OF("-._~+/");
	size_t at = 0;

	while (at < text.len && (is_alpha(text.at[at]) || is_digit(text.at[at]) ||
				 bytes_find_byte(marks, text.at[at], 0) < marks.len))
		at++;
	if (at == 0)
		return false;
	while (at < text.len && text.at[at] == '=')
		at++;
	return at == text.len;
}

/* "Bearer" SP b64token; the scheme in any case (RFC 7235 2.1). */
static bool read_bearer(struct bytes value, struct bytes *token)
{
	if (!bytes_starts_nocase(value, BYTES("Bearer ")) || !is_token(bytes_from(value, 7)))
		return false;
	*token = bytes_from(value, 7);
	return true;
}

/* saslname of RFC 5801 4: a comma and an equals sign are "=2C" and "=3D", nothing else is escaped. */
static bool read_name(struct bytes text, struct buf *user)
{
	for (size_t i = 0; i < text.len; i++) {
		struct bytes rest = bytes_from(text, i);
		bool comma = bytes_starts(rest, BYTES("=2C")), equals = bytes_starts(rest, BYTES("=3D"));
		if (text.at[i] == '=' && !comma && !equals)
			return false;
		buf_u8(user, comma ? ',' : text.at[i]);
		i += comma || equals ? 2 : 0;
	}
	return true;
}

static bool is_value(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = value.at[i];
		if ((c < 32 && c != '\t' && c != '\r' && c != '\n') || c > 126)
			return false;
	}
	return true;
}

static bool is_key(struct bytes key)
{
	for (size_t i = 0; i < key.len; i++)
		if (!is_alpha(key.at[i]))
			return false;
	return key.len > 0;
}

/* *( key "=" value kvsep ) kvsep, whose one pair "auth" is the token; host, port and others are read over. */
static bool read_pairs(struct cursor *c, struct bytes *token)
{
	bool found = false;

	while (c->left.len > 1) {
		size_t end = bytes_find_byte(c->left, KVSEP, 0);
		struct bytes pair = cursor_take(c, end);
		size_t mark = bytes_find_byte(pair, '=', 0);
		struct bytes key = bytes_slice(pair, 0, mark), value = bytes_from(pair, mark + 1);
		if (c->left.len == 0 || mark == pair.len || !is_key(key) || !is_value(value))
			return false;
		cursor_u8(c);
		if (!bytes_equal_text(key, "auth"))
			continue;
		if (found || !read_bearer(value, token))
			return false;
		found = true;
	}
	return found && c->left.len == 1 && c->left.at[0] == KVSEP;
}

/* client-resp = gs2-header kvsep *kvpair kvsep; gs2-header = ("n" / "y") "," ["a=" saslname] "," (RFC 5801 4; "p" would bind the
 * channel, which this mechanism does not). */
static bool read_oauthbearer(struct cursor *c, struct buf *user, struct bytes *token)
{
	struct bytes flag = cursor_take(c, 2);
	size_t comma = bytes_find_byte(c->left, ',', 0);
	struct bytes name = cursor_take(c, comma);

	if (c->failed || !(bytes_equal_text(flag, "n,") || bytes_equal_text(flag, "y,")))
		return false;
	if (name.len > 0 && (name.len == 2 || !bytes_starts(name, BYTES("a=")) || !read_name(bytes_from(name, 2), user)))
		return false;
	return cursor_u8(c) == ',' && cursor_u8(c) == KVSEP && !c->failed && read_pairs(c, token);
}

/* "user=" user ^A "auth=Bearer " token ^A ^A: Google's, older than the RFC and still what many programs speak. */
static bool read_xoauth2(struct cursor *c, struct buf *user, struct bytes *token)
{
	size_t end = bytes_find_byte(c->left, KVSEP, 0);
	struct bytes name = cursor_take(c, end);

	if (!bytes_starts(name, BYTES("user=")))
		return false;
	buf_add(user, bytes_from(name, 5));
	return cursor_u8(c) == KVSEP && !c->failed && read_pairs(c, token);
}

enum smtp_sasl smtp_sasl_of(struct bytes name)
{
	for (enum smtp_sasl m = SMTP_SASL_NONE + 1; m < SMTP_SASLS; m++)
		if (bytes_equal_nocase(name, names[m]))
			return m;
	return SMTP_SASL_NONE;
}

enum reason smtp_sasl_decode(struct buf *out, struct bytes text)
{
	if (text.len % 4 != 0)
		return REASON_SMTP_AUTH_ENCODING;
	for (size_t i = 0; i < text.len; i += 4) {
		bool last = i + 4 == text.len;
		size_t n = last && text.at[i + 3] == '=' ? (text.at[i + 2] == '=' ? 2 : 3) : 4;
		uint32_t bits = 0;
		for (size_t k = 0; k < 4; k++) {
			int value = k < n ? base64_value(text.at[i + k]) : 0;
			if (value < 0)
				return REASON_SMTP_AUTH_ENCODING;
			bits = bits << 6 | (uint32_t)value;
		}
		if ((n == 2 && (bits & 0xffff) != 0) || (n == 3 && (bits & 0xff) != 0))
			return REASON_SMTP_AUTH_ENCODING;
		for (size_t k = 0; k + 1 < n; k++)
			buf_u8(out, (uint8_t)(bits >> (16 - 8 * k)));
	}
	return buf_ok(out) ? REASON_NONE : REASON_SMTP_AUTH_ENCODING;
}

enum reason smtp_sasl_read(enum smtp_sasl mechanism, struct bytes message, struct buf *user, struct bytes *token)
{
	struct cursor c = cursor_on(message);
	struct bytes found = BYTES_NONE;
	bool good = mechanism == SMTP_SASL_XOAUTH2	? read_xoauth2(&c, user, &found)
		    : mechanism == SMTP_SASL_OAUTHBEARER ? read_oauthbearer(&c, user, &found)
							 : false;

	if (!good || !buf_ok(user) || !bytes_one_line(buf_bytes(user), LIMIT_SMTP_PATH))
		return REASON_AUTH_TOKEN;
	*token = found;
	return REASON_NONE;
}

const char *smtp_sasl_challenge(enum smtp_sasl mechanism)
{
	/* {"status":"401","schemes":"bearer"} and {"status":"invalid_token"} */
	return mechanism == SMTP_SASL_XOAUTH2 ? "eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0="
					      : "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=";
}

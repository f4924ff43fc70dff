/* tests/fuzz/fuzz_sasl.c - base64 of AUTH, and the two messages: as they are, and behind their base64. Holds always: what is decoded
 * encodes to the same text; a token that is read lies within the message and is b64token; a user's name is one line of UTF-8. */
#include <assert.h>

#include "base/limits.h"
#include "smtp/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode(struct buf *out, struct bytes in)
{
	for (size_t i = 0; i < in.len; i += 3) {
		size_t n = in.len - i < 3 ? in.len - i : 3;
		uint32_t bits = 0;
		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < n ? in.at[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_u8(out, k <= n ? (uint8_t)alphabet[bits >> (18 - 6 * k) & 63] : '=');
	}
}

static void read_message(struct bytes message)
{
	for (enum smtp_sasl m = SMTP_SASL_NONE; m < SMTP_SASLS; m++) {
		struct buf user = buf_make(LIMIT_SMTP_PATH);
		struct bytes token;
		if (smtp_sasl_read(m, message, &user, &token) == REASON_NONE) {
			assert(m != SMTP_SASL_NONE && token.len > 0);
			assert(token.at >= message.at && token.at + token.len <= message.at + message.len);
			for (size_t i = 0; i < token.len; i++)
				assert(token.at[i] > 32 && token.at[i] < 127 && token.at[i] != '"' && token.at[i] != '&');
			assert(bytes_one_line(buf_bytes(&user), LIMIT_SMTP_PATH));
		}
		buf_free(&user);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > LIMIT_SMTP_AUTH_LINE)
		return 0;
	struct bytes in = {data, size};
	struct buf plain = buf_make(LIMIT_SMTP_AUTH_LINE), text = buf_make(2 * LIMIT_SMTP_AUTH_LINE);

	read_message(in);
	if (smtp_sasl_decode(&plain, in) == REASON_NONE) {
		encode(&text, buf_bytes(&plain));
		assert(bytes_equal(buf_bytes(&text), in));
		read_message(buf_bytes(&plain));
	}
	buf_free(&plain);
	buf_free(&text);
	return 0;
}

/* smtp/sasl_test.c - base64 and the two messages, by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/limits.h"
#include "smtp/sasl.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define A "\001"

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(smtp_sasl_of(BYTES("xoauth2")), SMTP_SASL_XOAUTH2);
	assert_int_equal(smtp_sasl_of(BYTES("OAUTHBEARER")), SMTP_SASL_OAUTHBEARER);
	assert_int_equal(smtp_sasl_of(BYTES("")), SMTP_SASL_NONE);
	assert_int_equal(smtp_sasl_of(BYTES("PLAIN")), SMTP_SASL_NONE);
	assert_int_equal(smtp_sasl_of(BYTES("OAUTHBEARER-PLUS")), SMTP_SASL_NONE);
}

static void test_decode(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes text;
		const char *plain;        /* NULL: refused */
	} rows[] = {
		{"nothing", BYTES_OF(""), ""},
		{"one byte", BYTES_OF("Zg=="), "f"},
		{"two bytes", BYTES_OF("Zm8="), "fo"},
		{"three bytes", BYTES_OF("Zm9v"), "foo"},
		{"six bytes", BYTES_OF("Zm9vYmFy"), "foobar"},
		{"the two marks", BYTES_OF("+/+/"), "\373\377\277"},
		{"no padding", BYTES_OF("Zg"), NULL},
		{"half a padding", BYTES_OF("Zg="), NULL},
		{"too much padding", BYTES_OF("Z==="), NULL},
		{"padding alone", BYTES_OF("===="), NULL},
		{"padding within", BYTES_OF("Zg==Zg=="), NULL},
		{"text behind the padding", BYTES_OF("Zm8=v"), NULL},
		{"bits left over, of two", BYTES_OF("Zh=="), NULL},
		{"bits left over, of three", BYTES_OF("Zm9="), NULL},
		{"a blank", BYTES_OF("Zm9 "), NULL},
		{"a line end", BYTES_OF("Zm9v\r\nYmFy"), NULL},
		{"the alphabet of addresses", BYTES_OF("-_-_"), NULL},
		{"8-bit", BYTES_OF("Zm9\351"), NULL},
		{"NUL", BYTES_OF("Zm9\0"), NULL},
		{"too much for the room", BYTES_OF("Zm9vYmFyZm9vYmFy"), NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf out = buf_make(8);
		enum reason reason = smtp_sasl_decode(&out, rows[i].text);
		if (reason != (rows[i].plain ? REASON_NONE : REASON_SMTP_AUTH_ENCODING))
			fail_msg("%s: %s", rows[i].what, reason_code(reason));
		if (rows[i].plain && !bytes_equal_text(buf_bytes(&out), rows[i].plain))
			fail_msg("%s: decoded otherwise", rows[i].what);
		buf_free(&out);
	}
}

static void test_read(void **state)
{
	(void)state;
	enum { X = SMTP_SASL_XOAUTH2, O = SMTP_SASL_OAUTHBEARER };
	static const struct {
		const char *what;
		int mechanism;
		struct bytes message;
		const char *user, *token; /* NULL: refused */
	} rows[] = {
		{"Google's", X, BYTES_OF("user=a@b.fr" A "auth=Bearer t.o-k_e~n+/==" A A), "a@b.fr", "t.o-k_e~n+/=="},
		{"scheme in another case", X, BYTES_OF("user=a@b.fr" A "auth=bearer t" A A), "a@b.fr", "t"},
		{"no user named", X, BYTES_OF("user=" A "auth=Bearer t" A A), "", "t"},
		{"user in UTF-8", X, BYTES_OF("user=h\303\251@b.fr" A "auth=Bearer t" A A), "h\303\251@b.fr", "t"},
		{"the RFC's", O, BYTES_OF("n,a=user@example.com," A "host=server.example.com" A "port=587" A "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==" A A),
		 "user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="},
		{"no user named", O, BYTES_OF("n,," A "auth=Bearer t" A A), "", "t"},
		{"client that knows channels", O, BYTES_OF("y,a=a@b.fr," A "auth=Bearer t" A A), "a@b.fr", "t"},
		{"escaped", O, BYTES_OF("n,a==2C=3D=2Ca@b.fr," A "auth=Bearer t" A A), ",=,a@b.fr", "t"},
		{"pairs behind the token", O, BYTES_OF("n,," A "auth=Bearer t" A "port=587" A A), "", "t"},
		{"a value of several lines", O, BYTES_OF("n,," A "host=a\r\n\tb" A "auth=Bearer t" A A), "", "t"},
		{"nothing", X, BYTES_OF(""), NULL, NULL},
		{"nothing", O, BYTES_OF(""), NULL, NULL},
		{"the answer to a challenge", O, BYTES_OF(A), NULL, NULL},
		{"one for the other", X, BYTES_OF("n,," A "auth=Bearer t" A A), NULL, NULL},
		{"the other for one", O, BYTES_OF("user=a@b.fr" A "auth=Bearer t" A A), NULL, NULL},
		{"a mechanism that is none", SMTP_SASL_NONE, BYTES_OF("n,," A "auth=Bearer t" A A), NULL, NULL},
		{"no user at all", X, BYTES_OF("auth=Bearer t" A A), NULL, NULL},
		{"no token", X, BYTES_OF("user=a@b.fr" A A), NULL, NULL},
		{"no token", O, BYTES_OF("n,," A "host=x" A A), NULL, NULL},
		{"an empty token", X, BYTES_OF("user=a@b.fr" A "auth=Bearer " A A), NULL, NULL},
		{"another scheme", X, BYTES_OF("user=a@b.fr" A "auth=Basic t" A A), NULL, NULL},
		{"no scheme", X, BYTES_OF("user=a@b.fr" A "auth=t" A A), NULL, NULL},
		{"two blanks", X, BYTES_OF("user=a@b.fr" A "auth=Bearer  t" A A), NULL, NULL},
		{"two tokens in one", X, BYTES_OF("user=a@b.fr" A "auth=Bearer t u" A A), NULL, NULL},
		{"two tokens", O, BYTES_OF("n,," A "auth=Bearer t" A "auth=Bearer u" A A), NULL, NULL},
		{"padding alone", O, BYTES_OF("n,," A "auth=Bearer ==" A A), NULL, NULL},
		{"text behind the padding", O, BYTES_OF("n,," A "auth=Bearer t=u" A A), NULL, NULL},
		{"line end in the token", O, BYTES_OF("n,," A "auth=Bearer t\r\nX: y" A A), NULL, NULL},
		{"NUL in the token", O, BYTES_OF("n,," A "auth=Bearer t\0u" A A), NULL, NULL},
		{"end missing", X, BYTES_OF("user=a@b.fr" A "auth=Bearer t" A), NULL, NULL},
		{"end twice", X, BYTES_OF("user=a@b.fr" A "auth=Bearer t" A A A), NULL, NULL},
		{"text behind the end", X, BYTES_OF("user=a@b.fr" A "auth=Bearer t" A A "x"), NULL, NULL},
		{"end before the token", O, BYTES_OF("n,," A A "auth=Bearer t" A A), NULL, NULL},
		{"channel binding", O, BYTES_OF("p=tls-unique,a=a@b.fr," A "auth=Bearer t" A A), NULL, NULL},
		{"an unknown flag", O, BYTES_OF("x,a=a@b.fr," A "auth=Bearer t" A A), NULL, NULL},
		{"header not closed", O, BYTES_OF("n,a=a@b.fr" A "auth=Bearer t" A A), NULL, NULL},
		{"an empty name", O, BYTES_OF("n,a=," A "auth=Bearer t" A A), NULL, NULL},
		{"a name without its mark", O, BYTES_OF("n,a@b.fr," A "auth=Bearer t" A A), NULL, NULL},
		{"a wrong escape", O, BYTES_OF("n,a=a=3Db=41," A "auth=Bearer t" A A), NULL, NULL},
		{"a small escape", O, BYTES_OF("n,a=a=2c," A "auth=Bearer t" A A), NULL, NULL},
		{"line end in the name", X, BYTES_OF("user=a\r\nb" A "auth=Bearer t" A A), NULL, NULL},
		{"NUL in the name", X, BYTES_OF("user=a\0b" A "auth=Bearer t" A A), NULL, NULL},
		{"a name that is no UTF-8", X, BYTES_OF("user=\351" A "auth=Bearer t" A A), NULL, NULL},
		{"a pair without a mark", O, BYTES_OF("n,," A "host" A "auth=Bearer t" A A), NULL, NULL},
		{"a pair without a key", O, BYTES_OF("n,," A "=x" A "auth=Bearer t" A A), NULL, NULL},
		{"a key with a digit", O, BYTES_OF("n,," A "h1=x" A "auth=Bearer t" A A), NULL, NULL},
		{"8-bit in a value", O, BYTES_OF("n,," A "host=\303\251" A "auth=Bearer t" A A), NULL, NULL},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf user = buf_make(LIMIT_SMTP_PATH);
		struct bytes token = BYTES("untouched");
		enum reason reason = smtp_sasl_read((enum smtp_sasl)rows[i].mechanism, rows[i].message, &user, &token);
		if (reason != (rows[i].user ? REASON_NONE : REASON_AUTH_TOKEN))
			fail_msg("%zu %s: %s", i, rows[i].what, reason_code(reason));
		if (!bytes_equal_text(token, rows[i].user ? rows[i].token : "untouched") ||
		    (rows[i].user && !bytes_equal_text(buf_bytes(&user), rows[i].user)))
			fail_msg("%zu %s: read otherwise", i, rows[i].what);
		buf_free(&user);
	}
}

/* What we say ourselves is base64 of a JSON object that names the error. */
static void test_challenge(void **state)
{
	(void)state;
	static const char *const plain[] = {[SMTP_SASL_XOAUTH2] = "{\"status\":\"401\",\"schemes\":\"bearer\"}",
					    [SMTP_SASL_OAUTHBEARER] = "{\"status\":\"invalid_token\"}"};
	for (enum smtp_sasl m = SMTP_SASL_NONE + 1; m < SMTP_SASLS; m++) {
		struct buf out = buf_make(256);
		assert_int_equal(smtp_sasl_decode(&out, bytes_of_text(smtp_sasl_challenge(m))), REASON_NONE);
		assert_true(bytes_equal_text(buf_bytes(&out), plain[m]));
		buf_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_challenge),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

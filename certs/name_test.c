/* certs/name_test.c - two readings of one name are equal; two names are not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include <openssl/x509.h>

#include "certs/name.h"

/* The white list's printed form against a parsed name. */
static const struct {
	const char *what;
	struct bytes a, b;
	bool same;
} pairs[] = {
	{"order", BYTES_OF("CN=x,OU=1,C=FR"), BYTES_OF("C=FR,OU=1,CN=x"), true},
	{"blanks around", BYTES_OF(" CN = x , C = FR "), BYTES_OF("CN=x,C=FR"), true},
	{"double spaces", BYTES_OF("CN=x,O=GIP  MIPIH"), BYTES_OF("CN=x,O=GIP MIPIH"), true},
	{"case", BYTES_OF("CN=MSS.Exemple.FR"), BYTES_OF("cn=mss.exemple.fr"), true},
	{"S for ST", BYTES_OF("ST=Doubs (25)"), BYTES_OF("S=Doubs (25)"), true},
	{"case of an accent", BYTES_OF("ST=H\xc3\x89RAULT (34)"), BYTES_OF("ST=H\xc3\xa9rault (34)"), true},
	{"composed and decomposed", BYTES_OF("ST=He\xcc\x81rault"), BYTES_OF("ST=H\xc3\xa9rault"), true},
	{"typed apostrophe", BYTES_OF("ST=C\xc3\xb4tes-d\xe2\x80\x99" "Armor"), BYTES_OF("ST=C\xc3\xb4tes-d'Armor"), true},
	{"no-break space", BYTES_OF("ST=Haute-Garonne\xc2\xa0(31)"), BYTES_OF("ST=Haute-Garonne (31)"), true},
	{"escaped comma", BYTES_OF("O=A\\, B,C=FR"), BYTES_OF("O=A\\2C B,C=FR"), true},
	{"comma of the organisation's own", BYTES_OF("O=A, B,C=FR"), BYTES_OF("O=A\\, B,C=FR"), true},
	{"quotes", BYTES_OF("O=\"A, B\",C=FR"), BYTES_OF("O=A\\, B,C=FR"), true},
	{"several values in one place", BYTES_OF("OU=1+CN=x,C=FR"), BYTES_OF("CN=x,OU=1,C=FR"), true},
	{"OID", BYTES_OF("2.5.4.3=x"), BYTES_OF("CN=x"), true},
	{"the list's order and the certificate's", BYTES_OF("CN=mss.fr,OU=318310021300028,O=GIP MIPIH,ST=Haute-Garonne (31),C=FR"),
	 BYTES_OF("C=FR,ST=Haute-Garonne (31),O=GIP MIPIH,OU=318310021300028,CN=mss.fr"), true},
	{"apostrophe escaped", BYTES_OF("O=CENTRE D\\'EXPLORATION,C=FR"), BYTES_OF("O=CENTRE D'EXPLORATION,C=FR"), true},
	{"an ampersand", BYTES_OF("O=L & M,C=FR"), BYTES_OF("O=l & m,C=FR"), true},
	{"RFC 4514 escapes of a space, a sharp and a plus", BYTES_OF("O=\\#1\\+2\\20x,C=FR"), BYTES_OF("O=\"#1+2 x\",C=FR"), true},
	{"UTF-8 by its bytes", BYTES_OF("ST=H\\C3\\A9rault"), BYTES_OF("ST=H\xc3\xa9rault"), true},
	{"the digits of a structure number", BYTES_OF("OU=318310021300028"), BYTES_OF("OU=31831002130028"), false},
	{"the department without its number", BYTES_OF("ST=Haute-Garonne (31)"), BYTES_OF("ST=Haute-Garonne"), false},
	{"an accent more", BYTES_OF("ST=Herault"), BYTES_OF("ST=H\xc3\xa9rault"), false},
	{"another number", BYTES_OF("OU=1"), BYTES_OF("OU=2"), false},
	{"another attribute", BYTES_OF("OU=x"), BYTES_OF("O=x"), false},
	{"one attribute twice", BYTES_OF("OU=1,OU=1"), BYTES_OF("OU=1"), false},
	{"one attribute less", BYTES_OF("CN=x,OU=1"), BYTES_OF("CN=x"), false},
	{"a value that looks like another attribute", BYTES_OF("O=a\\,2.5.4.3=b"), BYTES_OF("O=a,CN=b"), false},
	{"hyphen and space", BYTES_OF("ST=Ille-et-Vilaine"), BYTES_OF("ST=Ille et Vilaine"), false},
};

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		struct arena *arena = arena_create(1 << 16);
		struct bytes a = BYTES_NONE, b = BYTES_NONE;
		if (name_of_text(arena, pairs[i].a, &a) != REASON_NONE || name_of_text(arena, pairs[i].b, &b) != REASON_NONE)
			fail_msg("%s: not read", pairs[i].what);
		if (bytes_equal(a, b) != pairs[i].same)
			fail_msg("%s: \"%.*s\" and \"%.*s\"", pairs[i].what, (int)a.len, (const char *)a.at, (int)b.len, (const char *)b.at);
		arena_destroy(&arena);
	}
}

static const struct {
	const char *what;
	struct bytes text;
} refused[] = {
	{"nothing", BYTES_OF("")},
	{"no key", BYTES_OF("x")},
	{"unknown key", BYTES_OF("XX=x")},
	{"empty value", BYTES_OF("CN=,C=FR")},
	{"slash form", BYTES_OF("/C=FR/CN=x")},
	{"hexadecimal form", BYTES_OF("CN=#0401")},
	{"not UTF-8", BYTES_OF("CN=\xe9")},
	{"control character", BYTES_OF("CN=a\x01" "b")},
	{"escaped NUL", BYTES_OF("CN=a\\00b")},
	{"escape at the end", BYTES_OF("CN=a\\")},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct arena *arena = arena_create(1 << 16);
		struct bytes out;
		if (name_of_text(arena, refused[i].text, &out) != REASON_CONFIG_VALUE)
			fail_msg("%s was read", refused[i].what);
		arena_destroy(&arena);
	}
}

static X509_NAME *make(const char *const *fields, int type, size_t n)
{
	X509_NAME *name = X509_NAME_new();

	for (size_t i = 0; i + 1 < n; i += 2)
		assert_int_equal(X509_NAME_add_entry_by_txt(name, fields[i], type, (const unsigned char *)fields[i + 1], -1, -1, 0), 1);
	return name;
}

/* As the white list prints it, and as a certificate holds it: least specific first, in any encoding. */
static void test_certificate(void **state)
{
	static const char *const fields[] = {"C", "FR", "ST", "C\xc3\xb4tes-d'Armor (22)", "O", "GCS", "OU", "1220017974", "CN", "Esm.exemple.fr"};
	struct arena *arena = arena_create(1 << 16);
	struct bytes printed, parsed;
	X509_NAME *name = make(fields, MBSTRING_UTF8, 10);

	(void)state;
	assert_int_equal(name_of_text(arena, BYTES("CN=esm.exemple.fr,OU=1220017974,O=GCS,ST=C\xc3\xb4tes-d'Armor (22),C=FR"), &printed), REASON_NONE);
	assert_int_equal(name_of_x509(arena, name, &parsed), REASON_NONE);
	assert_true(bytes_equal(printed, parsed));
	assert_true(bytes_equal(name_printed(arena, name), BYTES("CN=Esm.exemple.fr,OU=1220017974,O=GCS,ST=C\xc3\xb4tes-d'Armor (22),C=FR")));
	X509_NAME_free(name);

	/* Latin-1 in a T61String and UTF-16 in a BMPString are the same name. */
	name = X509_NAME_new();
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "ST", V_ASN1_T61STRING, (const unsigned char *)"Is\xe8re", -1, -1, 0), 1);
	assert_int_equal(name_of_x509(arena, name, &parsed), REASON_NONE);
	assert_int_equal(name_of_text(arena, BYTES("ST=Is\xc3\xa8re"), &printed), REASON_NONE);
	assert_true(bytes_equal(printed, parsed));
	X509_NAME_free(name);
	name = X509_NAME_new();
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "ST", V_ASN1_BMPSTRING, (const unsigned char *)"\0I\0s\0\xe8\0r\0e", 10, -1, 0), 1);
	assert_int_equal(name_of_x509(arena, name, &parsed), REASON_NONE);
	assert_true(bytes_equal(printed, parsed));
	X509_NAME_free(name);

	name = X509_NAME_new();
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_UTF8STRING, (const unsigned char *)"a\0b", 3, -1, 0), 1);
	assert_int_equal(name_of_x509(arena, name, &parsed), REASON_SIG_MALFORMED);
	for (int i = 0; i < NAME_ATTRIBUTES; i++)
		X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_UTF8, (const unsigned char *)"x", -1, -1, 0);
	assert_int_equal(name_of_x509(arena, name, &parsed), REASON_SIG_MALFORMED);
	X509_NAME_free(name);
	arena_destroy(&arena);
}

/* A BMPString, a PrintableString and a UTF8String of one name, least specific first, are the name that the list prints. */
static void test_encodings(void **state)
{
	static const int types[] = {V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING};
	struct arena *arena = arena_create(1 << 16);
	struct bytes printed, parsed;

	(void)state;
	assert_int_equal(name_of_text(arena, BYTES("CN=mss.exemple.fr,O=GIP MIPIH,ST=Haute-Garonne (31),C=FR"), &printed), REASON_NONE);
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		static const char *const fields[] = {"C", "FR", "ST", "Haute-Garonne (31)", "O", "GIP MIPIH", "CN", "mss.exemple.fr"};
		X509_NAME *name = make(fields, types[i], 8);
		assert_int_equal(name_of_x509(arena, name, &parsed), REASON_NONE);
		assert_true(bytes_equal(printed, parsed));
		X509_NAME_free(name);
	}
	X509_NAME *name = X509_NAME_new();
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "C", V_ASN1_PRINTABLESTRING, (const unsigned char *)"FR", 2, -1, 0), 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "O", V_ASN1_BMPSTRING, (const unsigned char *)"\0G\0I\0P\0 \0 \0M", 12, -1, 0), 1);
	assert_int_equal(name_of_x509(arena, name, &parsed), REASON_NONE);
	assert_int_equal(name_of_text(arena, BYTES("O=Gip M,C=FR"), &printed), REASON_NONE);
	assert_true(bytes_equal(printed, parsed));
	X509_NAME_free(name);
	arena_destroy(&arena);
}

static const struct {
	const char *what;
	struct bytes left, right, told;   /* "KEY:left|right;…" */
} contrasts[] = {
	{"equal", BYTES_OF("CN=x,C=FR"), BYTES_OF("C=fr,CN=X"), BYTES_OF("")},
	{"one value", BYTES_OF("CN=x,OU=1,C=FR"), BYTES_OF("CN=x,OU=2,C=FR"), BYTES_OF("OU:1|2;")},
	{"one more on the left", BYTES_OF("CN=x,OU=1"), BYTES_OF("CN=x"), BYTES_OF("OU:1|;")},
	{"one more on the right", BYTES_OF("CN=x"), BYTES_OF("CN=x,2.5.4.99=z"), BYTES_OF("2.5.4.99:|z;")},
	{"two of several values", BYTES_OF("OU=1,OU=2,OU=3"), BYTES_OF("OU=1,OU=4,OU=3"), BYTES_OF("OU:2|4;")},
	{"a comma in a value", BYTES_OF("O=A\\, B,CN=x"), BYTES_OF("O=A\\, C,CN=x"), BYTES_OF("O:a\\, b|a\\, c;")},
	{"values whose order a backslash moves", BYTES_OF("OU=a\\,b,OU=a-b"), BYTES_OF("OU=a-b,OU=a\\,b"), BYTES_OF("")},
};

static void test_differences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof contrasts / sizeof contrasts[0]; i++) {
		struct arena *arena = arena_create(1 << 16);
		struct name_difference list[NAME_DIFFERENCES];
		struct bytes left, right;
		char told[256] = "";
		assert_int_equal(name_of_text(arena, contrasts[i].left, &left), REASON_NONE);
		assert_int_equal(name_of_text(arena, contrasts[i].right, &right), REASON_NONE);
		for (size_t k = 0, n = name_differences(left, right, list), at = 0; k < n; k++) {
			struct bytes key = name_key(list[k].oid);
			at += (size_t)snprintf(told + at, sizeof told - at, "%.*s:%.*s|%.*s;", (int)key.len, (const char *)key.at, (int)list[k].left.len,
					       (const char *)list[k].left.at, (int)list[k].right.len, (const char *)list[k].right.at);
		}
		if (!bytes_equal_text(contrasts[i].told, told))
			fail_msg("%s: %s", contrasts[i].what, told);
		arena_destroy(&arena);
	}
}

static void test_part(void **state)
{
	struct arena *arena = arena_create(1 << 16);
	struct bytes printed = BYTES("CN=x,OU=1,O=GIP  \xc2\xab M\\, L \xc2\xbb,C=FR");

	(void)state;
	assert_true(bytes_equal(name_text_part(arena, printed, "O"), BYTES("GIP  \xc2\xab M, L \xc2\xbb")));
	assert_true(bytes_equal(name_text_part(arena, printed, "C"), BYTES("FR")));
	assert_int_equal(name_text_part(arena, printed, "L").len, 0);
	assert_int_equal(name_text_part(arena, BYTES("nonsense"), "O").len, 0);
	arena_destroy(&arena);
}

static void test_memory(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 5; n++) {
		struct arena *arena = arena_create(1 << 16);
		struct bytes out;
		arena_fail_at(arena, n);
		assert_int_equal(name_of_text(arena, BYTES("CN=x,C=FR"), &out), REASON_MEMORY);
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gateway/identity_test.c - what an introspection answer must say, and what a configuration must. The server itself is
 * played by tests/identity_peers.py. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "gateway/identity.h"

#define ISSUER "https://identite.exemple.fr/auth/realms/soin"
#define NOW 1763773200   /* 2025-11-22T01:00:00Z */
#define LIVE "\"active\":true,\"exp\":1763773260,\"iss\":\"" ISSUER "\""
#define GOOD "{" LIVE ",\"aud\":\"relais\",\"scope\":\"openid mail.send\",\"sub\":\"f:1:8997\"}"
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const struct identity_settings any = {ISSUER, "", "", ""}, strict = {ISSUER, "relais", "mail.send", "sub"},
				      nameless = {"", "", "", ""}, national = {ISSUER, "", "", "SubjectNameID"};

static const struct {
	const char *what, *answer;
	const struct identity_settings *settings;
	enum reason reason;
	const char *say;      /* the subject, or the claim that says no */
} rows[] = {
	{"all is there", GOOD, &strict, REASON_NONE, "f:1:8997"},
	{"nothing but issuer and subject is asked", "{" LIVE ",\"sub\":\"x\"}", &any, REASON_NONE, "x"},
	{"the national subject comes before sub", "{" LIVE ",\"sub\":\"x\",\"SubjectNameID\":\"899700218896\"}", &any, REASON_NONE, "899700218896"},
	{"a named claim is the only one", "{" LIVE ",\"sub\":\"x\"}", &national, REASON_AUTH_TOKEN, "subject"},
	{"an odd national subject is not replaced by sub", "{" LIVE ",\"sub\":\"x\",\"SubjectNameID\":7}", &any, REASON_AUTH_TOKEN, "subject"},
	{"no subject", "{" LIVE "}", &any, REASON_AUTH_TOKEN, "subject"},
	{"an empty subject", "{" LIVE ",\"sub\":\"\"}", &any, REASON_AUTH_TOKEN, "subject"},
	{"a subject with a line end", "{" LIVE ",\"sub\":\"a\\nb\"}", &any, REASON_AUTH_TOKEN, "subject"},
	{"not active", "{\"active\":false}", &any, REASON_AUTH_TOKEN, "active"},
	{"not active, with the rest", "{\"active\":false,\"exp\":1763773260,\"iss\":\"" ISSUER "\",\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "active"},
	{"no end", "{\"active\":true,\"iss\":\"" ISSUER "\",\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "exp"},
	{"ended", "{\"active\":true,\"exp\":1763773199,\"iss\":\"" ISSUER "\",\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "exp"},
	{"ends this very second", "{\"active\":true,\"exp\":1763773200,\"iss\":\"" ISSUER "\",\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "exp"},
	{"the end as a text", "{\"active\":true,\"exp\":\"1763773260\",\"iss\":\"" ISSUER "\",\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "exp"},
	{"the end beyond all time", "{\"active\":true,\"exp\":9223372036854775807,\"iss\":\"" ISSUER "\",\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "exp"},
	{"an end before 1970", "{\"active\":true,\"exp\":-1,\"iss\":\"" ISSUER "\",\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "exp"},
	{"has begun", "{" LIVE ",\"nbf\":1763773200,\"sub\":\"x\"}", &any, REASON_NONE, "x"},
	{"begins later", "{" LIVE ",\"nbf\":1763773201,\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "nbf"},
	{"an odd beginning", "{" LIVE ",\"nbf\":\"soon\",\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "nbf"},
	{"another issuer", "{\"active\":true,\"exp\":1763773260,\"iss\":\"" ISSUER "/\",\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "iss"},
	{"no issuer", "{\"active\":true,\"exp\":1763773260,\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "iss"},
	{"the issuer in a list", "{\"active\":true,\"exp\":1763773260,\"iss\":[\"" ISSUER "\"],\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "iss"},
	{"no issuer is asked", "{\"active\":true,\"exp\":1763773260,\"sub\":\"x\"}", &nameless, REASON_NONE, "x"},
	{"among the audience", "{" LIVE ",\"aud\":[\"a\",\"relais\"],\"scope\":\"mail.send\",\"sub\":\"x\"}", &strict, REASON_NONE, "x"},
	{"another audience", "{" LIVE ",\"aud\":\"relais2\",\"scope\":\"mail.send\",\"sub\":\"x\"}", &strict, REASON_AUTH_TOKEN, "aud"},
	{"an odd audience", "{" LIVE ",\"aud\":[[\"relais\"],7],\"scope\":\"mail.send\",\"sub\":\"x\"}", &strict, REASON_AUTH_TOKEN, "aud"},
	{"no audience", "{" LIVE ",\"scope\":\"mail.send\",\"sub\":\"x\"}", &strict, REASON_AUTH_TOKEN, "aud"},
	{"a scope that begins like ours", "{" LIVE ",\"aud\":\"relais\",\"scope\":\"mail.sender openid\",\"sub\":\"x\"}", &strict, REASON_AUTH_TOKEN, "scope"},
	{"a scope in a list", "{" LIVE ",\"aud\":\"relais\",\"scope\":[\"mail.send\"],\"sub\":\"x\"}", &strict, REASON_AUTH_TOKEN, "scope"},
	{"a bearer token", "{" LIVE ",\"typ\":\"Bearer\",\"sub\":\"x\"}", &any, REASON_NONE, "x"},
	{"a refresh token", "{" LIVE ",\"typ\":\"Refresh\",\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "typ"},
	{"an identity token", "{" LIVE ",\"typ\":\"ID\",\"sub\":\"x\"}", &any, REASON_AUTH_TOKEN, "typ"},
	{"active as a text", "{\"active\":\"true\",\"exp\":1763773260,\"iss\":\"" ISSUER "\",\"sub\":\"x\"}", &any, REASON_AUTH_LATER, ""},
	{"active as a number", "{\"active\":1}", &any, REASON_AUTH_LATER, ""},
	{"no word of activity", "{\"sub\":\"x\"}", &any, REASON_AUTH_LATER, ""},
	{"active twice", "{\"active\":false," LIVE ",\"sub\":\"x\"}", &any, REASON_AUTH_LATER, ""},
	{"the subject twice", "{" LIVE ",\"sub\":\"x\",\"sub\":\"y\"}", &any, REASON_AUTH_LATER, ""},
	{"a list", "[" GOOD "]", &any, REASON_AUTH_LATER, ""},
	{"two answers", GOOD GOOD, &any, REASON_AUTH_LATER, ""},
	{"a name with NUL", "{" LIVE ",\"sub\\u0000\":\"x\",\"sub\":\"y\"}", &any, REASON_AUTH_LATER, ""},
	{"a page", "<html>active: true</html>", &any, REASON_AUTH_LATER, ""},
	{"nothing", "", &any, REASON_AUTH_LATER, ""},
};

static void judgements(void **state)
{
	struct arena *arena = arena_create(1u << 20);
	(void)state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct identity_person person = {0};
		const char *claim = "unset";
		enum reason reason = identity_judge(arena, bytes_of_text(rows[i].answer), rows[i].settings,
						    (struct instant){(int64_t)NOW * 1000000}, &person, &claim);
		bool said = reason == REASON_NONE ? claim == NULL && bytes_equal_text(person.subject, rows[i].say)
						  : claim != NULL && strcmp(claim, rows[i].say) == 0 && person.subject.len == 0;
		if (reason != rows[i].reason || !said)
			fail_msg("%s: %s, %s", rows[i].what, reason_code(reason), claim != NULL ? claim : "granted");
		if (reason == REASON_NONE)
			assert_int_equal(person.expires.us, (int64_t)(NOW + 60) * 1000000);
	}
	arena_destroy(&arena);
}

static void an_answer_cut_anywhere_grants_nothing(void **state)
{
	struct arena *arena = arena_create(1u << 20);
	struct identity_person person;
	const char *claim;
	(void)state;

	for (size_t cut = 0; cut < sizeof GOOD - 1; cut++)
		assert_int_not_equal(identity_judge(arena, bytes_slice(BYTES(GOOD), 0, cut), &strict,
						    (struct instant){(int64_t)NOW * 1000000}, &person, &claim),
				     REASON_NONE);
	arena_destroy(&arena);
}

static void a_long_subject_is_none(void **state)
{
	struct arena *arena = arena_create(1u << 20);
	(void)state;

	for (int len = LIMIT_IDENTITY_SUBJECT; len <= LIMIT_IDENTITY_SUBJECT + 1; len++) {
		struct identity_person person;
		const char *claim, *answer = arena_printf(arena, "{" LIVE ",\"sub\":\"%0*d\"}", len, 7);
		enum reason reason = identity_judge(arena, bytes_of_text(answer), &any, (struct instant){(int64_t)NOW * 1000000}, &person, &claim);
		assert_int_equal(reason, len == LIMIT_IDENTITY_SUBJECT ? REASON_NONE : REASON_AUTH_TOKEN);
	}
	arena_destroy(&arena);
}

/* --- set-up ------------------------------------------------------------------------------- */

static const char *written(struct arena *arena, const char *folder, const char *name, const char *text)
{
	const char *path = arena_printf(arena, "%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	return path;
}

static void configurations(void **state)
{
	char folder[] = "/tmp/relais-test-XXXXXX";
	struct arena *arena = arena_create(16u << 20);
	(void)state;
	assert_non_null(mkdtemp(folder));
	const char *secret = written(arena, folder, "secret", "s3cret\n"), *two = written(arena, folder, "two", "a\nb\n"),
		   *empty = written(arena, folder, "empty", ""), *anchors = written(arena, folder, "anchors", "-----BEGIN CERTIFICATE-----\n");
	const struct {
		const char *introspection, *client, *secret, *anchors, *issuer;
		enum reason reason;
		const char *detail;
	} cases[] = {
		{"https://i.fr/introspect", "relais", secret, anchors, "i", REASON_NONE, ""},
		{"", "", "", "", "", REASON_NONE, NULL},
		{"http://i.fr/introspect", "relais", secret, anchors, "i", REASON_CONFIG_VALUE, "identity.introspection"},
		{"https://", "relais", secret, anchors, "i", REASON_CONFIG_VALUE, "identity.introspection"},
		{"https:///x", "relais", secret, anchors, "i", REASON_CONFIG_VALUE, "identity.introspection"},
		{"https://a:b@i.fr/", "relais", secret, anchors, "i", REASON_CONFIG_VALUE, "identity.introspection"},
		{"https://i.fr/#a", "relais", secret, anchors, "i", REASON_CONFIG_VALUE, "identity.introspection"},
		{"https://i.fr/a b", "relais", secret, anchors, "i", REASON_CONFIG_VALUE, "identity.introspection"},
		{"https://i.fr/", "", secret, anchors, "i", REASON_CONFIG_VALUE, "identity.client_id"},
		{"https://i.fr/", "relais", secret, anchors, "", REASON_CONFIG_VALUE, "identity.issuer"},
		{"https://i.fr/", "relais", empty, anchors, "i", REASON_IO, "identity.secret_file"},
		{"https://i.fr/", "relais", two, anchors, "i", REASON_CONFIG_VALUE, "identity.secret_file"},
		{"https://i.fr/", "relais", "/nowhere", anchors, "i", REASON_IO, "identity.secret_file"},
		{"https://i.fr/", "relais", secret, "/nowhere", "i", REASON_IO, "identity.anchors"},
		{"https://i.fr/", "relais", secret, secret, "i", REASON_CONFIG_VALUE, "identity.anchors"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config config = {.identity = {cases[i].introspection, cases[i].client, cases[i].secret, cases[i].anchors,
						     cases[i].issuer, "", "", ""}};
		struct identity *identity = NULL;
		char detail[IDENTITY_DETAIL];
		enum reason reason = identity_open(arena, &config, &identity, detail);
		bool open = reason == REASON_NONE && cases[i].detail != NULL;
		if (reason != cases[i].reason || (identity != NULL) != open ||
		    (reason != REASON_NONE && strncmp(detail, cases[i].detail, strlen(cases[i].detail)) != 0))
			fail_msg("row %zu: %s %s", i, reason_code(reason), detail);
		assert_null(strstr(detail, "s3cret"));
		identity_close(&identity);
		assert_null(identity);
	}
	for (const char *const *name = (const char *const[]){secret, two, empty, anchors, NULL}; *name != NULL; name++)
		unlink(*name);
	rmdir(folder);
	arena_destroy(&arena);
}

/* Neither goes to the server, which is not there: AUTH_LATER would say that it was asked. */
static void what_is_no_token(void **state)
{
	char folder[] = "/tmp/relais-test-XXXXXX";
	struct arena *arena = arena_create(16u << 20);
	struct identity *identity = NULL;
	struct identity_person person;
	char detail[IDENTITY_DETAIL];
	(void)state;
	assert_non_null(mkdtemp(folder));
	const char *secret = written(arena, folder, "secret", "s3cret\n"),
		   *anchors = written(arena, folder, "anchors", "-----BEGIN CERTIFICATE-----\n");
	struct config config = {.identity = {"https://127.0.0.1:1/", "relais", secret, anchors, "i", "", "", ""}};
	assert_int_equal(identity_open(arena, &config, &identity, detail), REASON_NONE);
	unlink(secret);
	unlink(anchors);
	rmdir(folder);

	char *longest = arena_alloc(arena, LIMIT_IDENTITY_TOKEN + 1);
	memset(longest, 'a', LIMIT_IDENTITY_TOKEN + 1);
	const struct bytes none[] = {BYTES_NONE,    BYTES("a b"),     BYTES("a\r\nX: y"), BYTES("a&client_id=b"), BYTES("caf\xc3\xa9"),
				     BYTES("a\0b"), BYTES("a%20b"), {(unsigned char *)longest, LIMIT_IDENTITY_TOKEN + 1}};
	for (size_t i = 0; i < COUNT(none); i++)
		assert_int_equal(identity_check(identity, arena, none[i], &person), REASON_AUTH_TOKEN);
	assert_int_equal(identity_check(identity, arena, (struct bytes){(unsigned char *)longest, LIMIT_IDENTITY_TOKEN}, &person), REASON_AUTH_LATER);
	assert_int_equal(identity_check(NULL, arena, BYTES("abc"), &person), REASON_AUTH_TOKEN);
	identity_close(&identity);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judgements),     cmocka_unit_test(an_answer_cut_anywhere_grants_nothing),
		cmocka_unit_test(a_long_subject_is_none), cmocka_unit_test(configurations),
		cmocka_unit_test(what_is_no_token),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gateway/opener_client_test.c - what an answer of the opener means: only who cannot answer is away. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/opener_client.h"

/* The answer lies there before it is asked for. */
static struct opener_client answered(const char *text, int *opener)
{
	struct opener_client client = opener_client_make("/nonexistent/opener.sock");
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	assert_true(send(ends[1], text, strlen(text), 0) == (ssize_t)strlen(text));
	client.socket = ends[0];
	*opener = ends[1];
	return client;
}

static void answers_have_their_meaning(void **state)
{
	static const struct {
		const char *answer;
		enum reason reason;
		bool there;
		size_t len;
	} rows[] = {
		{"+0123456789abcdef", REASON_NONE, true, 16},
		{"+0123456789abcdef0123456789abcdef", REASON_NONE, true, 32},
		{"+", REASON_FRAME, true, 0},
		{"+0123456789abcdef0123456789abcdef0", REASON_FRAME, true, 0},
		{"-open.other", REASON_OPEN_OTHER, true, 0},
		{"-open.algorithm", REASON_OPEN_ALGORITHM, true, 0},
		{"-sig.malformed", REASON_SIG_MALFORMED, true, 0},
		{"-local.not-found", REASON_NOT_FOUND, true, 0},
		{"-local.frame", REASON_FRAME, true, 0},
		{"-keeper.seal", REASON_BODY_SEAL, true, 0},
		{"-keeper.key", REASON_KEEPER_KEY, true, 0},
		{"-store.conflict", REASON_STORE_CONFLICT, true, 0},
		{"-local.memory", REASON_MEMORY, true, 0},
		{"-store.down", REASON_OPEN_AWAY, false, 0},
		{"-keeper.away", REASON_OPEN_AWAY, false, 0},
		{"-local.io", REASON_OPEN_AWAY, false, 0},
		{"-open.away", REASON_OPEN_AWAY, false, 0},
		{"-none", REASON_FRAME, true, 0},
		{"-no such word", REASON_FRAME, true, 0},
		{"?", REASON_FRAME, true, 0},
	};
	unsigned char key[OPENER_KEY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int opener;
		size_t len;
		struct opener_client client = answered(rows[i].answer, &opener);
		enum reason reason = opener_client_ask(&client, 1, 0, key, &len);
		if (reason != rows[i].reason || len != rows[i].len)
			fail_msg("%s: %s, %zu", rows[i].answer, reason_code(reason), len);
		opener_client_close(&client);
		close(opener);
		client = answered(rows[i].answer, &opener);
		if (opener_client_ping(&client) != rows[i].there)
			fail_msg("%s: there?", rows[i].answer);
		opener_client_close(&client);
		close(opener);
	}
}

static void who_does_not_answer_is_away(void **state)
{
	struct opener_client none = opener_client_make(NULL), nowhere = opener_client_make("/nonexistent/opener.sock");
	unsigned char key[OPENER_KEY_MAX];
	size_t len;

	(void)state;
	assert_int_equal(opener_client_ask(&none, 1, 0, key, &len), REASON_SIG_ENCRYPTED);
	assert_int_equal(opener_client_ask(&nowhere, 1, 0, key, &len), REASON_OPEN_AWAY);
	assert_false(opener_client_ping(&nowhere));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(answers_have_their_meaning), cmocka_unit_test(who_does_not_answer_is_away)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

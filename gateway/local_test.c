/* gateway/local_test.c - whose socket listens and who never comes: each client gives up in its time, also when the kernel's queue is full. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "gateway/clamd.h"
#include "gateway/keeper_client.h"
#include "gateway/local.h"
#include "gateway/oneshot.h"
#include "gateway/opener_client.h"

enum { BACKLOG = 64, TOO_LONG_SECONDS = 60 };   /* the backlog of master_sockets.c */

struct scene {
	char folder[64], path[96];
	int listening;
};

static double since(const struct timespec *from)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) + (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

static int attempt(const struct scene *s, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int client = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, s->path, strlen(s->path) + 1);
	int failed = connect(client, (struct sockaddr *)&address, sizeof address);
	close(client);
	return failed;
}

/* Nobody takes a connection; as many as fit have been tried, and given up. */
static struct scene full(int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct scene s;
	int tried = 0;

	strcpy(s.folder, "/tmp/relais-local-XXXXXX");
	assert_non_null(mkdtemp(s.folder));
	snprintf(s.path, sizeof s.path, "%s/s", s.folder);
	memcpy(address.sun_path, s.path, strlen(s.path) + 1);
	s.listening = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s.listening, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(s.listening, BACKLOG), 0);
	while (attempt(&s, type) == 0)
		tried++;
	assert_true(tried > BACKLOG);
	alarm(TOO_LONG_SECONDS);   /* who would wait for ever ends this test */
	return s;
}

static void over(const struct scene *s)
{
	alarm(0);
	close(s->listening);
	unlink(s->path);
	rmdir(s->folder);
}

static void a_connection_has_its_time(void **state)
{
	static const int types[] = {SOCK_SEQPACKET, SOCK_STREAM};
	char path[200];

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		struct scene s = full(types[i]);
		struct timespec from;
		clock_gettime(CLOCK_MONOTONIC, &from);
		assert_int_equal(local_connect(s.path, types[i], 300), -1);
		assert_true(since(&from) >= 0.25 && since(&from) < 5);
		close(accept(s.listening, NULL, NULL));
		int client = local_connect(s.path, types[i], 300);
		assert_true(client >= 0);
		close(client);
		over(&s);
	}
	memset(path, 'a', sizeof path - 1);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	assert_int_equal(local_connect(path, SOCK_STREAM, 300), -1);
	assert_int_equal(local_connect("", SOCK_STREAM, 300), -1);
	assert_int_equal(local_connect("/nonexistent/s", SOCK_STREAM, 300), -1);
}

static void the_opener_is_not_waited_for(void **state)
{
	struct scene s = full(SOCK_SEQPACKET);
	struct opener_client client = opener_client_make(s.path);
	unsigned char key[OPENER_KEY_MAX];
	struct timespec from;
	size_t len;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(opener_client_ask(&client, 1, 0, key, &len), REASON_OPEN_AWAY);
	assert_true(since(&from) < 3 * LIMIT_OPENER_LOOK_SECONDS);
	/* One connection is free, and nobody takes it. */
	close(accept(s.listening, NULL, NULL));
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_false(opener_client_ping(&client));
	assert_true(since(&from) < 3 * LIMIT_OPENER_LOOK_SECONDS);
	opener_client_close(&client);
	over(&s);
}

static void nor_the_keeper(void **state)
{
	struct scene s = full(SOCK_SEQPACKET);
	struct keeper_client client = keeper_client_make(s.path, "work");
	struct keeper_public key;
	struct timespec from;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(keeper_client_public(&client, &key), REASON_KEEPER_AWAY);
	assert_true(since(&from) < 2 * LIMIT_KEEPER_SECONDS);
	keeper_client_close(&client);
	over(&s);
}

static void nor_a_reader(void **state)
{
	struct scene s = full(SOCK_SEQPACKET);
	struct oneshot *o = oneshot_connect(s.path);
	struct arena *arena = arena_create(1u << 20);
	struct timespec from;
	struct bytes answer;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(oneshot_call(o, arena, BYTES("{}"), BYTES_NONE, 100, 2000, &answer), REASON_IO);
	assert_true(since(&from) < 12);
	oneshot_close(&o);
	arena_destroy(&arena);
	over(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_has_its_time), cmocka_unit_test(the_opener_is_not_waited_for), cmocka_unit_test(nor_the_keeper), cmocka_unit_test(nor_a_reader),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

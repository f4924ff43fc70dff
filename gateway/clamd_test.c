/* gateway/clamd_test.c - answers of a virus scanner, good and bad, and scanners that misbehave. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "gateway/clamd.h"

/* PATIENCE_MS: of who answers, ends or goes away by himself, whenever this machine lets him. SLACK_MS: what the machine may take. */
enum { DEADLINE_MS = 400, PATIENCE_MS = 30000, SLACK_MS = 5000 };

static void only_known_answers_are_verdicts(void **state)
{
	(void)state;
	static const struct {
		const char *what, *answer;
		enum reason reason;
		const char *name;
	} rows[] = {
		{"clean", "stream: OK", REASON_NONE, ""},
		{"found", "stream: Win.Test.EICAR_HDB-1 FOUND", REASON_MAIL_VIRUS, "Win.Test.EICAR_HDB-1"},
		{"found, by a name that is none", "stream: \x1b[31m<x> FOUND", REASON_MAIL_VIRUS, ""},
		{"found, with two words", "stream: Doc.Macro (x) FOUND", REASON_MAIL_VIRUS, ""},
		{"found, without a name", "stream:  FOUND", REASON_ANTIVIRUS_ERROR, ""},
		{"too big", "INSTREAM size limit exceeded. ERROR", REASON_ANTIVIRUS_SIZE, ""},
		{"too big, of something else", "stream: size limit exceeded. ERROR", REASON_ANTIVIRUS_ERROR, ""},
		{"an error", "stream: Can't allocate memory ERROR", REASON_ANTIVIRUS_ERROR, ""},
		{"an unknown command", "UNKNOWN COMMAND", REASON_ANTIVIRUS_ERROR, ""},
		{"nothing", "", REASON_ANTIVIRUS_ERROR, ""},
		{"OK alone", "OK", REASON_ANTIVIRUS_ERROR, ""},
		{"OK in small letters", "stream: ok", REASON_ANTIVIRUS_ERROR, ""},
		{"OK and more", "stream: OK stream: X FOUND", REASON_MAIL_VIRUS, ""},
		{"OK with a blank behind", "stream: OK ", REASON_ANTIVIRUS_ERROR, ""},
		{"OK with a line end", "stream: OK\n", REASON_ANTIVIRUS_ERROR, ""},
		{"of another stream", "1: stream: OK", REASON_ANTIVIRUS_ERROR, ""},
		{"a virus called OK", "stream: OK FOUND", REASON_MAIL_VIRUS, "OK"},
		{"not scanned to its end (AlertExceedsMax)", "stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND", REASON_ANTIVIRUS_SIZE, "Heuristics.Limits.Exceeded.MaxFileSize"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct clamd_verdict v = clamd_answer(bytes_of_text(rows[i].answer));
		if (v.reason != rows[i].reason || strcmp(v.name, rows[i].name) != 0)
			fail_msg("%s: %s \"%s\"", rows[i].what, reason_code(v.reason), v.name);
	}
}

static void a_name_has_its_bound(void **state)
{
	(void)state;
	char answer[300];

	for (size_t n = CLAMD_NAME - 1; n <= CLAMD_NAME + 1; n++) {
		size_t len = (size_t)snprintf(answer, sizeof answer, "stream: %.*s FOUND", (int)n,
					      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
		struct clamd_verdict v = clamd_answer((struct bytes){(unsigned char *)answer, len});
		assert_int_equal(v.reason, REASON_MAIL_VIRUS);
		assert_int_equal(strlen(v.name), n <= CLAMD_NAME ? n : 0);
	}
}

/* --- a scanner of ours, at the other end ------------------------------------------------------------ */

enum manner { READS_ALL, SILENT, DEAF, CUTS, HANGS_UP, ANSWERS_EARLY, FLOODS, DRIPS, ANSWERS_TWICE, WITHOUT_NUL, PONGS };

struct peer {
	int socket;
	enum manner manner;
	const char *answer;
	struct buf got;              /* what it was sent */
};

static void say(struct peer *p, const char *text, size_t len)
{
	(void)!send(p->socket, text, len, MSG_NOSIGNAL);
}

/* Up to the length of zero. */
static void listen_to_all(struct peer *p)
{
	static const unsigned char end[4] = {0};
	unsigned char room[65536];
	ssize_t n;

	while ((n = recv(p->socket, room, sizeof room, 0)) > 0) {
		buf_add(&p->got, (struct bytes){room, (size_t)n});
		if (p->got.len >= 4 && memcmp(p->got.data + p->got.len - 4, end, 4) == 0)
			return;
	}
}

static void *play(void *context)
{
	struct peer *p = context;
	unsigned char room[1000];
	static char flood[LIMIT_CLAMD_ANSWER * 4];

	switch (p->manner) {
	case READS_ALL:
		listen_to_all(p);
		say(p, p->answer, strlen(p->answer) + 1);
		break;
	case SILENT:
		listen_to_all(p);
		while (recv(p->socket, room, sizeof room, 0) > 0)
			;
		break;
	case DEAF: {
		struct pollfd hung_up = {.fd = p->socket};      /* nothing is asked for: poll tells of the end alone */
		(void)poll(&hung_up, 1, PATIENCE_MS);
		break;
	}
	case PONGS:
		(void)!recv(p->socket, room, sizeof room, 0);
		say(p, p->answer, strlen(p->answer) + 1);
		break;
	case CUTS:
		(void)!recv(p->socket, room, sizeof room, 0);
		break;
	case HANGS_UP:
		listen_to_all(p);
		break;
	case ANSWERS_EARLY:
		(void)!recv(p->socket, room, sizeof room, 0);
		say(p, p->answer, strlen(p->answer) + 1);
		break;
	case FLOODS:
		listen_to_all(p);
		memset(flood, 'a', sizeof flood);
		for (size_t i = 0; i < 1000; i++)
			say(p, flood, sizeof flood);
		break;
	case DRIPS:
		listen_to_all(p);
		while (send(p->socket, "s", 1, MSG_NOSIGNAL) == 1) {
			nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
		}
		break;
	case ANSWERS_TWICE:
		listen_to_all(p);
		say(p, "stream: OK\0stream: X FOUND\0", 27);
		break;
	case WITHOUT_NUL:
		listen_to_all(p);
		say(p, p->answer, strlen(p->answer));
		break;
	}
	close(p->socket);
	return NULL;
}

static struct clamd_verdict scan(struct peer *p, size_t size, unsigned deadline_ms, int64_t *ms)
{
	int ends[2];
	pthread_t thread;
	struct timespec from, to;
	unsigned char *content = malloc(size + 1);

	memset(content, 'x', size);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	p->socket = ends[1];
	p->got = buf_make(64u << 20);
	assert_int_equal(pthread_create(&thread, NULL, play, p), 0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	struct clamd_verdict v = clamd_scan(ends[0], (struct bytes){content, size}, deadline_ms);
	clock_gettime(CLOCK_MONOTONIC, &to);
	*ms = (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000;
	close(ends[0]);
	pthread_join(thread, NULL);
	free(content);
	return v;
}

static void peers_of_all_manners(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		enum manner manner;
		const char *answer;
		size_t size;
		enum reason reason;
	} rows[] = {
		{"a good one", READS_ALL, "stream: OK", 10, REASON_NONE},
		{"a good one, nothing to scan", READS_ALL, "stream: OK", 0, REASON_NONE},
		{"a good one, many chunks", READS_ALL, "stream: X FOUND", 3u << 20, REASON_MAIL_VIRUS},
		{"silent", SILENT, "", 10, REASON_ANTIVIRUS_SILENT},
		{"silent before it has read all", DEAF, "", 8u << 20, REASON_ANTIVIRUS_SILENT},
		{"cut off", HANGS_UP, "", 10, REASON_ANTIVIRUS_SILENT},
		{"cut off while we write", CUTS, "", 8u << 20, REASON_ANTIVIRUS_AWAY},
		{"too big, told while we write", ANSWERS_EARLY, "INSTREAM size limit exceeded. ERROR", 8u << 20, REASON_ANTIVIRUS_SIZE},
		{"found, told while we write", ANSWERS_EARLY, "stream: X FOUND", 8u << 20, REASON_MAIL_VIRUS},
		{"clean, told before it has read all", ANSWERS_EARLY, "stream: OK", 8u << 20, REASON_ANTIVIRUS_ERROR},
		{"an answer without end", FLOODS, "", 10, REASON_ANTIVIRUS_SILENT},
		{"a byte now and then", DRIPS, "", 10, REASON_ANTIVIRUS_SILENT},
		{"two answers", ANSWERS_TWICE, "", 10, REASON_ANTIVIRUS_SILENT},
		{"no end of the answer", WITHOUT_NUL, "stream: OK", 10, REASON_ANTIVIRUS_SILENT},
		{"another answer", READS_ALL, "PONG", 10, REASON_ANTIVIRUS_ERROR},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct peer p = {.manner = rows[i].manner, .answer = rows[i].answer};
		int64_t ms;
		/* Those whom nothing but the deadline ends. */
		bool endless = rows[i].manner == SILENT || rows[i].manner == DEAF || rows[i].manner == DRIPS;
		struct clamd_verdict v = scan(&p, rows[i].size, endless ? DEADLINE_MS : PATIENCE_MS, &ms);
		buf_free(&p.got);
		if (v.reason != rows[i].reason || ms > DEADLINE_MS + SLACK_MS)
			fail_msg("%s: %s after %lld ms", rows[i].what, reason_code(v.reason), (long long)ms);
	}
}

/* zINSTREAM, chunks with their length, and a length of zero: all bytes, once, in order. */
static void the_framing(void **state)
{
	(void)state;
	const size_t sizes[] = {0, 1, LIMIT_CHUNK, LIMIT_CHUNK + 1, 3 * LIMIT_CHUNK};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct peer p = {.manner = READS_ALL, .answer = "stream: OK"};
		int64_t ms;
		size_t total = 0;
		assert_int_equal(scan(&p, sizes[i], PATIENCE_MS, &ms).reason, REASON_NONE);
		struct cursor c = cursor_on(buf_bytes(&p.got));
		assert_true(bytes_equal(cursor_take(&c, 10), BYTES("zINSTREAM\0")));
		for (uint32_t len; (len = cursor_u32(&c)) > 0; total += len)
			assert_true(len <= LIMIT_CHUNK && cursor_take(&c, len).len == len);
		assert_true(cursor_done(&c));
		assert_int_equal(total, sizes[i]);
		buf_free(&p.got);
	}
}

static void who_answers_is_there(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		enum manner manner;
		const char *answer;
		bool there;
	} rows[] = {
		{"PONG", PONGS, "PONG", true}, {"another word", PONGS, "PONG PONG", false}, {"nothing", DEAF, "", false}, {"hung up", CUTS, "", false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct peer p = {.manner = rows[i].manner, .answer = rows[i].answer};
		int ends[2];
		pthread_t thread;
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
		p.socket = ends[1];
		assert_int_equal(pthread_create(&thread, NULL, play, &p), 0);
		if (clamd_ping(ends[0], rows[i].manner == DEAF ? DEADLINE_MS : PATIENCE_MS) != rows[i].there)
			fail_msg("%s", rows[i].what);
		close(ends[0]);
		pthread_join(thread, NULL);
	}
}

static void addresses_are_local(void **state)
{
	(void)state;
	static const struct {
		const char *address;
		bool good;
	} rows[] = {
		{"/run/clamav/clamd.ctl", true}, {"127.0.0.1:3310", false}, {"[::1]:3310", false}, {"", false}, {"clamd.ctl", false}, {"localhost:3310", false},
		{"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (clamd_is_address(rows[i].address) != rows[i].good)
			fail_msg("\"%s\"", rows[i].address);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_known_answers_are_verdicts), cmocka_unit_test(a_name_has_its_bound), cmocka_unit_test(peers_of_all_manners),
		cmocka_unit_test(the_framing), cmocka_unit_test(who_answers_is_there), cmocka_unit_test(addresses_are_local),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

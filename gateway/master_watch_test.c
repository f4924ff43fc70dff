/* gateway/master_watch_test.c - which change of which file is whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/master_watch.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char folder[64];

static const char *path_of(const char *name)
{
	static char paths[128][128];
	static size_t next;
	char *path = paths[next++ % COUNT(paths)];

	snprintf(path, sizeof paths[0], "%s/%s", folder, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void set_time(const char *name, time_t seconds)
{
	const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

	assert_int_equal(utimensat(AT_FDCWD, path_of(name), times, 0), 0);
}

static struct config config_here(void)
{
	struct config c = {0};

	c.inspect.anchors = path_of("smime.pem");
	c.inspect.crls = c.receiver.crls = c.collector.crls = path_of("crls");
	c.deliverer.crls = c.receiver.ocsp_staple = "";
	c.identity.introspection = "https://id.exemple.fr/introspect";
	c.identity.anchors = path_of("identity.pem");
	c.identity.secret_file = path_of("identity.secret");
	c.receiver.client_anchors = c.collector.anchors = c.deliverer.anchors = path_of("tls.pem");
	c.receiver.certificate = path_of("server.pem");
	c.receiver.key = path_of("server.key");
	c.collector.certificate = c.deliverer.certificate = path_of("client.pem");
	c.collector.key = path_of("collector.key");
	c.deliverer.key = path_of("deliverer.key");
	c.signer.certificate = path_of("seal.pem");
	c.signer.key = path_of("seal.key");
	c.signer.certificate_next = path_of("seal-next.pem");
	c.signer.key_next = path_of("seal-next.key");
	c.opener.certificate = path_of("opening.pem");
	c.opener.key = path_of("opening.key");
	c.opener.certificate_next = c.opener.key_next = "";
	return c;
}

static int set_up(void **state)
{
	static const char *const files[] = {"smime.pem", "tls.pem", "server.pem", "server.key", "client.pem", "collector.key", "deliverer.key",
					    "seal.pem", "seal.key", "seal-next.pem", "seal-next.key", "opening.pem", "opening.key", "crls/a.pem", "crls/b.pem", "identity.pem", "identity.secret"};

	(void)state;
	memcpy(folder, "/tmp/watch_testXXXXXX", sizeof "/tmp/watch_testXXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(mkdir(path_of("crls"), 0700), 0);
	for (size_t i = 0; i < COUNT(files); i++) {
		write_file(files[i], "one");
		set_time(files[i], 1000);
	}
	return 0;
}

static int tear_down(void **state)
{
	char line[100];

	(void)state;
	snprintf(line, sizeof line, "rm -r '%s'", folder);
	return system(line);
}

static void other_content(void) { write_file("crls/a.pem", "other"); }
static void same_size_later(void) { set_time("crls/b.pem", 2000); }
static void one_more(void) { write_file("crls/c.pem", "three"); }
static void one_less(void) { unlink(path_of("crls/a.pem")); }
static void other_name(void) { assert_int_equal(rename(path_of("crls/b.pem"), path_of("crls/d.pem")), 0); }
static void hidden(void) { write_file("crls/.c.pem.new", "half"); }
static void nothing(void) {}
static void mail_anchors(void) { write_file("smime.pem", "others"); }
static void peers_anchors(void) { write_file("tls.pem", "others"); }
static void anchors_gone(void) { unlink(path_of("tls.pem")); }
static void server_certificate(void) { write_file("server.pem", "other"); }
static void server_key(void) { write_file("server.key", "other"); }
static void client_certificate(void) { write_file("client.pem", "other"); }
static void collector_key(void) { write_file("collector.key", "other"); }
static void token_anchors(void) { write_file("identity.pem", "other"); }
static void token_secret(void) { write_file("identity.secret", "other"); }
static void seal(void) { write_file("seal.pem", "other"); }
static void next_seal(void) { write_file("seal-next.pem", "other"); }
static void opening_key(void) { write_file("opening.key", "other"); }
static void folder_gone(void)
{
	assert_int_equal(rename(path_of("crls"), path_of("crls.old")), 0);
}
/* As a careful hand does it: the new one beside, then over the old, with all its times. */
static void replaced(void)
{
	write_file("new", "two");
	set_time("new", 1000);
	assert_int_equal(rename(path_of("new"), path_of("server.pem")), 0);
}

#define V (1 << INSTANCE_VERIFY)
#define R (1 << INSTANCE_RECEIVER)
#define C (1 << INSTANCE_COLLECTOR)
#define D (1 << INSTANCE_DELIVERER)
#define S (1 << INSTANCE_SIGNER)
#define O (1 << INSTANCE_OPENER)

static void test_changes(void **state)
{
	static const struct {
		const char *what;
		void (*change)(void);
		int renew, restart;
	} rows[] = {
		{"nothing", nothing, 0, 0},
		{"a list has another content", other_content, V | R | C, 0},
		{"a list of the same size is newer", same_size_later, V | R | C, 0},
		{"a list more", one_more, V | R | C, 0},
		{"a list less", one_less, V | R | C, 0},
		{"a list under another name", other_name, V | R | C, 0},
		{"a hidden file", hidden, 0, 0},
		{"anchors of mail", mail_anchors, V, 0},
		{"anchors of peers", peers_anchors, R | C | D, 0},
		{"anchors that are gone", anchors_gone, R | C | D, 0},
		{"the server's certificate", server_certificate, 0, R},
		{"the server's key", server_key, 0, R},
		{"a certificate with the size and time of the old one", replaced, 0, R},
		{"the client's certificate", client_certificate, C | D, 0},
		{"one client's key", collector_key, C, 0},
		{"anchors of the identity provider", token_anchors, 0, R},
		{"our secret there", token_secret, 0, R},
		{"the seal", seal, 0, S},
		{"the seal beside it", next_seal, 0, S},
		{"the key that opens", opening_key, 0, O},
		{"the folder of lists is gone", folder_gone, V | R | C, 0},
	};
	struct config config = config_here();
	struct watch watch;

	(void)state;
	watch_open(&config, &watch);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int renew = 0, restart = 0;
		rows[i].change();
		bool changed = watch_look(&watch);
		struct watch_due due = watch_take(&watch);
		for (int user = 0; user < INSTANCE_USERS; user++) {
			renew |= due.renew[user] << user;
			restart |= due.restart[user] << user;
		}
		if (renew != rows[i].renew || restart != rows[i].restart)
			fail_msg("%s: renew %x, restart %x", rows[i].what, (unsigned)renew, (unsigned)restart);
		assert_int_equal(changed, (renew | restart) != 0);
		assert_int_equal(due.first != NULL, changed);
		assert_false(watch_look(&watch));
		assert_null(watch_take(&watch).first);
	}
}

/* What moves for several looks is due once, when it is taken. */
static void test_gathered(void **state)
{
	struct config config = config_here();
	struct watch watch;

	(void)state;
	write_file("server.pem", "again");
	watch_open(&config, &watch);
	write_file("server.pem", "another once");
	assert_true(watch_look(&watch));
	write_file("smime.pem", "another twice");
	assert_true(watch_look(&watch));
	assert_false(watch_look(&watch));
	struct watch_due due = watch_take(&watch);
	assert_true(due.restart[INSTANCE_RECEIVER] && due.renew[INSTANCE_VERIFY] && !due.renew[INSTANCE_RECEIVER]);
	assert_null(watch_take(&watch).first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_changes), cmocka_unit_test(test_gathered)};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* gateway/keeper_destroyed_test.c - the two lists of what was destroyed: one number a record, and neither forgets what the other knows. */
#include "gateway/keeper_destroyed.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const struct instant noon = {INT64_C(1795262400000000)}, later = {INT64_C(1795262401000000)};

struct lab {
	char root[64], paths[KEEPER_PLACES][96];
	struct keeper_destroyed d;
};

static void reopen(struct lab *l)
{
	const char *paths[KEEPER_PLACES] = {l->paths[0], l->paths[1]};
	keeper_destroyed_close(&l->d);
	assert_int_equal(keeper_destroyed_open(paths, 2, &l->d), REASON_NONE);
}

static void lab_make(struct lab *l)
{
	*l = (struct lab){.root = "/tmp/relais-list-XXXXXX"};
	assert_non_null(mkdtemp(l->root));
	for (size_t i = 0; i < KEEPER_PLACES; i++)
		snprintf(l->paths[i], sizeof l->paths[i], "%s/%zu", l->root, i);
	reopen(l);
}

static void lab_end(struct lab *l)
{
	keeper_destroyed_close(&l->d);
	for (size_t i = 0; i < KEEPER_PLACES; i++)
		unlink(l->paths[i]);
	rmdir(l->root);
}

/* How often that stands in one of the lists. */
static size_t times(struct lab *l, size_t place, const char *text)
{
	unsigned char whole[65536];
	int fd = open(l->paths[place], O_RDONLY);
	ssize_t len = read(fd, whole, sizeof whole);
	struct bytes all = {whole, len < 0 ? 0 : (size_t)len};
	size_t n = 0;

	close(fd);
	for (size_t at = 0; (at = bytes_find(all, bytes_of_text(text), at)) < all.len; at++)
		n++;
	return n;
}

/* The disk of that list is full while this lasts; gives what to put back. */
static int fill(struct lab *l, size_t place)
{
	int fd = l->d.lists[place].fd;
	l->d.lists[place].fd = open("/dev/full", O_WRONLY);
	return fd;
}

static void make_room(struct lab *l, size_t place, int fd)
{
	close(l->d.lists[place].fd);
	l->d.lists[place].fd = fd;
	l->d.lists[place].torn = false;
}

static void test_copy_full(void **state)
{
	(void)state;
	struct lab l;
	struct keeper_record a, b, again;

	lab_make(&l);
	int fd = fill(&l, 1);
	assert_int_equal(keeper_destroyed_add(&l.d, "dossier:A", "x", noon, &a), REASON_STORE_FULL);
	assert_int_equal(keeper_destroyed_add(&l.d, "dossier:B", "x", noon, &b), REASON_STORE_FULL);
	assert_true(a.n == 1 && b.n == 2 && l.d.highest == 2);
	assert_non_null(keeper_destroyed_find(&l.d, "dossier:A"));
	make_room(&l, 1, fd);
	/* Asked again: the same record, where it was missing. */
	assert_int_equal(keeper_destroyed_add(&l.d, "dossier:A", "y", later, &again), REASON_NONE);
	assert_true(again.n == 1 && again.at.us == noon.us);
	assert_true(times(&l, 0, "dossier:A") == 1 && times(&l, 1, "dossier:A") == 1 && times(&l, 1, "dossier:B") == 0);
	/* The next start carries what nobody asked for again. */
	reopen(&l);
	assert_true(times(&l, 1, "\"n\":2,\"name\":\"dossier:B\",\"by\":\"x\"") == 1 && times(&l, 0, "dossier:B") == 1);
	assert_int_equal(l.d.highest, 2);
	lab_end(&l);
}

static void test_first_full(void **state)
{
	(void)state;
	struct lab l;
	struct keeper_record a, b;

	lab_make(&l);
	int fd = fill(&l, 0);
	assert_int_equal(keeper_destroyed_add(&l.d, "dossier:A", "x", noon, &a), REASON_STORE_FULL);
	assert_null(keeper_destroyed_find(&l.d, "dossier:A"));
	make_room(&l, 0, fd);
	assert_int_equal(keeper_destroyed_add(&l.d, "dossier:B", "x", noon, &b), REASON_NONE);
	assert_int_not_equal(a.n, b.n);
	assert_null(keeper_destroyed_find(&l.d, "dossier:A"));
	lab_end(&l);
}

/* The line stands, and whether it is on disk is not known: it counts, and asked again it is the same. */
static void test_not_synced(void **state)
{
	(void)state;
	struct lab l;
	struct keeper_record a, again, b;
	int ends[2];

	lab_make(&l);
	assert_int_equal(pipe(ends), 0);             /* takes each line, and cannot be synced */
	int fd = l.d.lists[0].fd;
	l.d.lists[0].fd = ends[1];
	assert_int_equal(keeper_destroyed_add(&l.d, "dossier:A", "x", noon, &a), REASON_IO);
	assert_non_null(keeper_destroyed_find(&l.d, "dossier:A"));
	make_room(&l, 0, fd);
	assert_int_equal(keeper_destroyed_add(&l.d, "dossier:A", "y", later, &again), REASON_NONE);
	assert_true(again.n == a.n && again.at.us == noon.us);
	assert_true(times(&l, 0, "\"n\":1,\"name\":\"dossier:A\"") == 1 && times(&l, 1, "\"n\":1,\"name\":\"dossier:A\"") == 1);
	assert_int_equal(keeper_destroyed_add(&l.d, "dossier:B", "x", noon, &b), REASON_NONE);
	assert_int_equal(b.n, 2);
	close(ends[0]);
	lab_end(&l);
}

/* A folder that was lost and replaced by an empty one, whichever of the two. */
static void test_one_forgets(void **state)
{
	(void)state;
	struct lab l;
	struct keeper_record a, again;

	lab_make(&l);
	assert_int_equal(keeper_destroyed_add(&l.d, "dossier:A", "dpo", noon, &a), REASON_NONE);
	for (size_t i = 0; i < KEEPER_PLACES; i++) {
		unlink(l.paths[i]);
		reopen(&l);
		assert_int_equal(times(&l, i, "{\"at\":\"2026-11-21T12:00:00.000000Z\",\"n\":1,\"name\":\"dossier:A\",\"by\":\"dpo\""), 1);
		assert_int_equal(keeper_destroyed_add(&l.d, "dossier:A", "dpo", later, &again), REASON_NONE);
		assert_true(again.n == 1 && again.at.us == noon.us);
		assert_true(times(&l, 0, "dossier:A") == 1 && times(&l, 1, "dossier:A") == 1);
	}
	lab_end(&l);
}

/* Twenty years of erasures are read at each start. */
static void test_many(void **state)
{
	(void)state;
	struct lab l;
	size_t n;
	char name[32];

	lab_make(&l);
	for (size_t place = 0; place < KEEPER_PLACES; place++) {
		FILE *file = fopen(l.paths[place], "we");
		for (unsigned i = 1; i <= 50000; i++)
			fprintf(file, "{\"at\":\"2026-11-21T12:00:00.000000Z\",\"n\":%u,\"name\":\"dossier:%u\",\"by\":\"x\",\"previous\":\"00\"}\n", i, i * 7919 % 50021);
		fclose(file);
	}
	clock_t begun = clock();
	reopen(&l);
	double seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
	const struct keeper_record *all = keeper_destroyed_all(&l.d, &n);
	assert_true(n == 50000 && l.d.highest == 50000);
	for (size_t i = 1; i < n; i++)
		assert_true(memcmp(all[i - 1].mark, all[i].mark, KEEPER_MARK) < 0);
	for (unsigned i = 1; i <= 50000; i += 997) {
		snprintf(name, sizeof name, "dossier:%u", i * 7919 % 50021);
		const struct keeper_record *one = keeper_destroyed_find(&l.d, name);
		assert_true(one != NULL && one->n == i);
	}
	if (seconds > 10)
		fail_msg("%.1f s", seconds);
	lab_end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy_full),
		cmocka_unit_test(test_first_full),
		cmocka_unit_test(test_not_synced),
		cmocka_unit_test(test_one_forgets),
		cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gateway/keeper_keys_test.c - the folder of keys: made, found, mended from the copy, destroyed for good, whatever is cut short. */
#include "gateway/keeper_keys.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static const struct instant noon = {INT64_C(1795262400000000)};   /* 2026-11-21T12:00:00Z */

struct lab {
	char root[64];
	struct arena *arena;
	const char *folder, *copy, *master;
	struct keeper_keys *keys;
};

static void put(const char *path, const void *at, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0 && write(fd, at, len) == (ssize_t)len && close(fd) == 0);
}

static enum reason reopen(struct lab *l, const char *copy)
{
	const char *detail;

	keeper_keys_close(&l->keys);
	return keeper_keys_open(l->arena, l->folder, copy, l->master, &l->keys, &detail);
}

static struct lab lab_make(void)
{
	struct lab l = {.root = "/tmp/relais-keys-XXXXXX", .arena = arena_create(16u << 20)};
	unsigned char key[BODY_KEY];

	assert_non_null(mkdtemp(l.root));
	l.folder = arena_printf(l.arena, "%s/keys", l.root);
	l.copy = arena_printf(l.arena, "%s/copy", l.root);
	l.master = arena_printf(l.arena, "%s/master", l.root);
	assert_int_equal(mkdir(l.folder, 0711), 0);
	assert_int_equal(mkdir(l.copy, 0711), 0);
	memset(key, 7, sizeof key);
	put(l.master, key, sizeof key);
	assert_int_equal(reopen(&l, l.copy), REASON_NONE);
	return l;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
	(void)about;
	(void)kind;
	(void)where;
	return remove(path);
}

static void lab_end(struct lab *l)
{
	keeper_keys_close(&l->keys);
	nftw(l->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	arena_destroy(&l->arena);
}

/* The file of a key, by the rule that the manual gives. */
static const char *file_of(struct lab *l, const char *folder, const char *name)
{
	char hex[DIGEST_SHA256_TEXT];

	digest_sha256_text(bytes_of_text(name), hex);
	return arena_printf(l->arena, "%s/%.2s/%.32s.key", folder, hex, hex);
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* --- keys ------------------------------------------------------------------------ */

static void test_made_and_found(void **state)
{
	(void)state;
	struct lab l = lab_make();
	struct body_key one, again, other;

	assert_int_equal(keeper_keys_find(l.keys, "dossier:A", &one), REASON_KEEPER_KEY);
	assert_int_equal(keeper_keys_make(l.keys, "dossier:A", &one), REASON_NONE);
	assert_int_equal(keeper_keys_make(l.keys, "dossier:A", &again), REASON_NONE);
	assert_int_equal(keeper_keys_make(l.keys, "dossier:B", &other), REASON_NONE);
	assert_memory_equal(&one, &again, sizeof one);
	assert_memory_not_equal(&one, &other, sizeof one);
	assert_int_equal(reopen(&l, l.copy), REASON_NONE);
	assert_int_equal(keeper_keys_find(l.keys, "dossier:A", &again), REASON_NONE);
	assert_memory_equal(&one, &again, sizeof one);
	/* Whole in both places, nothing of it in clear. */
	for (int i = 0; i < 2; i++) {
		unsigned char file[BODY_UNDER_KEY + 1];
		int fd = open(file_of(&l, i == 0 ? l.folder : l.copy, "dossier:A"), O_RDONLY);
		assert_int_equal(read(fd, file, sizeof file), BODY_UNDER_KEY);
		close(fd);
		assert_true(bytes_find((struct bytes){file, BODY_UNDER_KEY}, (struct bytes){one.at, 8}, 0) == BODY_UNDER_KEY);
	}
	lab_end(&l);
}

/* What happens to the two files of one key, and what is found afterwards. */
enum harm { FINE, GONE, EMPTY, SHORT, OTHER };
static const struct {
	const char *name;
	enum harm folder, copy;
	enum reason found, made;
} harms[] = {
	{"both are as they were", FINE, FINE, REASON_NONE, REASON_NONE},
	{"the first is gone", GONE, FINE, REASON_NONE, REASON_NONE},
	{"the first is empty", EMPTY, FINE, REASON_NONE, REASON_NONE},
	{"the first is cut", SHORT, FINE, REASON_NONE, REASON_NONE},
	{"the first is another key's file", OTHER, FINE, REASON_NONE, REASON_NONE},
	{"the copy is gone", FINE, GONE, REASON_NONE, REASON_NONE},
	{"both are gone: there never was one", GONE, GONE, REASON_KEEPER_KEY, REASON_NONE},
	{"both are spoilt: nothing is put over them", SHORT, OTHER, REASON_KEEPER_KEY, REASON_KEEPER_KEY},
	{"one is spoilt, one is gone: nothing is put over it", EMPTY, GONE, REASON_KEEPER_KEY, REASON_KEEPER_KEY},
};

static void do_harm(struct lab *l, const char *folder, const char *name, enum harm harm)
{
	const char *path = file_of(l, folder, name), *strange = file_of(l, folder, "dossier:STRANGE");
	unsigned char bytes[BODY_UNDER_KEY];
	int fd;

	switch (harm) {
	case FINE:
		return;
	case GONE:
		assert_int_equal(unlink(path), 0);
		return;
	case EMPTY:
	case SHORT:
		assert_int_equal(truncate(path, harm == SHORT ? 59 : 0), 0);
		return;
	case OTHER:
		fd = open(strange, O_RDONLY);
		assert_int_equal(read(fd, bytes, sizeof bytes), sizeof bytes);
		close(fd);
		put(path, bytes, sizeof bytes);
	}
}

static void test_harm(void **state)
{
	(void)state;
	struct lab l = lab_make();
	struct body_key strange;

	assert_int_equal(keeper_keys_make(l.keys, "dossier:STRANGE", &strange), REASON_NONE);
	for (size_t i = 0; i < sizeof harms / sizeof harms[0]; i++) {
		const char *name = arena_printf(l.arena, "dossier:%zu", i);
		struct body_key before, after;
		assert_int_equal(keeper_keys_make(l.keys, name, &before), REASON_NONE);
		do_harm(&l, l.folder, name, harms[i].folder);
		do_harm(&l, l.copy, name, harms[i].copy);
		enum reason found = keeper_keys_find(l.keys, name, &after);
		if (found != harms[i].found || (found == REASON_NONE && memcmp(&before, &after, sizeof before) != 0))
			fail_msg("%s: found %s", harms[i].name, reason_code(found));
		enum reason made = keeper_keys_make(l.keys, name, &after);
		if (made != harms[i].made)
			fail_msg("%s: made %s", harms[i].name, reason_code(made));
	}
	lab_end(&l);
}

/* Without the second folder a key is not used: it could be lost with the first. */
static void test_copy_missing(void **state)
{
	(void)state;
	struct lab l = lab_make();
	struct body_key key;

	assert_int_equal(rename(l.copy, arena_printf(l.arena, "%s.away", l.copy)), 0);
	assert_int_not_equal(keeper_keys_make(l.keys, "dossier:A", &key), REASON_NONE);
	assert_false(is_there(file_of(&l, l.folder, "dossier:A")));
	assert_int_equal(reopen(&l, l.copy), REASON_CONFIG_VALUE);
	assert_int_equal(reopen(&l, ""), REASON_NONE);
	assert_int_equal(keeper_keys_make(l.keys, "dossier:A", &key), REASON_NONE);
	lab_end(&l);
}

/* A disk was lost and replaced by an empty one, whichever of the two: all of it is there again after a start, but what was destroyed. */
static void test_empty_disk(void **state)
{
	(void)state;
	struct lab l = lab_make();
	struct keeper_record record;
	struct body_key key, again;

	assert_int_equal(keeper_keys_make(l.keys, "dossier:GONE", &key), REASON_NONE);
	assert_int_equal(keeper_keys_destroy(l.keys, "dossier:GONE", "officer", noon, &record), REASON_NONE);
	assert_int_equal(keeper_keys_make(l.keys, "dossier:A", &key), REASON_NONE);
	for (int i = 0; i < 2; i++) {
		const char *lost = i == 0 ? l.folder : l.copy, *other = i == 0 ? l.copy : l.folder;
		unsigned char bytes[BODY_UNDER_KEY] = {1};
		nftw(lost, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		assert_int_equal(mkdir(lost, 0711), 0);
		/* The one that is left was put back from before the destruction. */
		put(file_of(&l, other, "dossier:GONE"), bytes, sizeof bytes);
		assert_int_equal(reopen(&l, l.copy), REASON_NONE);
		assert_true(is_there(file_of(&l, l.folder, "dossier:A")) && is_there(file_of(&l, l.copy, "dossier:A")));
		assert_false(is_there(file_of(&l, l.folder, "dossier:GONE")) || is_there(file_of(&l, l.copy, "dossier:GONE")));
		assert_int_equal(keeper_keys_find(l.keys, "dossier:A", &again), REASON_NONE);
		assert_memory_equal(&key, &again, sizeof key);
	}
	lab_end(&l);
}

/* --- destruction --------------------------------------------------------------------- */

static void test_destroyed(void **state)
{
	(void)state;
	struct lab l = lab_make();
	struct keeper_record first, again, second;
	struct body_key key;

	assert_int_equal(keeper_keys_make(l.keys, "dossier:A", &key), REASON_NONE);
	assert_int_equal(keeper_keys_destroy(l.keys, "dossier:A", "officer", noon, &first), REASON_NONE);
	assert_int_equal(first.n, 1);
	assert_false(is_there(file_of(&l, l.folder, "dossier:A")) || is_there(file_of(&l, l.copy, "dossier:A")));
	for (int start = 0; start < 2; start++) {
		assert_int_equal(keeper_keys_find(l.keys, "dossier:A", &key), REASON_KEEPER_ERASED);
		assert_int_equal(keeper_keys_make(l.keys, "dossier:A", &key), REASON_KEEPER_ERASED);
		assert_int_equal(keeper_keys_destroy(l.keys, "dossier:A", "somebody else", (struct instant){noon.us + 1}, &again), REASON_NONE);
		assert_true(again.n == 1 && again.at.us == noon.us);
		assert_int_equal(reopen(&l, l.copy), REASON_NONE);
	}
	/* One that never was. */
	assert_int_equal(keeper_keys_destroy(l.keys, "dossier:B", "officer", noon, &second), REASON_NONE);
	assert_int_equal(second.n, 2);
	assert_int_equal(keeper_keys_make(l.keys, "dossier:B", &key), REASON_KEEPER_ERASED);
	assert_int_equal(keeper_keys_destroyed(l.keys), 2);
	lab_end(&l);
}

/* A rename that failed left a whole key beside its place: it goes with the other, at once and at the next start. */
static void test_beside(void **state)
{
	(void)state;
	struct lab l = lab_make();
	struct keeper_record record;
	struct body_key key;

	assert_int_equal(keeper_keys_make(l.keys, "dossier:A", &key), REASON_NONE);
	for (int i = 0; i < 2; i++) {
		const char *beside = arena_printf(l.arena, "%s.new", file_of(&l, i == 0 ? l.folder : l.copy, "dossier:A"));
		unsigned char bytes[BODY_UNDER_KEY] = {1};
		put(beside, bytes, sizeof bytes);
		assert_int_equal(keeper_keys_destroy(l.keys, "dossier:A", "officer", noon, &record), REASON_NONE);
		assert_false(is_there(beside));
		put(beside, bytes, sizeof bytes);
		assert_int_equal(reopen(&l, l.copy), REASON_NONE);
		assert_false(is_there(beside));
	}
	lab_end(&l);
}

/* Written in one of the two lists, and then the power went: whichever it was, the files go at the next start, even when a backup of
 * the folder had put one back. */
static void test_destruction_cut(void **state)
{
	(void)state;
	struct lab l = lab_make();
	struct body_key key;
	static const char line[] = "{\"at\":\"2026-11-21T12:00:00.000000Z\",\"n\":1,\"name\":\"dossier:A\",\"by\":\"x\",\"previous\":\"00\"}\n{\"at\":\"2026-11";

	for (int i = 0; i < 2; i++) {
		const char *list = arena_printf(l.arena, "%s/destroyed.jsonl", i == 0 ? l.folder : l.copy), *name = "dossier:A";
		assert_int_equal(keeper_keys_make(l.keys, name, &key), REASON_NONE);
		put(list, line, sizeof line - 1);
		assert_int_equal(reopen(&l, l.copy), REASON_NONE);
		assert_false(is_there(file_of(&l, l.folder, name)) || is_there(file_of(&l, l.copy, name)));
		assert_int_equal(keeper_keys_find(l.keys, name, &key), REASON_KEEPER_ERASED);
		/* Both lists have it now: the next round begins with empty ones. */
		for (int each = 0; each < 2; each++)
			put(arena_printf(l.arena, "%s/destroyed.jsonl", each == 0 ? l.folder : l.copy), "", 0);
		assert_int_equal(reopen(&l, l.copy), REASON_NONE);
	}
	lab_end(&l);
}

/* --- the pair of intake ------------------------------------------------------------------ */

static void test_intake(void **state)
{
	(void)state;
	struct lab l = lab_make();
	struct keeper_intake made;
	struct keeper_public seen;
	struct body_key half, key, out;
	unsigned char sealed[BODY_TO_PUBLIC];
	const struct body_bound bound = {{1}};

	assert_int_equal(keeper_keys_intake(l.keys)->number, 0);
	assert_int_equal(keeper_public_read(l.folder, &seen), REASON_KEEPER_KEY);
	assert_int_equal(keeper_keys_intake_make(l.keys, 6, noon, &made), REASON_NONE);
	assert_int_equal(made.number, 7);
	/* Not published yet: nobody knows of it. */
	assert_int_equal(keeper_public_read(l.folder, &seen), REASON_KEEPER_KEY);
	assert_int_equal(keeper_keys_intake_publish(l.keys, &made), REASON_NONE);
	assert_int_equal(keeper_public_read(l.folder, &seen), REASON_NONE);
	assert_string_equal(seen.name, "intake:7");
	assert_int_equal(body_key_make(&key), REASON_NONE);
	assert_int_equal(body_key_seal(&key, seen.at, &bound, sealed), REASON_NONE);
	/* Found again by the next start, from the copy alone, too. */
	assert_int_equal(unlink(arena_printf(l.arena, "%s/intake.pub", l.folder)), 0);
	assert_int_equal(reopen(&l, l.copy), REASON_NONE);
	assert_int_equal(keeper_public_read(l.folder, &seen), REASON_NONE);
	assert_true(keeper_keys_intake(l.keys)->number == 7 && keeper_keys_intake(l.keys)->made.us == noon.us);
	assert_int_equal(keeper_keys_find(l.keys, "intake:7", &half), REASON_NONE);
	assert_int_equal(body_key_open((struct bytes){sealed, sizeof sealed}, &half, &bound, &out), REASON_NONE);
	assert_memory_equal(&out, &key, sizeof key);
	assert_int_equal(keeper_keys_intake_make(l.keys, 0, noon, &made), REASON_NONE);
	assert_int_equal(made.number, 8);
	/* Another master key is not the one of this folder. */
	put(l.master, "0123456789abcdef0123456789abcdef", BODY_KEY);
	assert_int_equal(reopen(&l, l.copy), REASON_CONFIG_VALUE);
	lab_end(&l);
}

static struct keeper_intake intake_after(struct lab *l, uint64_t above)
{
	struct keeper_intake made;

	assert_int_equal(keeper_keys_intake_make(l->keys, above, noon, &made), REASON_NONE);
	return made;
}

static void publish(struct lab *l, uint64_t above)
{
	struct keeper_intake made = intake_after(l, above);
	assert_int_equal(keeper_keys_intake_publish(l->keys, &made), REASON_NONE);
}

/* A folder and a database of before: later numbers were destroyed since, or their private halves are there and open what a later database has. */
static void test_intake_numbers_are_used_once(void **state)
{
	(void)state;
	struct lab l = lab_make();
	struct keeper_record record;
	struct body_key real, now;

	publish(&l, 6);
	assert_int_equal(keeper_keys_destroy(l.keys, "intake:8", "keeper", noon, &record), REASON_NONE);
	assert_int_equal(keeper_keys_make(l.keys, "intake:9", &real), REASON_NONE);
	assert_int_equal(unlink(file_of(&l, l.folder, "intake:9")), 0);
	struct keeper_intake made = intake_after(&l, 7);
	assert_int_equal(made.number, 10);
	/* Not published, the database being away: the same is given, and no second one is made. */
	assert_int_equal(intake_after(&l, 7).number, 10);
	assert_memory_equal(intake_after(&l, 7).key.at, made.key.at, BODY_KEY);
	/* Written in the database, but the disk that it is published on is full: the same. */
	assert_int_equal(intake_after(&l, 10).number, 10);
	assert_memory_equal(intake_after(&l, 10).key.at, made.key.at, BODY_KEY);
	assert_int_equal(intake_after(&l, 11).number, 12);
	assert_int_equal(keeper_keys_find(l.keys, "intake:9", &now), REASON_NONE);
	assert_memory_equal(&real, &now, sizeof real);
	assert_int_equal(keeper_keys_find(l.keys, "intake:8", &now), REASON_KEEPER_ERASED);
	lab_end(&l);
}

/* The folder was put back from before, the copy is of today: the pair of today is in use again, for all who read the folder, too. */
static void test_intake_of_the_copy(void **state)
{
	(void)state;
	struct lab l = lab_make();
	struct keeper_public seen;
	char old[256];

	publish(&l, 6);
	int fd = open(arena_printf(l.arena, "%s/intake.pub", l.folder), O_RDONLY);
	ssize_t len = read(fd, old, sizeof old);
	close(fd);
	publish(&l, 24);
	put(arena_printf(l.arena, "%s/intake.pub", l.folder), old, (size_t)len);
	assert_int_equal(unlink(file_of(&l, l.folder, "intake:25")), 0);
	assert_int_equal(reopen(&l, l.copy), REASON_NONE);
	assert_int_equal(keeper_keys_intake(l.keys)->number, 25);
	assert_int_equal(keeper_public_read(l.folder, &seen), REASON_NONE);
	assert_string_equal(seen.name, "intake:25");
	lab_end(&l);
}

/* The list is of today, the folder of before: the pair that was in use then is destroyed. No reason not to start. */
static void test_intake_destroyed_since(void **state)
{
	(void)state;
	struct lab l = lab_make();
	struct keeper_record record;

	publish(&l, 6);
	assert_int_equal(keeper_keys_destroy(l.keys, "intake:7", "keeper", noon, &record), REASON_NONE);
	assert_int_equal(reopen(&l, l.copy), REASON_NONE);
	assert_int_equal(keeper_keys_intake(l.keys)->number, 0);
	assert_int_equal(intake_after(&l, 0).number, 8);
	lab_end(&l);
}

/* --- the master key ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	size_t len;
	mode_t mode;
	enum reason opens;
} masters[] = {
	{"32 bytes, its owner's", 32, 0400, REASON_NONE},
	{"the owner may write it", 32, 0600, REASON_NONE},
	{"others may read it", 32, 0404, REASON_CONFIG_VALUE},
	{"its group may read it", 32, 0440, REASON_CONFIG_VALUE},
	{"hexadecimal digits", 64, 0400, REASON_CONFIG_VALUE},
	{"a line end behind it", 33, 0400, REASON_CONFIG_VALUE},
	{"cut", 31, 0400, REASON_CONFIG_VALUE},
	{"empty", 0, 0400, REASON_CONFIG_VALUE},
};

static void test_master(void **state)
{
	(void)state;
	struct lab l = lab_make();
	char digits[64];

	memset(digits, '7', sizeof digits);
	for (size_t i = 0; i < sizeof masters / sizeof masters[0]; i++) {
		put(l.master, digits, masters[i].len);
		assert_int_equal(chmod(l.master, masters[i].mode), 0);
		enum reason reason = reopen(&l, l.copy);
		if (reason != masters[i].opens)
			fail_msg("%s: %s", masters[i].name, reason_code(reason));
	}
	lab_end(&l);
}

static const struct {
	const char *name, *text;
	bool good;
} publics[] = {
	{"as the keeper writes it", "intake:7 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 2026-11-21T12:00:00Z\n", true},
	{"a digit is missing", "intake:7 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1 2026-11-21T12:00:00Z\n", false},
	{"a letter that is no digit", "intake:7 g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 2026-11-21T12:00:00Z\n", false},
	{"no name", " 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 2026-11-21T12:00:00Z\n", false},
	{"cut", "intake:7", false},
	{"empty", "", false},
};

static void test_public_file(void **state)
{
	(void)state;
	struct keeper_public out;

	for (size_t i = 0; i < sizeof publics / sizeof publics[0]; i++)
		if (keeper_public_parse(bytes_of_text(publics[i].text), &out) != publics[i].good)
			fail_msg("%s", publics[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_and_found),  cmocka_unit_test(test_harm),   cmocka_unit_test(test_copy_missing),
		cmocka_unit_test(test_destroyed),       cmocka_unit_test(test_destruction_cut), cmocka_unit_test(test_intake),
		cmocka_unit_test(test_public_file),     cmocka_unit_test(test_beside), cmocka_unit_test(test_empty_disk),
		cmocka_unit_test(test_intake_numbers_are_used_once), cmocka_unit_test(test_intake_of_the_copy), cmocka_unit_test(test_intake_destroyed_since), cmocka_unit_test(test_master),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

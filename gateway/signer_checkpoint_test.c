/* gateway/signer_checkpoint_test.c - what the signer says of trail and journals, and what it does not seal. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/journal_chain.h"
#include "gateway/json_view.h"
#include "gateway/signer_checkpoint.h"

#define LINK BYTES_OF("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")

static void what_is_sealed_and_what_is_not(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct bytes link, before;
		int64_t number, position;
		struct checkpoint_last last;
		bool good;
		int64_t lost;
	} cases[] = {
		{"the first one", LINK, BYTES_OF(""), 1, 10, {0, 0}, true, 0},
		{"of an empty trail", LINK, BYTES_OF(""), 1, 0, {0, 0}, true, 0},
		{"behind another", LINK, BYTES_OF("{\"checkpoint\":1,\"trail\":{\"position\":9}}"), 2, 10, {1, 9}, true, 0},
		{"nothing new", LINK, BYTES_OF("{\"checkpoint\":1,\"trail\":{\"position\":10}}"), 2, 10, {1, 10}, true, 0},
		{"shorter than the last one says", LINK, BYTES_OF("{\"checkpoint\":1,\"trail\":{\"position\":11}}"), 2, 10, {0, 0}, false, 0},
		{"shorter than the journal says, and the database does not", LINK, BYTES_OF(""), 2, 10, {1, 11}, false, 0},
		{"shorter, and the chain tells of a restore that left the last one behind", LINK, BYTES_OF("{\"checkpoint\":1,\"trail\":{\"position\":5}}"), 9, 10, {8, 11}, true, 8},
		{"shorter, and the chain tells of an older restore", LINK, BYTES_OF("{\"checkpoint\":1,\"trail\":{\"position\":5}}"), 9, 10, {8, 11}, false, 7},
		{"once more, after a crash before the database knew", LINK, BYTES_OF("{\"checkpoint\":1,\"trail\":{\"position\":9}}"), 2, 10, {2, 10}, true, 0},
		{"a number that the journal has passed", LINK, BYTES_OF("{\"checkpoint\":1,\"trail\":{\"position\":9}}"), 2, 12, {3, 11}, false, 3},
		{"the number of one that is sealed", LINK, BYTES_OF("{\"checkpoint\":2,\"trail\":{\"position\":9}}"), 2, 10, {1, 9}, false, 0},
		{"the one before is no JSON", LINK, BYTES_OF("{\"checkpoint\":1"), 2, 10, {1, 9}, false, 0},
		{"the one before is a text", LINK, BYTES_OF("\"x\""), 2, 10, {1, 9}, false, 0},
		{"a link that is too short", BYTES_OF("00"), BYTES_OF(""), 1, 10, {0, 0}, false, 0},
		{"a link with quotes in it", BYTES_OF("\"\"112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"), BYTES_OF(""), 1, 10, {0, 0}, false, 0},
		{"a link in capitals", BYTES_OF("00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"), BYTES_OF(""), 1, 10, {0, 0}, false, 0},
		{"no number", LINK, BYTES_OF(""), 0, 10, {0, 0}, false, 0},
		{"a position below nothing", LINK, BYTES_OF(""), 1, -1, {0, 0}, false, 0},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct checkpoint_facts facts = {.number = cases[i].number, .node = "mx", .position = cases[i].position, .link = cases[i].link, .before = cases[i].before,
							.lost = cases[i].lost};
		const char *trouble = checkpoint_check(&facts, &cases[i].last);
		if ((trouble == NULL) != cases[i].good)
			fail_msg("%s: %s", cases[i].what, trouble == NULL ? "it would be sealed" : trouble);
	}
}

struct files {
	char journal[40], other[40];
};

static int make(void **state)
{
	static struct files f;
	strcpy(f.journal, "/tmp/relais-signer-XXXXXX");
	strcpy(f.other, "/tmp/relais-other-XXXXXX");
	close(mkstemp(f.journal));
	close(mkstemp(f.other));
	*state = &f;
	return 0;
}

static int drop(void **state)
{
	struct files *f = *state;
	unlink(f->journal);
	return unlink(f->other);
}

static json_t *statement(struct chain_journal *j, struct signer_heads *heads, struct bytes before)
{
	struct arena *arena = arena_create(1 << 20);
	const struct checkpoint_facts facts = {.number = 3, .at = {INT64_C(1795305600000000)}, .node = "mx.exemple", .position = 12, .waiting = 2, .link = LINK, .before = before};

	assert_int_equal(signer_heads_read(heads), REASON_NONE);
	struct bytes text = checkpoint_statement(arena, &facts, j, heads);
	assert_true(bytes_starts(text, BYTES("{\"checkpoint\":3,")) && bytes_ends(text, BYTES("}\n")));
	json_t *told = json_read(text);
	assert_non_null(told);
	arena_destroy(&arena);
	return told;
}

static void write_more(int file, const char *text)
{
	assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
}

/* What a journal's head says is what sha256sum says of its first bytes, look after look. */
static void a_statement_tells_how_far_the_journals_are(void **state)
{
	struct files *f = *state;
	struct chain_journal j;
	struct signer_heads heads = {.n = 1};
	int other = open(f->other, O_RDWR | O_APPEND | O_CLOEXEC);
	char wanted[DIGEST_SHA256_TEXT];

	heads.list[0] = (struct signer_head){.name = "receiver", .fd = other, .run = digest_start()};
	assert_int_equal(chain_journal_open(f->journal, &j), REASON_NONE);
	static const char *const written[] = {"one\n", "one\ntwo\n", "one\ntwo\n"};
	for (size_t i = 0; i < 3; i++) {
		if (i < 2)
			write_more(other, i == 0 ? "one\n" : "two\n");
		json_t *told = statement(&j, &heads, i == 0 ? BYTES_NONE : BYTES("before\n"));
		const json_t *head = json_array_get(json_object_get(told, "journals"), 0);
		digest_sha256_text(bytes_of_text(written[i]), wanted);
		assert_int_equal(json_integer_value(json_object_get(head, "size")), strlen(written[i]));
		assert_string_equal(json_string_value(json_object_get(head, "digest")), wanted);
		if (i > 0)
			digest_sha256_text(BYTES("before\n"), wanted);
		else
			memset(wanted, '0', sizeof wanted - 1);
		assert_string_equal(json_string_value(json_object_get(told, "before")), wanted);
		assert_int_equal(json_integer_value(json_object_get(json_object_get(told, "trail"), "waiting")), 2);
		json_decref(told);
	}
	/* Cut shorter by somebody: nothing is sealed over that. */
	assert_int_equal(ftruncate(other, 3), 0);
	assert_int_equal(signer_heads_read(&heads), REASON_IO);
	chain_journal_close(&j);
	close(other);
}

struct seen {
	size_t lines, chained;
};

static void see(void *context, const struct journal_line *line)
{
	struct seen *s = context;
	s->lines++;
	s->chained += journal_chained(line);
}

/* A checkpoint is a line of the same chain as the seals, and the next statement tells it. */
static void a_checkpoint_is_a_line_of_the_chain(void **state)
{
	struct files *f = *state;
	static const unsigned char digest[DIGEST_SHA256] = {5};
	struct chain_journal j;
	struct signer_heads none = {.n = 0};
	struct seen seen = {0};
	const struct signer_entry seal = {{0}, 7, digest, digest, BYTES("ab12")};
	const struct signer_checkpoint_entry point = {{0}, 1, 10, digest, BYTES("ab12")};

	assert_int_equal(truncate(f->journal, 0), 0);
	assert_int_equal(chain_journal_open(f->journal, &j), REASON_NONE);
	assert_int_equal(signer_journal_add(&j, &seal), REASON_NONE);
	assert_int_equal(signer_journal_add_checkpoint(&j, &point), REASON_NONE);
	json_t *told = statement(&j, &none, BYTES_NONE);
	assert_string_equal(json_string_value(json_object_get(json_object_get(told, "signer"), "last")), j.previous);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(told, "signer"), "size")), lseek(j.fd, 0, SEEK_END));
	json_decref(told);
	assert_int_equal(signer_journal_add(&j, &seal), REASON_NONE);
	chain_journal_close(&j);
	/* What a signer that was started again begins with. */
	struct checkpoint_last last;
	assert_int_equal(checkpoint_last_read(f->journal, &last), REASON_NONE);
	assert_true(last.number == 1 && last.position == 10);
	assert_int_equal(checkpoint_last_read("/nowhere/at/all", &last), REASON_NONE);
	assert_true(last.number == 0 && last.position == 0);
	assert_int_equal(journal_lines(f->journal, see, &seen), REASON_NONE);
	assert_int_equal(seen.lines, 3);
	assert_int_equal(seen.chained, 3);
}

/* Descriptors are counted from the first on; what is no regular file is none of a journal's. */
static void handed_journals_are_named(void **state)
{
	struct files *f = *state;
	int file = open(f->other, O_RDONLY | O_CLOEXEC), ends[2];
	char option[] = "--journal", name[] = "receiver", odd[] = "--else";
	char *good[] = {option, name}, *wrong[] = {odd, name}, *alone[] = {option};
	struct signer_heads heads;

	assert_int_equal(pipe(ends), 0);
	assert_true(signer_heads_open(2, good, file, &heads) && heads.n == 1 && strcmp(heads.list[0].name, "receiver") == 0);
	assert_true(signer_heads_open(0, NULL, 3, &heads) && heads.n == 0);
	assert_false(signer_heads_open(2, wrong, file, &heads));
	assert_false(signer_heads_open(1, alone, file, &heads));
	assert_false(signer_heads_open(2, good, ends[0], &heads));
	close(file);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_and_what_is_not),
		cmocka_unit_test_setup_teardown(a_statement_tells_how_far_the_journals_are, make, drop),
		cmocka_unit_test_setup_teardown(a_checkpoint_is_a_line_of_the_chain, make, drop),
		cmocka_unit_test_setup_teardown(handed_journals_are_named, make, drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

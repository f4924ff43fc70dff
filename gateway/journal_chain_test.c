/* gateway/journal_chain_test.c - lines, pieces that crashes left, and the chain that they form. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "gateway/journal_chain.h"

struct seen {
	size_t lines, whole, chained;
	uint64_t end;
};

static void see(void *context, const struct journal_line *line)
{
	struct seen *s = context;
	s->lines++;
	s->whole += journal_whole(line->text);
	s->chained += journal_chained(line);
	s->end = line->end;
}

static enum reason read_text(struct bytes text, struct seen *seen)
{
	char path[] = "/tmp/relais-chain-XXXXXX";
	int file = mkstemp(path);

	*seen = (struct seen){0};
	assert_int_equal(write(file, text.at, text.len), (ssize_t)text.len);
	close(file);
	enum reason reason = journal_lines(path, see, seen);
	unlink(path);
	return reason;
}

/* A line that names the one before it; piece: what a crash left stands between the two. */
static void add_line(struct buf *b, const char *what, char previous[DIGEST_SHA256_TEXT])
{
	size_t start = b->len;
	buf_printf(b, "{\"x\":\"%s\",\"previous\":\"%s\"}", what, previous);
	digest_sha256_text(bytes_from(buf_bytes(b), start), previous);
	buf_text(b, "\n");
}

static void a_chain_holds_until_somebody_touches_it(void **state)
{
	(void)state;
	struct buf b = buf_make(4096), piece = buf_make(4096);
	char previous[DIGEST_SHA256_TEXT];
	struct seen seen;

	memset(previous, '0', sizeof previous - 1);
	previous[sizeof previous - 1] = '\0';
	for (int i = 0; i < 4; i++)
		add_line(&b, i % 2 ? "odd" : "even", previous);
	assert_int_equal(read_text(buf_bytes(&b), &seen), REASON_NONE);
	assert_true(seen.lines == 4 && seen.chained == 4 && seen.end == b.len);

	/* The piece of a line is named by the next like any other. */
	buf_add(&piece, buf_bytes(&b));
	buf_text(&piece, "{\"x\":\"cut");
	digest_sha256_text(BYTES("{\"x\":\"cut"), previous);
	buf_text(&piece, "\n");
	add_line(&piece, "after", previous);
	assert_int_equal(read_text(buf_bytes(&piece), &seen), REASON_NONE);
	assert_true(seen.lines == 6 && seen.whole == 5 && seen.chained == 5);

	for (size_t i = 0; i < b.len; i += 7) {   /* a byte altered breaks the chain at it or behind it, but in the last line's content */
		b.data[i] ^= 1;
		assert_int_equal(read_text(buf_bytes(&b), &seen), REASON_NONE);
		assert_true(seen.chained < 4 || i > b.len - 90);
		b.data[i] ^= 1;
	}
	struct bytes without_first = bytes_from(buf_bytes(&b), bytes_find_byte(buf_bytes(&b), '\n', 0) + 1);
	assert_int_equal(read_text(without_first, &seen), REASON_NONE);
	assert_int_equal(seen.chained, 2);   /* the first is not chained to nothing; the others are to one another */
	buf_free(&b);
	buf_free(&piece);
}

static void what_is_odd_is_told(void **state)
{
	(void)state;
	static unsigned char long_line[JOURNAL_LINE + 10];
	struct seen seen;

	memset(long_line, 'x', sizeof long_line);
	assert_int_equal(journal_lines("/tmp/relais-there-is-no-such-journal", see, &seen), REASON_NOT_FOUND);
	assert_int_equal(read_text((struct bytes){long_line, sizeof long_line}, &seen), REASON_RULE_SIZE);
	assert_int_equal(read_text(BYTES(""), &seen), REASON_NONE);
	assert_int_equal(seen.lines, 0);
	assert_int_equal(read_text(BYTES("a\n\nb"), &seen), REASON_NONE);
	assert_true(seen.lines == 3 && seen.whole == 0 && seen.end == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_holds_until_somebody_touches_it),
		cmocka_unit_test(what_is_odd_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

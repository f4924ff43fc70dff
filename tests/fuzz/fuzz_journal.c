/* tests/fuzz/fuzz_journal.c - any bytes as a journal, and as the statement of the checkpoint before.
 *
 * Whatever comes: no crash; lines are those between line ends, in order, and a line that is chained names the one before it. */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <stdio.h>
#include <unistd.h>

#include "gateway/journal_chain.h"
#include "gateway/signer_checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t lines, end;
	char before[DIGEST_SHA256_TEXT];
};

static void look(void *context, const struct journal_line *line)
{
	struct seen *s = context;
	char digest[DIGEST_SHA256_TEXT];

	digest_sha256_text(line->text, digest);
	assert(line->number == ++s->lines && line->end >= s->end + line->text.len && strcmp(line->digest, digest) == 0);
	assert(s->lines == 1 || strcmp(line->before, s->before) == 0);
	if (journal_chained(line))
		assert(journal_whole(line->text) && bytes_contains(line->text, bytes_of_text(line->before)));
	s->end = line->end;
	memcpy(s->before, line->digest, sizeof s->before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = {0};
	struct bytes all = {data, size};
	char path[64];
	int file = memfd_create("journal", MFD_CLOEXEC);
	const struct checkpoint_facts facts = {.number = 7, .node = "mx", .position = 9, .link = BYTES("0000000000000000000000000000000000000000000000000000000000000000"),
					       .before = all};

	if (file < 0 || write(file, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	enum reason reason = journal_lines(path, look, &seen);
	assert(reason == REASON_NONE || reason == REASON_RULE_SIZE);
	assert(reason != REASON_NONE || seen.end == size);
	close(file);
	(void)checkpoint_check(&facts, &(struct checkpoint_last){0});
	return 0;
}

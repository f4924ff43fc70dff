/* gateway/signer_checkpoint.c - see signer_checkpoint.h. */
#include "gateway/signer_checkpoint.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "gateway/journal_chain.h"
#include "gateway/json_view.h"

enum { PIECE = 65536, STATEMENT = 4096 };

bool signer_heads_open(int argc, char **argv, int first, struct signer_heads *out)
{
	*out = (struct signer_heads){.n = 0};
	for (int i = 0; i < argc; i += 2) {
		struct stat about;
		int fd = first + (int)out->n;
		if (out->n == SIGNER_HEADS || i + 1 >= argc || strcmp(argv[i], "--journal") != 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
			return false;
		out->list[out->n++] = (struct signer_head){.name = argv[i + 1], .fd = fd, .run = digest_start()};
	}
	return true;
}

static enum reason read_head(struct signer_head *head)
{
	unsigned char piece[PIECE];
	struct stat about;

	if (fstat(head->fd, &about) != 0 || about.st_size < 0 || (uint64_t)about.st_size < head->size)
		return REASON_IO;
	while (head->size < (uint64_t)about.st_size) {
		uint64_t left = (uint64_t)about.st_size - head->size;
		ssize_t n = pread(head->fd, piece, left < PIECE ? (size_t)left : PIECE, (off_t)head->size);
		if (n <= 0)
			return REASON_IO;
		digest_add(&head->run, (struct bytes){piece, (size_t)n});
		head->size += (uint64_t)n;
	}
	return REASON_NONE;
}

enum reason signer_heads_read(struct signer_heads *heads)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < heads->n; i++)
		reason = read_head(&heads->list[i]);
	return reason;
}

static bool is_digest(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!((text.at[i] >= '0' && text.at[i] <= '9') || (text.at[i] >= 'a' && text.at[i] <= 'f')))
			return false;
	return text.len == DIGEST_SHA256_TEXT - 1;
}

/* --- what may be sealed ------------------------------------------------------- */

static void take_line(void *context, const struct journal_line *line)
{
	struct checkpoint_last *last = context;
	json_t *entry = bytes_contains(line->text, BYTES("\"checkpoint\":")) ? json_read(line->text) : NULL;
	int64_t number = json_integer_value(json_object_get(entry, "checkpoint"));

	if (number > 0)
		*last = (struct checkpoint_last){number, json_integer_value(json_object_get(entry, "position"))};
	json_decref(entry);
}

enum reason checkpoint_last_read(const char *journal, struct checkpoint_last *out)
{
	*out = (struct checkpoint_last){0};
	enum reason reason = journal_lines(journal, take_line, out);
	return reason == REASON_NOT_FOUND ? REASON_NONE : reason;
}

/* Sealed once more after a crash, it keeps its number. */
static const char *against_last(const struct checkpoint_facts *facts, const struct checkpoint_last *last)
{
	if (facts->number < last->number)
		return "a later one is in the journal already";
	return facts->position < last->position && facts->lost < last->number ? "the trail is shorter than when it was sealed last" : NULL;
}

const char *checkpoint_check(const struct checkpoint_facts *facts, const struct checkpoint_last *last)
{
	if (facts->number < 1 || facts->position < 0 || facts->waiting < 0)
		return "a number is none";
	if (!is_digest(facts->link))
		return "the link is no digest";
	const char *trouble = against_last(facts, last);
	if (trouble != NULL || facts->before.len == 0)
		return trouble;
	json_t *before = facts->before.len > STATEMENT ? NULL : json_read(facts->before);
	json_int_t number = json_integer_value(json_object_get(before, "checkpoint")),
		   position = json_integer_value(json_object_get(json_object_get(before, "trail"), "position"));
	bool read = json_is_object(before);
	json_decref(before);
	if (!read)
		return "the statement before it cannot be read";
	if (number >= facts->number)
		return "a later one is sealed already";
	return position > facts->position ? "the trail is shorter than in the statement before it" : NULL;
}

/* The run goes on: what is added to the journal later is not read twice. */
static void add_head(struct buf *b, const struct signer_head *head)
{
	struct digest_run copy = head->run;
	unsigned char raw[DIGEST_SHA256];
	char digest[DIGEST_SHA256_TEXT];

	digest_end(&copy, raw);
	digest_text(raw, digest);
	buf_printf(b, "{\"name\":\"%s\",\"size\":%llu,\"digest\":\"%s\"}", head->name, (unsigned long long)head->size, digest);
}

struct bytes checkpoint_statement(struct arena *arena, const struct checkpoint_facts *facts, const struct chain_journal *journal,
				  const struct signer_heads *heads)
{
	struct buf b = buf_make(STATEMENT);
	char at[INSTANT_TEXT], before[DIGEST_SHA256_TEXT];
	struct stat about = {.st_size = 0};

	(void)!fstat(journal->fd, &about);
	instant_write(facts->at, at);
	memset(before, '0', sizeof before - 1);
	before[sizeof before - 1] = '\0';
	if (facts->before.len > 0)
		digest_sha256_text(facts->before, before);
	buf_printf(&b, "{\"checkpoint\":%lld,\"at\":\"%s\",\"node\":\"%s\",\"trail\":{\"position\":%lld,\"link\":\"", (long long)facts->number, at,
		   facts->node, (long long)facts->position);
	buf_add(&b, facts->link);
	buf_printf(&b, "\",\"waiting\":%lld},\"signer\":{\"size\":%lld,\"last\":\"%s\"},\"journals\":[", (long long)facts->waiting,
		   (long long)about.st_size, journal->previous);
	for (size_t i = 0; i < heads->n; i++) {
		buf_text(&b, i > 0 ? "," : "");
		add_head(&b, &heads->list[i]);
	}
	buf_printf(&b, "],\"before\":\"%s\"}\n", before);
	struct bytes text = buf_ok(&b) ? arena_copy(arena, buf_bytes(&b)) : BYTES_NONE;
	buf_free(&b);
	return text;
}

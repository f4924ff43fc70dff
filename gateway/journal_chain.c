/* gateway/journal_chain.c - see journal_chain.h. */
#include "gateway/journal_chain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char mark[] = ",\"previous\":\"";
enum { MARK = sizeof mark - 1, TAIL = MARK + DIGEST_SHA256_TEXT - 1 + 2 };

bool journal_whole(struct bytes text)
{
	return text.len > TAIL && text.at[0] == '{' && memcmp(text.at + text.len - TAIL, mark, MARK) == 0 && memcmp(text.at + text.len - 2, "\"}", 2) == 0;
}

bool journal_chained(const struct journal_line *line)
{
	return journal_whole(line->text) && memcmp(line->text.at + line->text.len - TAIL + MARK, line->before, DIGEST_SHA256_TEXT - 1) == 0;
}

struct reading {
	struct journal_line line;
	journal_sink *sink;
	void *context;
	unsigned char text[JOURNAL_LINE];
	size_t len;
};

static void give(struct reading *r, bool ended)
{
	r->line.text = (struct bytes){r->text, r->len};
	r->line.number++;
	r->line.end += r->len + ended;
	digest_sha256_text(r->line.text, r->line.digest);
	r->sink(r->context, &r->line);
	memcpy(r->line.before, r->line.digest, sizeof r->line.before);
	r->len = 0;
}

static enum reason take(struct reading *r, struct bytes piece)
{
	while (piece.len > 0) {
		const unsigned char *end = memchr(piece.at, '\n', piece.len);
		size_t n = end == NULL ? piece.len : (size_t)(end - piece.at);
		if (n > sizeof r->text - r->len)
			return REASON_RULE_SIZE;
		memcpy(r->text + r->len, piece.at, n);
		r->len += n;
		if (end == NULL)
			return REASON_NONE;
		give(r, true);
		piece = bytes_from(piece, n + 1);
	}
	return REASON_NONE;
}

enum reason journal_lines(const char *path, journal_sink *sink, void *context)
{
	struct reading r = {.sink = sink, .context = context};
	unsigned char piece[65536];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	enum reason reason = file >= 0 ? REASON_NONE : errno == ENOENT ? REASON_NOT_FOUND : REASON_IO;
	ssize_t n = 1;

	memset(r.line.before, '0', sizeof r.line.before - 1);
	while (reason == REASON_NONE && (n = read(file, piece, sizeof piece)) > 0)
		reason = take(&r, (struct bytes){piece, (size_t)n});
	if (n < 0)
		reason = REASON_IO;
	if (reason == REASON_NONE && r.len > 0)
		give(&r, false);
	if (file >= 0)
		close(file);
	return reason;
}

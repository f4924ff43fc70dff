/* gateway/export_private.h - a copy of a dossier while it is made. For the export files only: export_copy.c the whole and its words, export_received.c what
 * came, export_sent.c what left, export_row.c what both read and write. */
#ifndef RELAIS_GATEWAY_EXPORT_PRIVATE_H
#define RELAIS_GATEWAY_EXPORT_PRIVATE_H

#include <jansson.h>

#include "base/limits.h"
#include "gateway/dossier_snapshots.h"
#include "gateway/export_copy.h"
#include "gateway/export_words.h"
#include "gateway/work.h"

/* Of one message: its bytes, the content of an opaque signature beside them, and what was taken out. */
#define EXPORT_MESSAGE_MEMORY (6 * (size_t)LIMIT_MESSAGE + LIMIT_EXTRACT_ANSWER)

struct export_copy {
	const struct export_wish *wish;
	struct arena *arena;
	struct export_out *out;
	struct export_about about;
	struct dossier_snapshot file;
	json_t *files, *mails, *messages, *reports;   /* reports: digests of the report's files that are in it already */
	struct export_result *result;
};

/* One file of the copy, and its line in the manifest; takes the reference to about. IO too when somebody stops us. */
MUST_USE enum reason export_put(struct export_copy *c, const char *name, struct bytes content, json_t *about);
bool export_is_same(struct bytes content, struct bytes digest);

/* One column of a row; null where SQL has it. */
struct bytes export_view(const struct store_rows *rows, size_t row, size_t column);
json_t *export_text(const struct store_rows *rows, size_t row, size_t column);
json_t *export_number(const struct store_rows *rows, size_t row, size_t column);
json_t *export_instant(const struct store_rows *rows, size_t row, size_t column);
json_t *export_tree(const struct store_rows *rows, size_t row, size_t column);

/* The files of a message, taken out in readers of its own, so that one that ends its reader spoils no other. Our own trouble is a reason; that it
 * cannot be read is told in the manifest, and *n is 0. body: of a message that came in, 0 of a mail. of: "inbox" or "outbox", the message's number. */
MUST_USE enum reason export_extract(struct export_copy *c, struct arena *arena, int64_t body, struct bytes raw, const char *of, int64_t id, struct work_file **files, size_t *n, json_t **list);
/* A file that was taken out: into folder, under its title or its name, with the letter and number of its message. */
MUST_USE enum reason export_put_file(struct export_copy *c, const char *folder, const char *what, const char *of, int64_t id, size_t i, const struct work_file *file);
/* May a file with that content be given? whole: its message is. A document may be filed under two numbers, of which one is hidden. */
bool export_is_given(const struct export_copy *c, struct bytes digest, bool whole);
/* The dossier's document with that content; NULL: it was filed as none. */
const struct dossier_document *export_find_document(const struct export_copy *c, struct bytes digest);

/* received/ and documents/; sent/ and reports/. */
MUST_USE enum reason export_put_received(struct export_copy *c);
MUST_USE enum reason export_put_sent(struct export_copy *c);

#endif

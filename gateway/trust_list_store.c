/* gateway/trust_list_store.c - see trust_list_store.h. */
#include "gateway/trust_list_store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/limits.h"
#include "gateway/json_view.h"

enum reason trust_list_load(struct arena *arena, const char *path, struct bytes *out)
{
	struct stat about;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	enum reason reason = file < 0 ? REASON_NOT_FOUND : fstat(file, &about) != 0 || !S_ISREG(about.st_mode) ? REASON_IO : REASON_NONE;
	size_t n = 0;

	if (reason == REASON_NONE && about.st_size > LIMIT_TRUST_LIST)
		reason = REASON_TRUST_SIZE;
	unsigned char *data = reason == REASON_NONE ? arena_alloc(arena, (size_t)about.st_size + 1) : NULL;
	while (reason == REASON_NONE && n < (size_t)about.st_size) {
		ssize_t got = read(file, data + n, (size_t)about.st_size - n);
		reason = got > 0 ? REASON_NONE : REASON_IO;   /* shorter than it was a moment ago: somebody writes it */
		n += got > 0 ? (size_t)got : 0;
	}
	if (file >= 0)
		close(file);
	*out = (struct bytes){data, n};
	return reason;
}

/* The domains that the configuration sends to by name: their certificates must not vanish unseen. */
static size_t routes_of(struct arena *arena, const struct config *config, struct bytes **out)
{
	size_t n = 0;

	*out = arena_alloc(arena, (config->deliverer.n + 1) * sizeof **out);
	for (size_t i = 0; i < config->deliverer.n; i++)
		if (strcmp(config->deliverer.routes[i].domain, "*") != 0)
			(*out)[n++] = bytes_of_text(config->deliverer.routes[i].domain);
	return n;
}

static json_t *one_value(struct store_rows **rows)
{
	json_t *value = store_count(*rows) == 1 ? json_read(store_bytes(*rows, 0, 0)) : NULL;
	store_free(rows);
	return value;
}

static struct bytes about(struct arena *arena, const struct trust_list *list, struct bytes xml, const struct trust_list_order *order)
{
	char digest[DIGEST_SHA256_TEXT], at[INSTANT_TEXT];

	digest_sha256_text(xml, digest);
	instant_write(list->generated_at, at);
	return json_write(arena, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "source", order->source, "actor", order->actor, "digest", digest,
					   "generated_at", at, "entries", (json_int_t)list->entries, "unread", (json_int_t)list->bad));
}

enum reason trust_list_replace(struct store *store, struct arena *arena, const struct config *config, const struct trust_list *list,
			       struct bytes xml, const struct trust_list_order *order, json_t **answer)
{
	struct bytes *routes;
	size_t n = routes_of(arena, config, &routes);
	struct store_rows *rows = NULL;

	*answer = NULL;
	enum reason reason = STORE_RUN(store, &rows, "select relais.trust_replace($1, $2, $3, $4, $5, $6, $7)", P_TEXTS(list->domains, list->n),
				       P_TEXTS(list->names, list->n), P_TEXTS(list->shown, list->n), P_TEXTS(list->operators, list->n),
				       P_JSON(about(arena, list, xml, order)), P_TEXTS(routes, n), P_BOOL(order->force));
	if (reason != REASON_NONE)
		return reason;
	*answer = one_value(&rows);
	if (*answer == NULL)
		return REASON_STORE_REFUSED;
	struct bytes refused = json_view(*answer, "refused");
	reason = refused.len > 0 ? reason_of_code(refused) : REASON_NONE;
	return reason == REASONS ? REASON_STORE_REFUSED : reason;
}

enum reason trust_list_diff(struct store *store, struct arena *arena, const struct config *config, const struct trust_list *list, json_t **answer)
{
	struct bytes *routes;
	size_t n = routes_of(arena, config, &routes);
	struct store_rows *rows = NULL;

	*answer = NULL;
	enum reason reason = STORE_RUN(store, &rows, "select relais.trust_diff($1, $2, $3, $4, $5)", P_TEXTS(list->domains, list->n),
				       P_TEXTS(list->names, list->n), P_TEXTS(list->shown, list->n), P_TEXTS(list->operators, list->n),
				       P_TEXTS(routes, n));
	if (reason != REASON_NONE)
		return reason;
	*answer = one_value(&rows);
	return *answer == NULL ? REASON_STORE_REFUSED : REASON_NONE;
}

/* gateway/refresher_directory.c - look-ups in the directory of professionals: one person, one child. */
#include "gateway/directory_ask.h"
#include "gateway/log.h"
#include "gateway/refresher.h"

enum { FIELDS = 10, ANSWER_MEMORY = 32 * 1024 * 1024 };

static struct bytes number(struct arena *arena, unsigned value)
{
	return bytes_of_text(arena_printf(arena, "%u", value));
}

static enum reason keep(struct store *store, struct arena *arena, const char *person, const struct directory_answer *answer, enum reason asked)
{
	struct bytes *f[FIELDS];
	size_t n = asked == REASON_NONE ? answer->n : 0;

	for (size_t i = 0; i < FIELDS; i++)
		f[i] = arena_alloc(arena, (n + 1) * sizeof *f[i]);
	for (size_t i = 0; i < n; i++) {
		const struct directory_mailbox *m = &answer->list[i];
		const struct bytes row[FIELDS] = {m->address, m->structure, m->kind, m->family, m->given, m->profession, m->speciality, m->place,
						  number(arena, m->rank), m->red ? BYTES("true") : BYTES("false")};
		for (size_t k = 0; k < FIELDS; k++)
			f[k][i] = row[k];
	}
	return STORE_RUN(store, NULL, "select relais.directory_answer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)", P_TEXT(person),
			 P_TEXTS(f[0], n), P_TEXTS(f[1], n), P_TEXTS(f[2], n), P_TEXTS(f[3], n), P_TEXTS(f[4], n), P_TEXTS(f[5], n), P_TEXTS(f[6], n),
			 P_TEXTS(f[7], n), P_TEXTS(f[8], n), P_TEXTS(f[9], n), P_BOOL(answer->inactive),
			 asked == REASON_NONE ? P_NULL : P_TEXT(reason_code(asked)));
}

/* No number of a person goes into the log. */
enum reason refresher_lookup(const struct config *config, const char *person)
{
	struct arena *arena = arena_create(ANSWER_MEMORY);
	struct directory_answer *answer = arena_alloc(arena, sizeof *answer);
	enum reason asked = directory_ask(arena, config, bytes_of_text(person), answer);
	struct store *store = store_open(config->database, "refresher");
	enum reason kept = store == NULL ? REASON_MEMORY : keep(store, arena, person, answer, asked);

	if (asked == REASON_NONE && kept == REASON_NONE)
		log_event("directory-answered", LOG_NUMBER("known", answer->known), LOG_NUMBER("mailboxes", answer->n), LOG_NUMBER("inactive", answer->inactive),
			  LOG_END);
	store_close(&store);
	arena_destroy(&arena);
	/* A number that is none is the request's fault: the directory is not away for that. */
	return asked == REASON_USAGE ? kept : asked != REASON_NONE ? asked : kept;
}

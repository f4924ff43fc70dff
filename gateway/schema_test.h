/* gateway/schema_test.h - for tests: a private cluster that holds the schema of the gateway, one a test program. */
#ifndef RELAIS_GATEWAY_SCHEMA_TEST_H
#define RELAIS_GATEWAY_SCHEMA_TEST_H

#include "gateway/migrate.h"
#include "gateway/scratch_test.h"
#include "gateway/store.h"

static struct scratch scratch;
static const char *absent;         /* why there is none: its tests are skipped */

static inline int set_up(void **state)
{
	(void)state;
	absent = scratch_open(&scratch);
	if (absent != NULL) {
		print_message("skipped: %s\n", absent);
		return 0;
	}
	struct migrate_report report;
	struct store *store = store_open(cluster_conninfo(&scratch.instance, "relais"), "test");
	enum reason reason = migrate_run(store, scratch.arena, arena_printf(scratch.arena, "%s/schema", scratch.instance.share), &report);
	store_close(&store);
	return reason == REASON_NONE ? 0 : -1;
}

static inline int tear_down(void **state)
{
	(void)state;
	scratch_close(&scratch);
	return 0;
}

static inline struct store *open_store(void)
{
	if (absent != NULL)
		skip();
	return store_open(cluster_conninfo(&scratch.instance, "relais"), "test");
}

static inline void run(struct store *store, const char *sql)
{
	const char *said = NULL;
	if (store_script(store, scratch.arena, sql, &said) != REASON_NONE)
		fail_msg("%s: %s", sql, said);
}

/* The code with which it is refused. */
static inline const char *refused(struct store *store, const char *sql)
{
	enum reason reason = store_run(store, sql, NULL, 0, NULL);

	if (reason == REASON_NONE)
		fail_msg("not refused: %s", sql);
	return reason_code(reason);
}

/* The one number that a query gives. */
static inline int64_t count(struct store *store, const char *sql)
{
	struct store_rows *rows = NULL;
	assert_int_equal(store_run(store, sql, NULL, 0, &rows), REASON_NONE);
	int64_t n = store_int(rows, 0, 0);
	store_free(&rows);
	return n;
}

#endif

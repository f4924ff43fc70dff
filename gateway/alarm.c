/* gateway/alarm.c - see alarm.h. */
#include "gateway/alarm.h"

#include <assert.h>

#include "gateway/log.h"

static const struct alarm_entry entries[] = {
#define A(name, fr, fr_do, en, en_do) {name, fr, fr_do, en, en_do},
#include "gateway/alarm_list.h"
#undef A
};

const struct alarm_entry *alarm_entry(struct bytes name)
{
	for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
		if (bytes_equal_text(name, entries[i].name))
			return &entries[i];
	return NULL;
}

static bool changed(struct store_rows **rows)
{
	bool yes = store_count(*rows) == 1 && store_int(*rows, 0, 0) != 0;
	store_free(rows);
	return yes;
}

enum reason alarm_raise(struct store *store, const char *name, const char *severity, struct bytes detail)
{
	struct store_rows *rows = NULL;

	assert(alarm_entry(bytes_of_text(name)) != NULL);
	enum reason reason = STORE_RUN(store, &rows, "select relais.alarm_raise($1, $2, $3)", P_TEXT(name), P_TEXT(severity), P_JSON(detail));
	if (changed(&rows) && reason == REASON_NONE)
		log_event("alarm-raised", LOG_TEXT("alarm", name), LOG_TEXT("severity", severity), LOG_BYTES("detail", detail), LOG_END);
	return reason;
}

enum reason alarm_clear(struct store *store, const char *name)
{
	struct store_rows *rows = NULL;

	assert(alarm_entry(bytes_of_text(name)) != NULL);
	enum reason reason = STORE_RUN(store, &rows, "select relais.alarm_clear($1)", P_TEXT(name));
	if (changed(&rows) && reason == REASON_NONE)
		log_event("alarm-cleared", LOG_TEXT("alarm", name), LOG_END);
	return reason;
}

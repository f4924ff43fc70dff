/* gateway/receiver_told.c - see receiver_told.h. */
#include "gateway/receiver_told.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "gateway/json_view.h"

static void add(struct told *told, const char *peer, const char *step, enum reason reason, uint64_t count)
{
	for (size_t i = 0; i < told->n; i++)
		if (told->list[i].reason == reason && strcmp(told->list[i].step, step) == 0 && strcmp(told->list[i].peer, peer) == 0) {
			told->list[i].count += count;
			return;
		}
	if (told->n == TOLD_MOST) {
		told->others += count;
		return;
	}
	told->list[told->n].step = step;
	told->list[told->n].reason = reason;
	told->list[told->n].count = count;
	snprintf(told->list[told->n].peer, sizeof told->list[0].peer, "%s", peer);
	told->n++;
}

void told_add(struct told *told, const char *peer, const char *step, enum reason reason)
{
	add(told, peer == NULL ? "" : peer, step, reason, 1);
}

void told_merge(struct told *told, const struct told *more)
{
	for (size_t i = 0; i < more->n; i++)
		add(told, more->list[i].peer, more->list[i].step, more->list[i].reason, more->list[i].count);
	told->others += more->others;
}

bool told_nothing(const struct told *told)
{
	return told->n == 0 && told->others == 0;
}

struct bytes told_json(const struct told *told, struct arena *arena)
{
	json_t *all = json_array();

	for (size_t i = 0; i < told->n; i++)
		json_array_append_new(all, json_pack("{s:s*, s:s, s:s, s:I}", "peer", told->list[i].peer[0] != '\0' ? told->list[i].peer : NULL, "step", told->list[i].step, "reason",
						     reason_code(told->list[i].reason), "count", (json_int_t)told->list[i].count));
	if (told->others > 0)
		json_array_append_new(all, json_pack("{s:I}", "count", (json_int_t)told->others));
	return json_write(arena, all);
}

/* policy/simulate_queue.c - what will happen, the earliest first. */
#include <string.h>

#include "policy/simulate_run.h"

static bool is_before(const struct simulate_item *a, const struct simulate_item *b)
{
	return a->at.us != b->at.us ? a->at.us < b->at.us : a->order < b->order;
}

static void swap(struct simulate_item *a, struct simulate_item *b)
{
	struct simulate_item kept = *a;
	*a = *b;
	*b = kept;
}

/* The old list is left to the arena: all of them together are no longer than the last. */
static void grow(struct simulate_queue *q)
{
	size_t room = q->room == 0 ? 1024 : q->room * 2;
	struct simulate_item *larger = arena_alloc(q->arena, room * sizeof *larger);

	if (q->n > 0)
		memcpy(larger, q->items, q->n * sizeof *larger);
	q->items = larger;
	q->room = room;
}

void simulate_push(struct simulate_queue *q, struct simulate_item item)
{
	if (q->n == q->room)
		grow(q);
	item.order = q->order++;
	size_t i = q->n++;
	q->items[i] = item;
	for (; i > 0 && is_before(&q->items[i], &q->items[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&q->items[i], &q->items[(i - 1) / 2]);
}

bool simulate_pop(struct simulate_queue *q, struct simulate_item *out)
{
	if (q->n == 0)
		return false;
	*out = q->items[0];
	q->items[0] = q->items[--q->n];
	for (size_t i = 0;;) {
		size_t least = i;
		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < q->n; child++)
			if (is_before(&q->items[child], &q->items[least]))
				least = child;
		if (least == i)
			return true;
		swap(&q->items[i], &q->items[least]);
		i = least;
	}
}

/* tests/fuzz/fuzz_settings.c - a setting's name and value, a postcode, and civil times of any instant: what is taken can be told again and used. */
#include "base/arena.h"
#include "policy/deadline.h"

/* Spans that were taken lead forward, and not beyond a hundred years and a few. */
static void use(const struct deadline_settings *s, struct instant from)
{
	for (enum deadline_kind k = DEADLINE_NONE + 1; k < DEADLINES; k++) {
		if (!s->spans[k].told)
			continue;
		struct instant to = deadline_after(s, k, from);
		if (instant_before(to, from) || instant_since(from, to).us > SPAN_DAYS(40000).us)
			__builtin_trap();
	}
}

static void read_again(struct arena *arena, const struct deadline_settings *s, struct bytes name)
{
	struct deadline_settings again = {0};
	enum deadline_kind kind = deadline_of_name(name);

	for (enum deadline_window w = 0; w < DEADLINE_WINDOWS; w++)
		if (bytes_equal_text(name, deadline_window_name(w)) &&
		    deadline_settings_set(&again, name, bytes_of_text(deadline_window_text(arena, s, w)), 1) != REASON_NONE)
			__builtin_trap();
	if (kind != DEADLINE_NONE && (deadline_settings_set(&again, name, bytes_of_text(deadline_span_text(arena, s, kind)), 1) != REASON_NONE ||
				      (s->spans[kind].told && again.spans[kind].span.count != s->spans[kind].span.count)))
		__builtin_trap();
}

static void civil(enum calendar_place place, struct instant at)
{
	struct date date = calendar_date(place, at);
	struct instant back = calendar_instant(place, date, calendar_minute(place, at));
	int64_t off = at.us - back.us;
	/* The second of a double hour is told as the first. */
	if (off < 0 || (off >= 60000000 && (off < 3600000000 || off >= 3660000000)))
		__builtin_trap();
	if (instant_before(calendar_next(place, &calendar_patients, at), at) || instant_before(calendar_plus_days(place, at, 1), at))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(1024 * 1024);
	struct deadline_settings s = {0};
	struct cursor c = cursor_on((struct bytes){data, size});
	enum calendar_place place = CALENDAR_FRANCE;
	/* From 1990 to 2090. */
	struct instant at = {(int64_t)(cursor_u64(&c) % (uint64_t)SPAN_DAYS(36524).us) + SPAN_DAYS(7305).us};
	struct bytes code = cursor_until(&c, '\n'), name = cursor_until(&c, '\n');

	if (calendar_place_of_code(code, &place) && code.len > 5)
		__builtin_trap();
	if (deadline_settings_set(&s, name, c.left, 1) == REASON_NONE) {
		use(&s, at);
		read_again(arena, &s, name);
	}
	civil(place, at);
	arena_destroy(&arena);
	return 0;
}

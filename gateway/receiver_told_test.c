/* gateway/receiver_told_test.c - refusals are counted, by peer and reason; a flood is a few rows, and no refusal is lost in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "gateway/json_view.h"
#include "gateway/receiver_told.h"

static json_int_t count_of(const json_t *all, const char *peer, const char *step, const char *reason)
{
	size_t i;
	const json_t *one;

	json_array_foreach(all, i, one)
		if (bytes_equal_text(json_view(one, "peer"), peer) && bytes_equal_text(json_view(one, "step"), step) && bytes_equal_text(json_view(one, "reason"), reason))
			return json_integer_value(json_object_get(one, "count"));
	return 0;
}

static json_t *told_of(const struct told *told, struct arena *arena)
{
	json_t *all = json_read(told_json(told, arena));
	assert_true(json_is_array(all));
	return all;
}

static void each_is_counted_for_itself(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct told told = {0};

	assert_true(told_nothing(&told));
	for (int i = 0; i < 3; i++)
		told_add(&told, "192.0.2.1", "sender", REASON_SMTP_TLS_FAILED);
	told_add(&told, "192.0.2.1", "recipient", REASON_SMTP_TLS_FAILED);
	told_add(&told, "192.0.2.2", "sender", REASON_SMTP_TLS_FAILED);
	told_add(&told, "192.0.2.1", "sender", REASON_SMTP_BUSY);
	told_add(&told, NULL, "auth", REASON_AUTH_TOKEN);
	assert_false(told_nothing(&told));
	json_t *all = told_of(&told, arena);
	assert_int_equal(json_array_size(all), 5);
	assert_int_equal(count_of(all, "192.0.2.1", "sender", reason_code(REASON_SMTP_TLS_FAILED)), 3);
	assert_int_equal(count_of(all, "192.0.2.1", "sender", reason_code(REASON_SMTP_BUSY)), 1);
	/* Who submits is a person: no address. */
	assert_int_equal(count_of(all, "", "auth", reason_code(REASON_AUTH_TOKEN)), 1);
	json_decref(all);
	arena_destroy(&arena);
}

static void a_flood_is_a_few_rows_and_all_are_counted(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct told told = {0}, back = {0};
	json_int_t sum = 0;
	char peer[32];
	size_t i;
	const json_t *one;

	for (int n = 0; n < 1000; n++) {
		snprintf(peer, sizeof peer, "198.51.%d.%d", n / 250, n % 250);
		told_add(&told, peer, "sender", REASON_SMTP_BUSY);
	}
	told_add(&back, "203.0.113.9", "sender", REASON_SMTP_BUSY);
	told_merge(&back, &told);   /* it could not be written */
	json_t *all = told_of(&back, arena);
	assert_int_equal(json_array_size(all), TOLD_MOST + 1);
	json_array_foreach(all, i, one)
		sum += json_integer_value(json_object_get(one, "count"));
	assert_int_equal(sum, 1001);
	assert_int_equal(count_of(all, "203.0.113.9", "sender", reason_code(REASON_SMTP_BUSY)), 1);
	json_decref(all);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_counted_for_itself),
		cmocka_unit_test(a_flood_is_a_few_rows_and_all_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gateway/cli_degraded.c - see cli_degraded.h. */
#include "gateway/cli_degraded.h"

#include <stdio.h>

#include "gateway/alarm.h"
#include "gateway/json_view.h"
#include "policy/degraded.h"

static json_t *activities(enum degraded_source source, enum degraded_level level, bool waiting, const char *language)
{
	json_t *list = json_array();

	for (enum degraded_activity a = 0; a < DEGRADED_ACTIVITIES; a++)
		if (degraded_waits(source, level, a) == waiting)
			json_array_append_new(list, json_string(degraded_activity_words(a, language)));
	return list;
}

json_t *cli_degraded(const json_t *alarms, bool french)
{
	const char *language = french ? "fr" : "en";
	json_t *list = json_array();
	size_t i;
	const json_t *alarm;

	json_array_foreach(alarms, i, alarm) {
		enum degraded_source source = degraded_of_alarm(json_view(alarm, "name"));
		enum degraded_level level = bytes_equal_text(json_view(alarm, "severity"), ALARM_CRITICAL) ? DEGRADED_OLD : DEGRADED_AGEING;
		if (source != DEGRADED_SOURCES)
			json_array_append_new(list, json_pack("{s:s, s:O, s:o, s:o, s:s}", "alarm", degraded_alarm(source), "since", json_object_get(alarm, "since"), "waits",
							      activities(source, level, true, language), "goes_on", activities(source, level, false, language), "ends",
							      degraded_end_words(source, language)));
	}
	return list;
}

static void tell_list(const char *title, const json_t *list)
{
	size_t i;
	const json_t *text;

	printf("  %s: ", title);
	json_array_foreach(list, i, text) {
		printf("%s%s", i > 0 ? "; " : "", json_string_value(text));
	}
	puts(json_array_size(list) == 0 ? "-" : "");
}

void cli_degraded_tell(const json_t *list, bool french)
{
	size_t i;
	const json_t *row;

	json_array_foreach(list, i, row) {
		printf(french ? "MODE DÉGRADÉ (%s)\n" : "DEGRADED MODE (%s)\n", json_string_value(json_object_get(row, "alarm")));
		tell_list(french ? "attend" : "waits", json_object_get(row, "waits"));
		tell_list(french ? "continue" : "goes on", json_object_get(row, "goes_on"));
		printf("  %s: %s\n", french ? "finit" : "ends", json_string_value(json_object_get(row, "ends")));
	}
}

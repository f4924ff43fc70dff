/* tests/peers/calendar_probe.c - says what base/calendar says, for tests/calendar_zones.py to hold against the machine's time zones.
 *
 *   calendar_probe zones                            the zone of each place
 *   calendar_probe offsets PLACE FIRST STEP COUNT   minutes ahead of UTC at FIRST, FIRST + STEP… (seconds since 1970)
 *   calendar_probe instants PLACE DAY STEP COUNT    the instants (seconds) of the civil times of DAY (since 1970), every STEP minutes from midnight on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"

static int zones(void)
{
	for (enum calendar_place p = 0; p < CALENDAR_PLACES; p++)
		printf("%s\n", calendar_zone(p));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "zones") == 0)
		return zones();
	if (argc != 6)
		return 2;
	enum calendar_place place = (enum calendar_place)strtol(argv[2], NULL, 10);
	int64_t first = strtoll(argv[3], NULL, 10), step = strtoll(argv[4], NULL, 10), count = strtoll(argv[5], NULL, 10);

	if ((int)place < 0 || place >= CALENDAR_PLACES)
		return 2;
	for (int64_t i = 0; i < count; i++)
		if (strcmp(argv[1], "offsets") == 0)
			printf("%d\n", calendar_offset(place, (struct instant){(first + i * step) * 1000000}));
		else
			printf("%lld\n", (long long)(calendar_instant(place, date_of_days(first + i * step / 1440), (int)(i * step % 1440)).us / 1000000));
	return 0;
}

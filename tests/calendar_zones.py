"""base/calendar against the machine's time zones: every place from 1990 to 2060. tests/calendar_zones.py PROBE"""
import datetime
import subprocess
import sys
import zoneinfo

PROBE = sys.argv[1]
UTC, DAY = datetime.timezone.utc, 86400
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
FIRST = int(datetime.datetime(1990, 1, 1, tzinfo=UTC).timestamp())
LAST = int(datetime.datetime(2061, 1, 1, tzinfo=UTC).timestamp())
results = []


def ask(*words):
    return subprocess.run([PROBE, *map(str, words)], check=True, capture_output=True, text=True, timeout=300).stdout.split()


def theirs(zone, second):
    return int((EPOCH + datetime.timedelta(seconds=second)).astimezone(zone).utcoffset().total_seconds() // 60)


def tell(what, wrong, asked):
    ok = asked > 0 and not wrong
    results.append(ok)
    print(f"{'ok    ' if ok else 'NOT OK'}  {what}: {asked} compared{'' if ok else ', ' + str(len(wrong)) + ' wrong, first ' + str(wrong[:3])}")


def offsets(place, name, zone):
    """Every six hours; gives the seconds between which the zone changes."""
    seconds = range(FIRST, LAST, 6 * 3600)
    ours, expected = [int(x) for x in ask("offsets", place, FIRST, 6 * 3600, len(seconds))], [theirs(zone, s) for s in seconds]
    tell(f"{name}, every six hours", [s for s, a, b in zip(seconds, ours, expected) if a != b] if len(ours) == len(expected) else ["count"], len(ours))
    return [s for s, a, b in zip(seconds, expected, expected[1:]) if a != b]


def changes(place, name, zone, around):
    """The minutes in which an hour changes, and the civil times of the days around: what is left out, and what comes twice (fold 0 is the first)."""
    wrong, asked, wrong_back, asked_back = [], 0, [], 0
    for second in around:
        ours = ask("offsets", place, second, 60, 361)
        wrong += [second + 60 * i for i, x in enumerate(ours) if int(x) != theirs(zone, second + 60 * i)]
        day = second // DAY - 1
        back = ask("instants", place, day, 10, 4 * 144)
        for i, x in enumerate(back):
            local = datetime.datetime(1970, 1, 1) + datetime.timedelta(days=day, minutes=10 * i)
            if int(x) != int(local.replace(tzinfo=zone).timestamp()):
                wrong_back.append(str(local))
        asked, asked_back = asked + len(ours), asked_back + len(back)
    tell(f"{name}, the minutes around {len(around)} changes of hour", wrong, asked)
    tell(f"{name}, civil times on the days of change", wrong_back, asked_back)


def main():
    for place, name in enumerate(ask("zones")):
        zone = zoneinfo.ZoneInfo(name)
        around = offsets(place, f"{place} {name}", zone)
        if around:
            changes(place, f"{place} {name}", zone, around)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed, 0 skipped")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

/* base/instant.h - wall time and elapsed time, two types that cannot be mixed.
 *
 * The pure folders never ask the clock: an instant enters them as a value. */
#ifndef RELAIS_BASE_INSTANT_H
#define RELAIS_BASE_INSTANT_H

#include "base/bytes.h"

/* Microseconds since 1970-01-01T00:00:00Z, as PostgreSQL's timestamptz resolves. */
struct instant {
	int64_t us;
};

/* A span of time, in microseconds. */
struct span {
	int64_t us;
};

#define SPAN_SECONDS(n) ((struct span){(int64_t)(n) * 1000000})
#define SPAN_MINUTES(n) SPAN_SECONDS((int64_t)(n) * 60)
#define SPAN_HOURS(n)   SPAN_MINUTES((int64_t)(n) * 60)
#define SPAN_DAYS(n)    SPAN_HOURS((int64_t)(n) * 24)

static inline struct instant instant_plus(struct instant at, struct span span)
{
	return (struct instant){at.us + span.us};
}

static inline bool instant_before(struct instant a, struct instant b)
{
	return a.us < b.us;
}

static inline struct span instant_since(struct instant from, struct instant to)
{
	return (struct span){to.us - from.us};
}

/* RFC 3339, "2026-11-21T21:50:00Z" or with an offset; a fraction is read to the microsecond.
 * False: *out is untouched. */
MUST_USE bool instant_read(struct bytes text, struct instant *out);
/* An HL7 time stamp as CDA writes it (YYYY[MM[DD[HHMM[SS]]]][+-ZZZZ]), UTC when it has no offset. */
MUST_USE bool instant_read_hl7(struct bytes text, struct instant *out);
/* "2026-11-21T21:50:00.000000Z"; room for INSTANT_TEXT bytes with the NUL. */
enum { INSTANT_TEXT = 32 };
void instant_write(struct instant at, char out[INSTANT_TEXT]);

/* A civil date in the proleptic Gregorian calendar. */
struct date {
	int year, month, day;
};
struct date instant_date(struct instant at, int offset_minutes);
/* Days from 1970-01-01, and back. */
int64_t date_days(struct date date);
struct date date_of_days(int64_t days);

#endif

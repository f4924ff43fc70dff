/* smtp/reply_leave.c - see reply_leave.h.
 *
 * The words before a day say what it is: the first of an absence, the last, the day of return. Days are collected as they were written, and
 * completed at the end: what the first lacks ("du 3 au 20 mars") the last has. */
#include "smtp/reply_leave.h"

#include "base/limits.h"
#include "smtp/reply_date.h"
#include "smtp/reply_token.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { INFERRED_DAYS = 300 };     /* a day without its year that is further away is rather one that is gone by */

enum role {
	ROLE_NONE,
	ROLE_ON,          /* le, on: that day alone */
	ROLE_FROM,
	ROLE_UNTIL,
	ROLE_BACK,        /* the day after the last */
	ROLE_LAST_OF,     /* "fin mars", "until the end of" */
};

static const struct lead {
	struct bytes text;
	enum role role;
} leads[] = {
	{BYTES_OF("jusqu'a la fin"), ROLE_LAST_OF}, {BYTES_OF("jusqu'a fin"), ROLE_LAST_OF}, {BYTES_OF("jusque fin"), ROLE_LAST_OF},
	{BYTES_OF("until the end of"), ROLE_LAST_OF}, {BYTES_OF("till the end of"), ROLE_LAST_OF}, {BYTES_OF("until end of"), ROLE_LAST_OF},
	{BYTES_OF("jusqu"), ROLE_UNTIL},   {BYTES_OF("jusque"), ROLE_UNTIL},    {BYTES_OF("until"), ROLE_UNTIL},     {BYTES_OF("till"), ROLE_UNTIL},
	{BYTES_OF("through"), ROLE_UNTIL}, {BYTES_OF("au"), ROLE_UNTIL},        {BYTES_OF("to"), ROLE_UNTIL},        {BYTES_OF("retour"), ROLE_BACK},
	{BYTES_OF("reviens"), ROLE_BACK},  {BYTES_OF("reviendrai"), ROLE_BACK}, {BYTES_OF("rentre"), ROLE_BACK},     {BYTES_OF("rentrerai"), ROLE_BACK},
	{BYTES_OF("reprends"), ROLE_BACK}, {BYTES_OF("reprendrai"), ROLE_BACK}, {BYTES_OF("reprise"), ROLE_BACK},    {BYTES_OF("back"), ROLE_BACK},
	{BYTES_OF("return"), ROLE_BACK},   {BYTES_OF("returning"), ROLE_BACK},  {BYTES_OF("avant"), ROLE_BACK},      {BYTES_OF("before"), ROLE_BACK},
	{BYTES_OF("du"), ROLE_FROM},       {BYTES_OF("des"), ROLE_FROM},        {BYTES_OF("depuis"), ROLE_FROM},     {BYTES_OF("from"), ROLE_FROM},
	{BYTES_OF("since"), ROLE_FROM},    {BYTES_OF("starting"), ROLE_FROM},   {BYTES_OF("partir"), ROLE_FROM},     {BYTES_OF("compter"), ROLE_FROM},
	{BYTES_OF("entre"), ROLE_FROM},    {BYTES_OF("between"), ROLE_FROM},    {BYTES_OF("et"), ROLE_UNTIL},        {BYTES_OF("and"), ROLE_UNTIL},
	{BYTES_OF("as of"), ROLE_FROM},    {BYTES_OF("le"), ROLE_ON},           {BYTES_OF("on"), ROLE_ON},           {BYTES_OF("the"), ROLE_ON},
};

/* Words by which somebody says that he is there again: "disponible à partir du 21". */
static const char *const there[] = {"disponible", "disponibles", "dispo", "available", "joignable", "reachable"};
static const char *const denials[] = {"pas", "not", "n", "ne", "plus", "never", "jamais"};

struct reading {
	struct bytes text, left;
	struct date written;
	enum role role;
	struct date from, until;      /* as written; day 0: none */
	bool back, there, since;
};

static bool is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

static bool begins_word(const struct reading *r)
{
	return r->left.at == r->text.at || !is_word(r->left.at[-1]);
}

static bool starts_word(struct bytes text, struct bytes word)
{
	return bytes_starts(text, word) && (text.len == word.len || !is_word(text.at[word.len]));
}

static bool has_word(struct bytes text, const char *const *list, size_t n)
{
	for (size_t at = 0; at < text.len; at++) {
		if (at > 0 && is_word(text.at[at - 1]))
			continue;
		for (size_t i = 0; i < n; i++)
			if (starts_word(bytes_from(text, at), bytes_of_text(list[i])))
				return true;
	}
	return false;
}

/* --- what is said without a day ----------------------------------------------- */

static bool say_span(struct reply_leave *out, struct date from, struct date until)
{
	*out = (struct reply_leave){true, true, from, until};
	return true;
}

static struct date end_of_month(struct date date)
{
	date.month++;
	date.day = 1;
	if (date.month > 12)
		date = (struct date){date.year + 1, 1, 1};
	return reply_day_plus(date, -1);
}

/* Days to the coming Sunday, which may be today. 1970-01-01 was a Thursday. */
static int64_t to_sunday(struct date date)
{
	return 6 - ((date_days(date) + 3) % 7 + 7) % 7;
}

/* "la semaine prochaine", "this week", "fin du mois". */
static bool read_week(const struct reading *r, struct reply_leave *out)
{
	static const char *const next_week[] = {"semaine prochaine", "next week"};
	static const char *const this_week[] = {"cette semaine", "this week", "fin de la semaine", "fin de semaine", "end of the week"};
	static const char *const this_month[] = {"fin du mois", "end of the month", "ce mois", "this month"};
	struct date sunday = reply_day_plus(r->written, to_sunday(r->written));

	if (has_word(r->text, next_week, COUNT(next_week))) {
		bool until = bytes_contains(r->text, BYTES("jusqu")) || bytes_contains(r->text, BYTES("until"));
		return say_span(out, until ? r->written : reply_day_plus(sunday, 1), reply_day_plus(sunday, 7));
	}
	if (has_word(r->text, this_week, COUNT(this_week)))
		return say_span(out, r->written, sunday);
	if (has_word(r->text, this_month, COUNT(this_month)))
		return say_span(out, r->written, end_of_month(r->written));
	return false;
}

static bool read_count(struct bytes word, int *out)
{
	static const struct number {
		const char *text;
		int value;
	} numbers[] = {
		{"un", 1}, {"une", 1}, {"a", 1}, {"one", 1}, {"deux", 2}, {"two", 2}, {"trois", 3}, {"three", 3}, {"quatre", 4}, {"four", 4}, {"cinq", 5},
		{"five", 5}, {"six", 6}, {"sept", 7}, {"seven", 7}, {"huit", 8}, {"eight", 8}, {"dix", 10}, {"ten", 10}, {"quinze", 15},
	};
	uint64_t value;

	if (bytes_number(word, 365, &value)) {
		*out = (int)value;
		return value > 0;
	}
	for (size_t i = 0; i < COUNT(numbers); i++) {
		if (bytes_equal_text(word, numbers[i].text)) {
			*out = numbers[i].value;
			return true;
		}
	}
	return false;
}

static int days_of_unit(struct bytes word)
{
	static const struct unit {
		struct bytes text;
		int days;
	} units[] = {
		{BYTES_OF("jour"), 1}, {BYTES_OF("day"), 1}, {BYTES_OF("semaine"), 7}, {BYTES_OF("week"), 7}, {BYTES_OF("mois"), 30}, {BYTES_OF("month"), 30},
	};
	for (size_t i = 0; i < COUNT(units); i++)
		if (bytes_starts(word, units[i].text) && word.len <= units[i].text.len + 1)
			return units[i].days;
	return 0;
}

static struct bytes next_word(struct bytes *left)
{
	size_t from = 0, len = 0;
	while (from < left->len && !is_word(left->at[from]))
		from++;
	while (from + len < left->len && is_word(left->at[from + len]))
		len++;
	struct bytes word = bytes_slice(*left, from, len);
	*left = bytes_from(*left, from + len);
	return word;
}

/* "pendant trois semaines", "for 10 days", "dans un mois": from the day on which it was written. */
static bool read_length(const struct reading *r, struct reply_leave *out)
{
	static const char *const before[] = {"pendant", "durant", "pour", "for", "dans", "in", "encore", "absent", "absente", "conges", "conge", "sous", "next",
					     "prochains", "prochaines", "away", "avant", "before", "leave"};
	struct bytes left = r->text, last = BYTES_NONE, word;
	int count, days;

	while ((word = next_word(&left)).len > 0) {
		struct bytes behind = left;
		bool lead = last.len > 0 && has_word(last, before, COUNT(before));
		if (lead && read_count(word, &count) && (days = days_of_unit(next_word(&behind))) > 0)
			return say_span(out, r->written, reply_day_plus(r->written, (int64_t)count * days - 1));
		last = word;
	}
	return false;
}

/* --- days ----------------------------------------------------------------------- */

/* A month by its name behind "fin": its last day. */
static void take_month_end(struct reading *r)
{
	struct date date = {0, reply_month_take(bytes_trim(r->left)), 1};

	if (date.month == 0 || !reply_day_complete(&date, (struct date){r->written.year, r->written.month, 1}))
		return;
	r->until = end_of_month(date);
	r->back = false;
	r->role = ROLE_NONE;
}

static void note_day(struct reading *r, struct date date)
{
	bool denied = has_word(r->text, denials, COUNT(denials));

	switch (r->role) {
	case ROLE_FROM:
		if (r->there && !denied) {
			r->until = date;
			r->back = true;
		} else {
			r->from = date;
		}
		break;
	case ROLE_BACK:
		/* The return says more than the last day: "jusqu'au 20, de retour le 21". */
		if (r->until.day == 0 || r->back) {
			r->until = date;
			r->back = true;
		}
		break;
	case ROLE_UNTIL:
	case ROLE_LAST_OF:           /* "until the end of Monday" */
		r->until = date;
		r->back = false;
		break;
	case ROLE_NONE:
	case ROLE_ON:
		if (r->until.day == 0 && r->from.day == 0)
			r->from = r->until = date;
		break;
	}
}

/* What a word before a day makes of it: articles say nothing beside another word, and "au", "to", "et" need the first day before them. */
static enum role role_of(const struct reading *r, const struct lead *lead)
{
	bool strong = r->role == ROLE_BACK || r->role == ROLE_UNTIL || r->role == ROLE_FROM;
	bool pair = bytes_equal_text(lead->text, "au") || bytes_equal_text(lead->text, "to") || bytes_equal_text(lead->text, "et") ||
		    bytes_equal_text(lead->text, "and");

	if (strong && (lead->role == ROLE_ON || bytes_equal_text(lead->text, "du")))
		return r->role;
	if (pair && (r->from.day == 0 || r->until.day != 0))
		return r->role;
	return lead->role;
}

/* True: a word that says what the day behind it is was taken. */
static bool take_lead(struct reading *r)
{
	for (size_t i = 0; i < COUNT(leads); i++) {
		if (!starts_word(r->left, leads[i].text))
			continue;
		r->role = role_of(r, &leads[i]);
		r->since = r->since || bytes_equal_text(leads[i].text, "depuis") || bytes_equal_text(leads[i].text, "since");
		r->left = bytes_from(r->left, leads[i].text.len);
		if (r->role == ROLE_LAST_OF)
			take_month_end(r);
		return true;
	}
	return false;
}

/* "3-20 mars": a number, a dash and another. */
static bool begins_range(struct bytes text)
{
	size_t at = 0;
	while (at < text.len && at < 2 && text.at[at] >= '0' && text.at[at] <= '9')
		at++;
	size_t dash = at;
	while (dash < text.len && text.at[dash] == ' ')
		dash++;
	if (at == 0 || dash >= text.len || text.at[dash] != '-')
		return false;
	for (dash++; dash < text.len && text.at[dash] == ' ';)
		dash++;
	return dash < text.len && text.at[dash] >= '0' && text.at[dash] <= '9';
}

static void read_days(struct reading *r)
{
	while (r->left.len > 0) {
		/* "du 3/3-20/3" */
		if (r->left.at[0] == '-' && r->from.day != 0 && r->until.day == 0)
			r->role = ROLE_UNTIL;
		if (!begins_word(r)) {
			r->left = bytes_from(r->left, 1);
			continue;
		}
		if (r->role == ROLE_NONE && r->from.day == 0 && begins_range(r->left))
			r->role = ROLE_FROM;
		bool bare = r->role == ROLE_FROM || r->role == ROLE_UNTIL || r->role == ROLE_BACK;
		struct reply_day day = reply_day_take(r->left, r->written, bare);
		if (day.len > 0) {
			note_day(r, day.date);
			r->left = bytes_from(r->left, day.len);
			r->role = r->role == ROLE_FROM ? ROLE_UNTIL : ROLE_NONE;
			continue;
		}
		if (!take_lead(r))
			r->left = bytes_from(r->left, 1);
	}
}

/* --- completing ------------------------------------------------------------------ */

/* The latest such day at or before until. */
static bool complete_from(struct date *from, struct date until)
{
	if (from->year != 0)
		return reply_day_complete(from, until);
	struct date floor = reply_day_plus(until, from->month != 0 ? -365 : -31), last = {0};
	for (int i = 0; i < 3; i++) {
		struct date tried = *from;
		if (!reply_day_complete(&tried, floor) || date_days(tried) > date_days(until))
			break;
		last = tried;
		floor = reply_day_plus(tried, 1);
	}
	*from = last;
	return last.day != 0;
}

/* "from March 3 to 20": the month stands at the first day. */
static void lend_month(struct reading *r)
{
	if (r->until.month != 0 || r->from.month == 0 || r->until.day == 0)
		return;
	r->until.month = r->from.month;
	r->until.year = r->from.year;
	if (r->until.day >= r->from.day)
		return;
	r->until.month = r->from.month % 12 + 1;
	if (r->until.month == 1 && r->until.year != 0)
		r->until.year++;
}

static bool complete(struct reading *r, struct reply_leave *out)
{
	lend_month(r);
	if (r->until.day != 0) {
		bool inferred = r->until.year == 0;
		if (!reply_day_complete(&r->until, r->written))
			return false;
		if (r->back)
			r->until = reply_day_plus(r->until, -1);
		int64_t ahead = r->written.year == 0 ? 0 : date_days(r->until) - date_days(r->written);
		if (ahead < 0 || ahead > (inferred ? INFERRED_DAYS : LIMIT_LEAVE_DAYS))
			return false;
		out->has_until = true;
		out->until = r->until;
		out->has_from = r->from.day != 0 && complete_from(&r->from, r->until) && date_days(r->from) <= date_days(r->until);
	} else if (r->from.day != 0) {
		out->has_from = r->since && r->written.year != 0 ? complete_from(&r->from, r->written) : reply_day_complete(&r->from, r->written);
	}
	if (out->has_from)
		out->from = r->from;
	return out->has_from || out->has_until;
}

bool reply_leave_read(struct bytes folded, struct date written, struct reply_leave *out)
{
	struct reading r = {.text = folded, .left = folded, .written = written, .there = has_word(folded, there, COUNT(there))};

	*out = (struct reply_leave){false};
	read_days(&r);
	if (r.from.day != 0 || r.until.day != 0)
		return complete(&r, out);
	return written.year != 0 && (read_length(&r, out) || read_week(&r, out));
}

bool reply_leave_suggest(struct arena *arena, struct bytes text, struct date written, struct reply_leave *out)
{
	static const char *const says[] = {
		"absent*", "conge*", "vacances", "retour|reviens|rentre", "indisponible*", "back", "out of ?the office", "away", "leave|vacation|holiday*",
		"return|returning", "unavailable", "pas disponible", "not available|reachable", "ferme*|closed", "absence",
	};
	const struct reply_sentence *sentences;
	size_t n = reply_sentences(arena, bytes_slice(text, 0, LIMIT_REPLY), &sentences);

	*out = (struct reply_leave){false};
	for (size_t i = 0; i < n && !out->has_until; i++) {
		struct reply_leave found;
		bool speaks = false;
		for (size_t k = 0; k < COUNT(says); k++)
			speaks = speaks || reply_phrase_anywhere(&sentences[i], says[k]);
		if (!speaks || !reply_leave_read(sentences[i].text, written, &found))
			continue;
		/* "Absent depuis lundi. De retour le 21." */
		if (!found.has_from && out->has_from && found.has_until && date_days(out->from) <= date_days(found.until)) {
			found.has_from = true;
			found.from = out->from;
		}
		*out = found;
	}
	return out->has_from || out->has_until;
}

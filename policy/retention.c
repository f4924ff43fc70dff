/* policy/retention.c - see retention.h. */
#include "policy/retention.h"

#include "base/calendar.h"

enum { MINOR_LEAST = 18 };

static const char *const units[RETENTION_UNITS] = {[RETENTION_DAYS] = "d", [RETENTION_MONTHS] = "m", [RETENTION_YEARS] = "y"};
static const int most[RETENTION_UNITS] = {[RETENTION_DAYS] = 36500, [RETENTION_MONTHS] = 1200, [RETENTION_YEARS] = 100};

static const struct retention_row rows[RETENTION_RULES] = {
	[RETENTION_OPINION] = {"retention.opinion", "retention.opinion/1", {20, RETENTION_YEARS}, "CSP R.1112-7 (an establishment's file, the longest that we found; to be confirmed by the controller)",
		"Avis remis ou patient réorienté : durée de conservation écoulée depuis le dernier contact", "Opinion given or patient turned to other care: the period since the last contact is over"},
	[RETENTION_MINOR] = {"retention.minor", "retention.minor/1", {28, RETENTION_YEARS}, "CSP R.1112-7 (a child's file: to the 28th birthday)",
		"Patient mineur lors de la demande : l'âge jusqu'auquel son dossier se garde est atteint", "Patient under age when he asked: the age until which his dossier stays is reached"},
	[RETENTION_DEATH] = {"retention.death", "retention.death/1", {10, RETENTION_YEARS}, "CSP R.1112-7 (after a death, when that is earlier)",
		"Décès du patient : durée de conservation écoulée", "The patient's death: the period is over"},
	[RETENTION_ENDED] = {"retention.ended", "retention.ended/1", {6, RETENTION_MONTHS}, "(A), product 3.8: a request that was never completed",
		"Demande terminée sans avis : durée de conservation écoulée", "Request that ended without an opinion: the period is over"},
	[RETENTION_APART] = {"retention.apart", "retention.apart/1", {30, RETENTION_DAYS}, "(A), product 3.8: a document that no dossier has",
		"Messages qu'aucun dossier n'a : durée de conservation écoulée", "Messages that no dossier has: the period is over"},
	[RETENTION_SERVICE] = {"retention.service", "retention.service/1", {6, RETENTION_MONTHS}, "as the traces of a mailbox: ECO.4.1, 6 months recommended",
		"Messages aux équipes, experts et partenaires : durée de conservation écoulée", "Mails to our people, experts and partners: the period is over"},
	[RETENTION_ORDER] = {"", "retention.order/1", {0, RETENTION_DAYS}, "GDPR 17; by a person's act in the dossier's history",
		"Effacement ordonné par une personne du service", "Erasure ordered by a person of the service"},
};

/* --- time -------------------------------------------------------------------------------- */

static struct retention_span span_of(const struct retention_settings *settings, enum retention_rule rule)
{
	return settings != NULL && settings->spans[rule].told ? settings->spans[rule].span : rows[rule].span;
}

static int month_days(int year, int month)
{
	struct date next = {month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1};

	return (int)(date_days(next) - date_days((struct date){year, month, 1}));
}

/* The same day so many months later; the last of the month where it has no such day. */
static struct date plus_months(struct date d, int months)
{
	int all = d.year * 12 + d.month - 1 + months, year = all / 12, month = all % 12 + 1, last = month_days(year, month);

	return (struct date){year, month, d.day < last ? d.day : last};
}

static struct date plus_span(struct date d, struct retention_span span)
{
	if (span.unit == RETENTION_DAYS)
		return date_of_days(date_days(d) + span.count);
	return plus_months(d, span.unit == RETENTION_YEARS ? span.count * 12 : span.count);
}

/* What is over with a day is over at the end of that day, in Paris. */
static struct instant end_of(struct date d)
{
	return calendar_instant(CALENDAR_FRANCE, d, 1440);
}

static struct instant after(const struct retention_settings *settings, enum retention_rule rule, struct instant from)
{
	return end_of(plus_span(calendar_date(CALENDAR_FRANCE, from), span_of(settings, rule)));
}

/* --- the answer ---------------------------------------------------------------------------- */

static bool is_dossier(enum retention_rule kind)
{
	return kind == RETENTION_OPINION || kind == RETENTION_ENDED;
}

/* Under age at the last thing that happened. */
static bool was_child(const struct retention_facts *f)
{
	if (f->kind != RETENTION_OPINION || f->born.year == 0)
		return false;
	return date_days(calendar_date(CALENDAR_FRANCE, f->last)) < date_days(plus_months(f->born, MINOR_LEAST * 12));
}

static void end_by_rules(const struct retention_settings *settings, const struct retention_facts *f, struct retention_answer *out)
{
	struct instant dead;

	*out = (struct retention_answer){.rule = f->kind, .ends = after(settings, f->kind, f->last)};
	if (was_child(f)) {
		struct instant grown = end_of(plus_span(f->born, span_of(settings, RETENTION_MINOR)));
		if (instant_before(out->ends, grown))
			*out = (struct retention_answer){.rule = RETENTION_MINOR, .ends = grown};
	}
	if (!is_dossier(f->kind) || f->died.us == 0)
		return;
	dead = after(settings, RETENTION_DEATH, f->died);
	if (instant_before(dead, out->ends))
		*out = (struct retention_answer){.rule = RETENTION_DEATH, .ends = dead};
}

static enum retention_wait wait_of(const struct retention_facts *f)
{
	if (f->open)
		return RETENTION_OPEN;
	if (f->held)
		return RETENTION_HELD;
	if (f->under_way)
		return RETENTION_UNDER_WAY;
	return f->shared ? RETENTION_SHARED : RETENTION_FREE;
}

struct retention_answer retention_of(const struct retention_settings *settings, const struct retention_facts *facts, struct instant now)
{
	struct retention_answer answer;

	end_by_rules(settings, facts, &answer);
	if (facts->ordered.us != 0)
		answer = (struct retention_answer){.rule = RETENTION_ORDER, .ends = facts->ordered};
	answer.wait = wait_of(facts);
	answer.due = answer.wait == RETENTION_FREE && !instant_before(now, answer.ends);
	return answer;
}

/* --- words ---------------------------------------------------------------------------------- */

const struct retention_row *retention_row(enum retention_rule rule)
{
	return &rows[rule];
}

const char *retention_wait_name(enum retention_wait wait)
{
	static const char *const names[RETENTION_WAITS] = {"", "open", "held", "under-way", "shared"};

	return names[wait];
}

const char *retention_wait_words(enum retention_wait wait, const char *language)
{
	static const char *const words[RETENTION_WAITS][2] = {
		{"", ""},
		{"n'est pas terminé", "is not over"},
		{"gel juridique", "legal hold"},
		{"courrier ou message en cours", "mail or message under way"},
		{"partage un message avec un dossier qui reste", "shares a message with a dossier that stays"},
	};

	return words[wait][language[0] == 'e'];
}

/* --- settings ---------------------------------------------------------------------------------- */

static enum reason read_span(enum retention_rule rule, struct bytes value, struct retention_span *out)
{
	struct cursor c = cursor_on(value);
	struct bytes number = cursor_until(&c, ' ');
	enum retention_unit unit = 0;
	uint64_t count;

	while (unit < RETENTION_UNITS && !bytes_equal_text(c.left, units[unit]))
		unit++;
	if (unit == RETENTION_UNITS || !bytes_number(number, (uint64_t)most[unit], &count) || count == 0)
		return REASON_USAGE;
	if (rule == RETENTION_MINOR && (unit != RETENTION_YEARS || count < MINOR_LEAST))
		return REASON_USAGE;
	*out = (struct retention_span){(int)count, unit};
	return REASON_NONE;
}

enum reason retention_settings_set(struct retention_settings *settings, struct bytes name, struct bytes value)
{
	enum retention_rule rule = 0;
	struct retention_span span = {0};

	while (rule < RETENTION_ORDER && !bytes_equal_text(name, rows[rule].name))
		rule++;
	if (rule == RETENTION_ORDER)
		return REASON_NOT_FOUND;
	bool given_back = bytes_equal_text(value, "default");
	enum reason reason = given_back ? REASON_NONE : read_span(rule, value, &span);
	if (reason != REASON_NONE)
		return reason;
	settings->spans[rule].told = !given_back;
	settings->spans[rule].span = span;
	return REASON_NONE;
}

const char *retention_span_text(struct arena *arena, const struct retention_settings *settings, enum retention_rule rule)
{
	struct retention_span span = span_of(settings, rule);

	return arena_printf(arena, "%d %s", span.count, units[span.unit]);
}

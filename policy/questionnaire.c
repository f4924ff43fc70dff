/* policy/questionnaire.c - see questionnaire.h. */
#include "policy/questionnaire.h"

enum { WHOLE_DIGITS = 9, FRACTION_DIGITS = 6, MILLION = 1000000 };

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at the front, as a number; how many there were. */
static size_t take_digits(struct bytes *text, size_t max, int64_t *out)
{
	size_t n = 0;

	*out = 0;
	while (n < text->len && n <= max && is_digit(text->at[n]))
		*out = *out * 10 + (text->at[n++] - '0');
	*text = bytes_from(*text, n);
	return n;
}

bool questionnaire_read_number(struct bytes text, struct questionnaire_number *out)
{
	bool negative = text.len > 0 && text.at[0] == '-', signed_ = negative || (text.len > 0 && text.at[0] == '+');
	int64_t whole, fraction = 0;

	text = bytes_from(text, signed_);
	size_t n = take_digits(&text, WHOLE_DIGITS, &whole);
	if (n == 0 || n > WHOLE_DIGITS)
		return false;
	if (text.len > 0) {
		if (text.at[0] != '.' && text.at[0] != ',')
			return false;
		text = bytes_from(text, 1);
		n = take_digits(&text, FRACTION_DIGITS, &fraction);
		if (n == 0 || n > FRACTION_DIGITS || text.len > 0)
			return false;
		for (; n < FRACTION_DIGITS; n++)
			fraction *= 10;
	}
	out->millionths = (negative ? -1 : 1) * (whole * MILLION + fraction);
	return true;
}

static bool exists(int64_t year, int64_t month, int64_t day)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 1800 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (leap && month == 2);
}

/* Three numbers with a sign between them, each of so many digits. */
static bool parts(struct bytes text, unsigned char sign, const size_t widths[3], int64_t out[3])
{
	for (int i = 0; i < 3; i++) {
		if (i > 0 && (text.len == 0 || text.at[0] != sign))
			return false;
		text = bytes_from(text, i > 0);
		if (take_digits(&text, widths[i], &out[i]) != widths[i])
			return false;
	}
	return text.len == 0;
}

static bool day(int64_t year, int64_t month, int64_t d, struct date *out)
{
	if (!exists(year, month, d))
		return false;
	*out = (struct date){(int)year, (int)month, (int)d};
	return true;
}

bool questionnaire_read_date(struct bytes text, struct date *out)
{
	static const size_t french[] = {2, 2, 4}, iso[] = {4, 2, 2};
	int64_t p[3];
	uint64_t ymd;

	text = bytes_trim(text);
	if (parts(text, '/', french, p))
		return day(p[2], p[1], p[0], out);
	if (parts(text, '-', iso, p))
		return day(p[0], p[1], p[2], out);
	/* HL7: YYYYMMDD, then hours, minutes, seconds and the zone, which are not looked at. */
	if (text.len < 8 || text.len > 24 || !bytes_number(bytes_slice(text, 0, 8), 99999999, &ymd))
		return false;
	return day((int64_t)(ymd / 10000), (int64_t)(ymd / 100 % 100), (int64_t)(ymd % 100), out);
}

struct questionnaire_number questionnaire_date_number(struct date date)
{
	return (struct questionnaire_number){date_days(date) * MILLION};
}

static bool is_given(const struct policy_answer *a)
{
	return bytes_trim(a->value).len > 0;
}

static enum reason check_choice(const struct pathology_answer *q, struct bytes value)
{
	for (size_t i = 0; i < q->n_choices; i++)
		if (bytes_equal(q->choices[i].code, value))
			return REASON_NONE;
	return q->n_choices == 0 ? REASON_NONE : REASON_ANSWER_CHOICE;
}

static bool is_one_of(enum policy_answer_kind kind, enum policy_answer_kind a, enum policy_answer_kind b)
{
	return kind == POLICY_ANSWER_UNSAID || kind == POLICY_ANSWER_TEXT || kind == a || kind == b;
}

/* A number, or a date as a number; ANSWER_KIND or ANSWER_UNIT when it is none. */
static enum reason read_value(const struct pathology_answer *q, const struct policy_answer *a, struct questionnaire_number *out)
{
	struct bytes value = bytes_trim(a->value);
	struct date date;

	if (q->kind == POLICY_ANSWER_DATE) {
		if (!is_one_of(a->kind, POLICY_ANSWER_DATE, POLICY_ANSWER_DATE) || !questionnaire_read_date(value, &date))
			return REASON_ANSWER_KIND;
		*out = questionnaire_date_number(date);
		return REASON_NONE;
	}
	if (!is_one_of(a->kind, POLICY_ANSWER_NUMBER, POLICY_ANSWER_SLIDER) || !questionnaire_read_number(value, out))
		return REASON_ANSWER_KIND;
	/* An INT has no unit: it is in the one that was asked for. */
	return q->unit.len > 0 && a->unit.len > 0 && !bytes_equal(q->unit, a->unit) ? REASON_ANSWER_UNIT : REASON_NONE;
}

bool questionnaire_read_value(const struct pathology_answer *question, const struct policy_answer *answer,
			      struct questionnaire_number *out)
{
	return read_value(question, answer, out) == REASON_NONE;
}

static enum reason check_value(const struct pathology_answer *q, const struct policy_answer *a)
{
	struct questionnaire_number value;
	enum reason reason = read_value(q, a, &value);

	if (reason != REASON_NONE)
		return reason;
	if (q->whole && value.millionths % MILLION != 0)
		return REASON_ANSWER_KIND;
	if ((q->has_low && value.millionths < q->low.millionths) || (q->has_high && value.millionths > q->high.millionths))
		return REASON_ANSWER_RANGE;
	return REASON_NONE;
}

static enum reason check_one(const struct pathology_answer *q, const struct policy_answer *a)
{
	struct bytes value = bytes_trim(a->value);
	bool fits = true;

	switch (q->kind) {
	case POLICY_ANSWER_NUMBER:
	case POLICY_ANSWER_DATE:
		return check_value(q, a);
	case POLICY_ANSWER_SLIDER:
		return q->n_choices > 0 ? check_choice(q, value) : check_value(q, a);
	case POLICY_ANSWER_CHOICE:
		fits = is_one_of(a->kind, POLICY_ANSWER_CHOICE, POLICY_ANSWER_SLIDER);
		return fits ? check_choice(q, value) : REASON_ANSWER_KIND;
	case POLICY_ANSWER_TRUTH:
		fits = is_one_of(a->kind, POLICY_ANSWER_TRUTH, POLICY_ANSWER_TRUTH) &&
		       (bytes_equal_text(value, "true") || bytes_equal_text(value, "false"));
		break;
	case POLICY_ANSWER_UNSAID:
	case POLICY_ANSWER_TEXT:
	case POLICY_ANSWER_SECTION:
	case POLICY_ANSWER_KINDS:
		break;
	}
	return fits ? REASON_NONE : REASON_ANSWER_KIND;
}

/* Words may be said in several pieces, and what is of no kind may be anything: all else is one, or as many as are allowed. */
static enum reason check_count(const struct pathology_answer *q, size_t given)
{
	bool many = q->kind == POLICY_ANSWER_TEXT || q->kind == POLICY_ANSWER_UNSAID;
	size_t most = q->repeats ? q->most : 1;

	if (given < q->least || (most > 0 && !many && given > most))
		return REASON_ANSWER_COUNT;
	return REASON_NONE;
}

enum reason questionnaire_check(const struct pathology_answer *question, const struct policy_answer *answers, size_t n)
{
	size_t given = 0;

	for (size_t i = 0; i < n; i++) {
		if (!bytes_equal(answers[i].question, question->id) || !is_given(&answers[i]))
			continue;
		enum reason reason = check_one(question, &answers[i]);
		if (reason != REASON_NONE)
			return reason;
		given++;
	}
	if (given == 0)
		return question->optional ? REASON_NONE : REASON_NOT_FOUND;
	return check_count(question, given);
}

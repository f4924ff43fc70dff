/* policy/simulate_default.c - the population that is played when none is told, and what a population may be. The figures are assumptions,
 * near those of product.md 5.2: most experts answer within half a day, an opinion takes four, six requests in ten come complete. */
#include "policy/simulate_run.h"

#define EXAM_TYPES 6

static const struct bytes exam_types[EXAM_TYPES] = {
	BYTES_OF("18748-4"), BYTES_OF("11526-1"), BYTES_OF("11488-4"), BYTES_OF("11502-2"), BYTES_OF("34112-3"), BYTES_OF("51851-4"),
};

static const struct {
	const char *code, *title;
	unsigned weight, exams, experts, capacity;
} defaults[] = {
	{"cancer-sein", "Cancer du sein", 30, 3, 30, 2},   {"endometriose", "Endométriose", 20, 3, 18, 2},
	{"rachis", "Chirurgie du rachis", 20, 2, 18, 2},   {"prostate", "Cancer de la prostate", 15, 3, 14, 2},
	{"hanche-genou", "Prothèse de hanche ou de genou", 10, 2, 12, 2}, {"maladie-rare", "Maladie rare", 3, 4, 1, 1},
};
enum { DEFAULTS = sizeof defaults / sizeof defaults[0] };

static const struct pathology_answer answers[] = {
	{.id = BYTES_OF("antecedents"), .label_fr = BYTES_OF("Antécédents"), .label_en = BYTES_OF("History")},
	{.id = BYTES_OF("question.1"), .label_fr = BYTES_OF("Votre question"), .label_en = BYTES_OF("Your question")},
};

/* 2026-03-02, a Monday, in France. */
static const struct instant first_day = {1772406000000000};

const struct pathology *simulate_pathology_make(struct arena *arena, struct bytes code, struct bytes title, unsigned exams)
{
	struct pathology *p = arena_alloc(arena, sizeof *p);
	struct pathology_exam *list = arena_alloc(arena, (exams + 1) * sizeof *list);

	for (unsigned i = 0; i < exams; i++)
		list[i] = (struct pathology_exam){.code = bytes_of_text(arena_printf(arena, "examen-%u", i)),
						  .wanted = {BYTES("Examen"), BYTES("Exam"), {&exam_types[i % EXAM_TYPES], 1}, 0}};
	*p = (struct pathology){.code = code, .version = BYTES("1"), .title_fr = title, .title_en = title, .validated = true, .answers = answers,
				.n_answers = sizeof answers / sizeof answers[0], .exams = list, .n_exams = exams};
	return p;
}

struct simulate_expert simulate_expert_default(void)
{
	return (struct simulate_expert){
		.accepts = 820, .silent = 60, .unclear = 20, .incomplete = 80, .more = 60,
		.answer = {SPAN_HOURS(1), SPAN_HOURS(6), SPAN_HOURS(20)}, .opinion = {SPAN_HOURS(20), SPAN_HOURS(72), SPAN_HOURS(115)}};
}

void simulate_experts_make(struct arena *arena, struct simulate_expert *out, size_t n, size_t first, struct policy_texts pathologies, unsigned capacity,
			   const struct simulate_expert *like)
{
	for (size_t i = 0; i < n; i++) {
		struct bytes *certificate = arena_alloc(arena, sizeof *certificate);
		size_t number = first + i;
		out[i] = *like;
		*certificate = bytes_of_text(arena_printf(arena, "%064zx", number + 1));
		out[i].rule = (struct expert){
			.rpps = bytes_of_text(arena_printf(arena, "8%011zu", 10000000000 + number)), .name = bytes_of_text(arena_printf(arena, "Dr %zu", number + 1)),
			.mailbox = bytes_of_text(arena_printf(arena, "expert-%zu@experts.exemple.fr", number + 1)),
			.organisation = bytes_of_text(arena_printf(arena, "1%09zu", 750000000 + number)), .pathologies = pathologies,
			.fingerprints = {certificate, 1}, .capacity = capacity};
	}
}

/* Some are away for ten days, from a day of the run on. */
static void give_leave(struct arena *arena, const struct simulate_population *p, struct simulate_expert *e, size_t number)
{
	if (!simulate_share(p->seed, number, MATTER_LEAVE, 0, 150))
		return;
	struct expert_leave *leave = arena_alloc(arena, sizeof *leave);
	leave->from = instant_plus(p->from, SPAN_DAYS(simulate_draw(p->seed, number, MATTER_LEAVE, 1) * (uint64_t)p->days / 1000000));
	leave->until = instant_plus(leave->from, SPAN_DAYS(10));
	e->rule.leave = leave;
	e->rule.n_leave = 1;
}

static void default_experts(struct arena *arena, struct simulate_population *p)
{
	const struct simulate_expert like = simulate_expert_default();
	size_t n = 0, all = 0;

	for (size_t i = 0; i < DEFAULTS; i++)
		all += defaults[i].experts;
	struct simulate_expert *experts = arena_alloc(arena, all * sizeof *experts);
	for (size_t i = 0; i < DEFAULTS; i++) {
		simulate_experts_make(arena, experts + n, defaults[i].experts, n, (struct policy_texts){&p->pathologies[i].rule->code, 1}, defaults[i].capacity, &like);
		n += defaults[i].experts;
	}
	for (size_t i = 0; i < n; i++)
		give_leave(arena, p, &experts[i], i);
	p->experts = experts;
	p->n_experts = n;
}

struct simulate_population simulate_default(struct arena *arena)
{
	struct simulate_pathology *pathologies = arena_alloc(arena, DEFAULTS * sizeof *pathologies);
	struct simulate_population p = {
		.seed = 1, .from = first_day, .days = 28, .tail = 45, .per_day = 20, .weekend = 300, .pathologies = pathologies, .n_pathologies = DEFAULTS,
		.patients = {.complete = 600, .never = 80, .without_mailbox = 150, .bounces = 20, .reads = 500, .asks = 250,
			     .pieces = {SPAN_HOURS(20), SPAN_DAYS(4), SPAN_DAYS(14)}, .read = {SPAN_HOURS(1), SPAN_HOURS(20), SPAN_DAYS(6)},
			     .ask = {SPAN_HOURS(1), SPAN_DAYS(1), SPAN_DAYS(6)}},
		.nurses = {.triage = {SPAN_MINUTES(10), SPAN_MINUTES(45), SPAN_HOURS(4)}, .check = {SPAN_MINUTES(10), SPAN_MINUTES(60), SPAN_HOURS(4)},
			   .other = {SPAN_MINUTES(30), SPAN_HOURS(3), SPAN_HOURS(10)}},
		.rules = {.language = "fr", .triage_by_nurse = true, .release_by_nurse = true},
	};

	for (size_t i = 0; i < DEFAULTS; i++)
		pathologies[i] = (struct simulate_pathology){
			simulate_pathology_make(arena, bytes_of_text(defaults[i].code), bytes_of_text(defaults[i].title), defaults[i].exams), defaults[i].weight};
	default_experts(arena, &p);
	return p;
}

/* --- what a population may be ------------------------------------------------------- */

static bool is_share(unsigned thousandths)
{
	return thousandths <= SIMULATE_WHOLE;
}

static bool is_delay(const struct simulate_delay *d)
{
	return d->p10.us >= 0 && d->p10.us <= d->p50.us && d->p50.us <= d->p90.us && d->p90.us <= SPAN_DAYS(SIMULATE_DAYS_MOST).us;
}

static const char *check_people(const struct simulate_population *p)
{
	const struct simulate_patients *a = &p->patients;
	bool shares = is_share(a->complete) && is_share(a->never) && is_share(a->without_mailbox) && is_share(a->bounces) && is_share(a->reads) &&
		      is_share(a->asks) && is_share(p->weekend);
	bool delays = is_delay(&a->pieces) && is_delay(&a->read) && is_delay(&a->ask) && is_delay(&p->nurses.triage) && is_delay(&p->nurses.check) &&
		      is_delay(&p->nurses.other);

	for (size_t i = 0; i < p->n_experts; i++) {
		const struct simulate_expert *e = &p->experts[i];
		shares = shares && is_share(e->accepts) && is_share(e->silent) && is_share(e->unclear) && is_share(e->incomplete) && is_share(e->more);
		delays = delays && is_delay(&e->answer) && is_delay(&e->opinion);
	}
	return !shares ? "a share is above the whole" : !delays ? "a delay is not in order (p10, p50, p90), or above a year" : NULL;
}

const char *simulate_check(const struct simulate_population *p)
{
	uint64_t weight = 0, requests = (uint64_t)p->per_day * p->days;

	for (size_t i = 0; i < p->n_pathologies && i < SIMULATE_PATHOLOGIES_MOST; i++)
		weight += p->pathologies[i].weight;
	for (size_t i = 0; i < p->n_bursts; i++)
		requests += p->bursts[i].requests;
	if (p->n_pathologies == 0 || p->n_pathologies > SIMULATE_PATHOLOGIES_MOST || weight == 0 || weight > UINT32_MAX)
		return "there is no pathology to ask about, or there are too many";
	if (p->days == 0 || p->days > SIMULATE_DAYS_MOST || p->tail > SIMULATE_DAYS_MOST)
		return "it lasts no day, or more than a year";
	if ((p->past == NULL ? requests : p->n_past) > SIMULATE_REQUESTS_MOST)
		return "there are too many requests";
	if (p->n_experts > SIMULATE_EXPERTS_MOST)
		return "there are too many experts";
	for (size_t i = 0; i < p->n_past; i++)
		if (p->past[i].pathology >= p->n_pathologies)
			return "a dossier is of a pathology that is not there";
	return check_people(p);
}

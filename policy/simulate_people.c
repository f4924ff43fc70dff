/* policy/simulate_people.c - who asks when, and what people write, as facts. The identity is a published test identity, everybody's. */
#include "policy/simulate_run.h"

static const struct bytes platform_domain = BYTES_OF("plateforme.exemple.fr"), hospital_domain = BYTES_OF("hopital.exemple.fr");

const struct organisation simulate_organisations[SIMULATE_ORGANISATIONS] = {
	{.name = BYTES_OF("Plateforme"), .id = BYTES_OF("plateforme"), .domains = {&platform_domain, 1}, .classes = SENDER_REQUEST, .operator_link = true,
	 .test = true},
	{.name = BYTES_OF("Hôpital"), .id = BYTES_OF("hopital"), .domains = {&hospital_domain, 1}, .classes = SENDER_RECORD, .operator_link = true, .test = true},
};

static const struct policy_patient patient = {
	.ins = BYTES_OF("279035121518989"), .oid = BYTES_OF("1.2.250.1.213.1.4.10"), .family_birth = BYTES_OF("PAT-TROIS"),
	.given_birth_first = BYTES_OF("DOMINIQUE"), .given_birth_all = BYTES_OF("DOMINIQUE MARIE-LOUISE"), .birth_time = BYTES_OF("19790328"),
	.sex = BYTES_OF("F"), .birth_place = BYTES_OF("51215"),
};

static const struct span untold = {-1};

/* --- plans ------------------------------------------------------------------------ */

static size_t choose_pathology(const struct simulate_population *p, uint64_t dossier)
{
	uint64_t all = 0, at;

	for (size_t i = 0; i < p->n_pathologies; i++)
		all += p->pathologies[i].weight;
	at = simulate_draw(p->seed, dossier, MATTER_PATHOLOGY, 0) * all / 1000000;
	for (size_t i = 0; i < p->n_pathologies; i++) {
		if (at < p->pathologies[i].weight)
			return i;
		at -= p->pathologies[i].weight;
	}
	return p->n_pathologies - 1;
}

static struct simulate_plan made_up(const struct simulate_population *p, uint64_t dossier, struct instant at)
{
	const struct simulate_patients *people = &p->patients;
	struct simulate_plan plan = {.at = at, .pathology = choose_pathology(p, dossier), .triage = untold, .answer = untold, .opinion = untold,
				     .check = untold, .read = untold};
	size_t exams = p->pathologies[plan.pathology].rule->n_exams;

	if (exams > 0 && !simulate_share(p->seed, dossier, MATTER_COMPLETE, 0, people->complete))
		plan.missing = 1 + simulate_draw(p->seed, dossier, MATTER_COMPLETE, 1) % exams;
	plan.never = plan.missing > 0 && simulate_share(p->seed, dossier, MATTER_NEVER, 0, people->never);
	plan.pieces = simulate_span(&people->pieces, simulate_draw(p->seed, dossier, MATTER_PIECES, 0));
	plan.mailbox = !simulate_share(p->seed, dossier, MATTER_MAILBOX, 0, people->without_mailbox);
	return plan;
}

static struct simulate_plan of_past(const struct simulate_population *p, const struct simulate_past *past)
{
	size_t exams = p->pathologies[past->pathology].rule->n_exams;

	return (struct simulate_plan){
		.at = past->at, .pathology = past->pathology, .missing = (past->pieces.us > 0 || past->never) && exams > 0 ? 1 : 0, .never = past->never,
		.mailbox = past->mailbox, .told = true, .pieces = past->pieces, .triage = past->triage, .answer = past->answer, .opinion = past->opinion,
		.check = past->check, .read = past->read};
}

/* Half of the mean and up to as much again, so that days differ. */
static unsigned requests_of_day(const struct simulate_population *p, unsigned day)
{
	struct date date = calendar_date(CALENDAR_FRANCE, instant_plus(p->from, SPAN_HOURS(12 + 24 * (int64_t)day)));
	uint64_t mean = calendar_working_day(CALENDAR_FRANCE, date) ? p->per_day : (uint64_t)p->per_day * p->weekend / SIMULATE_WHOLE;
	uint64_t n = mean == 0 ? 0 : mean / 2 + simulate_draw(p->seed, day, MATTER_ARRIVAL, 0) % (mean + 1);

	for (size_t i = 0; i < p->n_bursts; i++)
		n += p->bursts[i].day == day ? p->bursts[i].requests : 0;
	return (unsigned)n;
}

/* Between seven in the morning and ten at night, in France. */
static struct instant arrival(const struct simulate_population *p, unsigned day, unsigned nth)
{
	struct date date = calendar_date(CALENDAR_FRANCE, instant_plus(p->from, SPAN_HOURS(12 + 24 * (int64_t)day)));
	struct instant seven = calendar_instant(CALENDAR_FRANCE, date, 7 * 60);

	return instant_plus(seven, SPAN_SECONDS((int64_t)simulate_draw(p->seed, day, MATTER_ARRIVAL, 1 + nth) * 15 * 3600 / 1000000));
}

static size_t count_requests(const struct simulate_population *p)
{
	size_t n = 0;

	for (unsigned day = 0; day < p->days && p->past == NULL; day++)
		n += requests_of_day(p, day);
	n = p->past != NULL ? p->n_past : n;
	return n < SIMULATE_REQUESTS_MOST ? n : SIMULATE_REQUESTS_MOST;
}

void simulate_plan_all(struct simulate_run *run)
{
	const struct simulate_population *p = run->population;
	size_t n = 0;

	run->n_dossiers = count_requests(p);
	run->dossiers = arena_alloc(run->arena, (run->n_dossiers + 1) * sizeof *run->dossiers);
	for (size_t i = 0; p->past != NULL && i < run->n_dossiers; i++)
		run->dossiers[i].plan = of_past(p, &p->past[i]);
	for (unsigned day = 0; p->past == NULL && day < p->days; day++) {
		unsigned today = requests_of_day(p, day);
		for (unsigned k = 0; k < today && n < run->n_dossiers; k++, n++)
			run->dossiers[n].plan = made_up(p, n, arrival(p, day, k));
	}
}

/* --- messages ---------------------------------------------------------------------- */

static struct policy_message message(const struct simulate_run *run, const struct simulate_dossier *d, struct bytes from, enum policy_class class)
{
	struct bytes *domain = arena_alloc(d->arena, sizeof *domain);
	int64_t inbox = (int64_t)run->result->decisions + 1;

	*domain = sender_domain(from);
	return (struct policy_message){
		.inbox = inbox, .id = bytes_of_text(arena_printf(d->arena, "<%lld@sim>", (long long)inbox)),
		.digest = bytes_of_text(arena_printf(d->arena, "%016llx", (long long)inbox)), .received = run->now, .source = POLICY_SOURCE_SMTP,
		.peer_domains = {domain, 1}, .mail_from = from, .from = from, .recipient = BYTES("depot@avis.exemple.fr"), .class = class};
}

static struct policy_document document(const struct simulate_run *run, const struct simulate_dossier *d, const char *id, struct bytes type)
{
	return (struct policy_document){
		.kind = POLICY_KIND_CDA, .name = BYTES("document.xml"), .id = bytes_of_text(id), .type = type, .title = BYTES("Document"), .timed = true,
		.time = {run->now.us - SPAN_HOURS(1).us}, .digest = bytes_of_text(arena_printf(d->arena, "d-%s", id)), .size = 100000, .realm_fr = true,
		.has_patient = true, .patient = patient};
}

/* An answer that fits its question. */
static struct policy_answer answer_to(struct arena *arena, const struct pathology_answer *question)
{
	static const struct bytes values[POLICY_ANSWER_KINDS] = {
		[POLICY_ANSWER_UNSAID] = BYTES_OF("oui"), [POLICY_ANSWER_NUMBER] = BYTES_OF("1"), [POLICY_ANSWER_CHOICE] = BYTES_OF("1"),
		[POLICY_ANSWER_TEXT] = BYTES_OF("oui"), [POLICY_ANSWER_DATE] = BYTES_OF("2026-01-15"), [POLICY_ANSWER_TRUTH] = BYTES_OF("false"),
		[POLICY_ANSWER_SLIDER] = BYTES_OF("1"), [POLICY_ANSWER_SECTION] = BYTES_OF("oui"),
	};
	struct bytes value = values[question->kind];

	if (question->n_choices > 0)
		value = question->choices[0].code;
	else if (question->has_low)
		value = bytes_of_text(arena_printf(arena, "%lld", (long long)(question->low.millionths + 999999) / 1000000));
	return (struct policy_answer){.question = question->id, .text = question->label_fr, .value = value, .kind = question->kind, .unit = question->unit};
}

static size_t answers_of(struct arena *arena, const struct pathology *p, const struct policy_answer **out)
{
	const struct policy_answer fixed[] = {
		{.question = BYTES("relais.pathology"), .value = p->code}, {.question = BYTES("relais.questionnaire"), .value = p->version},
		{.question = BYTES("relais.requester"), .value = BYTES("patient")}, {.question = BYTES("consent.processing"), .value = BYTES("true")},
		{.question = BYTES("consent.expert"), .value = BYTES("true")}, {.question = BYTES("question.1"), .value = BYTES("Que faire ?")},
	};
	const size_t n_fixed = sizeof fixed / sizeof fixed[0];
	struct policy_answer *list = arena_alloc(arena, (n_fixed + p->n_answers) * sizeof *list);
	size_t n = 0;

	while (n < n_fixed) {
		list[n] = fixed[n];
		n++;
	}
	for (size_t i = 0; i < p->n_answers; i++)
		if (!bytes_equal(p->answers[i].id, BYTES("question.1")))
			list[n++] = answer_to(arena, &p->answers[i]);
	*out = list;
	return n;
}

static struct bytes exam_type(const struct pathology_exam *exam)
{
	return exam->wanted.types.n > 0 ? exam->wanted.types.at[0] : BYTES("11502-2");
}

struct policy_message simulate_request(const struct simulate_run *run, const struct simulate_dossier *d)
{
	const struct pathology *p = run->population->pathologies[d->plan.pathology].rule;
	struct policy_message m = message(run, d, BYTES("depot@plateforme.exemple.fr"), POLICY_CLASS_REQUEST);
	struct policy_document *documents = arena_alloc(d->arena, (p->n_exams + 1) * sizeof *documents);

	documents[m.n_documents++] = document(run, d, "demande", BYTES("74465-6"));
	for (size_t i = 0; i + d->plan.missing < p->n_exams; i++)
		documents[m.n_documents++] = document(run, d, arena_printf(d->arena, "examen-%zu", i), exam_type(&p->exams[i]));
	m.documents = documents;
	m.n_answers = answers_of(d->arena, p, &m.answers);
	return m;
}

/* All that was missing, in one message of a hospital. */
struct policy_message simulate_pieces(const struct simulate_run *run, const struct simulate_dossier *d)
{
	const struct pathology *p = run->population->pathologies[d->plan.pathology].rule;
	struct policy_message m = message(run, d, BYTES("pfi@hopital.exemple.fr"), POLICY_CLASS_RECORD);
	struct policy_document *documents = arena_alloc(d->arena, (p->n_exams + 1) * sizeof *documents);

	for (size_t i = p->n_exams - d->plan.missing; i < p->n_exams; i++)
		documents[m.n_documents++] = document(run, d, arena_printf(d->arena, "examen-%zu", i), exam_type(&p->exams[i]));
	m.documents = documents;
	return m;
}

struct policy_message simulate_reply(const struct simulate_run *run, const struct simulate_dossier *d, const struct dossier_offer *offer, enum policy_word word)
{
	struct policy_message m = message(run, d, offer->mailbox, POLICY_CLASS_REPLY);

	m.party = offer->standby ? PARTY_STANDBY : PARTY_EXPERT;
	m.reply.word = word;
	m.text = BYTES("Bonjour.");
	return m;
}

struct policy_message simulate_opinion(const struct simulate_run *run, const struct simulate_dossier *d, const struct dossier_offer *holder, bool whole)
{
	static const struct policy_form_answer answers[] = {{0, BYTES_OF("Oui.")}};
	const struct expert *expert = expert_find(run->rules.experts, run->rules.n_experts, holder->rpps);
	struct policy_message m = message(run, d, holder->mailbox, POLICY_CLASS_OPINION);

	m.party = PARTY_EXPERT;
	m.form = (struct policy_form){
		.found = true, .reference = d->dossier->reference, .answers = answers, .n_answers = 1, .opinion = BYTES("Avis."), .convergence = BYTES("yes"),
		.advice = BYTES("Suivi."), .delay = BYTES("Trois mois."), .summary = whole ? BYTES("En clair.") : BYTES_NONE, .limits = BYTES("Sur dossier."),
		.help = BYTES("Aucune."), .interests = BYTES("Aucun.")};
	if (expert != NULL && expert->fingerprints.n > 0)
		m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_VALID, .bound = POLICY_BOUND_FROM, .email = m.from,
							.fingerprint = expert->fingerprints.at[0], .timed = true, .time = run->now};
	return m;
}

struct policy_message simulate_question(const struct simulate_run *run, const struct simulate_dossier *d)
{
	struct policy_message m = message(run, d, d->dossier->request.mailbox, POLICY_CLASS_REPLY);

	m.party = PARTY_PATIENT;
	m.text = BYTES("Que veut dire cet avis ?");
	return m;
}

struct policy_message simulate_answer(const struct simulate_run *run, const struct simulate_dossier *d, const struct dossier_offer *holder)
{
	struct policy_message m = simulate_reply(run, d, holder, POLICY_WORD_NONE);

	m.text = BYTES("Voici ma réponse.");
	return m;
}

/* The reading receipt of the report. */
struct policy_message simulate_reading(const struct simulate_run *run, const struct simulate_dossier *d)
{
	struct bytes mailbox = d->dossier->request.mailbox;
	struct policy_message m = message(run, d, mailbox, POLICY_CLASS_REPORT);
	struct policy_report_recipient *line = arena_alloc(d->arena, sizeof *line);
	struct policy_report *report = arena_alloc(d->arena, sizeof *report);

	*line = (struct policy_report_recipient){.address = mailbox, .disposition = BYTES("manual-action/MDN-sent-manually; displayed")};
	*report = (struct policy_report){.kind = POLICY_REPORT_MDN, .recipients = line, .n = 1, .matched = true, .by_envelope = true, .code = MAIL_M21,
					 .party = PARTY_PATIENT, .mailbox = mailbox};
	m.report = report;
	m.mail_from = BYTES_NONE;
	m.automatic = true;
	return m;
}

/* policy/route_test.c - which expert, and why not the others. */
#include "policy/test_world.h"

static struct dossier dossier_of(struct arena *arena)
{
	struct dossier d = dossier_begin(arena, 1, BYTES_NONE);
	const struct dossier_event e = {
		.kind = EVENT_REQUESTED, .at = MORNING,
		.request = {.patient = PATIENT, .pathology = BYTES("cancer-sein"), .version = BYTES("1"), .consent_processing = true,
			    .consent_expert = true, .attending = {BYTES("Dr G"), BYTES("general@cabinet.exemple.fr"), false}}};
	assert_int_equal(dossier_apply(&d, &e), REASON_NONE);
	return d;
}

static void file_by(struct dossier *d, const struct policy_author *author, struct bytes custodian)
{
	struct dossier_event e = {.kind = EVENT_DOCUMENT_FILED, .at = MORNING};
	e.document.document = (struct policy_document){.id = BYTES("x"), .digest = BYTES("y"), .has_patient = true, .patient = PATIENT,
						       .authors = author, .n_authors = author != NULL, .custodian = {.id = custodian}};
	assert_int_equal(dossier_apply(d, &e), REASON_NONE);
}

static const struct expert *choose(struct arena *arena, const struct expert *list, size_t n, const struct dossier *d, const char **why)
{
	const struct expert *chosen;
	struct route_exclusion *excluded;
	size_t n_excluded;
	enum reason reason = route_choose(arena, list, n, d, MORNING, &chosen, &excluded, &n_excluded);

	assert_true((reason == REASON_NONE) == (chosen != NULL));
	*why = "";
	for (size_t i = 0; i < n_excluded; i++)
		*why = arena_printf(arena, "%s%s%s", *why, i > 0 ? " " : "", exclusion_name(excluded[i].why));
	return chosen;
}

static void least_loaded_first(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = dossier_of(arena);
	struct expert list[3];
	const char *why;

	memcpy(list, EXPERTS, sizeof list);
	assert_ptr_equal(choose(arena, list, 3, &d, &why), &list[0]);
	assert_string_equal(why, "");
	/* 2 of 8 is less than 1 of 2. */
	list[0].load = 2, list[1].load = 1, list[2].load = 2, list[2].capacity = 8;
	assert_ptr_equal(choose(arena, list, 3, &d, &why), &list[2]);
	/* All alike: the order of the list does not matter. */
	for (size_t i = 0; i < 3; i++)
		list[i].load = 1, list[i].capacity = 2;
	assert_true(bytes_equal(choose(arena, list, 3, &d, &why)->rpps, EXPERTS[0].rpps));
	struct expert swapped = list[0];
	list[0] = list[2];
	list[2] = swapped;
	assert_true(bytes_equal(choose(arena, list, 3, &d, &why)->rpps, EXPERTS[0].rpps));
	arena_destroy(&arena);
}

/* Of two who have as much for what they take, the one who waits longest. */
static void longest_since_the_last_offer(void **state)
{
	(void)state;
	struct arena *arena = arena_create(1 << 20);
	struct dossier d = dossier_of(arena);
	struct expert list[3];
	const char *why;

	memcpy(list, EXPERTS, sizeof list);
	for (size_t i = 0; i < 3; i++)
		list[i].load = 0, list[i].offered_at = (struct instant){30 - (int64_t)i};
	assert_ptr_equal(choose(arena, list, 3, &d, &why), &list[2]);
	list[1].offered_at.us = 0;   /* never */
	assert_ptr_equal(choose(arena, list, 3, &d, &why), &list[1]);
	list[1].load = 1;
	assert_ptr_equal(choose(arena, list, 3, &d, &why), &list[2]);
	arena_destroy(&arena);
}

static const struct expert_member TEAM[] = {{.rpps = BYTES_OF("805555555555"), .fingerprints = ONE("e5")},
					    {.rpps = BYTES_OF("01111111111"), .fingerprints = ONE("e1")}};

static void exclusions(void **state)
{
	(void)state;
	static const struct bytes other = BYTES_OF("rachis"), second_place = BYTES_OF("000000009");
	static const struct expert_leave now = {{1772442000000000}, {1772442000000001}};
	static const struct expert_leave past = {{0}, {1772442000000000}};
	static const struct policy_author author = {.id = BYTES_OF("1.2.250.1.71.4.2.1^801111111111")};
	static const struct policy_author colleague = {.id = BYTES_OF("x"), .organisation = BYTES_OF("1.2.250.1.71.4.2.2^1000000001")};
	static const struct {
		const char *what;
		struct expert change;   /* what is set here is put into the expert */
		const struct policy_author *author;
		const char *custodian, *why, *about;
	} rows[] = {
		{"another pathology", {.pathologies = {&other, 1}}, NULL, "", "pathology", ""},
		{"not yet validated by the council", {.state = EXPERT_CANDIDATE}, NULL, "", "state", "candidate"},
		{"suspended", {.state = EXPERT_SUSPENDED}, NULL, "", "state", "suspended"},
		{"no expert any more", {.state = EXPERT_ENDED}, NULL, "", "state", "ended"},
		{"valid from tomorrow", {.valid_from = {1772442000000001}}, NULL, "", "validity", "2026-03-02"},
		{"valid until now", {.valid_until = {1772442000000000}}, NULL, "", "validity", "2026-03-02"},
		{"valid since now", {.valid_from = {1772442000000000}, .valid_until = {1772442000000001}}, NULL, "", "", ""},
		{"on leave", {.leave = &now, .n_leave = 1}, NULL, "", "leave", "2026-03-02"},
		{"back from leave", {.leave = &past, .n_leave = 1}, NULL, "", "", ""},
		{"wrote a document", {.load = 0}, &author, "", "conflict.author", "x"},
		{"a member of the team wrote a document", {.rpps = BYTES_OF("team"), .members = TEAM, .n_members = 2}, &author, "", "conflict.author", "x"},
		{"works with who wrote one", {.load = 0}, &colleague, "", "conflict.establishment", "x"},
		{"works where one is kept", {.load = 0}, NULL, "000000001", "conflict.establishment", "x"},
		{"works there, too", {.establishments = {&second_place, 1}}, NULL, "1000000009", "conflict.establishment", "x"},
		{"is the attending physician", {.mailbox = BYTES_OF("General@cabinet.exemple.fr")}, NULL, "", "conflict.physician", "attending"},
		{"is on leave, and in conflict: the lasting reason is told", {.leave = &now, .n_leave = 1}, &author, "", "conflict.author", "x"},
		{"mailbox that is none", {.mailbox = BYTES_OF("nowhere")}, NULL, "", "mailbox", ""},
		{"left the directory", {.ended = true}, NULL, "", "directory", ""},
		{"takes none", {.capacity = 0}, NULL, "", "capacity", "0/0"},
		{"has taken all that he takes", {.capacity = 3, .week = 3}, NULL, "", "capacity", "3/3"},
		{"may take all that he takes, were he to say yes", {.capacity = 3, .week = 1, .asked = 2}, NULL, "", "capacity", "3/3"},
		{"has room for one", {.capacity = 3, .week = 2}, NULL, "", "", ""},
		{"a beginner with one in hand", {.state = EXPERT_PROBATION, .capacity = 3, .load = 1}, NULL, "", "probation", "1/1"},
		{"a beginner with one of two", {.state = EXPERT_PROBATION, .capacity = 3, .load = 1, .probation = 2}, NULL, "", "", ""},
		{"nothing against him", {.load = 0}, NULL, "1000000009", "", ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_create(1 << 20);
		struct dossier d = dossier_of(arena);
		const struct expert *c = &rows[i].change;
		struct expert e = *c;
		struct bytes about;
		const char *why;
		e.rpps = c->rpps.len > 0 ? c->rpps : EXPERTS[0].rpps;
		e.mailbox = c->mailbox.len > 0 ? c->mailbox : EXPERTS[0].mailbox;
		e.organisation = EXPERTS[0].organisation;
		e.pathologies = c->pathologies.n > 0 ? c->pathologies : EXPERTS[0].pathologies;
		e.capacity = c->capacity > 0 || strcmp(rows[i].what, "takes none") == 0 ? c->capacity : 2;
		file_by(&d, rows[i].author, T(rows[i].custodian));
		const struct expert *chosen = choose(arena, &e, 1, &d, &why);
		enum exclusion alone = route_judge(arena, &e, &d, MORNING, &about);
		if (strcmp(why, rows[i].why) != 0 || (chosen != NULL) != (rows[i].why[0] == '\0') || !bytes_equal_text(about, rows[i].about))
			fail_msg("%s: %s, %.*s", rows[i].what, why, (int)about.len, (const char *)about.at);
		assert_string_equal(exclusion_name(alone), rows[i].why[0] == '\0' ? "none" : rows[i].why);
		assert_int_equal(exclusion_is_conflict(alone), strncmp(rows[i].why, "conflict", 8) == 0);
		assert_true((route_conflict(arena, &e, &d, NULL) != EXCLUSION_NONE) == exclusion_is_conflict(alone));
		assert_true((exclusion_reason(alone) == REASON_NONE) == (chosen != NULL));
		arena_destroy(&arena);
	}
}

/* What the request says of the physicians, with what the expert is. */
static void physicians(void **state)
{
	(void)state;
	static const struct {
		const char *question, *value, *why, *about;
	} rows[] = {
		{"physician.attending.rpps", "01111111111", "conflict.physician", "attending"},
		{"physician.first-opinion.rpps", "801111111111", "conflict.physician", "first_opinion"},
		{"physician.operating.rpps", "801111111111", "conflict.physician", "operating"},
		{"physician.operating.mailbox", "UN@experts.exemple.fr", "conflict.physician", "operating"},
		{"physician.operating.organisation", "000000001", "conflict.establishment", "000000001"},
		{"physician.first-opinion.organisation", "1000000001", "conflict.establishment", "1000000001"},
		{"physician.operating.rpps", "802222222222", "none", ""},
		{"physician.operating.organisation", "1000000002", "none", ""},
		{"physician.operating.rpps", "", "none", ""},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena *arena = arena_create(1 << 20);
		struct dossier d = dossier_of(arena);
		const struct policy_answer answer = {.question = T(rows[i].question), .value = T(rows[i].value)};
		struct bytes about;
		d.request.answers = &answer;
		d.request.n_answers = 1;
		const char *why = exclusion_name(route_judge(arena, &EXPERTS[0], &d, MORNING, &about));
		if (strcmp(why, rows[i].why) != 0 || !bytes_equal_text(about, rows[i].about))
			fail_msg("%s %s: %s, %.*s", rows[i].question, rows[i].value, why, (int)about.len, (const char *)about.at);
		arena_destroy(&arena);
	}
}

/* A conflict that he declared himself stays one, whoever asks later. */
static void declared(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct bytes about;

	to_offered(w);
	send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_CONFLICT));
	assert_int_equal(route_judge(w->arena, &EXPERTS[0], w->dossier, w->now, &about), EXCLUSION_DECLARED);
	assert_true(bytes_equal_text(about, "2026-03-02"));
	assert_int_equal(route_barred(&EXPERTS[0], w->dossier, w->now), EXCLUSION_DECLARED);
	world_free(w);
}

/* A person asks for one by name: what is a matter of load she overrules, and nothing else. */
static void barred(void **state)
{
	(void)state;
	static const struct expert_leave away = {{0}, {INT64_MAX}};
	struct world *w = world_make();
	struct expert e = EXPERTS[0];

	to_offered(w);
	e.week = 9;
	assert_int_equal(route_judge(w->arena, &e, w->dossier, w->now, NULL), EXCLUSION_ASKED);
	assert_int_equal(route_barred(&e, w->dossier, w->now), EXCLUSION_NONE);
	/* Asked before and away now: the first does not hide the second. */
	e.leave = &away;
	e.n_leave = 1;
	assert_int_equal(route_barred(&e, w->dossier, w->now), EXCLUSION_LEAVE);
	e.state = EXPERT_SUSPENDED;
	assert_int_equal(route_barred(&e, w->dossier, w->now), EXCLUSION_STATE);
	world_free(w);
}

/* Nobody is available who is away, busy or not active; conflicts are a dossier's matter. */
static void available(void **state)
{
	(void)state;
	static const struct expert_leave now = {{1772442000000000}, {1772442000000001}};
	struct arena *arena = arena_create(1 << 16);
	struct expert e = EXPERTS[0];
	struct bytes about;

	assert_int_equal(route_available(arena, &e, BYTES("cancer-sein"), MORNING, &about), EXCLUSION_NONE);
	assert_int_equal(route_available(arena, &e, BYTES("rachis"), MORNING, NULL), EXCLUSION_PATHOLOGY);
	e.week = 2;
	assert_int_equal(route_available(arena, &e, BYTES("cancer-sein"), MORNING, &about), EXCLUSION_CAPACITY);
	assert_true(bytes_equal_text(about, "2/2"));
	e.leave = &now;
	e.n_leave = 1;
	assert_int_equal(route_available(arena, &e, BYTES("cancer-sein"), MORNING, NULL), EXCLUSION_LEAVE);
	arena_destroy(&arena);
}

static void nobody_twice(void **state)
{
	(void)state;
	struct world *w = world_make();
	const char *why;

	to_offered(w);
	assert_ptr_equal(choose(w->arena, EXPERTS, 3, w->dossier, &why), &EXPERTS[1]);
	assert_string_equal(why, "asked");
	assert_null(choose(w->arena, EXPERTS, 1, w->dossier, &why));
	assert_null(choose(w->arena, EXPERTS, 0, w->dossier, &why));
	world_free(w);
}

/* --- any register, any dossier --- */

static uint64_t dice(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

enum { MANY = 40, ROUNDS = 20000 };

struct register_of_many {
	struct expert list[MANY];
	struct expert_leave leave[MANY];
	struct bytes texts[MANY][4];
	char rpps[MANY][16], mailbox[MANY][40], structure[MANY][16];
	size_t n;
};

static const struct bytes SKILLS[] = {BYTES_OF("cancer-sein"), BYTES_OF("rachis")};

/* Small numbers, so that experts, authors and structures meet often. */
static void any_expert(struct register_of_many *r, size_t i, uint64_t *seed)
{
	struct expert *e = &r->list[i];

	snprintf(r->rpps[i], sizeof r->rpps[i], "8000000000%02zu", i);
	snprintf(r->mailbox[i], sizeof r->mailbox[i], "e%zu@experts.exemple.fr", i);
	snprintf(r->structure[i], sizeof r->structure[i], "10000000%02u", (unsigned)(dice(seed) % 30));
	r->texts[i][0] = SKILLS[dice(seed) % 8 == 0];
	r->leave[i] = (struct expert_leave){{MORNING.us - (int64_t)(dice(seed) % 100)}, {MORNING.us + (int64_t)(dice(seed) % 300) - 150}};
	*e = (struct expert){
		.rpps = T(r->rpps[i]), .mailbox = dice(seed) % 30 == 0 ? BYTES_NONE : T(r->mailbox[i]), .organisation = T(r->structure[i]),
		.pathologies = {r->texts[i], 1}, .capacity = (unsigned)(dice(seed) % 4), .load = (unsigned)(dice(seed) % 4),
		.week = (unsigned)(dice(seed) % 3), .asked = (unsigned)(dice(seed) % 2), .leave = &r->leave[i], .n_leave = dice(seed) % 2,
		.state = (enum expert_state)(dice(seed) % 4 == 0 ? dice(seed) % EXPERT_STATES : EXPERT_ACTIVE),
		.offered_at = {(int64_t)(dice(seed) % 5)},
		.valid_until = {dice(seed) % 6 == 0 ? MORNING.us + (int64_t)(dice(seed) % 3) - 1 : 0},
	};
}

/* Written without looking at policy/route.c: what must never be of one who is chosen. */
static void check_chosen(const struct expert *e, const struct dossier *d)
{
	assert_true(bytes_equal(e->pathologies.at[0], BYTES("cancer-sein")));
	assert_true(e->state == EXPERT_ACTIVE || (e->state == EXPERT_PROBATION && e->load == 0));
	assert_true(e->valid_until.us == 0 || MORNING.us < e->valid_until.us);
	assert_true(e->mailbox.len > 0);
	assert_true(e->week + e->asked < e->capacity);
	assert_true(e->n_leave == 0 || MORNING.us < e->leave[0].from.us || MORNING.us >= e->leave[0].until.us);
	for (size_t i = 0; i < d->n_offers; i++)
		assert_false(bytes_equal(d->offers[i].rpps, e->rpps));
	for (size_t i = 0; i < d->n_documents; i++) {
		const struct policy_document *doc = &d->documents[i].filing.document;
		assert_false(bytes_equal(doc->authors[0].id, e->rpps));
		assert_false(bytes_equal(doc->authors[0].organisation, e->organisation));
		assert_false(bytes_equal(doc->custodian.id, e->organisation));
	}
}

static void shuffle(struct expert *list, size_t n, uint64_t *seed)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = dice(seed) % i;
		struct expert e = list[i - 1];
		list[i - 1] = list[k];
		list[k] = e;
	}
}

/* Never one who may not, never nobody while one may, and the same one in whatever order they stand. */
static void never_one_who_may_not(void **state)
{
	(void)state;
	static struct register_of_many many, *r = &many;
	uint64_t seed = 88172645463325252u;
	size_t somebody = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct arena *arena = arena_create(1 << 16);
		struct dossier_offer offers[3];
		struct dossier_document documents[3] = {0};
		struct policy_author authors[3];
		const struct expert *first, *second;
		struct dossier d = {.state = DOSSIER_COMPLETE, .request = {.pathology = SKILLS[0]}, .offers = offers, .documents = documents};
		r->n = 1 + dice(&seed) % MANY;
		for (size_t i = 0; i < r->n; i++)
			any_expert(r, i, &seed);
		d.n_offers = dice(&seed) % 4;
		d.n_documents = dice(&seed) % 4;
		for (size_t i = 0; i < d.n_offers; i++)
			offers[i] = (struct dossier_offer){.rpps = r->list[dice(&seed) % r->n].rpps};
		for (size_t i = 0; i < d.n_documents; i++) {
			authors[i] = (struct policy_author){.id = r->list[dice(&seed) % r->n].rpps, .organisation = r->list[dice(&seed) % r->n].organisation};
			documents[i].filing.document = (struct policy_document){.authors = &authors[i], .n_authors = 1,
										.custodian = {.id = r->list[dice(&seed) % r->n].organisation}};
		}
		struct route_exclusion *excluded;
		size_t n_excluded;
		enum reason reason = route_choose(arena, r->list, r->n, &d, MORNING, &first, &excluded, &n_excluded);
		assert_true((reason == REASON_NONE) == (first != NULL) && (first == NULL) == (n_excluded == r->n));
		struct bytes rpps = first == NULL ? BYTES_NONE : first->rpps;
		if (first != NULL)
			check_chosen(first, &d);
		somebody += first != NULL;
		shuffle(r->list, r->n, &seed);
		assert_int_equal(route_choose(arena, r->list, r->n, &d, MORNING, &second, NULL, NULL), reason);
		assert_true(bytes_equal(second == NULL ? BYTES_NONE : second->rpps, rpps));
		arena_destroy(&arena);
	}
	/* Neither always nor never: both ways were looked at. */
	assert_in_range(somebody, ROUNDS / 10, ROUNDS - ROUNDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(least_loaded_first),
		cmocka_unit_test(longest_since_the_last_offer),
		cmocka_unit_test(exclusions),
		cmocka_unit_test(nobody_twice),
		cmocka_unit_test(physicians),
		cmocka_unit_test(declared),
		cmocka_unit_test(barred),
		cmocka_unit_test(available),
		cmocka_unit_test(never_one_who_may_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

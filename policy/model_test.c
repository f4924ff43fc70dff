/* policy/model_test.c - a great many random lives of dossiers, and random events at the gate. See test_model.h and test_watch.h.
 *
 *   policy_model_test             what ./check runs: MODEL_LIVES lives
 *   policy_model_test LIVES [FROM]    so many, from that one on; every failure is cut down to the shortest script and told
 *
 * A life is its number: what fails once fails again. */
#include <malloc.h>
#include <stdlib.h>
#include <time.h>

#include "policy/test_model.h"

enum { MODEL_LIVES = 10000, GATE_LIVES = 4000, GATE_STEPS = 120, TOLD_FAILURES = 5 };

static uint64_t wanted_lives = MODEL_LIVES, first_life = 0;

/* --- what was never reached ------------------------------------------------------------------ */

/* Events that no decision makes yet, and states that nothing leads to. Who builds what makes them takes them off this list. */
static const char *const NOT_YET[] = {
	/* passed through inside one decision */
	"requested", "complete", "reassigned", "opinion", "new", "before", "offer_waits", "opinion_waits",
	/* of held messages, which are no dossiers */
	"quarantine_owner", "quarantine_manager",
};

static bool is_not_yet(const char *name)
{
	for (size_t i = 0; i < COUNT(NOT_YET); i++)
		if (strcmp(NOT_YET[i], name) == 0)
			return true;
	return false;
}

static size_t model_missed(const char *what, const char *name, uint64_t seen)
{
	if (seen > 0 || is_not_yet(name))
		return 0;
	fprintf(stderr, "no life came to the %s \"%s\": teach the model (test_model.h) the way\n", what, name);
	return 1;
}

static size_t model_uncovered(const struct model_seen *seen)
{
	size_t missed = 0;

	for (enum dossier_event_kind k = EVENT_NOTHING + 1; k < DOSSIER_EVENTS; k++)
		missed += model_missed("event", dossier_event_name(k), seen->events[k]);
	for (enum dossier_state s = DOSSIER_NEW + 1; s < DOSSIER_STATES; s++)
		missed += model_missed("state", dossier_state_name(s), seen->states[s]);
	for (enum policy_act a = 0; a < POLICY_ACTS; a++)
		missed += model_missed("act", policy_act_name(a), seen->acts[a]);
	for (enum deadline_kind k = DEADLINE_NONE + 1; k < DEADLINES; k++)
		missed += model_missed("deadline", deadline_name(k), seen->deadlines[k]);
	return missed;
}

static void tell_speed(const struct model_seen *seen, struct timespec from)
{
	struct timespec to;

	clock_gettime(CLOCK_MONOTONIC, &to);
	double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	uint64_t events = 0;
	for (size_t i = 0; i < DOSSIER_EVENTS; i++)
		events += seen->events[i];
	fprintf(stderr, "model: %llu lives, %llu moves, %llu decisions, %llu events in %.1f s: %.0f lives a second\n", (unsigned long long)seen->lives,
		(unsigned long long)seen->moves, (unsigned long long)seen->decisions, (unsigned long long)events, seconds, (double)seen->lives / seconds);
}

static void lives_keep_every_promise(void **state)
{
	(void)state;
	static struct model_seen seen;   /* large, and this test's alone */
	struct model_move moves[MODEL_MOVES];
	struct timespec from;
	size_t n, failures = 0;
	char text[256];

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (uint64_t life = first_life; life < first_life + wanted_lives && failures < TOLD_FAILURES; life++) {
		if (model_live(life, &seen, NULL, moves, &n, text))
			continue;
		model_report_failure(life, moves, n, NULL, text);
		failures++;
	}
	tell_speed(&seen, from);
	if (failures == 0 && wanted_lives >= MODEL_LIVES)
		failures += model_uncovered(&seen);
	assert_int_equal(failures, 0);
}

/* --- the gate alone ---------------------------------------------------------------------------- */

static struct dossier_event gate_text(struct dossier_event e, uint64_t *seed)
{
	if (e.kind == EVENT_MAILBOX_AWAITED) {
		e.text = (struct dossier_text_data){BYTES("attending"), T(reason_code(REASON_DIRECTORY_NONE))};
		return e;
	}
	if (e.kind == EVENT_MAIL_STOPPED || e.kind == EVENT_MAIL_LET_GO || e.kind == EVENT_MAIL_DROPPED) {
		e.text = (struct dossier_text_data){model_chance(seed, 2) ? BYTES("S1") : BYTES("S2"), T(reason_code(REASON_SHIELD_IDENTITY))};
		return e;
	}
	static const char *const ids[] = {"mdt", "", "r1", "r2", "doc-1", "doc-2", "breach", "m1", "1", "six_months"};
	static const char *const texts[] = {"", "1", "chu-x", "chu-y", "texte"};

	e.text = (struct dossier_text_data){T(ids[model_chance(seed, COUNT(ids))]), T(texts[model_chance(seed, COUNT(texts))])};
	return e;
}

static struct dossier_filing gate_filing(struct world *w, uint64_t *seed)
{
	struct policy_document d = document(w, arena_printf(w->arena, "doc-%u", (unsigned)model_chance(seed, 5)), "18748-4",
					    arena_printf(w->arena, "h%u", (unsigned)model_chance(seed, 3)));
	if (model_chance(seed, 3) == 0)
		d.replaces = T(arena_printf(w->arena, "doc-%u", (unsigned)model_chance(seed, 5)));
	if (model_chance(seed, 8) == 0)
		d.patient.ins = BYTES("179035121518989");
	return (struct dossier_filing){.document = d, .organisation = model_chance(seed, 2) ? BYTES("chu-x") : BYTES("chu-y"),
				       .confirmed = model_chance(seed, 4) == 0};
}

/* Any event of that kind, by the shape of its data: a new kind comes by itself. */
static struct dossier_event gate_event(struct world *w, const struct dossier *d, enum dossier_event_kind kind, uint64_t *seed)
{
	static const char *const digests[] = {"d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8"};
	const struct expert *x = &EXPERTS[model_chance(seed, COUNT(EXPERTS))];
	struct dossier_event e = {.kind = kind, .at = w->now, .rule = BYTES("test/1"), .actor = BYTES("relais")};

	switch (dossier_event_data(kind)) {
	case EVENT_DATA_REQUEST:
		e.request = (struct dossier_request){.patient = PATIENT, .mailbox = BYTES(PATIENT_MAILBOX), .pathology = BYTES("cancer-sein"),
						     .version = BYTES("1"), .consent_processing = true, .consent_expert = true,
						     .unqualified = model_chance(seed, 2)};
		return e;
	case EVENT_DATA_DOCUMENT:
		e.document = gate_filing(w, seed);
		return e;
	case EVENT_DATA_OFFER:
		e.offer = (struct dossier_offer_data){.rpps = x->rpps, .name = x->name, .mailbox = x->mailbox, .organisation = x->organisation};
		return e;
	case EVENT_DATA_OPINION:
		e.opinion = (struct dossier_opinion_data){.rpps = x->rpps, .digest = T(digests[model_chance(seed, COUNT(digests))]), .is_signed = true};
		return e;
	case EVENT_DATA_MAIL:
		e.mail = (struct dossier_mail_data){.code = (enum mail_code)(1 + model_chance(seed, MAIL_CODES - 1)),
						    .party = (enum party)(1 + model_chance(seed, PARTIES - 1)), .mailbox = x->mailbox,
						    .level = (int)model_chance(seed, 6), .status = model_chance(seed, 4) ? BYTES("5.2.1") : BYTES("5.1.1")};
		return e;
	case EVENT_DATA_CONSENT:
		e.consent = (struct dossier_consent_data){(enum party)model_chance(seed, PARTIES), model_chance(seed, 2)};
		return e;
	case EVENT_DATA_RELEASE:
		e.release = (struct dossier_release_data){.version = dossier_version(d) + (unsigned)model_chance(seed, 3), .to = (unsigned)model_chance(seed, 4)};
		return e;
	case EVENT_DATA_CONTACT:
		e.contact = (struct dossier_contact_data){.party = PARTY_PATIENT, .means = CONTACT_CALL, .result = CONTACT_REACHED};
		return e;
	case EVENT_DATA_CHANNEL:
		e.channel = (struct dossier_channel_data){.party = (enum party)model_chance(seed, PARTIES), .channel = (enum channel)model_chance(seed, CHANNELS)};
		return e;
	case EVENT_DATA_REPRESENTATIVE:
		e.representative = (struct dossier_representative_data){.id = model_chance(seed, 2) ? BYTES("r1") : BYTES("r2"),
									.role = (enum representative_role)model_chance(seed, ROLES)};
		return e;
	case EVENT_DATA_PROFILE:
		e.profile = (struct dossier_profile_data){.party = (enum party)model_chance(seed, PARTIES), .form = (enum profile_form)model_chance(seed, PROFILE_FORMS),
							  .address = BYTES("autre@medecins.exemple.fr")};
		e.profile.mailbox = model_chance(seed, 4) ? dossier_mailbox(d, e.profile.party) : x->mailbox;
		return e;
	case EVENT_DATA_TEXT:
		return gate_text(e, seed);
	case EVENT_DATA_NONE:
		break;
	}
	return e;
}

/* One that the table allows, mostly: half of them lead on, seldom to an end. */
static enum dossier_event_kind gate_kind(const struct dossier *d, uint64_t *seed)
{
	bool onward = model_chance(seed, 2) == 0, blind = model_chance(seed, 12) == 0, end = model_chance(seed, 40) == 0;
	enum dossier_event_kind kind = EVENT_NOTHING;

	for (size_t i = 0; i < 200; i++) {
		kind = (enum dossier_event_kind)(1 + model_chance(seed, DOSSIER_EVENTS - 1));
		enum dossier_state to = dossier_next(d->state, kind);
		bool leads = to != DOSSIER_NOWHERE && (!onward || to != d->state) && (end || !dossier_is_over(to));
		if (blind || leads)
			break;
	}
	return kind;
}

static const char *gate_life(struct world *w, uint64_t seed, uint64_t accepted[DOSSIER_EVENTS], struct buf *story)
{
	struct watch *watch = arena_alloc(w->arena, sizeof *watch);
	struct dossier d = dossier_begin(w->arena, 7, T(REFERENCE));

	watch->gate = true;
	for (size_t i = 0; i < GATE_STEPS && watch->broken == NULL; i++) {
		struct dossier_event *e = arena_alloc(w->arena, sizeof *e);
		struct dossier before = dossier_copy(w->arena, &d);
		w->now = instant_plus(w->now, SPAN_MINUTES(model_chance(&seed, 300)));
		*e = gate_event(w, &d, gate_kind(&d, &seed), &seed);
		e->inbox = (int64_t)i;
		enum reason reason = dossier_apply(&d, e);
		if (reason != REASON_NONE) {
			watch_need(watch, i % 8 != 0 || model_same(&before, &d), "a refused event changed the dossier");
			continue;
		}
		buf_printf(story, "%s -> %s\n", dossier_event_name(e->kind), dossier_state_name(d.state));
		accepted[e->kind]++;
		e->seq = d.seq;
		watch_event(watch, e);
		watch_fold(watch, &d);
	}
	return watch->broken;
}

static void the_gate_lets_nothing_forbidden_pass(void **state)
{
	(void)state;
	uint64_t accepted[DOSSIER_EVENTS] = {0};

	for (uint64_t life = 1; life <= GATE_LIVES; life++) {
		struct arena *arena = arena_create(64u * 1024 * 1024);
		struct world *w = arena_alloc(arena, sizeof *w);
		struct buf story = buf_make(1 << 20);
		w->arena = arena;
		w->now = MORNING;
		const char *broken = gate_life(w, life * 0x9e3779b97f4a7c15u, accepted, &story);
		if (broken != NULL) {
			fprintf(stderr, "%.*s", (int)buf_bytes(&story).len, (const char *)buf_bytes(&story).at);
			fail_msg("gate, life %llu: %s", (unsigned long long)life, broken);
		}
		buf_free(&story);
		arena_destroy(&arena);
	}
	for (enum dossier_event_kind k = EVENT_NOTHING + 1; k < DOSSIER_EVENTS; k++)
		if (accepted[k] == 0)
			fail_msg("the gate was never passed by \"%s\": gate_event() makes none that may", dossier_event_name(k));
}

static uint64_t number_of(const char *text)
{
	uint64_t n = 0;

	if (!bytes_number(bytes_of_text(text), UINT64_C(1) << 60, &n)) {
		fprintf(stderr, "usage: policy_model_test [LIVES [FROM]]\n");
		exit(2);
	}
	return n;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_gate_lets_nothing_forbidden_pass), cmocka_unit_test(lives_keep_every_promise)};

	/* Lives are short: what one gives back the next one takes. */
	mallopt(M_TRIM_THRESHOLD, 1 << 28);
	mallopt(M_MMAP_THRESHOLD, 1 << 26);
	wanted_lives = argc > 1 ? number_of(argv[1]) : MODEL_LIVES;
	first_life = argc > 2 ? number_of(argv[2]) : 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* policy/test_world.h - a small world for the tests of the decide files: one platform, two hospitals, one pathology,
 * three experts, one (published) test patient; and a player that stores what is decided, as the shell would. */
#ifndef RELAIS_POLICY_TEST_WORLD_H
#define RELAIS_POLICY_TEST_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "policy/decide.h"
#include "policy/identity.h"

#define T(text) bytes_of_text(text)
#define UNUSED __attribute__((unused))
#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define ONE(text) {(const struct bytes[]){BYTES_OF(text)}, 1}

static const struct policy_patient PATIENT = {
	.ins = BYTES_OF("279035121518989"), .oid = BYTES_OF("1.2.250.1.213.1.4.10"),
	.family_birth = BYTES_OF("PAT-TROIS"), .given_birth_first = BYTES_OF("DOMINIQUE"),
	.given_birth_all = BYTES_OF("DOMINIQUE MARIE-LOUISE"), .birth_time = BYTES_OF("19790328"),
	.sex = BYTES_OF("F"), .birth_place = BYTES_OF("51215"),
};

#define PATIENT_MAILBOX "279035121518989@patient.exemple.fr"
#define REFERENCE "A-2026-004217-KQ"

static const struct organisation ORGANISATIONS[] = {
	{.name = BYTES_OF("Plateforme"), .id = BYTES_OF("platform"), .domains = ONE("plateforme.exemple.fr"),
	 .fingerprints = ONE("aa01"), .classes = SENDER_REQUEST, .test = true},
	{.name = BYTES_OF("CHU X"), .id = BYTES_OF("chu-x"), .domains = ONE("chu-x.exemple.fr"),
	 .subjects = ONE("CN=CHU X"), .classes = SENDER_RECORD | SENDER_REPLACEMENT, .operator_link = true, .test = true},
	{.name = BYTES_OF("CHU Y"), .id = BYTES_OF("chu-y"), .domains = ONE("chu-y.exemple.fr"),
	 .classes = SENDER_RECORD | SENDER_REPLACEMENT, .operator_link = true, .test = true},
	{.name = BYTES_OF("Réel"), .id = BYTES_OF("real"), .domains = ONE("reel.exemple.fr"),
	 .classes = SENDER_RECORD, .operator_link = true, .test = false},
};

static const struct pathology_answer ANSWERS[] = {
	{.id = BYTES_OF("history"), .label_fr = BYTES_OF("Vos antécédents"), .label_en = BYTES_OF("Your history")},
	{.id = BYTES_OF("question.1"), .label_fr = BYTES_OF("Votre question"), .label_en = BYTES_OF("Your question")},
};

static const struct pathology_exam EXAMS[] = {
	{.code = BYTES_OF("mammography"), .wanted = {BYTES_OF("Mammographie"), BYTES_OF("Mammography"), ONE("18748-4"), 0}},
	{.code = BYTES_OF("mdt"), .wanted = {BYTES_OF("Compte rendu de RCP"), BYTES_OF("MDT report"), ONE("51851-4"), 0}},
};

static const struct pathology PATHOLOGIES[] = {
	{.code = BYTES_OF("cancer-sein"), .version = BYTES_OF("1"), .family = BYTES_OF("oncologie"), .title_fr = BYTES_OF("Cancer du sein"),
	 .title_en = BYTES_OF("Breast cancer"), .answers = ANSWERS, .n_answers = 2, .exams = EXAMS, .n_exams = 2},
};

static const struct expert EXPERTS[] = {
	{.rpps = BYTES_OF("801111111111"), .name = BYTES_OF("Pr UN"), .mailbox = BYTES_OF("un@experts.exemple.fr"),
	 .organisation = BYTES_OF("1000000001"), .pathologies = ONE("cancer-sein"), .fingerprints = ONE("e1"),
	 .capacity = 2, .load = 0},
	{.rpps = BYTES_OF("802222222222"), .name = BYTES_OF("Pr DEUX"), .mailbox = BYTES_OF("deux@experts.exemple.fr"),
	 .organisation = BYTES_OF("1000000002"), .pathologies = ONE("cancer-sein"), .fingerprints = ONE("e2"),
	 .capacity = 2, .load = 1},
	{.rpps = BYTES_OF("803333333333"), .name = BYTES_OF("Dr TROIS"), .mailbox = BYTES_OF("trois@experts.exemple.fr"),
	 .organisation = BYTES_OF("1000000003"), .pathologies = ONE("cancer-sein"), .capacity = 2, .load = 2},
};

static const struct policy_rules RULES = {
	.language = "fr", .test_identities = true, .triage_by_nurse = true, .release_by_nurse = true,
	.patient_domain = BYTES_OF("patient.exemple.fr"),
	.organisations = ORGANISATIONS, .n_organisations = COUNT(ORGANISATIONS),
	.pathologies = PATHOLOGIES, .n_pathologies = COUNT(PATHOLOGIES), .experts = EXPERTS, .n_experts = COUNT(EXPERTS),
};

/* 2026-03-02T09:00:00Z. */
static const struct instant MORNING = {1772442000000000};

enum { WORLD_EVENTS = 4096 };

struct world {
	struct arena *arena;
	struct policy_rules rules;
	struct instant now;
	int64_t inbox;
	struct dossier_event *log;       /* room for WORLD_EVENTS */
	size_t n_log;
	const struct dossier *dossier;   /* NULL before the request */
	struct policy_decision last;
};

static UNUSED struct world *world_make(void)
{
	struct arena *arena = arena_create(256u * 1024 * 1024);
	struct world *w = arena_alloc(arena, sizeof *w);
	w->arena = arena;
	w->log = arena_alloc(arena, WORLD_EVENTS * sizeof *w->log);
	w->rules = RULES;
	w->now = MORNING;
	return w;
}

static UNUSED void world_free(struct world *w)
{
	struct arena *arena = w->arena;
	arena_destroy(&arena);
}

/* --- a dossier and a decision as text, to be compared --- */

/* What is around the straight line. */
static UNUSED void dump_life(struct buf *b, const struct dossier *d)
{
	buf_printf(b, "standby %.*s frozen %lld urgent %lld closed %lld died %lld late %zu %zu links %zu\n", (int)d->standby.rpps.len,
		   (const char *)d->standby.rpps.at, (long long)d->frozen_at.us, (long long)d->urgent_at.us, (long long)d->closed_at.us,
		   (long long)d->died_at.us, d->n_late_questions, d->n_late_opinions, d->n_links);
	for (size_t i = 0; i < d->n_pauses; i++)
		buf_printf(b, "pause %lld %lld %d\n", (long long)d->pauses[i].from.us, (long long)d->pauses[i].until.us, d->pauses[i].by_expert);
	for (size_t i = 0; i < d->n_passed; i++)
		buf_printf(b, "passed %.*s %u %lld\n", (int)d->passed[i].name.len, (const char *)d->passed[i].name.at, d->passed[i].times,
			   (long long)d->passed[i].at.us);
	for (size_t i = 0; i < d->n_contacts; i++)
		buf_printf(b, "contact %s %s %s\n", party_name(d->contacts[i].data.party), contact_means_name(d->contacts[i].data.means),
			   contact_result_name(d->contacts[i].data.result));
	for (size_t i = 0; i < d->n_representatives; i++)
		buf_printf(b, "representative %.*s %s %lld\n", (int)d->representatives[i].data.id.len, (const char *)d->representatives[i].data.id.at,
			   representative_role_name(d->representatives[i].data.role), (long long)d->representatives[i].ended_at.us);
	for (size_t i = 0; i < d->n_complaints; i++)
		buf_printf(b, "complaint %lld %lld\n", (long long)d->complaints[i].at.us, (long long)d->complaints[i].settled_at.us);
	for (enum party p = PARTY_NONE; p < PARTIES; p++)
		buf_printf(b, "%s", channel_name(d->channels[p].channel));
	buf_printf(b, "\n");
}

static UNUSED void dump_dossier(struct buf *b, const struct dossier *d)
{
	buf_printf(b, "%s seq %lld ref %.*s pieces %d missing %.*s t0 %lld due %lld out %lld read %lld consents %d %d\n",
		   dossier_state_name(d->state), (long long)d->seq, (int)d->reference.len, (const char *)d->reference.at,
		   d->pieces_complete, (int)d->missing.len, (const char *)d->missing.at, (long long)d->complete_at.us,
		   (long long)d->due_at.us, (long long)d->released_at.us, (long long)d->read_at.us, d->attending.given,
		   d->first_opinion.given);
	buf_printf(b, "kept %lld held %lld %lld %lld\n", (long long)d->kept_at.us, (long long)d->held_at.us, (long long)d->held_until.us, (long long)d->held.us);
	for (size_t i = 0; i < d->n_documents; i++)
		buf_printf(b, "doc %.*s replaced %d shared %d withdrawn %d\n", (int)d->documents[i].filing.document.id.len,
			   (const char *)d->documents[i].filing.document.id.at, d->documents[i].replaced, d->documents[i].shared,
			   d->documents[i].withdrawn);
	for (size_t i = 0; i < d->n_offers; i++)
		buf_printf(b, "offer %.*s %s standby %d ended %lld\n", (int)d->offers[i].rpps.len, (const char *)d->offers[i].rpps.at,
			   offer_answer_name(d->offers[i].answer), d->offers[i].standby, (long long)d->offers[i].ended_at.us);
	for (size_t i = 0; i < d->n_proofs; i++)
		buf_printf(b, "proof %s %s %d %d\n", mail_code_name(d->proofs[i].code), party_name(d->proofs[i].party),
			   d->proofs[i].level, d->proofs[i].failed);
	for (size_t i = 0; i < d->n_releases; i++)
		buf_printf(b, "release %u %lld %u\n", d->releases[i].version, (long long)d->releases[i].at.us, d->releases[i].to);
	buf_printf(b, "delivered %d %.*s, interrupted %s\n", d->delivered.present, (int)d->delivered.data.digest.len,
		   (const char *)d->delivered.data.digest.at, dossier_state_name(d->interrupted));
	dump_life(b, d);
	buf_printf(b, "questions %zu digests %zu waived %zu opinion %d %d\n", d->n_questions, d->n_digests, d->n_waived,
		   d->opinion.present, d->opinion.checked);
}

static UNUSED void dump_decision(struct buf *b, const struct policy_decision *d)
{
	buf_printf(b, "%s %s %s %s creates %d\n", policy_outcome_name(d->outcome), reason_code(d->reason),
		   d->owner == NULL ? "-" : d->owner, d->rule, d->creates);
	for (size_t i = 0; i < d->n_events; i++)
		buf_printf(b, "event %s %u %lld %lld %.*s\n", dossier_event_name(d->events[i].kind),
			   d->events[i].kind == EVENT_RELEASED ? d->events[i].release.version : 0, (long long)d->events[i].seq,
			   (long long)d->events[i].at.us, (int)d->events[i].rule.len, (const char *)d->events[i].rule.at);
	for (size_t i = 0; i < d->n_mails; i++) {
		const struct policy_mail *m = &d->mails[i];
		buf_printf(b, "mail %s %s %.*s %s %d\n", mail_code_name(m->code), party_name(m->party), (int)m->to.len,
			   (const char *)m->to.at, policy_attach_name(m->attach), m->in_reply_to);
		for (size_t f = 0; f < m->n_fields; f++)
			buf_printf(b, "  %s=%.*s\n", m->fields[f].name, (int)m->fields[f].text.len,
				   (const char *)m->fields[f].text.at);
	}
}

/* "M01 patient, M70 sender" */
static UNUSED const char *mails_of(struct world *w)
{
	const char *all = "";
	for (size_t i = 0; i < w->last.n_mails; i++)
		all = arena_printf(w->arena, "%s%s%s %s", all, i > 0 ? ", " : "", mail_code_name(w->last.mails[i].code),
				   party_name(w->last.mails[i].party));
	return all;
}

static UNUSED const char *events_of(struct world *w)
{
	const char *all = "";
	for (size_t i = 0; i < w->last.n_events; i++)
		all = arena_printf(w->arena, "%s%s%s", all, i > 0 ? ", " : "", dossier_event_name(w->last.events[i].kind));
	return all;
}

static UNUSED struct bytes field_of(const struct policy_decision *d, enum mail_code code, const char *name)
{
	for (size_t i = 0; i < d->n_mails; i++)
		for (size_t f = 0; d->mails[i].code == code && f < d->mails[i].n_fields; f++)
			if (strcmp(d->mails[i].fields[f].name, name) == 0)
				return d->mails[i].fields[f].text;
	return BYTES_NONE;
}

static UNUSED const struct policy_mail *mail_of(const struct policy_decision *d, enum mail_code code)
{
	for (size_t i = 0; i < d->n_mails; i++)
		if (d->mails[i].code == code)
			return &d->mails[i];
	return NULL;
}

/* --- promises that every decision must keep --- */

/* The number of a matricule, without its key, anywhere in a text, however it is spaced. */
static UNUSED bool names_patient_of(struct bytes ins, struct bytes text)
{
	char digits[64], number[14] = {0};
	assert_int_equal(ins.len, 15);
	memcpy(number, ins.at, 13);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] >= '0' && text.at[i] <= '9') {
			if (n == sizeof digits - 1) {
				memmove(digits, digits + 32, 31);
				n = 31;
			}
			digits[n++] = (char)text.at[i];
			digits[n] = '\0';
			if (n >= 13 && strstr(digits, number) != NULL)
				return true;
		}
	}
	return false;
}

static UNUSED bool names_patient(struct bytes text)
{
	return names_patient_of(PATIENT.ins, text);
}

/* What only the decision can tell: without it the mail's text cannot be filled (the required fields of gateway/template_code.c, but for
 * what gateway/work_mail.c takes from the dossier and the configuration). */
static const struct {
	enum mail_code code;
	const char *fields;
} NEEDED[] = {
	{MAIL_M02, "count missing"}, {MAIL_M02B, "question"}, {MAIL_M03, "count missing"}, {MAIL_M04, "pieces"}, {MAIL_M07, "expert"},
	{MAIL_M09, "new_date"}, {MAIL_M10, "due_day due_hour age sex pathology questions exam_count"}, {MAIL_M11, "due_day"},
	{MAIL_M13, "questions exam_count form"}, {MAIL_M13B, "exams"}, {MAIL_M14, "time_left"}, {MAIL_M15, "missing"},
	{MAIL_M16, "released"}, {MAIL_M21, "expert"}, {MAIL_M30, "question"}, {MAIL_M31, "expert answer"}, {MAIL_M34, "time_left exchange_until"},
	{MAIL_M41, "erased_at"}, {MAIL_M62, "document_name sentence"}, {MAIL_M63, "question"}, {MAIL_M64, "expert"}, {MAIL_M71, "code sentence"},
	{MAIL_M73, "changes_list"},
};

static UNUSED bool has_field(const struct policy_mail *m, struct bytes name)
{
	for (size_t i = 0; i < m->n_fields; i++)
		if (bytes_equal_text(name, m->fields[i].name) && bytes_trim(m->fields[i].text).len > 0)
			return true;
	return false;
}

static UNUSED void check_fields(const struct policy_mail *m)
{
	for (size_t i = 0; i < sizeof NEEDED / sizeof NEEDED[0]; i++) {
		struct cursor names = cursor_on(bytes_of_text(NEEDED[i].fields));
		while (m->code == NEEDED[i].code && names.left.len > 0) {
			struct bytes name = cursor_until(&names, ' ');
			if (!has_field(m, name))
				fail_msg("%s has no %.*s", mail_code_name(m->code), (int)name.len, (const char *)name.at);
		}
	}
}

static UNUSED void check_promises(const struct policy_decision *d)
{
	size_t live = 0;

	assert_non_null(d->rule);
	assert_non_null(strchr(d->rule, '/'));
	for (size_t i = 0; i < d->n_mails; i++) {
		const struct policy_mail *m = &d->mails[i];
		const struct dossier *after = d->after != NULL ? d->after : d->dossier;
		assert_true(m->to.len > 0);
		check_fields(m);
		if (m->party == PARTY_SENDER)
			continue;
		assert_non_null(after);
		/* Who acts for the patient has dates: they hold at that second. */
		bool dated = m->party == PARTY_REPRESENTATIVE || m->party == PARTY_OTHER_PARENT;
		struct instant when = dated && d->n_events > 0 ? d->events[d->n_events - 1].at : (struct instant){INT64_MAX};
		assert_int_equal(consent_check_mail(after, m->code, m->party, when), REASON_NONE);
		if (m->party == PARTY_PATIENT)
			continue;
		assert_false(names_patient_of(after->request.patient.ins, m->to));
		for (size_t f = 0; f < m->n_fields; f++)
			assert_false(names_patient_of(after->request.patient.ins, m->fields[f].text));
	}
	if (d->after == NULL)
		return;
	for (size_t i = 0; i < d->after->n_offers; i++)
		live += d->after->offers[i].answer == OFFER_LIVE;
	assert_true(live <= 1);
	if (d->after->released_at.us != 0)
		assert_true(d->after->opinion.present && d->after->opinion.checked && d->after->delivered.checked);
	if (d->after->n_offers > 0)
		assert_true(d->after->complete_at.us != 0);
	for (size_t i = 0; i < d->after->n_documents; i++)
		if (d->after->documents[i].filing.document.has_patient)
			assert_int_not_equal(identity_compare(&d->after->request.patient,
							      &d->after->documents[i].filing.document.patient),
					     IDENTITY_DIFFERENT);
}

/* Stores a decision: the fold of the whole log must be the decision's own "after". */
static UNUSED void world_store(struct world *w)
{
	struct policy_decision *d = &w->last;

	check_promises(d);
	/* The signer refuses a mail to a party of the dossier behind which no event stands. */
	for (size_t i = 0; i < d->n_mails; i++)
		assert_true(d->n_events > 0 || d->mails[i].party == PARTY_SENDER || d->mails[i].party == PARTY_NONE);
	if (d->n_events == 0) {
		assert_null(d->after);
		return;
	}
	if (d->creates)
		w->n_log = 0;
	assert_true(w->n_log + d->n_events <= WORLD_EVENTS);
	memcpy(w->log + w->n_log, d->events, d->n_events * sizeof *d->events);
	w->n_log += d->n_events;
	struct dossier *folded = arena_alloc(w->arena, sizeof *folded);
	*folded = dossier_begin(w->arena, 7, T(REFERENCE));
	size_t failed = 0;
	assert_int_equal(dossier_fold(folded, w->log, w->n_log, &failed), REASON_NONE);
	struct buf x = buf_make(1 << 20), y = buf_make(1 << 20);
	struct dossier after = *d->after;
	after.reference = T(REFERENCE);
	dump_dossier(&x, folded);
	dump_dossier(&y, &after);
	assert_true(bytes_equal(buf_bytes(&x), buf_bytes(&y)));
	buf_free(&x);
	buf_free(&y);
	w->dossier = folded;
}

/* A message, decided twice from the same values: once to see that it is the same, once to keep. */
static UNUSED const struct policy_decision *send(struct world *w, struct policy_message m)
{
	struct buf x = buf_make(1 << 20), y = buf_make(1 << 20);
	struct policy_decision again;
	const struct dossier *dossier = m.party != PARTY_NONE || m.report != NULL ? w->dossier : NULL;

	m.inbox = ++w->inbox;
	m.received = w->now;
	policy_decide_message(w->arena, &w->rules, dossier, &w->dossier, w->dossier != NULL, &m, w->now, &again);
	policy_decide_message(w->arena, &w->rules, dossier, &w->dossier, w->dossier != NULL, &m, w->now, &w->last);
	dump_decision(&x, &w->last);
	dump_decision(&y, &again);
	assert_true(buf_ok(&x) && bytes_equal(buf_bytes(&x), buf_bytes(&y)));
	buf_free(&x);
	buf_free(&y);
	world_store(w);
	return &w->last;
}

static UNUSED const struct policy_decision *command(struct world *w, enum policy_act act, const char *id, const char *text)
{
	const struct policy_command c = {.act = act, .actor = BYTES("nurse"), .id = T(id), .text = T(text)};
	policy_decide_command(w->arena, &w->rules, w->dossier, &c, w->now, &w->last);
	world_store(w);
	return &w->last;
}

static UNUSED void pass(struct world *w, struct span span)
{
	w->now = instant_plus(w->now, span);
}

/* --- the messages of the straight road --- */

static UNUSED struct policy_answer REQUEST_ANSWERS[] = {
	{.question = BYTES_OF("relais.pathology"), .text = BYTES_OF(""), .value = BYTES_OF("cancer-sein")},
	{.question = BYTES_OF("relais.questionnaire"), .text = BYTES_OF(""), .value = BYTES_OF("1")},
	{.question = BYTES_OF("relais.requester"), .text = BYTES_OF(""), .value = BYTES_OF("patient")},
	{.question = BYTES_OF("consent.processing"), .text = BYTES_OF(""), .value = BYTES_OF("true")},
	{.question = BYTES_OF("consent.expert"), .text = BYTES_OF(""), .value = BYTES_OF("true")},
	{.question = BYTES_OF("consent.attending"), .text = BYTES_OF(""), .value = BYTES_OF("true")},
	{.question = BYTES_OF("consent.first-opinion"), .text = BYTES_OF(""), .value = BYTES_OF("false")},
	{.question = BYTES_OF("physician.attending.name"), .text = BYTES_OF(""), .value = BYTES_OF("Dr GENERAL")},
	{.question = BYTES_OF("physician.attending.mailbox"), .text = BYTES_OF(""), .value = BYTES_OF("general@cabinet.exemple.fr")},
	{.question = BYTES_OF("physician.first-opinion.name"), .text = BYTES_OF(""), .value = BYTES_OF("Dr PREMIER")},
	{.question = BYTES_OF("physician.first-opinion.mailbox"), .text = BYTES_OF(""), .value = BYTES_OF("premier@chu-x.exemple.fr")},
	{.question = BYTES_OF("history"), .text = BYTES_OF("Vos antécédents"), .value = BYTES_OF("aucun")},
	{.question = BYTES_OF("question.1"), .text = BYTES_OF("Votre question"), .value = BYTES_OF("Faut-il opérer ? Mon numéro est 2 79 03 51 215 189 89.")},
	{.question = BYTES_OF("consent.attending.when"), .text = BYTES_OF(""), .value = BYTES_OF("at-once")},
	{.question = BYTES_OF("consent.first-opinion.when"), .text = BYTES_OF(""), .value = BYTES_OF("at-once")},
};

static UNUSED struct policy_document document(struct world *w, const char *id, const char *type, const char *digest)
{
	return (struct policy_document){
		.kind = POLICY_KIND_CDA, .name = T(arena_printf(w->arena, "%s.xml", id)), .id = T(id), .type = T(type),
		.title = T(arena_printf(w->arena, "Document %s", id)), .timed = true, .time = {MORNING.us - SPAN_DAYS(10).us},
		.digest = T(digest), .realm_fr = true, .has_patient = true, .patient = PATIENT,
		.custodian = {.id = BYTES("9999"), .name = BYTES("Hôpital X")},
	};
}

static UNUSED struct policy_document *documents(struct world *w, struct policy_document d)
{
	struct policy_document *one = arena_alloc(w->arena, sizeof *one);
	*one = d;
	return one;
}

static UNUSED struct policy_message from(struct world *w, const char *address, enum policy_class class)
{
	struct bytes *domain = arena_alloc(w->arena, sizeof *domain);
	*domain = sender_domain(T(address));
	return (struct policy_message){
		.id = T(arena_printf(w->arena, "<%lld@test>", (long long)w->inbox)),
		.digest = T(arena_printf(w->arena, "d%lld", (long long)w->inbox)),
		.source = POLICY_SOURCE_SMTP, .peer_domains = {domain, 1}, .mail_from = T(address), .from = T(address),
		.recipient = BYTES("depot@avis.exemple.fr"), .class = class,
	};
}

static UNUSED struct policy_message request_message(struct world *w)
{
	struct policy_message m = from(w, "depot@plateforme.exemple.fr", POLICY_CLASS_REQUEST);
	m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_VALID, .fingerprint = BYTES("AA01"), .timed = true,
						.time = w->now};
	m.documents = documents(w, document(w, "request-1", "74465-6", "f0"));
	m.n_documents = 1;
	m.answers = REQUEST_ANSWERS;
	m.n_answers = COUNT(REQUEST_ANSWERS);
	return m;
}

static UNUSED struct policy_message record_message(struct world *w, const char *id, const char *type, const char *digest)
{
	struct policy_message m = from(w, "pfi@chu-x.exemple.fr", POLICY_CLASS_RECORD);
	m.documents = documents(w, document(w, id, type, digest));
	m.n_documents = 1;
	return m;
}

static UNUSED struct policy_message reply_message(struct world *w, const char *address, enum policy_word word)
{
	struct policy_message m = from(w, address, POLICY_CLASS_REPLY);
	m.party = PARTY_EXPERT;
	m.recipient = BYTES("d-4217-expert@avis.exemple.fr");
	m.reply.word = word;
	m.text = BYTES("ACCEPTE");
	return m;
}

static UNUSED const struct policy_form_answer FORM_ANSWERS[] = {{1, BYTES_OF("Oui.")}};

static UNUSED struct policy_message opinion_message(struct world *w, const char *address, const char *fingerprint)
{
	struct policy_message m = from(w, address, POLICY_CLASS_OPINION);
	m.party = PARTY_EXPERT;
	m.digest = T(arena_printf(w->arena, "op%lld", (long long)w->inbox));
	m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_VALID, .bound = POLICY_BOUND_FROM, .email = m.from,
						.fingerprint = T(fingerprint), .timed = true, .time = w->now};
	m.form = (struct policy_form){.found = true, .reference = T(REFERENCE), .answers = FORM_ANSWERS, .n_answers = 1,
				      .opinion = BYTES("Avis motivé."), .convergence = BYTES("partielle"),
				      .advice = BYTES("Suivi."), .delay = BYTES("Trois mois."), .summary = BYTES("En clair."),
				      .limits = BYTES("Sur dossier."), .help = BYTES("Aucune."), .interests = BYTES("Aucun.")};
	return m;
}

static UNUSED struct policy_message patient_message(struct world *w, const char *text)
{
	struct policy_message m = from(w, PATIENT_MAILBOX, POLICY_CLASS_REPLY);
	m.party = PARTY_PATIENT;
	m.text = T(text);
	return m;
}

/* --- shortcuts along the road --- */

static UNUSED void to_triage(struct world *w)
{
	send(w, request_message(w));
	send(w, record_message(w, "mammo-1", "18748-4", "m1"));
	send(w, record_message(w, "rcp-1", "51851-4", "r1"));
	assert_int_equal(w->dossier->state, DOSSIER_TRIAGE);
}

static UNUSED void to_offered(struct world *w)
{
	to_triage(w);
	command(w, POLICY_ACT_TRIAGE, "", "");
	assert_int_equal(w->dossier->state, DOSSIER_OFFERED);
}

static UNUSED void to_accepted(struct world *w)
{
	to_offered(w);
	pass(w, SPAN_HOURS(1));
	send(w, reply_message(w, "un@experts.exemple.fr", POLICY_WORD_ACCEPT));
	assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
}

static UNUSED void to_checked(struct world *w)
{
	to_accepted(w);
	pass(w, SPAN_DAYS(2));
	send(w, opinion_message(w, "un@experts.exemple.fr", "e1"));
	assert_int_equal(w->dossier->state, DOSSIER_CHECKED);
}

/* The correction that an expert sends after the release: other words, signed later. */
static UNUSED struct policy_message correction_message(struct world *w, const char *summary)
{
	struct policy_message m = opinion_message(w, "un@experts.exemple.fr", "e1");
	m.form.summary = T(summary);
	return m;
}

static UNUSED void to_released(struct world *w)
{
	to_checked(w);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_int_equal(w->dossier->state, DOSSIER_RELEASED);
}

#endif

/* policy/decide_step.c - see decide_step.h. */
#include "policy/decide_step.h"

#include "policy/decide_text.h"
#include "policy/given.h"
#include "policy/identity.h"
#include "policy/pieces.h"
#include "policy/redflag.h"

static void mail_missing(struct build *b, const struct missing *missing, size_t n)
{
	if (!build_mail(b, MAIL_M02, PARTY_PATIENT, POLICY_ATTACH_NONE))
		return;
	build_field(b, "count", text_number(b, n));
	build_field(b, "missing", text_missing(b, missing, n));
}

static enum reason note_missing(struct build *b, const struct missing *missing, size_t n)
{
	struct bytes ids = text_missing_ids(b, missing, n), misfits = text_misfits(b, missing, n);
	bool was_incomplete = b->after->state == DOSSIER_INCOMPLETE;

	if (was_incomplete && bytes_equal(b->after->missing, ids) && bytes_equal(b->after->misfits, misfits))
		return REASON_NONE;
	enum reason reason = build_text(b, EVENT_PIECES_MISSING, ids, misfits);
	/* One list when it becomes incomplete, then reminders: not a mail for each document that comes. */
	if (reason == REASON_NONE && !was_incomplete)
		mail_missing(b, missing, n);
	return reason;
}

void step_field_offer_until(struct build *b)
{
	struct instant until;

	if (deadline_next(b->rules->settings, b->after, DEADLINE_OFFER_SILENCE, &until))
		build_field(b, "offer_until", text_date_hour(b, until));
}

/* By when he is to answer, and the day of what the patient has to decide. */
static void field_offer_dates(struct build *b)
{
	struct bytes value;
	struct date date;

	step_field_offer_until(b);
	if (dossier_answer(b->after, BYTES("decision.date"), 0, &value) && questionnaire_read_date(value, &date))
		build_field(b, "decision_date", text_date(b, calendar_instant(CALENDAR_FRANCE, date, 720)));
}

void step_mail_offer(struct build *b, enum party party)
{
	size_t count;
	struct bytes exams = text_exams(b, &count);

	if (!build_mail(b, MAIL_M10, party, POLICY_ATTACH_NONE))
		return;
	build_field(b, "pathology", text_pathology(b));
	build_field(b, "due", text_date(b, b->after->due_at));
	build_field(b, "due_day", text_date_day(b, b->after->due_at));
	build_field(b, "due_hour", text_date_hour(b, b->after->due_at));
	build_field(b, "age", text_age(b));
	build_field(b, "sex", b->after->request.patient.sex);
	build_field(b, "questions", text_nameless(b, text_questions(b)));
	build_field(b, "first_question", text_first_question(b));
	build_field(b, "exam_count", text_number(b, count));
	build_field(b, "exams", text_nameless(b, exams));
	build_field(b, "hospitals", text_nameless(b, text_hospitals(b)));
	field_offer_dates(b);
}

/* Who had an earlier version is told that this one takes its place. */
static void field_replaced(struct build *b, enum party party, unsigned version)
{
	if (dossier_had_version(b->after, party, version))
		build_field(b, "replaced", text_date(b, dossier_release_of(b->after, version - 1)->at));
}

/* The physicians to whom this version went: consent alone sends nothing to who has no mailbox. */
static struct bytes shared_with(const struct build *b, unsigned version)
{
	const struct dossier_request *r = &b->after->request;
	const struct {
		enum party party;
		struct bytes name;
	} physicians[] = {{PARTY_ATTENDING, r->attending.name}, {PARTY_FIRST_OPINION, r->first_opinion.name}};
	const char *all = "";
	unsigned to = 0;

	for (size_t i = 0; i < b->after->n_releases; i++)
		to |= b->after->releases[i].version == version ? b->after->releases[i].to : 0;
	for (size_t i = 0; i < sizeof physicians / sizeof physicians[0]; i++) {
		struct bytes name = physicians[i].name;
		if ((to & dossier_party_bit(physicians[i].party)) != 0 && name.len > 0 && consent_check(b->after, physicians[i].party, b->now) == REASON_NONE)
			all = arena_printf(b->arena, "%s%s%.*s", all, all[0] != '\0' ? ", " : "", (int)name.len, (const char *)name.at);
	}
	return bytes_of_text(all);
}

static void mail_patient_report(struct build *b, unsigned version)
{
	if (!build_mail(b, MAIL_M21, PARTY_PATIENT, POLICY_ATTACH_REPORT))
		return;
	build_field(b, "expert", dossier_accepted_offer(b->after)->name);
	build_field(b, "summary", b->after->opinion.data.form.summary);
	build_field(b, "shared_with", shared_with(b, version));
	field_replaced(b, PARTY_PATIENT, version);
}

void step_mail_report(struct build *b, enum party party, unsigned version)
{
	const struct dossier_request *r = &b->after->request;
	const struct policy_patient *p = &r->patient;

	if (!build_mail(b, MAIL_M64, party, POLICY_ATTACH_REPORT))
		return;
	build_field(b, "physician", party == PARTY_ATTENDING ? r->attending.name : r->first_opinion.name);
	build_field(b, "family_name", p->family_birth);
	build_field(b, "given_name", p->given_birth_first);
	build_field(b, "birth_date", text_birth_date(b));
	build_field(b, "expert", dossier_accepted_offer(b->after)->name);
	build_field(b, "summary", b->after->opinion.data.form.summary);
	field_replaced(b, party, version);
}

bool step_may_have(const struct build *b, enum party party)
{
	enum reason reason = consent_check(b->after, party, b->now);

	/* What no mail may bring is brought by the physician's hand. */
	return !build_way(b, party).none && (reason == REASON_NONE || reason == REASON_REPRESENTATIVE_SECRET);
}

/* Of those who are to have it now or after the patient: a person who has to find a mailbox has that time. */
static enum reason find_mailboxes(struct build *b)
{
	const struct dossier_request *r = &b->after->request;
	enum reason reason = r->attending.when == SHARE_WHEN_ASKED ? REASON_NONE : step_mailbox(b, PARTY_ATTENDING);

	return reason != REASON_NONE || r->first_opinion.when == SHARE_WHEN_ASKED ? reason : step_mailbox(b, PARTY_FIRST_OPINION);
}

/* Those who act for him have it with him; and where it goes by the hand of his physician, that one has it at once. */
static bool is_by_hand(const struct build *b)
{
	return b->after->channels[PARTY_PATIENT].channel == CHANNEL_PHYSICIAN;
}

/* To whom this release goes: again, after "undeliverable", to the patient alone. */
static unsigned release_to(const struct build *b, bool again)
{
	const struct dossier_request *r = &b->after->request;
	unsigned to = step_may_have(b, PARTY_PATIENT) ? dossier_party_bit(PARTY_PATIENT) : 0;
	if (build_has_copies(b, MAIL_M21))
		to |= dossier_party_bit(PARTY_REPRESENTATIVE);

	if (again)
		return to;
	if ((r->attending.when == SHARE_AT_ONCE || is_by_hand(b)) && step_may_have(b, PARTY_ATTENDING))
		to |= dossier_party_bit(PARTY_ATTENDING);
	/* One doctor may be both: he has it once. */
	bool both = (to & dossier_party_bit(PARTY_ATTENDING)) != 0 && sender_same_address(r->attending.mailbox, r->first_opinion.mailbox);
	if (r->first_opinion.when == SHARE_AT_ONCE && step_may_have(b, PARTY_FIRST_OPINION) && !both)
		to |= dossier_party_bit(PARTY_FIRST_OPINION);
	return to;
}

/* Who had a version before and has no consent any more: nothing goes there, and that is kept. */
static unsigned release_withheld(const struct build *b, unsigned version)
{
	unsigned withheld = 0;

	for (enum party p = PARTY_ATTENDING; p <= PARTY_FIRST_OPINION; p++)
		if (dossier_had_version(b->after, p, version) && consent_check(b->after, p, b->now) != REASON_NONE)
			withheld |= dossier_party_bit(p);
	return withheld;
}

/* Promise 3, the third time: what leaves speaks of this patient and this dossier. */
static enum reason check_release(const struct dossier *d)
{
	if (!d->opinion.present ||
	    !bytes_equal_nocase(bytes_trim(d->opinion.data.form.reference), bytes_trim(d->reference)))
		return REASON_OPINION_DOSSIER;
	if (!identity_complete(&d->request.patient))
		return REASON_IDENTITY_NONE;
	for (size_t i = 0; i < d->n_documents; i++) {
		const struct dossier_document *doc = &d->documents[i];
		if (doc->replaced || doc->withdrawn || !doc->filing.document.has_patient)
			continue;
		enum identity identity = identity_compare(&d->request.patient, &doc->filing.document.patient);
		if (identity == IDENTITY_DIFFERENT)
			return REASON_IDENTITY_OTHER_PATIENT;
		if (identity != IDENTITY_SAME && !doc->filing.confirmed)
			return REASON_IDENTITY_DIFFERS;
	}
	return REASON_NONE;
}

enum reason step_missing(struct build *b, struct missing **missing, size_t *n)
{
	if (b->after->state == DOSSIER_UNQUALIFIED)
		return REASON_REQUEST_UNQUALIFIED;
	const struct pathology *p = pathology_find(b->rules->pathologies, b->rules->n_pathologies,
						   b->after->request.pathology, b->after->request.version);
	if (p == NULL)
		return REASON_PATHOLOGY_UNKNOWN;
	*n = complete_missing(b->arena, b->after, p, b->now, missing);
	*n = step_left_missing(b, *missing, *n);
	return REASON_NONE;
}

static struct bytes flag_words(struct build *b, const struct redflag *flags, size_t n)
{
	const char *all = "";

	for (size_t i = 0; i < n; i++) {
		struct bytes label = build_english(b) ? flags[i].label_en : flags[i].label_fr;
		all = arena_printf(b->arena, "%s%s%.*s", all, i > 0 ? ", " : "", (int)label.len, (const char *)label.at);
	}
	return bytes_of_text(all);
}

/* An alarming answer is a person's at once, whatever else is missing, and no machine lets it through. The most urgent come first: with one that
 * cannot wait the patient has the numbers to call, once. */
static enum reason heed_flags(struct build *b, bool *alarming)
{
	const struct dossier_request *r = &b->after->request;
	const struct pathology *p = pathology_find(b->rules->pathologies, b->rules->n_pathologies, r->pathology, r->version);
	struct redflag *flags;
	size_t n = p == NULL ? 0 : redflag_list(b->arena, b->after, p, b->now, &flags);

	*alarming = n > 0;
	if (n == 0)
		return REASON_NONE;
	b->owner = "nurses";
	if (b->creates && b->reason == REASON_NONE)
		b->reason = REASON_RED_FLAG;
	if (flags[0].urgency != REDFLAG_NOW || b->after->urgent_at.us != 0)
		return REASON_NONE;
	return step_urgent(b, "request", flag_words(b, flags, n));
}

enum reason step_reassess(struct build *b)
{
	enum dossier_state state = b->after->state;
	struct missing *missing;
	size_t n;

	if (state != DOSSIER_REQUESTED && state != DOSSIER_INCOMPLETE && state != DOSSIER_TRIAGE)
		return REASON_NONE;
	enum reason reason = step_missing(b, &missing, &n);
	if (reason != REASON_NONE)
		return reason;
	bool alarming;
	reason = heed_flags(b, &alarming);
	if (reason != REASON_NONE)
		return reason;
	if (n > 0)
		return note_missing(b, missing, n);
	if (state != DOSSIER_TRIAGE)
		reason = build_plain(b, EVENT_PIECES_COMPLETE);
	if (reason != REASON_NONE || b->rules->triage_by_nurse || alarming)
		return reason;
	return step_triage(b);
}

enum reason step_welcome(struct build *b)
{
	struct missing *missing;
	size_t n;

	if (build_mail(b, MAIL_M01, PARTY_PATIENT, POLICY_ATTACH_NONE))
		build_field(b, "pathology", text_pathology(b));
	if (b->after->state != DOSSIER_INCOMPLETE)
		return REASON_NONE;
	enum reason reason = step_missing(b, &missing, &n);
	if (reason == REASON_NONE)
		mail_missing(b, missing, n);
	return reason;
}

enum reason step_triage(struct build *b)
{
	struct missing *missing;
	size_t n;
	enum reason reason = step_missing(b, &missing, &n);

	if (reason != REASON_NONE)
		return reason;
	/* Time may have passed since the pieces were found: an exam can grow too old. */
	if (n > 0)
		return REASON_PIECES_MISSING;
	reason = build_plain(b, EVENT_TRIAGED);
	if (reason != REASON_NONE)
		return reason;
	if (build_mail(b, MAIL_M06, PARTY_PATIENT, POLICY_ATTACH_NONE))
		build_field(b, "due", text_date(b, b->after->due_at));
	return step_offer(b);
}

enum reason step_offer(struct build *b)
{
	const struct expert *e;

	if (route_choose(b->arena, b->rules->experts, b->rules->n_experts, b->after, b->now, &e, NULL, NULL) != REASON_NONE) {
		b->owner = "nurses";
		b->reason = REASON_EXPERT_NONE;
		return dossier_next(b->after->state, EVENT_EXPERT_NONE) != DOSSIER_NOWHERE ? build_plain(b, EVENT_EXPERT_NONE) : REASON_EXPERT_NONE;
	}
	enum reason reason = build_event(b, (struct dossier_event){
		.kind = EVENT_OFFERED,
		.offer = {.rpps = e->rpps, .name = e->name, .mailbox = e->mailbox, .organisation = e->organisation, .load = e->load,
			  .taken = e->week + e->asked}});
	if (reason == REASON_NONE)
		step_mail_offer(b, PARTY_EXPERT);
	return reason;
}

enum reason step_release(struct build *b)
{
	bool again = b->after->state == DOSSIER_UNDELIVERABLE || b->after->state == DOSSIER_RELEASED;

	if (dossier_next(b->after->state, EVENT_RELEASED) == DOSSIER_NOWHERE)
		return REASON_DOSSIER_ORDER;
	enum reason reason = check_release(b->after);
	if (reason == REASON_NONE && !again)
		reason = find_mailboxes(b);
	if (reason != REASON_NONE)
		return reason;
	struct dossier_release_data release = {.version = dossier_version(b->after) + (again ? 0 : 1), .to = release_to(b, again)};
	release.withheld = release_withheld(b, release.version);
	reason = build_event(b, (struct dossier_event){.kind = EVENT_RELEASED, .release = release});
	if (reason != REASON_NONE)
		return reason;
	mail_patient_report(b, release.version);
	if (release.to & dossier_party_bit(PARTY_ATTENDING))
		step_mail_report(b, PARTY_ATTENDING, release.version);
	if (release.to & dossier_party_bit(PARTY_FIRST_OPINION))
		step_mail_report(b, PARTY_FIRST_OPINION, release.version);
	if (!again && build_mail(b, MAIL_M16, PARTY_EXPERT, POLICY_ATTACH_NONE))
		build_field(b, "released", text_date(b, b->now));
	return REASON_NONE;
}

enum reason step_failed(struct build *b, const struct dossier_mail_data *mail)
{
	const struct dossier_offer *live = dossier_live_offer(b->after);
	enum reason reason = build_event(b, (struct dossier_event){.kind = EVENT_MAIL_FAILED, .mail = *mail});
	bool closed = mail->party == PARTY_PATIENT && bytes_equal(mail->status, BYTES("5.2.1")) && b->after->channels[PARTY_PATIENT].channel == CHANNEL_MAIL;

	/* He left the health space (E26): until a person has chosen a way with him she tells him all. */
	if (reason == REASON_NONE && closed && dossier_next(b->after->state, EVENT_CHANNEL_CHANGED) != DOSSIER_NOWHERE) {
		b->reason = REASON_CHANNEL_CLOSED;
		reason = build_event(b, (struct dossier_event){
			.kind = EVENT_CHANNEL_CHANGED, .channel = {.party = PARTY_PATIENT, .channel = CHANNEL_TELEPHONE, .why = BYTES("closed")}});
	}

	b->owner = "nurses";
	if (reason != REASON_NONE)
		return reason;
	enum dossier_state state = b->after->state == DOSSIER_REVISION ? b->after->interrupted : b->after->state;
	if (mail->code == MAIL_M21 && mail->party == PARTY_PATIENT && state == DOSSIER_RELEASED)
		return build_event(b, (struct dossier_event){.kind = EVENT_REPORT_UNDELIVERED, .mail = *mail});
	bool turned = false;
	reason = step_other_mailbox(b, mail, &turned);
	if (reason != REASON_NONE || turned)
		return reason;
	/* An offer that cannot arrive will never be answered: the next expert now, not in 24 hours. */
	if (mail->code != MAIL_M10 || live == NULL || !sender_same_address(live->mailbox, mail->mailbox) || dossier_stands_still(b->after))
		return REASON_NONE;
	return step_expire(b, TAKEN_MAILBOX);
}

enum reason step_one_patient(const struct policy_message *message, const struct policy_patient *patient)
{
	enum reason worst = REASON_NONE;

	for (size_t i = 0; i < message->n_documents; i++) {
		const struct policy_document *d = &message->documents[i];
		enum identity labelled = identity_compare_number(patient, d->labelled);
		if (labelled == IDENTITY_DIFFERENT)
			return REASON_ARCHIVE_PATIENTS;
		if (labelled == IDENTITY_DOUBT)
			worst = REASON_IDENTITY_DIFFERS;
		if (!d->has_patient)
			continue;
		switch (identity_compare(patient, &d->patient)) {
		case IDENTITY_SAME:
			break;
		case IDENTITY_DIFFERENT:
			return REASON_ARCHIVE_PATIENTS;
		case IDENTITY_DOUBT:
			worst = REASON_IDENTITY_DIFFERS;
			break;
		case IDENTITY_ABSENT:
			if (worst == REASON_NONE)
				worst = REASON_IDENTITY_NONE;
			break;
		}
	}
	return worst;
}

/* An order to delete stands alone: files without a number beside it are its copies. */
static bool is_mixed(const struct policy_message *message)
{
	for (size_t i = 0; step_has_order(message) && i < message->n_documents; i++) {
		const struct policy_document *d = &message->documents[i];
		if (d->action != POLICY_ACTION_DELETE && d->id.len > 0 && !d->aside)
			return true;
	}
	return false;
}

enum reason step_refused_piece(const struct policy_message *message)
{
	if (message->archive != REASON_NONE && reason_entry(message->archive)->class != REASON_CLASS_TOLERATED)
		return message->archive;
	for (size_t i = 0; i < message->n_documents; i++) {
		enum reason reason = message->documents[i].reason;
		if (!message->documents[i].aside && reason != REASON_NONE && reason_entry(reason)->class != REASON_CLASS_TOLERATED)
			return reason;
	}
	return is_mixed(message) ? REASON_ORDER_MIXED : REASON_NONE;
}

enum reason step_file(struct build *b, const struct policy_document *document, struct bytes organisation, bool vouched,
		      bool confirmed)
{
	return build_event(b, (struct dossier_event){
		.kind = EVENT_DOCUMENT_FILED,
		.document = {
			.document = given_as_copy(b->message, document), .organisation = organisation, .vouched = vouched, .confirmed = confirmed}});
}

enum reason step_masked(const struct policy_message *message, enum party party)
{
	return given_message(message, party) ? REASON_NONE : REASON_DOCUMENT_MASKED;
}

void step_tell_aside(struct build *b)
{
	enum reason reason = pieces_reason(b->message);

	if (reason == REASON_NONE)
		return;
	b->owner = "nurses";
	if (b->reason == REASON_NONE)
		b->reason = reason;
}

enum reason step_questionnaire(const struct policy_rules *rules, struct bytes pathology, struct bytes version, struct instant now)
{
	const struct pathology *found = pathology_find(rules->pathologies, rules->n_pathologies, pathology, version);
	bool known = false;

	if (found != NULL)
		return pathology_open(found, rules->test_identities, now);
	for (size_t i = 0; i < rules->n_pathologies; i++)
		known |= bytes_equal(rules->pathologies[i].code, pathology);
	return known ? REASON_QUESTIONNAIRE_UNKNOWN : REASON_PATHOLOGY_UNKNOWN;
}

/* Professionals write of emergencies by their trade; what goes round or was here before has been read. */
static bool is_cry(const struct policy_message *m)
{
	bool person = m->party == PARTY_PATIENT || m->party == PARTY_REPRESENTATIVE || m->party == PARTY_OTHER_PARENT || m->party == PARTY_REQUESTER;
	bool stranger = m->party == PARTY_NONE && (m->class == POLICY_CLASS_REPLY || m->class == POLICY_CLASS_UNKNOWN);

	return m->n_emergencies > 0 && !m->seen && !m->own && (person || stranger);
}

void step_hold(struct build *b, enum reason reason)
{
	build_hold(b, is_cry(b->message) ? REASON_REPLY_URGENT : reason);
}

void step_refuse(struct build *b, enum reason reason)
{
	if (is_cry(b->message))
		step_hold(b, reason);
	else
		build_refuse(b, reason);
}

void step_settle(struct build *b, enum reason reason)
{
	if (reason_entry(reason)->class == REASON_CLASS_REFUSED)
		step_refuse(b, reason);
	else
		step_hold(b, reason);
}

bool step_is_automatic(const struct policy_message *message)
{
	return message->automatic || (message->source != POLICY_SOURCE_IMAP && message->mail_from.len == 0);
}

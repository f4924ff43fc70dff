/* policy/decide_request.c - a signed request opens a dossier, or says why it cannot. */
#include "base/limits.h"
#include "policy/decide_step.h"
#include "policy/decide_text.h"
#include "policy/given.h"
#include "policy/identity.h"

#define QUESTIONNAIRE BYTES("74465-6")       /* answers, or a form to be read (level 1) */
#define PHYSICIAN_REQUEST BYTES("75496-0")   /* TLM-DA */

/* What the message says, each value only if nothing contradicts it. */
struct told {
	const struct policy_document *document;
	bool physician;                 /* a physician's request, or it says so */
	bool answers;                   /* of a questionnaire; sections are none */
	bool refused;                   /* one of the two consents is there, and is no "true" */
};

/* The value of an id that must say one thing. False when two answers contradict each other. */
static bool read_value(const struct policy_message *m, const char *id, struct bytes *out)
{
	bool found = false;

	*out = BYTES_NONE;
	for (size_t i = 0; i < m->n_answers; i++) {
		struct bytes value = bytes_trim(m->answers[i].value);
		if (!bytes_equal_text(m->answers[i].question, id))
			continue;
		if (found && !bytes_equal(*out, value))
			return false;
		*out = value;
		found = true;
	}
	return true;
}

/* Only a plain "true" is a consent. *refused (may be NULL): it was answered otherwise. */
static bool read_flag(const struct policy_message *m, const char *id, bool *out, bool *refused)
{
	struct bytes value;

	*out = false;
	if (!read_value(m, id, &value))
		return false;
	*out = bytes_equal_nocase(value, BYTES("true"));
	if (refused != NULL)
		*refused |= value.len > 0 && !*out;
	return true;
}

static bool read_physician(const struct policy_message *m, const char *name, const char *mailbox, const char *consent, const char *when,
			   struct dossier_physician *out)
{
	struct bytes word;

	if (!read_value(m, name, &out->name) || !read_value(m, mailbox, &out->mailbox) || !read_flag(m, consent, &out->consent, NULL) ||
	    !read_value(m, when, &word))
		return false;
	/* Unsaid: not before the patient. */
	out->when = word.len == 0 ? SHARE_AFTER_READING : share_when_of_name(word);
	return out->when != SHARE_WHENS;
}

/* The version whose form was filled in, as the answers name it (externalDocument). Two forms, or a form of another version than
 * the one told, contradict. */
static bool read_form(const struct policy_rules *rules, const struct policy_message *m, struct dossier_request *out)
{
	const struct pathology *found = NULL;

	for (size_t i = 0; i < m->n_answers; i++) {
		struct bytes form = m->answers[i].form;
		const struct pathology *p = pathology_of_form(rules->pathologies, rules->n_pathologies, form);
		if (out->form.len == 0)
			out->form = form;
		if (p == NULL || p == found)
			continue;
		if (found != NULL)
			return false;
		found = p;
		out->form = form;
	}
	if (found == NULL)
		return true;
	if ((out->pathology.len > 0 && !bytes_equal(out->pathology, found->code)) ||
	    (out->version.len > 0 && !bytes_equal(out->version, found->version)))
		return false;
	out->pathology = found->code;
	out->version = found->version;
	return true;
}

/* Who asks: as told, else a physician by his own kind of document, else the patient by a form of hers. */
static bool read_requester(const struct policy_message *m, const struct told *told, struct dossier_request *out)
{
	struct bytes requester;

	if (!read_value(m, "relais.requester", &requester))
		return false;
	out->requester = requester_of_name(requester);
	if (requester.len > 0)
		return out->requester != REQUESTER_NONE;
	if (told->physician)
		out->requester = REQUESTER_PHYSICIAN;
	else if (!told->answers)
		out->requester = REQUESTER_PATIENT;
	return out->requester != REQUESTER_NONE;
}

static bool read_values(struct build *b, struct told *told, struct dossier_request *out)
{
	const struct policy_message *m = b->message;

	return m->n_answers <= LIMIT_REQUEST_ANSWERS && read_value(m, "relais.pathology", &out->pathology) &&
	       read_value(m, "relais.questionnaire", &out->version) && read_form(b->rules, m, out) &&
	       read_requester(m, told, out) &&
	       read_flag(m, "consent.processing", &out->consent_processing, &told->refused) &&
	       read_flag(m, "consent.expert", &out->consent_expert, &told->refused) &&
	       read_physician(m, "physician.attending.name", "physician.attending.mailbox", "consent.attending",
			      "consent.attending.when", &out->attending) &&
	       read_physician(m, "physician.first-opinion.name", "physician.first-opinion.mailbox", "consent.first-opinion",
			      "consent.first-opinion.when", &out->first_opinion);
}

/* The national scale (RNIV): provisional, retrieved, validated, qualified. Unsaid: a number under an OID of the INS is qualified. */
static bool is_qualified(struct bytes status)
{
	return status.len == 0 || bytes_equal_nocase(status, BYTES("qualified"));
}

/* Answers of a questionnaire are whole or sent back: its platform can mend them. A physician's request has no place for
 * pathology and consents, and a form on paper is read by nobody but a person: they open, and wait for her. */
static enum reason read_request(struct build *b, struct told *told, const struct organisation *from, struct dossier_request *out)
{
	const struct policy_message *m = b->message;
	const struct policy_patient *patient = &told->document->patient;

	*out = (struct dossier_request){
		.patient = *patient,
		.organisation = from->id,
		.sender = m->from,
		.answers = m->answers,
		.n_answers = m->n_answers,
	};
	struct bytes status;
	if (!read_value(m, "patient.identity", &status))
		return REASON_REQUEST_INCOMPLETE;
	/* On a number that is not qualified no address is built (E11). */
	if (is_qualified(status))
		out->mailbox = text_patient_mailbox(b, patient);
	if (!read_values(b, told, out) || told->refused)
		return REASON_REQUEST_INCOMPLETE;
	bool named = out->pathology.len > 0 && out->version.len > 0;
	/* A physician's lacks the agreement alone: he is asked for it. */
	bool open = told->physician || !told->answers || (named && out->requester == REQUESTER_PHYSICIAN);
	out->unqualified = !named || !out->consent_processing || !out->consent_expert;
	return out->unqualified && !open ? REASON_REQUEST_INCOMPLETE : REASON_NONE;
}

/* What is told of the pathology must be known; a person tells the rest. */
static enum reason check_pathology(const struct policy_rules *rules, const struct dossier_request *r, struct instant now)
{
	if (r->pathology.len == 0)
		return REASON_NONE;
	enum reason reason = step_questionnaire(rules, r->pathology, r->version, now);
	return reason == REASON_QUESTIONNAIRE_UNKNOWN && r->version.len == 0 ? REASON_NONE : reason;
}

/* The one document of that type. False when there are two. */
static bool find_type(const struct policy_message *m, struct bytes type, const struct policy_document **out)
{
	for (size_t i = 0; i < m->n_documents; i++) {
		const struct policy_document *d = &m->documents[i];
		if (!bytes_equal(d->type, type))
			continue;
		/* The same file may lie in the archive and beside it. */
		if (*out != NULL && !(bytes_equal((*out)->id, d->id) && bytes_equal_nocase((*out)->digest, d->digest)))
			return false;
		*out = d;
	}
	return true;
}

/* What asks: the patient's questionnaire, else a physician's request; they may come together. */
static bool find_request(const struct policy_message *m, struct told *out)
{
	const struct policy_document *questionnaire = NULL, *physician = NULL;

	if (!find_type(m, QUESTIONNAIRE, &questionnaire) || !find_type(m, PHYSICIAN_REQUEST, &physician))
		return false;
	*out = (struct told){.document = questionnaire != NULL ? questionnaire : physician, .physician = physician != NULL};
	for (size_t i = 0; i < m->n_answers; i++)
		out->answers |= m->answers[i].kind != POLICY_ANSWER_SECTION;
	return out->document != NULL;
}

/* Before a person has told its pathology a request may be for any: it and another are one until she has looked. */
static bool same_matter(const struct dossier_request *known, const struct dossier_request *r)
{
	return known->pathology.len == 0 || bytes_equal(known->pathology, r->pathology);
}

/* Was this request made before, or is another for the same thing under way? */
static enum reason check_known(const struct dossier *const *candidates, size_t n, const struct policy_document *request,
			       const struct dossier_request *r)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < n; i++) {
		const struct dossier_document *same = dossier_find_document(candidates[i], request->id, request->digest);
		if (same != NULL)
			return bytes_equal_nocase(same->filing.document.digest, request->digest) ? REASON_DOCUMENT_DUPLICATE
												 : REASON_DOCUMENT_CONFLICT;
		if (dossier_is_over(candidates[i]->state) || reason != REASON_NONE)
			continue;
		enum identity identity = identity_compare(&candidates[i]->request.patient, &r->patient);
		if (identity == IDENTITY_DOUBT)
			reason = REASON_IDENTITY_DIFFERS;
		else if (identity == IDENTITY_SAME && same_matter(&candidates[i]->request, r))
			reason = REASON_REQUEST_DOUBLE;
	}
	return reason;
}

/* His request is what he is answered. */
static void answers_him(struct build *b)
{
	struct policy_mail *mail = &b->mails[b->n_mails - 1];

	mail->in_reply_to = b->message != NULL && sender_same_address(b->message->from, mail->to);
}

/* Opened, and in the nurses' hands with what is not told named: nobody is written to before she has completed it. */
enum reason step_await_qualification(struct build *b)
{
	const struct dossier_request *r = &b->after->request;
	const struct {
		const char *id;
		bool lacks;
	} ids[] = {
		{"pathology", r->pathology.len == 0}, {"questionnaire", r->version.len == 0},
		{"consent.processing", !r->consent_processing}, {"consent.expert", !r->consent_expert},
	};
	const char *all = "";

	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		if (ids[i].lacks)
			all = arena_printf(b->arena, "%s%s%s", all, all[0] != 0 ? "," : "", ids[i].id);
	b->owner = "nurses";
	b->reason = r->requester == REQUESTER_PHYSICIAN ? REASON_REQUEST_UNQUALIFIED : REASON_QUESTIONNAIRE_UNREAD;
	enum reason reason = build_text(b, EVENT_QUALIFICATION_AWAITED, bytes_of_text(all), bytes_of_text(reason_code(b->reason)));
	if (reason == REASON_NONE && r->requester == REQUESTER_PHYSICIAN && !(r->consent_processing && r->consent_expert) &&
	    build_mail(b, MAIL_M60, PARTY_REQUESTER, POLICY_ATTACH_NONE))
		answers_him(b);
	return reason;
}

/* One letter an event: the second of a decision would say what the first did not yet know. */
static bool is_told(const struct build *b)
{
	for (size_t i = 0; i < b->n_mails; i++)
		if (b->mails[i].code == MAIL_M60 || b->mails[i].code == MAIL_M61)
			return true;
	return false;
}

void step_mail_received(struct build *b)
{
	struct missing *missing;
	size_t count, n;

	if (b->after->request.requester != REQUESTER_PHYSICIAN || is_told(b))
		return;
	(void)text_exams(b, &count);
	bool lacks = b->after->state == DOSSIER_INCOMPLETE && step_missing(b, &missing, &n) == REASON_NONE && n > 0;
	if (!build_mail(b, MAIL_M61, PARTY_REQUESTER, POLICY_ATTACH_NONE))
		return;
	answers_him(b);
	if (count > 0)
		build_field(b, "exam_count", text_number(b, count));
	if (lacks)
		build_field(b, "missing", text_missing(b, missing, n));
	if (b->after->complete_at.us != 0)
		build_field(b, "due", text_date(b, b->after->due_at));
}

/* "IRM.xml, CR.pdf"; and each cause once. */
static const char *joined(const struct build *b, const char *all, const char *between, struct bytes what)
{
	if (bytes_contains(bytes_of_text(all), what))
		return all;
	return arena_printf(b->arena, "%s%s%.*s", all, all[0] != 0 ? between : "", (int)what.len, (const char *)what.at);
}

static void mail_refused(struct build *b)
{
	const struct policy_message *m = b->message;
	const char *names = "", *causes = "";
	bool other = false;

	for (size_t i = 0; i < m->n_documents; i++) {
		const struct policy_document *d = &m->documents[i];
		const struct reason_entry *why = reason_entry(d->reason);
		if (!d->aside || d->reason == REASON_NONE)
			continue;
		other |= d->reason == REASON_IDENTITY_OTHER_PATIENT;
		names = joined(b, names, ", ", d->name.len > 0 ? d->name : d->title.len > 0 ? d->title : build_english(b) ? BYTES("a file without a name") : BYTES("un fichier sans nom"));
		causes = joined(b, causes, " ", bytes_of_text(build_english(b) ? why->en : why->fr));
	}
	if (names[0] == 0 || !build_mail(b, MAIL_M62, PARTY_REQUESTER, POLICY_ATTACH_NONE))
		return;
	build_field_text(b, "document_name", names);
	build_field_text(b, "sentence", causes);
	if (other)
		build_field_text(b, "hint", build_english(b) ? "Check the patient in your software, then send the right document."
							      : "Vérifiez le patient dans votre logiciel, puis renvoyez le bon document.");
}

/* Another request of the same person is under way: who works on one is to know of the other. */
static enum reason link_others(struct build *b, const struct dossier *const *candidates, size_t n)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < n; i++)
		if (!dossier_is_over(candidates[i]->state) &&
		    identity_compare(&candidates[i]->request.patient, &b->after->request.patient) == IDENTITY_SAME)
			reason = build_text(b, EVENT_LINKED, candidates[i]->reference, BYTES("request"));
	return reason;
}

static enum reason open_dossier(struct build *b, const struct dossier_request *request, const struct dossier *const *candidates, size_t n)
{
	build_dossier(b, NULL);
	enum reason reason = build_event(b, (struct dossier_event){.kind = EVENT_REQUESTED, .request = *request});

	for (size_t i = 0; reason == REASON_NONE && i < b->message->n_documents; i++) {
		if (b->message->documents[i].aside)
			continue;
		reason = step_file(b, &b->message->documents[i], request->organisation, true, false);
		if (reason == REASON_DOCUMENT_DUPLICATE)
			reason = REASON_NONE;
	}
	if (reason == REASON_NONE)
		reason = link_others(b, candidates, n);
	if (reason != REASON_NONE)
		return reason;
	if (request->mailbox.len == 0) {
		b->owner = "nurses";
		b->reason = REASON_IDENTITY_UNQUALIFIED;
		return build_text(b, EVENT_IDENTITY_DOUBTED, bytes_of_text(reason_code(b->reason)), BYTES_NONE);
	}
	if (request->unqualified)
		return step_await_qualification(b);
	if (build_mail(b, MAIL_M01, PARTY_PATIENT, POLICY_ATTACH_NONE))
		build_field(b, "pathology", text_pathology(b));
	reason = step_reassess(b);
	step_tell_aside(b);
	/* It is in the dossier, and goes to no expert: somebody must know why. */
	if (step_masked(b->message, PARTY_EXPERT) != REASON_NONE) {
		b->owner = "nurses";
		b->reason = REASON_DOCUMENT_MASKED;
	}
	return reason;
}

/* What the two kinds of request say would go to the expert as text, whether the document itself goes or not. */
static bool is_hidden(const struct policy_message *m)
{
	for (size_t i = 0; i < m->n_documents; i++) {
		const struct policy_document *d = &m->documents[i];
		bool asks = bytes_equal(d->type, QUESTIONNAIRE) || bytes_equal(d->type, PHYSICIAN_REQUEST);
		if (asks && !given_unmasked(d, PARTY_EXPERT))
			return true;
	}
	return false;
}

static bool is_physicians(const struct policy_message *m, const struct told *told)
{
	struct bytes requester;

	return told->physician || (read_value(m, "relais.requester", &requester) && requester_of_name(requester) == REQUESTER_PHYSICIAN);
}

/* A physician attached what is another patient's: those documents are refused, each with its cause, and the rest is taken (product 2.4, M62). What lies
 * beside them and names nobody may be theirs, and is refused with them. */
static enum reason set_others_aside(struct build *b, const struct told *told)
{
	const struct policy_message *m = b->message;
	struct policy_message *copy = arena_alloc(b->arena, sizeof *copy);
	struct policy_document *documents = arena_alloc(b->arena, (m->n_documents + 1) * sizeof *documents);
	const struct policy_patient *patient = &told->document->patient;

	for (size_t i = 0; i < m->n_documents; i++) {
		struct policy_document *d = &documents[i];
		*d = m->documents[i];
		bool asks = bytes_equal(d->id, told->document->id) && bytes_equal_nocase(d->digest, told->document->digest);
		bool other = identity_compare_number(patient, d->labelled) == IDENTITY_DIFFERENT ||
			     (d->has_patient && identity_compare(patient, &d->patient) == IDENTITY_DIFFERENT);
		if (asks && other)
			return REASON_ARCHIVE_PATIENTS;
		if (asks || d->aside || (d->has_patient && !other))
			continue;
		d->aside = true;
		d->reason = other ? REASON_IDENTITY_OTHER_PATIENT : REASON_IDENTITY_NONE;
		/* It is shown to nobody, and compared with nobody any more. */
		d->has_patient = false;
		d->labelled = (struct policy_id){0};
	}
	*copy = *m;
	copy->documents = documents;
	b->message = copy;
	return step_one_patient(copy, patient);
}

/* All that can be said of the message before any dossier is looked at. */
static enum reason check_message(struct build *b, struct sender *sender, struct told *told)
{
	enum reason reason = sender_check(b->rules, b->message, SENDER_REQUEST, sender);

	if (reason == REASON_NONE)
		reason = step_refused_piece(b->message);
	if (reason != REASON_NONE)
		return reason;
	if (!find_request(b->message, told))
		return REASON_REQUEST_INCOMPLETE;
	const struct policy_document *document = told->document;
	if (is_hidden(b->message))
		return REASON_DOCUMENT_MASKED;
	if (!document->has_patient || !identity_complete(&document->patient))
		return REASON_IDENTITY_NONE;
	reason = sender_check_identity(b->rules, sender->organisation, &document->patient);
	if (reason == REASON_NONE)
		reason = step_one_patient(b->message, &document->patient);
	return reason == REASON_ARCHIVE_PATIENTS && is_physicians(b->message, told) ? set_others_aside(b, told) : reason;
}

/* The physician who asked has an answer of his own. */
static void finish(struct build *b)
{
	if (b->after->request.requester == REQUESTER_PHYSICIAN) {
		step_mail_received(b);
		mail_refused(b);
	}
	build_done(b, POLICY_APPLIED, b->reason, b->owner);
}

void decide_request(struct build *b, const struct dossier *const *candidates, size_t n)
{
	struct told told = {0};
	struct dossier_request request;
	struct sender sender;
	enum reason reason = check_message(b, &sender, &told);

	b->rule = "request.open/1";
	if (reason == REASON_NONE)
		reason = read_request(b, &told, sender.organisation, &request);
	if (reason == REASON_NONE)
		reason = check_pathology(b->rules, &request, b->now);
	if (reason != REASON_NONE) {
		build_settle(b, reason);
		build_notice(b, reason);
		return;
	}
	reason = check_known(candidates, n, told.document, &request);
	if (reason == REASON_DOCUMENT_DUPLICATE)
		build_done(b, POLICY_DUPLICATE, reason, NULL);
	else if (reason != REASON_NONE || (reason = open_dossier(b, &request, candidates, n)) != REASON_NONE)
		build_settle(b, reason);
	else
		finish(b);
	build_received(b);
}

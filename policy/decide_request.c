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
	out->unqualified = out->pathology.len == 0 || out->version.len == 0 || !out->consent_processing || !out->consent_expert;
	return out->unqualified && !told->physician && told->answers ? REASON_REQUEST_INCOMPLETE : REASON_NONE;
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
	return build_text(b, EVENT_QUALIFICATION_AWAITED, bytes_of_text(all), bytes_of_text(reason_code(b->reason)));
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
	return reason == REASON_NONE ? step_one_patient(b->message, &document->patient) : reason;
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
		build_done(b, POLICY_APPLIED, b->reason, b->owner);
	build_received(b);
}

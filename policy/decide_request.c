/* policy/decide_request.c - a signed request opens a dossier, or says why it cannot. */
#include "base/limits.h"
#include "policy/decide_step.h"
#include "policy/decide_text.h"
#include "policy/identity.h"

static const struct bytes REQUEST_TYPE = BYTES_OF("74465-6");

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

/* Only a plain "true" is a consent. */
static bool read_flag(const struct policy_message *m, const char *id, bool *out)
{
	struct bytes value;

	*out = false;
	if (!read_value(m, id, &value))
		return false;
	*out = bytes_equal_nocase(value, BYTES("true"));
	return true;
}

static bool read_physician(const struct policy_message *m, const char *name, const char *mailbox, const char *consent,
			   struct dossier_physician *out)
{
	return read_value(m, name, &out->name) && read_value(m, mailbox, &out->mailbox) &&
	       read_flag(m, consent, &out->consent);
}

static enum reason read_request(struct build *b, const struct policy_patient *patient, const struct organisation *from,
				struct dossier_request *out)
{
	const struct policy_message *m = b->message;
	struct bytes requester;

	*out = (struct dossier_request){
		.patient = *patient,
		.organisation = from->id,
		.sender = m->from,
		.answers = m->answers,
		.n_answers = m->n_answers,
		.mailbox = bytes_of_text(arena_printf(b->arena, "%.*s@%.*s", (int)patient->ins.len,
						      (const char *)patient->ins.at, (int)b->rules->patient_domain.len,
						      (const char *)b->rules->patient_domain.at)),
	};
	if (m->n_answers > LIMIT_REQUEST_ANSWERS || !read_value(m, "relais.pathology", &out->pathology) ||
	    !read_value(m, "relais.questionnaire", &out->version) || !read_value(m, "relais.requester", &requester) ||
	    !read_flag(m, "consent.processing", &out->consent_processing) ||
	    !read_flag(m, "consent.expert", &out->consent_expert) ||
	    !read_physician(m, "physician.attending.name", "physician.attending.mailbox", "consent.attending",
			    &out->attending) ||
	    !read_physician(m, "physician.first-opinion.name", "physician.first-opinion.mailbox", "consent.first-opinion",
			    &out->first_opinion))
		return REASON_REQUEST_INCOMPLETE;
	out->requester = requester_of_name(requester);
	if (out->requester == REQUESTER_NONE || out->pathology.len == 0 || out->version.len == 0 ||
	    !out->consent_processing || !out->consent_expert)
		return REASON_REQUEST_INCOMPLETE;
	return REASON_NONE;
}

static enum reason check_pathology(const struct policy_rules *rules, const struct dossier_request *r)
{
	bool known = false;

	if (pathology_find(rules->pathologies, rules->n_pathologies, r->pathology, r->version) != NULL)
		return REASON_NONE;
	for (size_t i = 0; i < rules->n_pathologies; i++)
		known |= bytes_equal(rules->pathologies[i].code, r->pathology);
	return known ? REASON_QUESTIONNAIRE_UNKNOWN : REASON_PATHOLOGY_UNKNOWN;
}

/* The one questionnaire response of the message. */
static const struct policy_document *find_request(const struct policy_message *m)
{
	const struct policy_document *found = NULL;

	for (size_t i = 0; i < m->n_documents; i++) {
		const struct policy_document *d = &m->documents[i];
		if (!bytes_equal(d->type, REQUEST_TYPE))
			continue;
		/* The same file may lie in the archive and beside it. */
		if (found != NULL && !(bytes_equal(found->id, d->id) && bytes_equal_nocase(found->digest, d->digest)))
			return NULL;
		found = d;
	}
	return found;
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
		else if (identity == IDENTITY_SAME && bytes_equal(candidates[i]->request.pathology, r->pathology))
			reason = REASON_REQUEST_DOUBLE;
	}
	return reason;
}

static enum reason open_dossier(struct build *b, const struct dossier_request *request)
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
	if (reason != REASON_NONE)
		return reason;
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

/* All that can be said of the message before any dossier is looked at. */
static enum reason check_message(struct build *b, struct sender *sender, const struct policy_document **request)
{
	enum reason reason = sender_check(b->rules, b->message, SENDER_REQUEST, sender);

	if (reason == REASON_NONE)
		reason = step_refused_piece(b->message);
	if (reason != REASON_NONE)
		return reason;
	*request = find_request(b->message);
	if (*request == NULL)
		return REASON_REQUEST_INCOMPLETE;
	if (!(*request)->has_patient || !identity_complete(&(*request)->patient))
		return REASON_IDENTITY_NONE;
	reason = sender_check_identity(b->rules, sender->organisation, &(*request)->patient);
	return reason == REASON_NONE ? step_one_patient(b->message, &(*request)->patient) : reason;
}

void decide_request(struct build *b, const struct dossier *const *candidates, size_t n)
{
	const struct policy_document *document = NULL;
	struct dossier_request request;
	struct sender sender;
	enum reason reason = check_message(b, &sender, &document);

	b->rule = "request.open/1";
	if (reason == REASON_NONE)
		reason = read_request(b, &document->patient, sender.organisation, &request);
	if (reason == REASON_NONE)
		reason = check_pathology(b->rules, &request);
	if (reason != REASON_NONE) {
		build_settle(b, reason);
		build_notice(b, reason);
		return;
	}
	reason = check_known(candidates, n, document, &request);
	if (reason == REASON_DOCUMENT_DUPLICATE)
		build_done(b, POLICY_DUPLICATE, reason, NULL);
	else if (reason != REASON_NONE || (reason = open_dossier(b, &request)) != REASON_NONE)
		build_settle(b, reason);
	else
		build_done(b, POLICY_APPLIED, b->reason, b->owner);
	build_received(b);
}

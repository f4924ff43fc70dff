/* gateway/work_mail.c - what compose is asked for: a decision's mail with the dossier's texts (gateway/compose_request.h). */
#include "gateway/work.h"

#include "gateway/day_words.h"
#include "gateway/event_json.h"
#include "gateway/json_view.h"
#include "gateway/template_code.h"
#include "gateway/work_report.h"
#include "policy/given.h"
#include "policy/identity.h"
#include "smtp/subject.h"

/* The policy's name of a text, and the templates', where the two differ. */
static const struct {
	const char *policy, *template;
} renamed[] = {
	{"count", "missing_count"}, {"missing", "missing_list"}, {"due", "due_date"}, {"expert", "expert_name"},
	{"exam_count", "documents_count"}, {"exams", "exams_list"}, {"birth_date", "patient_birth"}, {"released", "delivered_at"},
	{"shared_with", "recipients_list"}, {"question", "question_text"}, {"answer", "answer_text"}, {"heavy", "heavy_list"},
	{"replaced", "replaced_at"}, {"hospitals", "first_opinion"}, {"waived", "missing_list"}, {"pieces", "pieces_list"},
};

static void put(json_t *fields, const char *name, struct bytes text)
{
	if (text.len > 0)
		json_object_set_new(fields, name, json_of(text));
}

static void put_text(json_t *fields, const char *name, const char *text)
{
	put(fields, name, bytes_of_text(text));
}

/* What no template knows is for the PDF of the dossier. */
static void put_named(json_t *fields, const char *name, struct bytes text)
{
	bool lines;

	for (size_t k = 0; k < sizeof renamed / sizeof renamed[0]; k++)
		if (bytes_equal_text(bytes_of_text(name), renamed[k].policy))
			name = renamed[k].template;
	if (template_name_find(bytes_of_text(name), &lines))
		put(fields, name, text);
}

static const char *day_words(struct work *work, struct instant at)
{
	return day_words_day(work->arena, work_english(work), at);
}

static const char *patient_name(struct work *work, const struct dossier *d)
{
	const struct policy_patient *p = &d->request.patient;
	return arena_printf(work->arena, "%.*s %.*s", (int)p->given_birth_first.len, (const char *)p->given_birth_first.at,
			    (int)p->family_birth.len, (const char *)p->family_birth.at);
}

/* "PAT-TROIS D.": whom a mail between professionals is about, in its subject. */
static const char *patient_short(struct work *work, const struct dossier *d)
{
	const struct policy_patient *p = &d->request.patient;
	size_t first = p->given_birth_first.len;

	for (size_t i = 1; i < first; i++)
		if ((p->given_birth_first.at[i] & 0xc0) != 0x80)
			first = i;
	return arena_printf(work->arena, "%.*s%s%.*s%s", (int)p->family_birth.len, (const char *)p->family_birth.at, first > 0 ? " " : "", (int)first,
			    (const char *)p->given_birth_first.at, first > 0 ? "." : "");
}

/* "28/03/1979" from YYYYMMDD. */
static const char *birth_date(struct work *work, const struct dossier *d)
{
	struct bytes t = d->request.patient.birth_time;
	if (t.len < 8)
		return "";
	return arena_printf(work->arena, "%.2s/%.2s/%.4s", (const char *)t.at + 6, (const char *)t.at + 4, (const char *)t.at);
}

/* An offer and what goes with it name nobody: the name comes with the dossier, after acceptance. */
static bool is_before_acceptance(enum mail_code code)
{
	return code == MAIL_M10 || code == MAIL_M11 || code == MAIL_M12;
}

/* An expert is called by his own name, whoever has the dossier by now; anybody else is told who holds it, and never who was merely asked. */
static struct bytes expert_name(const struct policy_mail *mail, const struct dossier *d)
{
	const struct dossier_offer *holder = dossier_accepted_offer(d);

	if (mail->party != PARTY_EXPERT && mail->party != PARTY_STANDBY)
		return holder != NULL ? holder->name : BYTES_NONE;
	for (size_t i = d->n_offers; i > 0; i--)
		if (sender_same_address(d->offers[i - 1].mailbox, mail->to))
			return d->offers[i - 1].name;
	return BYTES_NONE;
}

/* What the expert wrote, for those who have his report. */
static void opinion_fields(struct work *work, enum mail_code code, const struct dossier *d, json_t *fields)
{
	const struct policy_form *form = &d->opinion.data.form;

	put(fields, "summary", form->summary);
	put(fields, "convergence", form->convergence);
	put(fields, "advice", form->advice);
	put(fields, "delay", form->delay);
	put(fields, "help", form->help);
	/* The exchange begins with the first reading: only on the day of the release is its end this one. */
	if (code == MAIL_M21 || code == MAIL_M16)
		put_text(fields, "exchange_until", day_words(work, instant_plus(work->now, SPAN_DAYS(15))));
}

static void dossier_fields(struct work *work, const struct policy_mail *mail, const struct dossier *d, json_t *fields)
{
	put(fields, "reference", d->reference);
	if (!is_before_acceptance(mail->code) && mail->party != PARTY_STANDBY) {
		put_text(fields, "patient_name", patient_name(work, d));
		put_text(fields, "patient_short", patient_short(work, d));
		put_text(fields, "patient_birth", birth_date(work, d));
	}
	if (d->due_at.us > 0)
		put_text(fields, "due_date", day_words(work, d->due_at));
	put(fields, "expert_name", expert_name(mail, d));
	if (d->opinion.present && mail->party != PARTY_STANDBY)
		opinion_fields(work, mail->code, d, fields);
}

static json_t *mail_fields(struct work *work, const struct policy_mail *mail, const struct dossier *d)
{
	json_t *fields = json_object();
	const struct config *c = work->config;

	put_text(fields, "phone", c->phone);
	put_text(fields, "organisation", c->organisation);
	put_text(fields, "contact_name", c->contact);
	put_text(fields, "received_at", day_words(work, work->now));
	/* a sender is answered about its message: the receipt reads the same whether or not a dossier exists */
	if (d != NULL && mail->party != PARTY_SENDER)
		dossier_fields(work, mail, d, fields);
	for (size_t i = 0; i < mail->n_fields; i++)
		put_named(fields, mail->fields[i].name, mail->fields[i].text);
	return fields;
}

/* ---------------------------------------------------------------- dossier */

/* A value of several lines, as a form may have it, stays in the answers. */
static void add_row(json_t *list, const char *label, struct bytes value)
{
	if (value.len > 0 && bytes_one_line(value, 1024))
		json_array_append_new(list, json_pack("{s:s, s:o}", "label", label, "value", json_of(value)));
}

static struct bytes policy_text(const struct policy_mail *mail, const char *name)
{
	for (size_t i = 0; i < mail->n_fields; i++)
		if (bytes_equal_text(bytes_of_text(mail->fields[i].name), name))
			return mail->fields[i].text;
	return BYTES_NONE;
}

/* Whose package it is. */
static void package_of(struct work *work, const struct dossier *d, json_t *request)
{
	json_object_set_new(request, "xdm", json_pack("{s:o, s:o}", "patient", event_write_patient(&d->request.patient), "custodian",
						      work_custodian(work->config)));
}

static void dossier_pdf(struct work *work, const struct policy_mail *mail, const struct dossier *d, json_t *request)
{
	bool en = work_english(work);
	json_t *sections = json_array();

	work_section(sections, en ? "Questions for the expert" : "Questions à l'expert", work_questions(work, d));
	work_section(sections, en ? "Answers of the questionnaire" : "Réponses au questionnaire", policy_text(mail, "answers"));
	work_section(sections, en ? "What could not be obtained" : "Ce qui n'a pas pu être obtenu", policy_text(mail, "waived"));
	json_t *rows = json_array();
	add_row(rows, en ? "Pathology" : "Pathologie", policy_text(mail, "pathology"));
	struct bytes age = policy_text(mail, "age");
	if (age.len > 0)
		add_row(rows, en ? "Age" : "Âge", bytes_of_text(arena_printf(work->arena, en ? "%.*s years" : "%.*s ans", (int)age.len, (const char *)age.at)));
	add_row(rows, en ? "Opinion expected before" : "Avis attendu avant le", d->due_at.us > 0 ? bytes_of_text(work_date(work, d->due_at)) : BYTES_NONE);
	add_row(rows, en ? "First opinion given by" : "Premier avis rendu par", d->request.first_opinion.name);
	add_row(rows, en ? "Attending physician" : "Médecin traitant", d->request.attending.name);
	json_object_set_new(request, "dossier_pdf", json_pack("{s:s, s:o, s:o, s:o}", "title", en ? "Dossier for the opinion" : "Dossier d'avis",
							      "reference", json_of(d->reference), "rows", rows, "sections", sections));
}

/* ---------------------------------------------------------------- the whole */

static enum reason reply_to(struct work *work, const struct policy_mail *mail, int64_t dossier, json_t *request)
{
	struct store_rows *rows = NULL;

	/* Without a relay address the answer goes to From, and is found by the mail that it answers (work_message.c). */
	/* Nor may who prints a letter answer for whom it is addressed to. */
	if (dossier == 0 || mail->channel == CHANNEL_PAPER || mail->party == PARTY_SENDER || mail->party == PARTY_NONE || work->config->reply_address[0] == 'm')
		return REASON_NONE;
	enum reason reason = STORE_RUN(work->store, &rows, "select relais.relay_make($1, $2, $3)", P_INT(dossier), P_TEXT(party_name(mail->party)),
				       P_TEXT_B(mail->to));
	if (reason == REASON_NONE)
		json_object_set_new(request, "reply_to", json_string(arena_printf(work->arena, "%s@%s", store_text(rows, 0, 0), work->config->domain)));
	store_free(&rows);
	return reason;
}

static bool asks_for_reading(enum mail_code code)
{
	return code == MAIL_M13 || code == MAIL_M13B || code == MAIL_M13C || code == MAIL_M21 || code == MAIL_M31 || code == MAIL_M64;
}

/* The national subject names the patient, and is for mail that holds a package (ECO.2.1.3): any other keeps the template's own. */
static void subject(struct work *work, const struct policy_mail *mail, const struct dossier *d, json_t *request)
{
	bool dossier = mail->attach == POLICY_ATTACH_DOSSIER;
	bool replaces = policy_text(mail, "replaced").len > 0;
	const char *label = mail->code == MAIL_M73	 ? "Documents modifiés"
			    : mail->code == MAIL_M13C ? "Complément du dossier d'avis"
			    : dossier		 ? "Dossier d'avis"
			    : replaces		 ? "Annule et remplace : deuxième avis"
						 : "Deuxième avis";

	if (mail->party == PARTY_PATIENT || mail->channel == CHANNEL_PAPER || (!dossier && mail->code != MAIL_M64) || mail->profile.pdf_only)
		return;
	if (mail->parts > 0)
		label = arena_printf(work->arena, "%s %zu/%zu", label, mail->part, mail->parts);
	json_object_set_new(request, "subject", json_of(subject_national(work->arena, bytes_of_text(label), d->request.patient.family_birth,
									 d->request.patient.given_birth_first, d->request.patient.birth_time)));
}

static enum reason attachments(struct work *work, const struct policy_mail *mail, const struct dossier *d, int64_t id, json_t *request)
{
	subject(work, mail, d, request);
	if (mail->profile.pdf_only)
		json_object_set_new(request, "pdf_only", json_true());
	if (mail->profile.limit > 0)
		json_object_set_new(request, "limit", json_integer((json_int_t)mail->profile.limit));
	if (mail->attach == POLICY_ATTACH_DOSSIER)
		package_of(work, d, request);
	if (mail->code == MAIL_M13)
		dossier_pdf(work, mail, d, request);
	if (mail->attach == POLICY_ATTACH_REPORT)
		return work_report(work, d, id, request);
	return REASON_NONE;
}

static json_t *document_place(const struct dossier_document *doc)
{
	return json_pack("{s:I, s:o}", "inbox", (json_int_t)doc->inbox, "digest", json_of(doc->filing.document.digest));
}

/* A report goes with what the opinion's mails had beside them. */
static json_t *annexes_of(const struct dossier *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->opinion.n_annexes; i++)
		json_array_append_new(list, json_pack("{s:I, s:o}", "inbox", (json_int_t)d->opinion.annexes[i].inbox, "digest",
						      json_of(d->opinion.annexes[i].digest)));
	return list;
}

static json_t *documents_of(const struct policy_mail *mail, const struct dossier *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < mail->n_documents; i++)
		json_array_append_new(list, document_place(&d->documents[mail->documents[i]]));
	return list;
}

static bool is_carried(const struct policy_mail *mail, size_t document)
{
	for (size_t i = 0; i < mail->n_documents; i++)
		if (mail->documents[i] == document)
			return true;
	return false;
}

/* The expert's documents that go in other mails, or in none because they are too big. */
static json_t *documents_elsewhere(const struct policy_mail *mail, const struct dossier *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n_documents; i++) {
		const struct dossier_document *doc = &d->documents[i];
		if (given_allowed(doc, PARTY_EXPERT) && !is_carried(mail, i))
			json_array_append_new(list, document_place(doc));
	}
	return list;
}

/* X-MSS-CODECDA and X-MSS-INS stand if and only if a package is there (ECO.2.4.1, ECO.2.4.2). */
static void package_headers(const struct policy_mail *mail, const struct dossier *d, json_t *request)
{
	json_t *mss = json_object_get(request, "mss");

	if (mail->profile.pdf_only || mail->channel == CHANNEL_PAPER || (mail->attach != POLICY_ATTACH_REPORT && mail->attach != POLICY_ATTACH_DOSSIER))
		return;
	if (mail->attach == POLICY_ATTACH_REPORT)
		json_object_set_new(mss, "codes", json_string("85208-7"));
	json_object_set_new(mss, "ins", json_string(identity_complete(&d->request.patient) ? "O" : "N"));
}

static json_t *lines_of(struct bytes text, unsigned char separator)
{
	struct cursor c = cursor_on(text);
	json_t *lines = json_array();

	while (c.left.len > 0)
		json_array_append_new(lines, json_of(bytes_trim(cursor_until(&c, separator))));
	return lines;
}

/* On paper: what goes to the print station (gateway/compose_request.h). */
static void letter_of(struct work *work, const struct policy_mail *mail, json_t *request)
{
	json_t *letter = json_pack("{s:o}", "to", lines_of(mail->address, '\n'));

	if (work->config->print.address[0] != '\0')
		json_object_set_new(letter, "from", lines_of(bytes_of_text(work->config->print.address), '|'));
	json_object_set_new(request, "letter", letter);
}

static const char *role_words(enum representative_role role, bool en)
{
	static const struct {
		const char *fr, *en;
	} words[ROLES] = {
		[ROLE_PARENT] = {"titulaire de l’autorité parentale", "holder of parental authority"}, [ROLE_GUARDIAN] = {"tuteur ou tutrice", "guardian"},
		[ROLE_CURATOR] = {"curateur ou curatrice", "curator"}, [ROLE_FAMILY] = {"personne habilitée par le juge", "person empowered by the judge"},
		[ROLE_TRUSTED] = {"personne de confiance", "trusted person"},
	};
	return en ? words[role].en : words[role].fr;
}

/* Whom a copy is for, and whose message it is. */
static void opening_of(struct work *work, const struct policy_mail *mail, const struct dossier *d, json_t *request)
{
	const struct dossier_representative *r = dossier_find_representative(d, mail->representative);
	bool en = work_english(work);

	if (r == NULL)
		return;
	json_object_set_new(request, "opening",
			    json_string(arena_printf(work->arena, en ? "For %.*s, %s: a copy of the message to %s." : "Pour %.*s, %s : copie du message adressé à %s.",
						     (int)r->data.name.len, (const char *)r->data.name.at, role_words(r->data.role, en), patient_name(work, d))));
}

enum reason work_mail(struct work *work, const struct policy_mail *mail, const struct dossier *d, int64_t id,
		      const struct work_cause *cause, json_t **request, json_t **attach)
{
	const struct config *c = work->config;
	json_t *r = json_pack("{s:s, s:s, s:o, s:{s:s, s:s}, s:o, s:o, s:{s:s}}", "code", mail_code_name(mail->code), "language", c->language,
			      "date", json_of_instant(work_real(work)), "from", "address", c->signer.mailbox, "name", c->organisation,
			      "to", json_of(mail->to), "fields", mail_fields(work, mail, d), "mss", "nil", c->product_id);

	if (work->rehearsal)
		json_object_set_new(r, "rehearsal", json_string(day_words(work, work->now)));
	if (mail->in_reply_to && cause->message_id.len > 0) {
		json_object_set_new(r, "in_reply_to", json_of(cause->message_id));
		json_object_set_new(r, "references", json_pack("[o]", json_of(cause->message_id)));
	}
	/* Ends the patient's right to answer this thread (ECO.2.2.8). */
	if (mail->code == MAIL_M35 && mail->party == PARTY_PATIENT && mail->channel != CHANNEL_PAPER)
		json_object_set_new(json_object_get(r, "mss"), "end", json_true());
	if (asks_for_reading(mail->code) && mail->channel != CHANNEL_PAPER)
		json_object_set_new(r, "notification_to", json_string(c->signer.mailbox));
	enum reason reason = reply_to(work, mail, id, r);
	if (reason == REASON_NONE)
		reason = attachments(work, mail, d, id, r);
	if (reason != REASON_NONE) {
		json_decref(r);
		return reason;
	}
	if (mail->form != POLICY_MAIL_SEALED)
		work_notice(work, mail, cause, r);
	package_headers(mail, d, r);
	if (mail->channel == CHANNEL_PAPER)
		letter_of(work, mail, r);
	if (mail->party == PARTY_REPRESENTATIVE && mail->code != MAIL_M50)
		opening_of(work, mail, d, r);
	*request = r;
	*attach = json_pack("{s:s, s:I}", "kind", policy_attach_name(mail->attach), "inbox", (json_int_t)cause->inbox);
	if (mail->attach == POLICY_ATTACH_REPORT)
		json_object_set_new(*attach, "annexes", annexes_of(d));
	if (mail->attach == POLICY_ATTACH_DOSSIER)
		json_object_set_new(*attach, "documents", documents_of(mail, d));
	/* The one PDF tells of the whole dossier, wherever its originals go. */
	if (mail->code == MAIL_M13)
		json_object_set_new(*attach, "elsewhere", documents_elsewhere(mail, d));
	return REASON_NONE;
}

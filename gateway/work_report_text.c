/* gateway/work_report_text.c - see work_report_text.h. */
#include "gateway/work_report_text.h"

#include "base/calendar.h"
#include "gateway/json_view.h"
#include "policy/given.h"
#include "policy/identity.h"

enum { DOCUMENTS_LISTED = 40 };

static const char *say(const struct work_sheet *s, const char *fr, const char *en)
{
	return s->english ? en : fr;
}

/* ---------------------------------------------------------------- words */

static struct bytes text_of(const char *text)
{
	return bytes_of_text(text);
}

/* "14 mars 2026 à 22 h 50". */
static struct bytes moment(const struct work_sheet *s, struct instant at)
{
	struct arena *arena = s->work->arena;
	int minute = calendar_minute(CALENDAR_FRANCE, at), hour = minute / 60, rest = minute % 60;

	if (at.us <= 0)
		return BYTES_NONE;
	return text_of(arena_printf(arena, s->english ? "%s at %d:%02d" : "%s à %d h %02d", work_date(s->work, at), hour, rest));
}

static struct bytes requester_words(const struct work_sheet *s)
{
	const struct dossier_request *r = &s->dossier->request;

	if (r->requester != REQUESTER_PHYSICIAN)
		return text_of(say(s, "le patient", "the patient"));
	return r->attending.name.len > 0 ? r->attending.name : text_of(say(s, "un médecin", "a physician"));
}

/* Teleexpertise is what one physician asks of another; what a patient asks for has another name (product.md 2.4). */
static const char *frame_words(const struct work_sheet *s)
{
	if (s->dossier->request.requester == REQUESTER_PHYSICIAN)
		return say(s, "téléexpertise (code de la santé publique, R. 6316-1 et suivants)", "teleexpertise (French public health code, R. 6316-1 ff.)");
	return say(s, "avis sur dossier à la demande du patient (téléconseil personnalisé)", "opinion on file at the patient's request");
}

static const char *signature_words(const struct work_sheet *s)
{
	if (s->dossier->opinion.data.is_signed)
		return say(s, "électronique, de l'expert, vérifiée à la réception", "electronic, the expert's, verified on receipt");
	return say(s, "avis parvenu sans signature électronique, par la messagerie sécurisée de l'expert",
		   "the opinion came without an electronic signature, from the expert's secure mailbox");
}

/* ---------------------------------------------------------------- lists */

struct lines {
	struct arena *arena;
	const char *all;
};

static void add_line(struct lines *l, struct bytes a, struct bytes b, struct bytes c)
{
	l->all = arena_printf(l->arena, "%s%s- %s%s%s", l->all, l->all[0] != '\0' ? "\n" : "", arena_text(l->arena, a), arena_text(l->arena, b),
			      arena_text(l->arena, c));
}

static bool is_questionnaire(const struct policy_document *d)
{
	return bytes_equal_text(d->type, "74465-6");
}

/* "Compte rendu de RCP, 28 novembre 2019, CHU X". */
static struct bytes documents_read(const struct work_sheet *s, size_t *count)
{
	struct lines l = {s->work->arena, ""};
	size_t n = 0;

	for (size_t i = 0; i < s->dossier->n_documents; i++) {
		const struct dossier_document *doc = &s->dossier->documents[i];
		const struct policy_document *d = &doc->filing.document;
		/* The report is one for all: what may not be shown to the patient is not named in it either. */
		if (!given_allowed(doc, PARTY_EXPERT) || !given_allowed(doc, PARTY_PATIENT) || is_questionnaire(d) || ++n > DOCUMENTS_LISTED)
			continue;
		const char *place = d->custodian.name.len > 0 ? arena_printf(l.arena, ", %s", arena_text(l.arena, d->custodian.name)) : "";
		const char *day = d->timed ? arena_printf(l.arena, ", %s", work_date(s->work, d->time)) : "";
		add_line(&l, d->title.len > 0 ? d->title : d->name, text_of(day), text_of(place));
	}
	if (n > DOCUMENTS_LISTED)
		add_line(&l, text_of(arena_printf(l.arena, s->english ? "and %zu others" : "et %zu autres", n - DOCUMENTS_LISTED)), BYTES_NONE, BYTES_NONE);
	*count = n;
	return text_of(l.all);
}

/* The label that the rules give to a piece, else its id. */
static struct bytes label_of(const struct work_sheet *s, struct bytes id)
{
	static const char *const lists[][2] = {{"exams", "code"}, {"answers", "id"}};
	size_t i;
	json_t *item;

	for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++)
		json_array_foreach(json_object_get(s->pathology, lists[k][0]), i, item) {
			if (bytes_equal(json_view(item, lists[k][1]), id))
				return arena_copy(s->work->arena, json_view(item, s->english ? "label_en" : "label_fr"));
		}
	return id;
}

static struct bytes pieces_missing(const struct work_sheet *s)
{
	struct lines l = {s->work->arena, ""};

	for (size_t i = 0; i < s->dossier->n_waived; i++)
		add_line(&l, label_of(s, s->dossier->waived[i].id), BYTES_NONE, BYTES_NONE);
	return text_of(l.all);
}

static struct bytes party_words(const struct work_sheet *s, enum party party)
{
	return text_of(party == PARTY_EXPERT ? say(s, "l'expert", "the expert") : party == PARTY_PATIENT ? say(s, "le patient", "the patient")
											  : say(s, "un médecin", "a physician"));
}

/* What went wrong on the way before the release (code de la santé publique R. 6316-4: technical incidents). */
static struct bytes incidents(const struct work_sheet *s)
{
	struct lines l = {s->work->arena, ""};

	for (size_t i = 0; i < s->dossier->n_proofs; i++) {
		const struct dossier_proof *p = &s->dossier->proofs[i];
		if (!p->failed || !instant_before(p->at, s->at))
			continue;
		add_line(&l, text_of(say(s, "un message pour ", "a message to ")), party_words(s, p->party),
			 text_of(arena_printf(l.arena, s->english ? " was not delivered, on %s" : " n'a pas été remis, le %s", work_date(s->work, p->at))));
	}
	return text_of(l.all);
}

/* ---------------------------------------------------------------- sections */

static void add_section(json_t *list, const char *kind, const char *heading, struct bytes text)
{
	if (bytes_trim(text).len > 0)
		json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "kind", kind, "heading", heading, "text", json_of(text)));
}

/* "Femme, 47 ans. Cancer du sein." Nothing of the patient's own answers: they were for the expert. */
static struct bytes case_words(const struct work_sheet *s, size_t documents)
{
	const struct policy_patient *p = &s->dossier->request.patient;
	struct arena *arena = s->work->arena;
	int age = identity_age(p, s->at);
	const char *sex = bytes_equal_text(p->sex, "F") ? say(s, "Femme", "Woman") : bytes_equal_text(p->sex, "M") ? say(s, "Homme", "Man") : say(s, "Personne", "Person");
	struct bytes title = json_view(s->pathology, s->english ? "title_en" : "title_fr");
	const char *years = age < 0 ? "" : arena_printf(arena, s->english ? ", aged %d" : ", %d ans", age);
	const char *what = title.len > 0 ? arena_printf(arena, " %s.", arena_text(arena, title)) : "";

	return text_of(arena_printf(arena, s->english ? "%s%s.%s File studied: the questionnaire and %zu document(s)." : "%s%s.%s Dossier étudié : le questionnaire et %zu document(s).",
				    sex, years, what, documents));
}

/* "1. …", a paragraph each; an answer to all questions together has no number. */
static struct bytes answers_words(const struct work_sheet *s, const struct policy_form *f)
{
	struct arena *arena = s->work->arena;
	const char *all = "";

	for (size_t i = 0; i < f->n_answers; i++) {
		const char *number = f->answers[i].number > 0 ? arena_printf(arena, "%u. ", f->answers[i].number) : "";
		all = arena_printf(arena, "%s%s%s%s", all, i > 0 ? "\n\n" : "", number, arena_text(arena, f->answers[i].text));
	}
	return text_of(all);
}

/* An opinion that is a file of his own software, and no text. */
static struct bytes opinion_words(const struct work_sheet *s, const struct policy_form *f)
{
	const struct dossier_opinion *o = &s->dossier->opinion;

	for (size_t i = 0; f->opinion.len == 0 && i < o->n_annexes; i++)
		if (bytes_equal_nocase(o->annexes[i].digest, f->document))
			return text_of(arena_printf(s->work->arena,
						    s->english ? "The opinion is the attached document \"%s\"." : "L’avis est le document joint «\u202f%s\u202f».",
						    arena_text(s->work->arena, o->annexes[i].name)));
	return f->opinion;
}

/* The word, then what he wrote beside it. */
static struct bytes convergence_words(const struct work_sheet *s, const struct policy_form *f)
{
	static const struct {
		const char *word, *fr, *en;
	} words[] = {{"yes", "Oui", "Yes"}, {"partly", "Partielle", "Partly"}, {"no", "Non", "No"}};

	for (size_t i = 0; f->remark.len > 0 && i < sizeof words / sizeof words[0]; i++)
		if (bytes_equal_text(f->convergence, words[i].word))
			return text_of(arena_printf(s->work->arena, "%s. %s", say(s, words[i].fr, words[i].en), arena_text(s->work->arena, f->remark)));
	return f->convergence;
}

static struct bytes advice_words(const struct work_sheet *s, const struct policy_form *f)
{
	if (f->delay.len == 0)
		return f->advice;
	return text_of(arena_printf(s->work->arena, s->english ? "%s\n\nHow soon: %s" : "%s\n\nDélai\u00a0: %s", arena_text(s->work->arena, f->advice),
				    arena_text(s->work->arena, f->delay)));
}

/* Which messages the opinion rests on, when it took more than one. */
static struct bytes messages_words(const struct work_sheet *s)
{
	const struct dossier_opinion *o = &s->dossier->opinion;
	enum { SHOWN = 10 };
	const char *all = "";

	if (o->n_mails < 2)
		return BYTES_NONE;
	for (size_t i = 0; i < o->n_mails && i < SHOWN; i++)
		all = arena_printf(s->work->arena, "%s%s%s", all, i > 0 ? ", " : "", arena_text(s->work->arena, moment(s, o->mails[i].timed ? o->mails[i].signed_at : o->mails[i].at)));
	return text_of(all);
}

static struct bytes limits_words(const struct work_sheet *s, const struct policy_form *f, bool missing)
{
	return text_of(arena_printf(s->work->arena, "%s%s%s%s", arena_text(s->work->arena, f->limits), f->limits.len > 0 ? "\n\n" : "",
		say(s, "Cet avis a été rendu sur dossier, sans examen du patient : il vaut pour ce que montrent les documents lus, à leur date. Un fait nouveau ou "
		       "un examen clinique peut le changer.",
		    "This opinion was given on file, without examining the patient: it holds for what the documents show, at their dates. A new fact or an "
		    "examination may change it."),
		missing ? say(s, " Des pièces demandées n'ont pas pu être obtenues.", " Pieces that were asked for could not be had.") : ""));
}

json_t *work_report_sections(const struct work_sheet *s)
{
	const struct policy_form *f = &s->dossier->opinion.data.form;
	json_t *list = json_array();
	size_t documents;
	struct bytes read = documents_read(s, &documents), missing = pieces_missing(s);

	add_section(list, "question", say(s, "Questions posées", "Questions asked"), work_questions(s->work, s->dossier));
	add_section(list, "case", say(s, "Le cas", "The case"), case_words(s, documents));
	add_section(list, "answers", say(s, "Réponse aux questions", "Answers to the questions"), answers_words(s, f));
	add_section(list, "opinion", say(s, "Avis motivé", "Reasoned opinion"), opinion_words(s, f));
	add_section(list, "convergence", say(s, "Convergence avec le premier avis", "Convergence with the first opinion"), convergence_words(s, f));
	add_section(list, "advice", say(s, "Conduite à tenir et délai", "What to do, and how soon"), advice_words(s, f));
	add_section(list, "limits", say(s, "Certitude et limites", "Certainty and limits"), limits_words(s, f, missing.len > 0));
	add_section(list, "documents", say(s, "Documents lus", "Documents read"), read);
	add_section(list, "documents", say(s, "Demandés et non obtenus", "Asked for and not had"), missing);
	add_section(list, "help", say(s, "Aide utilisée", "Help used"), f->help);
	add_section(list, "interests", say(s, "Liens d'intérêts", "Links of interest"), f->interests);
	add_section(list, "other", say(s, "Incidents de l'échange", "Incidents of the exchange"), incidents(s));
	return list;
}

static void add_row(json_t *list, const char *label, struct bytes value)
{
	if (value.len > 0)
		json_array_append_new(list, json_pack("{s:s, s:o}", "label", label, "value", json_of(value)));
}

json_t *work_report_rows(const struct work_sheet *s)
{
	const struct dossier *d = s->dossier;
	const struct dossier_opinion *o = &d->opinion;
	json_t *list = json_array();

	add_row(list, say(s, "Demandé par", "Asked by"), requester_words(s));
	add_row(list, say(s, "Cadre", "Legal frame"), text_of(frame_words(s)));
	add_row(list, say(s, "Demande reçue le", "Request received on"), text_of(work_date(s->work, d->opened_at)));
	add_row(list, say(s, "Dossier complet le", "File complete on"), d->complete_at.us > 0 ? text_of(work_date(s->work, d->complete_at)) : BYTES_NONE);
	add_row(list, o->data.timed ? say(s, "Avis signé le", "Opinion signed on") : say(s, "Avis reçu le", "Opinion received on"),
		moment(s, o->data.timed ? o->data.signed_at : o->at));
	add_row(list, say(s, "Avis rendu en plusieurs messages", "Opinion given in several messages"), messages_words(s));
	add_row(list, "Signature", text_of(signature_words(s)));
	return list;
}

/* policy/worklist.c - see worklist.h. */
#include "policy/worklist.h"

#include <stdlib.h>

/* Of a row of the deadlines: it is a task from the first second, or only once it has fired; and what to do. */
struct entry {
	enum deadline_kind kind;
	bool at_once;
	enum work_rank rank;
	const char *fr, *en;
};

static const struct entry entries[] = {
	{DEADLINE_URGENT_CALL, true, WORK_HARM, "Appelez le patient maintenant, puis notez l'appel : relais dossier contact.",
	 "Call the patient now, then write the call down: relais dossier contact."},
	{DEADLINE_BREACH_CLOCK, true, WORK_HARM, "Voyez qui a pu lire quoi (relais dossier seen), décidez de la notification à la CNIL (72 heures) et notez-la au registre.",
	 "Find who could read what (relais dossier seen), decide on telling the authority (72 hours), and enter it in the register."},
	{DEADLINE_REDIRECT_CALL, true, WORK_HARM, "Appelez le patient : dites-lui qui peut l'aider, puis notez l'appel.", "Call the patient: tell who can help, then write the call down."},
	{DEADLINE_DEATH_WAITS, true, WORK_HARM, "Plus rien ne part. Vérifiez que l'expert efface ; les ayants droit sont reçus par une personne.",
	 "Nothing leaves any more. See that the expert erases; heirs are answered by a person."},
	{DEADLINE_FROZEN_WAITS, true, WORK_HARM, "Réglez ce qui a gelé le dossier, puis : relais dossier unfreeze, ou withdraw.",
	 "Settle what froze the dossier, then: relais dossier unfreeze, or withdraw."},
	{DEADLINE_ENDED_UNTOLD, false, WORK_HARM, "L'expert n'a pas encore été prié d'effacer : appelez-le.", "The expert was not yet asked to erase: call him."},
	{DEADLINE_QUESTION_LATE, false, WORK_HARM, "Appelez l'expert : le patient attend sa réponse depuis trois jours.", "Call the expert: the patient has waited for three days."},
	{DEADLINE_OVERDUE, false, WORK_PROMISE, "La promesse est manquée : décidez d'une date avec l'expert, et dites-la au patient.",
	 "The promise is missed: agree on a date with the expert and tell the patient."},
	{DEADLINE_DUE_SOON, false, WORK_PROMISE, "Contrôlez l'avis s'il est là, sinon appelez l'expert : l'échéance est dans quelques heures.",
	 "Check the opinion if it is here, else call the expert: it is due within hours."},
	{DEADLINE_DAY_6, false, WORK_PROMISE, "Appelez l'expert ; l'expert de secours a été sollicité.", "Call the expert; the stand-by has been asked."},
	{DEADLINE_DAY_5, false, WORK_PROMISE, "Appelez l'expert : a-t-il tout ce qu'il lui faut ?", "Call the expert: has he all that he needs?"},
	{DEADLINE_UNACCEPTED, false, WORK_PROMISE, "Appelez un expert : relais dossier experts dit qui peut être sollicité.",
	 "Call an expert: relais dossier experts tells who can be asked."},
	{DEADLINE_OFFER_WAITS, false, WORK_PROMISE, "Le dossier n'est proposé à personne : relais dossier experts, puis assign.",
	 "The dossier is offered to nobody: relais dossier experts, then assign."},
	{DEADLINE_NO_EXPERT_MANAGER, true, WORK_PROMISE, "Trouvez un expert (relais expert import, dossier offer) ou dites au patient que ce n'est pas possible (dossier redirect).",
	 "Find an expert (relais expert import, dossier offer) or tell the patient that it cannot be done (dossier redirect)."},
	{DEADLINE_REQUEST_WAITS, true, WORK_PROMISE, "Lisez la demande et complétez-la : relais dossier triage RÉF PATHOLOGIE VERSION, dossier consent.",
	 "Read the request and complete it: relais dossier triage REF PATHOLOGY VERSION, dossier consent."},
	{DEADLINE_IDENTITY_WAITS, true, WORK_PROMISE, "Comparez les traits côte à côte, puis : relais dossier identity.", "Compare the traits side by side, then: relais dossier identity."},
	{DEADLINE_IDENTITY_CALL, false, WORK_PROMISE, "L'identité attend depuis trois jours : appelez le patient.", "The identity has waited for three days: call the patient."},
	{DEADLINE_TRIAGE_WAITS, true, WORK_PROMISE, "Contrôlez le dossier, puis : relais dossier triage, ou redirect.", "Check the dossier, then: relais dossier triage, or redirect."},
	{DEADLINE_PIECES_CALL, false, WORK_PROMISE, "Appelez le patient pour l'aider à trouver ce qui manque, puis notez l'appel.",
	 "Call the patient to help find what is missing, then write the call down."},
	{DEADLINE_MORE_DECIDE, false, WORK_PROMISE, "Ce que l'expert demande n'est pas venu : l'attendre, ou relais dossier without.",
	 "What the expert asked for has not come: wait, or relais dossier without."},
	{DEADLINE_PAUSE_WAITS, false, WORK_PROMISE, "Le patient avait demandé d'attendre : appelez-le, puis relais dossier resume.",
	 "The patient had asked to wait: call, then relais dossier resume."},
	{DEADLINE_OPINION_WAITS, true, WORK_PROMISE, "Contrôlez la forme de l'avis ; s'il manque quelque chose : relais dossier return.",
	 "Check the form of the opinion; if something is missing: relais dossier return."},
	{DEADLINE_RELEASE_WAITS, true, WORK_PROMISE, "Remettez l'avis : relais dossier release, ou hold avec la raison.", "Release the opinion: relais dossier release, or hold with the reason."},
	{DEADLINE_HOLD_ENDS, false, WORK_PROMISE, "La remise différée finit demain : appelez le patient, puis release.", "The hold ends tomorrow: call the patient, then release."},
	{DEADLINE_HOLD_OVER, false, WORK_PROMISE, "La remise a trop attendu : relais dossier release.", "The release has waited too long: relais dossier release."},
	{DEADLINE_QUESTION_WAITS, false, WORK_PROMISE, "Rappelez à l'expert la question du patient.", "Remind the expert of the patient's question."},
	{DEADLINE_PARTS_LATE, false, WORK_MAIL, "L'expert n'a pas tout reçu : relais dossier show, puis retry ou un appel.", "The expert has not received all: relais dossier show, then retry or call."},
	{DEADLINE_REPORT_WARN, false, WORK_MAIL, "Le rapport n'est pas encore chez l'opérateur du patient : relais queue.", "The report has not reached the patient's operator: relais queue."},
	{DEADLINE_REPORT_LATE, false, WORK_MAIL, "Le rapport n'est pas remis depuis quatre heures : relais trace, et prévenez le patient.",
	 "The report has not arrived for four hours: relais trace, and tell the patient."},
	{DEADLINE_REPORT_FALLBACK, false, WORK_MAIL, "Choisissez une autre voie : appel, lettre suivie, médecin (relais dossier contact).",
	 "Choose another way: call, tracked letter, physician (relais dossier contact)."},
	{DEADLINE_UNDELIVERABLE_WAITS, true, WORK_MAIL, "Le rapport n'a atteint personne : trouvez une voie avec le patient, puis release ou contact.",
	 "The report reached nobody: find a way with the patient, then release or contact."},
	{DEADLINE_UNREAD_CALL, false, WORK_MAIL, "Le rapport n'est pas lu : appelez le patient, proposez de le lire ensemble.", "The report is unread: call, offer to read it together."},
	{DEADLINE_UNREAD_LETTER, false, WORK_MAIL, "Le rapport n'est toujours pas lu : envoyez une lettre suivie et notez-la.", "The report is still unread: send a tracked letter and write it down."},
	{DEADLINE_SHARE_LATE, false, WORK_MAIL, "La copie au médecin n'est pas remise : relais trace.", "The physician's copy has not arrived: relais trace."},
	{DEADLINE_SHARE_PAPER, false, WORK_MAIL, "Envoyez la copie au cabinet sur papier, et notez-la : relais dossier contact.", "Send the practice a paper copy and write it down: relais dossier contact."},
	{DEADLINE_SHARE_DUE, false, WORK_MAIL, "Le médecin doit avoir le rapport après le patient, qui ne l'a pas lu : appelez le patient, lisez-le avec lui (contact … M21) ou demandez-lui s'il peut partir (share) ou non (consent).",
	 "The physician is to have the report after the patient, who has not read it: call, read it together (contact … M21), or ask whether it may go now (share) or not (consent)."},
	{DEADLINE_LETTER_WAITS, false, WORK_MAIL, "La lettre est-elle partie, signée ou revenue ? Notez-le : relais dossier contact RÉF QUI letter posted|signed|returned.",
	 "Was the letter posted, signed for or returned? Write it down: relais dossier contact REF WHO letter posted|signed|returned."},
	{DEADLINE_COMPLAINT_WAITS, true, WORK_COMFORT, "Répondez à la réclamation, puis : relais dossier settle.", "Answer the complaint, then: relais dossier settle."},
	{DEADLINE_ERASURE_WAITS, true, WORK_COMFORT, "Répondez dans le mois : ce que la loi fait garder, et pourquoi ; puis : relais dossier erase-answered (ou erase).",
	 "Answer within the month: what the law has us keep, and why; then: relais dossier erase-answered (or erase)."},
	{DEADLINE_RETENTION, false, WORK_COMFORT, "La conservation finit : relais dossier erase, ou la raison de garder.", "Retention ends: relais dossier erase, or the reason to keep."},
	{DEADLINE_RETENTION_SHORT, false, WORK_COMFORT, "La demande n'a jamais été complète : relais dossier erase.", "The request was never complete: relais dossier erase."},
};

enum { ENTRIES = sizeof entries / sizeof entries[0] };

/* --- tasks that no clock of the dossier watches --- */

static bool is_heard(const struct dossier *d, enum party party, enum mail_code code, struct instant since)
{
	for (size_t i = 0; i < d->n_contacts; i++) {
		const struct dossier_contact *c = &d->contacts[i];
		bool done = c->data.result == CONTACT_REACHED || c->data.result == CONTACT_SIGNED || c->data.result == CONTACT_POSTED;
		if (done && c->data.party == party && (code == MAIL_NONE || c->data.code == code) && !instant_before(c->at, since))
			return true;
	}
	return false;
}

static bool late_question(const struct dossier *d, struct instant *since)
{
	*since = d->late_question_at;
	return since->us != 0 && !is_heard(d, PARTY_PATIENT, MAIL_NONE, *since);
}

/* Of a version that another took the place of nothing is kept but that it went out. */
static bool has_report(const struct dossier *d, enum party party, struct instant until)
{
	const struct dossier_proof *p = dossier_find_proof(d, MAIL_M64, party);
	bool arrived = (p != NULL && p->level >= 2 && !p->failed) || is_heard(d, party, MAIL_M64, d->released_at);

	for (size_t i = 0; i < d->n_releases; i++) {
		const struct dossier_release *r = &d->releases[i];
		if ((r->to & dossier_party_bit(party)) != 0 && !instant_before(until, r->at) && (arrived || r->version < dossier_version(d)))
			return true;
	}
	return false;
}

/* A consent ended, and he has the report: that is told to the patient, and not recalled (E30). */
static bool had_report(const struct dossier *d, struct instant *since)
{
	const struct {
		enum party party;
		const struct dossier_consent *consent;
	} physicians[] = {{PARTY_ATTENDING, &d->attending}, {PARTY_FIRST_OPINION, &d->first_opinion}, {PARTY_REQUESTER, &d->requester}};

	for (size_t i = 0; i < sizeof physicians / sizeof physicians[0]; i++) {
		*since = physicians[i].consent->at;
		if (!physicians[i].consent->given && d->died_at.us == 0 && d->state != DOSSIER_ARCHIVED && d->state != DOSSIER_ERASED &&
		    has_report(d, physicians[i].party, *since) && !is_heard(d, PARTY_PATIENT, MAIL_NONE, *since))
			return true;
	}
	return false;
}

static bool answer_doubted(const struct dossier *d, struct instant *since)
{
	*since = d->answer_doubted_at;
	return since->us != 0 && !dossier_is_over(d->state);
}

/* Nothing was released since it came: a person may still take it. */
static bool late_opinion(const struct dossier *d, struct instant *since)
{
	if (d->n_late_opinions == 0 || dossier_is_over(d->state))
		return false;
	*since = d->late_opinions[d->n_late_opinions - 1].at;
	return d->n_releases == 0 || instant_before(d->releases[d->n_releases - 1].at, *since);
}

static bool mailbox_awaited(const struct dossier *d, struct instant *since)
{
	*since = d->changed_at;
	for (enum party p = PARTY_NONE; p < PARTIES; p++)
		if (d->awaited[p] != REASON_NONE && !dossier_is_over(d->state))
			return true;
	return false;
}

/* To an expert whose turn is over nothing is tried again but the word to delete. */
static bool is_to_former(const struct dossier *d, enum mail_code code, enum party party, struct bytes mailbox)
{
	return (party == PARTY_EXPERT || party == PARTY_STANDBY) && code != MAIL_M18 && !bytes_equal_nocase(mailbox, dossier_mailbox(d, party));
}

/* The report to the patient is a state of its own. One that his operator took and then returned has failed all the same, and so has the second
 * question where the first arrived. */
static bool mail_failed(const struct dossier *d, struct instant *since)
{
	for (size_t i = 0; i < d->n_proofs; i++) {
		const struct dossier_proof *p = &d->proofs[i];
		*since = p->at;
		/* Stopped in our hands it was decided again, and that mail has an end of its own. */
		if (p->failed && p->reason != REASON_DOCUMENT_STOPPED && worklist_is_failure(d, p->code, p->party, p->mailbox) && !is_heard(d, p->party, p->code, p->at))
			return true;
	}
	return false;
}

/* Called, or told by whatever way, since it came. */
static bool opinion_alert(const struct dossier *d, struct instant *since)
{
	*since = d->alert_at;
	return since->us != 0 && !dossier_is_over(d->state) && !is_heard(d, PARTY_PATIENT, MAIL_NONE, *since);
}

static bool identity_unknown(const struct dossier *d, struct instant *since)
{
	*since = d->unknown_at;
	return since->us != 0 && d->state != DOSSIER_IDENTITY && !dossier_is_over(d->state);
}

static bool address_asked(const struct dossier *d, struct instant *since)
{
	for (enum party p = PARTY_NONE; p < PARTIES && !dossier_is_over(d->state); p++) {
		*since = d->wishes[p].address_at;
		if (since->us != 0 && !is_heard(d, p, MAIL_NONE, *since))
			return true;
	}
	return false;
}

static bool paper_asked(const struct dossier *d, struct instant *since)
{
	for (enum party p = PARTY_NONE; p < PARTIES && !dossier_is_over(d->state); p++) {
		*since = d->wishes[p].paper_at;
		if (since->us != 0 && !is_heard(d, p, MAIL_NONE, *since))
			return true;
	}
	return false;
}

/* Since when the one that waits longest does. */
static bool mail_stopped(const struct dossier *d, struct instant *since)
{
	for (size_t i = 0; i < d->n_stopped; i++)
		if (i == 0 || instant_before(d->stopped[i].at, *since))
			*since = d->stopped[i].at;
	return d->n_stopped > 0;
}

static const struct extra {
	const char *name;
	bool (*stands)(const struct dossier *d, struct instant *since);
	enum work_rank rank;
	const char *what_fr, *what_en, *fr, *en;
} extras[] = {
	{"question_after_end", late_question, WORK_HARM, "Question arrivée après la fin", "Question after the end",
	 "Lisez la question et rappelez le patient dans les deux jours ouvrés, puis notez l'appel.", "Read the question and call back within two working days, then write the call down."},
	{"had_report", had_report, WORK_PROMISE, "Accord retiré après la transmission au médecin", "Consent withdrawn after the report went to a physician",
	 "Dites au patient qui a le rapport et depuis quand (relais dossier show), et ce qu'il peut demander à ce médecin ; puis notez l'appel.",
	 "Tell the patient who has the report and since when (relais dossier show), and what can be asked of that physician; then write the call down."},
	{"answer_doubted", answer_doubted, WORK_PROMISE, "Réponse de l'expert à plusieurs questions ouvertes", "Answer of the expert to several open questions",
	 "Lisez-la : le patient a ses réponses, notez-le (relais dossier answered) ; sinon rappelez l'expert.", "Read it: when the patient has all his answers, write that down (relais dossier answered); else call the expert."},
	{"opinion_alert", opinion_alert, WORK_HARM, "L'expert demande d'agir vite", "The expert wants something done soon",
	 "Appelez le patient aujourd'hui, et prévenez son médecin s'il y a consenti ; notez l'appel : relais dossier contact.",
	 "Call the patient today, and tell the physician if the patient agreed; write the call down: relais dossier contact."},
	{"identity_unknown", identity_unknown, WORK_HARM, "Patient inconnu de l'opérateur", "The operator knows no such patient",
	 "Comparez l'identité avec le patient (relais dossier identity), puis choisissez une voie : relais dossier channel RÉF patient mail|paper|telephone.",
	 "Compare the identity with the patient (relais dossier identity), then choose a way: relais dossier channel REF patient mail|paper|telephone."},
	{"mail_stopped", mail_stopped, WORK_HARM, "Message arrêté avant son départ", "Mail stopped before it left",
	 "Il nomme peut-être un autre patient, ou porte un virus : relais trace S<numéro> dit quoi. Regardez-le, puis : relais dossier let-go RÉF S<numéro> RAISON, ou drop RÉF S<numéro> RAISON.",
	 "It may name another patient, or carry a virus: relais trace S<number> says which. Look at it, then: relais dossier let-go REF S<number> REASON, or drop REF S<number> REASON."},
	{"opinion_after_end", late_opinion, WORK_PROMISE, "Avis d'un expert qui n'a plus le dossier", "Opinion of an expert who no longer holds the dossier",
	 "Lisez-le ; si le second n'a pas répondu : relais dossier take.", "Read it; if the second has not answered: relais dossier take."},
	{"mailbox_awaited", mailbox_awaited, WORK_MAIL, "Adresse d'un professionnel à trouver", "Mailbox of a professional to be found",
	 "Cherchez-la (relais directory find), puis : relais dossier mailbox ; celle du médecin demandeur : relais directory confirm, puis relais dossier share.",
	 "Look for it (relais directory find), then: relais dossier mailbox; that of the physician who asked: relais directory confirm, then relais dossier share."},
	{"address_asked", address_asked, WORK_MAIL, "Un médecin donne une autre adresse", "A physician gives another address",
	 "Lisez laquelle (relais dossier history), vérifiez-la avec lui, puis : relais dossier mailbox RÉF QUI ADRESSE ; sinon notez l'appel.",
	 "See which (relais dossier history), check it with the physician, then: relais dossier mailbox REF WHO ADDRESS; if not, write the call down."},
	{"paper_asked", paper_asked, WORK_MAIL, "Un médecin veut le papier", "A physician wants paper",
	 "Demandez l'adresse du cabinet, puis : relais dossier channel RÉF QUI paper \"LIGNE|LIGNE\".",
	 "Ask for the practice's address, then: relais dossier channel REF WHO paper \"LINE|LINE\"."},
	{"mail_failed", mail_failed, WORK_MAIL, "Message non remis", "Mail not delivered",
	 "Voyez la cause (relais dossier show), réessayez (relais retry) ou appelez, et notez l'appel.", "See why (relais dossier show), try again (relais retry) or call, and write the call down."},
};

enum { EXTRAS = sizeof extras / sizeof extras[0] };

static int by_need(const void *left, const void *right)
{
	const struct work_task *a = left, *b = right;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->late != b->late)
		return a->late ? -1 : 1;
	return a->since.us < b->since.us ? -1 : a->since.us > b->since.us;
}

static bool of_entry(const struct deadline_settings *settings, const struct dossier *d, const struct entry *e, struct work_task *out)
{
	struct instant since, due;
	bool fired;

	if (!deadline_stands(d, e->kind, &since, &fired) || !(fired || e->at_once))
		return false;
	*out = (struct work_task){.name = deadline_name(e->kind), .since = since, .late = fired, .owners = deadline_alerts(d, e->kind), .rank = e->rank};
	if (!fired && deadline_next(settings, d, e->kind, &due))
		out->due = due;
	return true;
}

size_t worklist(const struct deadline_settings *settings, const struct dossier *dossier, struct work_task out[WORK_TASKS])
{
	struct instant since;
	size_t n = 0;

	for (size_t i = 0; i < ENTRIES; i++)
		n += of_entry(settings, dossier, &entries[i], &out[n]);
	for (size_t i = 0; i < EXTRAS; i++)
		if (extras[i].stands(dossier, &since))
			out[n++] = (struct work_task){.name = extras[i].name, .since = since, .owners = ALERT_NURSES, .rank = extras[i].rank};
	qsort(out, n, sizeof *out, by_need);
	return n;
}

bool worklist_is_failure(const struct dossier *d, enum mail_code code, enum party party, struct bytes mailbox)
{
	return code != MAIL_M21 && !is_to_former(d, code, party, mailbox) && !dossier_is_over(d->state);
}

static const struct extra *extra_of(struct bytes name)
{
	for (size_t i = 0; i < EXTRAS; i++)
		if (bytes_equal_text(name, extras[i].name))
			return &extras[i];
	return NULL;
}

static const char *chosen(const char *language, const char *fr, const char *en)
{
	return bytes_equal_text(BYTES("en"), language) ? en : fr;
}

const char *worklist_what(struct bytes name, const char *language)
{
	const struct extra *extra = extra_of(name);

	if (extra != NULL)
		return chosen(language, extra->what_fr, extra->what_en);
	const struct deadline_row *row = deadline_row(deadline_of_name(name));
	return chosen(language, row->fr, row->en);
}

const char *worklist_do(struct bytes name, const char *language)
{
	const struct extra *extra = extra_of(name);

	if (extra != NULL)
		return chosen(language, extra->fr, extra->en);
	for (size_t i = 0; i < ENTRIES; i++)
		if (bytes_equal_text(name, deadline_name(entries[i].kind)))
			return chosen(language, entries[i].fr, entries[i].en);
	return "";
}

enum work_place worklist_place(struct bytes name, enum work_rank rank)
{
	static const struct {
		const char *name;
		enum work_place place;
	} places[] = {
		{"identity_waits", WORK_PLACE_IDENTITY}, {"identity_call", WORK_PLACE_IDENTITY}, {"triage_waits", WORK_PLACE_PIECES}, {"request_waits", WORK_PLACE_PIECES},
		{"pieces_call", WORK_PLACE_PIECES},      {"unread_call", WORK_PLACE_UNREAD},     {"unread_letter", WORK_PLACE_UNREAD}, {"letter_waits", WORK_PLACE_LETTERS},
		{"undeliverable_waits", WORK_PLACE_LETTERS},
	};

	if (rank == WORK_HARM)
		return WORK_PLACE_URGENT;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (bytes_equal_text(name, places[i].name))
			return places[i].place;
	return rank == WORK_PROMISE ? WORK_PLACE_PROMISE : WORK_PLACE_REST;
}

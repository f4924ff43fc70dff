/* policy/story.c - see story.h. A sentence an event; "%s" is what stands in it. */
#include "policy/story.h"

#include "base/calendar.h"
#include "policy/deadline.h"
#include "policy/export.h"

static bool is_english(const char *language)
{
	return bytes_equal_text(BYTES("en"), language);
}

/* Sentences with at most one text of the event in them; a kind without a row has words of its own below. */
static const struct {
	const char *fr, *en;
} plain[DOSSIER_EVENTS] = {
	[EVENT_REQUESTED] = {"La demande arrive.", "The request comes."},
	[EVENT_QUALIFICATION_AWAITED] = {"La demande ne dit pas tout (%s) : une personne la complète.", "The request does not tell all (%s): a person completes it."},
	[EVENT_QUALIFIED] = {"Une personne dit de quoi il s'agit : %s.", "A person says what it is about: %s."},
	[EVENT_IDENTITY_DOUBTED] = {"L'identité est à vérifier : rien ne part avant.", "The identity is to be checked: nothing leaves before."},
	[EVENT_IDENTITY_CONFIRMED] = {"L'identité est vérifiée.", "The identity was checked."},
	[EVENT_ANSWER_TOLD] = {"Une réponse est notée à la question « %s ».", "An answer is written down to the question “%s”."},
	[EVENT_DOCUMENT_WITHDRAWN] = {"L'établissement retire un document : il n'est plus montré à personne.", "The hospital withdraws a document: it is shown to nobody any more."},
	[EVENT_PIECES_MISSING] = {"Il manque des pièces : %s.", "Pieces are missing: %s."},
	[EVENT_PIECES_COMPLETE] = {"Toutes les pièces demandées sont là.", "All the pieces that are asked for are here."},
	[EVENT_PIECE_WAIVED] = {"Une personne accepte que la pièce « %s » ne vienne pas.", "A person accepts that the piece “%s” will not come."},
	[EVENT_TRIAGED] = {"Le dossier est complet : les sept jours commencent.", "The dossier is complete: the seven days begin."},
	[EVENT_REDIRECTED] = {"La demande est réorientée : ce service ne peut pas y répondre.", "The request is redirected: this service cannot answer it."},
	[EVENT_EXPIRED] = {"Ce qui manquait n'est jamais venu : la demande reste sans suite.", "What was missing never came: the request ends."},
	[EVENT_EXPERT_NONE] = {"Aucun expert n'est disponible.", "No expert is available."},
	[EVENT_MORE_ASKED] = {"L'expert demande un complément ; le délai net s'arrête.", "The expert asks for more; net time stands still."},
	[EVENT_MORE_ANSWERED] = {"La demande de complément est close ; le délai reprend.", "What was asked for is settled; time goes on."},
	[EVENT_PAUSED] = {"Le patient demande d'attendre.", "The patient asks us to wait."},
	[EVENT_RESUMED] = {"L'attente demandée par le patient finit.", "The wait that the patient asked for ends."},
	[EVENT_OPINION_RECEIVED] = {"L'avis de l'expert arrive.", "The expert's opinion comes."},
	[EVENT_OPINION_UNSIGNED] = {"Un avis arrive sans signature : il est redemandé signé.", "An opinion comes unsigned: it is asked for again, signed."},
	[EVENT_OPINION_RETURNED] = {"L'avis retourne à l'expert, avec ce qui lui manque.", "The opinion goes back to the expert with what it lacks."},
	[EVENT_OPINION_CHECKED] = {"L'avis est contrôlé.", "The opinion was checked."},
	[EVENT_OPINION_LATE] = {"Un avis arrive d'un expert qui n'a plus le dossier : il est gardé comme preuve.", "An opinion comes of an expert who no longer holds the dossier: it is kept as evidence."},
	[EVENT_OPINION_ALERT] = {"L'expert demande d'agir vite : le patient est à appeler le jour même.", "The expert wants something done soon: the patient is to be called the same day."},
	[EVENT_HELD] = {"La remise est différée.", "The release is held back."},
	[EVENT_REPORT_UNDELIVERED] = {"Le rapport n'a pas pu être remis au patient.", "The report could not be delivered to the patient."},
	[EVENT_REPORT_READ] = {"Le patient a lu son rapport : l'échange est ouvert quinze jours.", "The patient has read the report: the exchange is open for fifteen days."},
	[EVENT_QUESTION_RECEIVED] = {"Une question est posée à l'expert.", "The expert is asked a question."},
	[EVENT_QUESTION_ANSWERED] = {"L'expert répond à la question.", "The expert answers the question."},
	[EVENT_QUESTION_LATE] = {"Une question arrive après la fin : une infirmière s'en charge.", "A question comes after the end: a nurse takes care of it."},
	[EVENT_URGENT] = {"Des mots d'urgence sont lus : le patient reçoit les numéros à appeler, une infirmière est prévenue.", "Words of an emergency are read: the patient has the numbers to call, a nurse is told."},
	[EVENT_WITHDRAWN] = {"Le patient retire son accord : tout s'arrête.", "The patient withdraws the consent: all stops."},
	[EVENT_CANCELLED] = {"La demande est annulée.", "The request is cancelled."},
	[EVENT_CLOSED] = {"L'échange est terminé, le dossier est clos.", "The exchange is over, the dossier is closed."},
	[EVENT_REPRESENTATIVE_ENDED] = {"Une personne n'agit plus pour le patient.", "Somebody does not act for the patient any more."},
	[EVENT_FROZEN] = {"Le dossier est gelé : rien ne part.", "The dossier is frozen: nothing leaves."},
	[EVENT_UNFROZEN] = {"Le dossier n'est plus gelé.", "The dossier is frozen no more."},
	[EVENT_COMPLAINED] = {"Une réclamation est reçue.", "A complaint comes."},
	[EVENT_COMPLAINT_SETTLED] = {"La réclamation est réglée.", "The complaint is settled."},
	[EVENT_LINKED] = {"Le dossier %s concerne la même personne.", "The dossier %s is about the same person."},
	[EVENT_MAIL_STOPPED] = {"Le message %s est arrêté avant son départ : une personne le regarde.", "The mail %s is stopped before it leaves: a person looks at it."},
	[EVENT_MAIL_LET_GO] = {"Une personne a regardé le message %s : il continue.", "A person has looked at the mail %s: it goes on."},
	[EVENT_MAIL_DROPPED] = {"Une personne a regardé le message %s : il ne part pas.", "A person has looked at the mail %s: it does not leave."},
	[EVENT_DIED] = {"Le décès du patient est connu : tout ce qui est automatique s'arrête.", "The patient's death is known: all that is automatic stops."},
	[EVENT_STUDY_ANSWERED] = {"Le questionnaire des six mois revient ; ce qu'il dit est compté sans nom.", "The questionnaire after six months comes back; what it says is counted without a name."},
	[EVENT_STUDY_STOPPED] = {"Le patient ne veut plus de questionnaire : il n'en recevra plus.", "The patient wants no more questionnaires: none will come."},
	[EVENT_ARCHIVED] = {"Le dossier est archivé.", "The dossier is archived."},
	[EVENT_ERASED] = {"Le dossier est effacé.", "The dossier is erased."},
	[EVENT_ERASURE_ASKED] = {"L'effacement des données est demandé : une personne répond dans le mois.", "Erasure of the data is asked for: a person answers within the month."},
	[EVENT_ERASURE_ANSWERED] = {"La demande d'effacement a sa réponse.", "The request of erasure is answered."},
};

static const char *party_words(enum party party, bool en)
{
	static const char *const words[PARTIES][2] = {
		[PARTY_NONE] = {"personne", "nobody"},
		[PARTY_PATIENT] = {"le patient", "the patient"},
		[PARTY_EXPERT] = {"l'expert", "the expert"},
		[PARTY_ATTENDING] = {"le médecin traitant", "the attending physician"},
		[PARTY_FIRST_OPINION] = {"le médecin du premier avis", "the physician of the first opinion"},
		[PARTY_SENDER] = {"l'expéditeur", "the sender"},
		[PARTY_STANDBY] = {"l'expert de secours", "the stand-by expert"},
		[PARTY_REQUESTER] = {"le médecin demandeur", "the physician who asked"},
		[PARTY_REPRESENTATIVE] = {"le représentant", "the representative"},
		[PARTY_OTHER_PARENT] = {"l'autre parent", "the other parent"},
	};
	return words[party][en];
}

/* Titles, names and words of strangers: each stays in its line, and orders a terminal nothing. */
static const char *text(struct arena *arena, struct bytes b)
{
	return arena_line(arena, b);
}

/* The pattern with what stands in the place of its "%s", if it has one. */
static const char *fill(struct arena *arena, const char *pattern, struct bytes what)
{
	struct bytes rest = bytes_of_text(pattern);
	size_t at = 0;

	while (at < rest.len && !bytes_starts(bytes_from(rest, at), BYTES("%s")))
		at++;
	struct bytes after = at < rest.len ? bytes_from(rest, at + 2) : BYTES_NONE;
	return arena_printf(arena, "%.*s%s%.*s", (int)at, pattern, at < rest.len ? text(arena, what) : "", (int)after.len, (const char *)after.at);
}

/* --- sentences of their own --- */

static const char *document_line(struct arena *arena, const struct policy_document *d, bool en)
{
	const char *title = text(arena, d->title.len > 0 ? d->title : d->name);

	if (d->replaces.len > 0)
		return arena_printf(arena, en ? "A new version takes the place of a document: “%s”." : "Une nouvelle version remplace un document : « %s ».", title);
	return arena_printf(arena, en ? "A document comes: “%s”." : "Un document arrive : « %s ».", title);
}

static const char *offer_line(struct arena *arena, const struct dossier_event *e, bool en)
{
	static const struct {
		enum dossier_event_kind kind;
		const char *fr, *en;
	} rows[] = {
		{EVENT_OFFERED, "Le dossier est proposé à %s.", "The dossier is offered to %s."},
		{EVENT_OFFER_REMINDED, "%s est relancé.", "%s is reminded."},
		{EVENT_OFFER_DECLINED, "%s ne peut pas répondre.", "%s cannot answer."},
		{EVENT_OFFER_EXPIRED, "%s n'a pas répondu à temps, ou ne peut plus être sollicité.", "%s has not answered in time, or can be asked no more."},
		{EVENT_OFFER_ACCEPTED, "%s accepte de donner son avis.", "%s agrees to give an opinion."},
		{EVENT_REPLY_UNCLEAR, "La réponse de %s n'est pas claire : la question est posée de nouveau.", "The reply of %s is not clear: the question is asked again."},
		{EVENT_ABSENCE_TOLD, "%s annonce une absence, et garde le dossier.", "%s tells of an absence, and keeps the dossier."},
		{EVENT_REASSIGNED, "Le dossier est repris à %s, qui est prié d'effacer ce qu'il a.", "The dossier is taken back from %s, who is asked to erase what he has."},
		{EVENT_STANDBY_CHOSEN, "%s est prévu comme expert de secours.", "%s is prepared as the stand-by expert."},
		{EVENT_STANDBY_OFFERED, "%s, expert de secours, est sollicité.", "%s, the stand-by expert, is asked."},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].kind == e->kind)
			return fill(arena, en ? rows[i].en : rows[i].fr, e->offer.name);
	return "";
}

static const char *mail_line(struct arena *arena, const struct dossier_event *e, bool en)
{
	static const char *const levels[6][2] = {
		{"attend", "waits"}, {"est parti", "has left"}, {"est accepté par l'opérateur du destinataire", "was accepted by the recipient's operator"},
		{"est remis", "was delivered"}, {"est lu", "was read"}, {"est connu de vive voix ou signé", "is known by word of mouth or was signed for"},
	};
	const struct dossier_mail_data *m = &e->mail;
	const char *who = party_words(m->party, en), *code = mail_code_name(m->code);

	if (m->part > 0)
		code = arena_printf(arena, en ? "%s, part %d," : "%s, partie %d,", code, m->part);
	if (e->kind == EVENT_MAIL_FAILED)
		return arena_printf(arena, en ? "The mail %s to %s could not be delivered." : "Le message %s pour %s n'a pas pu être remis.", code, who);
	if (e->kind == EVENT_MAIL_LATE)
		return arena_printf(arena, en ? "The mail %s to %s has not arrived after an hour." : "Le message %s pour %s n'est pas arrivé après une heure.", code, who);
	int level = m->level < 0 ? 0 : m->level > 5 ? 5 : m->level;
	return arena_printf(arena, en ? "The mail %s to %s %s." : "Le message %s pour %s %s.", code, who, levels[level][en]);
}

static const char *consent_line(struct arena *arena, const struct dossier_consent_data *c, bool en)
{
	if (c->party == PARTY_PATIENT || c->party == PARTY_EXPERT)
		return en ? "The patient agrees to the second opinion." : "Le patient donne son accord pour le deuxième avis.";
	if (c->given)
		return arena_printf(arena, en ? "The patient agrees that %s may have the report." : "Le patient accepte que %s ait le rapport.", party_words(c->party, en));
	return arena_printf(arena, en ? "The patient does not want %s to have the report." : "Le patient ne veut pas que %s ait le rapport.", party_words(c->party, en));
}

static const char *parties_words(struct arena *arena, unsigned set, bool en)
{
	const char *all = "";

	for (enum party p = PARTY_PATIENT; p < PARTIES; p++)
		if ((set & dossier_party_bit(p)) != 0)
			all = arena_printf(arena, "%s%s%s", all, all[0] == '\0' ? "" : ", ", party_words(p, en));
	return all[0] == '\0' ? party_words(PARTY_NONE, en) : all;
}

static const char *release_line(struct arena *arena, const struct dossier_event *e, bool en)
{
	const char *to = parties_words(arena, e->release.to, en);

	if (e->kind == EVENT_SHARED)
		return arena_printf(arena, en ? "The report goes to %s, too." : "Le rapport part aussi pour %s.", to);
	return arena_printf(arena, en ? "The report, version %u, goes to: %s." : "Le rapport, version %u, part pour : %s.", e->release.version, to);
}

static const char *contact_line(struct arena *arena, const struct dossier_contact_data *c, bool en)
{
	static const char *const means[CONTACT_MEANS][2] = {
		{"Contact", "Contact"}, {"Appel", "Call"}, {"Lettre", "Letter"}, {"Visite", "Visit"}, {"Avis", "Notice"},
	};
	static const char *const results[CONTACT_RESULTS][2] = {
		{"", ""}, {"joint", "reached"}, {"message laissé", "word was left"}, {"sans réponse", "no answer"}, {"postée", "posted"}, {"signée", "signed for"}, {"revenue", "came back"},
	};
	return arena_printf(arena, en ? "%s to %s: %s. %s" : "%s pour %s : %s. %s", means[c->means][en], party_words(c->party, en), results[c->result][en], text(arena, c->text));
}

static const char *channel_line(struct arena *arena, const struct dossier_channel_data *c, bool en)
{
	static const char *const words[CHANNELS][2] = {
		{"par messagerie", "by mail"}, {"par courrier", "by letter"}, {"par téléphone", "by telephone"}, {"par son médecin", "through his physician"},
	};
	return arena_printf(arena, en ? "%s is now reached %s." : "Désormais, %s est joint %s.", party_words(c->party, en), words[c->channel][en]);
}

static const char *export_line(struct arena *arena, enum export_for whom, bool en)
{
	static const char *const words[EXPORT_FORS][2] = {
		{"une personne", "a person"}, {"le patient", "the patient"}, {"le délégué à la protection des données", "the privacy officer"},
		{"l'expert", "the expert"},
	};
	return arena_printf(arena, en ? "A copy of the dossier is made for %s." : "Une copie du dossier est faite pour %s.", words[whom][en]);
}

static const char *profile_line(struct arena *arena, const struct dossier_profile_data *p, bool en)
{
	static const char *const words[PROFILE_FORMS][2] = {
		[PROFILE_PDF] = {"Désormais, %s reçoit le PDF seul", "From now on %s has the PDF alone"},
		[PROFILE_PACKAGE] = {"Désormais, %s reçoit le PDF et le fichier pour son logiciel", "From now on %s has the PDF and the file for his software"},
		[PROFILE_PAPER] = {"Désormais, %s a ses courriers sur papier", "From now on %s has letters on paper"},
		[PROFILE_ADDRESS] = {"Une infirmière doit vérifier où écrire : %s donne une autre adresse", "A nurse is to check where to write: %s gives another address"},
	};
	static const char *const whys[PROFILE_WHYS][2] = {
		[PROFILE_ASKED] = {" (il l'a écrit)", " (he wrote so)"},
		[PROFILE_UNFILED] = {" (son logiciel n'a pas pu ranger le message)", " (the software could not file the mail)"},
		[PROFILE_PERSON] = {" (noté par le service)", " (noted by the service)"},
	};
	const char *line = fill(arena, words[p->form][en], bytes_of_text(party_words(p->party, en)));

	if (p->form == PROFILE_ADDRESS)
		return arena_printf(arena, "%s%s%s.", line, en ? ": " : " : ", text(arena, p->address));
	return arena_printf(arena, "%s%s.", line, whys[p->why][en]);
}

static const char *text_line(struct arena *arena, const struct dossier_event *e, const char *language)
{
	bool en = is_english(language);

	if (e->kind == EVENT_DEADLINE_PASSED) {
		const struct deadline_row *row = deadline_row(deadline_of_name(e->text.id));
		return arena_printf(arena, en ? "Time: %s." : "Échéance : %s.", en ? row->en : row->fr);
	}
	if (e->kind == EVENT_MAILBOX_AWAITED)
		return arena_printf(arena, en ? "The mailbox of %s is to be found or confirmed by a person." : "L'adresse de %s est à trouver ou à confirmer par une personne.",
				    party_words(party_of_name(e->text.id), en));
	if (e->kind == EVENT_EXPORTED)
		return export_line(arena, export_for_of_name(e->text.id), en);
	const char *line = fill(arena, en ? plain[e->kind].en : plain[e->kind].fr, e->text.id);
	/* What a person wrote down is told in her words; what a machine keeps for itself is not. */
	bool told = e->text.text.len > 0 && bytes_starts(e->actor, BYTES("operator:")) && e->kind != EVENT_QUALIFIED;
	return told ? arena_printf(arena, en ? "%s “%s”" : "%s « %s »", line, text(arena, e->text.text)) : line;
}

const char *story_line(struct arena *arena, const struct dossier_event *event, const char *language)
{
	bool en = is_english(language);

	switch (dossier_event_data(event->kind)) {
	case EVENT_DATA_DOCUMENT:
		return document_line(arena, &event->document.document, en);
	case EVENT_DATA_OFFER:
		return offer_line(arena, event, en);
	case EVENT_DATA_MAIL:
		if (event->kind == EVENT_REPORT_READ || event->kind == EVENT_REPORT_UNDELIVERED)
			break;
		return mail_line(arena, event, en);
	case EVENT_DATA_CONSENT:
		return consent_line(arena, &event->consent, en);
	case EVENT_DATA_RELEASE:
		return release_line(arena, event, en);
	case EVENT_DATA_CONTACT:
		return contact_line(arena, &event->contact, en);
	case EVENT_DATA_CHANNEL:
		return channel_line(arena, &event->channel, en);
	case EVENT_DATA_REPRESENTATIVE:
		return arena_printf(arena, en ? "%s acts for the patient." : "%s agit pour le patient.", text(arena, event->representative.name));
	case EVENT_DATA_PROFILE:
		return profile_line(arena, &event->profile, en);
	case EVENT_DATA_TEXT:
		return text_line(arena, event, language);
	case EVENT_DATA_REQUEST:
	case EVENT_DATA_OPINION:
	case EVENT_DATA_NONE:
		break;
	}
	return en ? plain[event->kind].en : plain[event->kind].fr;
}

const char *story_time(struct arena *arena, struct instant at, const char *language)
{
	static const char *const days[2][7] = {{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
					       {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}};
	static const char *const months[2][12] = {
		{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}};
	bool en = is_english(language);
	struct date d = calendar_date(CALENDAR_FRANCE, at);
	int minute = calendar_minute(CALENDAR_FRANCE, at);

	return arena_printf(arena, en ? "%s %d %s %d, %d:%02d" : "%s %d %s %d à %d:%02d", days[en][calendar_weekday(d)], d.day, months[en][d.month - 1], d.year, minute / 60,
			    minute % 60);
}

const char *story_actor(struct arena *arena, struct bytes actor, const char *language)
{
	static const struct {
		const char *prefix, *fr, *en;
	} rows[] = {
		{"operator:", "%s, du service", "%s, of the service"}, {"organisation:", "l'établissement %s", "the organisation %s"},
		{"expert:", "l'expert %s", "the expert %s"}, {"delegate:", "pour l'expert, %s", "for the expert, %s"},
	};
	bool en = is_english(language);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct bytes prefix = bytes_of_text(rows[i].prefix);
		if (bytes_starts(actor, prefix))
			return fill(arena, en ? rows[i].en : rows[i].fr, bytes_from(actor, prefix.len));
	}
	if (bytes_equal_text(actor, "patient"))
		return party_words(PARTY_PATIENT, en);
	if (bytes_equal_text(actor, "expert"))
		return party_words(PARTY_EXPERT, en);
	return en ? "the service" : "le service";
}

const char *story_party(enum party party, const char *language)
{
	return party_words(party, bytes_equal_text(BYTES("en"), language));
}

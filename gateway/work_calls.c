/* gateway/work_calls.c - mails to our own people at once, because of an event of a dossier (policy/service_call.h). By reference, without a name of
 * a patient and without what he has. */
#include "gateway/work_service.h"

#include "gateway/json_view.h"
#include "gateway/service_mail.h"
#include "gateway/work_report.h"
#include "policy/deadline.h"
#include "policy/service_call.h"
#include "policy/story.h"

struct calling {
	struct work *work;
	const struct policy_decision *decision;
	const struct dossier *after;
	const struct dossier_event *event;
	json_t *fields;
	const char *list;                /* lines so far */
};

static void put(struct calling *c, const char *name, struct bytes text)
{
	if (text.len > 0)
		json_object_set_new(c->fields, name, json_of(text));
}

static const char *say(const struct calling *c, const char *fr, const char *en)
{
	return work_english(c->work) ? en : fr;
}

static void line(struct calling *c, bool so, const char *fr, const char *en)
{
	if (so)
		c->list = arena_printf(c->work->arena, "%s%s- %s", c->list, c->list[0] == '\0' ? "" : "\n", say(c, fr, en));
}

static void put_lines(struct calling *c, const char *name)
{
	put(c, name, bytes_of_text(c->list));
	c->list = "";
}

static bool sends(const struct calling *c, enum mail_code code)
{
	for (size_t i = 0; i < c->decision->n_mails; i++)
		if (c->decision->mails[i].code == code)
			return true;
	return false;
}

static const char *time_of(const struct calling *c, struct instant at)
{
	return story_time(c->work->arena, at, c->work->config->language);
}

/* M81. */
static void urgent(struct calling *c)
{
	const struct dossier *d = c->after;

	put(c, "since", bytes_of_text(time_of(c, d->urgent_at)));
	line(c, dossier_accepted_offer(d) == NULL && dossier_live_offer(d) == NULL && !dossier_is_over(d->state), "rien ne part vers un expert avant votre décision",
	     "nothing leaves for an expert before you decide");
	line(c, sends(c, MAIL_M33), "le message qui donne le 15, le 112 et le 114 part vers le patient", "the message that gives 15, 112 and 114 leaves for the patient");
	line(c, c->event->kind != EVENT_URGENT, "la personne de garde a été prévenue : personne n'a encore noté d'appel", "who is on duty was told: nobody has written down a call yet");
	put_lines(c, "done_list");
}

/* M82, M83, M84. */
static void day(struct calling *c)
{
	const struct dossier *d = c->after;
	const struct dossier_offer *holder = dossier_accepted_offer(d), *live = dossier_live_offer(d);
	bool standby = live != NULL && live->standby;

	put(c, "due_date", bytes_of_text(time_of(c, d->due_at)));
	if (holder != NULL)
		put(c, "expert_name", holder->name);
	put(c, "standby_name", standby ? live->name : d->standby.name);
	line(c, sends(c, MAIL_M14), "un rappel part vers l'expert", "a reminder leaves for the expert");
	line(c, standby, "le dossier est proposé à l'expert de réserve", "the file is offered to the stand-by expert");
	line(c, !standby && d->standby.rpps.len > 0, "un expert de réserve est trouvé, pas encore sollicité", "a stand-by expert is found, and not asked yet");
	put_lines(c, "done_list");
}

/* M85. */
static void undelivered(struct calling *c)
{
	const struct dossier_mail_data *m = &c->event->mail;
	const struct reason_entry *why = reason_entry(m->reason == REASON_NONE ? REASON_DELIVER_REFUSED : m->reason);
	const char *report = arena_printf(c->work->arena, "%s", say(c, "l'état du dossier passe à « Remise impossible » ; rien ne repart sans vous. Trouvez une voie avec le patient.",
								    "the file is now undeliverable; nothing leaves again without you. Find a way with the patient."));

	put(c, "recipient", bytes_of_text(story_party(m->party, c->work->config->language)));
	put(c, "sentence", bytes_of_text(say(c, why->fr, why->en)));
	put(c, "next_step", bytes_of_text(m->code == MAIL_M21 ? report
					    : say(c, "la tâche « Message non remis » reste ouverte jusqu'à une remise ou un appel noté.", "the task \"Mail not delivered\" stays until it arrives, or a call is written down.")));
	line(c, true, "le message a été essayé jusqu'au refus ou à son délai", "the mail was tried until it was refused or its time was over");
	put_lines(c, "done_list");
}

/* M96: the clock of 72 hours (GDPR 33(1)) runs from when it was suspected. */
static void misdelivered(struct calling *c)
{
	bool again = c->event->kind != EVENT_FROZEN;

	put(c, "sentence", bytes_of_text(again ? say(c, "Il reste un jour avant la fin des 72 heures, et le dossier est toujours gelé.", "One day is left of the 72 hours, and the file is still frozen.")
					       : say(c, "Une remise à un mauvais destinataire est soupçonnée.", "A delivery to a wrong recipient is suspected.")));
	put(c, "since", bytes_of_text(time_of(c, c->after->frozen_at)));
	put(c, "deadline", bytes_of_text(time_of(c, instant_plus(c->after->frozen_at, SPAN_HOURS(72)))));
	line(c, true, "les envois de ce dossier sont gelés", "what this file sends is frozen");
	put_lines(c, "done_list");
	put(c, "todo_list", bytes_of_text(say(c, "1. Ouvrez le registre des violations, et voyez qui a pu voir quoi : relais dossier seen.\n2. Faites demander l'effacement au mauvais destinataire, par écrit.\n"
						 "3. Jugez du risque : élevé, la personne doit être prévenue.\n4. Décidez de la notification et notez-la, puis : relais dossier unfreeze.",
					      "1. Open the register of breaches, and see who could see what: relais dossier seen.\n2. Have the wrong recipient asked to erase it, in writing.\n"
					      "3. Judge the risk: if it is high, the person must be told.\n4. Decide on telling the authority and write it down, then: relais dossier unfreeze.")));
}

static void fill(struct calling *c, enum mail_code code)
{
	put(c, "reference", c->after->reference);
	if (code == MAIL_M81)
		urgent(c);
	else if (code == MAIL_M85)
		undelivered(c);
	else if (code == MAIL_M96)
		misdelivered(c);
	else
		day(c);
}

static enum reason call(struct calling *c, struct service_call wanted)
{
	/* Nobody on duty has a mailbox: it is the team's. */
	if (wanted.party == SERVICE_DUTY && service_mailbox(c->work->config, SERVICE_DUTY)[0] == '\0')
		wanted.party = SERVICE_NURSES;
	c->fields = json_object();
	c->list = "";
	fill(c, wanted.code);
	struct work_service mail = {
		.code = wanted.code, .party = wanted.party, .rule = c->decision->rule, .fields = c->fields,
		.occasion = arena_printf(c->work->arena, "%.*s:e%lld", (int)c->after->reference.len, (const char *)c->after->reference.at, (long long)c->event->seq),
	};
	return work_service_add(c->work, &mail, NULL);
}

enum reason work_calls(struct work *work, const struct policy_decision *decision, const struct dossier *after)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < decision->n_events; i++) {
		struct calling c = {.work = work, .decision = decision, .after = after, .event = &decision->events[i]};
		struct service_call calls[SERVICE_CALLS];
		size_t n = service_calls(after, c.event, calls);
		for (size_t k = 0; reason == REASON_NONE && k < n; k++)
			reason = call(&c, calls[k]);
	}
	return reason;
}

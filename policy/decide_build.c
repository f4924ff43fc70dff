/* policy/decide_build.c - see decide_build.h. */
#include "policy/decide_build.h"

#include <string.h>

#include "policy/given.h"
#include "policy/mask.h"
#include "policy/pieces.h"
#include "policy/receipt.h"

static void *one_more(struct arena *arena, void *list, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return list;
	*room = *room == 0 ? 8 : *room * 2;
	void *larger = arena_alloc(arena, *room * size);
	if (n > 0)
		memcpy(larger, list, n * size);
	return larger;
}

/* The last mail's fields are handed over when the next mail begins or the decision ends. */
static void close_mail(struct build *b)
{
	bool copied = b->mail_open && b->mails[b->n_mails - 1].party == PARTY_PATIENT;

	if (b->mail_open) {
		b->mails[b->n_mails - 1].fields = b->fields;
		b->mails[b->n_mails - 1].n_fields = b->n_fields;
	}
	b->fields = NULL;
	b->n_fields = b->room_fields = 0;
	b->mail_open = false;
	if (copied)
		build_copies(b);
}

void build_append(struct build *b, struct policy_mail mail)
{
	b->mails = one_more(b->arena, b->mails, b->n_mails, &b->room_mails, sizeof *b->mails);
	b->mails[b->n_mails++] = mail;
}

void build_open(struct build *b, struct policy_mail mail)
{
	close_mail(b);
	build_append(b, mail);
	b->mail_open = true;
}

static void drop_all(struct build *b)
{
	close_mail(b);
	b->n_events = b->n_mails = 0;
	b->creates = b->unwritten = false;
}

/* Who looks at a held message: what is wrong with mail is the operator's, the rest the nurses'. */
static const char *owner_of(enum reason reason)
{
	static const char *const operator_prefixes[] = {"sig.", "mail.", "peer.", "sender.", "archive.", "smtp.", "document.",
							"local.", "work."};
	struct bytes code = bytes_of_text(reason_code(reason));

	for (size_t i = 0; i < sizeof operator_prefixes / sizeof operator_prefixes[0]; i++)
		if (bytes_starts(code, bytes_of_text(operator_prefixes[i])))
			return "operator";
	return "nurses";
}

/* The patient's number; to him and to who acts for him the mailbox of any expert. */
struct bytes build_cleared(struct build *b, enum party party, struct bytes text)
{
	if (b->after == NULL)
		return text;
	if (party != PARTY_PATIENT) {
		text = mask_address(b->arena, text, b->after->request.mailbox);
		text = mask_matricule(b->arena, text, b->after->request.patient.ins);
	}
	if (party != PARTY_PATIENT && party != PARTY_REPRESENTATIVE)
		return text;
	for (size_t i = 0; i < b->after->n_offers; i++)
		text = mask_address(b->arena, text, b->after->offers[i].mailbox);
	return text;
}

struct build build_begin(struct arena *arena, const struct policy_rules *rules, const struct policy_message *message,
			 struct instant now)
{
	return (struct build){.arena = arena, .rules = rules, .message = message, .now = now, .actor = BYTES("relais")};
}

void build_operator(struct build *b, struct bytes name)
{
	b->actor = bytes_of_text(arena_printf(b->arena, "operator:%s", arena_text(b->arena, name)));
}

void build_dossier(struct build *b, const struct dossier *dossier)
{
	b->before = dossier;
	b->creates = dossier == NULL;
	b->after = arena_alloc(b->arena, sizeof *b->after);
	*b->after = dossier == NULL ? dossier_begin(b->arena, 0, BYTES_NONE) : dossier_copy(b->arena, dossier);
}

enum reason build_event(struct build *b, struct dossier_event event)
{
	event.at = b->now;
	event.seq = b->after->seq + 1;
	event.inbox = b->message == NULL ? event.inbox : b->message->inbox;
	event.actor = b->actor;
	event.rule = bytes_of_text(b->rule);
	enum reason reason = dossier_apply(b->after, &event);
	if (reason != REASON_NONE)
		return reason;
	b->events = one_more(b->arena, b->events, b->n_events, &b->room_events, sizeof *b->events);
	b->events[b->n_events++] = event;
	return REASON_NONE;
}

enum reason build_plain(struct build *b, enum dossier_event_kind kind)
{
	return build_event(b, (struct dossier_event){.kind = kind});
}

enum reason build_text(struct build *b, enum dossier_event_kind kind, struct bytes id, struct bytes text)
{
	return build_event(b, (struct dossier_event){.kind = kind, .text = {id, text}});
}

/* What only a freeze keeps from him is said nowhere else once that is lifted: a person has it in her list. */
static void note_frozen(struct build *b, enum mail_code code, enum party party)
{
	const struct dossier_mail_data data = {
		.code = code, .party = party, .mailbox = dossier_mailbox(b->after, party), .reason = REASON_DOSSIER_FROZEN};
	struct dossier open = *b->after;

	open.frozen_at = (struct instant){0};
	if (!build_way(b, party).none && consent_check_mail(&open, code, party, b->now) == REASON_NONE)
		(void)!build_event(b, (struct dossier_event){.kind = EVENT_MAIL_FAILED, .mail = data});
}

/* His mailbox is in doubt: what he was not told stands in a person's list, and not in the decision alone. */
static void note_doubted(struct build *b, enum mail_code code, enum party party)
{
	const struct dossier_mail_data data = {
		.code = code, .party = party, .mailbox = dossier_mailbox(b->after, party), .reason = build_mailbox(b, party)};

	if (data.mailbox.len == 0)
		return;
	b->unwritten = true;
	/* Told once of each mail, however many parts it has. */
	bool told = data.reason == REASON_NONE;
	for (size_t i = 0; i < b->n_events; i++)
		told |= b->events[i].kind == EVENT_MAIL_FAILED && b->events[i].mail.code == code && b->events[i].mail.party == party;
	if (!told)
		(void)!build_event(b, (struct dossier_event){.kind = EVENT_MAIL_FAILED, .mail = data});
}

bool build_mail(struct build *b, enum mail_code code, enum party party, enum policy_attach attach)
{
	close_mail(b);
	enum reason refused = consent_check_mail(b->after, code, party, b->now);
	if (refused == REASON_DOSSIER_FROZEN)
		note_frozen(b, code, party);
	if (refused == REASON_REPRESENTATIVE_SECRET && party == PARTY_PATIENT)
		build_person(b, code, party);
	if (refused != REASON_NONE)
		return false;
	struct build_way way = build_way(b, party);
	if (way.none) {
		note_doubted(b, code, party);
		return false;
	}
	/* The last word on what a message may carry: whoever decides has asked before, and has held it. */
	if (attach == POLICY_ATTACH_MESSAGE && !given_message(b->message, party))
		return false;
	bool told = way.channel != CHANNEL_MAIL && way.channel != CHANNEL_PAPER;
	if (told)
		build_person(b, code, party);
	if (told && !(party == PARTY_PATIENT && build_has_copies(b, code)))
		return false;
	/* Told by a person, it is kept for those who have a copy by mail. */
	build_open(b, (struct policy_mail){.code = code, .party = party, .to = way.to, .channel = way.channel, .address = way.address, .attach = attach,
					  .profile = recipient_profile(b->rules, party, way.to)});
	build_field(b, "reference", b->after->reference);
	return true;
}

static void answer(struct build *b, enum mail_code code, enum policy_form_of form, enum reason reason)
{
	build_open(b, (struct policy_mail){.code = code, .form = form, .reason = reason, .party = PARTY_SENDER,
					  .to = receipt_address(b->message), .in_reply_to = true});
	if (code == MAIL_M70 && pieces_reason(b->message) != REASON_NONE)
		build_field(b, "pieces", pieces_text(b->arena, b->message, build_english(b)));
	if (code == MAIL_M71) {
		build_field_text(b, "code", reason_code(reason));
		build_field_text(b, "sentence", build_english(b) ? reason_entry(reason)->en : reason_entry(reason)->fr);
	}
}

static bool answer_all(struct build *b, enum mail_code code, enum receipt_news news, enum reason reason)
{
	struct receipt_choice choice = receipt_choose(b->rules, b->message, news);

	close_mail(b);
	b->limited |= choice.limited;
	/* The physician who asked has M60 or M61 in its place: one answer to one message. */
	for (size_t i = 0; news == RECEIPT_TAKEN && i < b->n_mails; i++)
		choice.letter = choice.letter && !(b->mails[i].in_reply_to && (b->mails[i].code == MAIL_M60 || b->mails[i].code == MAIL_M61));
	if (choice.letter)
		answer(b, code, POLICY_MAIL_SEALED, reason);
	if (choice.dsn)
		answer(b, code, POLICY_MAIL_DSN, reason);
	if (choice.mdn)
		answer(b, code, POLICY_MAIL_MDN, reason);
	return choice.letter || choice.dsn || choice.mdn;
}

void build_received(struct build *b)
{
	(void)answer_all(b, MAIL_M70, RECEIPT_TAKEN, REASON_NONE);
}

void build_delivered(struct build *b)
{
	bool refused = b->outcome == POLICY_REFUSED || b->outcome == POLICY_IGNORED;

	/* What is said into a loop goes round with it. */
	if (!refused && b->reason != REASON_MAIL_LOOP)
		(void)answer_all(b, MAIL_M70, RECEIPT_DELIVERED, REASON_NONE);
}

void build_field(struct build *b, const char *name, struct bytes text)
{
	if (!b->mail_open)
		return;
	b->fields = one_more(b->arena, b->fields, b->n_fields, &b->room_fields, sizeof *b->fields);
	b->fields[b->n_fields++] = (struct policy_field){name, build_cleared(b, b->mails[b->n_mails - 1].party, text)};
}

void build_field_text(struct build *b, const char *name, const char *text)
{
	build_field(b, name, bytes_of_text(text));
}

void build_done(struct build *b, enum policy_outcome outcome, enum reason reason, const char *owner)
{
	b->outcome = outcome;
	b->reason = reason;
	b->owner = owner;
}

void build_hold(struct build *b, enum reason reason)
{
	drop_all(b);
	build_done(b, POLICY_HELD, reason, owner_of(reason));
}

void build_refuse(struct build *b, enum reason reason)
{
	drop_all(b);
	build_done(b, POLICY_REFUSED, reason, NULL);
}

void build_ignore(struct build *b, enum reason reason)
{
	drop_all(b);
	build_done(b, POLICY_IGNORED, reason, NULL);
}

void build_settle(struct build *b, enum reason reason)
{
	if (reason_entry(reason)->class == REASON_CLASS_REFUSED)
		build_refuse(b, reason);
	else
		build_hold(b, reason);
}

void build_notice(struct build *b, enum reason reason)
{
	bool refused = b->outcome == POLICY_REFUSED;

	/* Refused and never told would be lost: a person has it instead. */
	if (!answer_all(b, MAIL_M71, refused ? RECEIPT_REFUSED : RECEIPT_HELD, reason) && refused)
		build_done(b, POLICY_HELD, reason, owner_of(reason));
}

void build_declined(struct build *b, enum reason reason)
{
	struct receipt_choice choice = receipt_choose(b->rules, b->message, RECEIPT_REFUSED);

	close_mail(b);
	b->limited |= choice.limited;
	if (choice.letter || choice.dsn || choice.mdn)
		answer(b, MAIL_M100, POLICY_MAIL_SEALED, reason);
}

void build_end(struct build *b, struct policy_decision *out)
{
	close_mail(b);
	/* What no mail may tell is a person's to tell. */
	if (b->owner == NULL && b->unwritten && b->n_events > 0)
		b->owner = "nurses";
	*out = (struct policy_decision){
		.outcome = b->outcome,
		.reason = b->reason,
		.owner = b->owner,
		.rule = b->rule,
		.creates = b->creates && b->n_events > 0,
		.dossier = b->before,
		.after = b->n_events > 0 ? b->after : NULL,
		.events = b->events,
		.n_events = b->n_events,
		.mails = b->mails,
		.n_mails = b->n_mails,
		.study = b->n_events > 0 ? b->study : NULL,
		.proof = b->proof,
		.limited = b->limited,
	};
}

bool build_english(const struct build *b)
{
	return bytes_equal(bytes_of_text(b->rules->language), BYTES("en"));
}

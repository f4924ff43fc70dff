/* policy/decide_people.c - who acts for the patient, and how each is reached: what a person tells of it, what they write, their copies.
 *
 * 1. A copy is a mail of its own: one envelope, one recipient, never the patient and who acts for him in one head (product 4.1, 32).
 * 2. Who acts for the patient is never given more than the patient, and what he may have is asked anew for each mail (people.h).
 * 3. Whom no mail reaches is not passed over in silence: a nurse tells him. */
#include "policy/decide_step.h"
#include "policy/decide_text.h"
#include "policy/given.h"
#include "policy/people.h"
#include "policy/sender.h"

/* --- the way to somebody ------------------------------------------------------------ */

static bool has_channel(enum party party)
{
	return party == PARTY_PATIENT || party == PARTY_REPRESENTATIVE || party == PARTY_OTHER_PARENT || party == PARTY_ATTENDING ||
	       party == PARTY_FIRST_OPINION;
}

static struct build_way by_person(void)
{
	return (struct build_way){.channel = CHANNEL_TELEPHONE};
}

/* Without a print station, or with an address that came back, a person finds another way. */
static struct build_way by_letter(const struct build *b, struct bytes address)
{
	if (!sender_address_ok(b->rules->print_mailbox) || !people_address_ok(address))
		return by_person();
	return (struct build_way){.channel = CHANNEL_PAPER, .to = b->rules->print_mailbox, .address = address};
}

struct build_way build_way(const struct build *b, enum party party)
{
	const struct dossier_channel_data *c = &b->after->channels[party];
	struct bytes mailbox = dossier_mailbox(b->after, party);

	if (has_channel(party) && c->channel == CHANNEL_PAPER)
		return by_letter(b, c->address);
	if (has_channel(party) && c->channel != CHANNEL_MAIL)
		return by_person();
	/* No mailbox is built on a number that is not qualified (E11): he is called. */
	if (party == PARTY_PATIENT && mailbox.len == 0)
		return by_person();
	return (struct build_way){.to = mailbox, .none = !sender_address_ok(mailbox) || build_mailbox(b, party) != REASON_NONE};
}

/* His own mailbox; who has none is reached as the party is. */
static struct build_way way_of(const struct build *b, const struct dossier_representative *r)
{
	enum party party = r->data.informed_only ? PARTY_OTHER_PARENT : PARTY_REPRESENTATIVE;
	const struct dossier_channel_data *c = &b->after->channels[party];

	if (c->channel == CHANNEL_PAPER && c->address.len > 0 && r->data.mailbox.len == 0)
		return by_letter(b, c->address);
	return sender_address_ok(r->data.mailbox) && c->channel == CHANNEL_MAIL ? (struct build_way){.to = r->data.mailbox} : by_person();
}

static bool is_mail(struct build_way way)
{
	return way.channel == CHANNEL_MAIL || way.channel == CHANNEL_PAPER;
}

void build_person(struct build *b, enum mail_code code, enum party party)
{
	const struct dossier_mail_data data = {
		.code = code, .party = party, .mailbox = dossier_mailbox(b->after, party), .reason = REASON_CHANNEL_PERSON};

	b->owner = "nurses";
	b->unwritten = true;
	/* The reason of a person's act is why it was refused: of one that was done the history tells. */
	if (b->reason == REASON_NONE && b->message != NULL)
		b->reason = REASON_CHANNEL_PERSON;
	/* Where nothing can be kept any more her list has it all the same. */
	(void)!build_event(b, (struct dossier_event){.kind = EVENT_MAIL_FAILED, .mail = data});
}

/* --- copies -------------------------------------------------------------------------- */

static bool may_copy(const struct build *b, const struct dossier_representative *r, enum mail_code code)
{
	return !r->data.informed_only && people_check(b->after, r, code, b->now) == REASON_NONE;
}

bool build_has_copies(const struct build *b, enum mail_code code)
{
	for (size_t i = 0; i < b->after->n_representatives; i++)
		if (may_copy(b, &b->after->representatives[i], code) && is_mail(way_of(b, &b->after->representatives[i])))
			return true;
	return false;
}

static const struct policy_field *copy_fields(struct build *b, const struct policy_mail *of)
{
	struct policy_field *fields = arena_alloc(b->arena, (of->n_fields + 1) * sizeof *fields);

	for (size_t i = 0; i < of->n_fields; i++)
		fields[i] = (struct policy_field){of->fields[i].name, build_cleared(b, PARTY_REPRESENTATIVE, of->fields[i].text)};
	return fields;
}

static void copy_to(struct build *b, const struct policy_mail *of, const struct dossier_representative *r)
{
	struct build_way way = way_of(b, r);
	struct policy_mail copy = *of;

	if (!is_mail(way)) {
		build_person(b, of->code, PARTY_REPRESENTATIVE);
		return;
	}
	copy.party = PARTY_REPRESENTATIVE;
	copy.to = way.to;
	copy.channel = way.channel;
	copy.address = way.address;
	copy.representative = r->data.id;
	copy.in_reply_to = false;
	copy.profile = recipient_profile(b->rules, PARTY_REPRESENTATIVE, way.to);
	copy.fields = copy_fields(b, of);
	build_append(b, copy);
}

void build_copies(struct build *b)
{
	size_t n = b->after == NULL ? 0 : b->after->n_representatives;
	const struct policy_mail mail = b->mails[b->n_mails - 1];

	if (mail.to.len == 0)
		b->n_mails--;
	for (size_t i = 0; i < n; i++) {
		const struct dossier_representative *r = &b->after->representatives[i];
		bool masked = mail.attach == POLICY_ATTACH_MESSAGE && !given_message(b->message, PARTY_REPRESENTATIVE);
		if (may_copy(b, r, mail.code) && !masked)
			copy_to(b, &mail, r);
	}
}

/* --- naming and ending ----------------------------------------------------------------- */

static const struct dossier_representative *same_person(const struct dossier *d, const struct dossier_representative_data *r)
{
	for (size_t i = 0; i < d->n_representatives; i++) {
		const struct dossier_representative *known = &d->representatives[i];
		bool same = r->mailbox.len > 0 ? sender_same_address(known->data.mailbox, r->mailbox) : bytes_equal_nocase(known->data.name, r->name);
		if (known->ended_at.us == 0 && same)
			return known;
	}
	return NULL;
}

/* The patient's own mailbox, an expert's, a physician's: to write there as somebody else would mix what they may have. */
static bool is_taken(const struct dossier *d, struct bytes mailbox)
{
	for (enum party p = PARTY_PATIENT; p < PARTIES; p++)
		if (p != PARTY_REPRESENTATIVE && p != PARTY_OTHER_PARENT && sender_same_address(dossier_mailbox(d, p), mailbox))
			return true;
	return false;
}

/* A parent's rights end with the child's minority, whatever was told; nobody is the parent of an adult here. */
static enum reason check_parent(struct build *b, struct dossier_representative_data *r)
{
	struct instant majority;
	bool parent = r->role == ROLE_PARENT || r->informed_only;

	if (!parent)
		return REASON_NONE;
	if (!people_majority(&b->after->request.patient, &majority) || !instant_before(b->now, majority))
		return REASON_REPRESENTATIVE_ADULT;
	if (!r->timed_until || instant_before(majority, r->until))
		r->until = majority;
	r->timed_until = true;
	return REASON_NONE;
}

static enum reason check_named(struct build *b, struct dossier_representative_data *r)
{
	if (r->role == ROLE_NONE || r->role >= ROLES || bytes_trim(r->name).len == 0 || (r->informed_only && r->role != ROLE_PARENT))
		return REASON_USAGE;
	if (r->mailbox.len > 0 && (!sender_address_ok(r->mailbox) || is_taken(b->after, r->mailbox)))
		return REASON_REPRESENTATIVE_MAILBOX;
	enum reason reason = check_parent(b, r);
	if (reason != REASON_NONE)
		return reason;
	/* What has ended already is no mandate. */
	return r->timed_until && !instant_before(b->now, r->until) ? REASON_REPRESENTATIVE_ENDED : REASON_NONE;
}

bool build_mail_representative(struct build *b, enum mail_code code, const struct dossier_representative *r)
{
	struct build_way way = way_of(b, r);
	enum party party = r->data.informed_only ? PARTY_OTHER_PARENT : PARTY_REPRESENTATIVE;

	if (people_check(b->after, r, code, b->now) != REASON_NONE)
		return false;
	if (!is_mail(way)) {
		build_person(b, code, party);
		return false;
	}
	build_open(b, (struct policy_mail){.code = code, .party = party, .to = way.to, .channel = way.channel, .address = way.address,
					   .representative = r->data.id, .profile = recipient_profile(b->rules, party, way.to)});
	build_field(b, "reference", b->after->reference);
	build_field(b, "representative_name", r->data.name);
	return true;
}

/* The other parent is told once; who has shown no proof is asked for it. */
static void greet(struct build *b, const struct dossier_representative *r, bool new_to_him)
{
	if (r->data.informed_only) {
		if (new_to_him && build_mail_representative(b, MAIL_M51, r))
			build_field(b, "object_until", text_date(b, calendar_plus_days(CALENDAR_FRANCE, b->now, POLICY_OBJECT_DAYS)));
	} else if (r->data.proof.len == 0) {
		(void)build_mail_representative(b, MAIL_M50, r);
	}
}

static enum reason represent(struct build *b, const struct policy_command *c)
{
	struct dossier_representative_data r = c->representative;
	const struct dossier_representative *known = same_person(b->after, &r);
	bool told = known != NULL && known->data.informed_only;
	enum reason reason = check_named(b, &r);

	if (reason != REASON_NONE)
		return reason;
	r.id = known != NULL ? known->data.id : bytes_of_text(arena_printf(b->arena, "r%zu", b->after->n_representatives + 1));
	reason = build_event(b, (struct dossier_event){.kind = EVENT_REPRESENTATIVE_NAMED, .representative = r});
	if (reason == REASON_NONE)
		greet(b, dossier_find_representative(b->after, r.id), !told);
	return reason;
}

enum reason step_end_representatives(struct build *b)
{
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < b->after->n_representatives; i++) {
		const struct dossier_representative *r = &b->after->representatives[i];
		if (r->ended_at.us == 0 && r->data.timed_until && !instant_before(b->now, r->data.until))
			reason = build_text(b, EVENT_REPRESENTATIVE_ENDED, r->data.id, r->data.role == ROLE_PARENT ? BYTES("majority or date") : BYTES("date"));
	}
	return reason;
}

/* --- channels and secrecy -------------------------------------------------------------- */

/* "1 rue des Lilas|75001 Paris" as a person types it. */
static struct bytes lines_of(struct build *b, struct bytes text)
{
	unsigned char *copy = arena_alloc(b->arena, text.len + 1);

	for (size_t i = 0; i < text.len; i++)
		copy[i] = text.at[i] == '|' ? '\n' : text.at[i];
	return (struct bytes){copy, text.len};
}

static enum reason change_channel(struct build *b, struct dossier_channel_data c)
{
	return build_event(b, (struct dossier_event){.kind = EVENT_CHANNEL_CHANGED, .channel = c});
}

static enum reason tell_channel(struct build *b, const struct policy_command *c)
{
	enum channel channel = channel_of_name(c->how);
	struct dossier_channel_data data = {.party = c->party, .channel = channel, .why = c->text.len > 0 ? c->text : BYTES("asked")};

	if (!has_channel(c->party) || channel >= CHANNELS || bytes_equal_text(c->text, "secret"))
		return REASON_USAGE;
	/* Only the minor's own word lifts it. */
	if (c->party == PARTY_PATIENT && people_is_secret(b->after))
		return REASON_REPRESENTATIVE_SECRET;
	/* Whose mailbox a physician has is the directory's to vouch for, and the patient's is his number's. */
	if (channel == CHANNEL_MAIL && c->id.len > 0)
		return REASON_USAGE;
	data.address = channel == CHANNEL_PAPER ? lines_of(b, c->id) : c->id;
	bool letters = c->party == PARTY_PATIENT && b->after->channels[PARTY_PATIENT].channel != CHANNEL_PAPER;
	enum reason reason = change_channel(b, data);
	/* The report that he has not opened is the first of the letters. */
	if (reason == REASON_NONE && letters && b->after->state == DOSSIER_RELEASED && build_way(b, PARTY_PATIENT).channel == CHANNEL_PAPER)
		reason = step_release(b);
	return reason;
}

static enum reason keep_secret(struct build *b, const struct policy_command *c)
{
	struct instant majority;

	if (people_is_secret(b->after))
		return REASON_DOSSIER_ORDER;
	if (!people_majority(&b->after->request.patient, &majority) || !instant_before(b->now, majority))
		return REASON_REPRESENTATIVE_ADULT;
	b->owner = "nurses";
	/* Of the physician's hand nothing is known but what she noted. */
	return change_channel(b, (struct dossier_channel_data){.party = PARTY_PATIENT, .channel = CHANNEL_PHYSICIAN, .address = c->text, .why = BYTES("secret")});
}

static enum reason end_secret(struct build *b, const struct policy_command *c)
{
	if (!people_is_secret(b->after) || bytes_equal_text(c->text, "secret"))
		return REASON_DOSSIER_ORDER;
	return change_channel(b, (struct dossier_channel_data){.party = PARTY_PATIENT, .channel = CHANNEL_MAIL, .why = c->text});
}

enum reason people_command(struct build *b, const struct policy_command *c)
{
	switch (c->act) {
	case POLICY_ACT_REPRESENT:
		return represent(b, c);
	case POLICY_ACT_REPRESENT_END:
		return build_text(b, EVENT_REPRESENTATIVE_ENDED, c->id, c->text);
	case POLICY_ACT_CHANNEL:
		return tell_channel(b, c);
	case POLICY_ACT_SECRET:
		return keep_secret(b, c);
	case POLICY_ACT_UNSECRET:
		return end_secret(b, c);
	default:
		return REASON_USAGE;
	}
}

/* --- what they write --------------------------------------------------------------------- */

/* It stops at once; a nurse speaks with each (E35). */
static enum reason object(struct build *b)
{
	b->owner = "nurses";
	if (b->after->frozen_at.us != 0)
		return REASON_REPLY_WISH;
	return build_text(b, EVENT_FROZEN, BYTES("objection"), b->message->text);
}

/* Without a mandate, or with one that gives him the steps alone, a person reads what he wants. */
static enum reason words_of(struct build *b, const struct dossier_representative *r)
{
	if (r->data.informed_only)
		return people_objects(b->message->text) ? object(b) : REASON_REPLY_WISH;
	if (people_share(b->after, r) == PEOPLE_NOTHING)
		return REASON_REPLY_MANDATE;
	if (people_share(b->after, r) != PEOPLE_WHOLE || people_check(b->after, r, MAIL_M21, b->now) != REASON_NONE)
		return REASON_REPLY_WISH;
	return exchange_patient(b);
}

void decide_representative(struct build *b)
{
	const struct dossier_representative *r = people_find(b->after, b->message->party, b->message->from, b->now);
	enum reason reason = r == NULL ? REASON_REPLY_PARTY : step_writer(b, r->data.mailbox, BYTES_NONE);

	b->rule = "exchange.representative/1";
	if (r != NULL)
		b->actor = bytes_of_text(arena_printf(b->arena, "representative:%s", arena_text(b->arena, r->data.id)));
	if (reason == REASON_NONE)
		reason = words_of(b, r);
	if (reason == REASON_NONE)
		build_done(b, POLICY_APPLIED, b->reason, b->owner);
	else
		build_hold(b, b->message->n_emergencies > 0 ? REASON_REPLY_URGENT : reason);
}

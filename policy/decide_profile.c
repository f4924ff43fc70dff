/* policy/decide_profile.c - how a mailbox wants its mail, learnt from its holder's words, from his software's notice, or told by a person.
 *
 * 1. PDF alone, and both again, harm nobody: they count at once, for this mailbox in every dossier.
 * 2. Paper counts at once, too; the address of the envelope is a person's to ask for.
 * 3. Another address is never learnt: what is clinical goes where the directory or a person vouches. A nurse has what he wrote.
 * 4. Nobody but the holder of that mailbox is believed, and no automatic answer (decide_relay sees to it). */
#include "policy/decide_step.h"

/* A longer text says something else, too: a person reads it. */
enum { WISH_TEXT = 300 };

/* What is learnt counts for the mails of the same decision. */
static void take_effect(struct build *b, const struct dossier_profile_data *p)
{
	struct policy_rules *rules = arena_alloc(b->arena, sizeof *rules);
	struct recipient *list = arena_alloc(b->arena, (b->rules->n_recipients + 1) * sizeof *list);
	struct recipient_profile before = recipient_profile(b->rules, p->party, p->mailbox);

	list[0] = (struct recipient){
		.address = p->mailbox, .pdf_only = p->form == PROFILE_PDF, .paper = p->form == PROFILE_PAPER, .limit = before.limit};
	for (size_t i = 0; i < b->rules->n_recipients; i++)
		list[i + 1] = b->rules->recipients[i];
	*rules = *b->rules;
	rules->recipients = list;
	rules->n_recipients++;
	b->rules = rules;
}

static enum reason tell(struct build *b, struct dossier_profile_data p)
{
	p.mailbox = dossier_mailbox(b->after, p.party);
	enum reason reason = build_event(b, (struct dossier_event){.kind = EVENT_PROFILE_TOLD, .profile = p});

	if (reason == REASON_NONE && p.form != PROFILE_ADDRESS)
		take_effect(b, &p);
	if (p.form == PROFILE_ADDRESS || p.form == PROFILE_PAPER)
		b->owner = "nurses";
	return reason;
}

/* --- the holder's own words ------------------------------------------------------ */

bool step_is_profile_word(enum policy_word word)
{
	return word == POLICY_WORD_PDF_ONLY || word == POLICY_WORD_PAPER || word == POLICY_WORD_ADDRESS;
}

enum reason step_profile_word(struct build *b)
{
	const struct policy_message *m = b->message;
	struct dossier_profile_data p = {.party = m->party, .why = PROFILE_ASKED};

	if (m->n_documents > 0 || m->archive != REASON_NONE || bytes_trim(m->text).len > WISH_TEXT)
		return REASON_REPLY_WISH;
	switch (m->reply.physician) {
	case POLICY_WORD_PDF_ONLY:
		p.form = PROFILE_PDF;
		return tell(b, p);
	case POLICY_WORD_PAPER:
		p.form = PROFILE_PAPER;
		return tell(b, p);
	case POLICY_WORD_ADDRESS:
		p.form = PROFILE_ADDRESS;
		p.address = m->reply.address;
		return sender_address_ok(p.address) ? tell(b, p) : REASON_REPLY_WISH;
	default:
		return REASON_REPLY_NOT_AWAITED;
	}
}

/* --- what his software could not file (product E51) ------------------------------- */

static bool is_physician(enum party party)
{
	return party == PARTY_ATTENDING || party == PARTY_FIRST_OPINION || party == PARTY_REQUESTER;
}

/* The report as it stands: while a correction waits, what the dossier holds is not what he had. */
static bool may_resend_report(const struct build *b, enum party party)
{
	const struct dossier *d = b->after;

	return is_physician(party) && dossier_version(d) > 0 && dossier_next(d->state, EVENT_SHARED) != DOSSIER_NOWHERE && !dossier_stands_still(d) &&
	       consent_check_mail(d, MAIL_M64, party, b->now) == REASON_NONE;
}

static bool may_resend_dossier(const struct build *b, enum party party)
{
	const struct dossier *d = b->after;

	return party == PARTY_EXPERT && dossier_accepted_offer(d) != NULL && (d->state == DOSSIER_ACCEPTED || d->state == DOSSIER_MORE_INFO) &&
	       !dossier_stands_still(d);
}

/* It stands in the nurses' list until somebody reached him: an answer that was carried out has no owner. */
static enum reason call_him(struct build *b, const struct dossier_mail_data *mail)
{
	const struct dossier_mail_data data = {
		.code = mail->code, .party = mail->party, .mailbox = mail->mailbox, .part = mail->part, .reason = REASON_REPORT_UNFILED};
	bool his = is_physician(mail->party) || mail->party == PARTY_EXPERT;

	return his ? build_event(b, (struct dossier_event){.kind = EVENT_MAIL_FAILED, .mail = data}) : REASON_NONE;
}

enum reason step_unfiled(struct build *b, const struct dossier_mail_data *mail)
{
	enum mail_code code = mail->code;
	enum party party = mail->party;
	bool report = code == MAIL_M64 && may_resend_report(b, party);
	bool dossier = (code == MAIL_M13 || code == MAIL_M13B) && may_resend_dossier(b, party);
	bool his = sender_same_address(dossier_mailbox(b->after, party), mail->mailbox);

	b->owner = "nurses";
	b->reason = REASON_REPORT_UNFILED;
	/* Once: what has no package any more and still is not filed is a person's to settle. */
	if (!his || (!report && !dossier) || recipient_profile(b->rules, party, mail->mailbox).pdf_only ||
	    dossier_next(b->after->state, EVENT_PROFILE_TOLD) == DOSSIER_NOWHERE)
		return call_him(b, mail);
	enum reason reason = tell(b, (struct dossier_profile_data){.party = party, .form = PROFILE_PDF, .why = PROFILE_UNFILED});
	if (reason != REASON_NONE)
		return reason;
	if (report)
		step_mail_report(b, party, dossier_version(b->after));
	else
		step_mail_dossier(b);
	return REASON_NONE;
}

/* "[KO Intégration système !][906] XDM/1.0/DDM+…": his software writes so where no reading report was asked for (mssante.md M63). */
bool step_says_unfiled(const struct policy_message *message)
{
	return bytes_starts(bytes_trim(message->subject), BYTES("[KO Intégration système !]"));
}

/* --- a person --------------------------------------------------------------------- */

enum reason profile_command(struct build *b, const struct policy_command *c)
{
	struct dossier_profile_data p = {.party = c->party, .form = profile_form_of_name(c->how), .why = PROFILE_PERSON};
	bool paper = p.form == PROFILE_PAPER;

	if (p.form >= PROFILE_ADDRESS || (!is_physician(p.party) && (paper || p.party != PARTY_EXPERT)))
		return REASON_USAGE;
	return dossier_mailbox(b->after, p.party).len == 0 ? REASON_DIRECTORY_NONE : tell(b, p);
}

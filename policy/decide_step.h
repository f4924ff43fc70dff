/* policy/decide_step.h - the steps that several decisions share, and the decisions by subject. For the decide files only. */
#ifndef RELAIS_POLICY_DECIDE_STEP_H
#define RELAIS_POLICY_DECIDE_STEP_H

#include "policy/decide_build.h"

/* How sure it is that a mail arrived; the rest of policy_decision.proof. */
enum { PROOF_FAILED = -1, PROOF_NONE = 0, PROOF_LEFT = 1, PROOF_ACCEPTED = 2, PROOF_DELIVERED = 3, PROOF_READ = 4, PROOF_ANSWERED = 5 };

/* Looks again at what is missing: adds EVENT_PIECES_* when the answer changed (and M02 when the dossier becomes
 * incomplete), and goes on to triage where the gate is automatic. */
MUST_USE enum reason step_reassess(struct build *b);
/* What is missing now; REASON_REQUEST_UNQUALIFIED before a person told the pathology, REASON_PATHOLOGY_UNKNOWN when the pathology is not in the rules any more. */
MUST_USE enum reason step_missing(struct build *b, struct missing **missing, size_t *n);
/* It is for that pathology, by that version of its questionnaire: M01, then what is missing is looked for. */
MUST_USE enum reason step_qualify(struct build *b, struct bytes pathology, struct bytes version);
/* What the request does not tell of pathology and consents is a person's to tell. */
MUST_USE enum reason step_await_qualification(struct build *b);
/* The patient's first mails, when he may first be written to: M01, and M02 when something is missing. */
MUST_USE enum reason step_welcome(struct build *b);
/* Both consents of a request whose pathology is known have come: what is missing is looked for, then step_welcome. */
MUST_USE enum reason step_welcome_after(struct build *b);
/* T0, M06, then the first offer. REASON_PIECES_MISSING when something is. */
MUST_USE enum reason step_triage(struct build *b);
/* The next expert and M10, or EVENT_EXPERT_NONE; sets the owner to the nurses in the latter case. */
MUST_USE enum reason step_offer(struct build *b);
/* The field "offer_until" of the mail under way: when the live offer goes on to the next. */
void step_field_offer_until(struct build *b);
/* M10, to the expert who has just been offered it, or to the stand-by. */
void step_mail_offer(struct build *b, enum party party);
/* The live offer is over: the next expert, or the nurses after POLICY_REFUSALS refusals; while somebody holds the dossier the next stand-by. */
MUST_USE enum reason step_next(struct build *b);
/* The live offer ends for that reason, then step_next. */
MUST_USE enum reason step_expire(struct build *b, enum taken_back why);
/* Somebody prepared, and asked, while another holds the dossier. REASON_NONE without an event and the nurses as owner when there is nobody;
 * DOSSIER_ORDER when nobody holds it, or somebody is asked already. */
MUST_USE enum reason step_standby_choose(struct build *b);
MUST_USE enum reason step_standby_offer(struct build *b);
/* The stand-by said yes: the dossier is his; M18 to who held it, M08 to the patient (M07 is the caller's). */
MUST_USE enum reason step_taken_over(struct build *b, struct dossier_event accepted);
/* Taken back from who holds it (of what: word, from, until, why, text): M18, M08, the next one. DOSSIER_ORDER when nobody holds it, or his opinion has come. */
MUST_USE enum reason step_reassign(struct build *b, struct dossier_offer_data what);
/* After documents came: who turns out to have a conflict loses offer and dossier. */
MUST_USE enum reason step_conflicts(struct build *b);
/* RETURN, CONFLICT, ABSENT of who holds the dossier; REPLY_NOT_AWAITED for any other word. */
MUST_USE enum reason step_holder_word(struct build *b, const struct dossier_offer *holder);
/* The opinion that has come is weighed: what it lacks is asked back, or it is checked. */
MUST_USE enum reason step_judge_opinion(struct build *b);
/* Without the mailboxes that the directory gives by a physician's RPPS, or a person finds: they are no pieces that the patient owes. Gives how many
 * are left, in their order. */
size_t step_left_missing(const struct build *b, struct missing *missing, size_t n);
/* A physician who may have the report and has no mailbox that the directory vouches for is given the one that it does, or a person is awaited. */
MUST_USE enum reason step_mailbox(struct build *b, enum party party);
/* A person finds a mailbox for him; told once for each reason. */
MUST_USE enum reason step_await_mailbox(struct build *b, enum party party, enum reason why);
/* That mail's address does not exist: *turned when another mailbox of the same person takes its place and has what came back. */
MUST_USE enum reason step_other_mailbox(struct build *b, const struct dossier_mail_data *mail, bool *turned);
/* A person tells the mailbox of a professional: DIRECTORY_UNKNOWN, DIRECTORY_ENDED, USAGE. What he lacks goes there. */
MUST_USE enum reason step_choose_mailbox(struct build *b, enum party party, struct bytes mailbox);
/* M13, and M13B for what it cannot hold, to who holds the dossier. */
void step_mail_dossier(struct build *b);
/* M13 with the first of these parts alone, false when it may not be sent; M13B with one of them. */
struct decide_parts;
bool step_mail_first(struct build *b, const struct decide_parts *parts);
void step_mail_part(struct build *b, const struct decide_parts *parts, size_t part);
/* Identity compared once more, then the report to patient and physicians, M16 to the expert. */
MUST_USE enum reason step_release(struct build *b);
/* May that party have something of the dossier now, and is there a way: a mail, a letter, somebody's hand? */
bool step_may_have(const struct build *b, enum party party);
/* M64 of that version to a physician. */
void step_mail_report(struct build *b, enum party party, unsigned version);
/* EVENT_SHARED and M64: what was released, to a physician who has not had it. CONSENT_NONE, MESSAGE_DUPLICATE: he has it. */
MUST_USE enum reason step_share(struct build *b, enum party party);
/* To every physician whom the patient wants to have it after himself. */
MUST_USE enum reason step_share_due(struct build *b);
/* The patient has read, or heard, the report: EVENT_REPORT_READ the first time, and who was to wait for it has it now. */
MUST_USE enum reason step_read(struct build *b, const struct dossier_mail_data *data);
/* What came for the expert since he was sent the dossier: is there any; and the mails with it (code: M13C, M73), noted as sent. */
#define STEP_ADDENDUM "addendum"
bool step_has_addendum(const struct dossier *dossier);
MUST_USE enum reason step_addendum(struct build *b, enum mail_code code);
/* A mail to who holds the dossier was stopped for a document that was withdrawn: the same without it. DOSSIER_ORDER when there is nothing left to send. */
MUST_USE enum reason step_stopped(struct build *b, const struct policy_delivery *delivery);
/* The expert holds or gave an opinion on what was withdrawn: he is told which. */
void step_tell_withdrawn(struct build *b, struct bytes titles);
/* What he asked for has come: the words, and with them what was filed since he was sent the dossier. */
MUST_USE enum reason step_more_came(struct build *b, struct bytes words);
/* Did that mailbox's owner write it? The link or a signature says so; rpps is empty for who is no expert. */
MUST_USE enum reason step_writer(const struct build *b, struct bytes mailbox, struct bytes rpps);
/* The expert's question, to whoever asked for the opinion. */
MUST_USE enum reason step_ask_more(struct build *b, struct bytes question);
/* Somebody spoke of an emergency: M33 at once, and the nurses. where: "request", "exchange", "person". */
MUST_USE enum reason step_urgent(struct build *b, const char *where, struct bytes words);
/* The exchange is over: both are told, and the patient's right to reply ends. DOSSIER_FROZEN while neither could be. */
MUST_USE enum reason step_close(struct build *b);
/* A mail of the dossier failed for good. */
MUST_USE enum reason step_failed(struct build *b, const struct dossier_mail_data *mail);

/* Held, refused, or settled as the reason's class says, for a cause that lies outside of what it says: words of an emergency of the patient, of who acts for him
 * or of a stranger are then read before anything else (REPLY_URGENT, the nurses'), and never refused. */
void step_hold(struct build *b, enum reason reason);
void step_refuse(struct build *b, enum reason reason);
void step_settle(struct build *b, enum reason reason);
/* REASON_NONE when every document that names a patient, by itself or in METADATA.XML, names that one; else the reason, which depends on nothing but
 * the message and the patient. */
MUST_USE enum reason step_one_patient(const struct policy_message *message, const struct policy_patient *patient);
/* What the archive or a document was refused for; ORDER_MIXED: an order to delete among documents. Pieces set aside do not count. */
MUST_USE enum reason step_refused_piece(const struct policy_message *message);
MUST_USE enum reason step_file(struct build *b, const struct policy_document *document, struct bytes organisation,
			       bool vouched, bool confirmed);
/* DOCUMENT_MASKED when a document that would be passed on with the message may not be seen by that party. */
MUST_USE enum reason step_masked(const struct policy_message *message, enum party party);
/* Pieces were set aside: the nurses know of it, too. */
void step_tell_aside(struct build *b);
/* The message orders documents to be deleted. */
bool step_has_order(const struct policy_message *message);
/* No person wrote it: automatic, or under the null return path. */
bool step_is_automatic(const struct policy_message *message);

/* REASON_NONE when the rules have that version of that pathology and a request may begin with it; else PATHOLOGY_UNKNOWN,
 * QUESTIONNAIRE_UNKNOWN, PATHOLOGY_CLOSED, PATHOLOGY_UNVALIDATED. */
MUST_USE enum reason step_questionnaire(const struct policy_rules *rules, struct bytes pathology, struct bytes version, struct instant now);

/* What a person does around the straight line. USAGE for any other act. */
MUST_USE enum reason life_command(struct build *b, const struct policy_command *command);
/* M18 to who holds the dossier and to who was asked: before the event that takes it from them. ended: the request itself, not his part alone. */
void life_dismiss_experts(struct build *b, bool ended);

/* REPRESENT, REPRESENT_END, CHANNEL, SECRET, UNSECRET. USAGE for any other act. */
MUST_USE enum reason people_command(struct build *b, const struct policy_command *command);
/* Whose dates have passed act no more. */
MUST_USE enum reason step_end_representatives(struct build *b);
/* Who acts for the patient, or the other parent, wrote. */
void decide_representative(struct build *b);
/* What the patient, or who has all that he has, wrote: words and documents. The writer was checked. */
MUST_USE enum reason exchange_patient(struct build *b);

/* How a mailbox wants its mail: the words of its holder, a physician. REPLY_WISH: a person reads it first. */
bool step_is_profile_word(enum policy_word word);
MUST_USE enum reason step_profile_word(struct build *b);
/* His software could not file that mail: its mailbox has the PDF alone from now on, and has it again so, once. */
MUST_USE enum reason step_unfiled(struct build *b, const struct dossier_mail_data *mail);
bool step_says_unfiled(const struct policy_message *message);
/* PROFILE: how "pdf", "pdf+xdm", "paper". USAGE, DIRECTORY_NONE. */
MUST_USE enum reason profile_command(struct build *b, const struct policy_command *command);
/* M61 to the physician who asked: what is missing, or by when. Nothing when this decision answers him already. */
void step_mail_received(struct build *b);
/* Is the report for the physician who asked, and under no other role of his? */
bool step_requester_owed(const struct build *b);
/* He wrote from his mailbox; what is clinical goes there when the directory knows that mailbox, or a person confirmed it. */
bool step_requester_vouched(const struct build *b);

/* ASSIGN, REASSIGN, TAKE. USAGE for any other act. */
MUST_USE enum reason expert_command(struct build *b, const struct policy_command *command);

void decide_request(struct build *b, const struct dossier *const *candidates, size_t n);
void decide_record(struct build *b, const struct dossier *const *candidates, size_t n);
void decide_delete(struct build *b, const struct dossier *const *candidates, size_t n);
/* The same in the dossier that an operator chose. */
void decide_delete_in(struct build *b, const struct dossier *dossier);
void decide_relay(struct build *b);
/* A patient's reply, and that of the physician who asked. */
void decide_patient(struct build *b);
void decide_requester(struct build *b);
/* What a physician answers who has, or is to have, the report. */
void decide_physician(struct build *b);
/* The expert's answer to the patient; his question before he answers. The writer was checked. */
MUST_USE enum reason exchange_answer(struct build *b, const struct dossier_offer *expert);
MUST_USE enum reason exchange_more(struct build *b);
void decide_opinion(struct build *b);
/* An opinion of an expert who held the dossier and lost it: evidence, for a nurse. */
void decide_late_opinion(struct build *b, const struct dossier_offer *ended);
void decide_report(struct build *b);

#endif

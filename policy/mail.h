/* policy/mail.h - who mail goes to, and which mails there are. */
#ifndef RELAIS_POLICY_MAIL_H
#define RELAIS_POLICY_MAIL_H

#include "base/bytes.h"

/* A party to a dossier. SENDER is the organisation or person whose message we answer. */
enum party {
	PARTY_NONE,
	PARTY_PATIENT,
	PARTY_EXPERT,
	PARTY_ATTENDING,
	PARTY_FIRST_OPINION,
	PARTY_SENDER,
	PARTY_STANDBY,          /* the expert who is asked while the first still holds the dossier */
	PARTY_REQUESTER,        /* the physician who asked for the opinion */
	PARTY_REPRESENTATIVE,   /* who acts for the patient */
	PARTY_OTHER_PARENT,
	PARTIES
};

/* "patient", "expert", "attending", "first_opinion", "sender", "standby", "requester", "representative", "other_parent"; "none". */
const char *party_name(enum party party);
/* PARTY_NONE for any other word. */
enum party party_of_name(struct bytes name);

/* The mails of the catalogue: docs/messages.md shows each. */
enum mail_code {
	MAIL_NONE,
	MAIL_M01,   /* patient: your request has come */
	MAIL_M02,   /* patient: what is missing */
	MAIL_M02B,  /* patient: the expert asks for something more */
	MAIL_M03,   /* patient: reminder of what is missing */
	MAIL_M04,   /* patient: a document cannot be read */
	MAIL_M05,   /* patient: let us check your identity */
	MAIL_M06,   /* patient: complete, answer before */
	MAIL_M07,   /* patient: an expert has begun */
	MAIL_M08,   /* patient: another expert answers, the date stays */
	MAIL_M09,   /* patient: the answer will be late */
	MAIL_M10,   /* expert: offer */
	MAIL_M11,   /* expert: reminder of the offer */
	MAIL_M12,   /* expert: your reply is not clear */
	MAIL_M13,   /* expert: the dossier */
	MAIL_M13B,  /* expert: the dossier's further documents, where one mail could not hold them */
	MAIL_M13C,  /* expert: what came since, and what he had asked for */
	MAIL_M14,   /* expert: time left for the opinion */
	MAIL_M15,   /* expert: the opinion lacks something */
	MAIL_M16,   /* expert: your opinion is delivered */
	MAIL_M17,   /* expert: the month's opinions and fees */
	MAIL_M18,   /* expert: the dossier is withdrawn, erase your copies */
	MAIL_M19,   /* patient: the answer is ready, we call you */
	MAIL_M20,   /* patient, outside of the trusted space: a message waits; nothing else */
	MAIL_M21,   /* patient: the report; with "replaced" the one that cancels an earlier (M21r) */
	MAIL_M22,   /* patient: your message waits */
	MAIL_M30,   /* expert: a question */
	MAIL_M31,   /* patient: the answer to it */
	MAIL_M33,   /* patient: an emergency: call 15 or 112 */
	MAIL_M34,   /* patient: three days left for questions */
	MAIL_M35,   /* patient: the exchange is over; ends the right to reply */
	MAIL_M36,   /* patient: a question after the end has come, we call you */
	MAIL_M37,   /* expert: the thread is closed */
	MAIL_M40,   /* patient: six months later */
	MAIL_M41,   /* patient: your data are erased */
	MAIL_M42,   /* patient: we cannot answer, here is who can */
	MAIL_M43,   /* patient: request cancelled */
	MAIL_M44,   /* patient: request without news, closed */
	MAIL_M45,   /* patient: no expert for now */
	MAIL_M50,   /* representative: proof of mandate to send */
	MAIL_M51,   /* other holder of parental authority: a request was made */
	MAIL_M52,   /* patient: who acted for you does so no more */
	MAIL_M60,   /* physician: confirm the patient's consent */
	MAIL_M61,   /* physician: request received */
	MAIL_M62,   /* physician: a document is refused */
	MAIL_M63,   /* physician: something more is asked */
	MAIL_M64,   /* physician: the report; with "replaced" the one that cancels an earlier (M65) */
	MAIL_M70,   /* sender: received */
	MAIL_M71,   /* sender: refused or kept apart, and why */
	MAIL_M73,   /* expert: the hospital replaced or deleted a document */
	MAIL_M80,   /* nurses: the work of the day */
	MAIL_M81,   /* nurses: possible emergency */
	MAIL_M82,   /* nurses: day 5 */
	MAIL_M83,   /* nurses, manager: day 6 */
	MAIL_M84,   /* nurses, manager: day 7 */
	MAIL_M85,   /* nurses: delivery impossible */
	MAIL_M90,   /* operator: the queue grows */
	MAIL_M91,   /* operator: a peer's TLS or a certificate */
	MAIL_M92,   /* operator: directory or revocation list out of date */
	MAIL_M93,   /* operator: quarantine */
	MAIL_M94,   /* operator: disk, clock, backup */
	MAIL_M95,   /* operator: the day in figures */
	MAIL_M96,   /* officer: suspected misdelivery */
	MAIL_M97,   /* officer: content was read in an emergency */
	MAIL_M98,   /* officer: the audit chain is broken */
	MAIL_M99,   /* insurer: figures of the month */
	MAIL_M100,  /* insurer: request refused */
	MAIL_CODES
};

/* "M01"; "" for MAIL_NONE. */
const char *mail_code_name(enum mail_code code);
/* MAIL_NONE when no mail has that code. */
enum mail_code mail_code_of_name(struct bytes name);

#endif

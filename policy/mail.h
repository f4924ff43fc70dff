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

/* The mails of the catalogue that decisions ask for. */
enum mail_code {
	MAIL_NONE,
	MAIL_M01,   /* patient: your request has come */
	MAIL_M02,   /* patient: what is missing */
	MAIL_M06,   /* patient: complete, answer before */
	MAIL_M07,   /* patient: an expert has begun */
	MAIL_M10,   /* expert: offer */
	MAIL_M11,   /* expert: reminder of the offer */
	MAIL_M12,   /* expert: your reply is not clear */
	MAIL_M13,   /* expert: the dossier */
	MAIL_M13B,  /* expert: the dossier's further documents, where one mail could not hold them */
	MAIL_M15,   /* expert: the opinion lacks something */
	MAIL_M16,   /* expert: your opinion is delivered */
	MAIL_M21,   /* patient: the report */
	MAIL_M30,   /* expert: a question */
	MAIL_M31,   /* patient: the answer to it */
	MAIL_M64,   /* physician: the report */
	MAIL_M70,   /* sender: received */
	MAIL_M71,   /* sender: refused or kept apart, and why */
	MAIL_CODES
};

/* "M01"; "" for MAIL_NONE. */
const char *mail_code_name(enum mail_code code);
/* MAIL_NONE when no mail has that code. */
enum mail_code mail_code_of_name(struct bytes name);

#endif

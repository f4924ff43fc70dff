/* policy/facts.h - what was read in one incoming message, as plain values.
 *
 * The shell fills these from the answers of verify and inspect; the policy never
 * reads bytes of a message. All views are borrowed; an empty view is "not there". */
#ifndef RELAIS_POLICY_FACTS_H
#define RELAIS_POLICY_FACTS_H

#include "base/bytes.h"
#include "base/instant.h"
#include "base/reason.h"
#include "policy/mail.h"

struct policy_texts {
	const struct bytes *at;
	size_t n;
};

/* An identifier of a CDA: root OID and extension. */
struct policy_id {
	struct bytes root, extension;
};

/* The traits of an identity (INS). identity_from_ids() chooses ins and oid among a document's ids. */
struct policy_patient {
	struct bytes ins;                 /* matricule, 15 characters */
	struct bytes oid;                 /* 1.2.250.1.213.1.4.8 to .11 */
	struct bytes family_birth, given_birth_first, given_birth_all;
	struct bytes birth_time;          /* YYYYMMDD, more digits are ignored */
	struct bytes sex;                 /* M, F or UN */
	struct bytes birth_place;         /* COG code */
	struct bytes family_used, given_used;   /* the name in use: never compared, for documents that we write */
};

struct policy_author {
	struct bytes id;                  /* root^extension or the extension alone */
	struct bytes name;
	struct bytes organisation;        /* its id or, failing that, its name */
	struct bytes place;               /* its name, for people */
};

enum policy_answer_kind {
	POLICY_ANSWER_UNSAID,
	POLICY_ANSWER_NUMBER,
	POLICY_ANSWER_CHOICE,
	POLICY_ANSWER_TEXT,
	POLICY_ANSWER_DATE,
	POLICY_ANSWER_TRUTH,
	POLICY_ANSWER_SLIDER,
	POLICY_ANSWER_SECTION,            /* no answer to a question: a section of a physician's request */
	POLICY_ANSWER_KINDS
};

/* "number", "choice"...; NULL for UNSAID. UNSAID for any other word. */
const char *policy_answer_kind_name(enum policy_answer_kind kind);
enum policy_answer_kind policy_answer_kind_of_name(struct bytes name);

struct policy_answer {
	struct bytes question, text, value;
	enum policy_answer_kind kind;
	struct bytes label;               /* what the code of a choice means */
	struct bytes unit;
	struct bytes null;                /* why there is no value: "not-asked", "declined"...; empty when it is answered or unsaid */
	struct bytes section;             /* title */
	struct bytes form;                /* the definition that was filled in: root^extension, with "#version" when it is told */
};

/* What its sender wants done with a document: METADATA.XML says it (mssante.md M78). */
enum policy_action { POLICY_ACTION_NEW, POLICY_ACTION_REPLACE, POLICY_ACTION_DELETE };

enum policy_kind { POLICY_KIND_OTHER, POLICY_KIND_CDA, POLICY_KIND_PDF, POLICY_KIND_IMAGE };

struct policy_document {
	enum policy_kind kind;
	struct bytes name;                /* file name in the message */
	struct bytes id;                  /* root[^extension]; empty for a loose file */
	struct bytes set_id, version, replaces;
	struct bytes type;                /* LOINC code */
	struct bytes title;
	bool timed;
	struct instant time;              /* when timed */
	struct bytes digest;              /* SHA-256 of the file, hex */
	uint64_t size;
	bool realm_fr;
	bool has_patient;                 /* the document names a patient at all */
	struct policy_patient patient;
	struct policy_id labelled;        /* the patient's number that METADATA.XML gives it; a PDF says none itself */
	struct bytes part_of;             /* a loose file that lay in a document of the same message: that document's id */
	const struct policy_author *authors;
	size_t n_authors;
	struct bytes entered_by;          /* name of who typed it in for its author (dataEnterer); empty: nobody did */
	struct policy_author custodian;   /* id and name */
	struct policy_texts orders;       /* what it fulfils (inFulfillmentOf): root[^extension] */
	enum policy_action action;        /* REPLACE: replaces names it; DELETE: id names it, and there need be no file */
	bool masked_professionals, masked_patient, masked_representatives;   /* who may not have it: policy/given.h */
	bool foreign;                     /* of another country's rules: a file, of which only name, digest and size are told */
	bool aside;                       /* a file that nobody is given, and that is not filed; reason says why */
	enum reason reason;               /* worst finding on this document: a REFUSED class refuses the message, unless it is aside */
	bool is_annex;                    /* a file beside an opinion: it goes along with the report */
	enum reason annex;                /* of an annex: REASON_NONE, or why it cannot be handed on */
};

/* The signature's verdict in words (ARCHITECTURE.md, verify). */
enum policy_verdict {
	POLICY_VERDICT_NONE,
	POLICY_VERDICT_VALID,
	POLICY_VERDICT_INVALID,
	POLICY_VERDICT_MALFORMED,
	POLICY_VERDICT_UNTRUSTED,
	POLICY_VERDICT_PARTIAL,
	POLICY_VERDICT_ENCRYPTED,
	POLICY_VERDICTS
};

enum policy_bound { POLICY_BOUND_NONE, POLICY_BOUND_FROM, POLICY_BOUND_ORGANISATION };

struct policy_signature {
	enum policy_verdict verdict;
	enum policy_bound bound;          /* from verify: FROM or NONE */
	enum reason reason;               /* from verify; REASON_NONE when valid or none */
	struct bytes fingerprint;         /* SHA-256 of the certificate, hex */
	struct bytes subject;             /* canonical */
	struct bytes email;
	bool timed;
	struct instant time;              /* signingTime, when timed */
};

enum policy_scan { POLICY_SCAN_ACCEPT, POLICY_SCAN_QUARANTINE, POLICY_SCAN_REFUSE };

enum policy_class {
	POLICY_CLASS_UNKNOWN,
	POLICY_CLASS_REQUEST,
	POLICY_CLASS_RECORD,
	POLICY_CLASS_OPINION,
	POLICY_CLASS_REPLY,
	POLICY_CLASS_REPORT,
	POLICY_CLASSES
};

/* By the word of the facts ("request", "record"...); UNKNOWN for any other word. */
enum policy_class policy_class_of_name(struct bytes name);
/* By the word of the facts ("valid", "none"...); MALFORMED for any other word. */
enum policy_verdict policy_verdict_of_name(struct bytes name);

/* SMTP: an operator's link, whose certificate speaks for domains. SUBMISSION: the software of one of our own mailboxes, which
 * was authenticated. IMAP: fetched; nothing vouches for it but a signature. */
enum policy_source { POLICY_SOURCE_SMTP, POLICY_SOURCE_SUBMISSION, POLICY_SOURCE_IMAP };

enum policy_word {
	POLICY_WORD_NONE,
	POLICY_WORD_ACCEPT,
	POLICY_WORD_REFUSE,
	POLICY_WORD_CONFLICT,
	POLICY_WORD_ABSENT,
	POLICY_WORD_UNCLEAR,
	POLICY_WORD_RETURN,               /* who holds the dossier gives it back */
	POLICY_WORD_MORE,                 /* he needs something more before he answers */
	POLICY_WORD_OPINION,              /* he says that it is his opinion */
	POLICY_WORD_DELEGATE,             /* somebody else is to be asked */
	POLICY_WORD_SHARE,                /* the patient: the report to a physician */
	POLICY_WORD_UNSHARE,              /* no sharing, or no longer */
	POLICY_WORD_CORRECT,              /* something about her is wrong */
	POLICY_WORD_STOP,                 /* no more messages, or no more of the request: a person asks which */
	POLICY_WORD_CALL,
	POLICY_WORD_WITHDRAW,             /* the consent to the service */
	POLICY_WORD_NO_EXAM,              /* the exam that is asked for does not exist */
	POLICY_WORD_WAIT,
	POLICY_WORD_DONE,                 /* no further question */
	POLICY_WORD_PDF_ONLY,             /* the physician */
	POLICY_WORD_PAPER,
	POLICY_WORD_ADDRESS,              /* another address: policy_reply.address */
	POLICY_WORD_AGREE,                /* the patient agrees (M60); REFUSE: does not */
	POLICY_WORDS
};

const char *policy_word_name(enum policy_word word);
/* UNCLEAR for a word that is not in the list. */
enum policy_word policy_word_of_name(struct bytes name);

/* Why an expert declines. */
enum policy_motive {
	POLICY_MOTIVE_UNSAID,
	POLICY_MOTIVE_FIELD,
	POLICY_MOTIVE_TIME,
	POLICY_MOTIVE_CONFLICT,
	POLICY_MOTIVE_FILE,               /* the dossier does not suffice */
	POLICY_MOTIVES
};

const char *policy_motive_name(enum policy_motive motive);
/* UNSAID for a word that is not in the list. */
enum policy_motive policy_motive_of_name(struct bytes name);

/* The text read as an expert's answer; and as a patient's, and a physician's: the party tells which one counts. */
struct policy_reply {
	enum policy_word word;
	struct bytes from, until;         /* YYYY-MM-DD, for ABSENT and a refusal that names them: first and last day */
	enum policy_motive motive;        /* of REFUSE, CONFLICT, RETURN */
	bool delegate;                    /* he names somebody else to ask, whatever the word */
	bool on_behalf;                   /* written for him, by his secretary */
	bool more;                        /* ACCEPT: and he asks for something too */
	struct bytes address;             /* the one mail address of the text, with DELEGATE, delegate or ADDRESS */
	struct bytes rest;                /* what stands behind the word: "REFUSE : trop de dossiers" */
	enum policy_word patient, physician;
};

/* A sign of an emergency in the words of a text. */
struct policy_emergency {
	struct bytes kind, words;         /* "chest", "suicide"...; "douleur dans la poitrine" */
};

/* What an automatic answer says of an absence: a suggestion to a person, never more. */
struct policy_absence {
	struct bytes from, until;         /* YYYY-MM-DD; both empty: it says nothing */
};

struct policy_form_answer {
	unsigned number;                  /* of the question, from 1; 0: to all of them together */
	struct bytes text;
};

/* The headings of the opinion form that we sent. */
struct policy_form {
	bool found;
	struct bytes reference;
	const struct policy_form_answer *answers;   /* each number once, rising */
	size_t n_answers;
	struct bytes opinion;
	struct bytes convergence, remark; /* "yes", "partly", "no"; what he wrote beside it */
	struct bytes advice, delay, summary, limits, help, interests;
	struct bytes document;            /* digest of the report (85208-7) of his own software whose text or file is the opinion; else empty */
};

enum policy_report_kind { POLICY_REPORT_DSN, POLICY_REPORT_MDN, POLICY_REPORT_AUTO_REPLY, POLICY_REPORT_OTHER };

struct policy_report_recipient {
	struct bytes address;             /* final or original recipient; may be empty in an MDN */
	struct bytes action;              /* DSN: delivered, relayed, expanded, delayed, failed */
	struct bytes status;              /* DSN: 5.1.1 */
	struct bytes disposition;         /* MDN: displayed, deleted, processed/error... */
};

struct policy_report {
	enum policy_report_kind kind;
	bool worded;                      /* no fields of a report: read from its text, a hint for a person */
	const struct policy_report_recipient *recipients;
	size_t n;
	/* The outbox row that the shell found by original message id or envelope id; not found: matched is false. */
	bool matched;
	bool by_envelope;                 /* by the envelope id, which nobody can guess and no reader of the mail sees */
	enum mail_code code;
	enum party party;
	struct bytes mailbox;             /* the recipient of that row */
};

/* What the sender's server asked for, as the last server on the way has to keep it (RFC 3461 4.1). */
enum policy_notify { POLICY_NOTIFY_NEVER = 1, POLICY_NOTIFY_SUCCESS = 2, POLICY_NOTIFY_FAILURE = 4, POLICY_NOTIFY_DELAY = 8 };

struct policy_envelope {
	struct bytes address;             /* of ours, as it stood in RCPT */
	struct bytes original;            /* ORCPT in plain: "rfc822;a@b"; may be empty */
	unsigned notify;                  /* enum policy_notify added up; 0: unsaid */
};

struct policy_message {
	int64_t inbox;                    /* number of the inbox row, kept in events as evidence */
	struct bytes id;                  /* Message-ID */
	struct bytes digest;              /* SHA-256 of what is signed (the body of what is not), hex: the same under another head */
	struct instant received;
	bool seen;                        /* the same bytes were already decided on */
	enum policy_source source;
	struct policy_texts peer_domains; /* SMTP: the domains that the peer's certificate speaks for */
	struct bytes account;             /* SUBMISSION: the authenticated mailbox of ours */
	struct bytes mail_from;           /* SMTP and SUBMISSION: empty is the null return path */
	bool vouched;                     /* IMAP: the mailbox's operator answers for From's domain, and its own trace is the topmost */
	struct bytes from;                /* the single From address; empty when there is none */
	struct bytes recipient;           /* our address it came to */
	enum party party;                 /* of a relay address; PARTY_NONE for an intake address */
	enum policy_scan scan;
	enum reason scan_reason;
	struct policy_signature signature;
	enum policy_class class;
	bool automatic;                   /* RFC 3834, Precedence, mailer-daemon... */
	enum reason archive;              /* REASON_NONE, or what the archive was refused for */
	const struct policy_document *documents;
	size_t n_documents;
	const struct policy_answer *answers;   /* of the questionnaire response, all documents together */
	size_t n_answers;
	struct policy_reply reply;
	const struct policy_emergency *emergencies;   /* of any text, an automatic one's too */
	size_t n_emergencies;
	struct policy_absence absence;
	struct policy_form form;
	const struct policy_report *report;    /* NULL when it is none */
	struct bytes text;                /* the message's own new text (UTF-8), without quotes */
	struct bytes relayed;             /* the same without private addresses and telephone numbers: for the other side of an exchange */
	size_t masked;                    /* how many of these */
	size_t folded;                    /* lines of quotes, signature and disclaimer that text has not: a display says so */
	/* For receipts (policy/receipt.h). */
	const struct policy_envelope *envelope;   /* every recipient of ours; none for mail that was fetched */
	size_t n_envelope;
	struct bytes envelope_id;         /* ENVID in plain */
	struct bytes return_path;         /* of fetched mail: its Return-Path field */
	struct bytes notification_to;     /* Disposition-Notification-To, when it names one mailbox */
	struct bytes subject;
	bool own;                         /* we wrote it: it came back */
	bool receipted;                   /* a report on it went out already, when it was kept back */
	uint64_t notices;                 /* notices that its sender had within the last day */
};

#endif

/* cda/answer.h - one answer of a questionnaire, as a Questionnaire Response Document has it (HL7 CDA R2 IG: QRD, template
 * 2.16.840.1.113883.10.20.33; cda.md 2.3). All texts are UTF-8, blanks trimmed, empty when absent. */
#ifndef RELAIS_CDA_ANSWER_H
#define RELAIS_CDA_ANSWER_H

#include "base/bytes.h"

/* By the type of its value; without a value by the template of its observation. */
enum cda_answer_kind {
	CDA_ANSWER_UNSAID,   /* no value, and no template that tells */
	CDA_ANSWER_NUMBER,   /* INT, REAL, PQ */
	CDA_ANSWER_CHOICE,   /* CE, CD, CV, CO, CS */
	CDA_ANSWER_TEXT,     /* ST, ED, SC; a date may stand in it, as no pattern has one */
	CDA_ANSWER_DATE,     /* TS */
	CDA_ANSWER_TRUTH,    /* BL */
	CDA_ANSWER_SLIDER,   /* a number (.33.4.7) or a choice (.33.4.8) on a scale */
	CDA_ANSWER_KINDS
};

/* Why there is no value (HL7 NullFlavor). */
enum cda_null {
	CDA_NULL_NONE,           /* it is answered, or nothing is said */
	CDA_NULL_NOT_ASKED,      /* NASK */
	CDA_NULL_UNKNOWN,        /* UNK, NI, NAV and all that is not below */
	CDA_NULL_DECLINED,       /* ASKU: was asked, and gave no answer */
	CDA_NULL_MASKED,         /* MSK: known, and kept back */
	CDA_NULL_NOT_APPLICABLE, /* NA */
	CDA_NULL_OTHER,          /* OTH: none of the choices; its words are the label */
	CDA_NULLS
};

/* The definition that a questionnaire was filled in by (reference REFR, externalDocument). */
struct cda_form {
	struct bytes root, extension, version;
};

struct cda_answer {
	struct bytes question;       /* code/@code */
	struct bytes text;           /* the question's words: code/originalText, else @displayName */
	struct bytes value;          /* as written: number, code, text, HL7 time, "true" or "false" */
	enum cda_answer_kind kind;
	enum cda_null null;
	struct bytes label;          /* what the code of a choice means: @displayName, else originalText */
	struct bytes unit;           /* of a PQ, UCUM */
	struct bytes low, high;      /* what the form allowed: of a number its range, of a choice how many may be chosen */
	struct bytes section;        /* title of the innermost section that has one */
	struct bytes sequence;       /* sequenceNumber, those of outer organizers before it: "2.1" */
	struct cda_form form;
};

/* "number", "choice", "text", "date", "truth", "slider"; NULL for UNSAID */
const char *cda_answer_kind_name(enum cda_answer_kind kind);
/* "not-asked", "unknown", "declined", "masked", "not-applicable", "other"; NULL for NONE */
const char *cda_null_name(enum cda_null null);
/* NONE for an empty code */
enum cda_null cda_null_of_code(struct bytes code);

#endif

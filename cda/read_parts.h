/* cda/read_parts.h - what the files of the CDA reader share. Included by cda/read*.c only.
 *
 * read.c knows where it is in the document and what is captured as text; read_nodes.c which elements a header has;
 * read_header.c what is taken of them, read_party.c of authors; read_body.c embedded files; read_sections.c
 * sections; read_answers.c the answers of a questionnaire; read_narrative.c the readable text; read_rules.c judges by rule_list.h, whose functions stand in read_rules_*.c. */
#ifndef RELAIS_CDA_READ_PARTS_H
#define RELAIS_CDA_READ_PARTS_H

#include "base/buf.h"
#include "base/limits.h"
#include "cda/base64.h"
#include "cda/read.h"
#include "cda/read_nodes.h"

/* LOINC code of the definition of a form. */
#define READER_DEFINITION "74468-0"

struct reader;
typedef void reader_text(struct reader *r, struct bytes text);   /* trimmed, runs of blanks made one */

enum { READER_DEPTH = 16, READER_ORGANIZERS = 8, READER_SECTIONS = 16 };

/* An author or legal authenticator being read. */
struct reader_party {
	struct cda_party party;
	struct bytes given, family, plain, model, software;
	bool named, person;              /* has an id with root and extension; is a person */
};

/* An open element of the header: how many of each it held so far, and the text of a leaf once it ends. */
struct reader_frame {
	enum node node;
	unsigned char count[NODES];      /* stays at UCHAR_MAX */
	bool null;                       /* had a nullFlavor */
	struct bytes text;
};

enum reader_rule {
#define R(name, level, when, where, function, source, fr, en) RULE_##function,
#include "cda/rule_list.h"
#undef R
	RULES
};

struct reader_embedded {
	bool active, plain;              /* plain: text as it stands, not base64 */
	unsigned depth;
	struct bytes media;
	bool body, attached;
	struct base64 base64;
	unsigned char head[SNIFF_BYTES];
	size_t head_len;
	struct buf kept;
};

/* A section that is open. */
struct reader_section {
	unsigned depth;
	struct bytes code, title;
};

struct reader_organizer {
	unsigned depth;
	bool questionnaire;
	struct bytes sequence;           /* where it stands itself: "2", empty outside another */
	struct bytes item;               /* sequenceNumber of the component being read */
};

/* The part of an observation that is being read: its last child. */
enum reader_part { PART_OTHER, PART_CODE, PART_VALUE, PART_OPTIONS, PART_RANGE, PART_REFERENCE };

struct reader_answer {
	struct reader_section sections[READER_SECTIONS];
	unsigned section_count;
	struct reader_organizer organizers[READER_ORGANIZERS];
	unsigned organizer_count;
	unsigned depth;                  /* of the observation; 0: none */
	size_t first;                    /* of its answers, in d.answers */
	enum reader_part part;
	bool slider, counts, coded;      /* counts: the options observation; coded: a value that may have an originalText */
	struct cda_answer now;           /* what the observation's answers share */
	struct cda_form form;            /* of the reference being read */
	bool form_coded, form_sure;      /* its code was seen; it says that it is a form */
};

struct reader_narrative {
	unsigned section, title, text;   /* depth; 0: not inside */
	bool line_begun, blank_due, cell_due, any;
	size_t text_from;                /* where the text of this section begins in out */
	struct buf out;
};

struct reader {
	struct arena *arena;
	const struct cda_options *options;
	struct cda_document d;
	enum reason reason;              /* the first that a part set; ends the parse */
	size_t kept;                     /* bytes of text kept so far, against LIMIT_CDA_FACTS */

	bool not_cda;
	unsigned base;                   /* depth of ClinicalDocument; 0 before it */
	struct reader_frame frames[READER_DEPTH];   /* of the open elements down to here; frames[0] is the document's */
	unsigned open;                   /* how many of them are below the document */
	bool in_body;                    /* below ClinicalDocument/component */

	reader_text *capture;            /* whom the text of the element at capture_depth goes to */
	unsigned capture_depth;
	struct buf text;

	unsigned seen[NODES];            /* in the whole document */
	bool broken[RULES];
	bool template_france, template_header, template_file;
	bool bad_patient_id, id_null;
	unsigned ins_ids;                /* patient ids with an INS root */
	bool family_called, given_called;   /* the name in use came with CL */
	unsigned plain_givens;           /* given names of the patient without qualifier */
	struct cda_id type_id, parent_set;
	struct bytes confidentiality_system, signature, parent_version;
	bool replacing;                  /* inside a relatedDocument RPLC */
	unsigned main_performers;        /* of the first event that has any, once it has ended */
	struct bytes event_low, event_high; /* times of the event being read */
	bool event_begun, event_practice;   /* the event being read has its low time; its performer tells the setting of care */
	struct reader_party *now;        /* the party being read; NULL outside */
	struct reader_party legal;
	struct bytes qualifier;          /* of the name part being captured */

	struct reader_embedded embedded;
	struct reader_answer answer;
	struct reader_narrative narrative;
};

/* A copy in the arena, bounded; sets r->reason to DOCUMENT_LIMIT when it is too long. */
struct bytes reader_keep(struct reader *r, struct bytes text);
/* The first value stands. */
void reader_set(struct bytes *field, struct bytes value);
/* Room for one more item of a list; NULL and DOCUMENT_LIMIT beyond max. */
void *reader_more(struct reader *r, void *items, size_t *count, size_t size, size_t max, void **out_items);
/* The text of this element, when it ends, goes to `to`. A capture inside takes its place. */
void reader_capture(struct reader *r, unsigned depth, reader_text *to);
struct cda_id reader_id(struct reader *r, const struct xml_element *element);

/* The innermost open element of the header, and whether one of a kind is open around it. */
struct reader_frame *reader_top(struct reader *r);
bool reader_within(const struct reader *r, enum node node);

/* read_header.c: what is taken of an element of the header, reader_top(r), as it begins. */
void reader_header_start(struct reader *r, const struct xml_element *element);
/* read_party.c: of an author or the legal authenticator; and as one ends. */
void reader_party_start(struct reader *r, const struct xml_element *element);
void reader_party_end(struct reader *r);
/* read_body.c: anything below ClinicalDocument/component. */
void reader_body_start(struct reader *r, const struct xml_element *element);
void reader_body_text(struct reader *r, struct bytes piece);
void reader_body_end(struct reader *r, unsigned depth);
/* read_sections.c: sections begin, have parts, and end; `title` of a section is captured here. */
void reader_section_start(struct reader *r, const struct xml_element *element);
void reader_section_part(struct reader *r, const struct xml_element *element);
void reader_section_end(struct reader *r, unsigned depth);
/* The innermost title there is. */
struct bytes reader_section_title(const struct reader *r);
/* The readable text of the section that is open, of a document whose sections are told. */
void reader_section_text(struct reader *r, struct bytes text);
/* Inside the section of attached documents (55107-7)? */
bool reader_in_attachments(const struct reader *r);
/* The sections of this document are told: it is a physician's request. */
bool reader_tells_sections(const struct reader *r);
/* read_answers.c: anything below ClinicalDocument/component; sections are passed on. */
void reader_answers_start(struct reader *r, const struct xml_element *element);
void reader_answers_end(struct reader *r, unsigned depth);
/* After the last element: a form's definition has no answers. */
void reader_answers_conclude(struct reader *r);
/* read_narrative.c */
void reader_narrative_start(struct reader *r, const struct xml_element *element);
void reader_narrative_text(struct reader *r, struct bytes piece);
void reader_narrative_end(struct reader *r, struct bytes name, unsigned depth);
/* read_rules.c: judges reader_top(r) as it begins (its element is given) or ends (NULL). */
void reader_judge(struct reader *r, const struct xml_element *element);
/* Judges the document and fills the findings; HEADER when a French document lacks what nothing can do without. */
enum reason reader_conclude(struct reader *r);

/* read_rules_*.c: does the rule hold? Of reader_top(r); the element is NULL for rules that are judged at its end. */
#define RULE(function) bool reader_rule_##function(const struct reader *r, const struct xml_element *element)
#define R(name, level, when, where, function, source, fr, en) RULE(function);
#include "cda/rule_list.h"
#undef R

/* For the rules. */
unsigned reader_count(const struct reader *r, enum node node);      /* directly in the innermost open element */
struct bytes reader_value(const struct xml_element *element, const char *name);   /* trimmed attribute */
bool reader_is_oid(struct bytes root);
bool reader_is_oid_or_uuid(struct bytes root);
bool reader_is_time(struct bytes time, size_t digits);   /* HL7 TS of so many digits at least, with or without offset */
bool reader_is_one_of(struct bytes word, struct bytes words);   /* words parted by blanks */

#endif

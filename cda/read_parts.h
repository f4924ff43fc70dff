/* cda/read_parts.h - what the files of the CDA reader share. Included by cda/read*.c only.
 *
 * read.c knows where it is in the document and what is captured as text; read_header.c has the table of header
 * elements, read_party.c authors; read_body.c embedded files and answers; read_narrative.c the readable text; read_rules.c the findings. */
#ifndef RELAIS_CDA_READ_PARTS_H
#define RELAIS_CDA_READ_PARTS_H

#include "base/buf.h"
#include "base/limits.h"
#include "cda/base64.h"
#include "cda/read.h"
#include "cda/xml.h"

/* Elements of the header that are counted; the rules speak of these counts. */
enum place {
	PLACE_REALM, PLACE_TYPE_ID, PLACE_TEMPLATE, PLACE_ID, PLACE_CODE, PLACE_TITLE, PLACE_TIME,
	PLACE_CONFIDENTIALITY, PLACE_LANGUAGE, PLACE_SET_ID, PLACE_VERSION,
	PLACE_RECORD_TARGET, PLACE_PATIENT_ID, PLACE_PATIENT, PLACE_PATIENT_NAME, PLACE_PATIENT_PREFIX,
	PLACE_PATIENT_FAMILY, PLACE_PATIENT_GIVEN, PLACE_SEX, PLACE_BIRTH_TIME, PLACE_BIRTH_PLACE,
	PLACE_RELIGION, PLACE_RACE, PLACE_ETHNIC,
	PLACE_AUTHOR, PLACE_AUTHOR_TIME, PLACE_LEGAL, PLACE_LEGAL_TIME, PLACE_SIGNATURE,
	PLACE_CUSTODIAN, PLACE_CUSTODIAN_ID, PLACE_CUSTODIAN_NAME,
	PLACE_ORDER_ID, PLACE_EVENT, PLACE_PERFORMER, PLACE_PRACTICE,
	PLACE_RELATED, PLACE_PARENT_ID, PLACE_ENCOUNTER, PLACE_FACILITY,
	PLACE_FILE_BODY, PLACE_FILE, PLACE_STRUCTURED_BODY,
	PLACES
};

struct reader;
typedef void reader_text(struct reader *r, struct bytes text);   /* trimmed, runs of blanks made one */

enum { READER_PATH = 256, READER_ORGANIZERS = 8 };

/* An author or legal authenticator being read. */
struct reader_party {
	struct cda_party party;
	struct bytes given, family, plain, model, software;
	unsigned ids, persons, devices;
};

struct reader_embedded {
	bool active, plain;              /* plain: text as it stands, not base64 */
	unsigned depth;
	struct bytes media;
	bool body;
	struct base64 base64;
	unsigned char head[SNIFF_BYTES];
	size_t head_len;
	struct buf kept;
};

struct reader_answer {
	struct { unsigned depth; bool questionnaire; } organizers[READER_ORGANIZERS];
	unsigned organizer_count;
	unsigned depth;                  /* of the observation; 0: none */
	unsigned code_depth;
	bool answered;
	struct cda_answer now;
};

struct reader_narrative {
	unsigned section, title, text;   /* depth; 0: not inside */
	bool line_begun, blank_due, cell_due, any;
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
	unsigned char path[READER_PATH]; /* local names below ClinicalDocument, joined by '/' */
	size_t path_len;
	unsigned path_depth;             /* how many names it has */
	bool in_body;                    /* below ClinicalDocument/component */

	reader_text *capture;            /* whom the text of the element at capture_depth goes to */
	unsigned capture_depth;
	struct buf text;

	unsigned seen[PLACES];
	bool template_france, template_header, template_file;
	bool bad_qualifier, bad_patient_id, bad_ins, id_null;
	unsigned ins_ids;                /* patient ids with an INS root */
	struct bytes type_root, signature;
	struct reader_party *now;        /* the party being read; NULL outside */
	struct reader_party legal;
	unsigned authors_without_id, authors_without_person;
	struct bytes qualifier;          /* of the name part being captured */
	bool replacing;                  /* inside a relatedDocument RPLC */

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

/* read_header.c: an element of the header began; r->path is its path. */
void reader_header_start(struct reader *r, const struct xml_element *element);
/* read_party.c: an author or the legal authenticator begins, has a part, or ends. */
void reader_party_author(struct reader *r, const struct xml_element *element);
void reader_party_legal(struct reader *r, const struct xml_element *element);
void reader_party_start(struct reader *r, const struct xml_element *element, struct bytes path);
void reader_party_end(struct reader *r, struct bytes name, unsigned depth);
/* read_body.c: anything below ClinicalDocument/component. */
void reader_body_start(struct reader *r, const struct xml_element *element);
void reader_body_text(struct reader *r, struct bytes piece);
void reader_body_end(struct reader *r, unsigned depth);
/* read_narrative.c */
void reader_narrative_start(struct reader *r, const struct xml_element *element);
void reader_narrative_text(struct reader *r, struct bytes piece);
void reader_narrative_end(struct reader *r, struct bytes name, unsigned depth);
/* read_rules.c: fills the findings; HEADER when a French document lacks what nothing can do without. */
enum reason reader_judge(struct reader *r);

#endif

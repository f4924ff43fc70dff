/* cda/read.h - reads a clinical document in one pass to a typed view: what `relais inspect --json` shows of it.
 *
 * Bounded (LIMIT_XML_*, LIMIT_CDA_*), no tree. Embedded files are decoded, sniffed and counted; they are kept only
 * on demand. A style sheet inside the document is seen and never run. All texts are UTF-8 in the arena or
 * empty when absent. */
#ifndef RELAIS_CDA_READ_H
#define RELAIS_CDA_READ_H

#include "base/arena.h"
#include "base/reason.h"
#include "cda/answer.h"
#include "cda/schema.h"
#include "cda/sniff.h"

struct cda_id {
	struct bytes root, extension; /* extension is empty when there is none */
};

struct cda_patient {
	struct cda_id *ids;
	size_t id_count;
	/* Traits as written, runs of blanks made one. family_used: qualifier CL, else SP or none; given_used: CL, else another. */
	struct bytes family_birth, family_used, given_birth_first, given_birth_all, given_used;
	struct bytes birth_time, sex, birth_place; /* HL7 time; M, F or UN; COG code of the place */
};

/* A person or a device who wrote or answers for the document. */
struct cda_party {
	struct cda_id id;
	struct bytes name;             /* "Olivier DUMAS": given, family; of a device its model and software */
	struct bytes given, family;    /* of a person */
	struct bytes rpps;             /* 11 digits, from a PS_IdNat 8…; empty otherwise */
	struct cda_id organization_id; /* FINESS and the like (root 1.2.250.1.71.4.2.2) */
	struct bytes organization;     /* its name */
};

struct cda_embedded {
	struct bytes media; /* as declared */
	enum sniff detected;
	size_t size;          /* decoded */
	bool clean;           /* was strict base64 apart from blanks, or was text */
	bool body;            /* the body of a level-1 document */
	bool attached;        /* in the section of attached documents (LOINC 55107-7) */
	struct bytes content; /* only when it was asked for */
};

/* A section with readable text, as plain lines; of a physician's request (75496-0) alone. */
struct cda_section {
	struct bytes code, title, text; /* LOINC code */
};

enum cda_level { CDA_LEVEL_INFO, CDA_LEVEL_WARNING, CDA_LEVEL_ERROR };

struct cda_finding {
	const char *rule; /* stable name: "header.patient.traits.sex"; all of them: cda/rule_list.h */
	enum cda_level level;
	const char *text, *text_fr; /* one sentence in English and in French, without content */
	const char *source;         /* where the rule stands: "CI-SIS header, recordTarget" */
};

enum cda_schema { CDA_SCHEMA_NOT_CHECKED, CDA_SCHEMA_VALID, CDA_SCHEMA_INVALID };

struct cda_document {
	enum sniff kind; /* SNIFF_XML for a CDA, SNIFF_CCR, or SNIFF_OTHER with DOCUMENT_NOT_CDA */
	bool cda, french, self_displaying;
	unsigned level; /* 1: an embedded file as body; 3: a structured body; 0: neither */
	struct bytes type, type_system, type_name, title, realm, language, confidentiality;
	struct cda_id id, set_id, replaces; /* replaces: the parent document of a relatedDocument RPLC */
	struct bytes version, time;         /* digits; HL7 time */
	struct bytes facility, practice;    /* codes: of the encounter's facility (JDV_J02), of the main event's performer (JDV_J04) */
	struct bytes service_start, service_stop; /* HL7 time, of the main event: the first that somebody performed */
	bool transforms;                    /* a relatedDocument of another kind than RPLC */
	struct cda_patient patient;
	struct cda_party *authors;
	size_t author_count;
	struct cda_party data_enterer; /* who typed it in for its author; empty: nobody did */
	struct cda_party legal_authenticator, custodian; /* custodian: organization fields in id and name */
	struct cda_id *orders;
	size_t order_count;
	struct cda_embedded *embedded;
	size_t embedded_count;
	struct cda_answer *answers;
	size_t answer_count;
	bool definition; /* the definition of a form (LOINC 74468-0): it has questions and never answers */
	struct cda_section *sections;
	size_t section_count;
	struct cda_finding *findings;
	size_t finding_count;
	enum cda_schema schema;
	struct bytes narrative; /* only when it was asked for */
};

struct cda_options {
	struct schema *schema; /* NULL: not checked */
	bool keep_embedded;    /* fill cda_embedded.content */
	bool keep_attached;    /* the same for what a physician's request has in its section of attached documents */
	bool narrative;        /* fill cda_document.narrative, at most LIMIT_CDA_NARRATIVE bytes */
};

/*
 * On REASON_NONE and on a reason of the class TOLERATED *out is whole: DOCUMENT_FOREIGN (a CDA
 * without realm FR or the French header template), DOCUMENT_SELF_DISPLAYING (a French one inside a style sheet),
 * DOCUMENT_NOT_CDA (only kind is set). Refused, and *out untouched: DOCUMENT_DOCTYPE, DOCUMENT_MALFORMED,
 * DOCUMENT_LIMIT, DOCUMENT_PATIENTS (two record targets), DOCUMENT_HEADER (a French document without id, type or
 * patient).
 */
MUST_USE enum reason cda_read(struct arena *arena, struct bytes document, const struct cda_options *options,
			      struct cda_document *out);

/* True for the roots of an INS: NIR or NIA, or the tests' (1.2.250.1.213.1.4.8 to .11). */
bool cda_id_is_ins(struct bytes root);
/* "root^extension", or the root alone; in the arena. */
struct bytes cda_id_text(struct arena *arena, struct cda_id id);
const char *cda_level_name(enum cda_level level);    /* "info", "warning", "error" */
const char *cda_schema_name(enum cda_schema schema); /* "valid", "invalid", "not-checked" */

/* The file that stands for the document: the body of a level-1 document, else the first embedded PDF (the "copy of the
 * document" of level 3). NOT_FOUND when there is none that decoded cleanly as a PDF. */
MUST_USE enum reason cda_read_pdf(struct arena *arena, struct bytes document, struct bytes *pdf);
/* The human-readable text: title, then each section's title and text, as plain lines; cells of a table row are
 * joined by " | ". Cut at LIMIT_CDA_NARRATIVE. NOT_FOUND when there is none. */
MUST_USE enum reason cda_read_narrative(struct arena *arena, struct bytes document, struct bytes *text);

#endif

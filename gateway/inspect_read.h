/* gateway/inspect_read.h - one message, archive or document read to what it says. Runs in the second child only.
 *
 * Here mail (smtp/), archives and documents (cda/) meet. Nothing is decided: what is found is told, and
 * the worst reason of each thing with it. All is in the arena or points into the payload. */
#ifndef RELAIS_GATEWAY_INSPECT_READ_H
#define RELAIS_GATEWAY_INSPECT_READ_H

#include "base/arena.h"
#include "base/limits.h"
#include "cda/read.h"
#include "cda/schematron_run.h"
#include "cda/xdm_compare.h"
#include "gateway/inspect_said.h"
#include "smtp/form.h"
#include "smtp/mime_read.h"
#include "smtp/notice_read.h"

enum inspect_kind { INSPECT_MAIL, INSPECT_ZIP, INSPECT_CDA, INSPECT_OTHER };

enum inspect_op { INSPECT_FACTS, INSPECT_EXTRACT, INSPECT_HTML, INSPECT_NORMALISE };

struct inspect_request {
	enum inspect_op op;
	bool english;                /* language of the words around (INSPECT_HTML), of those in the place of what is masked */
	enum inspect_kind kind;
	struct bytes name;           /* file name, for what is no mail; may be empty */
	struct bytes head;           /* outer header block; empty: the range has its own */
	struct bytes range;          /* what is parsed */
	struct schema *schema;       /* NULL: not checked */
	const struct schematron_set *schematrons; /* NULL: not checked */
	struct bytes own[INSPECT_OWN];   /* the service's numbers and domains: never masked */
	size_t n_own;
};

enum { INSPECT_FINDINGS = 4 + XDM_FINDINGS };

struct inspect_document {
	struct bytes name, media;    /* media as declared; empty when nothing was */
	struct bytes content;
	enum sniff type;             /* by its bytes; SNIFF_XML with is_cda false is any other XML */
	bool is_cda;
	bool foreign;                /* a clinical document of another country's rules: a file, whose patient is not believed */
	bool aside;                  /* kept with the message and given to nobody: reason says why, and the sender is told */
	struct cda_document cda;     /* when is_cda */
	bool packaged;               /* stands in an IHE XDM package */
	/* Of the archive's metadata, for what the document does not say itself; empty otherwise. The patient also of a file it does not describe. */
	struct bytes meta_id, meta_type, meta_title, meta_time, meta_replaces;
	struct cda_id meta_patient;
	struct cda_id part_of;       /* the document that it lay in */
	enum xdm_action action;
	bool masked_professionals, masked_patient, masked_representatives;
	struct schematron_result schematron;   /* when is_cda */
	enum reason reason;          /* the worst that is known of it */
	struct cda_finding findings[INSPECT_FINDINGS];   /* of ours, beside cda.findings */
	size_t n_findings;
	bool is_annex;               /* a file that goes along with an opinion */
	enum reason annex;           /* REASON_NONE: it can be normalised and handed on with the report; or why not */
};

struct inspection {
	enum inspect_kind kind;
	bool is_mail;
	struct mime_message mail;
	struct notice notice;
	struct inspect_said said;    /* of its text */
	struct form form;            /* of the mail's text; what it lacks, of the report (85208-7) that came with it */
	const struct inspect_document *form_document;   /* the report that is the opinion, when the text has none; else NULL */
	struct inspect_document *documents;
	size_t n;
	bool has_archive;
	enum reason archive;         /* NONE: a sound IHE XDM package */
	const char *class;           /* "request", "record", "opinion", "reply", "report", "unknown" */
	bool automatic;
	enum reason reason;          /* the worst of all that was read */
};

/* Never fails: what cannot be read is told by *out (reason). */
void inspect_read(struct arena *arena, const struct inspect_request *request, struct inspection *out);

/* "accept", "accept-tolerant", "quarantine", "refuse" */
const char *inspect_verdict_name(enum reason reason);
/* "mail", "zip", "cda", "other" */
const char *inspect_kind_name(enum inspect_kind kind);
/* There is a file that may be given on: not set aside, and no order to delete. */
bool inspect_document_is_given(const struct inspect_document *document);
/* "cda", "pdf"... "other" */
const char *inspect_document_kind(const struct inspect_document *document);

#endif

/* cda/xdm_write.h - writes IHE_XDM.zip (IHE ITI Cross-enterprise Document Media Interchange; cda.md 4.1 and 4.3), strictly.
 *
 * INDEX.HTM and README.TXT at the root, IHE_XDM/SUBSET01/METADATA.XML with every mandatory attribute and the documents
 * DOC0001.XML, DOC0002.XML… byte for byte as given. One package, one patient. The same input gives the same bytes. */
#ifndef RELAIS_CDA_XDM_WRITE_H
#define RELAIS_CDA_XDM_WRITE_H

#include "cda/write.h"

#define XDM_WRITE_NAME "IHE_XDM.zip"

struct xdm_write_person {
	struct bytes id, id_root;         /* PS_IdNat "8…" under 1.2.250.1.71.4.2.1, or as the document has it; may be empty */
	struct bytes family, given;
	struct bytes organisation, organisation_id;   /* may be empty; the id: Struct_IdNat */
	struct bytes specialty_code, specialty_name;  /* may be empty; code system of the CI-SIS professions */
};

struct xdm_write_document {
	struct bytes content;             /* the file */
	struct bytes id;                  /* "ROOT" or "ROOT^EXTENSION" */
	struct bytes replaces;            /* may be empty; then written as the replaced document of the extra metadata slot */
	struct bytes title;
	struct bytes type_code, type_name, type_system;   /* name empty: the code; system empty: LOINC */
	struct bytes format_code;         /* empty: urn:ihe:iti:xds-sd:pdf:2008 for level 1 */
	struct bytes language;            /* empty: fr-FR */
	unsigned level;                   /* 1 or 3 */
	struct bytes class_code;          /* JDV_J06; empty: 10, a report */
	struct bytes facility_code;       /* JDV_J02; empty: SA43, a sector not defined */
	struct bytes practice_code;       /* JDV_J04; empty: ETABLISSEMENT */
	struct bytes confidentiality[4];  /* first one empty: N. A masking code may follow (cda.md 1.1) */
	struct instant time;              /* creation */
	struct instant service_start, service_stop;   /* stop: zero for none */
	struct xdm_write_person author, legal_authenticator;
};

struct xdm_write_set {
	struct bytes unique;              /* any text that is this package's own: its OID is made of its digest */
	struct bytes title;
	struct instant time;              /* submission */
	struct cda_write_patient patient;
	struct bytes sender_id, sender_name;   /* our structure: author of the submission set */
	bool english;                     /* language of INDEX.HTM and README.TXT */
	const struct xdm_write_document *documents;
	size_t count;                     /* 1 to LIMIT_DOCUMENTS */
};

/* The archive in the arena. COMPOSE_FIELD: *field names what is absent or not allowed; COMPOSE_FAILED: the library failed. */
MUST_USE enum reason xdm_write(struct arena *arena, const struct xdm_write_set *set, struct bytes *out, const char **field);

/* Name inside the package of its n-th document (from 0): "IHE_XDM/SUBSET01/DOC0001.XML". */
struct bytes xdm_write_path(struct arena *arena, size_t n);
/* An OID of its own under 2.25 (ITU-T X.667) from the digest of a text. */
struct bytes xdm_write_oid(struct arena *arena, struct bytes text);

#endif

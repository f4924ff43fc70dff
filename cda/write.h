/* cda/write.h - writes the opinion report: a French CDA (TLM-CR, type 85208-7), level 1 with its PDF as body, or level 3 with the
 * text in coded sections and the PDF as the "copy of the document".
 *
 * The header follows cda.md section 1 (CI-SIS structuration minimale) and 2.1 (teleexpertise): every trait of the identity is
 * demanded, because a document with an INS and without its traits must not exist. The same input gives the same bytes.
 * All texts are UTF-8 without control characters (LF is allowed in a section's text); ids are "ROOT" or "ROOT^EXTENSION"
 * (an OID or a UUID as root). */
#ifndef RELAIS_CDA_WRITE_H
#define RELAIS_CDA_WRITE_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"

#define CDA_WRITE_TYPE "85208-7"
#define CDA_WRITE_TYPE_NAME "CR de télémédecine"
#define CDA_WRITE_FORMAT "urn:ihe:iti:xds-sd:pdf:2008"
/* Of level 3: CI-SIS has no structured model of the report (cda.md 2), so the format says no more than the media type does
 * (IHE format codes, "mimeTypeSufficient"), and the document's template is our own. */
#define CDA_WRITE_FORMAT_LEVEL_3 "urn:ihe:iti:xds:2017:mimeTypeSufficient"
#define CDA_WRITE_TEMPLATE_LEVEL_3 "2.25.190317764238497124083345678901234567.3"

/* An instant and the zone it is shown in. */
struct cda_write_time {
	struct instant at;
	int offset_minutes;               /* from UTC, as in +0100 = 60 */
};

/* A person of whom the name alone is known. All empty: nobody. */
struct cda_write_person {
	struct bytes title;               /* JDV_J246, such as DR or PR; may be empty */
	struct bytes given, family;       /* given may be empty */
};

struct cda_write_patient {
	struct bytes ins, oid;            /* 15 characters, and the INS root 1.2.250.1.213.1.4.8 to .11 */
	struct bytes family_birth, given_birth_first, given_birth_all;
	struct bytes family_used, given_used;   /* may be empty: then not written */
	struct bytes birth_time;          /* YYYYMMDD */
	struct bytes sex;                 /* M, F or UN */
	struct bytes birth_place;         /* COG code of a commune, or 99 and the country's */
	unsigned birth_order;             /* among twins and more: 1 to 9; 0: born alone, or not known */
	struct cda_write_person guardian; /* of a minor or a protected adult, when known */
};

struct cda_write_expert {
	struct bytes rpps;                /* 11 digits */
	struct bytes title;               /* JDV_J246; may be empty */
	struct bytes given, family;
	struct bytes organisation, organisation_id;   /* the id: Struct_IdNat, "1" + FINESS or "3" + SIRET */
	struct bytes specialty_code;      /* JDV_J01, such as G15_10/SM26 */
	struct bytes specialty_name;      /* empty: the one of cda/write_codes.h */
	struct bytes practice_code;       /* JDV_J04, of his structure; empty: AMBULATOIRE */
};

struct cda_write_custodian {
	struct bytes id, name;            /* Struct_IdNat of our own structure */
	struct bytes facility_code;       /* JDV_J02; empty: SA64 */
};

/* Who is meant to have a copy. A record only: nothing is ever sent because of it (cda.md 1.5). */
struct cda_write_recipient {
	struct bytes rpps;                /* 11 digits; may be empty */
	struct cda_write_person person;
};

/* What a section is about; its code is that of write_body.c, where LOINC has one that French documents use. */
enum cda_write_kind {
	CDA_WRITE_OTHER,
	CDA_WRITE_SUMMARY,                /* for the patient, in plain words */
	CDA_WRITE_QUESTION,
	CDA_WRITE_CASE,                   /* as understood */
	CDA_WRITE_DOCUMENTS,              /* read, and what was missing */
	CDA_WRITE_ANSWERS,
	CDA_WRITE_OPINION,
	CDA_WRITE_CONVERGENCE,
	CDA_WRITE_ADVICE,
	CDA_WRITE_LIMITS,
	CDA_WRITE_HELP,
	CDA_WRITE_INTERESTS,
	CDA_WRITE_KINDS
};

struct cda_write_section {
	enum cda_write_kind kind;
	struct bytes title, text;         /* lines parted by LF; a line "- …" is an item of a list */
};

struct cda_write_report {
	unsigned level;                   /* 1 or 3 */
	struct bytes id, set_id, replaces;   /* replaces: id of the version that this one cancels; empty for none */
	unsigned version;                 /* from 1; with replaces from 2 */
	struct bytes request_id;          /* id of the request's document, written as inFulfillmentOf */
	struct bytes title;
	bool english;                     /* language of the document: en-GB, else fr-FR */
	struct cda_write_time time;       /* of the document: effectiveTime */
	struct cda_write_time signed_time;   /* when the expert signed: author and legal authenticator */
	struct bytes act;                 /* NGAP: TE1 or TE2 */
	struct cda_write_time service_time, service_end;   /* when the opinion began and ended */
	struct cda_write_patient patient;
	struct cda_write_expert expert;
	struct cda_write_custodian custodian;
	const struct cda_write_recipient *recipients;
	size_t recipient_count;
	const struct cda_write_section *sections;   /* level 3: at least one */
	size_t section_count;
	struct bytes pdf;                 /* the body, or the copy */
};

/* The document in the arena. COMPOSE_FIELD: *field names the field that is absent or not allowed (static text); COMPOSE_FAILED: a character
 * that XML forbids; COMPOSE_SIZE: over LIMIT_XML. *out is then untouched. */
MUST_USE enum reason cda_write_report(struct arena *arena, const struct cda_write_report *report,
				      struct bytes *out, const char **field);

/* For the metadata of the package: the same checks alone. */
MUST_USE enum reason cda_write_patient_check(const struct cda_write_patient *patient, const char **field);
/* HL7 time stamp "20261121215000+0100" in the zone of the time; in UTC without a zone ("20261121205000") for metadata. */
struct bytes cda_write_time_text(struct arena *arena, struct cda_write_time time);
struct bytes cda_write_time_utc(struct arena *arena, struct instant at);

#endif

/* cda/write.h - writes the opinion report: a French level-1 CDA (TLM-CR, type 85208-7) with its PDF inside.
 *
 * The header follows cda.md section 1 (CI-SIS structuration minimale): every trait of the identity is demanded, because
 * a document with an INS and without its traits must not exist. The same input gives the same bytes.
 * All texts are UTF-8 without control characters; ids are "ROOT" or "ROOT^EXTENSION" (an OID or a UUID as root). */
#ifndef RELAIS_CDA_WRITE_H
#define RELAIS_CDA_WRITE_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"

#define CDA_WRITE_TYPE "85208-7"
#define CDA_WRITE_TYPE_NAME "CR de télémédecine"
#define CDA_WRITE_FORMAT "urn:ihe:iti:xds-sd:pdf:2008"

/* An instant and the zone it is shown in. */
struct cda_write_time {
	struct instant at;
	int offset_minutes;               /* from UTC, as in +0100 = 60 */
};

struct cda_write_patient {
	struct bytes ins, oid;            /* 15 characters, and the INS root 1.2.250.1.213.1.4.8 to .11 */
	struct bytes family_birth, given_birth_first, given_birth_all;
	struct bytes family_used, given_used;   /* may be empty: then not written */
	struct bytes birth_time;          /* YYYYMMDD */
	struct bytes sex;                 /* M, F or UN */
	struct bytes birth_place;         /* COG code */
};

struct cda_write_expert {
	struct bytes rpps;                /* 11 digits */
	struct bytes given, family;
	struct bytes organisation, organisation_id;   /* the id: Struct_IdNat, "1" + FINESS or "3" + SIRET */
	struct bytes specialty_code;      /* JDV_J01, such as G15_10/SM26 */
	struct bytes specialty_name;      /* empty: "Médecin" */
};

struct cda_write_custodian {
	struct bytes id, name;            /* Struct_IdNat of our own structure */
	struct bytes facility_code;       /* JDV_J02; empty: SA64 */
	struct bytes practice_code;       /* JDV_J04; empty: AMBULATOIRE */
};

struct cda_write_report {
	struct bytes id, set_id, replaces;   /* replaces: id of the version that this one cancels; empty for none */
	unsigned version;                 /* from 1 */
	struct bytes request_id;          /* id of the request's document, written as inFulfillmentOf */
	struct bytes title;
	bool english;                     /* language of the document: en-GB, else fr-FR */
	struct cda_write_time time;       /* signed by the expert: author, legal authenticator, effectiveTime */
	struct cda_write_time service_time;   /* when the opinion began */
	struct cda_write_patient patient;
	struct cda_write_expert expert;
	struct cda_write_custodian custodian;
	struct bytes pdf;                 /* the body */
};

/* The document in the arena. COMPOSE_FIELD: *field names the field that is absent or not allowed (static text), *out is untouched. */
MUST_USE enum reason cda_write_report(struct arena *arena, const struct cda_write_report *report,
				      struct bytes *out, const char **field);

/* For the metadata of the package: the same checks alone. */
MUST_USE enum reason cda_write_patient_check(const struct cda_write_patient *patient, const char **field);
/* HL7 time stamp "20261121215000+0100" in the zone of the time; in UTC without a zone ("20261121205000") for metadata. */
struct bytes cda_write_time_text(struct arena *arena, struct cda_write_time time);
struct bytes cda_write_time_utc(struct arena *arena, struct instant at);

#endif

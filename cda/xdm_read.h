/* cda/xdm_read.h - reads an IHE XDM package (IHE ITI TF-2 3.32): tolerant in form, strict in substance.
 *
 * METADATA.XML is found in any folder and any case. Its entries name the documents by the URI slot, counted from the metadata or
 * from any folder above it; without one, by the hash, or because there is a single one left. Hash (SHA-1) and size are compared where
 * they are given. What the metadata say of a document against what it says itself: cda/xdm_compare.h. */
#ifndef RELAIS_CDA_XDM_READ_H
#define RELAIS_CDA_XDM_READ_H

#include "cda/sniff.h"
#include "cda/zip.h"

enum xdm_action { XDM_ACTION_NEW, XDM_ACTION_REPLACE, XDM_ACTION_DELETE };

enum { XDM_AUTHORS = 8, XDM_MASKS = 4 };

struct xdm_document {
	struct bytes name;    /* path in the archive, or the URI told when action is DELETE and no file exists */
	struct bytes content; /* empty for a deletion without file */
	enum sniff type;
	bool described;            /* METADATA.XML has an entry for it; else all below but the patient is empty */
	bool hash_told, size_told; /* told by the metadata, and then equal (else ARCHIVE_METADATA) */
	bool uri_told;
	bool member;               /* the submission set has it as a member, or says of no document that it has */
	struct bytes unique_id, media, title;
	struct bytes type_code, class_code, format_code;
	struct bytes patient_id;                  /* CX as written: 279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH */
	struct bytes patient_value, patient_root; /* its two useful parts; the submission set's when the entry tells none, and of a loose file */
	struct bytes source_name, source_birth, source_sex; /* sourcePatientInfo: PID-5 of type L, PID-7, PID-8 */
	struct bytes creation_time, service_start;          /* HL7 times; UTC by the rule (cda.md 4.3) */
	struct bytes language;
	struct bytes authors[XDM_AUTHORS]; /* the number (XCN.1) of each authorPerson */
	size_t author_count;
	enum xdm_action action;
	struct bytes action_target;   /* unique id of the document replaced or deleted, where the metadata tell it */
	struct bytes confidentiality; /* the first code that is no masking code: N, R or V */
	unsigned codes;               /* of confidentiality, masking codes with them; the rule allows XDM_MASKS */
	bool masked_professionals, masked_patient,
		masked_representatives; /* MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REPRESENTANTS_LEGAUX */
};

struct xdm_archive {
	bool conformant; /* IHE_XDM/<folder>/METADATA.XML at the root of the archive */
	bool metadata;   /* a METADATA.XML was read: the documents are described, wherever it lay */
	size_t unpacked; /* bytes of all files */
	struct bytes submission_id, source_id, patient_id;
	struct bytes patient_value, patient_root;
	struct xdm_document *documents; /* described ones in the order of the metadata, then loose files */
	size_t count;                   /* INDEX.HTM, README.TXT and METADATA.XML itself are not documents; at most
					 * LIMIT_DOCUMENTS in a package, LIMIT_ZIP_ENTRIES in an archive without metadata */
};

/*
 * On REASON_NONE and on ARCHIVE_NOT_XDM (a sound ZIP that is no conformant package; with metadata it is one all the same but for
 * its folders) *out is whole. Otherwise an ARCHIVE_* reason, or DOCUMENT_DOCTYPE, DOCUMENT_LIMIT or ARCHIVE_METADATA for
 * METADATA.XML, and *out is untouched. ARCHIVE_PATIENTS: two patient identifiers in one package. ARCHIVE_ACTIVE: a package with
 * a program in it.
 */
MUST_USE enum reason xdm_read(struct arena *arena, struct bytes archive, struct xdm_archive *out);

#endif

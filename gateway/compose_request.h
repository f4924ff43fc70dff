/* gateway/compose_request.h - reads what the worker asks of relais-compose: strictly typed JSON.
 *
 * A key twice, an unknown key, a wrong type, a text with a control character or over its bound: COMPOSE_FIELD and the
 * key's path. "?" marks what may be null or absent; times are RFC 3339; ids are "ROOT" or "ROOT^EXTENSION".
 *
 * {
 *   "code": "M21", "language": "fr"|"en",
 *   "message_id": "<…>", "in_reply_to"?: "<…>", "references"?: ["<…>"…], "date": TIME,
 *   "from": {"address", "name"?}, "reply_to"?, "to", "notification_to"?,
 *   "subject"?: null fills the template's own,
 *   "opening"?: TEXT of one line, before the message: whom a copy is for,
 *   "rehearsal"?: the day in a rehearsal, in words: every person who reads it is told (compose_rehearsal.h),
 *   "pdf_only"?: BOOL, true: no IHE_XDM.zip,
 *   "limit"?: NUMBER, bytes of a whole message that the recipient takes: a larger mail is COMPOSE_SIZE,
 *   "easy"?: BOOL, true: the easy-to-read text where the code has one,
 *   "letter"?: {"to": [LINE… 1 to 6, of at most 38 signs (NF Z 10-011)], "from"?: [LINE…, the same], "alone"?: BOOL},   on paper, see below
 *   "fields": {NAME: TEXT…},                             see template.h; null counts as absent
 *   "mss"?: {"ins"?: "O"|"N", "codes"?, "nil"?, "end"?: BOOL},
 *   "report"?: {
 *     "reference", "level"?: 1 (else)|3, "id", "set_id", "version": NUMBER from 1, "replaces"?, "replaced_time"?: TIME of what it replaces,
 *     "patient": PATIENT, "expert": {"rpps", "title"?, "given", "family", "organisation", "organisation_id", "specialty_code", "specialty_name"?,
 *     "practice"?: JDV_J04}, "custodian": CUSTODIAN, "recipients"?: [{"rpps"?, "name"}…], "request_id", "act"?: "TE1"|"TE2" (else),
 *     "time": TIME of the document, "signed_time"?: TIME, "service_time": TIME, "service_end"?: TIME, "title", "summary"?: TEXT,
 *     "rows"?: [{"label", "value"}…],
 *     "sections": [{"kind"?: "other"|"summary"|"question"|"case"|"documents"|"answers"|"opinion"|"convergence"|"advice"|"limits"|"help"|"interests",
 *     "heading", "text"}…]
 *   },
 *   "dossier_pdf"?: {"title", "reference", "rows"?: [{"label", "value"}…], "sections": [{"heading", "text"}…], "documents"?: [SHEET…]},
 *   "xdm"?: {"patient": PATIENT, "custodian": CUSTODIAN, "title"?},   whose package it is; required when an attachment has "xdm" and
 *                                                                      there is no report (with a report it is the report's)
 *   "attachments"?: [{"name", "media", "offset", "length", "xdm"?: DOCUMENT}…],
 *   "notice"?: {"kind": "dsn"|"mdn", "agent", "recipients": [{"final", "original"?}…], "envelope_id"?, "arrival"?: TIME (dsn: required),
 *               "failed"?: BOOL, "status"?, "diagnostic"?, "error"?,
 *               "original"?: {"message_id"?, "date"?: TIME, "from"?, "to"?: [ADDRESS…]}}       a report (smtp/notice_write.h); no attachments then
 * }
 * SHEET:     a document of the dossier, as inspect normalised it: {"title"?, "type"?, "time"?, "author"?, "place"?, "name"?: of the attachment,
 *            "packed"?: BOOL: it is in the package if there is one, "elsewhere"?: BOOL: it goes in another mail, "text"?: {"offset", "length"}: what can be read of it, "file"?: {"offset", "length"} with
 *            "media"?: "application/pdf"|"image/jpeg"|"image/png", "left"?: how many more files are inside it,
 *            "reason"?: why there is no file}
 * PATIENT:   {"ins", "oid", "family_birth", "family_used"?, "given_birth_first", "given_birth_all", "given_used"?, "birth_time", "sex", "birth_place",
 *             "birth_order"?: NUMBER, "guardian"?: {"given"?, "family"}}
 *            (birth_time YYYYMMDD or longer: cut at the day)
 * CUSTODIAN: {"id", "name", "facility"?: JDV_J02}
 * DOCUMENT:  {"id", "type", "type_name"?, "type_system"?, "title", "time": TIME, "service_time"?, "service_stop"?, "level": 1|3, "replaces"?,
 *             "class"?, "format"?, "facility"?, "practice"?, "confidentiality"?: [CODE… at most 4], "language"?,
 *             "authors": [{"id"?, "name", "given"?, "family"?, "organization"?, "organization_id"?}…],
 *             "legal_authenticator"?: {"id"?, "name", "given"?, "family"?}}
 *            as the facts of inspect give them; the first author counts. Without "family" the name is read as "DR Olivier DUMAS": words in
 *            capitals are the family name.
 *
 * What is built. Files in the order: report PDF, dossier PDF, attachments without "xdm", IHE_XDM.zip (the report's CDA, then the attachments
 * with "xdm", as DOC0001.XML…, bytes as given). The report PDF holds the frame (patient, expert, "rows", dossier, version), "summary" in a
 * tinted frame, "sections" in order, how to talk about it with the doctor, and the closing note; at level 3 its CDA has the same sections.
 * The dossier PDF: compose_dossier.h. Times are shown in Europe/Paris.
 * A letter: the message becomes a PDF for the window of an envelope, with the sheet to send back where the code awaits an answer; the mail
 * is then one to who prints it (template LETTER), with the letter first, the report's PDF and the attachments behind it, and no package. With
 * "alone" the answer is JSON and one blob, the letter's PDF: there is no mail.
 * PDF name: AAAAMMJJ_title_NOM_prenom_reference.pdf; the day is the service's (report) or the mail's (dossier). */
#ifndef RELAIS_GATEWAY_COMPOSE_REQUEST_H
#define RELAIS_GATEWAY_COMPOSE_REQUEST_H

#include "cda/pdf.h"
#include "cda/sniff.h"
#include "cda/write.h"
#include "cda/xdm_write.h"
#include "gateway/template.h"
#include "smtp/compose.h"

struct compose_attachment {
	struct bytes name, media, content;   /* content points into the payload */
	bool packed;                         /* has "xdm": goes into the package */
	struct xdm_write_document document;
};

struct compose_report {
	struct bytes reference, summary;
	struct cda_write_report cda;         /* all but the PDF and the sections; times carry the Paris offset */
	struct cda_write_time replaced;      /* when the version before was written; zero when not told */
	struct pdf_row *rows;
	size_t row_count;
	struct cda_write_section *sections;
	size_t section_count;
};

/* A document of the dossier. */
struct compose_sheet {
	struct bytes name, title, type, author, place;
	struct instant time;                 /* 0: none */
	bool packed;                         /* its original is in the package, else beside it under its name */
	bool elsewhere;                      /* its original is not in this mail */
	struct bytes text, file;             /* point into the payload */
	enum sniff kind;                     /* of file */
	size_t left;
	enum reason reason;
};

struct compose_dossier {
	struct bytes title, reference;
	struct pdf_row *rows;
	size_t row_count;
	struct pdf_section *sections;        /* the question first */
	size_t section_count;
	struct compose_sheet *sheets;
	size_t sheet_count;
	bool brief;                          /* what the documents hold stays out: the originals leave no room for it */
};

struct compose_letter {
	struct bytes *to, *from;
	size_t to_count, from_count;
	bool alone;
};

struct compose_request {
	struct bytes code, language;
	bool easy, has_letter;
	struct compose_letter letter;
	struct smtp_compose mail;            /* text and parts are not yet filled; subject is empty for the template's own */
	struct template_field *fields;
	size_t field_count;
	bool has_report, has_dossier, has_xdm;
	bool pdf_only;
	struct bytes opening;                /* empty but of a copy */
	struct bytes rehearsal;              /* empty but in one */
	uint64_t limit;                      /* 0: none but our own */
	struct compose_report report;
	struct compose_dossier dossier;
	struct cda_write_patient xdm_patient;      /* of "xdm", or of the report */
	struct cda_write_custodian xdm_custodian;
	struct bytes xdm_title;
	struct compose_attachment *attachments;
	size_t attachment_count;
	bool has_notice;
	struct notice_write notice;
};

/* All of *out is in the arena or points into payload. COMPOSE_FIELD: *field is the path of the key ("report.patient.sex"), in the arena. */
MUST_USE enum reason compose_request_read(struct arena *arena, struct bytes request, struct bytes payload,
					  struct compose_request *out, const char **field);

#endif

/* gateway/inspect_read.c - see inspect_read.h. */
#include "gateway/inspect_read.h"

#include "smtp/mime_name.h"
#include "smtp/new_text.h"
#include "smtp/notice_words.h"

/* Types (LOINC) by which a document says what its mail wants. */
#define TYPE_QUESTIONNAIRE BYTES("74465-6")   /* questionnaire response document */
#define TYPE_OPINION_REQUEST BYTES("75496-0") /* TLM-DA: request of tele-expertise */
#define TYPE_OPINION BYTES("85208-7")         /* TLM-CR: report of tele-expertise */

struct file {
	struct bytes name, media, content;
	bool encoding_ok;
	const struct xdm_document *meta;   /* NULL: not from an archive */
};

struct reading {
	struct arena *arena;
	const struct inspect_request *request;
	struct inspection *out;
};

static int weight(enum reason reason)
{
	switch (reason_entry(reason)->class) {
	case REASON_CLASS_NONE:
		return 0;
	case REASON_CLASS_TOLERATED:
		return 1;
	case REASON_CLASS_REFUSED:
		return 3;
	default:
		return 2;
	}
}

static enum reason worse(enum reason a, enum reason b)
{
	return weight(b) > weight(a) ? b : a;
}

const char *inspect_verdict_name(enum reason reason)
{
	static const char *const names[] = {"accept", "accept-tolerant", "quarantine", "refuse"};
	return names[weight(reason)];
}

const char *inspect_kind_name(enum inspect_kind kind)
{
	static const char *const names[] = {
		[INSPECT_MAIL] = "mail",
		[INSPECT_ZIP] = "zip",
		[INSPECT_CDA] = "cda",
		[INSPECT_OTHER] = "other",
	};
	return names[kind];
}

const char *inspect_document_kind(const struct inspect_document *document)
{
	if (document->is_cda || document->reason == REASON_DOCUMENT_HEADER || document->reason == REASON_DOCUMENT_PATIENTS)
		return "cda";
	switch (document->type) {
	case SNIFF_ZIP:
	case SNIFF_XML:
	case SNIFF_HTML:
		return sniff_name(SNIFF_OTHER);
	default:
		return sniff_name(document->type);
	}
}

static void finding(struct inspect_document *document, enum reason reason, enum cda_level level)
{
	const struct reason_entry *entry = reason_entry(reason);

	if (document->n_findings < INSPECT_FINDINGS)
		document->findings[document->n_findings++] =
			(struct cda_finding){entry->code, level, entry->en, entry->fr, "docs/reasons.md"};
	document->reason = worse(document->reason, reason);
}

/* The INS as the metadata of an archive has it and as the document has it must be one and the same. */
static bool other_patient(const struct inspect_document *document, const struct xdm_document *meta)
{
	bool named = false;

	if (!bytes_starts(meta->patient_root, BYTES("1.2.250.1.213.1.4.")))
		return false;
	for (size_t i = 0; i < document->cda.patient.id_count; i++) {
		const struct cda_id *id = &document->cda.patient.ids[i];
		if (!bytes_starts(id->root, BYTES("1.2.250.1.213.1.4.")))
			continue;
		if (bytes_equal(id->root, meta->patient_root) && bytes_equal(id->extension, meta->patient_value))
			return false;
		named = true;
	}
	return named;
}

static void read_xml(struct reading *r, struct inspect_document *document)
{
	struct cda_options options = {.schema = r->request->schema};
	enum reason reason = cda_read(r->arena, document->content, &options, &document->cda);

	if (reason == REASON_DOCUMENT_NOT_CDA) {
		document->type = document->cda.kind;
		/* The American kin of a CDA: known, and not for us. */
		if (document->type == SNIFF_CCR)
			reason = REASON_DOCUMENT_FOREIGN;
	} else if (weight(reason) <= 1) {
		document->is_cda = true;
	}
	/* What a document that was read has against it stands in its own findings. */
	if (document->is_cda)
		document->reason = worse(reason, document->cda.schema == CDA_SCHEMA_INVALID ? REASON_DOCUMENT_SCHEMA : REASON_NONE);
	else
		finding(document, reason, weight(reason) > 1 ? CDA_LEVEL_ERROR : CDA_LEVEL_WARNING);
}

static void add_meta(struct inspect_document *document, const struct xdm_document *meta)
{
	document->packaged = true;
	document->media = meta->media;
	document->meta_id = meta->unique_id;
	document->meta_type = meta->type_code;
	document->meta_title = meta->title;
	document->meta_time = meta->creation_time;
	if (meta->action == XDM_ACTION_REPLACE)
		document->meta_replaces = meta->action_target;
	if (document->is_cda && other_patient(document, meta))
		finding(document, REASON_IDENTITY_DIFFERS, CDA_LEVEL_ERROR);
	/* A demand to delete is for a person: nothing is deleted by a mail alone. */
	if (meta->action == XDM_ACTION_DELETE)
		finding(document, REASON_MAIL_UNKNOWN_CLASS, CDA_LEVEL_WARNING);
}

/* The last part of a path, without what could mislead. */
static struct bytes file_name(struct reading *r, struct bytes name)
{
	bool odd;
	return mime_name_clean(r->arena, name, &odd);
}

static void take_document(struct reading *r, const struct file *file, enum sniff type)
{
	if (r->out->n == LIMIT_DOCUMENTS) {
		r->out->reason = worse(r->out->reason, REASON_MAIL_PARTS_LIMIT);
		return;
	}
	struct inspect_document *document = &r->out->documents[r->out->n++];
	*document = (struct inspect_document){
		.name = file_name(r, file->name),
		.media = file->media,
		.content = file->content,
		.type = type,
	};
	if (!file->encoding_ok) {
		/* What could be decoded of it is not what was sent: nothing is read from it. */
		document->type = SNIFF_OTHER;
		finding(document, REASON_MAIL_BAD_ENCODING, CDA_LEVEL_ERROR);
	} else if (type == SNIFF_XML || type == SNIFF_CCR) {
		read_xml(r, document);
	}
	if (file->meta != NULL)
		add_meta(document, file->meta);
	r->out->reason = worse(r->out->reason, document->reason);
}

static void take_package(struct reading *r, const struct xdm_archive *archive)
{
	for (size_t i = 0; i < archive->count; i++) {
		const struct xdm_document *meta = &archive->documents[i];
		take_document(r, &(struct file){meta->name, meta->media, meta->content, true, meta}, meta->type);
	}
}

static void take_archive(struct reading *r, const struct file *file)
{
	struct xdm_archive archive;
	enum reason reason = xdm_read(r->arena, file->content, &archive);

	r->out->archive = r->out->has_archive ? worse(r->out->archive, reason) : reason;
	r->out->has_archive = true;
	r->out->reason = worse(r->out->reason, reason);
	if (reason == REASON_NONE)
		take_package(r, &archive);
	else if (reason == REASON_ARCHIVE_NOT_XDM)
		take_document(r, file, SNIFF_ZIP);
}

static void take_file(struct reading *r, const struct file *file)
{
	/* A mail within the mail looks like a text; it is neither opened nor shown as one. */
	bool mail = bytes_starts(file->media, BYTES("message/"));
	enum sniff type = mail ? SNIFF_OTHER : sniff_type(file->content);

	if (type == SNIFF_ZIP && file->encoding_ok)
		take_archive(r, file);
	else
		take_document(r, file, type);
}

/* The day on which the mail was written, by the writer's clock. */
static struct date written_on(const struct mime_head *head)
{
	return head->has_date ? instant_date(head->date, head->date_offset) : (struct date){0};
}

static void read_text(struct reading *r)
{
	struct inspection *out = r->out;
	bool written = new_text_read(r->arena, out->mail.text, &out->new_text);
	struct bytes mine = written ? out->new_text : BYTES_NONE;

	reply_word_read(r->arena, mine, written_on(&out->mail.head), &out->reply);
	form_read(r->arena, out->mail.text, &out->form);
}

/* What a part of the form lacks, another has. */
static void complete_form(struct form *form, const struct form *other)
{
	const struct {
		struct bytes *to;
		struct bytes from;
	} parts[] = {
		{&form->reference, other->reference}, {&form->advice, other->advice}, {&form->delay, other->delay}, {&form->summary, other->summary},
		{&form->limits, other->limits}, {&form->help, other->help}, {&form->interests, other->interests},
	};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (parts[i].to->len == 0)
			*parts[i].to = parts[i].from;
	if (form->convergence.len == 0) {
		form->convergence = other->convergence;
		form->remark = other->remark;
	}
	if (form->answer_count == 0) {
		form->answers = other->answers;
		form->answer_count = other->answer_count;
	}
}

/* A report that the expert's own software wrote, where his text has no opinion: by its headings, else its whole narrative;
 * a file inside it speaks for itself. */
static void read_report(struct reading *r, const struct inspect_document *document)
{
	struct inspection *out = r->out;
	struct bytes narrative = BYTES_NONE;
	struct form form = {0};

	if (cda_read_narrative(r->arena, document->content, &narrative) == REASON_NONE)
		form_read(r->arena, narrative, &form);
	complete_form(&out->form, &form);
	out->form.opinion = form.opinion.len > 0 ? form.opinion : bytes_trim(narrative);
	if (out->form.opinion.len > LIMIT_FORM_FIELD)
		out->form.opinion = BYTES_NONE;
	out->form_document = document;
}

static void read_reports(struct reading *r)
{
	for (size_t i = 0; i < r->out->n && r->out->form.opinion.len == 0 && r->out->form_document == NULL; i++) {
		const struct inspect_document *d = &r->out->documents[i];
		if (d->is_cda && d->cda.french && bytes_equal(d->cda.type, TYPE_OPINION))
			read_report(r, d);
	}
}

/* What a report returns is our own mail, or what is left of it: no document comes from there. */
static bool is_report(const struct inspection *out)
{
	return out->notice.type == NOTICE_DSN || out->notice.type == NOTICE_MDN || out->notice.type == NOTICE_ARF;
}

static void read_mail(struct reading *r)
{
	struct inspection *out = r->out;
	enum reason reason = mime_read(r->arena, r->request->head, r->request->range, &out->mail);

	if (reason != REASON_NONE) {
		out->reason = reason;
		return;
	}
	out->is_mail = true;
	notice_read(r->arena, &out->mail, &out->notice);
	read_text(r);
	for (size_t i = 0; i < out->mail.n && !is_report(out); i++) {
		const struct mime_part *part = &out->mail.parts[i];
		/* A multipart that is not closed may have lost its end: nothing is taken from it by itself. */
		if (part->role != MIME_ROLE_FILE || part->broken)
			continue;
		take_file(r, &(struct file){part->name, part->media, part->content, part->encoding_ok, NULL});
	}
	read_reports(r);
	for (size_t i = 0; i < out->mail.n_anomalies; i++)
		out->reason = worse(out->reason, out->mail.anomalies[i]);
}

static bool has_type(const struct inspection *out, struct bytes type)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->documents[i].is_cda && out->documents[i].cda.french && bytes_equal(out->documents[i].cda.type, type))
			return true;
	return false;
}

static bool has_french(const struct inspection *out)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->documents[i].is_cda && out->documents[i].cda.french)
			return true;
	return false;
}

/* A package counts as a record by its loose files, too, but not when all it has is foreign or refused. */
static bool has_record(const struct inspection *out)
{
	if (has_french(out))
		return true;
	for (size_t i = 0; i < out->n; i++)
		if (out->documents[i].packaged && !out->documents[i].is_cda && weight(out->documents[i].reason) == 0)
			return true;
	return false;
}

static bool is_answer(const struct inspection *out)
{
	const struct mime_head *head = &out->mail.head;
	return out->is_mail && (head->in_reply_to.n > 0 || bytes_starts_nocase(head->subject, BYTES("re:")) ||
				bytes_starts_nocase(head->subject, BYTES("re :")) || out->reply.word != REPLY_NONE);
}

static const char *class_of(const struct inspection *out)
{
	if (is_report(out))
		return "report";
	if (out->form.found || has_type(out, TYPE_OPINION))
		return "opinion";
	if (has_type(out, TYPE_QUESTIONNAIRE) || has_type(out, TYPE_OPINION_REQUEST))
		return "request";
	if (has_record(out))
		return "record";
	if (out->notice.type == NOTICE_AUTO_REPLY)
		return "report";
	return is_answer(out) ? "reply" : "unknown";
}

static void classify(struct inspection *out)
{
	/* Some systems mark what they send by themselves as answered by a machine; a record stays a record. */
	if (out->notice.type == NOTICE_AUTO_REPLY && has_record(out))
		out->notice.type = NOTICE_NONE;
	out->class = class_of(out);
	out->automatic = out->is_mail && (out->mail.head.automatic || out->notice.type != NOTICE_NONE || notice_words_from_system(&out->mail.head));
}

void inspect_read(struct arena *arena, const struct inspect_request *request, struct inspection *out)
{
	struct reading r = {arena, request, out};

	*out = (struct inspection){
		.kind = request->kind,
		.documents = arena_alloc(arena, LIMIT_DOCUMENTS * sizeof(struct inspect_document)),
	};
	struct file whole = {.name = request->name, .content = request->range, .encoding_ok = true};
	switch (request->kind) {
	case INSPECT_MAIL:
		read_mail(&r);
		break;
	case INSPECT_ZIP:
		take_archive(&r, &whole);
		break;
	case INSPECT_CDA:
		take_document(&r, &whole, SNIFF_XML);
		break;
	case INSPECT_OTHER:
		take_document(&r, &whole, sniff_type(whole.content));
		break;
	}
	classify(out);
}

/* gateway/inspect_read.c - see inspect_read.h. */
#include "gateway/inspect_read.h"

#include "cda/tnef.h"
#include "gateway/inspect_attachment.h"
#include "gateway/inspect_normalise.h"
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
	bool within;                       /* of a winmail.dat, which is opened once */
	const struct xdm_document *meta;   /* NULL: not from a package */
};

/* An archive that could not be opened. What that means for the message shows when all of it was read. */
struct failed {
	struct file file;
	enum reason reason;
};

struct reading {
	struct arena *arena;
	const struct inspect_request *request;
	struct inspection *out;
	size_t unpacked;                   /* out of all archives: one budget for the message (attacks R1) */
	bool package;                      /* a sound package was read */
	struct failed *failed;
	size_t n_failed;
	size_t told;                       /* findings of schematrons so far */
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
	if (document->aside)
		return sniff_name(SNIFF_OTHER);
	if (document->is_cda || document->reason == REASON_DOCUMENT_HEADER || document->reason == REASON_DOCUMENT_PATIENTS)
		return "cda";
	switch (document->type) {
	case SNIFF_PDF:
	case SNIFF_JPEG:
	case SNIFF_PNG:
	case SNIFF_TIFF:
	case SNIFF_TXT:
	case SNIFF_RTF:
	case SNIFF_DICOM:
	case SNIFF_CCR:
		return sniff_name(document->type);
	default:
		return sniff_name(SNIFF_OTHER);
	}
}

bool inspect_document_is_given(const struct inspect_document *document)
{
	return !document->aside && document->action != XDM_ACTION_DELETE;
}

static void finding(struct inspect_document *document, enum reason reason, enum cda_level level)
{
	const struct reason_entry *entry = reason_entry(reason);

	if (document->n_findings < INSPECT_FINDINGS)
		document->findings[document->n_findings++] =
			(struct cda_finding){entry->code, level, entry->en, entry->fr, "docs/reasons.md"};
	document->reason = worse(document->reason, reason);
}

/* Set aside it harms nobody: the message is not refused for it. */
static void set_aside(struct inspect_document *document, enum reason reason)
{
	document->aside = true;
	finding(document, reason, CDA_LEVEL_WARNING);
}

/* A style sheet as root is none of the documents that the rules speak of. */
static void hold_against_schematrons(struct reading *r, struct inspect_document *document)
{
	struct schematron_result *result = &document->schematron;

	if (!document->cda.french || document->cda.self_displaying)
		return;
	schematron_check(r->request->schematrons, r->arena, document->content, result);
	if (result->n > LIMIT_SCHEMATRON_TOLD - r->told)
		result->n = LIMIT_SCHEMATRON_TOLD - r->told;
	r->told += result->n;
}

static void read_xml(struct reading *r, struct inspect_document *document)
{
	struct cda_options options = {.schema = r->request->schema, .keep_attached = true};
	enum reason reason = cda_read(r->arena, document->content, &options, &document->cda);

	if (reason == REASON_DOCUMENT_NOT_CDA) {
		document->type = document->cda.kind;
		/* The American kin of a CDA: known, and not for us. */
		if (document->type == SNIFF_CCR)
			reason = REASON_DOCUMENT_FOREIGN;
	} else if (weight(reason) <= 1) {
		document->is_cda = true;
	}
	document->foreign = reason == REASON_DOCUMENT_FOREIGN;
	/* What a document that was read has against it stands in its own findings. */
	if (document->is_cda)
		document->reason = worse(reason, document->cda.schema == CDA_SCHEMA_INVALID ? REASON_DOCUMENT_SCHEMA : REASON_NONE);
	else if (reason == REASON_DOCUMENT_NOT_CDA)
		set_aside(document, reason);   /* nobody knows what it says, nor what reads it */
	else
		finding(document, reason, weight(reason) > 1 ? CDA_LEVEL_ERROR : CDA_LEVEL_WARNING);
	if (document->is_cda && document->cda.definition)
		finding(document, REASON_DOCUMENT_DEFINITION, CDA_LEVEL_INFO);
	if (document->is_cda)
		hold_against_schematrons(r, document);
}

/* What METADATA.XML says of it, and whether the document says the same. */
static void add_meta(struct reading *r, struct inspect_document *document, const struct xdm_document *meta)
{
	enum reason danger = REASON_NONE;

	document->packaged = true;
	document->media = meta->media;
	document->meta_patient = (struct cda_id){meta->patient_root, meta->patient_value};
	if (!meta->described)
		return;
	document->action = meta->action;
	document->meta_id = meta->unique_id.len > 0 || meta->action != XDM_ACTION_DELETE ? meta->unique_id : meta->action_target;
	document->meta_type = meta->type_code;
	document->meta_title = meta->title;
	document->meta_time = meta->creation_time;
	document->masked_professionals = meta->masked_professionals;
	document->masked_patient = meta->masked_patient;
	document->masked_representatives = meta->masked_representatives;
	if (meta->action == XDM_ACTION_REPLACE)
		document->meta_replaces = meta->action_target;
	const struct cda_document *cda = document->is_cda && !document->foreign ? &document->cda : NULL;
	document->n_findings += xdm_compare(r->arena, meta, cda, document->findings + document->n_findings, &danger);
	document->reason = worse(document->reason, danger);
}

/* The last part of a path, without what could mislead. */
static struct bytes file_name(struct reading *r, struct bytes name)
{
	bool odd;
	return mime_name_clean(r->arena, name, &odd);
}

static bool is_order(const struct file *file)
{
	return file->meta != NULL && file->meta->action == XDM_ACTION_DELETE && file->content.len == 0;
}

/* What its bytes are, and so whether it can be taken. */
static void judge_file(struct reading *r, struct inspect_document *document, const struct file *file, enum reason known)
{
	if (!file->encoding_ok) {
		/* What could be decoded of it is not what was sent: nothing is read from it. */
		document->type = SNIFF_OTHER;
		set_aside(document, REASON_MAIL_BAD_ENCODING);
		return;
	}
	enum reason reason = known != REASON_NONE ? known : inspect_attachment_reason(document->type, file->name, file->within);
	if (reason != REASON_NONE && !is_order(file))
		set_aside(document, reason);
	else if (document->type == SNIFF_XML || document->type == SNIFF_CCR)
		read_xml(r, document);
}

/* known: why it is set aside, when something else than its type says so. NULL: there are too many. */
static struct inspect_document *add_document(struct reading *r, const struct file *file, enum sniff type, enum reason known)
{
	if (r->out->n == LIMIT_DOCUMENTS) {
		r->out->reason = worse(r->out->reason, REASON_MAIL_PARTS_LIMIT);
		return NULL;
	}
	struct inspect_document *document = &r->out->documents[r->out->n++];
	*document = (struct inspect_document){
		.name = file_name(r, file->name),
		.media = file->media,
		.content = file->content,
		.type = type,
	};
	judge_file(r, document, file, known);
	if (file->meta != NULL)
		add_meta(r, document, file->meta);
	bool spared = document->aside && weight(document->reason) > 1;
	r->out->reason = worse(r->out->reason, spared ? REASON_ATTACHMENT_ASIDE : document->reason);
	return document;
}

/* What a physician's request carries in its section of attached documents (55107-7) is a document by itself: an expert
 * who opens a PDF needs no software for CDA. Neither an archive nor a CDA is opened from within one. */
static void add_attached(struct reading *r, const struct inspect_document *document)
{
	const struct cda_document *cda = &document->cda;
	unsigned number = 0;

	for (size_t i = 0; i < cda->embedded_count; i++) {
		const struct cda_embedded *e = &cda->embedded[i];
		bool nested = e->detected == SNIFF_ZIP || e->detected == SNIFF_XML || e->detected == SNIFF_CCR;
		if (e->content.len == 0 || !e->clean)
			continue;
		struct bytes stem = document->name;
		if (stem.len > 4 && bytes_equal_nocase(bytes_from(stem, stem.len - 4), BYTES(".xml")))
			stem = bytes_slice(stem, 0, stem.len - 4);
		const char *name = arena_printf(r->arena, "%.*s-%u.%s", (int)stem.len, (const char *)stem.at, ++number,
						sniff_name(e->detected));
		struct inspect_document *file = add_document(r, &(struct file){.name = bytes_of_text(name), .media = e->media, .content = e->content, .encoding_ok = true},
				   nested ? SNIFF_OTHER : e->detected, e->detected == SNIFF_ZIP ? REASON_ATTACHMENT_NESTED : REASON_NONE);
		if (file == NULL)
			return;
		file->part_of = cda->id;
		/* Who may not see the request may not see what it carries. */
		file->masked_professionals = document->masked_professionals;
		file->masked_patient = document->masked_patient;
		file->masked_representatives = document->masked_representatives;
	}
}

static void take_document(struct reading *r, const struct file *file, enum sniff type, enum reason known)
{
	const struct inspect_document *document = add_document(r, file, type, known);

	if (document != NULL && document->is_cda)
		add_attached(r, document);
}

static void take_package(struct reading *r, const struct xdm_archive *archive)
{
	r->package = true;
	for (size_t i = 0; i < archive->count; i++) {
		const struct xdm_document *meta = &archive->documents[i];
		take_document(r, &(struct file){.name = meta->name, .media = meta->media, .content = meta->content, .encoding_ok = true, .meta = meta},
			      meta->type, REASON_NONE);
	}
}

static enum reason member_reason(const struct xdm_document *member)
{
	return inspect_attachment_reason(member->type, member->name, true);
}

/* Why the archive itself is set aside: all of it, for what is left of it, or NONE: everything in it is taken. */
static enum reason plain_reason(const struct reading *r, const struct xdm_archive *archive)
{
	enum reason first = REASON_NONE;
	size_t taken = 0;

	for (size_t i = 0; i < archive->count; i++) {
		const struct xdm_document *member = &archive->documents[i];
		enum reason reason = inspect_attachment_is_clutter(member->name) ? REASON_NONE : member_reason(member);
		taken += reason == REASON_NONE;
		if (first == REASON_NONE)
			first = reason;
	}
	/* One place is the archive's own. */
	if (taken + 1 > LIMIT_DOCUMENTS - r->out->n)
		return REASON_ATTACHMENT_MANY;
	return first == REASON_NONE || taken == 0 ? first : REASON_ATTACHMENT_REST;
}

/* An archive without metadata: a folder of pictures, most often. Each file that can be opened is a file of the message. */
static void take_plain(struct reading *r, const struct file *file, const struct xdm_archive *archive)
{
	enum reason reason = plain_reason(r, archive);

	for (size_t i = 0; i < archive->count && reason != REASON_ATTACHMENT_MANY; i++) {
		const struct xdm_document *member = &archive->documents[i];
		if (inspect_attachment_is_clutter(member->name) || member_reason(member) != REASON_NONE)
			continue;
		take_document(r, &(struct file){.name = inspect_attachment_name(r->arena, member->name), .content = member->content,
						.encoding_ok = true, .within = true}, member->type, REASON_NONE);
	}
	if (reason != REASON_NONE)
		take_document(r, file, SNIFF_ZIP, reason);
}

static void note_archive(struct reading *r, enum reason reason)
{
	r->out->archive = r->out->has_archive ? worse(r->out->archive, reason) : reason;
	r->out->has_archive = true;
	r->out->reason = worse(r->out->reason, reason);
}

/* What an archive unpacked before it proved broken counts as well: else a few of them take all the memory there is. */
static enum reason open_archive(struct reading *r, struct bytes content, struct xdm_archive *archive)
{
	size_t left = LIMIT_ZIP_TOTAL - r->unpacked, before = arena_used(r->arena);

	if (left == 0)
		return REASON_ARCHIVE_LIMIT;
	enum reason reason = xdm_read(r->arena, content, archive);
	if (archive->unpacked > left || reason == REASON_MEMORY)
		reason = REASON_ARCHIVE_LIMIT;
	size_t taken = weight(reason) > 1 ? arena_used(r->arena) - before : archive->unpacked;
	r->unpacked += taken < left ? taken : left;
	return reason;
}

static void take_archive(struct reading *r, const struct file *file)
{
	struct xdm_archive archive = {0};
	enum reason reason = open_archive(r, file->content, &archive);

	if (weight(reason) > 1) {
		r->failed[r->n_failed++] = (struct failed){*file, reason};
		return;
	}
	note_archive(r, reason);
	if (archive.metadata)
		take_package(r, &archive);
	else
		take_plain(r, file, &archive);
}

static void take_file(struct reading *r, const struct file *file);

/* The wrapping that Outlook puts around what is attached to a formatted letter. */
static void take_wrapped(struct reading *r, const struct file *file)
{
	struct tnef_content wrapped;
	enum reason reason = tnef_read(r->arena, file->content, &wrapped);

	if (reason != REASON_NONE) {
		take_document(r, file, SNIFF_TNEF, reason);
		return;
	}
	for (size_t i = 0; i < wrapped.count; i++) {
		struct file inner = {.name = wrapped.files[i].name, .content = wrapped.files[i].content, .encoding_ok = true, .within = true};
		if (inner.content.len > 0)
			take_file(r, &inner);
		else
			take_document(r, &inner, SNIFF_OTHER, REASON_ATTACHMENT_MESSAGE);
	}
}

static void take_file(struct reading *r, const struct file *file)
{
	enum sniff type = sniff_type(file->content);

	/* A mail within the mail looks like a text; it is neither opened nor shown as one. */
	if (bytes_starts(file->media, BYTES("message/")))
		take_document(r, file, SNIFF_OTHER, REASON_ATTACHMENT_MESSAGE);
	else if (type == SNIFF_ZIP && file->encoding_ok && r->n_failed < LIMIT_DOCUMENTS)
		take_archive(r, file);
	else if (type == SNIFF_TNEF && file->encoding_ok && !file->within)
		take_wrapped(r, file);
	else
		take_document(r, file, type, REASON_NONE);
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
		take_file(r, &(struct file){.name = part->name, .media = part->media, .content = part->content, .encoding_ok = part->encoding_ok});
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
		if (out->documents[i].packaged && !out->documents[i].is_cda && weight(out->documents[i].reason) == 0 && !out->documents[i].aside)
			return true;
	return false;
}

/* Beside documents that could be read, an archive that could not is one piece that is set aside. Alone it may have held all that the
 * message is about: then its reason is the message's. */
static void settle_failed(struct reading *r)
{
	bool aside = r->package || has_french(r->out);

	for (size_t i = 0; i < r->n_failed; i++) {
		if (aside)
			take_document(r, &r->failed[i].file, SNIFF_ZIP, r->failed[i].reason);
		else
			note_archive(r, r->failed[i].reason);
	}
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

/* The files beside an opinion go to the patient: only what can be normalised (inspect_normalise.h), and not without end. Whether it can is a
 * fact, so that the expert is told at once; what comes out is made again when the report is. */
static void judge_annexes(struct arena *arena, struct inspection *out)
{
	size_t count = 0, bytes = 0;

	for (size_t i = 0; i < out->n; i++) {
		struct inspect_document *d = &out->documents[i];
		struct inspect_normal normal;
		if (d->packaged || d->is_cda)
			continue;
		d->is_annex = true;
		inspect_normalise(arena, d->content, &normal);
		bytes += normal.file.len;
		bool over = ++count > LIMIT_ANNEXES || bytes > LIMIT_ANNEX_BYTES;
		/* What could not be decoded is not what was sent. */
		d->annex = d->reason == REASON_MAIL_BAD_ENCODING ? d->reason : normal.reason == REASON_NONE && over ? REASON_ANNEX_LIMIT : normal.reason;
	}
}

/* A form without words: whether it brings an opinion that waits the file that it lacks, the policy knows. */
static bool adds_files(const struct inspection *out)
{
	return out->form.named && bytes_equal_text(bytes_of_text(out->class), "reply");
}

void inspect_read(struct arena *arena, const struct inspect_request *request, struct inspection *out)
{
	struct reading r = {.arena = arena, .request = request, .out = out};

	*out = (struct inspection){
		.kind = request->kind,
		.documents = arena_alloc(arena, LIMIT_DOCUMENTS * sizeof(struct inspect_document)),
	};
	r.failed = arena_alloc(arena, LIMIT_DOCUMENTS * sizeof *r.failed);
	struct file whole = {.name = request->name, .content = request->range, .encoding_ok = true};
	switch (request->kind) {
	case INSPECT_MAIL:
		read_mail(&r);
		break;
	case INSPECT_ZIP:
		take_archive(&r, &whole);
		break;
	case INSPECT_CDA:
		take_document(&r, &whole, SNIFF_XML, REASON_NONE);
		break;
	case INSPECT_OTHER:
		take_file(&r, &whole);
		break;
	}
	settle_failed(&r);
	classify(out);
	if (out->is_mail && (bytes_equal_text(bytes_of_text(out->class), "opinion") || adds_files(out)))
		judge_annexes(arena, out);
}

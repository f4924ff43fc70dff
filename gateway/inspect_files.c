/* gateway/inspect_files.c - see inspect_files.h. */
#include "gateway/inspect_files.h"

#include "cda/tnef.h"
#include "gateway/inspect_attachment.h"
#include "smtp/mime_name.h"

int inspect_weight(enum reason reason)
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

enum reason inspect_worse(enum reason a, enum reason b)
{
	return inspect_weight(b) > inspect_weight(a) ? b : a;
}

static void finding(struct inspect_document *document, enum reason reason, enum cda_level level)
{
	const struct reason_entry *entry = reason_entry(reason);

	if (document->n_findings < INSPECT_FINDINGS)
		document->findings[document->n_findings++] =
			(struct cda_finding){entry->code, level, entry->en, entry->fr, "docs/reasons.md"};
	document->reason = inspect_worse(document->reason, reason);
}

/* Set aside it harms nobody: the message is not refused for it. */
static void set_aside(struct inspect_document *document, enum reason reason)
{
	document->aside = true;
	finding(document, reason, CDA_LEVEL_WARNING);
}

/* A style sheet as root is none of the documents that the rules speak of. */
static void hold_against_schematrons(struct inspect_reading *r, struct inspect_document *document)
{
	struct schematron_result *result = &document->schematron;

	if (!document->cda.french || document->cda.self_displaying)
		return;
	schematron_check(r->request->schematrons, r->arena, document->content, result);
	if (result->n > LIMIT_SCHEMATRON_TOLD - r->told)
		result->n = LIMIT_SCHEMATRON_TOLD - r->told;
	r->told += result->n;
}

static void read_xml(struct inspect_reading *r, struct inspect_document *document)
{
	struct cda_options options = {.schema = r->request->schema, .keep_attached = true};
	enum reason reason = cda_read(r->arena, document->content, &options, &document->cda);

	if (reason == REASON_DOCUMENT_NOT_CDA) {
		document->type = document->cda.kind;
		/* The American kin of a CDA: known, and not for us. */
		if (document->type == SNIFF_CCR)
			reason = REASON_DOCUMENT_FOREIGN;
	} else if (inspect_weight(reason) <= 1) {
		document->is_cda = true;
	}
	document->foreign = reason == REASON_DOCUMENT_FOREIGN;
	/* What a document that was read has against it stands in its own findings. */
	if (document->is_cda)
		document->reason = inspect_worse(reason, document->cda.schema == CDA_SCHEMA_INVALID ? REASON_DOCUMENT_SCHEMA : REASON_NONE);
	else if (reason == REASON_DOCUMENT_NOT_CDA)
		set_aside(document, reason);   /* nobody knows what it says, nor what reads it */
	else
		finding(document, reason, inspect_weight(reason) > 1 ? CDA_LEVEL_ERROR : CDA_LEVEL_WARNING);
	if (document->is_cda && document->cda.definition)
		finding(document, REASON_DOCUMENT_DEFINITION, CDA_LEVEL_INFO);
	if (document->is_cda)
		hold_against_schematrons(r, document);
}

/* What METADATA.XML says of it, and whether the document says the same. */
static void add_meta(struct inspect_reading *r, struct inspect_document *document, const struct xdm_document *meta)
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
	document->reason = inspect_worse(document->reason, danger);
}

/* The last part of a path, without what could mislead. */
static struct bytes file_name(struct inspect_reading *r, struct bytes name)
{
	bool odd;
	return mime_name_clean(r->arena, name, &odd);
}

static bool is_order(const struct inspect_file *file)
{
	return file->meta != NULL && file->meta->action == XDM_ACTION_DELETE && file->content.len == 0;
}

/* What its bytes are, and so whether it can be taken. */
static void judge_file(struct inspect_reading *r, struct inspect_document *document, const struct inspect_file *file, enum reason known)
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
static struct inspect_document *add_document(struct inspect_reading *r, const struct inspect_file *file, enum sniff type, enum reason known)
{
	if (r->out->n == LIMIT_DOCUMENTS) {
		r->out->reason = inspect_worse(r->out->reason, REASON_MAIL_PARTS_LIMIT);
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
	bool spared = document->aside && inspect_weight(document->reason) > 1;
	r->out->reason = inspect_worse(r->out->reason, spared ? REASON_ATTACHMENT_ASIDE : document->reason);
	return document;
}

/* What a physician's request carries in its section of attached documents (55107-7) is a document by itself: an expert
 * who opens a PDF needs no software for CDA. Neither an archive nor a CDA is opened from within one. */
static void add_attached(struct inspect_reading *r, const struct inspect_document *document)
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
		struct inspect_document *file = add_document(r, &(struct inspect_file){.name = bytes_of_text(name), .media = e->media, .content = e->content, .encoding_ok = true},
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

void inspect_take_document(struct inspect_reading *r, const struct inspect_file *file, enum sniff type, enum reason known)
{
	const struct inspect_document *document = add_document(r, file, type, known);

	if (document != NULL && document->is_cda)
		add_attached(r, document);
}

static void take_package(struct inspect_reading *r, const struct xdm_archive *archive)
{
	r->package = true;
	for (size_t i = 0; i < archive->count; i++) {
		const struct xdm_document *meta = &archive->documents[i];
		inspect_take_document(r, &(struct inspect_file){.name = meta->name, .media = meta->media, .content = meta->content, .encoding_ok = true, .meta = meta},
			      meta->type, REASON_NONE);
	}
}

static enum reason member_reason(const struct xdm_document *member)
{
	return inspect_attachment_reason(member->type, member->name, true);
}

/* Why the archive itself is set aside: all of it, for what is left of it, or NONE: everything in it is taken. */
static enum reason plain_reason(const struct inspect_reading *r, const struct xdm_archive *archive)
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
static void take_plain(struct inspect_reading *r, const struct inspect_file *file, const struct xdm_archive *archive)
{
	enum reason reason = plain_reason(r, archive);

	for (size_t i = 0; i < archive->count && reason != REASON_ATTACHMENT_MANY; i++) {
		const struct xdm_document *member = &archive->documents[i];
		if (inspect_attachment_is_clutter(member->name) || member_reason(member) != REASON_NONE)
			continue;
		inspect_take_document(r, &(struct inspect_file){.name = inspect_attachment_name(r->arena, member->name), .content = member->content,
						.encoding_ok = true, .within = true}, member->type, REASON_NONE);
	}
	if (reason != REASON_NONE)
		inspect_take_document(r, file, SNIFF_ZIP, reason);
}

void inspect_note_archive(struct inspect_reading *r, enum reason reason)
{
	r->out->archive = r->out->has_archive ? inspect_worse(r->out->archive, reason) : reason;
	r->out->has_archive = true;
	r->out->reason = inspect_worse(r->out->reason, reason);
}

/* What an archive unpacked before it proved broken counts as well: else a few of them take all the memory there is. */
static enum reason open_archive(struct inspect_reading *r, struct bytes content, struct xdm_archive *archive)
{
	size_t left = LIMIT_ZIP_TOTAL - r->unpacked, before = arena_used(r->arena);

	if (left == 0)
		return REASON_ARCHIVE_LIMIT;
	enum reason reason = xdm_read(r->arena, content, archive);
	if (archive->unpacked > left || reason == REASON_MEMORY)
		reason = REASON_ARCHIVE_LIMIT;
	size_t taken = inspect_weight(reason) > 1 ? arena_used(r->arena) - before : archive->unpacked;
	r->unpacked += taken < left ? taken : left;
	return reason;
}

void inspect_take_archive(struct inspect_reading *r, const struct inspect_file *file)
{
	struct xdm_archive archive = {0};
	enum reason reason = open_archive(r, file->content, &archive);

	if (inspect_weight(reason) > 1) {
		r->failed[r->n_failed++] = (struct inspect_failed){*file, reason};
		return;
	}
	inspect_note_archive(r, reason);
	if (archive.metadata)
		take_package(r, &archive);
	else
		take_plain(r, file, &archive);
}

/* The wrapping that Outlook puts around what is attached to a formatted letter. */
static void take_wrapped(struct inspect_reading *r, const struct inspect_file *file)
{
	struct tnef_content wrapped;
	enum reason reason = tnef_read(r->arena, file->content, &wrapped);

	if (reason != REASON_NONE) {
		inspect_take_document(r, file, SNIFF_TNEF, reason);
		return;
	}
	for (size_t i = 0; i < wrapped.count; i++) {
		struct inspect_file inner = {.name = wrapped.files[i].name, .content = wrapped.files[i].content, .encoding_ok = true, .within = true};
		if (inner.content.len > 0)
			inspect_take_file(r, &inner);
		else
			inspect_take_document(r, &inner, SNIFF_OTHER, REASON_ATTACHMENT_MESSAGE);
	}
}

void inspect_take_file(struct inspect_reading *r, const struct inspect_file *file)
{
	enum sniff type = sniff_type(file->content);

	/* A mail within the mail looks like a text; it is neither opened nor shown as one. */
	if (bytes_starts(file->media, BYTES("message/")))
		inspect_take_document(r, file, SNIFF_OTHER, REASON_ATTACHMENT_MESSAGE);
	else if (type == SNIFF_ZIP && file->encoding_ok && r->n_failed < LIMIT_DOCUMENTS)
		inspect_take_archive(r, file);
	else if (type == SNIFF_TNEF && file->encoding_ok && !file->within)
		take_wrapped(r, file);
	else
		inspect_take_document(r, file, type, REASON_NONE);
}

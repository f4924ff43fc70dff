/* gateway/inspect_read.c - see inspect_read.h. */
#include "gateway/inspect_read.h"

#include "gateway/inspect_files.h"
#include "gateway/inspect_normalise.h"
#include "smtp/notice_words.h"

/* Types (LOINC) by which a document says what its mail wants. */
#define TYPE_QUESTIONNAIRE BYTES("74465-6")   /* questionnaire response document */
#define TYPE_OPINION_REQUEST BYTES("75496-0") /* TLM-DA: request of tele-expertise */
#define TYPE_OPINION BYTES("85208-7")         /* TLM-CR: report of tele-expertise */

const char *inspect_verdict_name(enum reason reason)
{
	static const char *const names[] = {"accept", "accept-tolerant", "quarantine", "refuse"};
	return names[inspect_weight(reason)];
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

static void read_text(struct inspect_reading *r)
{
	struct inspection *out = r->out;

	inspect_said_read(r->arena, &out->mail, r->request->own, r->request->n_own, r->request->english, &out->said);
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
static void read_report(struct inspect_reading *r, const struct inspect_document *document)
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

static void read_reports(struct inspect_reading *r)
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

static void read_mail(struct inspect_reading *r)
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
		inspect_take_file(r, &(struct inspect_file){.name = part->name, .media = part->media, .content = part->content, .encoding_ok = part->encoding_ok});
	}
	read_reports(r);
	for (size_t i = 0; i < out->mail.n_anomalies; i++)
		out->reason = inspect_worse(out->reason, out->mail.anomalies[i]);
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
		if (out->documents[i].packaged && !out->documents[i].is_cda && inspect_weight(out->documents[i].reason) == 0 && !out->documents[i].aside)
			return true;
	return false;
}

/* Beside documents that could be read, an archive that could not is one piece that is set aside. Alone it may have held all that the
 * message is about: then its reason is the message's. */
static void settle_failed(struct inspect_reading *r)
{
	bool aside = r->package || has_french(r->out);

	for (size_t i = 0; i < r->n_failed; i++) {
		if (aside)
			inspect_take_document(r, &r->failed[i].file, SNIFF_ZIP, r->failed[i].reason);
		else
			inspect_note_archive(r, r->failed[i].reason);
	}
}

static bool is_answer(const struct inspection *out)
{
	const struct mime_head *head = &out->mail.head;
	return out->is_mail && (head->in_reply_to.n > 0 || bytes_starts_nocase(head->subject, BYTES("re:")) ||
				bytes_starts_nocase(head->subject, BYTES("re :")) || out->said.expert.word != REPLY_NONE);
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

static void classify(struct arena *arena, struct inspection *out)
{
	/* Some systems mark what they send by themselves as answered by a machine; a record stays a record. */
	if (out->notice.type == NOTICE_AUTO_REPLY && has_record(out))
		out->notice.type = NOTICE_NONE;
	out->class = class_of(out);
	out->automatic = out->is_mail && (out->mail.head.automatic || out->notice.type != NOTICE_NONE || notice_words_from_system(&out->mail.head));
	if (out->automatic)
		inspect_said_automatic(arena, &out->mail, &out->said);
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
	struct inspect_reading r = {.arena = arena, .request = request, .out = out};

	*out = (struct inspection){
		.kind = request->kind,
		.documents = arena_alloc(arena, LIMIT_DOCUMENTS * sizeof(struct inspect_document)),
	};
	r.failed = arena_alloc(arena, LIMIT_DOCUMENTS * sizeof *r.failed);
	struct inspect_file whole = {.name = request->name, .content = request->range, .encoding_ok = true};
	switch (request->kind) {
	case INSPECT_MAIL:
		read_mail(&r);
		break;
	case INSPECT_ZIP:
		inspect_take_archive(&r, &whole);
		break;
	case INSPECT_CDA:
		inspect_take_document(&r, &whole, SNIFF_XML, REASON_NONE);
		break;
	case INSPECT_OTHER:
		inspect_take_file(&r, &whole);
		break;
	}
	settle_failed(&r);
	classify(arena, out);
	if (out->is_mail && (bytes_equal_text(bytes_of_text(out->class), "opinion") || adds_files(out)))
		judge_annexes(arena, out);
}

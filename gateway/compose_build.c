/* gateway/compose_build.c - see compose_build.h. */
#include "gateway/compose_build.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/limits.h"
#include "gateway/compose_dossier.h"
#include "gateway/compose_letter.h"
#include "gateway/compose_links.h"
#include "gateway/compose_rehearsal.h"
#include "gateway/compose_report.h"
#include "gateway/compose_request.h"
#include "gateway/compose_words.h"
#include "smtp/mime_build.h"
#include "smtp/subject.h"

/* Room for the wrapper and the signature around the entity. */
enum { SEAL = 64 * 1024 };

/* One mail while it is being built. */
struct work {
	struct arena *arena;
	struct compose_request request;
	bool english;
	struct smtp_compose_part *parts;
	size_t part_count;
	struct xdm_write_document *packed;
	size_t packed_count;
	struct compose_letter_files letter;
	const char **field;
};

static struct bytes say(const struct work *w, const char *fr, const char *en)
{
	return bytes_of_text(w->english ? en : fr);
}

static void add_part(struct work *w, struct bytes name, const char *media, struct bytes content)
{
	w->parts[w->part_count++] = (struct smtp_compose_part){name, bytes_of_text(media), content};
}

/* --- files ---------------------------------------------------------------------- */

static enum reason build_report(struct work *w)
{
	if (!w->request.has_report)
		return REASON_NONE;
	struct compose_report_files files;
	enum reason reason = compose_report_build(w->arena, &w->request.report, w->english, &files, w->field);
	if (reason != REASON_NONE)
		return reason;
	add_part(w, files.name, "application/pdf", files.pdf);
	w->packed[w->packed_count++] = files.document;
	return REASON_NONE;
}

static enum reason build_dossier(struct work *w)
{
	const struct compose_dossier *d = &w->request.dossier;
	struct bytes pdf;
	if (!w->request.has_dossier)
		return REASON_NONE;
	enum reason reason = compose_dossier_make(w->arena, &w->request, &pdf, w->field);
	if (reason != REASON_NONE)
		return reason;
	const struct cda_write_time day = {w->request.mail.date, w->request.mail.offset_minutes};
	add_part(w, compose_words_file(w->arena, day, d->title, w->request.xdm_patient.family_birth,
				       w->request.xdm_patient.given_birth_first, d->reference),
		 "application/pdf", pdf);
	return REASON_NONE;
}

static void add_attachments(struct work *w)
{
	for (size_t i = 0; i < w->request.attachment_count; i++) {
		const struct compose_attachment *a = &w->request.attachments[i];
		if (a->packed && !w->request.pdf_only)
			w->packed[w->packed_count++] = a->document;
		else
			w->parts[w->part_count++] = (struct smtp_compose_part){a->name, a->media, a->content};
	}
}

static enum reason build_package(struct work *w)
{
	const struct compose_request *r = &w->request;
	if (w->packed_count == 0 || r->pdf_only)
		return REASON_NONE;
	const struct xdm_write_set set = {
		.unique = r->mail.message_id,
		.title = r->xdm_title.len > 0 ? r->xdm_title : say(w, "Documents médicaux", "Medical documents"),
		.time = r->mail.date, .patient = r->xdm_patient,
		.sender_id = r->xdm_custodian.id, .sender_name = r->xdm_custodian.name,
		.english = w->english, .documents = w->packed, .count = w->packed_count,
	};
	struct bytes archive;
	enum reason reason = xdm_write(w->arena, &set, &archive, w->field);
	if (reason == REASON_NONE)
		add_part(w, BYTES(XDM_WRITE_NAME), "application/zip", archive);
	return reason;
}

/* --- the whole ------------------------------------------------------------------ */

static struct bytes value_of(const struct compose_request *r, const char *name)
{
	for (size_t i = 0; i < r->field_count; i++)
		if (bytes_equal_text(r->fields[i].name, name))
			return r->fields[i].value;
	return BYTES_NONE;
}

/* Will there be an IHE_XDM.zip? */
static bool has_package(const struct compose_request *r)
{
	bool any = r->has_report;
	for (size_t i = 0; i < r->attachment_count; i++)
		any |= r->attachments[i].packed;
	return any && !r->pdf_only;
}

/* The national subject, which names the patient, and the headers of a package stand if and only if one is there (ECO.2.1.3, ECO.2.4). */
static void drop_package_words(struct smtp_compose *mail, struct bytes subject)
{
	mail->mss_ins = mail->mss_codes = BYTES_NONE;
	if (bytes_starts(mail->subject, BYTES(SUBJECT_PREFIX)))
		mail->subject = subject;
}

static enum reason render(struct work *w, const struct template_set *templates, struct bytes code, bool letter, struct template_text *out)
{
	const struct compose_request *r = &w->request;
	const struct template_choice choice = {code, r->language, r->easy, letter};
	struct bytes where;
	enum reason reason = template_render(w->arena, templates, &choice, r->fields, r->field_count, out, &where);

	if (reason != REASON_NONE)
		*w->field = arena_text(w->arena, where);
	else if (r->opening.len > 0 && bytes_equal(code, r->code))
		out->body = bytes_of_text(arena_printf(w->arena, "%s\n\n%s", arena_text(w->arena, r->opening), arena_text(w->arena, out->body)));
	return reason;
}

static void add_field(struct compose_request *r, const char *name, struct bytes value)
{
	r->fields[r->field_count++] = (struct template_field){bytes_of_text(name), value};
}

/* The letter is the first file; what the mail itself says is for who prints it. */
static enum reason build_letter(struct work *w, const struct template_set *templates, struct template_text *text)
{
	struct compose_request *r = &w->request;
	enum reason reason = render(w, templates, r->code, true, text);

	if (reason == REASON_NONE)
		reason = compose_letter_make(w->arena, r, text, &w->letter, w->field);
	if (reason != REASON_NONE || r->letter.alone)
		return reason;
	add_field(r, "letter_code", r->code);
	add_field(r, "letter_sheet", w->letter.sheet_code);
	return render(w, templates, BYTES("LETTER"), false, text);
}

static enum reason build_text(struct work *w, const struct template_set *templates)
{
	struct compose_request *r = &w->request;
	struct template_text text;
	for (size_t i = 0; i < r->field_count; i++)
		r->fields[i].value = compose_words_field(w->arena, w->english, r->fields[i].name, r->fields[i].value);
	if (has_package(r))
		add_field(r, "package", BYTES(XDM_WRITE_NAME));
	enum reason reason = r->has_letter ? build_letter(w, templates, &text) : render(w, templates, r->code, false, &text);
	if (reason != REASON_NONE)
		return reason;
	if (r->mail.subject.len == 0)
		r->mail.subject = text.subject;
	if (!has_package(r) && !r->has_notice)
		drop_package_words(&r->mail, text.subject);
	r->mail.text = text.body;
	r->mail.links = compose_links(w->arena, w->english, r->code, r->mail.reply_to, text.subject, value_of(r, "phone"), &r->mail.link_count);
	compose_rehearsal(w->arena, w->english, r);
	return REASON_NONE;
}

/* What the answer tells: the parts, then the documents of the package. */
static void list_files(struct work *w, struct compose_mail *mail)
{
	mail->files = arena_alloc(w->arena, (w->part_count + w->packed_count + 1) * sizeof *mail->files);
	for (size_t i = 0; i < w->part_count; i++)
		mail->files[mail->file_count++] = (struct compose_file){.name = w->parts[i].name, .content = w->parts[i].content};
	for (size_t i = 0; i < w->packed_count; i++)
		mail->files[mail->file_count++] =
			(struct compose_file){xdm_write_path(w->arena, i), w->packed[i].id, w->packed[i].content};
}

/* A mail of words alone is searched here, where these words are; one with files is read again by relais-shield. */
static void search(struct work *w, struct compose_mail *mail)
{
	struct shield_reader *reader = shield_reader_make(w->arena);

	shield_read(reader, w->request.mail.subject);
	shield_read(reader, w->request.mail.text);
	shield_read_end(reader, &mail->shield.text);
	mail->searched = true;
}

/* The files and the mail around them. */
static enum reason build_mail(struct work *w, struct compose_mail *mail)
{
	struct compose_request *r = &w->request;
	w->part_count = w->packed_count = 0;
	if (r->has_letter)
		add_part(w, w->letter.name, "application/pdf", w->letter.pdf);
	enum reason reason = build_report(w);
	if (reason == REASON_NONE)
		reason = build_dossier(w);
	if (reason != REASON_NONE)
		return reason;
	add_attachments(w);
	reason = build_package(w);
	if (reason != REASON_NONE)
		return reason;
	r->mail.parts = w->parts;
	r->mail.part_count = w->part_count;
	reason = smtp_compose(w->arena, &r->mail, &mail->head, &mail->entity, w->field);
	if (reason == REASON_NONE && r->limit > 0 && mail->head.len + mail->entity.len + SEAL > r->limit)
		reason = REASON_COMPOSE_SIZE;
	return reason;
}

enum reason compose_build(struct arena *arena, const struct template_set *templates, struct bytes request, struct bytes payload,
			  struct compose_mail *out, const char **field)
{
	struct work w = {.arena = arena, .field = field};
	*field = "";
	enum reason reason = compose_request_read(arena, request, payload, &w.request, field);
	if (reason != REASON_NONE)
		return reason;
	w.english = bytes_equal_text(w.request.language, "en");
	w.parts = arena_alloc(arena, (w.request.attachment_count + 4) * sizeof *w.parts);
	w.packed = arena_alloc(arena, (w.request.attachment_count + 1) * sizeof *w.packed);
	if (w.request.has_notice)
		w.request.mail.notice = &w.request.notice;
	reason = build_text(&w, templates);
	if (reason != REASON_NONE)
		return reason;
	struct compose_mail mail = {.subject = w.request.mail.subject};
	if (w.request.has_letter && w.request.letter.alone) {
		mail.entity = w.letter.pdf;
		*out = mail;
		return REASON_NONE;
	}
	reason = build_mail(&w, &mail);
	/* The expert has his question, the list and the originals all the same. */
	if (reason == REASON_COMPOSE_SIZE && w.request.has_dossier) {
		w.request.dossier.brief = true;
		reason = build_mail(&w, &mail);
	}
	if (reason != REASON_NONE)
		return reason;
	list_files(&w, &mail);
	if (mail.file_count == 0 && !w.request.has_notice)
		search(&w, &mail);
	*out = mail;
	return REASON_NONE;
}

static struct bytes dump(struct arena *arena, json_t *json)
{
	char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	struct bytes copy = text == NULL ? BYTES("{\"error\":\"local.memory\",\"detail\":\"\"}") : arena_copy(arena, bytes_of_text(text));
	free(text);
	json_decref(json);
	return copy;
}

static json_t *text_json(struct bytes text)
{
	return json_stringn((const char *)text.at, text.len);
}

struct bytes compose_answer(struct arena *arena, const struct compose_mail *mail)
{
	char digest[DIGEST_SHA256_TEXT];
	json_t *documents = json_array();
	for (size_t i = 0; i < mail->file_count; i++) {
		const struct compose_file *file = &mail->files[i];
		digest_sha256_text(file->content, digest);
		json_array_append_new(documents, json_pack("{s:o, s:o, s:s}", "name", text_json(file->name), "id",
							   file->id.len > 0 ? text_json(file->id) : json_null(), "digest", digest));
	}
	digest_sha256_text(mail->entity, digest);
	return dump(arena, json_pack("{s:s, s:o, s:o, s:o*}", "digest", digest, "subject", text_json(mail->subject), "documents", documents, "shield",
				     mail->searched ? shield_mail_write(&mail->shield) : NULL));
}

struct bytes compose_failure(struct arena *arena, enum reason reason, const char *field)
{
	return dump(arena, json_pack("{s:s, s:s}", "error", reason_code(reason), "detail", field == NULL ? "" : field));
}

/* A report to nobody, with the published test identity: it goes through every library that a real one needs. */
static const char warm_request[] =
	"{\"code\":\"M21\",\"language\":\"fr\",\"message_id\":\"<warm@invalid>\",\"date\":\"2026-01-01T00:00:00Z\","
	"\"from\":{\"address\":\"a@b\",\"name\":\"Été « 1 »\"},\"to\":\"a@b\",\"fields\":{\"reference\":\"A\",\"phone\":\"0\",\"organisation\":\"Œ\","
	"\"patient_name\":\"é\",\"expert_name\":\"è\",\"summary\":\"ç\"},\"report\":{\"reference\":\"A\",\"id\":\"1.2\",\"set_id\":\"1.2\",\"version\":1,"
	"\"request_id\":\"1.2\",\"time\":\"2026-01-01T00:00:00Z\",\"service_time\":\"2026-01-01T00:00:00Z\",\"title\":\"é\",\"patient\":{"
	"\"ins\":\"279035121518989\",\"oid\":\"1.2.250.1.213.1.4.10\",\"family_birth\":\"PAT-TROIS\",\"given_birth_first\":\"DOMINIQUE\","
	"\"given_birth_all\":\"DOMINIQUE\",\"birth_time\":\"19790328\",\"sex\":\"F\",\"birth_place\":\"51215\"},\"expert\":{\"rpps\":\"00000000000\","
	"\"given\":\"é\",\"family\":\"É\",\"organisation\":\"é\",\"organisation_id\":\"1000000000\",\"specialty_code\":\"G15_10\"},"
	"\"custodian\":{\"id\":\"1000000000\",\"name\":\"é\"},\"summary\":\"é\",\"sections\":[{\"heading\":\"é\",\"text\":\"- é\"}]}}";

bool compose_warm(const struct template_set *templates)
{
	mime_build_start();
	struct arena *arena = arena_create(LIMIT_COMPOSE_MEMORY);
	struct compose_mail mail;
	const char *field;
	bool good = arena != NULL && pdf_warm() &&
		    compose_build(arena, templates, BYTES(warm_request), BYTES_NONE, &mail, &field) == REASON_NONE &&
		    compose_answer(arena, &mail).len > 0;
	arena_destroy(&arena);
	return good;
}

/* gateway/compose_dossier.c - see compose_dossier.h. */
#include "gateway/compose_dossier.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/calendar.h"
#include "base/limits.h"
#include "cda/pdf_join.h"
#include "cda/pdf_picture.h"
#include "gateway/compose_words.h"

/* The order in which an expert looks at things, by LOINC and TRE_A05 codes (cda.md 2). The last is everything else. */
static const struct group {
	const char *fr, *en, *types;
} groups[] = {
	{"Concertation pluridisciplinaire", "Multidisciplinary meeting", "34794-8"},
	{"Anatomie pathologique, génétique", "Pathology, genetics", "60568-3 51969-4"},
	{"Imagerie", "Imaging", "18748-4 IMG-KOS 55115-0 18782-3"},
	{"Biologie", "Laboratory", "11502-2"},
	{"Séjours, opérations, consultations", "Stays, operations, consultations",
	 "34112-3 11490-0 34874-8 11488-4 96349-6 18761-7 60591-5 15507-7 34133-9 74207-2"},
	{"Prescriptions", "Prescriptions", "57833-6 57828-6 PRESC-BIO 56445-0"},
	{"Autres documents", "Other documents", ""},
};
enum { GROUPS = sizeof groups / sizeof groups[0] };

/* A document on its way into the file. */
struct entry {
	const struct compose_sheet *sheet;
	size_t group, order;       /* order: as it was given */
	struct bytes heading;
	bool text;                 /* its readable text is set */
	struct bytes part;         /* its pages, to be joined; empty for none */
	size_t pages, first;       /* of part: how many, and the number of the first in the file */
	enum reason reason;        /* why its pages are not here */
};

struct dossier {
	struct arena *arena;
	const struct compose_request *request;
	bool english;
	struct entry *entries;
	size_t count;
	struct pdf_section *sections;
	struct pdf_row *rows;
	size_t n_sections, n_rows, contents;   /* contents: the section of the table, from 1 */
};

static const char *say(const struct dossier *d, const char *fr, const char *en)
{
	return d->english ? en : fr;
}

/* --- order ------------------------------------------------------------------------ */

static size_t group_of(struct bytes type)
{
	for (size_t i = 0; i + 1 < GROUPS && type.len > 0; i++) {
		struct cursor c = cursor_on(bytes_of_text(groups[i].types));
		while (c.left.len > 0)
			if (bytes_equal(cursor_until(&c, ' '), type))
				return i;
	}
	return GROUPS - 1;
}

/* By kind, the newest first; those without a date behind, in the order in which they came. */
static int by_kind_and_date(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int64_t at = a->sheet->time.us, bt = b->sheet->time.us;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (at != bt)
		return at > bt ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static struct bytes date_words(const struct dossier *d, struct instant at)
{
	if (at.us == 0)
		return bytes_of_text(say(d, "sans date", "no date"));
	struct date day = calendar_date(CALENDAR_FRANCE, at);
	return bytes_of_text(arena_printf(d->arena, "%02d/%02d/%04d", day.day, day.month, day.year));
}

static struct bytes title_of(const struct dossier *d, const struct compose_sheet *sheet)
{
	return sheet->title.len > 0 ? sheet->title : sheet->name.len > 0 ? sheet->name : bytes_of_text(say(d, "Document", "Document"));
}

static void take_entries(struct dossier *d)
{
	const struct compose_dossier *asked = &d->request->dossier;
	d->entries = arena_alloc(d->arena, (asked->sheet_count + 1) * sizeof *d->entries);
	d->count = asked->sheet_count;
	for (size_t i = 0; i < d->count; i++) {
		const struct compose_sheet *sheet = &asked->sheets[i];
		d->entries[i] = (struct entry){.sheet = sheet, .group = group_of(sheet->type), .order = i, .reason = sheet->reason};
	}
	qsort(d->entries, d->count, sizeof *d->entries, by_kind_and_date);
	for (size_t i = 0; i < d->count; i++) {
		struct bytes title = title_of(d, d->entries[i].sheet), date = date_words(d, d->entries[i].sheet->time);
		d->entries[i].heading = bytes_of_text(arena_printf(d->arena, "%.*s, %.*s", (int)title.len, (const char *)title.at, (int)date.len,
								   (const char *)date.at));
	}
}

/* --- how much of it ---------------------------------------------------------------- */

/* Lines as they will stand on the page, on the safe side. */
static size_t lines_of(struct bytes text)
{
	struct cursor c = cursor_on(text);
	size_t lines = 0;
	while (c.left.len > 0)
		lines += 1 + cursor_until(&c, '\n').len / 80;
	return lines;
}

/* What the originals leave of the mail, in base64 and with some room for the letter and our own pages. */
static size_t room_of(const struct compose_request *request)
{
	size_t limit = request->limit > 0 && request->limit < LIMIT_COMPOSE_MAIL ? (size_t)request->limit : LIMIT_COMPOSE_MAIL;
	size_t taken = 2 * LIMIT_RECIPIENT_LETTER, whole = limit / 4 * 3 / 78 * 76;
	for (size_t i = 0; i < request->attachment_count; i++)
		taken += request->attachments[i].content.len;
	size_t room = taken < whole ? whole - taken : 0;
	return room < LIMIT_DOSSIER_BYTES ? room : LIMIT_DOSSIER_BYTES;
}

/* The pages as they will stand in the file; a picture becomes one. */
static enum reason pages_of(const struct dossier *d, const struct compose_sheet *sheet, struct bytes *out, size_t *pages)
{
	enum reason reason = REASON_NONE;
	*out = sheet->file;
	if (sheet->kind != SNIFF_PDF)
		reason = pdf_picture(d->arena, sheet->kind, sheet->file, d->request->mail.date, out);
	else if (pdf_join_hides(*out))
		return REASON_PDF_FORM;
	*pages = reason == REASON_NONE ? pdf_join_pages(*out) : 0;
	return reason == REASON_NONE && *pages == 0 ? REASON_PDF_BROKEN : reason;
}

/* The first in order come first; what does not fit is left out, and what follows may still fit. */
static void choose(struct dossier *d)
{
	size_t lines = 0, pages = 0, bytes = room_of(d->request);
	for (size_t i = 0; i < d->count; i++) {
		struct entry *e = &d->entries[i];
		size_t more = lines_of(e->sheet->text);
		struct bytes part;
		e->text = lines + more <= LIMIT_DOSSIER_LINES;
		lines += e->text ? more : 0;
		if (e->sheet->file.len == 0 || e->sheet->file.len > bytes) {
			e->reason = e->sheet->file.len > 0 ? REASON_ANNEX_LIMIT : e->reason;
			continue;
		}
		e->reason = pages_of(d, e->sheet, &part, &e->pages);
		if (e->reason == REASON_NONE && (pages + e->pages > LIMIT_DOSSIER_PAGES || part.len > bytes))
			e->reason = REASON_ANNEX_LIMIT;
		if (e->reason != REASON_NONE)
			continue;
		e->part = part;
		pages += e->pages;
		bytes -= part.len;
	}
}

/* --- words -------------------------------------------------------------------------- */

static const char *range_words(const struct dossier *d, const struct entry *e)
{
	if (e->pages == 1)
		return arena_printf(d->arena, "page %zu", e->first);
	return arena_printf(d->arena, d->english ? "pages %zu to %zu" : "pages %zu à %zu", e->first, e->first + e->pages - 1);
}

/* Beside the PDF otherwise, under its name: who takes no package has each file by itself. */
static bool is_in_package(const struct dossier *d, const struct entry *e)
{
	return (e->sheet->packed && !d->request->pdf_only) || e->sheet->name.len == 0;
}

/* Where the whole of it is. */
static const char *original_words(const struct dossier *d, const struct entry *e)
{
	struct bytes name = e->sheet->name;
	if (e->sheet->elsewhere)
		return say(d, "qui n’est pas dans ce message", "which is not in this mail");
	if (is_in_package(d, e))
		return say(d, "dans IHE_XDM.zip", "in IHE_XDM.zip");
	return arena_printf(d->arena, d->english ? "the attachment \"%.*s\"" : "la pièce jointe « %.*s »", (int)name.len, (const char *)name.at);
}

static bool is_left_out(const struct entry *e)
{
	bool told = e->text && e->sheet->text.len > 0;
	return e->part.len == 0 && (e->sheet->file.len > 0 || !told);
}

/* What of the document is here, and what is not. */
static void add_state(const struct dossier *d, const struct entry *e, struct buf *out)
{
	const char *original = original_words(d, e);
	if (e->part.len > 0)
		buf_printf(out, d->english ? "The document itself: %s of this file.\n" : "Le document lui-même : %s de ce fichier.\n", range_words(d, e));
	else if (is_left_out(e) && (e->reason == REASON_ANNEX_LIMIT || e->reason == REASON_NONE))
		buf_printf(out, d->english ? "Too long for this file: read the original, %s.\n" : "Trop long pour ce fichier : lisez l’original, %s.\n", original);
	else if (is_left_out(e))
		buf_printf(out, d->english ? "Not taken into this file (%s): read the original, %s.\n" : "Non repris dans ce fichier (%s) : lisez l’original, %s.\n",
			   reason_code(e->reason), original);
	if (!e->text && e->sheet->text.len > 0)
		buf_printf(out, d->english ? "Its text is too long for this file: read the original, %s.\n" : "Son texte est trop long pour ce fichier : lisez l’original, %s.\n",
			   original);
	if (e->sheet->left > 0)
		buf_printf(out, d->english ? "The original, %s, holds %zu more file(s).\n" : "L’original, %s, contient %zu autre(s) fichier(s).\n", original, e->sheet->left);
}

static void add_line(struct buf *out, const char *label, struct bytes value)
{
	if (value.len == 0)
		return;
	buf_printf(out, "%s%.*s\n", label, (int)value.len, (const char *)value.at);
}

static struct bytes entry_text(const struct dossier *d, const struct entry *e)
{
	struct buf out = buf_make(LIMIT_TEXT);
	add_line(&out, say(d, "Auteur : ", "Author: "), e->sheet->author);
	add_line(&out, say(d, "Établissement : ", "Organisation: "), e->sheet->place);
	add_line(&out, say(d, "Fichier : ", "File: "), is_in_package(d, e) ? BYTES_NONE : e->sheet->name);
	add_state(d, e, &out);
	if (e->text && e->sheet->text.len > 0) {
		buf_u8(&out, '\n');
		buf_add(&out, e->sheet->text);
	}
	struct bytes text = arena_copy(d->arena, buf_bytes(&out));
	buf_free(&out);
	return text;
}

static struct bytes row_value(const struct dossier *d, const struct entry *e)
{
	struct bytes title = title_of(d, e->sheet), author = e->sheet->author, place = e->sheet->place;
	const char *where = e->part.len > 0 ? range_words(d, e) : is_left_out(e) ? say(d, "jointe seulement", "only attached") : say(d, "texte ci-après", "text below");
	return bytes_of_text(arena_printf(d->arena, "%.*s%s%.*s%s%.*s \u2013 %s", (int)title.len, (const char *)title.at, author.len > 0 ? " \u2013 " : "", (int)author.len,
					  (const char *)author.at, place.len > 0 ? ", " : "", (int)place.len, (const char *)place.at, where));
}

/* --- sections ----------------------------------------------------------------------- */

static void add_section(struct dossier *d, struct pdf_section section)
{
	d->sections[d->n_sections++] = section;
}

static struct bytes patient_text(const struct dossier *d)
{
	const struct compose_request *r = d->request;
	struct buf out = buf_make(64 * 1024);
	bool test = bytes_equal_text(r->xdm_patient.oid, "1.2.250.1.213.1.4.10") || bytes_equal_text(r->xdm_patient.oid, "1.2.250.1.213.1.4.11");
	if (r->has_xdm || r->has_report) {
		struct bytes who = compose_words_patient(d->arena, d->english, &r->xdm_patient);
		buf_printf(&out, "%.*s\n%s%.*s%s\n", (int)who.len, (const char *)who.at, say(d, "Matricule INS : ", "INS number: "), (int)r->xdm_patient.ins.len,
			   (const char *)r->xdm_patient.ins.at, test ? say(d, " (identité de test)", " (test identity)") : "");
	}
	for (size_t i = 0; i < r->dossier.row_count; i++) {
		const struct pdf_row *row = &r->dossier.rows[i];
		if (row->value.len > 0)
			buf_printf(&out, "%.*s%s%.*s\n", (int)row->label.len, (const char *)row->label.at, say(d, " : ", ": "), (int)row->value.len,
				   (const char *)row->value.at);
	}
	struct bytes text = arena_copy(d->arena, buf_bytes(&out));
	buf_free(&out);
	return text;
}

/* The group's name before its first document; then one row a document, which links to its section. */
static void add_row(struct dossier *d, size_t i, size_t to_section)
{
	const struct entry *e = &d->entries[i];
	size_t last = i;
	if (i == 0 || d->entries[i - 1].group != e->group) {
		while (last < d->count && d->entries[last].group == e->group)
			last++;
		d->rows[d->n_rows++] = (struct pdf_row){.label = bytes_of_text(say(d, groups[e->group].fr, groups[e->group].en)),
							.value = bytes_of_text(arena_printf(d->arena, last - i == 1 ? "%zu document" : "%zu documents", last - i))};
	}
	d->rows[d->n_rows++] = (struct pdf_row){.label = date_words(d, e->sheet->time), .value = row_value(d, e), .to_section = to_section};
}

static void set_sections(struct dossier *d)
{
	const struct compose_dossier *asked = &d->request->dossier;
	d->n_sections = d->n_rows = d->contents = 0;
	if (asked->section_count > 0) {
		add_section(d, asked->sections[0]);
		d->sections[0].strong = true;
	}
	add_section(d, (struct pdf_section){.heading = bytes_of_text(say(d, "Patient", "Patient")), .text = patient_text(d)});
	for (size_t i = 1; i < asked->section_count; i++)
		add_section(d, asked->sections[i]);
	if (d->count == 0)
		return;
	add_section(d, (struct pdf_section){.heading = bytes_of_text(say(d, "Documents", "Documents")),
					    .text = bytes_of_text(say(d, "Par nature, du plus récent au plus ancien. Chaque ligne mène au document.",
								      "By kind, the newest first. Each line leads to the document."))});
	d->contents = d->n_sections;
	for (size_t i = 0; i < d->count; i++) {
		add_row(d, i, d->n_sections + 1);
		add_section(d, (struct pdf_section){.heading = d->entries[i].heading, .text = entry_text(d, &d->entries[i]), .level = 2});
	}
}

/* --- the file ------------------------------------------------------------------------ */

static enum reason draw(struct dossier *d, bool joined, struct bytes *out, const char **field)
{
	const struct compose_request *r = d->request;
	set_sections(d);
	const struct pdf_input input = {
		.title = r->dossier.title, .service = r->mail.from_name, .reference = r->dossier.reference,
		.note = bytes_of_text(say(d, "Secret médical : transmis à l’expert avec l’accord du patient, pour cet avis seulement.",
					  "Medical secrecy: sent to the expert with the patient's consent, for this opinion only.")),
		.english = d->english, .joined = joined, .time = r->mail.date,
		.rows = d->rows, .row_count = d->n_rows, .rows_below = d->contents, .sections = d->sections, .section_count = d->n_sections,
	};
	return pdf_make(d->arena, &input, out, field);
}

static size_t number_parts(struct dossier *d, size_t own, struct pdf_part *parts)
{
	size_t n = 0;
	for (size_t i = 0; i < d->count; i++) {
		struct entry *e = &d->entries[i];
		if (e->part.len == 0)
			continue;
		e->first = own + 1;
		own += e->pages;
		parts[n++] = (struct pdf_part){e->part, e->heading};
	}
	return n;
}

/* The numbers of the pages behind stand on the pages before: drawn again until these are as many as was thought. */
static enum reason make(struct dossier *d, struct bytes *out, const char **field)
{
	struct pdf_part *parts = arena_alloc(d->arena, (d->count + 1) * sizeof *parts);
	size_t own = 1, before = 0, n = 0;
	for (unsigned turn = 0; turn < 4 && own != before; turn++) {
		struct bytes drawn;
		before = own;
		n = number_parts(d, own, parts);
		enum reason reason = draw(d, n > 0, &drawn, field);
		if (reason != REASON_NONE)
			return reason;
		*out = drawn;
		own = n > 0 ? pdf_join_pages(drawn) : own;
	}
	return n > 0 ? pdf_join(d->arena, *out, parts, n, out) : REASON_NONE;
}

/* Whatever the documents hold, the expert has his question and the list of what is attached. */
static void leave_all_out(struct dossier *d)
{
	for (size_t i = 0; i < d->count; i++) {
		d->entries[i].text = false;
		d->entries[i].part = BYTES_NONE;
		if (d->entries[i].reason == REASON_NONE)
			d->entries[i].reason = REASON_ANNEX_LIMIT;
	}
}

enum reason compose_dossier_make(struct arena *arena, const struct compose_request *request, struct bytes *out, const char **field)
{
	struct dossier d = {.arena = arena, .request = request, .english = bytes_equal_text(request->language, "en")};
	take_entries(&d);
	d.sections = arena_alloc(arena, (request->dossier.section_count + d.count + 3) * sizeof *d.sections);
	d.rows = arena_alloc(arena, (2 * d.count + 1) * sizeof *d.rows);
	if (!request->dossier.brief) {
		choose(&d);
		enum reason reason = make(&d, out, field);
		if (reason == REASON_NONE || d.count == 0)
			return reason;
	}
	leave_all_out(&d);
	return make(&d, out, field);
}

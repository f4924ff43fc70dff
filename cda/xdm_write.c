/* cda/xdm_write.c - see xdm_write.h. */
#include "cda/xdm_write.h"

#include <zip.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/limits.h"
#include "cda/xdm_write_metadata.h"

struct entry {
	const char *name;
	struct bytes content;
};

/* --- checks ----------------------------------------------------------------- */

static bool filled(struct bytes text)
{
	return bytes_trim(text).len > 0 && bytes_one_line(text, 512);
}

static bool person_allowed(const struct xdm_write_person *p)
{
	const struct bytes texts[] = {p->id, p->id_root, p->family, p->given, p->organisation, p->organisation_id,
				      p->specialty_code, p->specialty_name};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (!bytes_one_line(texts[i], 512))
			return false;
	return true;
}

static const char *bad_code(const struct xdm_write_document *d)
{
	const struct {
		struct bytes text;
		const char *field;
	} codes[] = {
		{d->replaces, "xdm.replaces"}, {d->type_name, "xdm.type_name"}, {d->type_system, "xdm.type_system"},
		{d->format_code, "xdm.format"}, {d->class_code, "xdm.class"}, {d->facility_code, "xdm.facility"},
		{d->practice_code, "xdm.practice"}, {d->confidentiality[0], "xdm.confidentiality"},
		{d->confidentiality[1], "xdm.confidentiality"}, {d->confidentiality[2], "xdm.confidentiality"},
		{d->confidentiality[3], "xdm.confidentiality"}, {d->language, "xdm.language"},
	};
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (!bytes_one_line(codes[i].text, 512))
			return codes[i].field;
	return NULL;
}

static const char *bad_document(const struct xdm_write_document *d)
{
	if (d->content.len == 0)
		return "xdm.content";
	if (!filled(d->id))
		return "xdm.id";
	if (!filled(d->type_code))
		return "xdm.type";
	if (!filled(d->title))
		return "xdm.title";
	if (d->level != 1 && d->level != 3)
		return "xdm.level";
	if (!person_allowed(&d->author) || (d->author.family.len == 0 && d->author.organisation.len == 0))
		return "xdm.authors";
	if (!person_allowed(&d->legal_authenticator))
		return "xdm.legal_authenticator";
	return bad_code(d);
}

static enum reason check(const struct xdm_write_set *set, const char **field)
{
	enum reason reason = cda_write_patient_check(&set->patient, field);
	if (reason != REASON_NONE)
		return reason;
	const char *bad = set->count == 0 || set->count > LIMIT_DOCUMENTS ? "xdm"
			  : !filled(set->title)                           ? "xdm.title"
			  : !filled(set->sender_id)                       ? "xdm.custodian.id"
			  : !filled(set->sender_name)                     ? "xdm.custodian.name"
									  : NULL;
	for (size_t n = 0; n < set->count && bad == NULL; n++)
		bad = bad_document(&set->documents[n]);
	if (bad == NULL)
		return REASON_NONE;
	*field = bad;
	return REASON_COMPOSE_FIELD;
}

/* --- the two files for people ------------------------------------------------- */

static void add_day(struct buf *out, struct instant at)
{
	struct date day = instant_date(at, 0);
	buf_printf(out, "%02d/%02d/%04d", day.day, day.month, day.year);
}

static void add_index_row(struct arena *arena, struct buf *out, const struct xdm_write_document *d, size_t n)
{
	const char *file = xdm_write_file(arena, n);
	buf_printf(out, "<li><a href=\"IHE_XDM/SUBSET01/%s\">", file);
	buf_markup(out, d->title);
	buf_text(out, "</a>, ");
	add_day(out, d->service_start.us != 0 ? d->service_start : d->time);
	if (d->author.family.len > 0) {
		buf_text(out, ", ");
		buf_markup(out, d->author.given);
		buf_text(out, d->author.given.len > 0 ? " " : "");
		buf_markup(out, d->author.family);
	}
	if (d->author.organisation.len > 0) {
		buf_text(out, ", ");
		buf_markup(out, d->author.organisation);
	}
	buf_printf(out, " (%s)</li>\r\n", file);
}

/* Plain HTML without script, style sheet or image: it opens anywhere, and there is nothing in it to run. */
static void add_index(struct arena *arena, struct buf *out, const struct xdm_write_set *set)
{
	buf_printf(out, "<!DOCTYPE html>\r\n<html lang=\"%s\">\r\n<head>\r\n<meta charset=\"UTF-8\">\r\n<title>", set->english ? "en" : "fr");
	buf_markup(out, set->title);
	buf_text(out, "</title>\r\n</head>\r\n<body>\r\n<h1>");
	buf_markup(out, set->title);
	buf_text(out, set->english ? "</h1>\r\n<p>Sent by " : "</h1>\r\n<p>Envoyé par ");
	buf_markup(out, set->sender_name);
	buf_text(out, set->english ? " on " : " le ");
	add_day(out, set->time);
	buf_text(out, set->english ? ". One patient, " : ". Un seul patient, ");
	buf_printf(out, "%zu document%s.</p>\r\n<ol>\r\n", set->count, set->count > 1 ? "s" : "");
	for (size_t n = 0; n < set->count; n++)
		add_index_row(arena, out, &set->documents[n], n);
	buf_text(out, "</ol>\r\n<p>");
	buf_text(out, set->english ? "The documents are meant for medical software. The PDF files of the same mail can be read by anybody."
				   : "Les documents sont faits pour un logiciel médical. Les fichiers PDF du même message se lisent partout.");
	buf_text(out, "</p>\r\n<p><a href=\"README.TXT\">README.TXT</a></p>\r\n</body>\r\n</html>\r\n");
}

static void add_readme(struct buf *out, const struct xdm_write_set *set)
{
	buf_text(out, set->english ? "Sent by: " : "Expéditeur : ");
	buf_add(out, set->sender_name);
	buf_text(out, set->english
			  ? "\r\n\r\nThis archive follows IHE XDM (Cross-enterprise Document Media Interchange).\r\n"
			    "It speaks of one patient only. INDEX.HTM lists the documents, IHE_XDM/SUBSET01 holds them with\r\n"
			    "METADATA.XML, which describes them. Medical software files them by itself.\r\n"
			    "Health data: to be read only by those whom the patient's care concerns.\r\n"
			  : "\r\n\r\nCette archive suit le profil IHE XDM (échange de documents sur support).\r\n"
			    "Elle concerne un seul patient. INDEX.HTM donne la liste des documents ; IHE_XDM/SUBSET01 les contient\r\n"
			    "avec METADATA.XML, qui les décrit. Un logiciel médical les range de lui-même.\r\n"
			    "Données de santé : à ne lire que pour la prise en charge du patient.\r\n");
}

/* --- the archive -------------------------------------------------------------- */

/* MS-DOS date and time of an instant, in UTC: a ZIP knows no zone (APPNOTE 4.4.6). */
static void dos_time(struct instant at, zip_uint16_t *time, zip_uint16_t *date)
{
	struct date day = instant_date(at, 0);
	int64_t second = at.us / 1000000 % 86400;
	if (day.year < 1980 || second < 0) {
		*time = 0;
		*date = (1 << 5) | 1;
		return;
	}
	*time = (zip_uint16_t)(second / 3600 << 11 | second / 60 % 60 << 5 | second % 60 / 2);
	*date = (zip_uint16_t)((day.year - 1980) << 9 | day.month << 5 | day.day);
}

static bool add_entry(zip_t *archive, const struct entry *entry, zip_uint16_t time, zip_uint16_t date)
{
	zip_source_t *source = zip_source_buffer(archive, entry->content.at, entry->content.len, 0);
	if (source == NULL)
		return false;
	zip_int64_t index = zip_file_add(archive, entry->name, source, ZIP_FL_ENC_UTF_8);
	if (index < 0) {
		zip_source_free(source);
		return false;
	}
	zip_uint64_t at = (zip_uint64_t)index;
	return zip_file_set_dostime(archive, at, time, date, 0) == 0 && zip_set_file_compression(archive, at, ZIP_CM_DEFLATE, 6) == 0 &&
	       zip_file_set_external_attributes(archive, at, 0, ZIP_OPSYS_DOS, 0) == 0;
}

/* The whole of a closed archive, out of the buffer that it was written to. */
static enum reason read_back(struct arena *arena, zip_source_t *target, struct bytes *out)
{
	zip_stat_t facts;
	zip_stat_init(&facts);
	if (zip_source_stat(target, &facts) != 0 || (facts.valid & ZIP_STAT_SIZE) == 0 || facts.size > LIMIT_MESSAGE)
		return REASON_COMPOSE_SIZE;
	unsigned char *data = arena_alloc(arena, facts.size);
	if (zip_source_open(target) != 0)
		return REASON_COMPOSE_FAILED;
	zip_int64_t got = zip_source_read(target, data, facts.size);
	zip_source_close(target);
	if (got < 0 || (zip_uint64_t)got != facts.size)
		return REASON_COMPOSE_FAILED;
	*out = (struct bytes){data, facts.size};
	return REASON_NONE;
}

static enum reason pack(struct arena *arena, const struct entry *entries, size_t count, struct instant at, struct bytes *out)
{
	enum reason reason = REASON_COMPOSE_FAILED;
	zip_uint16_t time, date;
	dos_time(at, &time, &date);
	zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, NULL);
	if (target == NULL)
		return reason;
	zip_t *archive = zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, NULL);
	if (archive == NULL)
		goto out;
	zip_source_keep(target);   /* the archive takes our reference when it is closed */
	bool good = true;
	for (size_t i = 0; i < count && good; i++)
		good = add_entry(archive, &entries[i], time, date);
	if (!good || zip_close(archive) != 0) {
		zip_discard(archive);
		goto out;
	}
	reason = read_back(arena, target, out);
out:
	zip_source_free(target);
	return reason;
}

/* --- public ------------------------------------------------------------------- */

struct bytes xdm_write_path(struct arena *arena, size_t n)
{
	return bytes_of_text(arena_printf(arena, "IHE_XDM/SUBSET01/%s", xdm_write_file(arena, n)));
}

struct bytes xdm_write_oid(struct arena *arena, struct bytes text)
{
	unsigned char digest[DIGEST_SHA256];
	digest_sha256(text, digest);
	/* RFC 9562 5.8: a UUID of version 8, whose bits are our own; as one decimal arc (X.667 section 7). */
	digest[6] = (unsigned char)((digest[6] & 0x0f) | 0x80);
	digest[8] = (unsigned char)((digest[8] & 0x3f) | 0x80);
	char digits[41];
	size_t at = sizeof digits - 1;
	digits[at] = 0;
	for (bool more = true; more;) {
		unsigned rest = 0;
		more = false;
		for (size_t i = 0; i < 16; i++) {
			unsigned value = rest * 256 + digest[i];
			digest[i] = (unsigned char)(value / 10);
			rest = value % 10;
			more = more || digest[i] != 0;
		}
		digits[--at] = (char)('0' + rest);
	}
	return bytes_of_text(arena_printf(arena, "2.25.%s", digits + at));
}

enum reason xdm_write(struct arena *arena, const struct xdm_write_set *set, struct bytes *out, const char **field)
{
	struct bytes metadata;
	enum reason reason = check(set, field);
	if (reason == REASON_NONE)
		reason = xdm_write_metadata(arena, set, &metadata);
	if (reason != REASON_NONE)
		return reason;
	struct buf index = buf_make(1024 * 1024), readme = buf_make(8 * 1024);
	add_index(arena, &index, set);
	add_readme(&readme, set);
	size_t count = set->count + 3;
	struct entry *entries = arena_alloc(arena, count * sizeof *entries);
	entries[0] = (struct entry){"INDEX.HTM", buf_bytes(&index)};
	entries[1] = (struct entry){"README.TXT", buf_bytes(&readme)};
	entries[2] = (struct entry){"IHE_XDM/SUBSET01/METADATA.XML", metadata};
	for (size_t n = 0; n < set->count; n++)
		entries[n + 3] = (struct entry){(const char *)xdm_write_path(arena, n).at, set->documents[n].content};
	reason = REASON_COMPOSE_FAILED;
	if (buf_ok(&index) && buf_ok(&readme))
		reason = pack(arena, entries, count, set->time, out);
	buf_free(&index);
	buf_free(&readme);
	return reason;
}

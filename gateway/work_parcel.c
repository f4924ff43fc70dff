/* gateway/work_parcel.c - files of messages on their way into a mail: as they came, and as people can read them. */
#include "gateway/work.h"

#include "base/limits.h"
#include "gateway/json_view.h"
#include "gateway/work_package.h"

static json_t *time_of(const json_t *facts)
{
	struct instant at;
	struct bytes text = json_view(facts, "time");
	return instant_read(text, &at) || instant_read_hl7(text, &at) ? json_of_instant(at) : NULL;
}

/* A sender's odd file name must not keep a dossier from its expert: what smtp/compose would refuse is written otherwise. */
static json_t *file_name(struct work *work, struct bytes name)
{
	char *out = arena_alloc(work->arena, LIMIT_ZIP_NAME + 1);
	size_t n = 0;

	for (size_t i = 0; i < name.len && n < LIMIT_ZIP_NAME; i++) {
		unsigned char c = name.at[i];
		size_t unseen = bytes_unseen(bytes_from(name, i));
		if (unseen > 0)
			i += unseen - 1;
		else if (c < ' ' || c == 0x7f || c == '/' || c == '\\' || (c == '.' && n == 0))
			out[n++] = '_';
		else
			out[n++] = (char)c;
	}
	/* cut between two characters */
	while (n > 0 && !bytes_utf8((struct bytes){(unsigned char *)out, n}))
		n--;
	return n > 0 ? json_stringn(out, n) : json_string("document");
}

/* Letters and digits, parted by single other signs (RFC 6838 4.2, and no sign that a mail's head would not take). */
static bool media_word(struct bytes word, size_t max)
{
	bool parted = true;

	for (size_t i = 0; i < word.len; i++) {
		unsigned char c = word.at[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter && (parted || (c != '.' && c != '-' && c != '+' && c != '_')))
			return false;
		parted = !letter;
	}
	return !parted && word.len <= max;
}

/* The sender's word for what we do not know, if it is one. */
static json_t *file_media(struct bytes media)
{
	size_t slash = bytes_find_byte(media, '/', 0);
	bool single = !bytes_starts_nocase(media, BYTES("multipart/")) && !bytes_starts_nocase(media, BYTES("message/"));

	single = single && media_word(bytes_slice(media, 0, slash), 19) && media_word(bytes_from(media, slash + 1), 80);
	return single ? json_of(media) : json_string("application/octet-stream");
}

static void add_original(struct work *work, struct work_parcel *parcel, const struct work_file *file, const json_t *facts)
{
	json_t *xdm = work_package_entry(facts);
	json_t *item = json_pack("{s:o, s:o, s:I, s:I}", "name", file_name(work, file->name), "media", file_media(file->media),
				 "offset", (json_int_t)parcel->payload.len, "length", (json_int_t)file->content.len);

	if (xdm != NULL) {
		json_object_set_new(item, "xdm", xdm);
		json_array_append_new(parcel->codes, json_of(json_view(facts, "type")));
	}
	buf_add(&parcel->payload, file->content);
	json_array_append_new(parcel->list, item);
}

/* --- the dossier's PDF ------------------------------------------------------------ */

static json_t *range(struct work_parcel *parcel, struct bytes content)
{
	json_t *place = json_pack("{s:I, s:I}", "offset", (json_int_t)parcel->payload.len, "length", (json_int_t)content.len);
	buf_add(&parcel->payload, content);
	parcel->normal += content.len;
	return place;
}

/* One line without control characters, cut between two of the others. */
static json_t *one_line(struct work *work, struct bytes text)
{
	enum { MAX = 300 };
	char *out = arena_text(work->arena, bytes_slice(text, 0, MAX));
	size_t n = text.len < MAX ? text.len : MAX;

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)out[i] < ' ' || out[i] == 0x7f)
			out[i] = ' ';
	while (n > 0 && !bytes_utf8((struct bytes){(unsigned char *)out, n}))
		n--;
	return n > 0 ? json_stringn(out, n) : json_null();
}

static struct bytes first(const json_t *facts, const char *list, const char *key)
{
	return json_view(json_array_get(json_object_get(facts, list), 0), key);
}

/* The answers of a questionnaire stand in the PDF already, with the questions' words. */
static bool is_told(const json_t *facts)
{
	return bytes_equal_text(json_view(facts, "type"), "74465-6") && json_array_size(json_object_get(facts, "answers")) > 0;
}

/* Beyond this the payload grows for nothing: compose takes less (LIMIT_DOSSIER_BYTES). */
static bool has_room(const struct work_parcel *parcel, const struct work_normal *normal)
{
	return parcel->normal + normal->text.len + normal->file.len <= 2 * LIMIT_DOSSIER_BYTES;
}

static enum reason add_sheet(struct work *work, struct work_parcel *parcel, const struct work_file *file, const json_t *facts, bool elsewhere)
{
	struct work_normal normal;
	struct bytes place = first(facts, "authors", "organization");
	json_t *time = time_of(facts), *xdm = work_package_entry(facts);

	enum reason reason = work_normalise(work, file->content, &normal);
	if (reason != REASON_NONE)
		goto out;
	if (place.len == 0)
		place = json_view(json_object_get(facts, "custodian"), "name");
	json_t *sheet = json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:I}", "name", file_name(work, file->name),
				  "title", one_line(work, json_view(facts, "title")), "type", one_line(work, json_view(facts, "type")),
				  "author", one_line(work, first(facts, "authors", "name")), "place", one_line(work, place), "packed", xdm != NULL,
				  "elsewhere", elsewhere, "left", (json_int_t)normal.left);
	if (time != NULL)
		json_object_set(sheet, "time", time);
	bool room = has_room(parcel, &normal), text_file = bytes_equal_text(normal.media, "text/plain");
	if (room && normal.text.len > 0)
		json_object_set_new(sheet, "text", range(parcel, normal.text));
	if (room && normal.file.len > 0 && !text_file) {
		json_object_set_new(sheet, "file", range(parcel, normal.file));
		json_object_set_new(sheet, "media", json_of(normal.media));
	}
	reason = room ? normal.reason : REASON_ANNEX_LIMIT;
	if (reason != REASON_NONE)
		json_object_set_new(sheet, "reason", json_string(reason_code(reason)));
	json_array_append_new(parcel->sheets, sheet);
	reason = REASON_NONE;
out:
	json_decref(time);
	json_decref(xdm);
	return reason;
}

/* --- an opinion's annexes ------------------------------------------------------------ */

static const struct {
	const char *media, *fr, *en, *ends[3];
} forms[] = {
	{"application/pdf", "PDF", "PDF", {".pdf", NULL, NULL}},
	{"image/jpeg", "image", "image", {".jpg", ".jpeg", NULL}},
	{"image/png", "image", "image", {".png", NULL, NULL}},
	{"text/plain", "texte", "text", {".txt", NULL, NULL}},
};
enum { FORMS = sizeof forms / sizeof forms[0] };

static bool ends_right(struct bytes name, const char *const *ends)
{
	for (size_t i = 0; i < 3 && ends[i] != NULL; i++) {
		struct bytes end = bytes_of_text(ends[i]);
		if (name.len > end.len && bytes_equal_nocase(bytes_from(name, name.len - end.len), end))
			return true;
	}
	return false;
}

/* The name as he gave it, with an ending that opens it. */
static json_t *annex_name(struct work *work, struct bytes name, size_t form)
{
	json_t *given = file_name(work, bytes_slice(name, 0, LIMIT_ZIP_NAME - 8));
	struct bytes clean = json_text_view(given);
	if (ends_right(clean, forms[form].ends))
		return given;
	json_t *longer = json_string(arena_printf(work->arena, "%.*s%s", (int)clean.len, (const char *)clean.at, forms[form].ends[0]));
	json_decref(given);
	return longer;
}

static json_t *annex_line(struct work *work, const json_t *name, size_t form, size_t pages)
{
	bool en = work->config->language[0] == 'e';
	const char *form_words = en ? forms[form].en : forms[form].fr;
	if (form > 0 || pages == 0)
		return json_string(arena_printf(work->arena, "%s (%s)", json_string_value(name), form_words));
	return json_string(arena_printf(work->arena, "%s (%s, %zu page%s)", json_string_value(name), form_words, pages, pages > 1 ? "s" : ""));
}

static bool is_clean(const struct work_normal *normal, size_t *form)
{
	*form = 0;
	while (*form < FORMS && !bytes_equal_text(normal->media, forms[*form].media))
		++*form;
	return normal->reason == REASON_NONE && *form < FORMS;
}

/* Takes the name. */
static void add_clean(struct work_parcel *parcel, json_t *name, size_t form, struct bytes content)
{
	json_t *item = json_pack("{s:o, s:s, s:I, s:I}", "name", name, "media", forms[form].media, "offset", (json_int_t)parcel->payload.len, "length",
				 (json_int_t)content.len);
	buf_add(&parcel->payload, content);
	json_array_append_new(parcel->list, item);
}

/* --- public ---------------------------------------------------------------------------- */

struct work_parcel work_parcel_make(bool dossier)
{
	return (struct work_parcel){
		.payload = buf_make(LIMIT_EXTRACT_ANSWER), .list = json_array(), .codes = json_array(), .sheets = dossier ? json_array() : NULL,
		.annexes = json_array(),
	};
}

void work_parcel_free(struct work_parcel *parcel)
{
	buf_free(&parcel->payload);
	json_decref(parcel->list);
	json_decref(parcel->codes);
	json_decref(parcel->sheets);
	json_decref(parcel->annexes);
}

enum reason work_parcel_add(struct work *work, struct work_parcel *parcel, const struct work_file *file, const json_t *facts)
{
	add_original(work, parcel, file, facts);
	return parcel->sheets == NULL || is_told(facts) ? REASON_NONE : add_sheet(work, parcel, file, facts, false);
}

enum reason work_parcel_tell(struct work *work, struct work_parcel *parcel, const struct work_file *file, const json_t *facts)
{
	return parcel->sheets == NULL || is_told(facts) ? REASON_NONE : add_sheet(work, parcel, file, facts, true);
}

enum reason work_parcel_annex(struct work *work, struct work_parcel *parcel, const struct work_file *file)
{
	struct work_normal normal;
	size_t form;
	enum reason reason = work_normalise(work, file->content, &normal);

	if (reason != REASON_NONE)
		return reason;
	if (!is_clean(&normal, &form))
		return REASON_MAIL_UNREADABLE;
	json_t *name = annex_name(work, file->name, form);
	json_array_append_new(parcel->annexes, annex_line(work, name, form, normal.pages));
	add_clean(parcel, name, form, normal.file);
	return REASON_NONE;
}

enum reason work_parcel_exchange(struct work *work, struct work_parcel *parcel, const struct work_file *file)
{
	struct work_normal normal;
	size_t form;
	/* Of a CDA only the file inside it would be left. */
	bool document = bytes_equal_text(json_view(file->facts, "kind"), "cda");
	enum reason reason = document ? REASON_NONE : work_normalise(work, file->content, &normal);

	if (reason != REASON_NONE)
		return reason;
	if (!document && is_clean(&normal, &form))
		add_clean(parcel, annex_name(work, file->name, form), form, normal.file);
	else
		add_original(work, parcel, file, NULL);
	return REASON_NONE;
}

/* gateway/compose_dossier_read.c - the documents of a dossier as the worker names them. See compose_dossier.h. */
#include "base/limits.h"
#include "gateway/compose_dossier.h"

enum { NAME = 320 };

static struct bytes range(struct compose_place place, const char *key, struct bytes payload)
{
	struct compose_place p = compose_json_object(place, key, "offset length", COMPOSE_OPTIONAL);
	if (p.object == NULL)
		return BYTES_NONE;
	uint64_t offset = compose_json_number(p, "offset", payload.len, COMPOSE_REQUIRED);
	return bytes_slice(payload, offset, compose_json_number(p, "length", payload.len - offset, COMPOSE_REQUIRED));
}

static enum sniff kind_of(struct compose_place place)
{
	struct bytes media = compose_json_line(place, "media", NAME, COMPOSE_OPTIONAL);
	static const enum sniff kinds[] = {SNIFF_PDF, SNIFF_JPEG, SNIFF_PNG};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (bytes_equal_text(media, sniff_media(kinds[i])))
			return kinds[i];
	if (media.len > 0)
		compose_json_fail(place, "media");
	return SNIFF_OTHER;
}

/* Normalised or not: what the page cannot set is not let through (cda/pdf.h). */
static struct bytes text_of(struct compose_place place, struct bytes payload)
{
	struct bytes text = range(place, "text", payload);
	bool good = bytes_utf8(text);
	for (size_t i = 0; i < text.len && good; i++)
		good = (text.at[i] >= 0x20 && text.at[i] != 0x7f) || text.at[i] == '\n';
	if (!good)
		compose_json_fail(place, "text");
	return good ? text : BYTES_NONE;
}

static struct compose_sheet sheet_of(struct compose_place place, struct bytes payload)
{
	struct compose_sheet sheet = {
		.name = compose_json_line(place, "name", NAME, COMPOSE_OPTIONAL),
		.title = compose_json_line(place, "title", NAME, COMPOSE_OPTIONAL),
		.type = compose_json_line(place, "type", NAME, COMPOSE_OPTIONAL),
		.author = compose_json_line(place, "author", NAME, COMPOSE_OPTIONAL),
		.place = compose_json_line(place, "place", NAME, COMPOSE_OPTIONAL),
		.time = compose_json_time(place, "time", COMPOSE_OPTIONAL),
		.text = text_of(place, payload),
		.file = range(place, "file", payload),
		.kind = kind_of(place),
		.left = compose_json_number(place, "left", LIMIT_CDA_EMBEDDED * 2, COMPOSE_OPTIONAL),
		.packed = compose_json_true(place, "packed"),
		.elsewhere = compose_json_true(place, "elsewhere"),
	};
	struct bytes reason = compose_json_line(place, "reason", NAME, COMPOSE_OPTIONAL);
	sheet.reason = reason.len == 0 ? REASON_NONE : reason_of_code(reason);
	if (sheet.reason == REASONS)
		compose_json_fail(place, "reason");
	return sheet;
}

void compose_dossier_read(struct compose_place place, struct bytes payload, struct compose_dossier *out)
{
	size_t count = compose_json_count(place, "documents", LIMIT_MIME_PARTS, COMPOSE_OPTIONAL);
	out->sheets = arena_alloc(place.reader->arena, (count + 1) * sizeof *out->sheets);
	for (size_t i = 0; i < count; i++)
		out->sheets[i] = sheet_of(compose_json_item(place, "documents", i, "name title type author place time text file media left packed elsewhere reason"), payload);
	out->sheet_count = count;
}

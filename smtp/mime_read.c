/* smtp/mime_read.c - see mime_read.h.
 *
 * GMime finds the parts; the bytes of each are taken from the input at the offsets that it gives, and decoded by our
 * own strict decoders. g_mime_multipart_get_boundary is never called: one odd parameter name makes it loop for ever. */
#include "smtp/mime_read.h"

#include <gmime/gmime.h>

#include "base/limits.h"
#include "smtp/mime_flowed.h"
#include "smtp/mime_head.h"
#include "smtp/mime_html.h"
#include "smtp/mime_name.h"

struct walk {
	struct arena *arena;
	struct bytes entity;
	struct mime_message *message;
	struct mime_part *text, *html;   /* the own text, and its other form */
	bool too_many;
};

/* Where a part stands. */
struct place {
	GMimeObject *parent;   /* a multipart, or NULL */
	size_t end;            /* no byte of the part lies behind */
	bool broken;
	int depth;
};

void mime_open(struct mime_charsets *out)
{
	g_mime_init();
	mime_charsets_open(out);
}

void mime_close(struct mime_charsets *charsets)
{
	mime_charsets_close(charsets);
	g_mime_shutdown();
}

void mime_anomaly(struct mime_message *message, enum reason reason)
{
	for (size_t i = 0; i < message->n_anomalies; i++)
		if (message->anomalies[i] == reason)
			return;
	if (message->n_anomalies < MIME_ANOMALIES)
		message->anomalies[message->n_anomalies++] = reason;
}

/* Fields that GMime reads with a routine that calls itself or is quadratic, with the byte that counts. */
static const struct guarded {
	struct bytes name;
	unsigned char mark;
	size_t max;
} guarded[] = {
	{BYTES_OF("from:"), ':', LIMIT_HEADER_ADDRESSES * 2},
	{BYTES_OF("to:"), ':', LIMIT_HEADER_ADDRESSES * 2},
	{BYTES_OF("cc:"), ':', LIMIT_HEADER_ADDRESSES * 2},
	{BYTES_OF("bcc:"), ':', LIMIT_HEADER_ADDRESSES * 2},
	{BYTES_OF("sender:"), ':', LIMIT_HEADER_ADDRESSES * 2},
	{BYTES_OF("reply-to:"), ':', LIMIT_HEADER_ADDRESSES * 2},
	{BYTES_OF("resent-"), ':', LIMIT_HEADER_ADDRESSES * 2},
	{BYTES_OF("content-"), ';', LIMIT_HEADER_PARAMETERS * 4},
};

static bool field_bearable(struct bytes from_here)
{
	for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
		/* Blanks before the colon are looked over by GMime, too. */
		struct bytes name = bytes_slice(guarded[i].name, 0, guarded[i].name.len - 1);
		if (!bytes_starts_nocase(from_here, name))
			continue;
		size_t marks = 0, at = 0;
		do {
			for (; at < from_here.len && from_here.at[at] != '\n'; at++)
				marks += from_here.at[at] == guarded[i].mark;
			at++;
		} while (at < from_here.len && marks <= guarded[i].max && (from_here.at[at] == ' ' || from_here.at[at] == '\t'));
		return marks <= guarded[i].max;
	}
	return true;
}

/* Any line may be a header line of some nested part, so all lines are looked at. */
static bool is_bearable(struct bytes entity)
{
	for (size_t at = 0; at < entity.len; at = bytes_find_byte(entity, '\n', at) + 1)
		if (!field_bearable(bytes_from(entity, at)))
			return false;
	return true;
}

static struct bytes media_of(struct arena *arena, GMimeObject *object)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	char *media = type == NULL ? NULL : g_mime_content_type_get_mime_type(type);
	char *lower = media == NULL ? NULL : g_ascii_strdown(media, -1);
	struct bytes out = arena_copy(arena, bytes_of_text(lower == NULL ? "application/octet-stream" : lower));
	g_free(media);
	g_free(lower);
	return out;
}

static struct bytes parameter_of(struct arena *arena, GMimeObject *object, const char *name)
{
	const char *value = g_mime_object_get_content_type_parameter(object, name);
	return arena_copy(arena, bytes_trim(bytes_of_text(value)));
}

static bool is_media(struct bytes media, const char *name)
{
	return bytes_equal_text(media, name);
}

/* The first header line of an object, or SIZE_MAX. */
static size_t start_of(GMimeObject *object)
{
	GMimeHeaderList *headers = g_mime_object_get_header_list(object);
	if (headers == NULL || g_mime_header_list_get_count(headers) == 0)
		return SIZE_MAX;
	gint64 offset = g_mime_header_get_offset(g_mime_header_list_get_header_at(headers, 0));
	return offset < 0 ? SIZE_MAX : (size_t)offset;
}

/* Before the line end that belongs to the first delimiter line of this boundary behind from (RFC 2046 5.1.1). */
static size_t before_boundary(struct bytes entity, const char *boundary, size_t from, size_t end)
{
	struct bytes needle = bytes_of_text(boundary), inside = bytes_slice(entity, 0, end);

	if (needle.len == 0)
		return end;
	for (size_t at = from; (at = bytes_find(inside, needle, at)) < inside.len; at++) {
		if (at < 3 || inside.at[at - 1] != '-' || inside.at[at - 2] != '-' || inside.at[at - 3] != '\n')
			continue;
		size_t stop = at - 3;
		if (stop > from && inside.at[stop - 1] == '\r')
			stop--;
		return stop < from ? from : stop;
	}
	return end;
}

static enum mime_disposition disposition_of(GMimeObject *object)
{
	const char *word = g_mime_object_get_disposition(object);
	if (word == NULL)
		return MIME_DISPOSITION_NONE;
	return g_ascii_strcasecmp(word, "inline") == 0 ? MIME_DISPOSITION_INLINE : MIME_DISPOSITION_ATTACHMENT;
}

static struct bytes name_of(struct walk *walk, GMimeObject *object)
{
	const char *name = NULL;
	bool odd = false;
	struct bytes utf8;

	if (GMIME_IS_PART(object))
		name = g_mime_part_get_filename(GMIME_PART(object));
	if (name == NULL)
		name = g_mime_object_get_content_disposition_parameter(object, "filename");
	if (name == NULL)
		name = g_mime_object_get_content_type_parameter(object, "name");
	(void)mime_decode_text(walk->arena, BYTES("utf-8"), bytes_of_text(name), &utf8);
	struct bytes clean = mime_name_clean(walk->arena, utf8, &odd);
	if (odd)
		mime_anomaly(walk->message, REASON_MAIL_HEADER_ODD);
	return clean;
}

/* RFC 2045 6.4: a part of an encoding that nobody knows is not read. */
static void decode(struct walk *walk, GMimeObject *object, struct mime_part *part)
{
	struct bytes raw = bytes_slice(walk->entity, part->offset, part->length), word;
	const char *header = g_mime_object_get_header(object, "Content-Transfer-Encoding");

	(void)mime_decode_text(walk->arena, BYTES("utf-8"), bytes_trim(bytes_of_text(header)), &word);
	part->content = raw;
	if (word.len == 0 || bytes_equal_nocase(word, BYTES("7bit")) || bytes_equal_nocase(word, BYTES("8bit")) ||
	    bytes_equal_nocase(word, BYTES("binary")))
		part->encoding_ok = true;
	else if (bytes_equal_nocase(word, BYTES("base64")))
		part->encoding_ok = mime_decode_base64(walk->arena, raw, &part->content);
	else if (bytes_equal_nocase(word, BYTES("quoted-printable")))
		part->encoding_ok = mime_decode_quoted(walk->arena, raw, &part->content);
	if (!part->encoding_ok)
		mime_anomaly(walk->message, REASON_MAIL_BAD_ENCODING);
}

static bool is_report_media(struct bytes media)
{
	static const char *const list[] = {
		"message/delivery-status", "message/global-delivery-status", "message/disposition-notification",
		"message/global-disposition-notification", "message/feedback-report", "text/rfc822-headers",
		"message/global-headers",
	};
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (is_media(media, list[i]))
			return true;
	return false;
}

static bool is_signature_media(struct bytes media)
{
	return is_media(media, "application/pkcs7-signature") || is_media(media, "application/x-pkcs7-signature") ||
	       is_media(media, "application/pgp-signature");
}

static bool parent_is(struct walk *walk, const struct place *place, const char *media)
{
	return place->parent != NULL && is_media(media_of(walk->arena, place->parent), media);
}

/* The first plain text that is no attachment is what the writer says; HTML beside it is the same in another form. */
static enum mime_role role_of(struct walk *walk, const struct place *place, struct mime_part *part)
{
	bool loose = part->disposition == MIME_DISPOSITION_ATTACHMENT || part->name.len > 0;

	if (is_report_media(part->media) || (is_media(part->media, "message/rfc822") && parent_is(walk, place, "multipart/report")))
		return MIME_ROLE_REPORT;
	if (is_signature_media(part->media))
		return MIME_ROLE_SIGNATURE;
	if (is_media(part->media, "text/plain") && !loose && walk->text == NULL) {
		walk->text = part;
		return MIME_ROLE_TEXT;
	}
	if (is_media(part->media, "text/html") && !loose && walk->html == NULL) {
		walk->html = part;
		return MIME_ROLE_TEXT;
	}
	if (!loose && bytes_starts(part->media, BYTES("text/")) && parent_is(walk, place, "multipart/alternative"))
		return MIME_ROLE_TEXT;
	return MIME_ROLE_FILE;
}

static struct mime_part *add_part(struct walk *walk, GMimeObject *object, const struct place *place)
{
	if (walk->message->n == LIMIT_MIME_PARTS) {
		walk->too_many = true;
		return NULL;
	}
	struct mime_part *part = &walk->message->parts[walk->message->n++];
	*part = (struct mime_part){
		.name = name_of(walk, object),
		.media = media_of(walk->arena, object),
		.charset = parameter_of(walk->arena, object, "charset"),
		.flowed = bytes_equal_nocase(parameter_of(walk->arena, object, "format"), BYTES("flowed")),
		.delsp = bytes_equal_nocase(parameter_of(walk->arena, object, "delsp"), BYTES("yes")),
		.disposition = disposition_of(object),
		.offset = walk->entity.len,
		.broken = place->broken,
		.depth = place->depth,
	};
	return part;
}

static void add_leaf(struct walk *walk, GMimeObject *object, const struct place *place)
{
	struct mime_part *part = add_part(walk, object, place);
	if (part == NULL)
		return;
	GMimeDataWrapper *content = GMIME_IS_PART(object) ? g_mime_part_get_content(GMIME_PART(object)) : NULL;
	GMimeStream *stream = content == NULL ? NULL : g_mime_data_wrapper_get_stream(content);
	if (stream != NULL && stream->bound_start >= 0 && stream->bound_end >= stream->bound_start) {
		part->offset = (size_t)stream->bound_start;
		part->length = (size_t)(stream->bound_end - stream->bound_start);
	}
	decode(walk, object, part);
	part->role = role_of(walk, place, part);
}

/* An embedded message is one file: its parts are not parts of this message. */
static void add_message(struct walk *walk, GMimeObject *object, const struct place *place)
{
	struct mime_part *part = add_part(walk, object, place);
	GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
	if (part == NULL)
		return;
	size_t start = inner == NULL ? SIZE_MAX : start_of(GMIME_OBJECT(inner));
	if (start < place->end) {
		part->offset = start;
		part->length = place->end - start;
	}
	part->content = bytes_slice(walk->entity, part->offset, part->length);
	part->encoding_ok = true;
	part->role = role_of(walk, place, part);
}

static void walk_object(struct walk *walk, GMimeObject *object, const struct place *place);

static void walk_multipart(struct walk *walk, GMimeMultipart *multipart, const struct place *place)
{
	int count = g_mime_multipart_get_count(multipart);
	const char *boundary = g_mime_object_get_content_type_parameter(GMIME_OBJECT(multipart), "boundary");
	struct place inside = {GMIME_OBJECT(multipart), place->end, place->broken, place->depth + 1};

	/* Without an end another reader may see more or less than we do. */
	if (count == 0 || !multipart->write_end_boundary) {
		mime_anomaly(walk->message, REASON_MAIL_BOUNDARY);
		inside.broken = true;
	}
	if (place->depth > LIMIT_MIME_DEPTH) {
		walk->too_many = true;
		return;
	}
	for (int i = 0; i < count && !walk->too_many; i++) {
		GMimeObject *child = g_mime_multipart_get_part(multipart, i);
		size_t start = start_of(child);
		if (start != SIZE_MAX)
			inside.end = before_boundary(walk->entity, boundary, start, place->end);
		walk_object(walk, child, &inside);
		inside.end = place->end;
	}
}

static void walk_object(struct walk *walk, GMimeObject *object, const struct place *place)
{
	if (GMIME_IS_MULTIPART(object))
		walk_multipart(walk, GMIME_MULTIPART(object), place);
	else if (GMIME_IS_MESSAGE_PART(object))
		add_message(walk, object, place);
	else
		add_leaf(walk, object, place);
}

static struct bytes line_feeds_only(struct arena *arena, struct bytes text)
{
	unsigned char *out = arena_alloc(arena, text.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		if (c == '\r' && (i + 1 == text.len || text.at[i + 1] == '\n'))
			continue;
		out[len++] = c == '\r' ? '\n' : c < ' ' && c != '\n' && c != '\t' ? ' ' : c;
	}
	return (struct bytes){out, len};
}

static struct bytes whole_characters(struct bytes text, size_t max)
{
	if (text.len <= max)
		return text;
	while (max > 0 && (text.at[max] & 0xc0) == 0x80)
		max--;
	return bytes_slice(text, 0, max);
}

static void choose_text(struct walk *walk)
{
	const struct mime_part *part = walk->text;
	struct mime_message *message = walk->message;

	if (part == NULL || (bytes_trim(part->content).len == 0 && walk->html != NULL))
		part = walk->html;
	if (part == NULL)
		return;
	struct bytes text, raw = bytes_slice(part->content, 0, 4 * LIMIT_TEXT);
	if (!mime_decode_text(walk->arena, part->charset, raw, &text))
		mime_anomaly(message, REASON_MAIL_BAD_ENCODING);
	if (part == walk->html)
		text = mime_html_text(walk->arena, text);
	text = line_feeds_only(walk->arena, text);
	if (part->flowed && part != walk->html)
		text = mime_flowed_join(walk->arena, text, part->delsp);
	message->text = whole_characters(text, LIMIT_TEXT);
	message->text_cut = message->text.len < text.len || raw.len < part->content.len;
}

/* The array borrows the bytes, and outlives the object: parsing never writes to its stream. */
static GMimeObject *parse(GByteArray *borrowed)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(borrowed);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	g_mime_parser_set_format(parser, GMIME_FORMAT_MESSAGE);
	g_mime_parser_set_persist_stream(parser, TRUE);
	/* As a part, so that the addresses of the outer header never reach the library here. */
	GMimeObject *object = g_mime_parser_construct_part(parser, NULL);
	g_object_unref(parser);
	g_object_unref(stream);
	return object;
}

enum reason mime_read(struct arena *arena, struct bytes head, struct bytes entity, struct mime_message *out)
{
	struct mime_message message = {.parts = arena_alloc(arena, LIMIT_MIME_PARTS * sizeof(struct mime_part))};
	struct walk walk = {.arena = arena, .entity = entity, .message = &message};
	struct bytes block = head.len > 0 ? head : mime_head_block(entity, NULL);

	if (!is_bearable(entity) || !is_bearable(block) || entity.len > LIMIT_MESSAGE * 2)
		return REASON_MAIL_HEADERS_LIMIT;
	if (!mime_head_read(arena, block, &message.head))
		mime_anomaly(&message, REASON_MAIL_HEADER_ODD);
	GByteArray borrowed = {(guint8 *)entity.at, (guint)entity.len};
	GMimeObject *object = entity.len == 0 ? NULL : parse(&borrowed);
	if (object != NULL) {
		struct place outermost = {.end = entity.len};
		message.media = media_of(arena, object);
		message.report_type = parameter_of(arena, object, "report-type");
		walk_object(&walk, object, &outermost);
		g_object_unref(object);
	}
	if (walk.too_many)
		return REASON_MAIL_PARTS_LIMIT;
	choose_text(&walk);
	*out = message;
	return REASON_NONE;
}

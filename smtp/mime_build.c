/* smtp/mime_build.c - see mime_build.h. */
#include "smtp/mime_build.h"

#include <gmime/gmime.h>

#include "base/buf.h"
#include "base/limits.h"
#include "smtp/compose_word.h"

static void set_content(GMimePart *part, struct bytes content, GMimeContentEncoding encoding)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)content.at, content.len);
	GMimeDataWrapper *wrapper = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
	g_mime_part_set_content(part, wrapper);
	g_mime_part_set_content_encoding(part, encoding);
	g_object_unref(wrapper);
	g_object_unref(stream);
}

static GMimeObject *text_part(struct arena *arena, const char *subtype, struct bytes text, struct bytes language)
{
	GMimePart *part = g_mime_part_new_with_type("text", subtype);
	g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
	if (subtype[0] == 'p')
		g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "format", "flowed");
	if (language.len > 0)
		g_mime_object_set_header(GMIME_OBJECT(part), "Content-Language", arena_text(arena, language), NULL);
	set_content(part, text, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	return GMIME_OBJECT(part);
}

/* --- names ------------------------------------------------------------------- */

/* RFC 2231 attribute characters that need no escape. */
static bool itself(unsigned char c)
{
	static const struct bytes signs = BYTES_OF("!#$&+-.^_`{}~");
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
	return letter || bytes_find_byte(signs, c, 0) < signs.len;
}

static bool ascii(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x20 || text.at[i] > 0x7e)
			return false;
	return true;
}

/* A quoted string (RFC 2045 5.1); what is quoted is ASCII. */
static void add_quoted(struct buf *out, struct bytes text)
{
	buf_u8(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			buf_u8(out, '\\');
		buf_u8(out, text.at[i]);
	}
	buf_u8(out, '"');
}

/* filename: quoted, or in one piece of RFC 2231 in UTF-8. The library would cut it in numbered pieces in a character set
 * of its choice, which many clients cannot put together. */
static void add_filename(struct buf *out, struct bytes name)
{
	buf_text(out, " attachment;\n\tfilename");
	if (ascii(name)) {
		buf_u8(out, '=');
		add_quoted(out, name);
	} else {
		buf_text(out, "*=UTF-8''");
		for (size_t i = 0; i < name.len; i++) {
			if (itself(name.at[i]))
				buf_u8(out, name.at[i]);
			else
				buf_printf(out, "%%%02X", name.at[i]);
		}
	}
	buf_u8(out, '\n');
}

/* name, for clients older than RFC 2231: encoded words in a quoted string, which RFC 2047 forbids and all of them read. */
static void add_name(struct arena *arena, struct buf *out, const struct smtp_compose_part *file)
{
	buf_u8(out, ' ');
	buf_add(out, file->media);
	/* Without it a text is US-ASCII (RFC 2046 4.1.2). */
	if (bytes_equal_nocase(file->media, BYTES("text/plain")) && bytes_utf8(file->content))
		buf_text(out, "; charset=utf-8");
	buf_text(out, ";\n\tname=");
	if (ascii(file->name)) {
		add_quoted(out, file->name);
	} else {
		struct cursor words = cursor_on(compose_word_text(arena, file->name));
		buf_u8(out, '"');
		buf_add(out, cursor_until(&words, ' '));
		while (words.left.len > 0) {
			buf_text(out, "\n\t");
			buf_add(out, cursor_until(&words, ' '));
		}
		buf_u8(out, '"');
	}
	buf_u8(out, '\n');
}

static void set_raw(struct arena *arena, GMimePart *part, const char *field, const struct buf *value)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(GMIME_OBJECT(part));
	GMimeHeader *header = g_mime_header_list_get_header(list, field);
	g_mime_header_set_raw_value(header, arena_text(arena, buf_bytes(value)));
}

static void set_names(struct arena *arena, GMimePart *part, const struct smtp_compose_part *file)
{
	struct buf type = buf_make(8 * LIMIT_ZIP_NAME), disposition = buf_make(4 * LIMIT_ZIP_NAME);
	add_name(arena, &type, file);
	add_filename(&disposition, file->name);
	g_mime_object_set_disposition(GMIME_OBJECT(part), "attachment");
	set_raw(arena, part, "Content-Type", &type);
	set_raw(arena, part, "Content-Disposition", &disposition);
	buf_free(&type);
	buf_free(&disposition);
}

static GMimeObject *file_part(struct arena *arena, const struct smtp_compose_part *file)
{
	size_t slash = bytes_find_byte(file->media, '/', 0);
	GMimePart *part = g_mime_part_new_with_type(arena_text(arena, bytes_slice(file->media, 0, slash)),
						    arena_text(arena, bytes_from(file->media, slash + 1)));
	set_content(part, file->content, GMIME_CONTENT_ENCODING_BASE64);
	set_names(arena, part, file);
	return GMIME_OBJECT(part);
}

/* --- the whole ---------------------------------------------------------------- */

static void add(GMimeMultipart *multipart, GMimeObject *part)
{
	g_mime_multipart_add(multipart, part);
	g_object_unref(part);
}

static enum reason write_out(struct arena *arena, GMimeObject *object, struct bytes *out)
{
	enum reason reason = REASON_COMPOSE_FAILED;
	GMimeFormatOptions *format = g_mime_format_options_new();
	g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
	GMimeStream *stream = g_mime_stream_mem_new();
	if (g_mime_object_write_to_stream(object, format, stream) > 0 && g_mime_stream_flush(stream) == 0) {
		GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
		reason = bytes->len > LIMIT_COMPOSE_MAIL ? REASON_COMPOSE_SIZE : REASON_NONE;
		if (reason == REASON_NONE)
			*out = arena_copy(arena, (struct bytes){bytes->data, bytes->len});
	}
	g_object_unref(stream);
	g_mime_format_options_free(format);
	return reason;
}

void mime_build_start(void)
{
	g_mime_init();
}

/* RFC 2046 5.1.4: the plainest form first. Neither boundary begins with the other. */
static GMimeObject *alternative(struct arena *arena, const char *boundary, const struct mime_build_text *text)
{
	GMimeMultipart *multipart = g_mime_multipart_new_with_subtype("alternative");
	g_mime_multipart_set_boundary(multipart, arena_printf(arena, "=_text%s", boundary));
	add(multipart, text_part(arena, "plain", text->plain, text->language));
	add(multipart, text_part(arena, "html", text->html, text->language));
	return GMIME_OBJECT(multipart);
}

enum reason mime_build_entity(struct arena *arena, const char *boundary, const struct mime_build_text *text,
			      const struct smtp_compose_part *parts, size_t count, struct bytes *out)
{
	size_t total = text->plain.len + text->html.len;
	for (size_t i = 0; i < count; i++)
		total += parts[i].content.len;
	if (total > LIMIT_COMPOSE_MAIL)
		return REASON_COMPOSE_SIZE;
	GMimeMultipart *multipart = g_mime_multipart_new_with_subtype("mixed");
	g_mime_multipart_set_boundary(multipart, boundary);
	add(multipart, alternative(arena, boundary, text));
	for (size_t i = 0; i < count; i++)
		add(multipart, file_part(arena, &parts[i]));
	enum reason reason = write_out(arena, GMIME_OBJECT(multipart), out);
	g_object_unref(multipart);
	return reason;
}

/* As the fields are: 7 bit, or 8 bit in the forms of RFC 6533. */
static GMimeObject *fields_part(struct arena *arena, const char *media, struct bytes content, bool global)
{
	struct bytes name = bytes_of_text(media);
	size_t slash = bytes_find_byte(name, '/', 0);
	GMimePart *part = g_mime_part_new_with_type(arena_text(arena, bytes_slice(name, 0, slash)), arena_text(arena, bytes_from(name, slash + 1)));
	set_content(part, content, global ? GMIME_CONTENT_ENCODING_8BIT : GMIME_CONTENT_ENCODING_7BIT);
	return GMIME_OBJECT(part);
}

enum reason mime_build_report(struct arena *arena, const char *boundary, struct bytes text, struct bytes language,
			      const struct notice_written *notice, struct bytes *out)
{
	GMimeMultipart *multipart = g_mime_multipart_new_with_subtype("report");
	g_mime_multipart_set_boundary(multipart, boundary);
	g_mime_object_set_content_type_parameter(GMIME_OBJECT(multipart), "report-type", notice->report_type);
	add(multipart, text_part(arena, "plain", text, language));
	add(multipart, fields_part(arena, notice->media, notice->fields, notice->global));
	add(multipart, fields_part(arena, notice->headers_media, notice->headers, notice->global));
	enum reason reason = write_out(arena, GMIME_OBJECT(multipart), out);
	g_object_unref(multipart);
	return reason;
}

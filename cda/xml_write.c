/* cda/xml_write.c - see xml_write.h. */
#include "cda/xml_write.h"

#include <libxml/xmlwriter.h>

#include "base/limits.h"
#include "cda/base64.h"

struct xml_write {
	struct arena *arena;
	xmlBufferPtr buffer;
	xmlTextWriterPtr writer;
	bool failed;
};

static const xmlChar *name_of(const char *name)
{
	return (const xmlChar *)name;
}

/* XML 1.0 2.2: of the control characters only TAB, LF and CR; U+FFFE and U+FFFF are forbidden too. */
static bool text_allowed(struct bytes text)
{
	if (text.len > LIMIT_XML || !bytes_utf8(text))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x20 && text.at[i] != '\t' && text.at[i] != '\n')
			return false;
	return !bytes_contains(text, BYTES("\xef\xbf\xbe")) && !bytes_contains(text, BYTES("\xef\xbf\xbf"));
}

/* A copy that ends with NUL, as the library wants it; NULL after a refusal. */
static const xmlChar *copy_of(struct xml_write *w, struct bytes text)
{
	if (!text_allowed(text)) {
		w->failed = true;
		return NULL;
	}
	return (const xmlChar *)arena_text(w->arena, text);
}

static void keep(struct xml_write *w, int written)
{
	if (written < 0)
		w->failed = true;
}

struct xml_write *xml_write_open(struct arena *arena)
{
	struct xml_write *w = arena_alloc(arena, sizeof *w);
	w->arena = arena;
	w->buffer = xmlBufferCreate();
	w->writer = w->buffer == NULL ? NULL : xmlNewTextWriterMemory(w->buffer, 0);
	if (w->writer == NULL) {
		xml_write_close(&w);
		return NULL;
	}
	keep(w, xmlTextWriterSetIndent(w->writer, 1));
	keep(w, xmlTextWriterSetIndentString(w->writer, name_of("  ")));
	keep(w, xmlTextWriterStartDocument(w->writer, "1.0", "UTF-8", NULL));
	return w;
}

void xml_write_close(struct xml_write **w)
{
	if (*w == NULL)
		return;
	if ((*w)->writer != NULL)
		xmlFreeTextWriter((*w)->writer);
	if ((*w)->buffer != NULL)
		xmlBufferFree((*w)->buffer);
	*w = NULL;
}

void xml_write_start(struct xml_write *w, const char *name)
{
	keep(w, xmlTextWriterStartElement(w->writer, name_of(name)));
}

void xml_write_attribute(struct xml_write *w, const char *name, struct bytes value)
{
	const xmlChar *text = copy_of(w, value);
	if (text != NULL)
		keep(w, xmlTextWriterWriteAttribute(w->writer, name_of(name), text));
}

void xml_write_text(struct xml_write *w, struct bytes text)
{
	const xmlChar *copy = copy_of(w, text);
	if (copy != NULL)
		keep(w, xmlTextWriterWriteString(w->writer, copy));
}

void xml_write_base64(struct xml_write *w, struct bytes data)
{
	struct buf out = buf_make(LIMIT_XML);
	base64_encode(&out, data, 0);
	if (!buf_ok(&out) || out.len > INT32_MAX)
		w->failed = true;
	else if (out.len > 0)
		/* The alphabet of base64 needs no escaping; the length is at most LIMIT_XML. */
		keep(w, xmlTextWriterWriteRawLen(w->writer, out.data, (int)out.len));
	buf_free(&out);
}

void xml_write_end(struct xml_write *w)
{
	keep(w, xmlTextWriterEndElement(w->writer));
}

void xml_write_empty(struct xml_write *w, const char *name, const struct xml_write_pair *pairs, size_t count)
{
	xml_write_start(w, name);
	for (size_t i = 0; i < count; i++)
		if (pairs[i].value.len > 0)
			xml_write_attribute(w, pairs[i].name, pairs[i].value);
	xml_write_end(w);
}

void xml_write_element(struct xml_write *w, const char *name, struct bytes text)
{
	xml_write_start(w, name);
	xml_write_text(w, text);
	xml_write_end(w);
}

enum reason xml_write_finish(struct xml_write *w, struct bytes *out)
{
	keep(w, xmlTextWriterEndDocument(w->writer));
	keep(w, xmlTextWriterFlush(w->writer));
	if (w->failed)
		return REASON_COMPOSE_FAILED;
	int len = xmlBufferLength(w->buffer);
	if (len <= 0)
		return REASON_COMPOSE_FAILED;
	*out = arena_copy(w->arena, (struct bytes){xmlBufferContent(w->buffer), (size_t)len});
	return REASON_NONE;
}

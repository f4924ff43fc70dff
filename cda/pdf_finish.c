/* cda/pdf_finish.c - see pdf_finish.h. */
#include "cda/pdf_finish.h"

#include <qpdf/qpdf-c.h>

#include "base/buf.h"
#include "base/limits.h"

static void add_escaped(struct buf *out, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '<')
			buf_text(out, "&lt;");
		else if (text.at[i] == '&')
			buf_text(out, "&amp;");
		else
			buf_u8(out, text.at[i]);
	}
}

static const char xmp_head[] =
	"<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
	"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
	"<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\">\n"
	"<dc:format>application/pdf</dc:format>\n<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">";

/* XMP (ISO 16684-1): the same title, author, language and date as the file's properties. */
static void add_xmp(struct buf *out, const struct pdf_input *input)
{
	char time[INSTANT_TEXT];
	instant_write(input->time, time);
	buf_text(out, xmp_head);
	add_escaped(out, input->title);
	buf_text(out, "</rdf:li></rdf:Alt></dc:title>\n");
	if (input->author.len > 0) {
		buf_text(out, "<dc:creator><rdf:Seq><rdf:li>");
		add_escaped(out, input->author);
		buf_text(out, "</rdf:li></rdf:Seq></dc:creator>\n");
	}
	buf_printf(out, "<dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language>\n", input->english ? "en" : "fr-FR");
	buf_printf(out, "<xmp:CreateDate>%.19sZ</xmp:CreateDate>\n<xmp:CreatorTool>Relais</xmp:CreatorTool>\n", time);
	buf_text(out, "</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>");
}

static bool failed(qpdf_data pdf, QPDF_ERROR_CODE code)
{
	return (code & QPDF_ERRORS) != 0 || qpdf_has_error(pdf);
}

static void set_catalog(qpdf_data pdf, struct bytes xmp, bool english)
{
	qpdf_oh root = qpdf_get_root(pdf);
	qpdf_oh_replace_key(pdf, root, "/Lang", qpdf_oh_new_unicode_string(pdf, english ? "en" : "fr-FR"));
	qpdf_oh display = qpdf_oh_new_dictionary(pdf);
	qpdf_oh_replace_key(pdf, display, "/DisplayDocTitle", qpdf_oh_new_bool(pdf, QPDF_TRUE));
	qpdf_oh_replace_key(pdf, root, "/ViewerPreferences", display);
	qpdf_oh marked = qpdf_oh_new_dictionary(pdf);
	qpdf_oh_replace_key(pdf, marked, "/Marked", qpdf_oh_new_bool(pdf, QPDF_TRUE));
	qpdf_oh_replace_key(pdf, root, "/MarkInfo", marked);
	qpdf_oh stream = qpdf_oh_new_stream(pdf);
	qpdf_oh_replace_stream_data(pdf, stream, xmp.at, xmp.len, qpdf_oh_new_null(pdf), qpdf_oh_new_null(pdf));
	qpdf_oh facts = qpdf_oh_get_dict(pdf, stream);
	qpdf_oh_replace_key(pdf, facts, "/Type", qpdf_oh_new_name(pdf, "/Metadata"));
	qpdf_oh_replace_key(pdf, facts, "/Subtype", qpdf_oh_new_name(pdf, "/XML"));
	qpdf_oh_replace_key(pdf, root, "/Metadata", stream);
}

/* The drawing library leaves out the "D:" that PDF wants before a date (ISO 32000-1 7.9.4). */
static void set_dates(qpdf_data pdf, const char *date)
{
	qpdf_oh facts = qpdf_oh_get_key(pdf, qpdf_get_trailer(pdf), "/Info");
	qpdf_oh_replace_key(pdf, facts, "/CreationDate", qpdf_oh_new_string(pdf, date));
	qpdf_oh_replace_key(pdf, facts, "/ModDate", qpdf_oh_new_string(pdf, date));
}

static const char *date_of(struct arena *arena, struct instant at)
{
	char t[INSTANT_TEXT];
	instant_write(at, t);
	return arena_printf(arena, "D:%.4s%.2s%.2s%.2s%.2s%.2sZ", t, t + 5, t + 8, t + 11, t + 14, t + 17);
}

enum reason pdf_finish(struct arena *arena, struct bytes drawn, const struct pdf_input *input, struct bytes *out)
{
	enum reason reason = REASON_COMPOSE_FAILED;
	struct buf xmp = buf_make(16 * 1024);
	add_xmp(&xmp, input);
	qpdf_data pdf = qpdf_init();
	if (!buf_ok(&xmp) || pdf == NULL)
		goto out;
	qpdf_silence_errors(pdf);
	qpdf_set_suppress_warnings(pdf, QPDF_TRUE);
	if (failed(pdf, qpdf_read_memory(pdf, "drawn", (const char *)drawn.at, drawn.len, NULL)))
		goto out;
	set_catalog(pdf, buf_bytes(&xmp), input->english);
	set_dates(pdf, date_of(arena, input->time));
	if (failed(pdf, QPDF_SUCCESS) || failed(pdf, qpdf_init_write_memory(pdf)))
		goto out;
	qpdf_set_deterministic_ID(pdf, QPDF_TRUE);
	qpdf_set_object_stream_mode(pdf, qpdf_o_disable);
	if (failed(pdf, qpdf_write(pdf)))
		goto out;
	*out = arena_copy(arena, (struct bytes){qpdf_get_buffer(pdf), qpdf_get_buffer_length(pdf)});
	reason = REASON_NONE;
out:
	if (pdf != NULL)
		qpdf_cleanup(&pdf);
	buf_free(&xmp);
	return reason;
}

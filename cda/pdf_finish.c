/* cda/pdf_finish.c - see pdf_finish.h. */
#include "cda/pdf_finish.h"

#include <qpdf/qpdf-c.h>

#include "base/buf.h"
#include "cda/pdf_archive.h"
#include "cda/pdf_colour.h"

#define MAKER "Relais"

static const char xmp_head[] =
	"<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
	"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
	"<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\""
	" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n"
	"<dc:format>application/pdf</dc:format>\n<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">";

/* XMP (ISO 16684-1): the same title, author, maker and dates as the file's properties (ISO 19005-1 6.7.3). */
static void add_xmp(struct buf *out, const struct pdf_input *input)
{
	char time[INSTANT_TEXT];
	instant_write(input->time, time);
	buf_text(out, xmp_head);
	buf_markup(out, input->title);
	buf_text(out, "</rdf:li></rdf:Alt></dc:title>\n");
	if (input->author.len > 0) {
		buf_text(out, "<dc:creator><rdf:Seq><rdf:li>");
		buf_markup(out, input->author);
		buf_text(out, "</rdf:li></rdf:Seq></dc:creator>\n");
	}
	buf_printf(out, "<dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language>\n", input->english ? "en" : "fr-FR");
	buf_printf(out, "<xmp:CreateDate>%.19sZ</xmp:CreateDate>\n<xmp:ModifyDate>%.19sZ</xmp:ModifyDate>\n", time, time);
	buf_text(out, "<xmp:CreatorTool>" MAKER "</xmp:CreatorTool>\n<pdf:Producer>" MAKER "</pdf:Producer>\n");
	if (!input->joined)
		buf_text(out, "<pdfaid:part>1</pdfaid:part>\n<pdfaid:conformance>B</pdfaid:conformance>\n");
	buf_text(out, "</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>");
}

static bool failed(qpdf_data pdf, QPDF_ERROR_CODE code)
{
	return (code & QPDF_ERRORS) != 0 || qpdf_has_error(pdf);
}

static qpdf_oh stream_of(qpdf_data pdf, const struct buf *data)
{
	qpdf_oh stream = qpdf_oh_new_stream(pdf);
	qpdf_oh_replace_stream_data(pdf, stream, data->data, data->len, qpdf_oh_new_null(pdf), qpdf_oh_new_null(pdf));
	return stream;
}

/* What the numbers of our colours mean (ISO 19005-1 6.2.2). */
static void set_colour(qpdf_data pdf, qpdf_oh root)
{
	struct buf profile = buf_make(8192);
	pdf_colour_profile(&profile);
	qpdf_oh stream = stream_of(pdf, &profile);
	qpdf_oh_replace_key(pdf, qpdf_oh_get_dict(pdf, stream), "/N", qpdf_oh_new_integer(pdf, 3));
	qpdf_oh intent = qpdf_oh_parse(pdf, "<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) /Info (sRGB IEC61966-2.1) >>");
	qpdf_oh_replace_key(pdf, intent, "/DestOutputProfile", stream);
	qpdf_oh intents = qpdf_oh_new_array(pdf);
	qpdf_oh_append_item(pdf, intents, intent);
	qpdf_oh_replace_key(pdf, root, "/OutputIntents", intents);
	buf_free(&profile);
}

static void set_catalog(qpdf_data pdf, const struct buf *xmp, bool english)
{
	qpdf_oh root = qpdf_get_root(pdf);
	qpdf_oh_replace_key(pdf, root, "/Lang", qpdf_oh_new_unicode_string(pdf, english ? "en" : "fr-FR"));
	qpdf_oh_replace_key(pdf, root, "/ViewerPreferences", qpdf_oh_parse(pdf, "<< /DisplayDocTitle true >>"));
	qpdf_oh_replace_key(pdf, root, "/MarkInfo", qpdf_oh_parse(pdf, "<< /Marked true >>"));
	qpdf_oh stream = stream_of(pdf, xmp);
	qpdf_oh facts = qpdf_oh_get_dict(pdf, stream);
	qpdf_oh_replace_key(pdf, facts, "/Type", qpdf_oh_new_name(pdf, "/Metadata"));
	qpdf_oh_replace_key(pdf, facts, "/Subtype", qpdf_oh_new_name(pdf, "/XML"));
	qpdf_oh_replace_key(pdf, root, "/Metadata", stream);
	set_colour(pdf, root);
}

/* The drawing library leaves out the "D:" that PDF wants before a date (ISO 32000-1 7.9.4), and names itself. */
static void set_properties(qpdf_data pdf, const char *date)
{
	qpdf_oh facts = qpdf_oh_get_key(pdf, qpdf_get_trailer(pdf), "/Info");
	qpdf_oh_replace_key(pdf, facts, "/CreationDate", qpdf_oh_new_string(pdf, date));
	qpdf_oh_replace_key(pdf, facts, "/ModDate", qpdf_oh_new_string(pdf, date));
	qpdf_oh_replace_key(pdf, facts, "/Producer", qpdf_oh_new_string(pdf, MAKER));
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
	set_catalog(pdf, &xmp, input->english);
	set_properties(pdf, date_of(arena, input->time));
	if (!pdf_archive_pages(arena, pdf) || failed(pdf, QPDF_SUCCESS) || failed(pdf, qpdf_init_write_memory(pdf)))
		goto out;
	qpdf_set_deterministic_ID(pdf, QPDF_TRUE);
	qpdf_set_object_stream_mode(pdf, qpdf_o_disable);
	qpdf_set_newline_before_endstream(pdf, QPDF_TRUE);
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

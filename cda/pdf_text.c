/* cda/pdf_text.c - see pdf_text.h. */
#include "cda/pdf_text.h"

#include <poppler/glib/poppler.h>

/* A page with one word, by the shortest file that the library reads. */
static const char sample[] =
	"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
	"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
	"4 0 obj<</Length 36>>stream\nBT /F 12 Tf 20 50 Td (Bonjour) Tj ET\nendstream endobj\n"
	"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/* What the library has to say of a broken file is nobody's news, and may quote it. */
static void silent(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer context)
{
	(void)domain, (void)level, (void)message, (void)context;
}

static void take(struct buf *out, char *text)
{
	if (text != NULL && text[0] != '\0') {
		buf_text(out, text);
		buf_u8(out, '\n');
	}
	g_free(text);
}

static void take_properties(PopplerDocument *document, struct buf *out)
{
	take(out, poppler_document_get_title(document));
	take(out, poppler_document_get_subject(document));
	take(out, poppler_document_get_author(document));
	take(out, poppler_document_get_keywords(document));
}

static void take_page(PopplerDocument *document, int number, struct buf *out, size_t *bare)
{
	PopplerPage *page = poppler_document_get_page(document, number);
	size_t before = out->len;

	if (page != NULL) {
		take(out, poppler_page_get_text(page));
		g_object_unref(page);
	}
	*bare += out->len <= before + 1;
}

static enum reason failed(GError *error)
{
	bool locked = error != NULL && error->domain == POPPLER_ERROR && error->code == POPPLER_ERROR_ENCRYPTED;

	g_clear_error(&error);
	return locked ? REASON_PDF_ENCRYPTED : REASON_PDF_BROKEN;
}

enum reason pdf_text(struct bytes pdf, size_t most, struct buf *out, size_t *bare)
{
	GError *error = NULL;
	GBytes *bytes = g_bytes_new_static(pdf.at, pdf.len);
	PopplerDocument *document = poppler_document_new_from_bytes(bytes, NULL, &error);
	enum reason reason = REASON_NONE;

	*bare = 0;
	if (document == NULL) {
		g_bytes_unref(bytes);
		return failed(error);
	}
	int pages = poppler_document_get_n_pages(document);
	if (pages < 0 || (size_t)pages > most)
		reason = REASON_PDF_LIMIT;
	take_properties(document, out);
	for (int i = 0; i < pages && (size_t)i < most && buf_ok(out); i++)
		take_page(document, i, out, bare);
	g_object_unref(document);
	g_bytes_unref(bytes);
	return reason;
}

bool pdf_text_open(void)
{
	struct buf out = buf_make(1024);
	size_t bare;

	g_log_set_default_handler(silent, NULL);
	bool read = pdf_text(BYTES(sample), 1, &out, &bare) == REASON_NONE && bytes_contains(buf_bytes(&out), BYTES("Bonjour"));
	buf_free(&out);
	return read;
}

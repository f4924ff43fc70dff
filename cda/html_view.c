/* cda/html_view.c - see html_view.h. */
#include "cda/html_view.h"

#include <libxml/parser.h>
#include <libxslt/documents.h>
#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/xsltInternals.h>
#include <libxslt/xsltutils.h>
#include <stdlib.h>

#include "base/limits.h"
#include "cda/html_tree.h"
#include "cda/xml_library.h"
#include "cda/html_view_sheet.h"

struct html_view {
	xsltStylesheetPtr sheet;
};

/* The error texts of the library quote the document. */
static void silence(void *context, const char *message, ...)
{
	(void)context, (void)message;
}

static xmlDocPtr load_nothing(const xmlChar *uri, xmlDictPtr dictionary, int options, void *context, xsltLoadType type)
{
	(void)uri, (void)dictionary, (void)options, (void)context, (void)type;
	return NULL;
}

static xsltSecurityPrefsPtr forbid_all(void)
{
	static const xsltSecurityOption options[] = {XSLT_SECPREF_READ_FILE, XSLT_SECPREF_WRITE_FILE, XSLT_SECPREF_CREATE_DIRECTORY,
						     XSLT_SECPREF_READ_NETWORK, XSLT_SECPREF_WRITE_NETWORK};
	xsltSecurityPrefsPtr prefs = xsltNewSecurityPrefs();
	for (size_t i = 0; prefs != NULL && i < sizeof options / sizeof options[0]; i++)
		xsltSetSecurityPrefs(prefs, options[i], xsltSecurityForbid);
	return prefs;
}

enum reason html_view_open(struct html_view **out)
{
	xsltSetGenericErrorFunc(NULL, silence);
	xsltSetLoaderFunc(load_nothing);
	xmlDocPtr source = xmlReadMemory((const char *)html_view_sheet, (int)sizeof html_view_sheet, NULL, NULL, XML_PARSE_NONET);
	xsltStylesheetPtr sheet = source == NULL ? NULL : xsltParseStylesheetDoc(source);
	struct html_view *view = sheet == NULL ? NULL : malloc(sizeof *view);

	if (view != NULL) {
		view->sheet = sheet;
		*out = view;
		return REASON_NONE;
	}
	if (sheet != NULL)
		xsltFreeStylesheet(sheet);   /* frees the source too */
	else
		xmlFreeDoc(source);
	return REASON_MEMORY;
}

void html_view_close(struct html_view **view)
{
	if (*view == NULL)
		return;
	xsltFreeStylesheet((*view)->sheet);
	free(*view);
	*view = NULL;
}

static enum reason write_page(struct arena *arena, xsltStylesheetPtr sheet, xmlDocPtr page, struct bytes *out)
{
	xmlChar *text = NULL;
	int len = 0;
	enum reason reason = xsltSaveResultToString(&text, &len, page, sheet) == 0 && text != NULL ? REASON_NONE : REASON_MEMORY;

	if (reason == REASON_NONE && (size_t)len > LIMIT_HTML_PAGE)
		reason = REASON_DOCUMENT_LIMIT;
	if (reason == REASON_NONE)
		*out = arena_copy(arena, (struct bytes){text, (size_t)len});
	xmlFree(text);
	return reason;
}

static enum reason transform(struct arena *arena, xsltStylesheetPtr sheet, xmlDocPtr document, bool english, struct bytes *out)
{
	const char *parameters[] = {"language", english ? "'en'" : "'fr'", NULL};
	xsltTransformContextPtr context = xsltNewTransformContext(sheet, document);
	xsltSecurityPrefsPtr prefs = forbid_all();
	enum reason reason = REASON_MEMORY;
	xmlDocPtr page = NULL;

	if (context == NULL || prefs == NULL || xsltSetCtxtSecurityPrefs(prefs, context) != 0)
		goto out;
	xsltSetTransformErrorFunc(context, NULL, silence);
	context->maxTemplateDepth = LIMIT_HTML_DEPTH;
	context->opLimit = LIMIT_HTML_STEPS;
	page = xsltApplyStylesheetUser(sheet, document, parameters, NULL, NULL, context);
	if (context->state != XSLT_STATE_OK)
		reason = REASON_DOCUMENT_LIMIT;
	else if (page != NULL)
		reason = write_page(arena, sheet, page, out);
out:
	xmlFreeDoc(page);
	xsltFreeTransformContext(context);
	xsltFreeSecurityPrefs(prefs);
	return reason;
}

enum reason html_view_make(struct arena *arena, const struct html_view *view, struct bytes document, bool english, struct bytes *out)
{
	xmlDocPtr tree = NULL;
	enum reason reason = html_tree_read(document, &tree);

	if (reason != REASON_NONE)
		return reason;
	reason = transform(arena, view->sheet, tree, english, out);
	xmlFreeDoc(tree);
	return reason;
}

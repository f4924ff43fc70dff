/* cda/schema.c - see schema.h. */
#include "cda/schema.h"

#include <libxml/parser.h>
#include <libxml/xmlIO.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>

#include "cda/xml_library.h"

enum { PATH_MAX_LEN = 4096 };

struct schema {
	xmlSchemaPtr native;
};

static xmlParserInputPtr refuse(const char *url, const char *id, xmlParserCtxtPtr parser)
{
	(void)url, (void)id, (void)parser;
	return NULL;
}

/* The library's default loader knows no network either in this build, but says so only here. */
static xmlSchemaPtr parse_schema(const char *path)
{
	xmlSchemaPtr native = NULL;
	xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt(path);

	if (parser == NULL)
		return NULL;
	xmlSchemaSetParserStructuredErrors(parser, xml_library_silence, NULL);
	xmlSetStructuredErrorFunc(NULL, xml_library_silence);
	xmlSetExternalEntityLoader(xmlNoNetExternalEntityLoader);
	native = xmlSchemaParse(parser);
	xmlSetStructuredErrorFunc(NULL, NULL);
	xmlSchemaFreeParserCtxt(parser);
	return native;
}

void xml_library_silence(void *context, xmlErrorPtr error)
{
	(void)context, (void)error;
}

void xml_library_refuse_files(void)
{
	xmlSetExternalEntityLoader(refuse);
}

enum reason schema_load(const char *folder, struct schema **out)
{
	char path[PATH_MAX_LEN];
	int len = snprintf(path, sizeof path, "%s/CDA_extended.xsd", folder);

	if (len < 0 || (size_t)len >= sizeof path)
		return REASON_NOT_FOUND;
	xmlSchemaPtr native = parse_schema(path);
	xml_library_refuse_files();
	if (native == NULL)
		return REASON_NOT_FOUND;
	struct schema *schema = xmlMalloc(sizeof *schema); /* the library's allocator: lives and dies with its object */
	if (schema == NULL) {
		xmlSchemaFree(native);
		return REASON_MEMORY;
	}
	schema->native = native;
	*out = schema;
	return REASON_NONE;
}

void schema_close(struct schema **schema)
{
	if (*schema == NULL)
		return;
	xmlSchemaFree((*schema)->native);
	xmlFree(*schema);
	*schema = NULL;
}

struct _xmlSchema *schema_native(const struct schema *schema)
{
	return schema->native;
}

/* cda/xml_library.h - what cda/xml.c and cda/schema.c share of the XML library. No other file includes it. */
#ifndef RELAIS_CDA_XML_LIBRARY_H
#define RELAIS_CDA_XML_LIBRARY_H

#include <libxml/xmlerror.h>

/* An error handler that says nothing: error texts of the library quote the document. */
void xml_library_silence(void *context, xmlErrorPtr error);
/* From now on the library loads no file, no entity and nothing from a network. */
void xml_library_refuse_files(void);

#endif

/* cda/sniff.h - what a file is, by its first bytes. The declared media type is only a hint (attacks X8). */
#ifndef RELAIS_CDA_SNIFF_H
#define RELAIS_CDA_SNIFF_H

#include "base/bytes.h"

enum sniff {
	SNIFF_OTHER,
	SNIFF_PDF,
	SNIFF_JPEG,
	SNIFF_PNG,
	SNIFF_TIFF,
	SNIFF_TXT,     /* UTF-8 or Latin text without control characters, and none of the others */
	SNIFF_RTF,
	SNIFF_DICOM,   /* DICOM PS3.10 preamble */
	SNIFF_ZIP,
	SNIFF_XML,     /* any other XML: CDA or not is cda/read.h's question */
	SNIFF_HTML,
	SNIFF_CCR,     /* ASTM ContinuityOfCareRecord */
	SNIFFS
};

/* How many first bytes sniff_type looks at. */
enum { SNIFF_BYTES = 4096 };

/* By the first SNIFF_BYTES bytes of a file. An empty file is SNIFF_OTHER. */
enum sniff sniff_type(struct bytes head);
/* "pdf", "jpeg", … "other". */
const char *sniff_name(enum sniff type);
/* The media type that we write for it: "application/pdf"…; "application/octet-stream" for SNIFF_OTHER. */
const char *sniff_media(enum sniff type);
/* True when a declared media type ("image/jpeg; name=x", any case) names this type. */
bool sniff_agrees(enum sniff type, struct bytes media);

#endif

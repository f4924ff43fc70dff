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
	SNIFF_HTML,    /* SVG too: it may hold scripts */
	SNIFF_CCR,     /* ASTM ContinuityOfCareRecord */
	/* Known for what they are, so that a sender can be told what to do; none is read. */
	SNIFF_HEIC,    /* photographs of telephones: HEIF, AVIF */
	SNIFF_IMAGE,   /* GIF, BMP, WebP */
	SNIFF_OFFICE,  /* word processors and spreadsheets: OLE2, Office Open XML, OpenDocument */
	SNIFF_PACKED,  /* archives that are no ZIP: 7z, RAR, gzip, bzip2, xz, tar */
	SNIFF_MEDIA,   /* sound and film */
	SNIFF_TNEF,    /* winmail.dat: cda/tnef.h */
	SNIFF_PROGRAM, /* what a machine would run: PE, ELF, Mach-O, Java, a script with its "#!", a Windows link */
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
/* Nobody is given such a file: a machine may run it, or its reader may (attacks E14 of the product, X7, Z8). */
bool sniff_is_active(enum sniff type);
/* True when a declared media type ("image/jpeg; name=x", any case) names this type. */
bool sniff_agrees(enum sniff type, struct bytes media);

#endif

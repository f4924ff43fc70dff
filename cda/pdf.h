/* cda/pdf.h - sets a document on A4 pages: tagged, with its fonts inside, made to be read and printed.
 *
 * Each heading is a bookmark, section n of the input, from 1, the named destination "sn". What an author writes is set as he
 * wrote it; French gets its narrow spaces. A sign that the fonts lack becomes □, and a last paragraph names it.
 * Nothing of the machine gets in: the date is given, the identifier comes from the content, the same input gives the same
 * bytes with the same fonts and libraries.
 * Form: PDF/A-1b (ISO 19005-1), claimed because a checker confirms it for our samples (tests/pdf_forms.py says which one).
 * Neither level A of PDF/A-1 nor PDF/UA is claimed, although the file is tagged: no checker of these was there. */
#ifndef RELAIS_CDA_PDF_H
#define RELAIS_CDA_PDF_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"

struct pdf_row {
	struct bytes label, value;        /* "Patient", "Dominique PAT-TROIS"; an empty value leaves the row out */
	size_t to_section;                /* the value links to this section, counted from 1; 0 or beyond the last: no link */
};

struct pdf_section {
	struct bytes heading;             /* may be empty */
	struct bytes text;                /* paragraphs parted by an empty line; a line "- …" or "1. …" is an item */
	bool strong;                      /* set in a tinted frame: what the reader must not miss */
	unsigned level;                   /* 0 or 1: a section; 2: below the last section of level 1 */
};

/* What makes a letter of a document: sections[0] is its text, sections[1] the sheet that is sent back, if sheet_code is there. In both a
 * line that begins a block and ends with ":" is a heading; on the sheet items are boxes and lines of underscores are to be written on. */
struct pdf_letter {
	const struct bytes *to;           /* for the window of the envelope: at most PDF_LETTER_LINES lines (NF Z 10-011) */
	size_t to_count;
	const struct bytes *from;         /* under the service's name */
	size_t from_count;
	struct bytes date;                /* "samedi 21 novembre 2026" */
	struct bytes sheet_title, sheet_way;   /* "Feuille-réponse"; how and where to it goes back */
	struct bytes sheet_code;          /* as bars and in letters (barcode.h): printable ASCII */
};
enum { PDF_LETTER_LINES = 6 };

struct pdf_input {
	struct bytes title;
	struct bytes service;             /* whose paper it is, at the head of the first page */
	struct bytes reference;           /* at the head of each page */
	struct bytes author;              /* for the file's properties; may be empty */
	struct bytes note;                /* small print at the foot of each page; may be empty */
	bool english;
	bool joined;                      /* pages of other files will be joined to it: PDF/A is not claimed */
	struct instant time;              /* creation date of the file */
	const struct pdf_row *rows;       /* the frame under the title */
	size_t row_count;
	size_t rows_below;                /* 0; or the section, from 1, under whose text the rows stand instead: a table of contents */
	const struct pdf_section *sections;
	size_t section_count;
	const struct pdf_letter *letter;  /* NULL: a document. A letter has no rows */
};

/* The file in the arena. COMPOSE_FIELD: *field names a text that is not UTF-8 or holds a control character (LF and TAB are
 * allowed in a section's text) or LIMIT_PDF_PAGES is passed ("sections"); COMPOSE_FAILED: a library failed. */
MUST_USE enum reason pdf_make(struct arena *arena, const struct pdf_input *input, struct bytes *out, const char **field);

/* Sets a page with every font that pdf_make uses and throws it away, so that a jailed child opens no file. False: no font. */
MUST_USE bool pdf_warm(void);

#endif

/* cda/pdf_letter.h - a letter on A4: window address, date, large type, and the sheet to send back. For pdf*.c alone. */
#ifndef RELAIS_CDA_PDF_LETTER_H
#define RELAIS_CDA_PDF_LETTER_H

#include "cda/pdf_sheet.h"

/* Sets sheet->input->letter and its sections, as pdf_body_set does for a document. */
void pdf_letter_set(struct pdf_sheet *sheet);

#endif

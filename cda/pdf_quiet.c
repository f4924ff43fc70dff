/* cda/pdf_quiet.c - see pdf_quiet.h. */
#include "cda/pdf_quiet.h"

#include <stdlib.h>

static bool failed(qpdf_data pdf, QPDF_ERROR_CODE code)
{
	return (code & QPDF_ERRORS) != 0 || qpdf_has_error(pdf);
}

void pdf_quiet_close(qpdf_data *pdf)
{
	if (*pdf == NULL)
		return;
	/* An error that nobody took is told on standard error. */
	if (qpdf_has_error(*pdf))
		(void)qpdf_get_error(*pdf);
	qpdf_cleanup(pdf);
	*pdf = NULL;
}

enum reason pdf_quiet_open(struct bytes pdf, qpdf_data *out)
{
	qpdf_data opened = qpdf_init();
	*out = NULL;
	if (opened == NULL)
		return REASON_MEMORY;
	qpdf_silence_errors(opened);
	qpdf_set_suppress_warnings(opened, QPDF_TRUE);
	bool good = !failed(opened, qpdf_read_memory(opened, "document", (const char *)pdf.at, pdf.len, NULL));
	bool locked = good ? qpdf_is_encrypted(opened) : qpdf_has_error(opened) && qpdf_get_error_code(opened, qpdf_get_error(opened)) == qpdf_e_password;
	if (!good || locked) {
		pdf_quiet_close(&opened);
		return locked ? REASON_PDF_ENCRYPTED : REASON_PDF_BROKEN;
	}
	*out = opened;
	return REASON_NONE;
}

enum reason pdf_quiet_write(qpdf_data pdf, struct arena *arena, struct bytes *out)
{
	/* The writer sets the number of objects right, but only where the trailer has one. */
	qpdf_oh_replace_key(pdf, qpdf_get_trailer(pdf), "/Size", qpdf_oh_new_integer(pdf, 1));
	if (failed(pdf, qpdf_init_write_memory(pdf)))
		return REASON_PDF_BROKEN;
	qpdf_set_object_stream_mode(pdf, qpdf_o_disable);
	qpdf_set_stream_data_mode(pdf, qpdf_s_preserve);
	qpdf_set_deterministic_ID(pdf, QPDF_TRUE);
	if (failed(pdf, qpdf_write(pdf)))
		return REASON_PDF_BROKEN;
	*out = arena_copy(arena, (struct bytes){qpdf_get_buffer(pdf), qpdf_get_buffer_length(pdf)});
	return REASON_NONE;
}

void pdf_quiet_free(unsigned char *data)
{
	free(data);
}

/* cda/sniff_test.c - what a file is, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "cda/sniff.h"

static const struct {
	const char *what;
	struct bytes head;
	enum sniff type;
} cases[] = {
	{"PDF", BYTES_OF("%PDF-1.4\n"), SNIFF_PDF},
	{"a PDF must begin at once", BYTES_OF("x%PDF-1.4"), SNIFF_TXT},
	{"JPEG", BYTES_OF("\xff\xd8\xff\xe0"), SNIFF_JPEG},
	{"PNG", BYTES_OF("\x89PNG\r\n\x1a\n\0"), SNIFF_PNG},
	{"TIFF, little end first", BYTES_OF("II*\0abc"), SNIFF_TIFF},
	{"TIFF, big end first", BYTES_OF("MM\0*abc"), SNIFF_TIFF},
	{"RTF", BYTES_OF("{\\rtf1"), SNIFF_RTF},
	{"ZIP", BYTES_OF("PK\x03\x04"), SNIFF_ZIP},
	{"XML with declaration", BYTES_OF("\xef\xbb\xbf<?xml version=\"1.0\"?><a/>"), SNIFF_XML},
	{"XML without, after a comment", BYTES_OF("\n<!-- x > y --><cda:ClinicalDocument>"), SNIFF_XML},
	{"CCR", BYTES_OF("<?xml version='1.0'?><ccr:ContinuityOfCareRecord xmlns:ccr='x'>"), SNIFF_CCR},
	{"HTML by its doctype", BYTES_OF("<!DOCTYPE HTML PUBLIC>"), SNIFF_HTML},
	{"HTML by its element", BYTES_OF("<HTML><body>"), SNIFF_HTML},
	{"text, Latin", BYTES_OF("H\xf4pital, \tligne\r\n"), SNIFF_TXT},
	{"a NUL is no text", BYTES_OF("abc\0def"), SNIFF_OTHER},
	{"nothing", BYTES_OF(""), SNIFF_OTHER},
	{"a lone bracket is text", BYTES_OF("<"), SNIFF_TXT},
	{"a comparison is text", BYTES_OF("<5 mg"), SNIFF_TXT},
	{"an unclosed comment is still markup", BYTES_OF("<!-- "), SNIFF_XML},
};

static void test_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (sniff_type(cases[i].head) != cases[i].type)
			fail_msg("%s: %s", cases[i].what, sniff_name(sniff_type(cases[i].head)));
	unsigned char dicom[132] = {0};
	memcpy(dicom + 128, "DICM", 4);
	assert_int_equal(sniff_type((struct bytes){dicom, sizeof dicom}), SNIFF_DICOM);
	assert_int_equal(sniff_type((struct bytes){dicom, sizeof dicom - 1}), SNIFF_OTHER);
}

static void test_agrees(void **state)
{
	(void)state;
	assert_true(sniff_agrees(SNIFF_JPEG, BYTES("Image/JPG")));
	assert_true(sniff_agrees(SNIFF_PDF, BYTES("application/pdf; name=x.pdf")));
	assert_false(sniff_agrees(SNIFF_PNG, BYTES("image/jpeg")));
	assert_false(sniff_agrees(SNIFF_OTHER, BYTES("application/octet-stream")));
	assert_false(sniff_agrees(SNIFF_PDF, BYTES_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_agrees),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

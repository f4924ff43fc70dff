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
	{"a photograph of a telephone", BYTES_OF("\0\0\0\x18" "ftypheic\0\0\0\0"), SNIFF_HEIC},
	{"the same by its general brand", BYTES_OF("\0\0\0\x18" "ftypmif1"), SNIFF_HEIC},
	{"a film in the same wrapping", BYTES_OF("\0\0\0\x18" "ftypisom"), SNIFF_MEDIA},
	{"a GIF", BYTES_OF("GIF89a\1\0"), SNIFF_IMAGE},
	{"a BMP", BYTES_OF("BM\x36\0\1\0\0\0\0\0\x36\0"), SNIFF_IMAGE},
	{"a letter that begins with BM", BYTES_OF("BMI : 22"), SNIFF_TXT},
	{"Office Open XML", BYTES_OF("PK\3\4\x14\0\6\0\x08\0\0\0\x21\0aaaabbbbcccc\x13\0\0\0[Content_Types].xml"), SNIFF_OFFICE},
	{"OpenDocument", BYTES_OF("PK\3\4\x14\0\0\x08\0\0\0\0\x21\0aaaabbbbcccc\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.text"), SNIFF_OFFICE},
	{"a JAR is a program", BYTES_OF("PK\3\4\x14\0\0\x08\0\0\0\0\x21\0aaaabbbbcccc\x09\0\0\0META-INF/"), SNIFF_PROGRAM},
	{"a ZIP of anything else", BYTES_OF("PK\3\4\x14\0\0\x08\0\0\0\0\x21\0aaaabbbbcccc\x08\0\0\0DICOMDIR"), SNIFF_ZIP},
	{"Word 97", BYTES_OF("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), SNIFF_OFFICE},
	{"7z", BYTES_OF("7z\xbc\xaf\x27\x1c\0\4"), SNIFF_PACKED},
	{"RAR", BYTES_OF("Rar!\x1a\7\1\0"), SNIFF_PACKED},
	{"gzip", BYTES_OF("\x1f\x8b\x08\0"), SNIFF_PACKED},
	{"winmail.dat", BYTES_OF("\x78\x9f\x3e\x22\0\0"), SNIFF_TNEF},
	{"ELF", BYTES_OF("\x7f" "ELF\2\1"), SNIFF_PROGRAM},
	{"a script", BYTES_OF("#!/bin/sh\n"), SNIFF_PROGRAM},
	{"a Windows program", BYTES_OF("MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0"
				       "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\0\0\0"), SNIFF_PROGRAM},
	{"a letter that begins with MZ", BYTES_OF("MZ est le code du jumeau monozygote ; les deux filles vont bien, leur mère aussi."), SNIFF_TXT},
	{"a picture that may hold scripts", BYTES_OF("<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"), SNIFF_HTML},
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

/* What a machine or a browser would run goes to nobody. */
static void test_active(void **state)
{
	(void)state;
	for (enum sniff type = 0; type < SNIFFS; type++)
		assert_int_equal(sniff_is_active(type), type == SNIFF_HTML || type == SNIFF_PROGRAM);
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
		cmocka_unit_test(test_active),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

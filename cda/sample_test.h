/* cda/sample_test.h - for the tests of this folder: small files of our own making that other programs read. */
#ifndef RELAIS_CDA_SAMPLE_TEST_H
#define RELAIS_CDA_SAMPLE_TEST_H

/* What cmocka.h needs before it, and itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"

/* A JPEG of 16 x 8 points, left half black, right half white: SOI and JFIF, then the rest. */
#define SAMPLE_JPEG_HEAD "\xff\xd8\xff\xe0\0\x10" "JFIF\0\1\1\0\0\1\0\1\0\0"
#define SAMPLE_JPEG_TAIL                                                                                                   \
	"\xff\xdb\0\x43\0\x10\x0b\x0c\x0e\x0c\x0a\x10\x0e\x0d\x0e\x12\x11\x10\x13\x18\x28\x1a\x18\x16\x16\x18\x31\x23\x25\x1d\x28\x3a\x33\x3d" \
	"\x3c\x39\x33\x38\x37\x40\x48\x5c\x4e\x40\x44\x57\x45\x37\x38\x50\x6d\x51\x57\x5f\x62\x67\x68\x67\x3e\x4d\x71\x79\x70\x64\x78\x5c"   \
	"\x65\x67\x63\xff\xc0\0\x0b\x08\0\x08\0\x10\1\1\x11\0\xff\xc4\0\x15\0\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\7\x08\xff\xc4\0\x14\x10\1\0\0"  \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xda\0\x08\1\1\0\0\x3f\0\x3f\x50\x0f\xff\xd9"

static inline uint32_t sample_crc(struct bytes data)
{
	uint32_t c = 0xffffffffu;
	for (size_t i = 0; i < data.len; i++)
		for (int k = 0; k < 8; k++) {
			uint32_t bit = (c ^ (uint32_t)data.at[i] >> k) & 1;
			c = bit ? 0xedb88320u ^ c >> 1 : c >> 1;
		}
	return c ^ 0xffffffffu;
}

static inline void sample_chunk(struct buf *out, const char *type, struct bytes data)
{
	buf_u32(out, (uint32_t)data.len);
	size_t from = out->len;
	buf_text(out, type);
	buf_add(out, data);
	buf_u32(out, sample_crc(bytes_from(buf_bytes(out), from)));
}

/* A grey PNG of 2 x 1 points with the given chunks (type, text) before its pixels. */
static inline struct bytes sample_png(struct arena *arena, const char *const chunks[][2], size_t n)
{
	struct buf out = buf_make(1 << 16);
	buf_add(&out, BYTES("\x89PNG\r\n\x1a\n"));
	sample_chunk(&out, "IHDR", BYTES("\0\0\0\2\0\0\0\1\x08\0\0\0\0"));
	for (size_t i = 0; i < n; i++)
		sample_chunk(&out, chunks[i][0], bytes_of_text(chunks[i][1]));
	sample_chunk(&out, "IDAT", BYTES("\x78\x01\x01\x03\0\xfc\xff\0\0\xff\1\2\1\0"));   /* one stored block: no filter, 00, FF */
	sample_chunk(&out, "IEND", BYTES_NONE);
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

/* A PDF of the given objects ("3 0 obj …"): no table of them, which readers make good. Object 1 is the catalogue. */
static inline struct bytes sample_pdf(struct arena *arena, const char *catalogue, const char *page, const char *objects)
{
	return bytes_of_text(arena_printf(arena,
		"%%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R %s>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>> %s>>endobj\n"
		"4 0 obj<</Length 46>>stream\nBT /F 12 Tf 20 100 Td (Bonjour docteur) Tj ET \nendstream endobj\n"
		"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n%s\n"
		"trailer<</Size 11/Root 1 0 R/Info<</Producer(Machine du bloc 7)/Author(Dr Secret)>>>>\n%%%%EOF\n", catalogue, page, objects));
}

/* What a tool prints about the file $F. */
static inline struct bytes sample_tool(struct arena *arena, const char *command, struct bytes content)
{
	char path[] = "/tmp/relais-test-XXXXXX";
	unsigned char piece[4096];
	size_t got;
	struct buf out = buf_make(16 << 20);
	int file = mkstemp(path);
	assert_true(file >= 0);
	assert_int_equal(write(file, content.at, content.len), (ssize_t)content.len);
	close(file);
	setenv("F", path, 1);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	while ((got = fread(piece, 1, sizeof piece, pipe)) > 0)
		buf_add(&out, (struct bytes){piece, got});
	(void)pclose(pipe);
	unlink(path);
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

static inline bool sample_have(const char *name)
{
	char command[100];
	snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", name);
	return system(command) == 0;
}

#endif

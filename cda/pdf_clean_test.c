/* cda/pdf_clean_test.c - a PDF of others comes out as pages, and nothing that acts or tells. */
#include "base/limits.h"
#include "cda/pdf_clean.h"
#include "cda/sample_test.h"

static const struct {
	const char *what, *catalogue, *page, *objects;
	enum reason reason;
	const char *gone;      /* must not be in what comes out */
} cases[] = {
	{"a plain letter", "", "", "", REASON_NONE, NULL},
	{"a script at opening", "/OpenAction<</S/JavaScript/JS(app.alert(1))>>", "", "", REASON_NONE, "JavaScript"},
	{"scripts by name", "/Names<</JavaScript<</Names[(a) 9 0 R]>>>>", "", "9 0 obj<</S/JavaScript/JS(evil())>>endobj", REASON_NONE, "evil"},
	{"actions of the document", "/AA<</WC 9 0 R>>", "", "9 0 obj<</S/JavaScript/JS(evil())>>endobj", REASON_NONE, "evil"},
	{"actions of the page", "", "/AA<</O<</S/Launch/F(cmd.exe)>>>>", "", REASON_NONE, "cmd.exe"},
	{"a link outside", "", "/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://evil.example)>>>>]", "", REASON_NONE, "evil.example"},
	{"a program to start", "", "/Annots[9 0 R]", "9 0 obj<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F(cmd.exe)>>>>endobj", REASON_NONE, "cmd.exe"},
	{"a note with an action", "", "/Annots[<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(vu)/T(Dr Secret)/A<</S/SubmitForm/F(http://evil)>>>>]", "", REASON_NONE, "evil"},
	{"who wrote a note", "", "/Annots[<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(vu)/T(Dr Secret)>>]", "", REASON_NONE, "Secret"},
	{"a note that nobody sees", "", "/Annots[<</Type/Annot/Subtype/Text/F 2/Rect[0 0 9 9]/Contents(Secret)>>]", "", REASON_NONE, "Secret"},
	{"a film", "", "/Annots[<</Type/Annot/Subtype/Screen/Rect[0 0 9 9]/MK 9 0 R>>]", "9 0 obj<</Film(evil)>>endobj", REASON_NONE, "evil"},
	{"RichMedia", "", "/Annots[<</Type/Annot/Subtype/RichMedia/Rect[0 0 9 9]/RichMediaContent 9 0 R>>]", "9 0 obj<</Flash(evil)>>endobj", REASON_NONE, "evil"},
	{"3D", "", "/Annots[<</Type/Annot/Subtype/3D/Rect[0 0 9 9]/3DD 9 0 R>>]", "9 0 obj<</OnInstantiate(evil)>>endobj", REASON_NONE, "evil"},
	{"an attached file", "", "/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS<</F(evil.exe)>>>>]", "", REASON_NONE, "evil.exe"},
	{"embedded files", "/Names<</EmbeddedFiles<</Names[(a)<</F(evil.exe)/EF<</F 9 0 R>>>>]>>>>", "", "9 0 obj<</Length 4>>stream\nevil\nendstream endobj", REASON_NONE, "evil"},
	{"associated files", "", "/AF[<</F(evil.exe)>>]", "", REASON_NONE, "evil.exe"},
	{"XMP", "/Metadata 9 0 R", "", "9 0 obj<</Type/Metadata/Length 6>>stream\nSecret\nendstream endobj", REASON_NONE, "Secret"},
	{"XMP of an image", "", "/Group<</X 9 0 R>>", "9 0 obj<</Metadata 10 0 R>>endobj\n10 0 obj<</Length 6>>stream\nSecret\nendstream endobj", REASON_NONE, "Secret"},
	{"private data of a program", "", "/PieceInfo<</Illustrator<</Private(Secret)>>>>", "", REASON_NONE, "Secret"},
	{"private data deep inside", "", "/Group<</X[[<</Y<</PieceInfo(Secret)>>>>]]>>", "", REASON_NONE, "Secret"},
	{"bytes in another file", "", "/Group<</X 9 0 R>>", "9 0 obj<</Length 0/F(/etc/passwd)>>stream\n\nendstream endobj", REASON_NONE, "passwd"},
	{"a page of another file", "", "/Group<</X 9 0 R>>", "9 0 obj<</Subtype/Form/Length 0/Ref<</F(evil.pdf)>>>>stream\n\nendstream endobj", REASON_NONE, "evil.pdf"},
	{"PostScript", "", "/Group<</X 9 0 R>>", "9 0 obj<</Subtype/PS/Length 4>>stream\nevil\nendstream endobj", REASON_NONE, "evil"},
	{"who made it, on what", "", "", "", REASON_NONE, "Machine du bloc 7"},
	{"bookmarks", "/Outlines 9 0 R", "", "9 0 obj<</First 10 0 R>>endobj\n10 0 obj<</Title(evil)/A<</S/URI>>>>endobj", REASON_NONE, "evil"},
	{"junk in the page tree", "", "/Parent 2 0 R", "", REASON_NONE, NULL},
	{"a form as it is seen", "/AcroForm<</Fields[9 0 R]>>", "/Annots[9 0 R]",
	 "9 0 obj<</Type/Annot/Subtype/Widget/FT/Tx/T(nom)/V(Secret)/Rect[0 0 9 9]/AP<</N 10 0 R>>>>endobj\n10 0 obj<</Subtype/Form/BBox[0 0 9 9]/Length 0>>stream\n\nendstream endobj",
	 REASON_NONE, "Secret"},
	{"a form whose values are not seen", "/AcroForm<</Fields[9 0 R]>>", "/Annots[9 0 R]", "9 0 obj<</Type/Annot/Subtype/Widget/FT/Tx/V(douleur)/Rect[0 0 9 9]>>endobj",
	 REASON_PDF_FORM, NULL},
	{"the value is the parent's", "/AcroForm<</Fields[10 0 R]>>", "/Annots[9 0 R]",
	 "9 0 obj<</Type/Annot/Subtype/Widget/Parent 10 0 R/Rect[0 0 9 9]>>endobj\n10 0 obj<</FT/Tx/V(douleur)/Kids[9 0 R]>>endobj", REASON_PDF_FORM, NULL},
	{"appearances to be made anew", "/AcroForm<</NeedAppearances true/Fields[9 0 R]>>", "/Annots[9 0 R]",
	 "9 0 obj<</Type/Annot/Subtype/Widget/FT/Tx/V(douleur)/Rect[0 0 9 9]/AP<<>>>>endobj", REASON_PDF_FORM, NULL},
	{"an empty form", "/AcroForm<</NeedAppearances true/XFA(x)/Fields[9 0 R]>>", "/Annots[9 0 R]", "9 0 obj<</Type/Annot/Subtype/Widget/FT/Tx/Rect[0 0 9 9]>>endobj",
	 REASON_NONE, "XFA"},
	{"a form drawn by a program", "/NeedsRendering true/AcroForm<</XFA(x)>>", "", "", REASON_PDF_FORM, NULL},
	{"a portfolio", "/Collection<</View/T>>", "", "", REASON_PDF_FORM, NULL},
};

static void pages_and_nothing_else(void **state)
{
	struct arena *arena = arena_create(32 << 20);
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pdf_clean out = {BYTES_NONE, 0}, again;
		print_message("%s\n", cases[i].what);
		struct bytes pdf = sample_pdf(arena, cases[i].catalogue, cases[i].page, cases[i].objects);
		assert_int_equal(pdf_clean(arena, pdf, &out), cases[i].reason);
		if (cases[i].reason != REASON_NONE)
			continue;
		assert_int_equal(out.pages, 1);
		assert_true(bytes_contains(out.content, BYTES("(Bonjour docteur)")));
		assert_false(bytes_contains(out.content, BYTES("Dr Secret")) || bytes_contains(out.content, BYTES("/Info")));
		if (cases[i].gone != NULL)
			assert_false(bytes_contains(out.content, bytes_of_text(cases[i].gone)));
		assert_int_equal(pdf_clean(arena, pdf, &again), REASON_NONE);
		assert_true(bytes_equal(out.content, again.content));
	}
	arena_destroy(&arena);
}

static void marks_stay(void **state)
{
	struct arena *arena = arena_create(32 << 20);
	struct pdf_clean out;
	(void)state;
	struct bytes pdf = sample_pdf(arena, "", "/Annots[<</Type/Annot/Subtype/Circle/Rect[10 10 60 60]/C[1 0 0]/Contents(ici)>> 9 0 R]",
				      "9 0 obj<</Type/Annot/Subtype/Widget/FT/Tx/V(oui)/Rect[0 0 9 9]/AP<</N 10 0 R>>>>endobj\n"
				      "10 0 obj<</Subtype/Form/BBox[0 0 9 9]/Length 0>>stream\n\nendstream endobj");
	assert_int_equal(pdf_clean(arena, pdf, &out), REASON_NONE);
	assert_true(bytes_contains(out.content, BYTES("/Circle")) && bytes_contains(out.content, BYTES("(ici)")));
	assert_true(bytes_contains(out.content, BYTES("/Stamp")) && !bytes_contains(out.content, BYTES("/Widget")));
	arena_destroy(&arena);
}

#define EXIF(turn) SAMPLE_JPEG_HEAD "\xff\xe1\0\x32" "Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0" turn "\0\0\0\0\0\0\0GPS-48.85N-2.35E" SAMPLE_JPEG_TAIL

/* A photograph inside keeps its pixels and loses what tells where it was taken: also when the telephone lay on its side, and when the
 * program that made the PDF wrote it as text. */
static void photographs_lose_their_place(void **state)
{
	static const struct {
		const char *filters;
		struct bytes image;
		bool hex;
	} photographs[] = {
		{"/DCTDecode", BYTES_OF(EXIF("\1")), false},
		{"/DCTDecode", BYTES_OF(EXIF("\6")), false},
		{"[/ASCIIHexDecode /DCTDecode]/DecodeParms[null null]", BYTES_OF(EXIF("\1")), true},
		{"[/ASCIIHexDecode/ASCIIHexDecode /DCTDecode]", BYTES_OF(EXIF("\1")), false},   /* two, and not so: left as it is */
	};
	struct arena *arena = arena_create(32 << 20);
	(void)state;
	for (size_t i = 0; i < sizeof photographs / sizeof photographs[0]; i++) {
		struct buf pdf = buf_make(1 << 16);
		struct pdf_clean out;
		struct bytes image = photographs[i].image;
		buf_text(&pdf, "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
			       "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</I 4 0 R>>>>>>endobj\n");
		buf_printf(&pdf, "4 0 obj<</Subtype/Image/Width 16/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8/Filter%s/Length %zu>>stream\n",
			   photographs[i].filters, photographs[i].hex ? 2 * image.len : image.len);
		for (size_t k = 0; k < image.len && photographs[i].hex; k++)
			buf_printf(&pdf, "%02x", image.at[k]);
		if (!photographs[i].hex)
			buf_add(&pdf, image);
		buf_text(&pdf, "\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n");
		assert_int_equal(pdf_clean(arena, buf_bytes(&pdf), &out), REASON_NONE);
		assert_true(bytes_contains(out.content, BYTES(SAMPLE_JPEG_TAIL)));
		assert_int_equal(bytes_contains(out.content, BYTES("GPS")), i == 3);
		buf_free(&pdf);
	}
	arena_destroy(&arena);
}

/* n objects, each of which leads to the next. */
static void add_objects(struct buf *pdf, unsigned from, unsigned n, const char *before, const char *after)
{
	for (unsigned i = from; i < from + n; i++)
		buf_printf(pdf, "%u 0 obj<<%s%u 0 R%s>>endobj\n", i, before, i + 1, after);
}

static enum reason clean(struct bytes pdf)
{
	struct arena *arena = arena_create(128 << 20);
	struct pdf_clean out;
	enum reason reason = pdf_clean(arena, pdf, &out);
	arena_destroy(&arena);
	return reason;
}

static void what_has_no_end_is_refused(void **state)
{
	static const char head[] = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n", tail[] = "trailer<</Root 1 0 R>>\n%%EOF\n";
	struct buf pdf = buf_make(64 << 20);
	(void)state;
	/* A page tree of as many levels as it has nodes. */
	buf_text(&pdf, head);
	add_objects(&pdf, 2, 60, "/Type/Pages/Count 1/Kids[", "]");
	buf_text(&pdf, "62 0 obj<</Type/Page/MediaBox[0 0 9 9]>>endobj\n");
	buf_text(&pdf, tail);
	assert_int_equal(clean(buf_bytes(&pdf)), REASON_PDF_LIMIT);
	/* A tree that is its own kid. */
	buf_clear(&pdf);
	buf_text(&pdf, "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[2 0 R]>>endobj\n");
	buf_text(&pdf, tail);
	assert_int_equal(clean(buf_bytes(&pdf)), REASON_PDF_LIMIT);
	/* References one behind the other: resources of resources. */
	buf_clear(&pdf);
	buf_text(&pdf, head);
	buf_text(&pdf, "2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</X 4 0 R>>>>endobj\n");
	add_objects(&pdf, 4, 20000, "/X ", "");
	buf_text(&pdf, "20004 0 obj null endobj\n");
	buf_text(&pdf, tail);
	assert_int_equal(clean(buf_bytes(&pdf)), REASON_PDF_LIMIT);
	/* More pages than anybody reads. */
	buf_clear(&pdf);
	buf_text(&pdf, head);
	buf_text(&pdf, "2 0 obj<</Type/Pages/Count 600/Kids[");
	for (int i = 0; i < 600; i++)
		buf_text(&pdf, "3 0 R ");
	buf_text(&pdf, "]>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n");
	buf_text(&pdf, tail);
	assert_int_equal(clean(buf_bytes(&pdf)), REASON_PDF_LIMIT);
	/* Brackets in brackets. */
	buf_clear(&pdf);
	buf_text(&pdf, "%PDF-1.4\n1 0 obj<</Type/Catalog/X ");
	for (int i = 0; i < 200000; i++)
		buf_u8(&pdf, '[');
	buf_text(&pdf, tail);
	assert_int_equal(clean(buf_bytes(&pdf)), REASON_PDF_BROKEN);
	buf_free(&pdf);
}

static void what_cannot_be_read_is_refused(void **state)
{
	static const char *const broken[] = {"", "%PDF-1.4\n", "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj trailer<</Root 1 0 R>>\n%%EOF\n",
					     "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
					     "%PDF-1.4\ntrailer<</Root 5>>\n%%EOF",
					     "%PDF-1.4\n1 0 obj<</Type/Page/Pages 1 0 R>>endobj\ntrailer<</Size 3/Root 1 0 R>>\n%%EOF", "MZ this is a program"};
	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		assert_int_equal(clean(bytes_of_text(broken[i])), REASON_PDF_BROKEN);
}

static void other_programs_agree(void **state)
{
	struct arena *arena = arena_create(32 << 20);
	struct pdf_clean out;
	(void)state;
	if (!sample_have("pdftotext") || !sample_have("qpdf")) {
		print_message("no poppler or qpdf tools here: their opinion is not asked\n");
		skip();
	}
	struct bytes pdf = sample_pdf(arena, "/OpenAction<</S/JavaScript/JS(1)>>", "", "");
	assert_int_equal(pdf_clean(arena, pdf, &out), REASON_NONE);
	assert_true(bytes_contains(sample_tool(arena, "qpdf --check $F 2>&1", out.content), BYTES("No syntax or stream encoding errors found")));
	assert_true(bytes_contains(sample_tool(arena, "pdftotext $F -", out.content), BYTES("Bonjour docteur")));
	assert_true(bytes_contains(sample_tool(arena, "pdfinfo $F", out.content), BYTES("JavaScript:      no")));
	/* With a password to open it, and with rights only. */
	struct bytes locked = sample_tool(arena, "qpdf --warning-exit-0 --encrypt secret own 256 -- $F - 2>/dev/null", out.content);
	assert_int_equal(pdf_clean(arena, locked, &out), REASON_PDF_ENCRYPTED);
	locked = sample_tool(arena, "qpdf --warning-exit-0 --encrypt '' own 256 -- $F - 2>/dev/null", pdf);
	assert_true(bytes_contains(locked, BYTES("/Encrypt")));
	assert_int_equal(pdf_clean(arena, locked, &out), REASON_PDF_ENCRYPTED);
	/* Objects in object streams, as most programs of today write them, and with scripts among them. */
	struct bytes packed = sample_tool(arena, "qpdf --warning-exit-0 --object-streams=generate $F - 2>/dev/null", pdf);
	assert_true(bytes_contains(packed, BYTES("/ObjStm")));
	assert_int_equal(pdf_clean(arena, packed, &out), REASON_NONE);
	assert_false(bytes_contains(out.content, BYTES("JavaScript")));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_and_nothing_else),
		cmocka_unit_test(marks_stay),
		cmocka_unit_test(photographs_lose_their_place),
		cmocka_unit_test(what_has_no_end_is_refused),
		cmocka_unit_test(what_cannot_be_read_is_refused),
		cmocka_unit_test(other_programs_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* cda/html_view_test.c - the HTML page of a CDA: what it shows, and what no document may make it show. */
#include "cda/corpus_test.h"

#include <dirent.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/html_view.h"

#define HEAD "<ClinicalDocument xmlns='urn:hl7-org:v3' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:sdtc='urn:hl7-org:sdtc'>"
#define BODY(narrative) HEAD "<title>T</title><component><structuredBody><component><section><title>S</title><text>" narrative \
	"</text></section></component></structuredBody></component></ClinicalDocument>"
#define PNG "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
#define PICTURE(media, content) HEAD "<title>T</title><component><structuredBody><component><section><text><renderMultiMedia referencedObject='p'/></text>" \
	"<entry><observation><value>secret</value><entryRelationship><observationMedia ID='p'><value mediaType='" media "' representation='B64'>" content \
	"</value></observationMedia></entryRelationship></observation></entry></section></component></structuredBody></component></ClinicalDocument>"

struct fixture {
	struct arena *arena;
	struct html_view *view;
};

static int begin(void **state)
{
	static struct fixture f;
	f.arena = arena_create(256u << 20);
	assert_int_equal(html_view_open(&f.view), REASON_NONE);
	*state = &f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	html_view_close(&f->view);
	arena_destroy(&f->arena);
	return 0;
}

static const struct {
	const char *what;
	struct bytes document;
	const char *has, *has_not;     /* NULL: not asked */
} shown[] = {
	{"paragraphs, lists and styles", BYTES_OF(BODY("<paragraph>a<content styleCode='Bold'>b</content></paragraph><list listType='ordered'><item>c</item></list>")),
	 "<p>a<span><strong>b</strong></span></p><ol><li>c</li></ol>", NULL},
	{"a table with its head", BYTES_OF(BODY("<table><thead><tr><th>h</th></tr></thead><tbody><tr><td colspan='2'>1</td></tr></tbody></table>")),
	 "<thead><tr><th scope=\"col\">h</th></tr></thead><tbody><tr><td colspan=\"2\">1</td></tr></tbody>", NULL},
	{"a script element is its text at most", BYTES_OF(BODY("<script>alert(1)</script>")), "alert(1)", "<script"},
	{"markup inside CDATA is text", BYTES_OF(BODY("<paragraph><![CDATA[<img src=x onerror=y>]]></paragraph>")), "&lt;img src=x onerror=y&gt;", "<img"},
	{"event attributes do not pass", BYTES_OF(BODY("<paragraph onclick='x()' style='background:url(//h)'>a</paragraph>")), "<p>a</p>", "onclick"},
	{"a link goes nowhere outside", BYTES_OF(BODY("<linkHtml href='javascript:x'>here</linkHtml>")), "here (javascript:x)", "href=\"javascript"},
	{"a link within the page", BYTES_OF(BODY("<linkHtml href='#r1'>here</linkHtml><paragraph ID='r1'>a</paragraph>")), "<a href=\"#n-r1\">here</a>", NULL},
	{"an id cannot leave its attribute", BYTES_OF(BODY("<paragraph ID='a&quot; onload=&quot;b'>c</paragraph>")), "id=\"n-aonload=b\"", NULL},
	{"HTML of another namespace is left out", BYTES_OF(BODY("<h:iframe xmlns:h='http://www.w3.org/1999/xhtml' src='//x'>gone</h:iframe>")), NULL, "gone"},
	{"SDTC is left out", BYTES_OF(BODY("<sdtc:x>gone</sdtc:x>")), NULL, "gone"},
	{"a PNG that says so", BYTES_OF(PICTURE("image/png", PNG)), "<img src=\"data:image/png;base64," PNG "\"", "secret"},
	{"a PNG that says JPEG is shown as what it is", BYTES_OF(PICTURE("image/jpeg", PNG)), "data:image/png;base64,", NULL},
	{"SVG is no picture", BYTES_OF(PICTURE("image/svg+xml", "PHN2ZyBvbmxvYWQ9J3gnLz4=")), NULL, "data:image/"},
	{"base64 with a quote is no picture", BYTES_OF(PICTURE("image/png", PNG "&quot; onerror=&quot;x")), NULL, "<img"},
	{"a level-1 file is told", BYTES_OF(HEAD "<component><nonXMLBody><text mediaType='application/pdf' representation='B64'>JVBERi0xLjQK</text></nonXMLBody></component></ClinicalDocument>"),
	 "PDF, 1 Ko", "JVBER"},
	{"a plain body is text", BYTES_OF(HEAD "<component><nonXMLBody><text mediaType='text/plain'>a\nb</text></nonXMLBody></component></ClinicalDocument>"), "a\nb", NULL},
	{"coded entries are left out", BYTES_OF(HEAD "<component><structuredBody><component><section><entry><act><text>hidden</text></act></entry></section></component></structuredBody></component></ClinicalDocument>"),
	 "<h1>Document médical</h1>", "hidden"},
	{"its own style sheet is not run", BYTES_OF("<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform'><xsl:template match='/'><b>run</b></xsl:template>"
						    BODY("<paragraph>told</paragraph>") "</xsl:stylesheet>"), "told", "<b>"},
	{"a second document behind it is not shown", BYTES_OF("<two>" BODY("one") HEAD "<title>other</title></ClinicalDocument></two>"), "one", "other"},
	{"a date in words", BYTES_OF(HEAD "<effectiveTime value='20200327153500+0100'/></ClinicalDocument>"), "27 mars 2020 à 15:35", NULL},
	{"no date stays as it stands", BYTES_OF(HEAD "<effectiveTime value='2020&lt;b&gt;'/></ClinicalDocument>"), "2020&lt;b&gt;", NULL},
	{"the traits of the patient", BYTES_OF(HEAD "<recordTarget><patientRole><id root='1.2.250.1.213.1.4.10' extension='279035121518989'/><patient><name><family qualifier='BR'>PAT-TROIS</family>"
					       "<given>DOMINIQUE MARIE-LOUISE</given><given qualifier='BR'>DOMINIQUE</given></name><administrativeGenderCode code='F'/>"
					       "<birthTime value='19790328'/></patient></patientRole></recordTarget></ClinicalDocument>"),
	 "PAT-TROIS DOMINIQUE MARIE-LOUISE", NULL},
};

static void test_shown(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
		struct bytes page = BYTES_NONE;
		enum reason reason = html_view_make(f->arena, f->view, shown[i].document, false, &page);
		if (reason != REASON_NONE)
			fail_msg("%s: %s", shown[i].what, reason_code(reason));
		if (shown[i].has != NULL && !bytes_contains(page, bytes_of_text(shown[i].has)))
			fail_msg("%s: not told", shown[i].what);
		if (shown[i].has_not != NULL && bytes_contains(page, bytes_of_text(shown[i].has_not)))
			fail_msg("%s: told", shown[i].what);
	}
}

static void test_english(void **state)
{
	struct fixture *f = *state;
	struct bytes page;
	assert_int_equal(html_view_make(f->arena, f->view, BYTES(HEAD "<effectiveTime value='20200301'/></ClinicalDocument>"), true, &page), REASON_NONE);
	assert_true(bytes_contains(page, BYTES("1 March 2020")) && bytes_contains(page, BYTES("<html lang=\"en\">")));
}

static const struct {
	const char *what;
	struct bytes document;
	enum reason reason;
} refused[] = {
	{"no CDA", BYTES_OF("<a/>"), REASON_DOCUMENT_NOT_CDA},
	{"the name alone", BYTES_OF("<ClinicalDocument/>"), REASON_DOCUMENT_NOT_CDA},
	{"DOCTYPE", BYTES_OF("<!DOCTYPE a>" HEAD "</ClinicalDocument>"), REASON_DOCUMENT_DOCTYPE},
	{"cut short", BYTES_OF(HEAD "<title>"), REASON_DOCUMENT_MALFORMED},
	{"nothing", BYTES_OF(""), REASON_DOCUMENT_MALFORMED},
};

static void test_refused(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct bytes page = BYTES("untouched");
		enum reason reason = html_view_make(f->arena, f->view, refused[i].document, false, &page);
		if (reason != refused[i].reason || !bytes_equal_text(page, "untouched"))
			fail_msg("%s: %s", refused[i].what, reason_code(reason));
	}
}

/* A page of a document that was made to be slow: refused or made, in a time that the child has. */
static void test_slow(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *open, *piece, *close;
		size_t times, pieces;
	} shapes[] = {
		{"", "&amp;", "", 0, 2000000},                                                     /* a text in very many pieces */
		{"</paragraph></text><component><section><text><paragraph>", "<observationMedia><value/></observationMedia>", "</paragraph></text></section></component><text><paragraph>", 45, 120000},
		{"<list><item>", "<renderMultiMedia referencedObject='p'/>", "</item></list>", 40, 100000},
		{"<table><tr><td>", "<footnoteRef IDREF='x'/>", "</td></tr></table>", 25, 100000},
	};
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		struct arena *arena = arena_create(128u << 20);
		struct buf b = buf_make(64u << 20);
		struct bytes page;
		double begin = cpu_ms();

		buf_text(&b, HEAD "<component><structuredBody><component><section><text><paragraph>");
		for (size_t k = 0; k < shapes[i].times; k++)
			buf_text(&b, shapes[i].open);
		for (size_t k = 0; k < shapes[i].pieces; k++)
			buf_text(&b, shapes[i].piece);
		for (size_t k = 0; k < shapes[i].times; k++)
			buf_text(&b, shapes[i].close);
		buf_text(&b, "</paragraph></text></section></component></structuredBody></component></ClinicalDocument>");
		enum reason reason = html_view_make(arena, f->view, buf_bytes(&b), false, &page);
		print_message("shape %zu: %s, %.0f ms\n", i, reason_code(reason), cpu_ms() - begin);
		assert_true(reason == REASON_NONE || reason == REASON_DOCUMENT_LIMIT);
		assert_true(cpu_ms() - begin < LIMIT_INSPECT_CPU_SECONDS * 1000.0);
		buf_free(&b);
		arena_destroy(&arena);
	}
}

/* As many nodes as the limit lets through end in a page; more are refused before the sheet runs. */
static void test_bounds(void **state)
{
	struct fixture *f = *state;
	struct buf b = buf_make(64u << 20);
	struct bytes page;

	buf_text(&b, HEAD "<component><structuredBody><component><section><text>");
	for (unsigned i = 0; i <= LIMIT_HTML_NODES; i++)
		buf_text(&b, "<br/>");
	buf_text(&b, "</text></section></component></structuredBody></component></ClinicalDocument>");
	assert_true(buf_ok(&b));
	assert_int_equal(html_view_make(f->arena, f->view, buf_bytes(&b), false, &page), REASON_DOCUMENT_LIMIT);
	buf_free(&b);
}

/* Each French sample gives a page that holds its title and every heading of its sections. */
static void test_corpus(void **state)
{
	static const char *const folders[] = {"fr-testcontenu-3.0", "fr-testcontenu-2.41", "intl-c-cda-examples"};
	struct fixture *f = *state;
	const char *root = corpus_root();
	size_t read = 0;

	for (size_t k = 0; k < sizeof folders / sizeof folders[0]; k++) {
		const char *folder = arena_printf(f->arena, "%s/cda/%s", root, folders[k]);
		DIR *dir = opendir(folder);
		assert_non_null(dir);
		for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
			if (strstr(entry->d_name, ".xml") == NULL)
				continue;
			struct arena *arena = arena_create(128u << 20);
			struct bytes page, document = corpus_file(arena, arena_printf(arena, "%s/%s", folder, entry->d_name));
			enum reason reason = html_view_make(arena, f->view, document, false, &page);
			if (reason != REASON_NONE && reason != REASON_DOCUMENT_MALFORMED)
				fail_msg("%s: %s", entry->d_name, reason_code(reason));
			if (reason == REASON_NONE && (!bytes_contains(page, BYTES("<h1>")) || bytes_contains_nocase(page, BYTES("<script")) || bytes_contains(page, BYTES("href=\"http"))))
				fail_msg("%s: %zu bytes", entry->d_name, page.len);
			read += reason == REASON_NONE;
			arena_destroy(&arena);
		}
		closedir(dir);
	}
	assert_true(read >= 66);
	print_message("%zu pages of the corpus\n", read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_shown, begin, end),   cmocka_unit_test_setup_teardown(test_english, begin, end),
		cmocka_unit_test_setup_teardown(test_refused, begin, end), cmocka_unit_test_setup_teardown(test_bounds, begin, end),
		cmocka_unit_test_setup_teardown(test_slow, begin, end),    cmocka_unit_test_setup_teardown(test_corpus, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gateway/compose_dossier_test.c - the dossier in order, as another reader sees it; and what is too much or unfit for it. */
#include "base/limits.h"
#include "cda/pdf_clean.h"
#include "cda/pdf_join.h"
#include "cda/sample_test.h"
#include "gateway/compose_dossier.h"

#define AT(day) {.us = 1600000000000000 + (day) * 86400000000LL}

static struct pdf_section questions[] = {
	{.heading = BYTES_OF("Questions à l'expert"), .text = BYTES_OF("1. Faut-il opérer ?")},
	{.heading = BYTES_OF("Réponses au questionnaire"), .text = BYTES_OF("- Douleur : 7")},
};

static struct compose_request request_with(struct compose_sheet *sheets, size_t n)
{
	return (struct compose_request){
		.language = BYTES("fr"), .mail = {.from_name = BYTES("Service"), .date = {1795297800000000}},
		.has_dossier = true, .has_xdm = true,
		.xdm_patient = {.ins = BYTES("279035121518989"), .oid = BYTES("1.2.250.1.213.1.4.10"), .family_birth = BYTES("PAT-TROIS"),
				.given_birth_first = BYTES("DOMINIQUE"), .birth_time = BYTES("19790328"), .sex = BYTES("F")},
		.dossier = {.title = BYTES("Dossier d'avis"), .reference = BYTES("A-1"), .sections = questions, .section_count = 2, .sheets = sheets, .sheet_count = n},
	};
}

static struct bytes letter(struct arena *arena)
{
	struct pdf_clean out;
	assert_int_equal(pdf_clean(arena, sample_pdf(arena, "", "", ""), &out), REASON_NONE);
	return out.content;
}

static struct bytes make(struct arena *arena, struct compose_sheet *sheets, size_t n)
{
	struct compose_request request = request_with(sheets, n);
	struct bytes out, again;
	const char *field = "";
	assert_int_equal(compose_dossier_make(arena, &request, &out, &field), REASON_NONE);
	assert_int_equal(compose_dossier_make(arena, &request, &again, &field), REASON_NONE);
	assert_true(bytes_equal(out, again));
	return out;
}

static bool have_tools(void)
{
	if (sample_have("pdftotext") && sample_have("qpdf"))
		return true;
	print_message("no poppler or qpdf tools here: their opinion is not asked\n");
	return false;
}

/* The words as one line, with plain spaces and apostrophes. */
static struct bytes words(struct arena *arena, struct bytes pdf)
{
	return sample_tool(arena, "pdftotext $F - | tr '\\n' ' ' | sed -e 's/\xe2\x80\xaf/ /g' -e 's/\xc2\xa0/ /g' -e \"s/\xe2\x80\x99/'/g\" -e 's/  */ /g'", pdf);
}

static void assert_in_order(struct bytes text, const char *const *wanted)
{
	size_t at = 0;
	for (; *wanted != NULL; wanted++) {
		size_t found = bytes_find(text, bytes_of_text(*wanted), at);
		if (found == text.len)
			fail_msg("after %zu there is no %s in %.*s", at, *wanted, (int)text.len, (const char *)text.at);
		at = found + 1;
	}
}

static void everything_in_order(void **state)
{
	struct arena *arena = arena_create(128 << 20);
	(void)state;
	struct compose_sheet sheets[] = {
		{.name = BYTES("photo.jpg"), .kind = SNIFF_JPEG, .file = BYTES(SAMPLE_JPEG_HEAD SAMPLE_JPEG_TAIL)},
		{.title = BYTES("Biologie"), .type = BYTES("11502-2"), .time = AT(1), .author = BYTES("Anne LABO"), .place = BYTES("Laboratoire A"), .packed = true,
		 .kind = SNIFF_PDF, .file = letter(arena), .text = BYTES("Hb | 13 g/dl\n")},
		{.title = BYTES("Mammographie ancienne"), .type = BYTES("18748-4"), .time = AT(1), .packed = true, .text = BYTES("ACR2\n")},
		{.title = BYTES("Mammographie récente"), .type = BYTES("18748-4"), .time = AT(300), .packed = true, .text = BYTES("ACR5\n"), .left = 2},
		{.name = BYTES("coupe.tif"), .reason = REASON_ANNEX_TYPE},
	};
	struct bytes pdf = make(arena, sheets, 5);
	assert_int_equal(pdf_join_pages(pdf), 4);
	if (!have_tools())
		skip();
	static const char *const wanted[] = {
		"Faut-il opérer ?", "née le 28/03/1979", "279035121518989 (identité de test)", "Douleur : 7", "Par nature, du plus récent", "Imagerie", "2 documents",
		"Mammographie récente", "Mammographie ancienne", "Biologie", "Anne LABO, Laboratoire A", "page 3", "Autres documents", "photo.jpg", "page 4", "coupe.tif",
		"jointe seulement", "Mammographie récente, ", "contient 2 autre(s) fichier(s)", "ACR5", "ACR2", "Le document lui-même : page 3 de ce fichier", "Hb | 13 g/dl",
		"page 4 de ce fichier", "Non repris dans ce fichier (annex.type) : lisez l'original, la pièce jointe « coupe.tif »", "Bonjour docteur", NULL};
	assert_in_order(words(arena, pdf), wanted);
	assert_true(bytes_contains(sample_tool(arena, "qpdf --check $F 2>&1", pdf), BYTES("No syntax or stream encoding errors found")));
	static const char *const marks[] = {"Questions ", "\"Patient\"", "\"Documents\"", "Mammographie r", "Mammographie ancienne", "Biologie, ", "photo.jpg, ", "coupe.tif, ",
					    "\"destpageposfrom1\": 3", "\"destpageposfrom1\": 4", NULL};
	struct bytes outline = sample_tool(arena, "qpdf --json --json-key=outlines $F", pdf);
	for (size_t i = 0; marks[i] != NULL; i++)
		if (!bytes_contains(outline, bytes_of_text(marks[i])))
			fail_msg("no %s in %.*s", marks[i], (int)outline.len, (const char *)outline.at);
	assert_true(bytes_contains(sample_tool(arena, "qpdf --qdf --object-streams=disable $F - | grep -a -c '/Subtype /Link'", pdf), BYTES("5")));
	arena_destroy(&arena);
}

static void without_documents_there_is_still_the_question(void **state)
{
	struct arena *arena = arena_create(64 << 20);
	(void)state;
	struct bytes pdf = make(arena, NULL, 0);
	assert_int_equal(pdf_join_pages(pdf), 1);
	arena_destroy(&arena);
}

/* What is too long is only attached, and what follows it is still there. */
static void what_is_too_much_is_only_attached(void **state)
{
	struct arena *arena = arena_create(256u << 20);
	(void)state;
	size_t len = 2 * LIMIT_DOSSIER_LINES;
	unsigned char *endless = arena_alloc(arena, len);
	for (size_t i = 0; i < len; i++)
		endless[i] = i % 2 == 0 ? 'x' : '\n';
	struct compose_sheet sheets[] = {
		{.title = BYTES("Sans fin"), .type = BYTES("34794-8"), .time = AT(2), .packed = true, .text = {endless, len - 2}},
		{.title = BYTES("Encore"), .type = BYTES("18748-4"), .time = AT(2), .packed = true, .text = BYTES("un\ndeux\ntrois\n")},
		{.title = BYTES("Court"), .type = BYTES("11502-2"), .time = AT(1), .packed = true, .text = BYTES("court\n")},
	};
	struct bytes pdf = make(arena, sheets, 3);
	assert_true(pdf_join_pages(pdf) < LIMIT_PDF_PAGES);
	if (!have_tools())
		skip();
	struct bytes text = words(arena, pdf);
	assert_true(bytes_contains(text, BYTES("Son texte est trop long pour ce fichier : lisez l'original, dans IHE_XDM.zip")) && bytes_contains(text, BYTES("court")));
	arena_destroy(&arena);
}

/* The originals fill the mail: nothing of the documents is put into the PDF again. */
static void the_originals_come_first(void **state)
{
	struct arena *arena = arena_create(64 << 20);
	struct compose_sheet sheet = {.title = BYTES("Lettre"), .time = AT(1), .name = BYTES("lettre.pdf"), .kind = SNIFF_PDF, .file = letter(arena)};
	struct compose_request request = request_with(&sheet, 1);
	struct compose_attachment big = {.name = BYTES("a"), .content = {(const unsigned char *)"", 18u << 20}};
	struct bytes out;
	const char *field = "";
	(void)state;
	assert_int_equal(compose_dossier_make(arena, &request, &out, &field), REASON_NONE);
	assert_int_equal(pdf_join_pages(out), 2);
	request.attachments = &big;
	request.attachment_count = 1;
	assert_int_equal(compose_dossier_make(arena, &request, &out, &field), REASON_NONE);
	assert_int_equal(pdf_join_pages(out), 1);
	arena_destroy(&arena);
}

/* A dossier in several mails, or for someone who takes no package and has each original by itself: the PDF tells of all, and sends nobody
 * to look where nothing is. */
static void originals_that_are_not_in_this_mail(void **state)
{
	struct arena *arena = arena_create(64 << 20);
	struct compose_sheet sheets[] = {
		{.title = BYTES("Ailleurs"), .time = AT(2), .packed = true, .elsewhere = true, .reason = REASON_PDF_ENCRYPTED},
		{.title = BYTES("Emballé"), .name = BYTES("DOC0001.XML"), .time = AT(1), .packed = true, .kind = SNIFF_PDF, .file = letter(arena), .left = 1},
	};
	struct compose_request request = request_with(sheets, 2);
	struct compose_attachment big = {.name = BYTES("a"), .packed = true, .content = {(const unsigned char *)"", 18u << 20}};
	struct bytes out;
	const char *field = "";
	(void)state;
	request.attachments = &big;
	request.attachment_count = 1;
	request.pdf_only = true;   /* what would be packed goes by itself, and takes its room */
	assert_int_equal(compose_dossier_make(arena, &request, &out, &field), REASON_NONE);
	assert_int_equal(pdf_join_pages(out), 1);
	request.attachment_count = 0;
	assert_int_equal(compose_dossier_make(arena, &request, &out, &field), REASON_NONE);
	assert_int_equal(pdf_join_pages(out), 2);
	if (have_tools()) {
		struct bytes text = words(arena, out);
		assert_true(bytes_contains(text, BYTES("L'original, la pièce jointe « DOC0001.XML », contient 1 autre(s) fichier(s).")));
		assert_true(bytes_contains(text, BYTES("(pdf.encrypted) : lisez l'original, qui n'est pas dans ce message")));
		assert_false(bytes_contains(text, BYTES("IHE_XDM.zip")));
	}
	request.limit = 1u << 20;  /* a mailbox that takes little: the letter's page stays out */
	assert_int_equal(compose_dossier_make(arena, &request, &out, &field), REASON_NONE);
	assert_int_equal(pdf_join_pages(out), 2);
	request.limit = 512u << 10;
	assert_int_equal(compose_dossier_make(arena, &request, &out, &field), REASON_NONE);
	assert_int_equal(pdf_join_pages(out), 1);
	arena_destroy(&arena);
}

/* Layers that are not seen would be, over what is: such a document is read in its original. */
static void hidden_layers_stay_hidden(void **state)
{
	static const char *const layers[] = {"/OCProperties<</OCGs[9 0 R]/D<</OFF[9 0 R]>>>>", "/OCProperties<</OCGs[9 0 R]/D<</BaseState/OFF>>>>",
					     "/OCProperties<</OCGs[9 0 R]/D<</ON[9 0 R]/OFF[]>>>>"};
	struct arena *arena = arena_create(64 << 20);
	struct pdf_clean clean;
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bytes pdf = sample_pdf(arena, layers[i], "", "9 0 obj<</Type/OCG/Name(Brouillon)>>endobj");
		assert_int_equal(pdf_clean(arena, pdf, &clean), REASON_NONE);
		struct compose_sheet sheet = {.title = BYTES("Lettre"), .name = BYTES("lettre.pdf"), .kind = SNIFF_PDF, .file = clean.content};
		assert_int_equal(pdf_join_pages(make(arena, &sheet, 1)), i == 2 ? 2 : 1);
	}
	arena_destroy(&arena);
}

/* Whatever a reader that was taken over gave as normalised: the expert has his question and the list. */
static void what_is_no_pdf_spoils_nothing(void **state)
{
	struct arena *arena = arena_create(64 << 20);
	(void)state;
	struct compose_sheet sheets[] = {
		{.title = BYTES("Faux"), .packed = true, .kind = SNIFF_PDF, .file = BYTES("%PDF-1.4\nnothing")},
		{.title = BYTES("Fausse"), .packed = true, .kind = SNIFF_PNG, .file = BYTES("\x89PNG\r\n\x1a\n")},
	};
	struct bytes pdf = make(arena, sheets, 2);
	assert_int_equal(pdf_join_pages(pdf), 1);
	if (!have_tools())
		skip();
	struct bytes text = words(arena, pdf);
	assert_true(bytes_contains(text, BYTES("(pdf.broken)")) && bytes_contains(text, BYTES("(image.broken)")));
	arena_destroy(&arena);
}

/* The font library keeps its tables until the process ends. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_in_order),
		cmocka_unit_test(without_documents_there_is_still_the_question),
		cmocka_unit_test(what_is_too_much_is_only_attached),
		cmocka_unit_test(the_originals_come_first),
		cmocka_unit_test(originals_that_are_not_in_this_mail),
		cmocka_unit_test(hidden_layers_stay_hidden),
		cmocka_unit_test(what_is_no_pdf_spoils_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

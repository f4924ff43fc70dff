/* cda/pdf_test.c - the page as other readers see it (poppler's and qpdf's tools, where they are installed). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "cda/pdf.h"

static const struct pdf_row rows[] = {
	{BYTES_OF("Patient"), BYTES_OF("Dominique PAT-TROIS, née le 28/03/1979"), 0},
	{BYTES_OF("Absent"), BYTES_OF(""), 0},
	{BYTES_OF("Voir"), BYTES_OF("les détails"), 2},
	{BYTES_OF("Nulle part"), BYTES_OF("un lien vers rien"), 3},
};
static const struct pdf_section sections[] = {
	{BYTES_OF("En clair"), BYTES_OF("L'œil gauche va bien : « rien à faire » !"), true, 1},
	{BYTES_OF("Détails"), BYTES_OF("Premier paragraphe, 37 °C et 5 µg.\n\n- un point\n2. un autre\nDernière ligne."), false, 1},
};

static struct pdf_input sample(void)
{
	return (struct pdf_input){
		.title = BYTES("Deuxième avis médical"), .service = BYTES("Service d'avis"), .reference = BYTES("A-2026-000123"),
		.author = BYTES("Dr Hélène EXEMPLE"), .note = BYTES("Document confidentiel."), .time = {1795297800000000},
		.rows = rows, .row_count = 4, .sections = sections, .section_count = 2,
	};
}

/* What a tool prints about the file $F. */
static struct buf tool(const char *command, struct bytes pdf)
{
	char path[] = "/tmp/pdf-test-XXXXXX";
	unsigned char piece[4096];
	size_t got;
	struct buf out = buf_make(1 << 20);
	int file = mkstemp(path);
	assert_true(file >= 0);
	assert_int_equal(write(file, pdf.at, pdf.len), (ssize_t)pdf.len);
	close(file);
	setenv("F", path, 1);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	while ((got = fread(piece, 1, sizeof piece, pipe)) > 0)
		buf_add(&out, (struct bytes){piece, got});
	assert_int_equal(pclose(pipe), 0);
	unlink(path);
	return out;
}

static void assert_tool(const char *command, struct bytes pdf, const char *const *wanted)
{
	struct buf said = tool(command, pdf);
	for (; *wanted != NULL; wanted++)
		if (!bytes_contains(buf_bytes(&said), bytes_of_text(*wanted))) {
			print_message("not said: %s\n%.*s\n", *wanted, (int)said.len, (const char *)said.data);
			fail();
		}
	buf_free(&said);
}

static bool have(const char *name)
{
	char command[100];
	snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", name);
	return system(command) == 0;
}

static void other_readers_see_the_words(void **state)
{
	static const char *const words[] = {"Deuxième avis médical", "Service d'avis", "A-2026-000123", "Dominique PAT-TROIS, née le 28/03/1979",
					    "L'œil gauche va bien : « rien à faire » !", "37 °C et 5 µg", "• un point", "2. un autre",
					    "Dernière ligne.", "Page 1 sur 1", NULL};
	static const char *const info[] = {"Title:           Deuxième avis médical", "Author:          Dr Hélène EXEMPLE", "Tagged:          yes",
					   "Metadata Stream: yes", "595.276 x 841.89 pts (A4)", "Nov 21", "Pages:           1", NULL};
	static const char *const structure[] = {"Document", "H1", "Table", "TH", "TD", "Link", "Sect", "H2", "P", "LI", "Lbl", "LBody", NULL};
	struct arena *arena = arena_create(32 << 20);
	struct pdf_input input = sample();
	struct bytes pdf;
	const char *field = "";
	(void)state;
	assert_true(pdf_warm());
	assert_int_equal(pdf_make(arena, &input, &pdf, &field), REASON_NONE);
	if (!have("pdftotext") || !have("qpdf")) {
		print_message("no poppler or qpdf tools here: their opinion is not asked\n");
		skip();
	}
	assert_tool("pdftotext -layout $F - | sed -e 's/\xe2\x80\xaf/ /g' -e 's/\xc2\xa0/ /g'", pdf, words);
	assert_tool("pdfinfo $F", pdf, info);
	assert_tool("pdfinfo -struct $F 2>&1", pdf, structure);
	static const char *const sound[] = {"No syntax or stream encoding errors found", NULL};
	assert_tool("qpdf --check $F", pdf, sound);
	static const char *const catalog[] = {"/Lang (fr-FR)", "/DisplayDocTitle true", "/Marked true", "(D:20261121215000Z)", "/GTS_PDFA1", "/CIDSet",
					      "<pdfaid:conformance>B", "/Artifact BMC", NULL};
	assert_tool("qpdf --qdf $F - | strings", pdf, catalog);
	static const char *const places[] = {"\"s1\"", "\"s2\"", NULL}, *const marks[] = {"\"title\": \"En clair\"", "\"title\": \"Détails\"", NULL};
	assert_tool("pdfinfo -dests $F", pdf, places);
	/* One link, although a second row asks for a section that is not there; and nothing that is half transparent. */
	static const char *const one[] = {"1", NULL}, *const none_such[] = {"0", NULL};
	assert_tool("qpdf --qdf $F - | strings | grep -c 'Subtype /Link'", pdf, one);
	assert_tool("qpdf --qdf $F - | strings | grep -c Transparency || true", pdf, none_such);
	assert_tool("qpdf --json --json-key=outlines $F", pdf, marks);
	/* Every font is embedded: none of the lines says "no" in the column. */
	static const char *const none[] = {"0", NULL};
	assert_tool("pdffonts $F | tail -n +3 | awk '$(NF-4) != \"yes\"' | wc -l", pdf, none);
	arena_destroy(&arena);
}

static void same_input_same_bytes(void **state)
{
	struct arena *arena = arena_create(32 << 20);
	struct pdf_input input = sample();
	struct bytes once, twice;
	const char *field = "";
	(void)state;
	assert_int_equal(pdf_make(arena, &input, &once, &field), REASON_NONE);
	assert_int_equal(pdf_make(arena, &input, &twice, &field), REASON_NONE);
	assert_true(bytes_equal(once, twice));
	input.title = BYTES("Autre titre");
	assert_int_equal(pdf_make(arena, &input, &twice, &field), REASON_NONE);
	assert_false(bytes_equal(once, twice));
	arena_destroy(&arena);
}

static const struct bytes window[] = {BYTES_OF("Mme DOMINIQUE PAT-TROIS"), BYTES_OF("12 RUE DES EXEMPLES"), BYTES_OF("51100 REIMS")};
static const struct pdf_section letter_sections[] = {
	{.text = BYTES_OF("Bonjour,\n\nCe qui manque :\n- une pièce\n\nFin : ainsi.")},
	{.text = BYTES_OF("Je joins (cochez) :\n- une copie\n\nSignature :\n____\n")},
};

static struct pdf_letter envelope(void)
{
	return (struct pdf_letter){
		.to = window, .to_count = 3, .from = window + 1, .from_count = 2, .date = BYTES("Le samedi 21 novembre 2026"),
		.sheet_title = BYTES("Feuille-réponse"), .sheet_way = BYTES("Renvoyez-la."), .sheet_code = BYTES("A-2026-000123-KQ/M02"),
	};
}

static struct pdf_input letter_sample(const struct pdf_letter *letter)
{
	struct pdf_input input = sample();
	input.rows = NULL;
	input.row_count = 0;
	input.sections = letter_sections;
	input.section_count = letter->sheet_code.len > 0 ? 2 : 1;
	input.letter = letter;
	return input;
}

static void a_letter_has_a_window_and_a_sheet(void **state)
{
	static const char *const words[] = {"Mme DOMINIQUE PAT-TROIS", "Le samedi 21 novembre 2026", "Deuxième avis médical", "• une pièce", "Feuille-réponse",
					    "A-2026-000123-KQ/M02", "☐ une copie", "Page 2 sur 2", NULL};
	static const char *const structure[] = {"H1", "H2", "LI", "LBody", "P", NULL}, *const info[] = {"Pages:           2", "Tagged:          yes", NULL};
	struct arena *arena = arena_create(32 << 20);
	const struct pdf_letter letter = envelope();
	struct pdf_input input = letter_sample(&letter);
	struct bytes pdf;
	const char *field = "";
	(void)state;
	assert_int_equal(pdf_make(arena, &input, &pdf, &field), REASON_NONE);
	if (!have("pdftotext")) {
		print_message("no poppler tools here: their opinion is not asked\n");
		skip();
	}
	assert_tool("pdftotext -layout $F - | sed -e 's/\xe2\x80\xaf/ /g' -e 's/\xc2\xa0/ /g'", pdf, words);
	assert_tool("pdfinfo $F", pdf, info);
	assert_tool("pdfinfo -struct $F 2>&1", pdf, structure);
	/* The address alone stands in what the envelope's window shows wherever the sheet slides: 100 to 190 mm, 54 to 79 mm, in points. */
	static const char *const address[] = {"Mme DOMINIQUE PAT-TROIS", "12 RUE DES EXEMPLES", "51100 REIMS", NULL}, *const three[] = {"3", NULL};
	assert_tool("pdftotext -f 1 -l 1 -x 283 -y 153 -W 255 -H 71 $F -", pdf, address);
	assert_tool("pdftotext -f 1 -l 1 -x 283 -y 125 -W 255 -H 111 $F - | tr -d '\f' | grep -c .", pdf, three);
	arena_destroy(&arena);
}

static void a_letter_without_an_answer_is_one_page(void **state)
{
	static const char *const one[] = {"Pages:           1", NULL};
	struct arena *arena = arena_create(32 << 20);
	struct pdf_letter letter = envelope();
	letter.sheet_code = BYTES_NONE;
	struct pdf_input input = letter_sample(&letter);
	struct bytes pdf;
	const char *field = "";
	(void)state;
	assert_int_equal(pdf_make(arena, &input, &pdf, &field), REASON_NONE);
	if (!have("pdfinfo")) {
		print_message("no poppler tools here: their opinion is not asked\n");
		skip();
	}
	assert_tool("pdfinfo $F", pdf, one);
	arena_destroy(&arena);
}

static void letters_that_are_refused(void **state)
{
	static const struct bytes seven[7] = {BYTES_OF("1"), BYTES_OF("2"), BYTES_OF("3"), BYTES_OF("4"), BYTES_OF("5"), BYTES_OF("6"), BYTES_OF("7")};
	static const struct bytes bad[] = {BYTES_OF("a\x1b[0m")};
	static const struct {
		const char *what;
		struct bytes code;
		const struct bytes *to;
		size_t to_count, sections;
	} cases[] = {
		{"seven lines in the window", BYTES_OF("A"), seven, 7, 2},
		{"an escape in the window", BYTES_OF("A"), bad, 1, 2},
		{"a sheet's text without its code", BYTES_OF(""), window, 3, 2},
		{"a code without its sheet", BYTES_OF("A"), window, 3, 1},
		{"a code with a letter that bars lack", BYTES_OF("É"), window, 3, 2},
		{"a code too long for bars", BYTES_OF("01234567890123456789012345678901234567890"), window, 3, 2},
	};
	struct arena *arena = arena_create(32 << 20);
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pdf_letter letter = envelope();
		letter.sheet_code = cases[i].code;
		letter.to = cases[i].to;
		letter.to_count = cases[i].to_count;
		struct pdf_input input = letter_sample(&letter);
		input.section_count = cases[i].sections;
		struct bytes pdf;
		const char *field = "";
		print_message("%s\n", cases[i].what);
		assert_int_equal(pdf_make(arena, &input, &pdf, &field), REASON_COMPOSE_FIELD);
		assert_string_equal(field, "letter");
	}
	arena_destroy(&arena);
}

static void refuses_and_bounds(void **state)
{
	struct arena *arena = arena_create(256u << 20);
	struct bytes out = BYTES_NONE;
	const char *field = "";
	static const struct pdf_section control[] = {{BYTES_OF("x"), BYTES_OF("a\x1b[0m"), false, 0}};
	static const struct pdf_section broken[] = {{BYTES_OF("\xff"), BYTES_OF("a"), false, 0}};
	struct pdf_input input = sample();
	(void)state;
	input.sections = control;
	input.section_count = 1;
	assert_int_equal(pdf_make(arena, &input, &out, &field), REASON_COMPOSE_FIELD);
	assert_string_equal(field, "sections");
	input.sections = broken;
	assert_int_equal(pdf_make(arena, &input, &out, &field), REASON_COMPOSE_FIELD);
	input = sample();
	input.title = BYTES("a\nb");
	assert_int_equal(pdf_make(arena, &input, &out, &field), REASON_COMPOSE_FIELD);
	assert_string_equal(field, "title");
	/* 200 pages hold about 8,000 lines. */
	struct pdf_section *many = arena_alloc(arena, 3 * sizeof *many);
	unsigned char *lines = arena_alloc(arena, 40000);
	memset(lines, '\n', 40000);
	for (size_t i = 0; i < 40000; i += 2)
		lines[i] = 'x';
	input = sample();
	for (size_t i = 0; i < 3; i++)
		many[i] = (struct pdf_section){BYTES_OF("Suite"), {lines, 8000}, false, 0};
	input.sections = many;
	input.section_count = 1;
	assert_int_equal(pdf_make(arena, &input, &out, &field), REASON_NONE);
	for (size_t i = 0; i < 3; i++)
		many[i].text.len = 40000;
	input.section_count = 3;
	assert_int_equal(pdf_make(arena, &input, &out, &field), REASON_COMPOSE_FIELD);
	assert_string_equal(field, "sections");
	arena_destroy(&arena);
}

/* Each of these took minutes before long words and long paragraphs were cut. */
static void long_words_and_paragraphs_take_no_minutes(void **state)
{
	static const char *const patterns[] = {"a", "e\u0301\u0323", "\u65e5", "a\nb ", "\u0639\u05d0a"};
	enum { SIZE = 200000 };
	unsigned char *text = malloc(SIZE);
	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
		struct arena *arena = arena_create(64u << 20);
		struct bytes pattern = bytes_of_text(patterns[i]), out;
		const char *field = "";
		struct pdf_input input = sample();
		size_t len = 0;
		for (; len + pattern.len <= SIZE; len += pattern.len)
			memcpy(text + len, pattern.at, pattern.len);
		const struct pdf_section section = {.heading = BYTES("Long"), .text = {text, len}};
		input.sections = &section;
		input.section_count = 1;
		enum reason reason = pdf_make(arena, &input, &out, &field);
		assert_true(reason == REASON_NONE || (reason == REASON_COMPOSE_FIELD && strcmp(field, "sections") == 0));
		arena_destroy(&arena);
	}
	free(text);
}

/* What a jailed child may not: a new thread kills, a file cannot be opened. */
static void small_jail(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 2, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
	};
	struct sock_fprog program = {sizeof rules / sizeof rules[0], rules};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(70);
}

static void add_sign(struct buf *out, unsigned sign)
{
	if (sign < 0x80) {
		buf_u8(out, (uint8_t)sign);
	} else if (sign < 0x800) {
		buf_u8(out, (uint8_t)(0xc0 | sign >> 6));
		buf_u8(out, (uint8_t)(0x80 | (sign & 63)));
	} else {
		if (sign >= 0x10000)
			buf_u8(out, (uint8_t)(0xf0 | sign >> 18));
		buf_u8(out, (uint8_t)(sign >= 0x10000 ? 0x80 | (sign >> 12 & 63) : 0xe0 | sign >> 12));
		buf_u8(out, (uint8_t)(0x80 | (sign >> 6 & 63)));
		buf_u8(out, (uint8_t)(0x80 | (sign & 63)));
	}
}

static void any_sign_is_set_without_thread_or_file(void **state)
{
	static const char odd[] = "\u2614 \u270c \u65e5\u672c \U0001f600 1\ufe0f\u20e3 \U0001f468\u200d\U0001f469 \u2067x\u2069 \u0627\u0644 \u05d0 \u0915\u094d "
				  "a\u0301\u0301\u0301 \u2065 \ufffe1 \u200f\u202e x";
	struct buf text = buf_make(64 * 1024);
	int status = 0;
	(void)state;
	buf_text(&text, odd);
	for (unsigned sign = 0x21; sign < 0x20000; sign += sign < 0x3000 ? 7 : 101) {
		if (sign == 0x7f || (sign >= 0xd800 && sign < 0xe000))
			continue;
		add_sign(&text, sign);
		/* Signs of no script take the language of their neighbour, whichever font they are in. */
		if (sign % 3 == 0)
			buf_text(&text, sign % 2 == 0 ? "1\u21f6\u2713 " : " ");
	}
	assert_true(pdf_warm());
	pid_t child = fork();
	if (child == 0) {
		struct arena *arena = arena_create(128u << 20);
		const struct pdf_section section = {BYTES("\u2614\u05d0\u270c \u0627"), buf_bytes(&text), true, 0};
		struct pdf_input input = sample();
		struct bytes out;
		const char *field = "";
		input.title = BYTES("\u05d0 \u2614 \U0001f600");
		input.sections = &section;
		input.section_count = 1;
		small_jail();
		_exit((int)pdf_make(arena, &input, &out, &field) == REASON_NONE ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	buf_free(&text);
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
		cmocka_unit_test(other_readers_see_the_words),
		cmocka_unit_test(same_input_same_bytes),
		cmocka_unit_test(a_letter_has_a_window_and_a_sheet), cmocka_unit_test(a_letter_without_an_answer_is_one_page),
		cmocka_unit_test(letters_that_are_refused),
		cmocka_unit_test(refuses_and_bounds),
		cmocka_unit_test(long_words_and_paragraphs_take_no_minutes),
		cmocka_unit_test(any_sign_is_set_without_thread_or_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

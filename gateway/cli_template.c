/* gateway/cli_template.c - relais template list | render CODE: the words of a mail, with sample fields, as its readers see them. */
#include "gateway/cli_letter.h"
#include "gateway/cli_verbs.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "gateway/cli_instance_private.h"
#include "gateway/compose_links.h"
#include "gateway/json_view.h"
#include "gateway/template.h"
#include "gateway/template_code.h"
#include "gateway/template_sample.h"
#include "smtp/mime_flowed.h"

static const char usage[] =
	"usage: relais template list | render CODE [--mode text|html|letter] [--easy] [--language fr|en] [--templates DIR]\n";

struct wanted {
	const char *code, *mode, *language, *folder;
	bool easy;
};

static int list(void)
{
	for (size_t i = 0; i < TEMPLATE_CODES; i++)
		printf("%-6s  %s%s\n", template_codes[i].code, template_codes[i].to, template_code_easy(i) ? ", easy" : "");
	return CLI_OK;
}

static void show(struct bytes text)
{
	fwrite(text.at, 1, text.len, stdout);
}

/* As a client shows it: the lines of a paragraph end where the mail's end. */
static void show_text(struct arena *arena, const struct template_text *text)
{
	printf("Subject: ");
	show(text->subject);
	printf("\n\n");
	show(mime_flowed_cut(arena, text->body));
}

static void show_html(struct arena *arena, const struct wanted *w, struct bytes code, const struct template_field *fields, size_t n,
		      const struct template_text *text)
{
	struct bytes phone = BYTES_NONE;
	size_t count;

	for (size_t i = 0; i < n; i++)
		if (bytes_equal_text(fields[i].name, "phone"))
			phone = fields[i].value;
	const struct compose_link *links = compose_links(arena, w->language[0] == 'e', code, BYTES("d-7q2m4x9k3v8t5w6z@avis.example"), text->subject,
							 phone, &count);
	show(compose_html(arena, text->body, text->subject, bytes_of_text(w->language), links, count));
}

/* --- the letter ------------------------------------------------------------------ */

/* What relais-compose is asked: the letter of a made-up day, to the published test identity. */
static json_t *letter_request(const struct wanted *w, struct bytes code, const struct template_field *fields, size_t n)
{
	bool english = w->language[0] == 'e';
	json_t *values = json_object();

	for (size_t i = 0; i < n; i++)
		json_object_setn_new(values, (const char *)fields[i].name.at, fields[i].name.len, json_of(fields[i].value));
	return json_pack("{s:o, s:s, s:b, s:s, s:s, s:{s:s}, s:s, s:o, s:{s:[s,s,s], s:[s,s], s:b}}", "code", json_of(code), "language", w->language,
			 "easy", w->easy, "message_id", "<letter@avis.example>", "date", "2026-11-21T09:00:00Z", "from", "address",
			 "avis@avis.example", "to", "lettres@avis.example", "fields", values, "letter", "to", english ? "Ms DOMINIQUE PAT-TROIS" : "Mme DOMINIQUE PAT-TROIS",
			 "12 RUE DES EXEMPLES", "51100 REIMS", "from", "1 place du Modèle", "75000 Paris",
			 "alone", true);
}

static int show_letter(struct arena *arena, const struct wanted *w, struct bytes code, const struct template_field *fields, size_t n)
{
	struct bytes pdf;

	if (!cli_letter(arena, w->folder, letter_request(w, code, fields, n), &pdf))
		return CLI_FAILED;
	show(pdf);
	return CLI_OK;
}

/* --- render ---------------------------------------------------------------------- */

static int render_code(struct arena *arena, const struct wanted *w, const struct template_set *set, struct bytes code,
		       const struct template_field *fields, size_t n)
{
	const struct template_choice choice = {code, bytes_of_text(w->language), w->easy, false};
	struct template_text text;
	struct bytes absent;
	enum reason reason = template_render(arena, set, &choice, fields, n, &text, &absent);

	if (reason != REASON_NONE) {
		fprintf(stderr, "relais: %s: %s\n", reason_code(reason), arena_text(arena, absent));
		return CLI_FAILED;
	}
	if (w->mode[0] == 'l')
		return show_letter(arena, w, code, fields, n);
	if (w->mode[0] == 'h')
		show_html(arena, w, code, fields, n, &text);
	else
		show_text(arena, &text);
	return CLI_OK;
}

static int render(struct arena *arena, const struct wanted *w)
{
	struct template_set *set;
	struct template_field *fields;
	struct bytes code = bytes_of_text(w->code);
	const char *where = "";
	size_t n;

	if (template_load(arena, w->folder, &set, &where) != REASON_NONE) {
		fprintf(stderr, "relais: %s: %s\n", w->folder, where);
		return CLI_FAILED;
	}
	if (template_sample(arena, &code, w->language[0] == 'e', &fields, &n) != REASON_NONE) {
		fprintf(stderr, "relais: no template \"%s\"; `relais template list` names them\n", w->code);
		return CLI_NOT_FOUND;
	}
	if (w->easy && !template_code_easy(template_code_find(code))) {
		fprintf(stderr, "relais: %s has no easy-to-read text: it does not go to patients\n", w->code);
		return CLI_NOT_FOUND;
	}
	return render_code(arena, w, set, code, fields, n);
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

int cli_template(int argc, char **argv)
{
	static const char *const modes[] = {"text", "html", "letter", NULL}, *const languages[] = {"fr", "en", NULL};
	struct cli_words words = {argc - 1, argv + 1};
	bool good = true;
	struct wanted w = {
		.mode = cli_take_value(&words, "--mode", &good), .language = cli_take_value(&words, "--language", &good),
		.folder = cli_take_value(&words, "--templates", &good), .easy = cli_take_flag(&words, "--easy"),
	};

	if (good && words.n == 1 && strcmp(words.list[0], "list") == 0)
		return list();
	w.mode = w.mode == NULL ? "text" : w.mode;
	w.language = w.language != NULL ? w.language : cli_speaks_french(NULL) ? "fr" : "en";
	good = good && words.n == 2 && strcmp(words.list[0], "render") == 0 && is_one_of(w.mode, modes) && is_one_of(w.language, languages);
	if (!good) {
		fputs(usage, stderr);
		return CLI_USAGE;
	}
	struct arena *arena = arena_create(64u << 20);
	if (arena == NULL)
		return CLI_FAILED;
	w.code = words.list[1];
	w.folder = w.folder != NULL ? w.folder : cli_beside(arena, "../share/relais/templates");
	int status = w.folder == NULL ? CLI_FAILED : render(arena, &w);
	arena_destroy(&arena);
	return status;
}

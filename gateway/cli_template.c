/* gateway/cli_template.c - relais template list | render CODE: the words of a mail, with sample fields, as its readers see them. */
#include "gateway/cli_verbs.h"

#include <stdio.h>
#include <string.h>

#include "gateway/cli_instance_private.h"
#include "gateway/compose_links.h"
#include "gateway/template.h"
#include "gateway/template_code.h"
#include "gateway/template_sample.h"
#include "smtp/mime_flowed.h"

static const char usage[] = "usage: relais template list | render CODE [--mode text|html] [--language fr|en] [--templates DIR]\n";

struct wanted {
	const char *code, *mode, *language, *folder;
};

static int list(void)
{
	for (size_t i = 0; i < TEMPLATE_CODES; i++)
		printf("%s\n", template_codes[i].code);
	return CLI_OK;
}

static void show(struct bytes text)
{
	fwrite(text.at, 1, text.len, stdout);
}

/* As a client shows it: the lines of a paragraph end where the mail's end. */
static void show_text(struct arena *arena, struct bytes subject, struct bytes body)
{
	printf("Subject: ");
	show(subject);
	printf("\n\n");
	show(mime_flowed_cut(arena, body));
}

static void show_html(struct arena *arena, const struct wanted *w, const struct template_field *fields, size_t n, struct bytes subject,
		      struct bytes body)
{
	struct bytes phone = BYTES_NONE;
	size_t count;

	for (size_t i = 0; i < n; i++)
		if (bytes_equal_text(fields[i].name, "phone"))
			phone = fields[i].value;
	const struct compose_link *links = compose_links(arena, w->language[0] == 'e', bytes_of_text(w->code),
							 BYTES("d-7q2m4x9k3v8t5w6z@avis.example"), subject, phone, &count);
	show(compose_html(arena, body, subject, bytes_of_text(w->language), links, count));
}

static int render(struct arena *arena, const struct wanted *w)
{
	struct template_set *set;
	struct template_field *fields;
	struct bytes subject, body, absent;
	const char *where = "";
	size_t n;
	enum reason reason = template_load(arena, w->folder, &set, &where);

	if (reason != REASON_NONE) {
		fprintf(stderr, "relais: %s: %s\n", w->folder, where);
		return CLI_FAILED;
	}
	if (template_sample(arena, bytes_of_text(w->code), w->language[0] == 'e', &fields, &n) != REASON_NONE) {
		fprintf(stderr, "relais: no template \"%s\"; `relais template list` names them\n", w->code);
		return CLI_NOT_FOUND;
	}
	reason = template_render(arena, set, bytes_of_text(w->code), bytes_of_text(w->language), fields, n, &subject, &body, &absent);
	if (reason != REASON_NONE) {
		fprintf(stderr, "relais: %s: %s\n", reason_code(reason), arena_text(arena, absent));
		return CLI_FAILED;
	}
	if (w->mode[0] == 'h')
		show_html(arena, w, fields, n, subject, body);
	else
		show_text(arena, subject, body);
	return CLI_OK;
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

int cli_template(int argc, char **argv)
{
	struct cli_words words = {argc - 1, argv + 1};
	bool good = true;
	struct wanted w = {
		.mode = cli_take_value(&words, "--mode", &good), .language = cli_take_value(&words, "--language", &good),
		.folder = cli_take_value(&words, "--templates", &good),
	};

	if (good && words.n == 1 && strcmp(words.list[0], "list") == 0)
		return list();
	w.mode = w.mode == NULL ? "text" : w.mode;
	w.language = w.language != NULL ? w.language : cli_speaks_french(NULL) ? "fr" : "en";
	good = good && words.n == 2 && strcmp(words.list[0], "render") == 0 && is_one_of(w.mode, "text", "html") && is_one_of(w.language, "fr", "en");
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

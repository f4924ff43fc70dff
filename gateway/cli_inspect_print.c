/* gateway/cli_inspect_print.c - see cli_inspect_print.h. */
#include "gateway/cli_inspect_print.h"

#include <stdio.h>

#include "gateway/json_view.h"
#include "smtp/new_text.h"

/* What comes from a stranger's file must not speak to the terminal. */
static void put_bytes(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		putchar(text.at[i] < ' ' || text.at[i] == 0x7f ? ' ' : text.at[i]);
}

static void put(const json_t *value)
{
	put_bytes(json_text_view(value));
}

static void put_line(const char *label, const json_t *value)
{
	if (!json_is_string(value))
		return;
	printf("  %-11s", label);
	put(value);
	putchar('\n');
}

static void print_signature(const json_t *signature)
{
	printf("  signature  ");
	put(json_object_get(signature, "verdict"));
	if (!bytes_equal_text(json_view(signature, "bound"), "none")) {
		printf(", bound to ");
		put(json_object_get(signature, "bound"));
	}
	if (json_is_string(json_object_get(signature, "signer"))) {
		printf(": ");
		put(json_object_get(signature, "signer"));
	}
	putchar('\n');
}

static void print_report(const json_t *report)
{
	size_t i;
	json_t *r;

	if (!json_is_object(report))
		return;
	put_line("report", json_object_get(report, "type"));
	json_array_foreach(json_object_get(report, "recipients"), i, r) {
		printf("    ");
		put(json_object_get(r, "address"));
		printf("  ");
		put(json_object_get(r, "action"));
		putchar(' ');
		put(json_object_get(r, "status"));
		put(json_object_get(r, "disposition"));
		putchar('\n');
	}
}

/* Why there is no answer, for people. */
static const char *null_words(struct bytes null, bool french)
{
	static const struct {
		const char *name, *fr, *en;
	} words[] = {
		{"not-asked", "non demandé", "not asked"},         {"unknown", "inconnu", "unknown"},
		{"declined", "demandé, sans réponse", "asked, not answered"}, {"masked", "non communiqué", "kept back"},
		{"not-applicable", "sans objet", "not applicable"}, {"other", "autre", "other"},
	};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (bytes_equal_text(null, words[i].name))
			return french ? words[i].fr : words[i].en;
	return french ? "sans réponse" : "no answer";
}

static bool has_text(const json_t *object, const char *key)
{
	return json_view(object, key).len > 0;
}

static void print_value(const json_t *answer, bool french)
{
	const json_t *range = json_object_get(answer, "range");
	bool choice = bytes_equal_text(json_view(answer, "kind"), "choice") || has_text(answer, "label");

	put(json_object_get(answer, has_text(answer, "label") ? "label" : "value"));
	if (!has_text(answer, "value"))
		printf("%s(%s)", has_text(answer, "label") ? " " : "", null_words(json_view(answer, "null"), french));
	if (has_text(answer, "unit")) {
		putchar(' ');
		put(json_object_get(answer, "unit"));
	}
	if (json_is_object(range) && !choice) {   /* of a choice it is how many, not how much */
		printf(" [");
		put(json_object_get(range, "low"));
		printf("..");
		put(json_object_get(range, "high"));
		putchar(']');
	}
}

static bool same_text(const json_t *a, const json_t *b, const char *key)
{
	return a != NULL && bytes_equal(json_view(a, key), json_view(b, key));
}

/* In order; several answers to one question stand in one line, a section's title before its first. */
static void print_answers(const json_t *answers, bool french)
{
	const json_t *last = NULL;
	size_t i;
	json_t *a;

	json_array_foreach(answers, i, a) {
		if (same_text(last, a, "question") && same_text(last, a, "sequence") && same_text(last, a, "section")) {
			printf(", ");
			print_value(a, french);
			last = a;
			continue;
		}
		if (last != NULL)
			putchar('\n');
		if (has_text(a, "section") && !same_text(last, a, "section")) {
			printf("    == ");
			put(json_object_get(a, "section"));
			putchar('\n');
		}
		printf("    ");
		put(json_object_get(a, "sequence"));
		printf("%s", has_text(a, "sequence") ? ". " : "- ");
		put(json_object_get(a, has_text(a, "text") ? "text" : "question"));
		printf("%s", french ? " : " : ": ");
		print_value(a, french);
		last = a;
	}
	if (last != NULL)
		putchar('\n');
}

static void print_sections(const json_t *sections)
{
	size_t i;
	json_t *s;

	json_array_foreach(sections, i, s) {
		printf("    == ");
		put(json_object_get(s, has_text(s, "title") ? "title" : "code"));
		putchar('\n');
		struct cursor lines = cursor_on(json_view(s, "text"));
		while (lines.left.len > 0) {
			printf("       ");
			put_bytes(cursor_until(&lines, '\n'));
			putchar('\n');
		}
	}
}

static void print_documents(const json_t *documents, bool french)
{
	size_t i, k;
	json_t *d, *finding;

	json_array_foreach(documents, i, d) {
		printf("  document   ");
		put(json_object_get(d, "name"));
		printf(" [");
		put(json_object_get(d, "kind"));
		putchar(' ');
		put(json_object_get(d, "type"));
		printf("] ");
		put(json_object_get(d, "title"));
		printf("  schema: ");
		put(json_object_get(d, "schema"));
		printf("  schematron: ");
		put(json_object_get(d, "schematron"));
		putchar('\n');
		json_array_foreach(json_object_get(d, "findings"), k, finding) {
			printf("    ");
			put(json_object_get(finding, "level"));
			putchar(' ');
			put(json_object_get(finding, "rule"));
			printf(": ");
			put(json_object_get(finding, french ? "text_fr" : "text"));
			putchar('\n');
		}
		print_sections(json_object_get(d, "sections"));
		print_answers(json_object_get(d, "answers"), french);
	}
}

void cli_inspect_print(const json_t *merged, bool french)
{
	const json_t *archive = json_object_get(merged, "archive"), *smtp = json_object_get(merged, "smtp");
	size_t i;
	json_t *anomaly;

	put(json_object_get(merged, "file"));
	printf(": ");
	put(json_object_get(merged, "verdict"));
	printf(" (");
	put(json_object_get(merged, "reason"));
	printf(")%s", json_is_string(smtp) ? " " : "");
	put(smtp);
	putchar('\n');
	if (!bytes_equal_text(json_view(merged, "reason"), "none"))
		put_line("", json_object_get(merged, "message"));
	put_line("kind", json_object_get(merged, "kind"));
	put_line("class", json_object_get(merged, "class"));
	print_signature(json_object_get(merged, "signature"));
	if (json_is_object(archive))
		put_line("archive", json_object_get(archive, "reason"));
	print_report(json_object_get(merged, "report"));
	print_documents(json_object_get(merged, "documents"), french);
	json_array_foreach(json_object_get(merged, "anomalies"), i, anomaly) {
		put_line("anomaly", anomaly);
	}
}

void cli_inspect_print_said(struct arena *arena, const json_t *facts, bool french)
{
	bool reply = bytes_equal_text(json_view(facts, "class"), "reply");
	struct cursor lines = cursor_on(reply ? new_text_display(arena, json_view(facts, "text"), !french) : BYTES_NONE);

	if (lines.left.len > 0)
		puts(french ? "  texte" : "  text");
	while (lines.left.len > 0) {
		printf("    ");
		put_bytes(cursor_until(&lines, '\n'));
		putchar('\n');
	}
}

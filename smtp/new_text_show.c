/* smtp/new_text_show.c - see new_text.h: what was folded away is counted and told. */
#include "smtp/new_text.h"

#include "base/buf.h"

static bool is_blank(const struct new_text_line *line)
{
	return bytes_trim(line->text).len == 0;
}

static void count_line(const struct new_text_line *line, struct new_text_folded *folded)
{
	if (line->kind == NEW_TEXT_OWN || is_blank(line))
		return;
	if (line->kind == NEW_TEXT_SIGNATURE)
		folded->signature++;
	else if (line->kind == NEW_TEXT_DISCLAIMER)
		folded->disclaimer++;
	else
		folded->quoted++;
}

static void tell(struct buf *out, size_t count, const char *one, const char *many, bool *first)
{
	if (count == 0)
		return;
	buf_printf(out, "%s%zu %s", *first ? "" : ", ", count, count == 1 ? one : many);
	*first = false;
}

/* "[3 lignes citées, 2 lignes de signature]" */
static void tell_folded(struct buf *out, struct new_text_folded *folded, bool english)
{
	bool first = true;

	if (folded->quoted + folded->signature + folded->disclaimer > 0) {
		buf_u8(out, '[');
		tell(out, folded->quoted, english ? "quoted line" : "ligne cit\xc3\xa9" "e", english ? "quoted lines" : "lignes cit\xc3\xa9" "es", &first);
		tell(out, folded->signature, english ? "line of signature" : "ligne de signature", english ? "lines of signature" : "lignes de signature", &first);
		tell(out, folded->disclaimer, english ? "line of notice" : "ligne d'avertissement", english ? "lines of notice" : "lignes d'avertissement", &first);
		buf_text(out, english ? " folded]\n" : " repli\xc3\xa9" "es]\n");
	}
	*folded = (struct new_text_folded){0, 0, 0};
}

struct new_text_folded new_text_folded(struct arena *arena, struct bytes text)
{
	struct new_text_folded folded = {0, 0, 0};
	struct new_text_line *lines = NULL;
	size_t n = new_text_lines(arena, text, &lines);

	for (size_t i = 0; i < n; i++)
		count_line(&lines[i], &folded);
	return folded;
}

struct bytes new_text_display(struct arena *arena, struct bytes text, bool english)
{
	struct buf out = buf_make(SIZE_MAX / 2);
	struct new_text_folded run = {0, 0, 0};
	struct new_text_line *lines = NULL;
	size_t n = new_text_lines(arena, text, &lines);

	if (n == 0)
		return bytes_trim(text);
	for (size_t i = 0; i < n; i++) {
		count_line(&lines[i], &run);
		if (lines[i].kind != NEW_TEXT_OWN)
			continue;
		if (!is_blank(&lines[i]))
			tell_folded(&out, &run, english);
		buf_add(&out, lines[i].text);
		buf_u8(&out, '\n');
	}
	tell_folded(&out, &run, english);
	struct bytes shown = arena_copy(arena, bytes_trim(buf_bytes(&out)));
	buf_free(&out);
	return shown;
}

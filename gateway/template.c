/* gateway/template.c - see template.h. A text is cut into pieces when it is added; rendering walks the pieces. */
#include "gateway/template.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "gateway/template_code.h"

enum piece_kind { PIECE_TEXT, PIECE_FIELD, PIECE_BLOCK, PIECE_BLOCK_END };

struct piece {
	enum piece_kind kind;
	struct bytes text;            /* the words, or the name of the field */
};

enum { PIECES = 400, BLOCKS_DEEP = 8, TEMPLATE_VARIANTS = 2 };

/* What a block may ask besides fields: on what the text is read. */
#define FORMS "mail letter"
#define SHEET "\n====\n"

struct text {
	struct piece *pieces;
	size_t count;
};

struct template_set {
	struct arena *arena;
	struct {
		bool present;
		struct text subject, body, sheet;
	} texts[TEMPLATE_CODES][TEMPLATE_LANGUAGES][TEMPLATE_VARIANTS];
};

/* --- cutting ---------------------------------------------------------------- */

struct cutter {
	struct arena *arena;
	const struct template_code *code;
	struct text *out;
	struct bytes open[BLOCKS_DEEP];
	size_t depth;
	bool one_line;                /* the subject is being cut */
	const char *why;              /* the first thing that is wrong */
};

static bool wrong(struct cutter *c, const char *why)
{
	if (c->why == NULL)
		c->why = why;
	return false;
}

static bool add_piece(struct cutter *c, enum piece_kind kind, struct bytes text)
{
	if (kind == PIECE_TEXT && text.len == 0)
		return true;
	if (c->out->count == PIECES)
		return wrong(c, "too many fields");
	c->out->pieces[c->out->count++] = (struct piece){kind, text};
	return true;
}

static bool is_open(const struct cutter *c, struct bytes name)
{
	for (size_t i = 0; i < c->depth; i++)
		if (bytes_equal(c->open[i], name))
			return true;
	return false;
}

static bool add_block(struct cutter *c, struct bytes name)
{
	if (!template_names_have(c->code->required, name) && !template_names_have(c->code->optional, name) && !template_names_have(FORMS, name))
		return wrong(c, "a block of a field that this code does not have");
	if (is_open(c, name) || c->depth == BLOCKS_DEEP)
		return wrong(c, "a block inside itself, or blocks too deep");
	c->open[c->depth++] = name;
	return add_piece(c, PIECE_BLOCK, name);
}

static bool add_block_end(struct cutter *c, struct bytes name)
{
	if (c->depth == 0 || !bytes_equal(c->open[c->depth - 1], name))
		return wrong(c, "a block is closed that is not the last one opened");
	c->depth--;
	return add_piece(c, PIECE_BLOCK_END, name);
}

static bool add_field(struct cutter *c, struct bytes name)
{
	bool required = template_names_have(c->code->required, name);
	if (!required && !template_names_have(c->code->optional, name))
		return wrong(c, "a field that this code does not have");
	if (!required && !is_open(c, name))
		return wrong(c, "a field that may be absent stands outside its own block");
	bool lines;
	if (c->one_line && template_name_find(name, &lines) && lines)
		return wrong(c, "a field of several lines stands in the subject");
	return add_piece(c, PIECE_FIELD, name);
}

static bool add_tag(struct cutter *c, struct bytes inside)
{
	if (inside.len > 0 && inside.at[0] == '#')
		return add_block(c, bytes_from(inside, 1));
	if (inside.len > 0 && inside.at[0] == '/')
		return add_block_end(c, bytes_from(inside, 1));
	return add_field(c, inside);
}

/* A block's tag alone on its line takes the line's end with it. */
static size_t after_tag(struct bytes text, size_t start, size_t end, struct bytes inside)
{
	bool block = inside.len > 0 && (inside.at[0] == '#' || inside.at[0] == '/');
	bool head = start == 0 || text.at[start - 1] == '\n';
	return block && head && end < text.len && text.at[end] == '\n' ? end + 1 : end;
}

static bool cut_pieces(struct cutter *c, struct bytes text)
{
	for (size_t at = 0; at < text.len;) {
		size_t start = bytes_find(text, BYTES("{{"), at);
		if (!add_piece(c, PIECE_TEXT, bytes_slice(text, at, start - at)))
			return false;
		if (start == text.len)
			break;
		size_t end = bytes_find(text, BYTES("}}"), start);
		if (end == text.len)
			return wrong(c, "{{ without }}");
		struct bytes inside = bytes_slice(text, start + 2, end - start - 2);
		if (!add_tag(c, inside))
			return false;
		at = after_tag(text, start, end + 2, inside);
	}
	return c->depth == 0 ? true : wrong(c, "a block is not closed");
}

static bool cut(struct cutter *c, struct bytes text, struct text *out)
{
	struct piece room[PIECES];
	c->out = &(struct text){.pieces = room};
	if (!cut_pieces(c, text))
		return false;
	*out = (struct text){arena_alloc(c->arena, (c->out->count + 1) * sizeof *room), c->out->count};
	memcpy(out->pieces, room, c->out->count * sizeof *room);
	return true;
}

/* UTF-8 with LF as its only control character. */
static bool clean(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((text.at[i] < 0x20 && text.at[i] != '\n') || text.at[i] == 0x7f)
			return false;
	return bytes_utf8(text);
}

/* The three parts of a file, each cut. */
static bool cut_parts(struct cutter *c, struct bytes head, struct bytes rest, struct text *subject, struct text *body, struct text *sheet)
{
	size_t end = bytes_find(rest, BYTES(SHEET), 0);

	c->one_line = true;
	bool good = cut(c, bytes_from(head, sizeof "Subject: " - 1), subject);
	c->one_line = false;
	/* The line's end before the sheet is the body's. */
	good = good && cut(c, bytes_slice(rest, 0, end < rest.len ? end + 1 : end), body);
	return good && (end == rest.len || cut(c, bytes_from(rest, end + sizeof SHEET - 1), sheet));
}

enum reason template_add(struct template_set *set, struct bytes code, struct bytes language, bool easy, struct bytes text, const char **where)
{
	size_t c = template_code_find(code), l = template_language_find(language);
	*where = "no such code or language";
	if (c == TEMPLATE_CODES || l == TEMPLATE_LANGUAGES || (easy && !template_code_easy(c)))
		return REASON_COMPOSE_TEMPLATE;
	*where = "the same text twice";
	if (set->texts[c][l][easy].present)
		return REASON_COMPOSE_TEMPLATE;
	*where = "too long, not UTF-8, or a control character";
	if (text.len > LIMIT_TEMPLATE || !clean(text))
		return REASON_COMPOSE_TEMPLATE;
	*where = "the first line is no Subject, or no empty line follows it";
	text = arena_copy(set->arena, text);
	size_t end = bytes_find(text, BYTES("\n\n"), 0);
	struct bytes head = bytes_slice(text, 0, end), rest = bytes_from(text, end + 2);
	if (!bytes_starts(head, BYTES("Subject: ")) || bytes_find_byte(head, '\n', 0) != head.len || bytes_trim(rest).len == 0)
		return REASON_COMPOSE_TEMPLATE;
	struct cutter cutter = {.arena = set->arena, .code = &template_codes[c]};
	if (!cut_parts(&cutter, head, rest, &set->texts[c][l][easy].subject, &set->texts[c][l][easy].body, &set->texts[c][l][easy].sheet)) {
		*where = cutter.why;
		return REASON_COMPOSE_TEMPLATE;
	}
	set->texts[c][l][easy].present = true;
	*where = NULL;
	return REASON_NONE;
}

/* --- loading ---------------------------------------------------------------- */

static enum reason read_file(int folder, const char *name, struct buf *out)
{
	enum reason reason = REASON_COMPOSE_TEMPLATE;
	int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return reason;
	unsigned char piece[4096];
	ssize_t got;
	while ((got = read(file, piece, sizeof piece)) > 0)
		buf_add(out, (struct bytes){piece, (size_t)got});
	close(file);
	return got == 0 && buf_ok(out) ? REASON_NONE : reason;
}

static enum reason load_one(struct template_set *set, int folder, const char *code, const char *language, bool easy, const char **where)
{
	const char *name = arena_printf(set->arena, "%s.%s%s.txt", code, language, easy ? ".easy" : ""), *why = "cannot be read";
	struct buf text = buf_make(LIMIT_TEMPLATE);
	enum reason reason = read_file(folder, name, &text);
	if (reason == REASON_NONE)
		reason = template_add(set, bytes_of_text(code), bytes_of_text(language), easy, buf_bytes(&text), &why);
	buf_free(&text);
	if (reason != REASON_NONE)
		*where = arena_printf(set->arena, "%s: %s", name, why);
	return reason;
}

static enum reason load_code(struct template_set *set, int folder, size_t code, const char **where)
{
	enum reason reason = REASON_NONE;
	for (size_t l = 0; l < TEMPLATE_LANGUAGES && reason == REASON_NONE; l++) {
		reason = load_one(set, folder, template_codes[code].code, template_languages[l], false, where);
		if (reason == REASON_NONE && template_code_easy(code))
			reason = load_one(set, folder, template_codes[code].code, template_languages[l], true, where);
	}
	return reason;
}

struct template_set *template_open(struct arena *arena)
{
	struct template_set *set = arena_alloc(arena, sizeof *set);
	set->arena = arena;
	return set;
}

enum reason template_load(struct arena *arena, const char *folder, struct template_set **out, const char **where)
{
	int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*where = "the folder of templates cannot be opened";
	if (at < 0)
		return REASON_COMPOSE_TEMPLATE;
	struct template_set *set = template_open(arena);
	enum reason reason = REASON_NONE;
	for (size_t c = 0; c < TEMPLATE_CODES && reason == REASON_NONE; c++)
		reason = load_code(set, at, c, where);
	close(at);
	if (reason == REASON_NONE)
		*out = set;
	return reason;
}

/* --- rendering -------------------------------------------------------------- */

/* What a text is filled with. */
struct filling {
	struct arena *arena;
	const struct template_field *fields;
	size_t count;
	bool letter;
};

static struct bytes value_of(const struct filling *f, struct bytes name)
{
	if (template_names_have(FORMS, name))
		return bytes_equal_text(name, "letter") == f->letter ? name : BYTES_NONE;
	for (size_t i = 0; i < f->count; i++)
		if (bytes_equal(f->fields[i].name, name))
			return bytes_trim(f->fields[i].value);
	return BYTES_NONE;
}

/* Past the end of the block that begins at i. */
static size_t skip_block(const struct text *text, size_t i)
{
	struct bytes name = text->pieces[i].text;
	while (i < text->count && !(text->pieces[i].kind == PIECE_BLOCK_END && bytes_equal(text->pieces[i].text, name)))
		i++;
	return i;
}

static struct bytes render(const struct filling *f, const struct text *text)
{
	struct buf out = buf_make(4 * LIMIT_TEXT);
	for (size_t i = 0; i < text->count; i++) {
		const struct piece *piece = &text->pieces[i];
		if (piece->kind == PIECE_TEXT)
			buf_add(&out, piece->text);
		else if (piece->kind == PIECE_FIELD)
			buf_add(&out, value_of(f, piece->text));
		else if (piece->kind == PIECE_BLOCK && value_of(f, piece->text).len == 0)
			i = skip_block(text, i);
	}
	struct bytes copy = buf_ok(&out) ? arena_copy(f->arena, buf_bytes(&out)) : BYTES_NONE;
	buf_free(&out);
	return copy;
}

enum reason template_field_check(struct bytes name, struct bytes value)
{
	bool lines;
	if (!template_name_find(name, &lines) || value.len > LIMIT_TEXT || !clean(value))
		return REASON_COMPOSE_FIELD;
	return lines || bytes_find_byte(value, '\n', 0) == value.len ? REASON_NONE : REASON_COMPOSE_FIELD;
}

/* The first required field that has no value; empty when all have one. */
static struct bytes first_absent(const struct template_code *code, const struct filling *f)
{
	struct cursor cursor = cursor_on(bytes_of_text(code->required));
	while (cursor.left.len > 0) {
		struct bytes name = cursor_until(&cursor, ' ');
		if (value_of(f, name).len == 0)
			return name;
	}
	return BYTES_NONE;
}

enum reason template_render(struct arena *arena, const struct template_set *set, const struct template_choice *choice,
			    const struct template_field *fields, size_t count, struct template_text *out, struct bytes *where)
{
	const struct filling f = {arena, fields, count, choice->letter};
	size_t c = template_code_find(choice->code), l = template_language_find(choice->language);
	*where = choice->code;
	if (c == TEMPLATE_CODES || l == TEMPLATE_LANGUAGES)
		return REASON_COMPOSE_TEMPLATE;
	bool easy = choice->easy && template_code_easy(c);
	if (!set->texts[c][l][easy].present)
		return REASON_COMPOSE_TEMPLATE;
	for (size_t i = 0; i < count; i++) {
		*where = fields[i].name;
		if (template_field_check(fields[i].name, fields[i].value) != REASON_NONE)
			return REASON_COMPOSE_FIELD;
	}
	*where = first_absent(&template_codes[c], &f);
	if (where->len > 0)
		return REASON_COMPOSE_TEMPLATE;
	struct template_text text = {
		.subject = render(&f, &set->texts[c][l][easy].subject), .body = render(&f, &set->texts[c][l][easy].body),
		.sheet = choice->letter ? render(&f, &set->texts[c][l][easy].sheet) : BYTES_NONE,
	};
	*where = choice->code;
	if (text.subject.len == 0 || text.body.len == 0)
		return REASON_COMPOSE_FIELD;
	*out = text;
	return REASON_NONE;
}

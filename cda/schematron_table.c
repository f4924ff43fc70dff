/* cda/schematron_table.c - see schematron_table.h. Writer and reader stand side by side: a record of one is a record of the other. */
#include "cda/schematron_table.h"

#include "base/limits.h"

#define FIRST_LINE "relais-schematron 1"

enum { FIELDS = 6, NUMBER_MAX = 1000000000 };

static const struct bytes level_info = BYTES_OF("info");

/* --- writing ---------------------------------------------------------------------- */

static void add_field(struct buf *out, struct bytes text)
{
	buf_text(out, "\t");
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i];
		if (c == '\t')
			buf_text(out, "\\t");
		else if (c == '\n' || c == '\r')
			buf_text(out, "\\n");
		else if (c == '\\')
			buf_text(out, "\\\\");
		else
			buf_u8(out, c);
	}
}

static void add_line(struct buf *out, const char *word, const struct bytes *fields, size_t n)
{
	buf_text(out, word);
	for (size_t i = 0; i < n; i++)
		add_field(out, fields[i]);
	buf_text(out, "\n");
}

#define LINE(out, word, ...)                                             \
	add_line((out), (word), (const struct bytes[]){__VA_ARGS__},     \
		 sizeof((const struct bytes[]){__VA_ARGS__}) / sizeof(struct bytes))

struct number {
	char text[24];
};

static struct bytes digits(struct number *n, size_t value)
{
	size_t at = sizeof n->text;

	do {
		n->text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	return (struct bytes){(const unsigned char *)n->text + at, sizeof n->text - at};
}

static void write_item(struct buf *out, const char *let, const struct schematron_item *item)
{
	struct number line;

	if (item->kind == SCHEMATRON_LET) {
		LINE(out, let, bytes_of_text(item->name), item->expr.text);
		return;
	}
	LINE(out, item->kind == SCHEMATRON_ASSERT ? "assert" : "report", item->level == CDA_LEVEL_INFO ? level_info : BYTES("warning"), digits(&line, item->line),
	     item->expr.text, bytes_of_text(item->message));
}

static void write_rule(struct buf *out, const struct schematron_rule *rule)
{
	struct number line;

	LINE(out, "rule", digits(&line, rule->line), rule->file);
	for (const struct schematron_expr *c = rule->contexts; c != NULL; c = c->next)
		LINE(out, "context", c->text);
	for (const struct schematron_item *i = rule->items; i != NULL; i = i->next)
		write_item(out, "with", i);
}

static void write_head(struct buf *out, const struct schematron_table *t)
{
	struct number unknown;

	LINE(out, "name", bytes_of_text(t->name), t->source, t->digest, digits(&unknown, t->unknown));
	if (t->every)
		buf_text(out, "every\n");
	for (const struct schematron_word *w = t->types; w != NULL; w = w->next)
		LINE(out, "type", w->text);
	for (const struct schematron_word *w = t->templates; w != NULL; w = w->next)
		LINE(out, "template", w->text);
	for (const struct schematron_pair *p = t->namespaces; p != NULL; p = p->next)
		LINE(out, "ns", bytes_of_text(p->a), bytes_of_text(p->b));
	for (const struct schematron_pair *p = t->files; p != NULL; p = p->next)
		LINE(out, "file", bytes_of_text(p->a), bytes_of_text(p->b));
	for (const struct schematron_expr *e = t->subs; e != NULL; e = e->next)
		LINE(out, "sub", e->text);
}

void schematron_table_write(struct buf *out, const struct schematron_table *t)
{
	struct number rules, tests;

	buf_text(out, FIRST_LINE "\n");
	write_head(out, t);
	for (const struct schematron_item *i = t->lets; i != NULL; i = i->next)
		write_item(out, "let", i);
	for (const struct schematron_pattern *p = t->patterns; p != NULL; p = p->next) {
		LINE(out, "pattern", p->id);
		for (const struct schematron_rule *r = p->rules; r != NULL; r = r->next)
			write_rule(out, r);
	}
	LINE(out, "end", digits(&rules, t->rules), digits(&tests, t->tests));
}

/* --- reading --------------------------------------------------------------------------- */

struct line {
	struct bytes word, fields[FIELDS];
	size_t n;
};

struct reading {
	struct arena *arena;
	struct schematron_table *table;
	struct schematron_word **type_end, **template_end;
	struct schematron_pair **ns_end, **file_end;
	struct schematron_expr **sub_end, **context_end;
	struct schematron_item **let_end, **item_end;
	struct schematron_pattern **pattern_end;
	struct schematron_rule **rule_end;
	size_t rules, tests;
	bool named, ended;
};

static struct bytes unescaped(struct arena *arena, struct bytes field)
{
	unsigned char *text = arena_alloc(arena, field.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < field.len; i++) {
		unsigned char c = field.at[i];
		if (c == '\\' && i + 1 < field.len) {
			c = field.at[++i];
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c;
		}
		text[n++] = c;
	}
	return (struct bytes){text, n};
}

static bool line_read(struct arena *arena, struct bytes text, struct line *out)
{
	struct cursor c = cursor_on(text);

	*out = (struct line){.word = cursor_until(&c, '\t')};
	size_t at = out->word.len;
	while (at < text.len) {
		size_t end = bytes_find_byte(text, '\t', at + 1);
		if (out->n == FIELDS)
			return false;
		out->fields[out->n++] = unescaped(arena, bytes_slice(text, at + 1, end - at - 1));
		at = end;
	}
	return true;
}

static bool is(const struct line *line, const char *word, size_t n)
{
	return bytes_equal_text(line->word, word) && line->n == n;
}

/* In the arena, a NUL behind it; a NUL within would cut it. */
static const char *text_of(struct bytes field)
{
	return bytes_find_byte(field, 0, 0) == field.len ? (const char *)field.at : NULL;
}

static bool count_of(struct bytes field, size_t *out)
{
	uint64_t value;

	if (!bytes_number(field, NUMBER_MAX, &value))
		return false;
	*out = (size_t)value;
	return true;
}

static void add_word(struct arena *arena, struct schematron_word ***end, struct bytes text)
{
	struct schematron_word *w = arena_alloc(arena, sizeof *w);
	w->text = text;
	**end = w;
	*end = &w->next;
}

static bool add_pair(struct arena *arena, struct schematron_pair ***end, const struct line *line)
{
	struct schematron_pair *p = arena_alloc(arena, sizeof *p);

	p->a = text_of(line->fields[0]);
	p->b = text_of(line->fields[1]);
	**end = p;
	*end = &p->next;
	return p->a != NULL && p->b != NULL;
}

static bool add_expr(struct arena *arena, struct schematron_expr ***end, struct bytes text)
{
	struct schematron_expr *e = arena_alloc(arena, sizeof *e);

	e->text = text;
	**end = e;
	*end = &e->next;
	return text_of(text) != NULL;
}

static struct schematron_item *add_item(struct arena *arena, struct schematron_item ***end, struct bytes text)
{
	struct schematron_item *item = arena_alloc(arena, sizeof *item);

	item->expr.text = text;
	**end = item;
	*end = &item->next;
	return text_of(text) == NULL ? NULL : item;
}

static bool add_let(struct reading *r, struct schematron_item ***end, const struct line *line)
{
	struct schematron_item *item = add_item(r->arena, end, line->fields[1]);

	if (item == NULL)
		return false;
	item->kind = SCHEMATRON_LET;
	item->name = text_of(line->fields[0]);
	return item->name != NULL;
}

static bool add_test(struct reading *r, const struct line *line)
{
	struct schematron_item *item = r->item_end == NULL ? NULL : add_item(r->arena, &r->item_end, line->fields[2]);
	size_t at;

	if (item == NULL || !count_of(line->fields[1], &at))
		return false;
	item->kind = bytes_equal_text(line->word, "assert") ? SCHEMATRON_ASSERT : SCHEMATRON_REPORT;
	item->level = bytes_equal(line->fields[0], level_info) ? CDA_LEVEL_INFO : CDA_LEVEL_WARNING;
	item->line = (unsigned)at;
	item->message = text_of(line->fields[3]);
	r->tests++;
	return item->message != NULL && bytes_utf8(line->fields[3]);
}

static bool add_pattern(struct reading *r, const struct line *line)
{
	struct schematron_pattern *p = arena_alloc(r->arena, sizeof *p);

	p->id = line->fields[0];
	*r->pattern_end = p;
	r->pattern_end = &p->next;
	r->rule_end = &p->rules;
	r->item_end = NULL;
	r->context_end = NULL;
	return true;
}

static bool add_rule(struct reading *r, const struct line *line)
{
	struct schematron_rule *rule = arena_alloc(r->arena, sizeof *rule);
	size_t at;

	if (r->rule_end == NULL || !count_of(line->fields[0], &at))
		return false;
	rule->line = (unsigned)at;
	rule->file = line->fields[1];
	*r->rule_end = rule;
	r->rule_end = &rule->next;
	r->context_end = &rule->contexts;
	r->item_end = &rule->items;
	r->rules++;
	return true;
}

/* The name becomes part of a rule's name in answers: a few plain characters. */
static bool plain_name(struct bytes name)
{
	if (name.len == 0 || name.len > 120)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = name.at[i], l = c | 0x20;
		if (!((l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_'))
			return false;
	}
	return true;
}

static bool set_name(struct reading *r, const struct line *line)
{
	struct schematron_table *t = r->table;

	if (r->named || !plain_name(line->fields[0]) || !bytes_utf8(line->fields[1]) || !count_of(line->fields[3], &t->unknown))
		return false;
	schematron_table_name(r->arena, t, line->fields[0]);
	t->source = line->fields[1];
	t->digest = line->fields[2];
	return r->named = true;
}

static bool ended(struct reading *r, const struct line *line)
{
	r->ended = true;
	return count_of(line->fields[0], &r->table->rules) && count_of(line->fields[1], &r->table->tests) && r->table->rules == r->rules &&
	       r->table->tests == r->tests;
}

/* What stands before the rules; *known says whether the line was one of these. */
static bool take_head(struct reading *r, const struct line *line, bool *known)
{
	*known = true;
	if (is(line, "name", 4))
		return set_name(r, line);
	if (is(line, "every", 0))
		return r->table->every = true;
	if (is(line, "ns", 2))
		return add_pair(r->arena, &r->ns_end, line);
	if (is(line, "file", 2))
		return add_pair(r->arena, &r->file_end, line);
	if (is(line, "type", 1)) {
		add_word(r->arena, &r->type_end, line->fields[0]);
		return true;
	}
	if (is(line, "template", 1)) {
		add_word(r->arena, &r->template_end, line->fields[0]);
		return true;
	}
	if (is(line, "sub", 1)) {
		r->table->n_subs++;
		return add_expr(r->arena, &r->sub_end, line->fields[0]);
	}
	*known = false;
	return false;
}

static bool take(struct reading *r, const struct line *line)
{
	bool known, good = take_head(r, line, &known);

	if (known)
		return good;
	if (is(line, "let", 2))
		return add_let(r, &r->let_end, line);
	if (is(line, "pattern", 1))
		return add_pattern(r, line);
	if (is(line, "rule", 2))
		return add_rule(r, line);
	if (is(line, "context", 1))
		return r->context_end != NULL && add_expr(r->arena, &r->context_end, line->fields[0]);
	if (is(line, "with", 2))
		return r->item_end != NULL && add_let(r, &r->item_end, line);
	if (is(line, "assert", 4) || is(line, "report", 4))
		return add_test(r, line);
	return is(line, "end", 2) && ended(r, line);
}

enum reason schematron_table_read(struct arena *arena, struct bytes file, struct schematron_table **out)
{
	struct schematron_table *table = arena_alloc(arena, sizeof *table);
	struct reading r = {.arena = arena, .table = table, .type_end = &table->types, .template_end = &table->templates, .ns_end = &table->namespaces,
			    .file_end = &table->files, .sub_end = &table->subs, .let_end = &table->lets, .pattern_end = &table->patterns};
	struct cursor c = cursor_on(file);
	struct line line;

	if (file.len > LIMIT_SCHEMATRON_TABLE || !bytes_equal_text(cursor_until(&c, '\n'), FIRST_LINE))
		return REASON_SCHEMATRON_TABLE;
	while (c.left.len > 0)
		if (r.ended || !line_read(arena, cursor_until(&c, '\n'), &line) || !take(&r, &line))
			return REASON_SCHEMATRON_TABLE;
	if (!r.named || !r.ended)
		return REASON_SCHEMATRON_TABLE;
	*out = table;
	return REASON_NONE;
}

void schematron_table_name(struct arena *arena, struct schematron_table *table, struct bytes name)
{
	struct bytes kept = arena_copy(arena, name);
	size_t last = 0;

	for (size_t i = 0; i < kept.len; i++)
		if (kept.at[i] == '_')
			last = i;
	bool numbered = last > 0 && last + 1 < kept.len && kept.at[last + 1] >= '0' && kept.at[last + 1] <= '9';
	table->name = (const char *)kept.at;
	table->family = numbered ? bytes_slice(kept, 0, last) : kept;
	table->version = numbered ? bytes_from(kept, last + 1) : BYTES_NONE;
}

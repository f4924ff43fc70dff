/* cda/schematron_regex.c - compiles: a pattern becomes a program of few instructions. See schematron_regex.h. */
#include "cda/schematron_regex.h"

#include <libxml/xmlunicode.h>
#include <string.h>

#include "cda/schematron_regex_private.h"

enum {
	PROGRAM_MAX = 4000, /* instructions; {n,m} is written out */
	CLASSES_MAX = 400,
	REPEAT_MAX = 500,
	NEST_MAX = 40,
	PATTERN_MAX = 4000,
	SCRATCH = 64 * 1024 * 1024,
	CONSTRUCTS_MAX = 1000, /* alternatives and repetitions: each copies its body once */
};

struct compile {
	struct arena *arena, *scratch; /* the second ends with compiling */
	struct bytes pattern;
	size_t at;
	struct instruction program[PROGRAM_MAX];
	unsigned n;
	const struct class *classes[CLASSES_MAX];
	unsigned n_classes, groups, loops, nest, constructs;
	bool dot_all, failed;
};

/* --- compiling ------------------------------------------------------------------ */

static bool more(const struct compile *c)
{
	return !c->failed && c->at < c->pattern.len;
}

static unsigned char peek(const struct compile *c)
{
	return c->at < c->pattern.len ? c->pattern.at[c->at] : 0;
}

static bool take(struct compile *c, unsigned char wanted)
{
	if (!more(c) || peek(c) != wanted)
		return false;
	c->at++;
	return true;
}

static unsigned emit(struct compile *c, enum code code, unsigned a, unsigned b)
{
	if (c->n == PROGRAM_MAX) {
		c->failed = true;
		return 0;
	}
	c->program[c->n] = (struct instruction){code, a, b};
	return c->n++;
}

static void emit_class(struct compile *c, const struct class *class)
{
	if (c->n_classes == CLASSES_MAX) {
		c->failed = true;
		return;
	}
	c->classes[c->n_classes] = class;
	emit(c, OP_CLASS, c->n_classes++, 0);
}

static void add_item(struct compile *c, struct class *class, struct item item)
{
	if (class->n == ITEMS_MAX)
		c->failed = true;
	else
		class->items[class->n++] = item;
}

/* \p{Lu}: the name of a category has one or two letters. */
static void category(struct compile *c, struct item *item)
{
	item->kind = ITEM_CATEGORY;
	if (!take(c, '{'))
		c->failed = true;
	for (unsigned i = 0; i < 2 && more(c) && peek(c) != '}'; i++)
		item->category[i] = (char)c->pattern.at[c->at++];
	if (!take(c, '}') || xmlUCSIsCat('a', item->category) < 0)
		c->failed = true;
}

/* What follows a backslash. */
static struct item escape(struct compile *c)
{
	static const char *const classes = "dswic";
	static const enum item_kind kinds[] = {ITEM_DIGIT, ITEM_SPACE, ITEM_WORD, ITEM_NAME_START, ITEM_NAME};
	struct item item = {.kind = ITEM_RANGE};
	unsigned char e = peek(c);

	c->at++;
	const char *hit = e == 0 ? NULL : strchr(classes, e | 0x20);
	if (e == 'n' || e == 'r' || e == 't') {
		item.from = item.to = e == 'n' ? '\n' : e == 'r' ? '\r' : '\t';
	} else if (e == 'p' || e == 'P') {
		item.negative = e == 'P';
		category(c, &item);
	} else if (hit != NULL) {
		item.kind = kinds[hit - classes];
		item.negative = (e & 0x20) == 0;
	} else if (e != 0 && strchr("\\|.?*+(){}$-[]^", e) != NULL) {
		item.from = item.to = e;
	} else {
		c->failed = true;
	}
	return item;
}

static struct item one_of_class(struct compile *c)
{
	if (take(c, '\\'))
		return escape(c);
	struct item item = {.kind = ITEM_RANGE};
	item.from = item.to = regex_character(c->pattern, &c->at);
	return item;
}

/* After '['. */
static struct class *class_read(struct compile *c)
{
	struct class *class = arena_alloc(c->arena, sizeof *class);

	if (++c->nest > NEST_MAX)
		c->failed = true;
	class->negative = take(c, '^');
	while (more(c) && (peek(c) != ']' || class->n == 0)) {
		if (peek(c) == '-' && c->at + 1 < c->pattern.len && c->pattern.at[c->at + 1] == '[' && class->n > 0) {
			c->at += 2;
			class->without = class_read(c);
			break;
		}
		struct item item = one_of_class(c);
		if (item.kind == ITEM_RANGE && peek(c) == '-' && c->at + 1 < c->pattern.len && c->pattern.at[c->at + 1] != ']' &&
		    c->pattern.at[c->at + 1] != '[') {
			c->at++;
			struct item end = one_of_class(c);
			if (end.kind != ITEM_RANGE || end.to < item.from)
				c->failed = true;
			item.to = end.to;
		}
		add_item(c, class, item);
	}
	if (!take(c, ']'))
		c->failed = true;
	c->nest--;
	return class;
}

static void single(struct compile *c, struct item item)
{
	struct class *class = arena_alloc(c->arena, sizeof *class);
	add_item(c, class, item);
	emit_class(c, class);
}

static void alternatives(struct compile *c);

static void group(struct compile *c)
{
	bool silent = peek(c) == '?' && c->at + 1 < c->pattern.len && c->pattern.at[c->at + 1] == ':';
	unsigned number = silent ? REGEX_GROUPS : ++c->groups;

	if (silent)
		c->at += 2;
	if (++c->nest > NEST_MAX) {
		c->failed = true;
		return;
	}
	if (number < REGEX_GROUPS)
		emit(c, OP_SAVE, number * 2, 0);
	alternatives(c);
	if (number < REGEX_GROUPS)
		emit(c, OP_SAVE, number * 2 + 1, 0);
	if (!take(c, ')'))
		c->failed = true;
	c->nest--;
}

static void atom(struct compile *c)
{
	unsigned char first = peek(c);

	if (take(c, '(')) {
		group(c);
	} else if (take(c, '[')) {
		emit_class(c, class_read(c));
	} else if (take(c, '.')) {
		single(c, (struct item){.kind = c->dot_all ? ITEM_ANY : ITEM_NOT_NEWLINE});
	} else if (take(c, '^')) {
		emit(c, OP_BEGIN, 0, 0);
	} else if (take(c, '$')) {
		emit(c, OP_END, 0, 0);
	} else if (first == '\\' && c->at + 1 < c->pattern.len && c->pattern.at[c->at + 1] >= '1' && c->pattern.at[c->at + 1] <= '9') {
		emit(c, OP_BACK, c->pattern.at[c->at + 1] - (unsigned)'0', 0);
		c->at += 2;
	} else if (strchr("?*+{}", first) != NULL) {
		c->failed = true;
	} else {
		single(c, one_of_class(c));
	}
}

struct repeat {
	unsigned min, max; /* max 0: no end */
	bool there, reluctant;
};

static bool count_read(struct compile *c, unsigned *out)
{
	size_t from = c->at;
	uint64_t value = 0;

	while (more(c) && peek(c) >= '0' && peek(c) <= '9')
		c->at++;
	if (!bytes_number(bytes_slice(c->pattern, from, c->at - from), REPEAT_MAX, &value)) {
		c->failed = true;
		return false;
	}
	*out = (unsigned)value;
	return true;
}

static struct repeat repeat_read(struct compile *c)
{
	struct repeat r = {1, 1, true, false};

	if (take(c, '?')) {
		r.min = 0;
	} else if (take(c, '*')) {
		r.min = r.max = 0;
	} else if (take(c, '+')) {
		r.max = 0;
	} else if (take(c, '{')) {
		if (count_read(c, &r.min))
			r.max = r.min;
		if (take(c, ',')) {
			r.max = 0;
			if (peek(c) != '}' && count_read(c, &r.max) && (r.max < r.min || r.max == 0))
				c->failed = true;
		} else if (r.max == 0) {
			c->failed = true;
		}
		if (!take(c, '}'))
			c->failed = true;
	} else {
		r.there = false;
		return r;
	}
	r.reluctant = take(c, '?');
	return r;
}

/* What was emitted since from, taken off the program so that it can be put again behind something else. */
static const struct instruction *taken_back(struct compile *c, unsigned from)
{
	unsigned len = c->n - from;
	struct instruction *body = arena_alloc(c->scratch, (len + 1) * sizeof *body);

	memcpy(body, c->program + from, len * sizeof *body);
	c->n = from;
	if (++c->constructs > CONSTRUCTS_MAX)
		c->failed = true;
	return body;
}

/* The instructions of the atom once more, with their jumps moved along. */
static void copy(struct compile *c, const struct instruction *body, unsigned len, unsigned from)
{
	unsigned by = c->n - from;

	for (unsigned i = 0; i < len && !c->failed; i++) {
		struct instruction in = body[i];
		if (in.code == OP_SPLIT || in.code == OP_JUMP)
			in.a += by;
		if (in.code == OP_SPLIT || in.code == OP_MOVED)
			in.b += by;
		emit(c, in.code, in.a, in.b);
	}
}

static void split(struct compile *c, unsigned at, unsigned in, unsigned out, bool reluctant)
{
	if (!c->failed)
		c->program[at] = (struct instruction){OP_SPLIT, reluctant ? out : in, reluctant ? in : out};
}

/* L: split in, out; in: mark; body; moved? else out; jump L; out: */
static void loop(struct compile *c, const struct instruction *body, unsigned len, unsigned from, bool reluctant)
{
	unsigned start = emit(c, OP_SPLIT, 0, 0), mark = c->loops++;

	if (mark >= LOOPS_MAX) {
		c->failed = true;
		return;
	}
	emit(c, OP_MARK, mark, 0);
	copy(c, body, len, from);
	unsigned moved = emit(c, OP_MOVED, mark, 0);
	emit(c, OP_JUMP, start, 0);
	split(c, start, start + 1, c->n, reluctant);
	if (!c->failed)
		c->program[moved].b = c->n;
}

static void repeat(struct compile *c, unsigned from)
{
	struct repeat r = repeat_read(c);
	unsigned len = c->n - from;

	if (!r.there || c->failed)
		return;
	const struct instruction *body = taken_back(c, from);
	for (unsigned i = 0; i < r.min && !c->failed; i++)
		copy(c, body, len, from);
	if (r.max == 0) {
		loop(c, body, len, from, r.reluctant);
		return;
	}
	for (unsigned i = r.min; i < r.max && !c->failed; i++) {
		unsigned at = emit(c, OP_SPLIT, 0, 0);
		copy(c, body, len, from);
		split(c, at, at + 1, c->n, r.reluctant);
	}
}

static void sequence(struct compile *c)
{
	while (more(c) && peek(c) != '|' && peek(c) != ')') {
		unsigned from = c->n;
		atom(c);
		repeat(c, from);
	}
}

static void alternatives(struct compile *c)
{
	unsigned from = c->n;

	sequence(c);
	if (!more(c) || peek(c) != '|')
		return;
	c->at++;
	/* What stands there moves by one, to make room for the choice before it. */
	unsigned len = c->n - from;
	const struct instruction *body = taken_back(c, from);
	emit(c, OP_SPLIT, 0, 0);
	copy(c, body, len, from);
	unsigned jump = emit(c, OP_JUMP, 0, 0);
	split(c, from, from + 1, c->n, false);
	alternatives(c);
	if (!c->failed)
		c->program[jump].a = c->n;
}

/* Flag x: blanks outside of classes do not count. */
static struct bytes without_blanks(struct arena *arena, struct bytes pattern)
{
	unsigned char *kept = arena_alloc(arena, pattern.len + 1);
	size_t n = 0;
	bool inside = false;

	for (size_t i = 0; i < pattern.len; i++) {
		unsigned char c = pattern.at[i];
		inside = inside ? c != ']' : c == '[';
		if (inside || c > ' ')
			kept[n++] = c;
	}
	return (struct bytes){kept, n};
}

static bool flags_known(struct bytes flags)
{
	for (size_t i = 0; i < flags.len; i++)
		if (bytes_find_byte(BYTES("smix"), flags.at[i], 0) == 4)
			return false;
	return true;
}

static bool has(struct bytes flags, unsigned char flag)
{
	return bytes_find_byte(flags, flag, 0) < flags.len;
}

static const struct regex *finished(struct arena *arena, struct compile *c, struct bytes flags)
{
	struct regex *out = arena_alloc(arena, sizeof *out);

	*out = (struct regex){arena_alloc(arena, c->n * sizeof *out->program), c->n, arena_alloc(arena, (c->n_classes + 1) * sizeof *out->classes),
			      has(flags, 'i'), has(flags, 'm')};
	memcpy(out->program, c->program, c->n * sizeof *out->program);
	memcpy(out->classes, c->classes, c->n_classes * sizeof *out->classes);
	return out;
}

const struct regex *regex_compile(struct arena *arena, struct bytes pattern, struct bytes flags)
{
	const struct regex *out = NULL;

	if (!flags_known(flags) || pattern.len > PATTERN_MAX)
		return NULL;
	struct arena *scratch = arena_create(SCRATCH);
	struct compile *c = arena_alloc(scratch, sizeof *c);
	*c = (struct compile){.arena = arena, .scratch = scratch, .pattern = has(flags, 'x') ? without_blanks(arena, pattern) : pattern, .dot_all = has(flags, 's')};
	alternatives(c);
	if (c->at < c->pattern.len)
		c->failed = true;
	emit(c, OP_DONE, 0, 0);
	if (!c->failed)
		out = finished(arena, c, flags);
	arena_destroy(&scratch);
	return out;
}

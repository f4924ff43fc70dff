/* cda/schematron_regex_search.c - runs the program of a pattern with a stack of what is still to be tried. See schematron_regex.h.
 *
 * Invariants:
 * 1. A loop whose body took nothing is left: no loop turns for ever without a step forward.
 * 2. What a thread changes (groups, loop marks) is put on the stack first, so that going back restores it. */
#include <libxml/parserInternals.h>
#include <libxml/xmlunicode.h>
#include <wctype.h>

#include "cda/schematron_regex_private.h"

enum {
	STACK_MAX = 200000,
	TRAILS = REGEX_GROUPS * 2 + LOOPS_MAX,
};

static bool is_blank(unsigned ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static bool item_holds(const struct item *item, unsigned ch)
{
	int code = (int)ch;
	bool is = false;

	switch (item->kind) {
	case ITEM_RANGE:
		is = ch >= item->from && ch <= item->to;
		break;
	case ITEM_DIGIT:
		is = xmlUCSIsCatNd(code) == 1;
		break;
	case ITEM_SPACE:
		is = is_blank(ch);
		break;
	case ITEM_WORD:
		is = xmlUCSIsCatP(code) != 1 && xmlUCSIsCatZ(code) != 1 && xmlUCSIsCatC(code) != 1;
		break;
	case ITEM_NAME_START:
		is = IS_LETTER(ch) || ch == '_' || ch == ':';
		break;
	case ITEM_NAME:
		is = IS_LETTER(ch) || IS_DIGIT(ch) || IS_COMBINING(ch) || IS_EXTENDER(ch) || ch == '_' || ch == ':' || ch == '.' || ch == '-';
		break;
	case ITEM_CATEGORY:
		is = xmlUCSIsCat(code, item->category) == 1;
		break;
	case ITEM_NOT_NEWLINE:
		is = ch != '\n' && ch != '\r';
		break;
	case ITEM_ANY:
		is = true;
		break;
	}
	return is != item->negative;
}

static bool class_holds(const struct class *class, unsigned ch)
{
	bool in = false;

	for (unsigned i = 0; i < class->n && !in; i++)
		in = item_holds(&class->items[i], ch);
	if (in == class->negative)
		return false;
	return class->without == NULL || !class_holds(class->without, ch);
}

static bool takes(const struct regex *regex, const struct class *class, unsigned ch)
{
	if (class_holds(class, ch))
		return true;
	return regex->any_case && (class_holds(class, towlower((wint_t)ch)) || class_holds(class, towupper((wint_t)ch)));
}

/* Either a thread to try (pc, at) or, with pc at UNDO and above, an old value of a trail. */
struct frame {
	unsigned pc;
	size_t at;
};

#define UNDO 0x80000000u

struct search {
	const struct regex *regex;
	struct bytes text;
	unsigned long *steps;
	size_t trails[TRAILS];
	struct frame *stack;
	size_t n, room;
	bool full;
};

static void push(struct search *s, unsigned pc, size_t at)
{
	if (s->n == s->room) {
		size_t room = s->room == 0 ? 256 : s->room * 2;
		struct frame *bigger = room > STACK_MAX ? NULL : xmlRealloc(s->stack, room * sizeof *bigger);
		if (bigger == NULL) {
			s->full = true;
			return;
		}
		s->stack = bigger;
		s->room = room;
	}
	s->stack[s->n++] = (struct frame){pc, at};
}

static void keep(struct search *s, unsigned trail, size_t value)
{
	push(s, UNDO + trail, s->trails[trail]);
	s->trails[trail] = value;
}

static bool at_begin(const struct search *s, size_t at)
{
	return at == 0 || (s->regex->lines && s->text.at[at - 1] == '\n');
}

static bool at_end(const struct search *s, size_t at)
{
	return at == s->text.len || (s->regex->lines && s->text.at[at] == '\n');
}

static bool again(const struct search *s, unsigned number, size_t *at)
{
	size_t from = s->trails[number * 2], to = s->trails[number * 2 + 1];
	if (from > to)
		return false;
	struct bytes taken = bytes_slice(s->text, from, to - from);
	if (!bytes_equal(bytes_slice(s->text, *at, taken.len), taken))
		return false;
	*at += taken.len;
	return true;
}

static bool takes_one(const struct search *s, unsigned class, size_t *at)
{
	return *at < s->text.len && takes(s->regex, s->regex->classes[class], regex_character(s->text, at));
}

/* One thread until it fails (false) or is done. */
static bool thread(struct search *s, unsigned pc, size_t at)
{
	for (;;) {
		const struct instruction *in = &s->regex->program[pc++];
		if (*s->steps == 0 || s->full)
			return false;
		--*s->steps;
		switch (in->code) {
		case OP_CLASS:
			if (!takes_one(s, in->a, &at))
				return false;
			break;
		case OP_SPLIT:
			push(s, in->b, at);
			pc = in->a;
			break;
		case OP_JUMP:
			pc = in->a;
			break;
		case OP_SAVE:
			keep(s, in->a, at);
			break;
		case OP_BEGIN:
			if (!at_begin(s, at))
				return false;
			break;
		case OP_END:
			if (!at_end(s, at))
				return false;
			break;
		case OP_MARK:
			keep(s, REGEX_GROUPS * 2 + in->a, at);
			break;
		case OP_MOVED:
			if (s->trails[REGEX_GROUPS * 2 + in->a] == at)
				pc = in->b;
			break;
		case OP_BACK:
			if (!again(s, in->a, &at))
				return false;
			break;
		case OP_DONE:
			s->trails[1] = at;
			return true;
		}
	}
}

static bool try_at(struct search *s, size_t from)
{
	for (size_t i = 0; i < TRAILS; i++)
		s->trails[i] = i % 2 == 0 ? SIZE_MAX : 0;
	s->trails[0] = from;
	s->n = 0;
	push(s, 0, from);
	while (s->n > 0 && !s->full && *s->steps > 0) {
		struct frame f = s->stack[--s->n];
		if (f.pc >= UNDO)
			s->trails[f.pc - UNDO] = f.at;
		else if (thread(s, f.pc, f.at))
			return true;
	}
	return false;
}

unsigned regex_character(struct bytes text, size_t *at)
{
	int len = text.len - *at < 8 ? (int)(text.len - *at) : 8;
	int c = xmlGetUTF8Char(text.at + *at, &len);

	if (c < 0)
		return text.at[(*at)++];
	*at += (size_t)len;
	return (unsigned)c;
}

enum regex_result regex_search(const struct regex *regex, struct bytes text, size_t from, unsigned long *steps, struct regex_match *out)
{
	struct search s = {.regex = regex, .text = text, .steps = steps};
	enum regex_result result = REGEX_NO;

	for (size_t at = from; at <= text.len && result == REGEX_NO; at++) {
		if (at > from && at < text.len && (text.at[at] & 0xc0) == 0x80)
			continue;
		if (try_at(&s, at))
			result = REGEX_YES;
		else if (s.full || *steps == 0)
			result = REGEX_LIMIT;
	}
	for (size_t i = 0; result == REGEX_YES && i < REGEX_GROUPS; i++) {
		out->from[i] = s.trails[i * 2];
		out->to[i] = s.trails[i * 2 + 1];
	}
	xmlFree(s.stack);
	return result;
}

/* smtp/mime_html.c - see mime_html.h. */
#include "smtp/mime_html.h"

#include "base/buf.h"
#include "base/limits.h"

/* What a tag does to the text. */
enum effect {
	EFFECT_NONE,
	EFFECT_LINE,      /* begins and ends a line */
	EFFECT_PARAGRAPH, /* the same, and an empty line after it */
	EFFECT_BREAK,     /* one line end */
	EFFECT_CELL,      /* a tab between */
	EFFECT_LIST,      /* its items have bullets */
	EFFECT_NUMBERS,   /* its items have numbers */
	EFFECT_ITEM,      /* a line of its own, with what its list puts before it */
	EFFECT_QUOTE,     /* its lines are quoted */
	EFFECT_SKIP,      /* nothing inside is shown */
};

static const struct tag {
	struct bytes name;
	enum effect effect;
} tags[] = {
	{BYTES_OF("br"), EFFECT_BREAK},       {BYTES_OF("p"), EFFECT_PARAGRAPH},     {BYTES_OF("div"), EFFECT_LINE},
	{BYTES_OF("tr"), EFFECT_LINE},        {BYTES_OF("table"), EFFECT_LINE},   {BYTES_OF("li"), EFFECT_ITEM},
	{BYTES_OF("ul"), EFFECT_LIST},        {BYTES_OF("ol"), EFFECT_NUMBERS},      {BYTES_OF("h1"), EFFECT_LINE},
	{BYTES_OF("h2"), EFFECT_LINE},        {BYTES_OF("h3"), EFFECT_LINE},      {BYTES_OF("h4"), EFFECT_LINE},
	{BYTES_OF("h5"), EFFECT_LINE},        {BYTES_OF("h6"), EFFECT_LINE},      {BYTES_OF("pre"), EFFECT_LINE},
	{BYTES_OF("hr"), EFFECT_LINE},        {BYTES_OF("section"), EFFECT_LINE}, {BYTES_OF("article"), EFFECT_LINE},
	{BYTES_OF("dt"), EFFECT_LINE},        {BYTES_OF("dd"), EFFECT_LINE},      {BYTES_OF("center"), EFFECT_LINE},
	{BYTES_OF("td"), EFFECT_CELL},        {BYTES_OF("th"), EFFECT_CELL},      {BYTES_OF("blockquote"), EFFECT_QUOTE},
	{BYTES_OF("script"), EFFECT_SKIP},    {BYTES_OF("style"), EFFECT_SKIP},   {BYTES_OF("head"), EFFECT_SKIP},
	{BYTES_OF("title"), EFFECT_SKIP},     {BYTES_OF("template"), EFFECT_SKIP}, {BYTES_OF("noscript"), EFFECT_SKIP},
	{BYTES_OF("select"), EFFECT_SKIP},    {BYTES_OF("textarea"), EFFECT_SKIP}, {BYTES_OF("svg"), EFFECT_SKIP},
	{BYTES_OF("object"), EFFECT_SKIP},    {BYTES_OF("iframe"), EFFECT_SKIP},
};

/* Elements that have no content: hiding one hides nothing. */
static const struct bytes empty_tags[] = {
	BYTES_OF("br"), BYTES_OF("hr"), BYTES_OF("img"), BYTES_OF("input"), BYTES_OF("meta"), BYTES_OF("link"),
	BYTES_OF("col"), BYTES_OF("wbr"), BYTES_OF("area"), BYTES_OF("base"),
};

static const struct entity {
	struct bytes name;
	uint32_t code;
} entities[] = {
	{BYTES_OF("amp"), '&'},       {BYTES_OF("lt"), '<'},        {BYTES_OF("gt"), '>'},        {BYTES_OF("quot"), '"'},
	{BYTES_OF("apos"), '\''},     {BYTES_OF("nbsp"), ' '},      {BYTES_OF("eacute"), 0xe9},   {BYTES_OF("egrave"), 0xe8},
	{BYTES_OF("ecirc"), 0xea},    {BYTES_OF("euml"), 0xeb},     {BYTES_OF("agrave"), 0xe0},   {BYTES_OF("acirc"), 0xe2},
	{BYTES_OF("ccedil"), 0xe7},   {BYTES_OF("ocirc"), 0xf4},    {BYTES_OF("icirc"), 0xee},    {BYTES_OF("iuml"), 0xef},
	{BYTES_OF("ucirc"), 0xfb},    {BYTES_OF("ugrave"), 0xf9},   {BYTES_OF("uuml"), 0xfc},     {BYTES_OF("ouml"), 0xf6},
	{BYTES_OF("auml"), 0xe4},     {BYTES_OF("Eacute"), 0xc9},   {BYTES_OF("Egrave"), 0xc8},   {BYTES_OF("Agrave"), 0xc0},
	{BYTES_OF("Ccedil"), 0xc7},   {BYTES_OF("oelig"), 0x153},   {BYTES_OF("OElig"), 0x152},   {BYTES_OF("laquo"), 0xab},
	{BYTES_OF("raquo"), 0xbb},    {BYTES_OF("deg"), 0xb0},      {BYTES_OF("euro"), 0x20ac},   {BYTES_OF("rsquo"), 0x2019},
	{BYTES_OF("lsquo"), 0x2018},  {BYTES_OF("ldquo"), 0x201c},  {BYTES_OF("rdquo"), 0x201d},  {BYTES_OF("ndash"), 0x2013},
	{BYTES_OF("mdash"), 0x2014},  {BYTES_OF("hellip"), 0x2026}, {BYTES_OF("bull"), 0x2022},
};

enum { LISTS = 8, BULLETS = 1000000 };

struct reduction {
	struct buf out;
	struct bytes left;
	unsigned quotes;       /* open blockquotes, at most 9 are shown */
	bool line_empty;       /* nothing on this line yet */
	bool blank_due;        /* a blank before the next word */
	bool tab_due;          /* it is a tab: the next cell of a row */
	unsigned lists[LISTS]; /* open lists: the last number given, or BULLETS; deeper ones are plain */
	size_t n_lists;
	bool item_due;         /* the next word is the first of an item */
	struct bytes hidden;   /* name of the element whose content is left out */
	unsigned hidden_depth; /* that many of its name are open */
};

static void end_line(struct reduction *r)
{
	buf_u8(&r->out, '\n');
	r->line_empty = true;
	r->blank_due = r->tab_due = false;
}

static void put_item_mark(struct reduction *r)
{
	unsigned *list = &r->lists[r->n_lists - 1];

	if (*list == BULLETS)
		buf_text(&r->out, "- ");
	else
		buf_printf(&r->out, "%u. ", ++*list % BULLETS);
	r->item_due = false;
}

static void put(struct reduction *r, struct bytes word)
{
	if (r->line_empty) {
		for (unsigned i = 0; i < r->quotes && i < 9; i++)
			buf_text(&r->out, "> ");
		r->line_empty = false;
		if (r->item_due && r->n_lists > 0)
			put_item_mark(r);
	} else if (r->blank_due) {
		buf_u8(&r->out, r->tab_due ? '\t' : ' ');
	}
	r->blank_due = r->tab_due = false;
	buf_add(&r->out, word);
}

static void put_code(struct reduction *r, uint32_t code)
{
	unsigned char out[4];

	if (code < 0x80) {
		out[0] = (unsigned char)code;
		put(r, (struct bytes){out, 1});
	} else if (code < 0x800) {
		out[0] = (unsigned char)(0xc0 | code >> 6);
		out[1] = (unsigned char)(0x80 | (code & 63));
		put(r, (struct bytes){out, 2});
	} else if (code < 0x10000 && (code < 0xd800 || code > 0xdfff)) {
		out[0] = (unsigned char)(0xe0 | code >> 12);
		out[1] = (unsigned char)(0x80 | (code >> 6 & 63));
		out[2] = (unsigned char)(0x80 | (code & 63));
		put(r, (struct bytes){out, 3});
	} else if (code >= 0x10000 && code < 0x110000) {
		out[0] = (unsigned char)(0xf0 | code >> 18);
		out[1] = (unsigned char)(0x80 | (code >> 12 & 63));
		out[2] = (unsigned char)(0x80 | (code >> 6 & 63));
		out[3] = (unsigned char)(0x80 | (code & 63));
		put(r, (struct bytes){out, 4});
	}
}

/* "&#233;" or "&#xE9;" without its "&#" and ";". False: no number. */
static bool numeric(struct bytes digits, uint32_t *out)
{
	uint64_t value = 0;

	if (digits.len > 1 && digits.len < 8 && (digits.at[0] == 'x' || digits.at[0] == 'X')) {
		for (size_t i = 1; i < digits.len; i++) {
			unsigned char c = digits.at[i] | 0x20;
			if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
				return false;
			value = value * 16 + (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
		}
	} else if (!bytes_number(digits, 0x10ffff, &value)) {
		return false;
	}
	*out = (uint32_t)value;
	return true;
}

/* At an "&": takes an entity, or the sign itself. */
static void take_entity(struct reduction *r)
{
	size_t end = bytes_find_byte(bytes_slice(r->left, 0, 12), ';', 1);
	struct bytes name = bytes_slice(r->left, 1, end - 1);
	uint32_t code = 0;

	if (end < 12 && end < r->left.len) {
		if (name.len > 1 && name.at[0] == '#' && !numeric(bytes_from(name, 1), &code))
			code = 0;
		for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]) && code == 0; i++)
			if (bytes_equal(name, entities[i].name))
				code = entities[i].code;
	}
	if (code == ' ' || code == 0xa0 || (code > 0 && code < 0x20)) {
		r->blank_due = !r->line_empty;
	} else if (code > 0) {
		put_code(r, code);
	} else {
		put(r, BYTES("&"));
		end = 0;
	}
	r->left = bytes_from(r->left, end + 1);
}

static enum effect effect_of(struct bytes name)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (bytes_equal_nocase(name, tags[i].name))
			return tags[i].effect;
	return EFFECT_NONE;
}

static bool is_empty_tag(struct bytes name)
{
	for (size_t i = 0; i < sizeof(empty_tags) / sizeof(empty_tags[0]); i++)
		if (bytes_equal_nocase(name, empty_tags[i]))
			return true;
	return false;
}

/* An element that a reader does not see: words hidden in it must not speak for the writer. */
static bool is_hidden(struct bytes tag)
{
	static const struct bytes marks[] = {
		BYTES_OF("display:none"), BYTES_OF("display: none"), BYTES_OF("visibility:hidden"),
		BYTES_OF("visibility: hidden"), BYTES_OF("font-size:0;"), BYTES_OF("font-size:0p"), BYTES_OF("font-size: 0p"),
		BYTES_OF(" hidden>"), BYTES_OF(" hidden="),
	};
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (bytes_contains_nocase(tag, marks[i]))
			return true;
	return false;
}

/* Length of the tag at left with its ">"; a ">" within quotes does not count. The rest when it has no end. */
static size_t tag_length(struct bytes left)
{
	unsigned char quote = 0;
	for (size_t i = 1; i < left.len; i++) {
		unsigned char c = left.at[i];
		if (quote != 0)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '>')
			return i + 1;
	}
	size_t end = bytes_find_byte(left, '>', 0);
	return end < left.len ? end + 1 : left.len;
}

static struct bytes tag_name(struct bytes tag)
{
	size_t end = 0;
	while (end < tag.len && ((tag.at[end] | 0x20) >= 'a' ? (tag.at[end] | 0x20) <= 'z' :
				 tag.at[end] >= '0' && tag.at[end] <= '9'))
		end++;
	return bytes_slice(tag, 0, end);
}

static void begin_line(struct reduction *r)
{
	if (!r->line_empty)
		end_line(r);
}

static void apply_list(struct reduction *r, bool numbers, bool closing)
{
	begin_line(r);
	if (!closing && r->n_lists < LISTS)
		r->lists[r->n_lists++] = numbers ? 0 : BULLETS;
	else if (closing && r->n_lists > 0)
		r->n_lists--;
}

static void apply_item(struct reduction *r, bool closing)
{
	begin_line(r);
	r->item_due = !closing && r->n_lists > 0;
}

static void apply(struct reduction *r, struct bytes name, bool closing)
{
	enum effect effect = effect_of(name);

	if (effect == EFFECT_BREAK) {
		end_line(r);
	} else if (effect == EFFECT_LINE || effect == EFFECT_PARAGRAPH) {
		begin_line(r);
		if (effect == EFFECT_PARAGRAPH && closing)
			end_line(r);
	} else if (effect == EFFECT_CELL) {
		r->blank_due = r->tab_due = !r->line_empty;
	} else if (effect == EFFECT_LIST || effect == EFFECT_NUMBERS) {
		apply_list(r, effect == EFFECT_NUMBERS, closing);
	} else if (effect == EFFECT_ITEM) {
		apply_item(r, closing);
	} else if (effect == EFFECT_QUOTE) {
		begin_line(r);
		if (!closing)
			r->quotes++;
		else if (r->quotes > 0)
			r->quotes--;
	}
}

/* Scripts and styles hold no tags: a "<" or a quote in them means nothing. */
static void skip_raw(struct reduction *r)
{
	if (!bytes_equal_nocase(r->hidden, BYTES("script")) && !bytes_equal_nocase(r->hidden, BYTES("style")))
		return;
	for (size_t at = 0; at < r->left.len; at++) {
		at = bytes_find(r->left, BYTES("</"), at);
		if (bytes_starts_nocase(bytes_from(r->left, at + 2), r->hidden)) {
			r->left = bytes_from(r->left, at);
			return;
		}
	}
	r->left = BYTES_NONE;
}

/* At a "<". */
static void take_tag(struct reduction *r)
{
	if (bytes_starts(r->left, BYTES("<!--"))) {
		size_t end = bytes_find(r->left, BYTES("-->"), 4);
		r->left = bytes_from(r->left, end < r->left.len ? end + 3 : r->left.len);
		return;
	}
	bool closing = r->left.len > 1 && r->left.at[1] == '/';
	struct bytes name = tag_name(bytes_from(r->left, closing ? 2 : 1));
	bool declaration = r->left.len > 1 && (r->left.at[1] == '!' || r->left.at[1] == '?');
	if (name.len == 0 && !declaration) {
		if (r->hidden_depth == 0)
			put(r, BYTES("<"));
		r->left = bytes_from(r->left, 1);
		return;
	}
	struct bytes tag = bytes_slice(r->left, 0, tag_length(r->left));
	r->left = bytes_from(r->left, tag.len);
	bool single = is_empty_tag(name) || (tag.len > 1 && tag.at[tag.len - 2] == '/');
	if (r->hidden_depth > 0) {
		if (bytes_equal_nocase(name, r->hidden) && !single)
			r->hidden_depth += closing ? -1u : 1u;
		return;
	}
	if (!closing && !single && (effect_of(name) == EFFECT_SKIP || is_hidden(tag))) {
		r->hidden = name;
		r->hidden_depth = 1;
		skip_raw(r);
		return;
	}
	apply(r, name, closing);
}

static void take_words(struct reduction *r)
{
	size_t len = 0;
	while (len < r->left.len && r->left.at[len] != '<' && r->left.at[len] != '&' && r->left.at[len] > ' ')
		len++;
	if (len > 0 && r->hidden_depth == 0)
		put(r, bytes_slice(r->left, 0, len));
	r->left = bytes_from(r->left, len);
	if (len > 0 || r->left.len == 0)
		return;
	/* A blank or a control, or an entity inside something hidden. */
	if (r->hidden_depth == 0 && r->left.at[0] != '&')
		r->blank_due = !r->line_empty;
	r->left = bytes_from(r->left, 1);
}

struct bytes mime_html_text(struct arena *arena, struct bytes html)
{
	struct reduction r = {.out = buf_make(LIMIT_TEXT), .left = html, .line_empty = true};

	while (r.left.len > 0 && buf_ok(&r.out)) {
		if (r.left.at[0] == '<')
			take_tag(&r);
		else if (r.left.at[0] == '&' && r.hidden_depth == 0)
			take_entity(&r);
		else
			take_words(&r);
	}
	struct bytes text = arena_copy(arena, bytes_trim(buf_bytes(&r.out)));
	buf_free(&r.out);
	return text;
}

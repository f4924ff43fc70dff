/* smtp/new_text.c - see new_text.h.
 *
 * Each line is first told apart (blank, quoted, attribution, header of a quoted mail, separator, signature), then what
 * belongs to a quote or a signature is hidden. A quote that has no ">" runs to the end of the mail; one that has
 * them hides only these lines, since many people answer below or between. */
#include "smtp/new_text.h"

#include <string.h>

#include "base/buf.h"
#include "base/fold.h"
#include "smtp/new_text_list.h"

enum {
	LINES_MAX = 8000,             /* beyond, the text is given back whole */
	ATTRIBUTION_LINES = 4,
	ATTRIBUTION_MAX = 400,
	HEADER_LINES = 7,
	SIGNATURE_LINES = 15,
	DEVICE_MAX = 160,
	WRAPPED = 60,                 /* columns: a longer quoted line may have been wrapped by a client that forgot the mark */
	DISCLAIMER_MIN = 100, DISCLAIMER_MAX = 3000,   /* bytes of its paragraph */
};

struct line {
	struct bytes raw, folded;     /* folded is trimmed, too */
	bool hidden;
	enum new_text_kind kind;      /* of a hidden line */
};

struct text {
	struct arena *arena;
	struct line *lines;
	size_t n;
};

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool has_digit(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_digit(text.at[i]))
			return true;
	return false;
}

/* "9:05", "16h37": an hour, which mail clients write and people seldom do before a colon. */
static bool has_hour(struct bytes text)
{
	for (size_t i = 1; i + 2 < text.len; i++)
		if ((text.at[i] == ':' || text.at[i] == 'h' || text.at[i] == '.') && is_digit(text.at[i - 1]) &&
		    is_digit(text.at[i + 1]) && is_digit(text.at[i + 2]))
			return true;
	return false;
}

static bool is_blank(const struct line *line)
{
	return line->folded.len == 0;
}

static bool is_quoted(const struct line *line)
{
	return line->folded.len > 0 && line->folded.at[0] == '>';
}

static struct bytes without_stars(struct bytes folded)
{
	while (folded.len > 0 && (folded.at[0] == '*' || folded.at[0] == '_'))
		folded = bytes_from(folded, 1);
	return folded;
}

/* The word before ":" on a line, without the stars of bold text. Empty when there is none. */
static struct bytes label_of(const struct line *line)
{
	struct bytes folded = without_stars(line->folded);
	size_t colon = bytes_find_byte(folded, ':', 0);

	if (colon == folded.len || colon > 16)
		return BYTES_NONE;
	struct bytes label = bytes_trim(bytes_slice(folded, 0, colon));
	while (label.len > 0 && (label.at[label.len - 1] == '*' || label.at[label.len - 1] == ' '))
		label.len--;
	return label;
}

/* A block "From: / Sent: / To: / Subject:" of at least three labels, one of which says who. */
static bool is_header_block(const struct text *t, size_t at)
{
	size_t labels = 0;
	bool from = false;

	struct bytes first = label_of(&t->lines[at]);
	if (!new_text_list_has(LIST_FROM_LABELS, first) && !new_text_list_has(LIST_OTHER_LABELS, first))
		return false;
	for (size_t i = at; i < t->n && i < at + HEADER_LINES && !is_quoted(&t->lines[i]); i++) {
		struct bytes label = label_of(&t->lines[i]);
		if (new_text_list_has(LIST_FROM_LABELS, label))
			from = true;
		else if (!new_text_list_has(LIST_OTHER_LABELS, label))
			continue;
		labels++;
	}
	return from && labels >= 3;
}

/* "----- Original message -----", "==== Message du : 12/12/2016", "---- On ... wrote ----". */
static bool is_separator(const struct line *line)
{
	struct bytes folded = line->folded;
	size_t dashes = 0;

	while (dashes < folded.len && memchr("-_=*#", folded.at[dashes], 5) != NULL)
		dashes++;
	if (folded.len > 200)
		return false;
	if (folded.len > 0 && folded.at[folded.len - 1] == ':' && new_text_list_begins(LIST_BARE_SEPARATORS, folded))
		return true;
	if (dashes < 2)
		return false;
	return new_text_list_within(LIST_SEPARATORS, folded) ||
	       (dashes >= 4 && new_text_list_within(LIST_VERBS, folded) && has_digit(folded));
}

/* The lines at..end joined by blanks. */
static struct bytes joined(const struct text *t, size_t at, size_t end)
{
	struct buf out = buf_make(DISCLAIMER_MAX * 2);
	for (size_t i = at; i <= end; i++) {
		buf_add(&out, t->lines[i].folded);
		buf_u8(&out, ' ');
	}
	struct bytes text = buf_ok(&out) ? arena_copy(t->arena, bytes_trim(buf_bytes(&out))) : BYTES_NONE;
	buf_free(&out);
	return text;
}

/* "2026-11-21 10:12 GMT+01:00 NAME": nobody writes that but a client, and it needs no verb and no colon. */
static bool is_stamped(const struct line *line)
{
	static const char shape[] = "0000-00-00 00:00 gmt";
	struct bytes text = line->folded;

	for (size_t i = 0; i < sizeof shape - 1; i++)
		if (i >= text.len || (shape[i] == '0' ? !is_digit(text.at[i]) : text.at[i] != (unsigned char)shape[i]))
			return false;
	return text.len > sizeof shape && (text.at[sizeof shape - 1] == '+' || text.at[sizeof shape - 1] == '-');
}

/* ">>> NAME <ADDRESS> 21/11/2026 10:12 >>>": what follows has no mark. */
static bool is_arrowed(const struct line *line)
{
	struct bytes text = line->folded;
	return text.len > 12 && bytes_starts(text, BYTES(">>>")) && bytes_ends(text, BYTES(">>>")) && has_hour(text);
}

/* What a line above the quote is made of: "On DAY at HOUR, NAME <ADDRESS> wrote:", in any order and language. */
static bool reads_as_attribution(const struct text *t, size_t at, size_t end, bool quote_follows)
{
	struct bytes text = joined(t, at, end);

	if (text.len < 8 || text.len > ATTRIBUTION_MAX || text.at[text.len - 1] != ':')
		return false;
	bool mailbox = bytes_find_byte(text, '@', 0) < text.len, hour = has_hour(text), day = has_digit(text);
	if (!new_text_list_within(LIST_VERBS, text))
		return at == end && mailbox && hour && bytes_ends(text, BYTES(">:"));
	if (new_text_list_begins(LIST_STARTS, text))
		return day && (quote_follows || mailbox || hour);
	/* Other beginnings (a day, a date, a name): only on one or two lines. */
	return end - at < 2 && (mailbox || (day && hour) || (day && quote_follows && at == end));
}

static size_t next_seen(const struct text *t, size_t at)
{
	while (at < t->n && is_blank(&t->lines[at]))
		at++;
	return at;
}

/* A long address folded by a client that quotes at once: "<name@example" and on the next line "> wrote:". */
static bool ends_address(const struct text *t, size_t at)
{
	if (at == 0 || !is_quoted(&t->lines[at]))
		return false;
	struct bytes before = t->lines[at - 1].folded, line = t->lines[at].folded;
	size_t open = bytes_find_byte(before, '<', 0);
	return line.at[line.len - 1] == ':' && open < before.len && bytes_find_byte(before, '>', open) == before.len;
}

/* How many lines from here are an attribution ("On ... wrote:"); 0 for none. */
static size_t attribution(const struct text *t, size_t at)
{
	if (is_blank(&t->lines[at]) || is_quoted(&t->lines[at]))
		return 0;
	for (size_t end = at; end < t->n && end < at + ATTRIBUTION_LINES; end++) {
		if (is_blank(&t->lines[end]) || (is_quoted(&t->lines[end]) && !ends_address(t, end)))
			return 0;
		size_t next = next_seen(t, end + 1);
		bool quote_follows = next < t->n && is_quoted(&t->lines[next]);
		if (!reads_as_attribution(t, at, end, quote_follows))
			continue;
		/* The shortest reading: a line above it is the writer's own. */
		for (size_t later = at + 1; later <= end; later++)
			if (reads_as_attribution(t, later, end, quote_follows) &&
			    new_text_list_begins(LIST_STARTS, t->lines[later].folded))
				return 0;
		return end - at + 1;
	}
	return 0;
}

static void hide(struct text *t, size_t from, size_t to, enum new_text_kind kind)
{
	for (size_t i = from; i < to && i < t->n; i++) {
		t->lines[i].hidden = true;
		t->lines[i].kind = kind;
	}
}

/* How many lines from here are the separator or the header of the mail answered. */
static size_t lead(const struct text *t, size_t at)
{
	size_t end = at + 1;

	if (!is_header_block(t, at))
		return 1;
	while (end < t->n && end < at + HEADER_LINES && !is_blank(&t->lines[end]))
		end++;
	return end - at;
}

/* The end of a quoted line that a client wrapped without a new mark: it begins small under a long line that ends no sentence, and the quote goes on
 * right below. An answer between two quotes stands under a whole sentence. */
static bool is_remnant(const struct text *t, size_t at)
{
	if (at == 0 || at + 1 >= t->n || is_blank(&t->lines[at]) || is_quoted(&t->lines[at]) || !is_quoted(&t->lines[at - 1]) || !is_quoted(&t->lines[at + 1]))
		return false;
	struct bytes before = t->lines[at - 1].folded, raw = t->lines[at].raw;
	unsigned char last = before.at[before.len - 1];
	return before.len >= WRAPPED && (last == ',' || (last >= 'a' && last <= 'z')) && raw.len > 0 && raw.at[0] >= 'a' && raw.at[0] <= 'z';
}

static void hide_quotes(struct text *t)
{
	for (size_t i = 0; i < t->n; i++) {
		if (is_arrowed(&t->lines[i])) {
			hide(t, i, t->n, NEW_TEXT_QUOTED);
			hide(t, i, i + 1, NEW_TEXT_LEAD);
			return;
		}
		if (is_quoted(&t->lines[i])) {
			hide(t, i, i + 1, NEW_TEXT_QUOTED);
			if (is_remnant(t, i + 1))
				hide(t, i + 1, i + 2, NEW_TEXT_QUOTED);
			continue;
		}
		if (is_separator(&t->lines[i]) || is_stamped(&t->lines[i]) || is_header_block(t, i)) {
			hide(t, i, t->n, NEW_TEXT_QUOTED);
			hide(t, i, i + lead(t, i), NEW_TEXT_LEAD);
			return;
		}
		size_t lines = attribution(t, i);
		if (lines == 0)
			continue;
		hide(t, i, i + lines, NEW_TEXT_LEAD);
		i += lines - 1;
		size_t next = next_seen(t, i + 1);
		if (next < t->n && !is_quoted(&t->lines[next])) {
			hide(t, next, t->n, NEW_TEXT_QUOTED);
			return;
		}
	}
}

/* RFC 3676 4.3: "-- ". Longer blocks below it are more likely to be text. */
static void hide_signature(struct text *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct bytes folded = t->lines[i].folded;
		bool mark = bytes_equal(folded, BYTES("--")) || bytes_equal(folded, BYTES("__")) ||
			    bytes_equal(folded, BYTES("-"));
		if (t->lines[i].hidden || !mark || (folded.len == 1 && t->lines[i].raw.len > 2))
			continue;
		size_t end = i, seen = 0;
		for (end = i; end < t->n && !t->lines[end].hidden; end++)
			seen += !is_blank(&t->lines[end]);
		if (folded.len == 2 && seen <= SIGNATURE_LINES)
			hide(t, i, end, NEW_TEXT_SIGNATURE);
	}
}

/* Does a paragraph of a disclaimer begin here? It ends before *end. */
static bool is_disclaimer(const struct text *t, size_t at, size_t *end)
{
	struct bytes start = without_stars(t->lines[at].folded);
	bool green = new_text_list_begins(LIST_GREENS, start);
	size_t bytes = 0;

	if (!green && !new_text_list_begins(LIST_DISCLAIMERS, start))
		return false;
	for (*end = at; *end < t->n && !is_blank(&t->lines[*end]) && !t->lines[*end].hidden; (*end)++)
		bytes += t->lines[*end].folded.len + 1;
	if (bytes < DISCLAIMER_MIN)
		return green;
	return bytes <= DISCLAIMER_MAX && new_text_list_count(LIST_DISCLAIMER_WORDS, joined(t, at, *end - 1)) >= 2;
}

/* Paragraphs of disclaimers at the end of what is not hidden yet; one with the writer's words below it stays. */
static void hide_disclaimers(struct text *t)
{
	for (size_t i = t->n; i > 0; i--) {
		size_t end = 0;
		if (t->lines[i - 1].hidden || is_blank(&t->lines[i - 1]))
			continue;
		size_t from = i - 1;
		while (from > 0 && !t->lines[from - 1].hidden && !is_blank(&t->lines[from - 1]))
			from--;
		if (!is_disclaimer(t, from, &end))
			return;
		hide(t, from, end, NEW_TEXT_DISCLAIMER);
		i = from + 1;
	}
}

/* From the end upwards: "Sent from my telephone", lines of dashes, and what is hidden already. */
static void hide_devices(struct text *t)
{
	for (size_t i = t->n; i > 0; i--) {
		struct line *line = &t->lines[i - 1];
		if (line->hidden || is_blank(line))
			continue;
		bool rule = line->folded.len >= 4;
		for (size_t k = 0; k < line->folded.len && rule; k++)
			rule = line->folded.at[k] == '_' || line->folded.at[k] == '-' || line->folded.at[k] == '=';
		bool device = line->folded.len < DEVICE_MAX && new_text_list_begins(LIST_DEVICES, line->folded);
		if (!rule && !device)
			return;
		hide(t, i - 1, i, NEW_TEXT_SIGNATURE);
	}
}

static bool split(struct text *t, struct bytes text)
{
	while (text.len > 0) {
		size_t end = bytes_find_byte(text, '\n', 0);
		struct bytes raw = bytes_slice(text, 0, end);
		if (raw.len > 0 && raw.at[raw.len - 1] == '\r')
			raw.len--;
		if (t->n == LINES_MAX)
			return false;
		/* A long line is never a mark: its beginning is enough. */
		struct bytes folded = bytes_trim(fold_text(t->arena, bytes_slice(raw, 0, ATTRIBUTION_MAX)));
		t->lines[t->n++] = (struct line){.raw = raw, .folded = folded};
		text = bytes_from(text, end + 1);
	}
	return true;
}

static struct bytes shown(struct text *t)
{
	struct buf out = buf_make(SIZE_MAX / 2);
	bool blank_due = false;

	for (size_t i = 0; i < t->n; i++) {
		const struct line *line = &t->lines[i];
		if (line->hidden || is_blank(line)) {
			blank_due = out.len > 0;
			continue;
		}
		if (blank_due)
			buf_u8(&out, '\n');
		blank_due = false;
		buf_add(&out, line->raw);
		buf_u8(&out, '\n');
	}
	struct bytes text = arena_copy(t->arena, bytes_trim(buf_bytes(&out)));
	buf_free(&out);
	return text;
}

/* False: more lines than are looked at. */
static bool read_lines(struct text *t, struct bytes text)
{
	if (!split(t, text))
		return false;
	hide_quotes(t);
	hide_signature(t);
	hide_devices(t);
	hide_disclaimers(t);
	hide_devices(t);
	return true;
}

static struct text begin(struct arena *arena, struct bytes text)
{
	size_t lines = 1;
	for (size_t i = 0; i < text.len && lines < LINES_MAX; i++)
		lines += text.at[i] == '\n';
	return (struct text){.arena = arena, .lines = arena_alloc(arena, lines * sizeof(struct line))};
}

bool new_text_read(struct arena *arena, struct bytes text, struct bytes *out)
{
	struct text t = begin(arena, text);
	struct bytes whole = bytes_trim(text);

	if (!read_lines(&t, text)) {
		*out = whole;
		return true;
	}
	struct bytes mine = shown(&t);
	*out = mine.len > 0 ? mine : whole;
	return mine.len > 0 || whole.len == 0;
}

size_t new_text_lines(struct arena *arena, struct bytes text, struct new_text_line **out)
{
	struct text t = begin(arena, text);

	if (!read_lines(&t, text))
		return 0;
	*out = arena_alloc(arena, (t.n + 1) * sizeof **out);
	for (size_t i = 0; i < t.n; i++)
		(*out)[i] = (struct new_text_line){t.lines[i].raw, t.lines[i].hidden ? t.lines[i].kind : NEW_TEXT_OWN};
	return t.n;
}

/* cda/pdf_font.c - see pdf_font.h. */
#include "cda/pdf_font.h"

#include "base/buf.h"

static const char *const families[] = {"Lato", "DejaVu Sans"};

#define BOTH_FAMILIES "Lato, DejaVu Sans"
#define REPLACEMENT "\u25a1"
#define AS_TEXT "\ufe0e"   /* the sign before is meant as text, not as a picture */

enum { UMBRELLA = 0x2614, SCRIPTS = 200, FAMILIES = 4, LAST_TRIED = 0xfffd, FIRST_PICTURE = 0x1f000 };

static PangoFontDescription *describe(const char *family, bool bold)
{
	PangoFontDescription *font = pango_font_description_new();
	pango_font_description_set_family_static(font, family);
	pango_font_description_set_size(font, (int)(PDF_FONT_SIZE * PANGO_SCALE));
	pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	return font;
}

PangoFontDescription *pdf_font_describe(bool bold)
{
	return describe(BOTH_FAMILIES, bold);
}

/* NULL when the family is not there: the library gives another one instead. */
static PangoCoverage *coverage_of(PangoContext *context, const char *family, bool bold)
{
	PangoFontDescription *wanted = describe(family, bold);
	PangoFont *font = pango_context_load_font(context, wanted);
	pango_font_description_free(wanted);
	if (font == NULL)
		return NULL;
	PangoFontDescription *got = pango_font_describe(font);
	bool same = bytes_equal_nocase(bytes_of_text(pango_font_description_get_family(got)), bytes_of_text(family));
	PangoCoverage *coverage = same ? pango_font_get_coverage(font, pango_context_get_language(context)) : NULL;
	pango_font_description_free(got);
	g_object_unref(font);
	return coverage;
}

bool pdf_font_open(struct pdf_font *font, PangoContext *context)
{
	bool good = true;
	for (size_t i = 0; i < PDF_FONT_FACES; i++) {
		font->faces[i] = coverage_of(context, families[i / 2], i % 2 == 1);
		good = good && font->faces[i] != NULL;
	}
	return good;
}

void pdf_font_close(struct pdf_font *font)
{
	for (size_t i = 0; i < PDF_FONT_FACES; i++)
		g_clear_object(&font->faces[i]);
}

/* Which family writes a sign, in regular and in bold: 0 to 3; -1 when one of the two weights lacks it. */
static int family_of(const struct pdf_font *font, gunichar sign)
{
	/* Pictures would ask for a font of their own. */
	if (sign >= FIRST_PICTURE)
		return -1;
	bool by[PDF_FONT_FACES];
	for (size_t i = 0; i < PDF_FONT_FACES; i++)
		by[i] = pango_coverage_get(font->faces[i], (int)sign) == PANGO_COVERAGE_EXACT;
	/* Both weights: a title is bold. */
	return (by[0] || by[2]) && (by[1] || by[3]) ? (by[0] ? 0 : 1) + (by[1] ? 0 : 2) : -1;
}

bool pdf_font_formless(gunichar sign)
{
	return sign == 0x00ad || (sign >= 0x200b && sign <= 0x200f) || (sign >= 0x2028 && sign <= 0x202e) ||
	       (sign >= 0x2060 && sign <= 0x206f) || sign == 0xfeff || sign == 0x061c || (sign >= 0xfff9 && sign <= 0xfffb);
}

/* What makes a picture of the sign before: selectors of a form, the key cap. */
static bool picture_maker(gunichar sign)
{
	return (sign >= 0xfe00 && sign <= 0xfe0f) || sign == 0x20e3;
}

/* Signs that are, or may be taken for, pictures unless told otherwise (Unicode: Emoji_Presentation and Emoji_Modifier_Base,
 * those below U+1F000). */
static bool picture(gunichar sign)
{
	static const struct {
		gunichar first, last;
	} pictures[] = {
		{0x231a, 0x231b}, {0x23e9, 0x23ec}, {0x23f0, 0x23f0}, {0x23f3, 0x23f3}, {0x261d, 0x261d}, {0x26f9, 0x26f9}, {0x25fd, 0x25fe}, {0x2614, 0x2615},
		{0x2648, 0x2653}, {0x267f, 0x267f}, {0x2693, 0x2693}, {0x26a1, 0x26a1}, {0x26aa, 0x26ab}, {0x26bd, 0x26be},
		{0x26c4, 0x26c5}, {0x26ce, 0x26ce}, {0x26d4, 0x26d4}, {0x26ea, 0x26ea}, {0x26f2, 0x26f3}, {0x26f5, 0x26f5},
		{0x26fa, 0x26fa}, {0x26fd, 0x26fd}, {0x2705, 0x2705}, {0x270a, 0x270d}, {0x2728, 0x2728}, {0x274c, 0x274c},
		{0x274e, 0x274e}, {0x2753, 0x2755}, {0x2757, 0x2757}, {0x2795, 0x2797}, {0x27b0, 0x27b0}, {0x27bf, 0x27bf},
		{0x2b1b, 0x2b1c}, {0x2b50, 0x2b50}, {0x2b55, 0x2b55},
	};
	for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++)
		if (sign >= pictures[i].first && sign <= pictures[i].last)
			return true;
	return false;
}

static bool ascii(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] >= 0x80)
			return false;
	return true;
}

static void note(struct pdf_missing *missing, gunichar sign)
{
	for (size_t i = 0; i < missing->count; i++)
		if (missing->signs[i] == sign)
			return;
	if (missing->count < PDF_FONT_NAMED)
		missing->signs[missing->count++] = sign;
	else
		missing->more = true;
}

/* A letter and its marks as one sign where there is one: the fonts have "é", and rarely place a mark well. */
static struct bytes composed(struct arena *arena, struct bytes text)
{
	char *whole = g_utf8_normalize((const char *)text.at, (gssize)text.len, G_NORMALIZE_NFC);
	if (whole == NULL)
		return text;
	struct bytes copy = arena_copy(arena, bytes_of_text(whole));
	g_free(whole);
	return copy;
}

struct bytes pdf_font_keep(struct arena *arena, const struct pdf_font *font, struct bytes text, struct pdf_missing *missing)
{
	if (ascii(text))
		return text;
	text = composed(arena, text);
	struct buf out = buf_make(4 * text.len + 16);
	for (size_t at = 0; at < text.len;) {
		const char *from = (const char *)text.at + at;
		gunichar sign = g_utf8_get_char(from);
		size_t len = (size_t)(g_utf8_next_char(from) - from);
		bool kept = family_of(font, sign) >= 0 || sign == '\n';
		if (!picture_maker(sign) && !pdf_font_formless(sign)) {
			buf_add(&out, kept ? bytes_slice(text, at, len) : BYTES(REPLACEMENT));
			if (kept && picture(sign))
				buf_text(&out, AS_TEXT);
			if (!kept)
				note(missing, sign);
		}
		at += len;
	}
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

static void add_sign(struct buf *out, gunichar sign)
{
	char letter[8];
	int len = g_unichar_to_utf8(sign, letter);
	buf_add(out, (struct bytes){(unsigned char *)letter, (size_t)len});
}

/* The first sign that belongs to no script (a digit, an arrow) of each pair of families: it goes with the letter before it. */
static void find_common(const struct pdf_font *font, gunichar common[FAMILIES])
{
	for (gunichar sign = '1'; sign <= LAST_TRIED; sign++) {
		int family = family_of(font, sign);
		bool plain = g_unichar_get_script(sign) == G_UNICODE_SCRIPT_COMMON && !g_unichar_isspace(sign) && !pdf_font_formless(sign);
		if (family >= 0 && plain && common[family] == 0)
			common[family] = sign;
	}
}

struct bytes pdf_font_letters(struct arena *arena, const struct pdf_font *font)
{
	bool seen[SCRIPTS][FAMILIES] = {{false}};
	gunichar common[FAMILIES] = {0};
	struct buf out = buf_make(64 * SCRIPTS);
	find_common(font, common);
	for (gunichar sign = 0x21; sign <= LAST_TRIED; sign++) {
		int script = (int)g_unichar_get_script(sign), family = family_of(font, sign);
		if (family < 0 || script < 0 || script >= SCRIPTS || seen[script][family] || !g_unichar_isalpha(sign))
			continue;
		seen[script][family] = true;
		add_sign(&out, sign);
		for (size_t i = 0; i < FAMILIES; i++)
			if (common[i] != 0)
				add_sign(&out, common[i]);
		/* With its selector, which no font has: the library measures the box that it would draw instead. */
		add_sign(&out, UMBRELLA);
		buf_u8(&out, ' ');
	}
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

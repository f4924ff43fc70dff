/* cda/pdf_font.c - see pdf_font.h. */
#include "cda/pdf_font.h"

#include "base/buf.h"

#define FAMILY "DejaVu Sans"
#define REPLACEMENT "\u25a1"
#define AS_TEXT "\ufe0e"   /* the sign before is meant as text, not as a picture */

enum { SIZE_OF_REGULAR = 10, SCRIPTS = 200, LAST_TRIED = 0xfffd, FIRST_PICTURE = 0x1f000 };

PangoFontDescription *pdf_font_describe(double size, bool bold)
{
	PangoFontDescription *font = pango_font_description_new();
	pango_font_description_set_family_static(font, FAMILY);
	pango_font_description_set_stretch(font, PANGO_STRETCH_SEMI_CONDENSED);
	pango_font_description_set_size(font, (int)(size * PANGO_SCALE));
	pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	return font;
}

static PangoCoverage *coverage_of(PangoContext *context, double size, bool bold)
{
	PangoFontDescription *wanted = pdf_font_describe(size, bold);
	PangoFont *font = pango_context_load_font(context, wanted);
	pango_font_description_free(wanted);
	if (font == NULL)
		return NULL;
	PangoCoverage *coverage = pango_font_get_coverage(font, pango_context_get_language(context));
	g_object_unref(font);
	return coverage;
}

bool pdf_font_open(struct pdf_font *font, PangoContext *context)
{
	*font = (struct pdf_font){coverage_of(context, SIZE_OF_REGULAR, false), coverage_of(context, SIZE_OF_REGULAR, true)};
	return font->regular != NULL && font->bold != NULL;
}

void pdf_font_close(struct pdf_font *font)
{
	if (font->regular != NULL)
		g_object_unref(font->regular);
	if (font->bold != NULL)
		g_object_unref(font->bold);
	*font = (struct pdf_font){NULL, NULL};
}

static bool writes(const struct pdf_font *font, gunichar sign)
{
	/* Pictures would ask for a font of their own. */
	if (sign >= FIRST_PICTURE)
		return false;
	return pango_coverage_get(font->regular, (int)sign) == PANGO_COVERAGE_EXACT &&
	       pango_coverage_get(font->bold, (int)sign) == PANGO_COVERAGE_EXACT;
}

/* Signs without a form of their own: joiners, soft hyphens, marks of direction. They are dropped: nothing is lost to the
 * eye, and no text can turn round what stands beside it. */
static bool formless(gunichar sign)
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

struct bytes pdf_font_keep(struct arena *arena, const struct pdf_font *font, struct bytes text, bool *replaced)
{
	if (ascii(text))
		return text;
	struct buf out = buf_make(4 * text.len + 16);
	for (size_t at = 0; at < text.len;) {
		const char *from = (const char *)text.at + at;
		gunichar sign = g_utf8_get_char(from);
		size_t len = (size_t)(g_utf8_next_char(from) - from);
		if (!picture_maker(sign) && !formless(sign)) {
			bool kept = writes(font, sign) || sign == '\n';
			if (kept)
				buf_add(&out, bytes_slice(text, at, len));
			else
				buf_text(&out, REPLACEMENT);
			if (kept && picture(sign))
				buf_text(&out, AS_TEXT);
			*replaced = *replaced || !kept;
		}
		at += len;
	}
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

struct bytes pdf_font_letters(struct arena *arena, const struct pdf_font *font)
{
	bool seen[SCRIPTS] = {false};
	struct buf out = buf_make(8 * SCRIPTS);
	for (gunichar sign = 0x21; sign <= LAST_TRIED; sign++) {
		int script = (int)g_unichar_get_script(sign);
		if (script < 0 || script >= SCRIPTS || seen[script] || !g_unichar_isalpha(sign) || !writes(font, sign))
			continue;
		char letter[8];
		int len = g_unichar_to_utf8(sign, letter);
		seen[script] = true;
		buf_add(&out, (struct bytes){(unsigned char *)letter, (size_t)len});
		buf_u8(&out, ' ');
	}
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

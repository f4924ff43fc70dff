/* gateway/compose_links.c - see compose_links.h. */
#include "gateway/compose_links.h"

enum { CODES = 3, LINKS_MAX = 8 };

/* The words as smtp/reply_word reads them; the body is what is ready to be sent. */
static const struct answer {
	const char *codes[CODES];
	const char *word_fr, *body_fr, *word_en, *body_en;
} answers[] = {
	{{"M10", "M11", "M12"}, "ACCEPTE", "ACCEPTE", "ACCEPT", "ACCEPT"},
	{{"M10", "M11", "M12"}, "REFUSE", "REFUSE : ", "REFUSE", "REFUSE: "},
	{{"M10", "M11"}, "CONFLIT", "CONFLIT", "CONFLICT", "CONFLICT"},
	{{"M10", "M11"}, "ABSENT", "ABSENT jusqu'au ", "ABSENT", "ABSENT until "},
	{{"M60"}, "CONFIRME", "CONFIRME", "CONFIRM", "CONFIRM"},
	{{"M60"}, "REFUSE", "REFUSE", "REFUSE", "REFUSE"},
};

static bool has_code(const struct answer *a, struct bytes code)
{
	for (size_t i = 0; i < CODES && a->codes[i] != NULL; i++)
		if (bytes_equal_text(code, a->codes[i]))
			return true;
	return false;
}

const struct compose_link *compose_links(struct arena *arena, bool english, struct bytes code, struct bytes reply_to, struct bytes subject,
					 struct bytes phone, size_t *count)
{
	struct compose_link *links = arena_alloc(arena, LINKS_MAX * sizeof *links);
	struct bytes re = bytes_of_text(arena_printf(arena, "Re: %s", arena_text(arena, subject)));
	struct bytes tel = compose_html_tel(arena, phone);
	size_t n = 0;

	for (size_t i = 0; i < sizeof answers / sizeof answers[0] && reply_to.len > 0; i++) {
		const struct answer *a = &answers[i];
		if (has_code(a, code))
			links[n++] = (struct compose_link){
				bytes_of_text(english ? a->word_en : a->word_fr),
				compose_html_mailto(arena, reply_to, re, bytes_of_text(english ? a->body_en : a->body_fr)), true};
	}
	if (tel.len > 0)
		links[n++] = (struct compose_link){phone, tel, false};
	*count = n;
	return links;
}

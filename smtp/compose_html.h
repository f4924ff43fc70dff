/* smtp/compose_html.h - the HTML form of a letter, made from its text: paragraphs, headings, lists, rules, links.
 *
 * For any client, telephone or screen reader: 16 px, at most some 65 characters a line, language given, no table, no image, no script, no
 * colour (the reader's own, light or dark), nothing that is fetched. Every byte of the text is escaped: it may hold what strangers wrote. */
#ifndef RELAIS_SMTP_COMPOSE_HTML_H
#define RELAIS_SMTP_COMPOSE_HTML_H

#include "base/arena.h"

struct compose_link {
	struct bytes text;     /* linked wherever it stands by itself; with word only where a line begins with it */
	struct bytes href;     /* "mailto:…", "tel:…": made by us, visible ASCII */
	bool word;
};

/*
 * text is UTF-8 with LF. Blocks are parted by empty lines; each empty line more is room to write in. "- " and "1. " begin items; a line of
 * "____" is a rule; the first line of a block that ends with ":" is a heading. subject becomes the title. In the arena.
 */
struct bytes compose_html(struct arena *arena, struct bytes text, struct bytes subject, struct bytes language,
			  const struct compose_link *links, size_t link_count);

/* "mailto:ADDRESS?subject=…&body=…" (RFC 6068): everything but letters, digits and "-._~" is escaped. In the arena. */
struct bytes compose_html_mailto(struct arena *arena, struct bytes address, struct bytes subject, struct bytes body);
/* "tel:+33123456789" of the first number in a text; empty when there is none. In the arena. */
struct bytes compose_html_tel(struct arena *arena, struct bytes text);

#endif

/* tests/fuzz/fuzz_compose_html.c - the HTML of a letter whose text strangers wrote: no element, attribute or entity but our own. */
#include "smtp/compose_html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What may stand behind a "<". */
static const struct bytes allowed[] = {
	BYTES_OF("!DOCTYPE html>"), BYTES_OF("html lang=\"fr\">"), BYTES_OF("head>"), BYTES_OF("meta charset=\"utf-8\">"), BYTES_OF("title>"),
	BYTES_OF("meta name=\"viewport\""), BYTES_OF("meta name=\"color-scheme\""), BYTES_OF("style>:root{color-scheme:light dark}<"), BYTES_OF("body style=\"margin:0;"),
	BYTES_OF("div style=\"max-width:34em\">"), BYTES_OF("p style=\"margin:0 0 16px\">"), BYTES_OF("h2 style=\"font-size:16px;margin:16px 0 8px\">"),
	BYTES_OF("ul style=\"margin:0 0 16px;padding-left:28px\">"), BYTES_OF("ol style=\"margin:0 0 16px;padding-left:28px\">"), BYTES_OF("li>"), BYTES_OF("li value=\""),
	BYTES_OF("br>"), BYTES_OF("hr>"), BYTES_OF("span style=\"font-weight:normal\">"), BYTES_OF("span style=\"white-space:nowrap\">"), BYTES_OF("a href=\"mailto:a@b\" style=\"display:inline-block;padding:8px 0\">ACCEPTE<"),
	BYTES_OF("a href=\"tel:15\" style=\"white-space:nowrap\">15<"), BYTES_OF("/a>"), BYTES_OF("/span>"), BYTES_OF("/li>"), BYTES_OF("/ul>"), BYTES_OF("/ol>"), BYTES_OF("/p>"),
	BYTES_OF("/h2>"), BYTES_OF("/div>"), BYTES_OF("/body>"), BYTES_OF("/html>"), BYTES_OF("/head>"), BYTES_OF("/title>"), BYTES_OF("/style>"),
};

static bool is_ours(struct bytes behind)
{
	for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
		if (bytes_starts(behind, allowed[i]))
			return true;
	return false;
}

static size_t count(struct bytes html, struct bytes what)
{
	size_t n = 0;
	for (size_t at = 0; (at = bytes_find(html, what, at)) < html.len; at++)
		n++;
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct compose_link links[] = {{BYTES_OF("ACCEPTE"), BYTES_OF("mailto:a@b"), true}, {BYTES_OF("15"), BYTES_OF("tel:15"), false}};
	struct arena *arena = arena_create(64u * 1024 * 1024);
	struct bytes text = {data, size < 64u * 1024 ? size : 64u * 1024};
	struct bytes html = compose_html(arena, text, bytes_slice(text, 0, 80), BYTES("fr"), links, 2);

	if (html.len == 0)
		__builtin_trap();
	for (size_t at = 0; (at = bytes_find_byte(html, '<', at)) < html.len; at++)
		if (!is_ours(bytes_from(html, at + 1)))
			__builtin_trap();
	if (count(html, BYTES("<p ")) != count(html, BYTES("</p>")) || count(html, BYTES("<ul ")) != count(html, BYTES("</ul>")) ||
	    count(html, BYTES("<ol ")) != count(html, BYTES("</ol>")) || count(html, BYTES("<h2 ")) != count(html, BYTES("</h2>")))
		__builtin_trap();
	struct bytes mailto = compose_html_mailto(arena, BYTES("a@b"), bytes_slice(text, 0, 300), bytes_slice(text, 0, 100));
	for (size_t i = 0; i < mailto.len; i++)
		if (mailto.at[i] <= ' ' || mailto.at[i] >= 0x7f || mailto.at[i] == '"' || mailto.at[i] == '<')
			__builtin_trap();
	struct bytes tel = compose_html_tel(arena, text);
	for (size_t i = 4; i < tel.len; i++)
		if (tel.at[i] != '+' && (tel.at[i] < '0' || tel.at[i] > '9'))
			__builtin_trap();
	arena_destroy(&arena);
	return 0;
}

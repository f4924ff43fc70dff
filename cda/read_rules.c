/* cda/read_rules.c - the one judge of the rules of a French document: cda/rule_list.h says which, where and when.
 *
 * A rule that fails is told, and the document is read all the same: official samples break some, and value sets age.
 * Only what nothing can do without refuses a document. Only French documents are judged. */
#include "cda/read_parts.h"

#include <limits.h>
#include <string.h>

enum when { START, END };

static const struct rule {
	const char *name;
	enum cda_level level;
	bool (*holds)(const struct reader *r, const struct xml_element *element);
	const char *source, *fr, *en;
} rules[RULES] = {
#define R(name, level, when, where, function, source, fr, en) \
	{name, CDA_LEVEL_##level, reader_rule_##function, source, fr, en},
#include "cda/rule_list.h"
#undef R
};

/* The same places as single bytes: each element of each header is looked for here twice. */
#define PLACE(when, where) (unsigned char)((where) * 2 + ((when) == START))
static const unsigned char places[RULES] = {
#define R(name, level, when, where, function, source, fr, en) PLACE(when, NODE_##where),
#include "cda/rule_list.h"
#undef R
};
_Static_assert(NODES * 2 <= UCHAR_MAX, "a place is a byte");

void reader_judge(struct reader *r, const struct xml_element *element)
{
	unsigned char here = PLACE(element != NULL ? START : END, reader_top(r)->node);
	size_t i = 0;

	for (const unsigned char *at = places; (at = memchr(at, here, sizeof places - i)) != NULL; at++) {
		i = (size_t)(at - places);
		if (!r->broken[i])
			r->broken[i] = !rules[i].holds(r, element);
		i++;
	}
}

static void add(struct reader *r, const struct rule *rule)
{
	struct cda_document *d = &r->d;
	struct cda_finding *finding =
		reader_more(r, d->findings, &d->finding_count, sizeof *finding, RULES, (void **)&d->findings);
	if (finding != NULL)
		*finding = (struct cda_finding){rule->name, rule->level, rule->en, rule->fr, rule->source};
}

enum reason reader_conclude(struct reader *r)
{
	static const struct rule foreign = {
		.name = "document.foreign",
		.level = CDA_LEVEL_INFO,
		.source = "CI-SIS header, templateId",
		.fr = "Ce n'est pas un document français : son en-tête n'est pas jugé.",
		.en = "Not a French document: its header is not judged.",
	};
	struct cda_document *d = &r->d;

	d->french = bytes_equal_text(d->realm, "FR") && (r->template_header || r->template_france);
	if (!d->french) {
		add(r, &foreign);
		return REASON_NONE;
	}
	reader_judge(r, NULL);
	for (size_t i = 0; i < RULES; i++)
		if (r->broken[i])
			add(r, &rules[i]);
	bool named = d->id.root.len > 0 && d->type.len > 0 && r->seen[NODE_PATIENT] == 1;
	return named ? REASON_NONE : REASON_DOCUMENT_HEADER;
}

/* --- for the rules -------------------------------------------------------------------- */

unsigned reader_count(const struct reader *r, enum node node)
{
	return r->frames[r->open].count[node];
}

struct bytes reader_value(const struct xml_element *element, const char *name)
{
	return bytes_trim(xml_attribute(element, name));
}

static bool only_of(struct bytes text, struct bytes alphabet)
{
	for (size_t i = 0; i < text.len; i++)
		if (bytes_find_byte(alphabet, text.at[i], 0) == alphabet.len)
			return false;
	return text.len > 0;
}

/* Arcs parted by single dots, the first 0, 1 or 2 (ITU-T X.660). */
bool reader_is_oid(struct bytes root)
{
	return only_of(root, BYTES("0123456789.")) && root.at[0] <= '2' && root.at[0] != '.' &&
	       root.at[root.len - 1] != '.' && !bytes_contains(root, BYTES(".."));
}

/* RFC 4122: 8-4-4-4-12, in either case. */
static bool is_uuid(struct bytes root)
{
	static const unsigned char dashes[] = {8, 13, 18, 23};

	if (root.len != 36 || !only_of(root, BYTES("0123456789abcdefABCDEF-")))
		return false;
	for (size_t i = 0, dash = 0; i < root.len; i++) {
		bool due = dash < sizeof dashes && i == dashes[dash];
		if ((root.at[i] == '-') != due)
			return false;
		dash += due;
	}
	return true;
}

bool reader_is_oid_or_uuid(struct bytes root)
{
	return reader_is_oid(root) || is_uuid(root);
}

bool reader_is_time(struct bytes time, size_t digits)
{
	size_t sign = bytes_find_byte(time, '+', 0);
	if (sign == time.len)
		sign = bytes_find_byte(time, '-', 0);
	struct bytes local = bytes_slice(time, 0, sign), offset = bytes_from(time, sign);
	bool offset_good = offset.len == 0 || (offset.len == 5 && only_of(bytes_from(offset, 1), BYTES("0123456789")));
	local = bytes_slice(local, 0, bytes_find_byte(local, '.', 0));   /* fractions of a second */
	return offset_good && local.len >= digits && local.len <= 14 && only_of(local, BYTES("0123456789"));
}

bool reader_is_one_of(struct bytes word, struct bytes words)
{
	struct cursor c = cursor_on(words);
	while (c.left.len > 0)
		if (bytes_equal(cursor_until(&c, ' '), word))
			return word.len > 0;
	return false;
}

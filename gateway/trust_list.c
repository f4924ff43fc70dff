/* gateway/trust_list.c - see trust_list.h.
 *
 * Thousands of entries share a few hundred names: each name is read once and found again by its text. */
#include "gateway/trust_list.h"

#include "base/buf.h"
#include "base/limits.h"
#include "cda/xml.h"
#include "certs/name.h"

static const char space[] = "https://listeblanche.mssante.fr/schema";
enum { ROOT = 1, HEAD = 2, ENTRY = 3, FIELD = 4, NAMES_ROOM = 1 << 18 };
_Static_assert((int)NAMES_ROOM > 2 * LIMIT_TRUST_ENTRIES, "the table of names must not fill up");

struct known {
	struct bytes shown, name, operator;
	const char *wrong;
};

struct reader {
	struct arena *arena;
	struct trust_list *list;
	struct known **names;       /* open addressing by the text as shown */
	struct buf text;
	bool dated, listed;
	struct bytes domain, shown;
	const char *wrong;          /* of the entry under way */
};

static enum reason memory(const void *at)
{
	return at == NULL ? REASON_MEMORY : REASON_NONE;
}

/* --- values ------------------------------------------------------------------ */

/* Letters, digits, hyphens and dots, or well-formed UTF-8 beyond ASCII; at least two labels. */
static bool is_domain(struct bytes text)
{
	bool dot = false;

	if (text.len == 0 || text.len > LIMIT_SMTP_DOMAIN || !bytes_utf8(text))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = text.at[i], before = i == 0 ? '.' : text.at[i - 1];
		bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c >= 0x80;
		if (!letter && c != '.')
			return false;
		if (before == '.' && (c == '.' || c == '-'))
			return false;
		dot = dot || c == '.';
	}
	return dot && text.at[text.len - 1] != '.' && text.at[text.len - 1] != '-';
}

static struct bytes lowered(struct arena *arena, struct bytes text)
{
	unsigned char *to = arena_try(arena, text.len + 1);

	for (size_t i = 0; to != NULL && i < text.len; i++)
		to[i] = text.at[i] >= 'A' && text.at[i] <= 'Z' ? (unsigned char)(text.at[i] + 0x20) : text.at[i];
	return to == NULL ? BYTES_NONE : (struct bytes){to, text.len};
}

/* FNV-1a. A list made to collide costs its maker's domain nothing that a longer list would not cost. */
static uint32_t hash_of(struct bytes text)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ text.at[i]) * 16777619u;
	return hash;
}

static enum reason read_name(struct arena *arena, struct bytes shown, struct known *out)
{
	enum reason reason;

	out->shown = arena_copy(arena, shown);
	reason = name_of_text(arena, out->shown, &out->name);
	if (reason == REASON_CONFIG_VALUE)
		out->wrong = "the certificate's name cannot be read";
	out->operator = name_text_part(arena, out->shown, "O");
	if (out->operator.at == NULL)
		out->operator = BYTES("");
	return reason == REASON_MEMORY ? reason : REASON_NONE;
}

static enum reason find_name(struct reader *r, struct bytes shown, const struct known **out)
{
	size_t at = hash_of(shown) % NAMES_ROOM;

	for (; r->names[at] != NULL; at = (at + 1) % NAMES_ROOM)
		if (bytes_equal(r->names[at]->shown, shown)) {
			*out = r->names[at];
			return REASON_NONE;
		}
	struct known *made = arena_try(r->arena, sizeof *made);
	enum reason reason = memory(made);
	if (reason == REASON_NONE)
		reason = read_name(r->arena, shown, made);
	if (reason == REASON_NONE)
		*out = r->names[at] = made;
	return reason;
}

/* --- entries ------------------------------------------------------------------- */

static void pass_over(struct trust_list *list, const char *why)
{
	if (list->bad < TRUST_LIST_TOLD)
		list->told[list->bad] = (struct trust_list_bad){list->entries, why};
	list->bad++;
}

static enum reason entry_end(struct reader *r)
{
	struct trust_list *list = r->list;
	const struct known *known = NULL;
	enum reason reason = REASON_NONE;

	if (list->entries == LIMIT_TRUST_ENTRIES)
		return REASON_TRUST_SIZE;
	list->entries++;
	if (r->wrong == NULL && !is_domain(r->domain))
		r->wrong = r->domain.len == 0 ? "no domain" : "the domain is not well formed";
	if (r->wrong == NULL && r->shown.len == 0)
		r->wrong = "no certificate name";
	if (r->wrong == NULL)
		reason = find_name(r, r->shown, &known);
	if (reason != REASON_NONE)
		return reason;
	if (r->wrong == NULL)
		r->wrong = known->wrong;
	if (r->wrong != NULL) {
		pass_over(list, r->wrong);
		return REASON_NONE;
	}
	list->domains[list->n] = r->domain;
	list->names[list->n] = known->name;
	list->shown[list->n] = known->shown;
	list->operators[list->n++] = known->operator;
	return REASON_NONE;
}

/* --- events ---------------------------------------------------------------------- */

static enum reason start(void *context, const struct xml_element *element)
{
	struct reader *r = context;

	if (element->depth == ROOT && (!bytes_equal_text(element->name, "ListeBlancheMSSante") || !bytes_equal_text(element->ns, space)))
		return REASON_TRUST_FORM;
	if (element->depth == HEAD)
		r->listed = bytes_equal_text(element->name, "ListeDomaines");
	if (element->depth == ENTRY) {
		r->domain = r->shown = BYTES_NONE;
		r->wrong = NULL;
	}
	if (element->depth == HEAD || element->depth == FIELD)
		buf_clear(&r->text);
	return REASON_NONE;
}

static enum reason text(void *context, struct bytes piece)
{
	struct reader *r = context;
	buf_add(&r->text, piece);   /* too long: the field's end says so */
	return REASON_NONE;
}

static void head_end(struct reader *r, struct bytes name)
{
	if (bytes_equal_text(name, "DateDeGeneration") && buf_ok(&r->text))
		r->dated = instant_read(bytes_trim(buf_bytes(&r->text)), &r->list->generated_at);
}

static enum reason field_end(struct reader *r, struct bytes name)
{
	bool domain = bytes_equal_text(name, "Nom");
	struct bytes *to = domain ? &r->domain : &r->shown, value = bytes_trim(buf_bytes(&r->text));

	if (!domain && !bytes_equal_text(name, "DNCertificatOperateur"))
		return REASON_NONE;
	if (to->at != NULL)
		r->wrong = domain ? "two domains" : "two certificate names";
	if (!buf_ok(&r->text))
		r->wrong = "a field that is too long";
	*to = domain ? lowered(r->arena, value) : arena_copy(r->arena, value);
	return memory(to->at);
}

static enum reason end(void *context, struct bytes ns, struct bytes name, unsigned depth)
{
	struct reader *r = context;
	enum reason reason = REASON_NONE;
	(void)ns;

	if (depth == HEAD)
		head_end(r, name);
	if (depth == FIELD && r->listed)
		reason = field_end(r, name);
	if (depth == FIELD)
		buf_clear(&r->text);
	if (depth == ENTRY && r->listed && bytes_equal_text(name, "Domaine"))
		reason = entry_end(r);
	return reason;
}

/* --- the whole --------------------------------------------------------------------- */

/* As many as there can be: what is not used is never touched, and so costs nothing. */
static enum reason make_room(struct arena *arena, struct bytes xml, struct reader *r)
{
	size_t most = xml.len / (sizeof "<Domaine><Nom></Nom></Domaine>" - 1) + 1;
	size_t size = (most < LIMIT_TRUST_ENTRIES ? most : LIMIT_TRUST_ENTRIES) * sizeof(struct bytes);
	struct bytes **arrays[] = {&r->list->domains, &r->list->names, &r->list->shown, &r->list->operators};
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < sizeof arrays / sizeof arrays[0]; i++)
		reason = memory(*arrays[i] = arena_try(arena, size));
	if (reason == REASON_NONE)
		reason = memory(r->names = arena_try(arena, NAMES_ROOM * sizeof *r->names));
	return reason;
}

enum reason trust_list_read(struct arena *arena, struct bytes xml, struct trust_list *out)
{
	static const struct xml_events events = {start, text, end};
	struct reader r = {.arena = arena, .list = out, .text = buf_make(LIMIT_TRUST_FIELD)};

	*out = (struct trust_list){.n = 0};
	enum reason reason = xml.len > LIMIT_TRUST_LIST ? REASON_TRUST_SIZE : make_room(arena, xml, &r);
	if (reason == REASON_NONE)
		reason = xml_parse_up_to(LIMIT_TRUST_LIST, xml, &events, &r);
	buf_free(&r.text);
	if (reason == REASON_NONE && (!r.dated || out->entries == 0))
		reason = REASON_TRUST_FORM;
	if (reason == REASON_NONE && out->bad * 100 > out->entries)
		reason = REASON_TRUST_UNREADABLE;
	return reason;
}

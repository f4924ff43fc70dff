/* cda/read_party.c - authors and the legal authenticator: who they are, and of which organisation. */
#include "cda/read_parts.h"

#define PROFESSIONAL_ROOT "1.2.250.1.71.4.2.1"
#define STRUCTURE_ROOT "1.2.250.1.71.4.2.2"

typedef void take(struct reader *r, const struct xml_element *element);

/* A professional number is better than a local one; else the first stands. */
static void take_party_id(struct reader *r, const struct xml_element *element)
{
	struct cda_id id = reader_id(r, element);
	uint64_t number;
	bool first = r->now->ids++ == 0, professional = bytes_equal_text(id.root, PROFESSIONAL_ROOT);

	if (first || (professional && !bytes_equal_text(r->now->party.id.root, PROFESSIONAL_ROOT)))
		r->now->party.id = id;
	if (professional && id.extension.len == 12 && id.extension.at[0] == '8' &&
	    bytes_number(id.extension, UINT64_MAX, &number))
		reader_set(&r->now->party.rpps, bytes_from(id.extension, 1));
}

static void take_organization_id(struct reader *r, const struct xml_element *element)
{
	struct cda_id id = reader_id(r, element), *kept = &r->now->party.organization_id;
	if (kept->root.len == 0 ||
	    (bytes_equal_text(id.root, STRUCTURE_ROOT) && !bytes_equal_text(kept->root, STRUCTURE_ROOT)))
		*kept = id;
}

static void keep_organization(struct reader *r, struct bytes text)
{
	reader_set(&r->now->party.organization, reader_keep(r, text));
}

static void keep_party_given(struct reader *r, struct bytes text)
{
	reader_set(&r->now->given, reader_keep(r, text));
}

static void keep_party_family(struct reader *r, struct bytes text)
{
	reader_set(&r->now->family, reader_keep(r, text));
}

static void keep_party_plain(struct reader *r, struct bytes text)
{
	reader_set(&r->now->plain, reader_keep(r, text));
}

static void keep_model(struct reader *r, struct bytes text)
{
	reader_set(&r->now->model, reader_keep(r, text));
}

static void keep_software(struct reader *r, struct bytes text)
{
	reader_set(&r->now->software, reader_keep(r, text));
}

static void take_person(struct reader *r, const struct xml_element *element)
{
	(void)element;
	r->now->persons++;
}

static void take_device(struct reader *r, const struct xml_element *element)
{
	(void)element;
	r->now->devices++;
}

static const struct {
	struct bytes path;
	take *start;
	reader_text *text;
} party_rows[] = {
	{BYTES_OF("id"), take_party_id, NULL},
	{BYTES_OF("assignedPerson"), take_person, NULL},
	{BYTES_OF("assignedPerson/name"), NULL, keep_party_plain},
	{BYTES_OF("assignedPerson/name/given"), NULL, keep_party_given},
	{BYTES_OF("assignedPerson/name/family"), NULL, keep_party_family},
	{BYTES_OF("assignedAuthoringDevice"), take_device, NULL},
	{BYTES_OF("assignedAuthoringDevice/manufacturerModelName"), NULL, keep_model},
	{BYTES_OF("assignedAuthoringDevice/softwareName"), NULL, keep_software},
	{BYTES_OF("representedOrganization/id"), take_organization_id, NULL},
	{BYTES_OF("representedOrganization/name"), NULL, keep_organization},
};

static struct bytes two_words(struct reader *r, struct bytes a, struct bytes b)
{
	if (a.len == 0 || b.len == 0)
		return a.len == 0 ? b : a;
	return bytes_of_text(arena_printf(r->arena, "%.*s %.*s", (int)a.len, a.at, (int)b.len, b.at));
}

static void finish_party(struct reader *r)
{
	struct reader_party *p = r->now;
	p->party.name = p->persons > 0 ? two_words(r, p->given, p->family) : two_words(r, p->model, p->software);
	if (p->party.name.len == 0)
		p->party.name = p->plain;
	if (p->party.name.len == 0)
		p->party.name = p->party.organization;
}

static void finish_author(struct reader *r)
{
	struct cda_document *d = &r->d;
	struct cda_party *author =
		reader_more(r, d->authors, &d->author_count, sizeof *author, LIMIT_CDA_AUTHORS, (void **)&d->authors);
	if (author == NULL)
		return;
	finish_party(r);
	*author = r->now->party;
	r->authors_without_id += r->now->party.id.root.len == 0 || r->now->party.id.extension.len == 0;
	r->authors_without_person += r->now->persons + r->now->devices == 0;
}

void reader_party_author(struct reader *r, const struct xml_element *element)
{
	(void)element;
	r->now = arena_alloc(r->arena, sizeof *r->now);
}

void reader_party_legal(struct reader *r, const struct xml_element *element)
{
	(void)element;
	r->legal = (struct reader_party){0};
	r->now = &r->legal;
}

void reader_party_start(struct reader *r, const struct xml_element *element, struct bytes path)
{
	static const struct bytes prefixes[] = {BYTES_OF("author/assignedAuthor/"),
						BYTES_OF("legalAuthenticator/assignedEntity/")};
	struct bytes rest = BYTES_NONE;

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (bytes_starts(path, prefixes[i]))
			rest = bytes_from(path, prefixes[i].len);
	for (size_t i = 0; rest.len > 0 && i < sizeof party_rows / sizeof *party_rows; i++) {
		if (!bytes_equal(rest, party_rows[i].path))
			continue;
		if (party_rows[i].start != NULL)
			party_rows[i].start(r, element);
		if (party_rows[i].text != NULL)
			reader_capture(r, element->depth, party_rows[i].text);
		return;
	}
}

void reader_party_end(struct reader *r, struct bytes name, unsigned depth)
{
	if (depth != r->base + 1 || r->now == NULL)
		return;
	if (bytes_equal_text(name, "author")) {
		finish_author(r);
	} else if (bytes_equal_text(name, "legalAuthenticator")) {
		finish_party(r);
		if (r->seen[PLACE_LEGAL] == 1)
			r->d.legal_authenticator = r->now->party;
	}
	r->now = NULL;
}

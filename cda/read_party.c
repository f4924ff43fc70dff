/* cda/read_party.c - authors, data enterer and the legal authenticator: who they are, and of which organisation. */
#include "cda/read_parts.h"

#define PROFESSIONAL_ROOT "1.2.250.1.71.4.2.1"
#define STRUCTURE_ROOT "1.2.250.1.71.4.2.2"

typedef void take(struct reader *r, const struct xml_element *element);

/* A professional number is better than a local one; else the first stands. */
static void take_party_id(struct reader *r, const struct xml_element *element)
{
	struct cda_id id = reader_id(r, element);
	uint64_t number;
	bool first = r->now->party.id.root.len == 0, professional = bytes_equal_text(id.root, PROFESSIONAL_ROOT);

	if (first || (professional && !bytes_equal_text(r->now->party.id.root, PROFESSIONAL_ROOT)))
		r->now->party.id = id;
	if (professional && id.extension.len == 12 && id.extension.at[0] == '8' &&
	    bytes_number(id.extension, UINT64_MAX, &number))
		reader_set(&r->now->party.rpps, bytes_from(id.extension, 1));
	r->now->named |= id.root.len > 0 && id.extension.len > 0;
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
	r->now->person = true;
}

static const struct {
	enum node node;
	take *start;
	reader_text *text;
} party_rows[] = {
	{NODE_ENTITY_ID, take_party_id, NULL},
	{NODE_PERSON, take_person, NULL},
	{NODE_PERSON_NAME, NULL, keep_party_plain},
	{NODE_GIVEN, NULL, keep_party_given},
	{NODE_FAMILY, NULL, keep_party_family},
	{NODE_MODEL, NULL, keep_model},
	{NODE_SOFTWARE, NULL, keep_software},
	{NODE_ORGANIZATION_ID, take_organization_id, NULL},
	{NODE_ORGANIZATION_NAME, NULL, keep_organization},
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
	if (p->person) {
		p->party.given = p->given;
		p->party.family = p->family;
	}
	p->party.name = p->person ? two_words(r, p->given, p->family) : two_words(r, p->model, p->software);
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
}

/* A party begins with the element that says what he is to the document. */
static void begin(struct reader *r, enum node node)
{
	if (node == NODE_AUTHOR || node == NODE_DATA_ENTERER)
		r->now = arena_alloc(r->arena, sizeof *r->now);
	if (node != NODE_LEGAL)
		return;
	r->legal = (struct reader_party){0};
	r->now = &r->legal;
}

void reader_party_start(struct reader *r, const struct xml_element *element)
{
	enum node node = reader_top(r)->node;

	begin(r, node);
	for (size_t i = 0; r->now != NULL && i < sizeof party_rows / sizeof *party_rows; i++) {
		if (node != party_rows[i].node)
			continue;
		if (party_rows[i].start != NULL)
			party_rows[i].start(r, element);
		if (party_rows[i].text != NULL)
			reader_capture(r, element->depth, party_rows[i].text);
		return;
	}
}

void reader_party_end(struct reader *r)
{
	enum node node = reader_top(r)->node;

	if (node == NODE_AUTHOR) {
		finish_author(r);
	} else if (node == NODE_DATA_ENTERER) {
		finish_party(r);
		if (r->seen[NODE_DATA_ENTERER] == 1)
			r->d.data_enterer = r->now->party;
	} else if (node == NODE_LEGAL) {
		finish_party(r);
		if (r->seen[NODE_LEGAL] == 1)
			r->d.legal_authenticator = r->now->party;
	} else {
		return;
	}
	r->now = NULL;
}

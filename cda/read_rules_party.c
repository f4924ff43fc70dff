/* cda/read_rules_party.c - rules of persons, organisations and their identifiers, of authors, informants, custodian,
 * recipients and the legal authenticator (cda/rule_list.h). */
#include "cda/read_parts.h"

#define PROFESSIONAL_ROOT "1.2.250.1.71.4.2.1"
#define STRUCTURE_ROOT "1.2.250.1.71.4.2.2"
#define HOST_ROOT "1.2.250.1.213.4.1"

#define TITLES "DR MC MG PC PG PR"

/* --- persons and organisations -------------------------------------------------------------- */

static bool null(const struct reader *r)
{
	return r->frames[r->open].null;
}

RULE(person_name)
{
	(void)element;
	return null(r) || reader_count(r, NODE_PERSON_NAME) == 1;
}

RULE(person_family)
{
	(void)element;
	return null(r) || reader_count(r, NODE_FAMILY) == 1;
}

RULE(person_given)
{
	(void)element;
	return reader_count(r, NODE_GIVEN) <= 1;
}

RULE(person_prefix)
{
	(void)element;
	return reader_count(r, NODE_PREFIX) <= 1;
}

RULE(prefix_code)
{
	(void)element;
	return null(r) || reader_is_one_of(r->frames[r->open].text, BYTES("M MLLE MME " TITLES));
}

RULE(person_suffix)
{
	(void)element;
	return reader_count(r, NODE_SUFFIX) <= 1;
}

RULE(suffix_code)
{
	(void)element;
	return null(r) || reader_is_one_of(r->frames[r->open].text, BYTES(TITLES));
}

static bool digits(struct bytes text, size_t n)
{
	uint64_t value;
	return text.len == n && bytes_number(text, UINT64_MAX, &value);
}

/* A FINESS may have a letter: 2A0000014. */
static bool is_finess(struct bytes text)
{
	bool corsica = text.len == 9 && text.at[0] == '2' && (text.at[1] == 'A' || text.at[1] == 'B');
	return corsica ? digits(bytes_from(text, 2), 7) : digits(text, 9);
}

static bool is_structure(struct bytes id)
{
	struct bytes number = bytes_from(id, 1);
	switch (id.len > 0 ? id.at[0] : 0) {
	case '1':
		return is_finess(number);
	case '2':
		return digits(number, 9);
	case '3':
		return digits(number, 14);
	default:
		return false;
	}
}

/* The part before the slash is a structure or an older form of one: its own shape is not judged again. */
RULE(professional_id)
{
	struct bytes id = reader_value(element, "extension");
	(void)r;
	if (id.len == 0 || !bytes_equal_text(reader_value(element, "root"), PROFESSIONAL_ROOT))
		return true;
	size_t slash = bytes_find_byte(id, '/', 0);
	if (slash < id.len)
		return slash > 1 && slash + 1 < id.len;
	return (id.at[0] == '8' && digits(id, 12)) || (id.at[0] == '0' && id.len == 10);
}

static bool structure_is_sound(const struct xml_element *element)
{
	return !bytes_equal_text(reader_value(element, "root"), STRUCTURE_ROOT) ||
	       is_structure(reader_value(element, "extension"));
}

RULE(structure_id)
{
	(void)r;
	return structure_is_sound(element);
}

/* Of those who act; scopingOrganization and receivedOrganization may have any root, as the patient's provider. */
RULE(organization_root)
{
	bool acts = reader_within(r, NODE_ENTITY);
	return !acts || bytes_equal_text(reader_value(element, "root"), STRUCTURE_ROOT);
}

RULE(organization_name)
{
	(void)element;
	return reader_count(r, NODE_ORGANIZATION_NAME) <= 1;
}

/* --- who they are --------------------------------------------------------------------------- */

RULE(author)
{
	(void)element;
	return r->seen[NODE_AUTHOR] > 0;
}

RULE(author_id)
{
	(void)element;
	return !reader_within(r, NODE_AUTHOR) || r->now->named;
}

RULE(author_time)
{
	(void)element;
	return reader_count(r, NODE_TIME) == 1;
}

RULE(author_function)
{
	(void)element;
	return reader_count(r, NODE_FUNCTION) <= 1;
}

RULE(author_code)
{
	(void)element;
	return !reader_within(r, NODE_AUTHOR) || reader_count(r, NODE_ENTITY_CODE) <= 1;
}

RULE(author_person)
{
	(void)element;
	return !reader_within(r, NODE_AUTHOR) || reader_count(r, NODE_PERSON) + reader_count(r, NODE_DEVICE) == 1;
}

RULE(author_device)
{
	(void)element;
	return reader_count(r, NODE_MODEL) == 1 && reader_count(r, NODE_SOFTWARE) == 1;
}

/* A participant's time is a period: another rule's. */
RULE(party_time)
{
	return reader_within(r, NODE_PARTICIPANT) || reader_value(element, "nullFlavor").len > 0 ||
	       reader_is_time(reader_value(element, "value"), 8);
}

RULE(data_enterer)
{
	(void)element;
	return r->seen[NODE_DATA_ENTERER] <= 1;
}

RULE(informant)
{
	(void)element;
	return reader_count(r, NODE_ENTITY) + reader_count(r, NODE_RELATED_ENTITY) == 1;
}

RULE(custodian)
{
	(void)element;
	return r->seen[NODE_CUSTODIAN] == 1;
}

RULE(custodian_id)
{
	(void)element;
	return r->seen[NODE_CUSTODIAN] != 1 || r->seen[NODE_KEEPER_ID] == 1;
}

RULE(custodian_root)
{
	struct bytes root = reader_value(element, "root");
	(void)r;
	return bytes_equal_text(root, STRUCTURE_ROOT) || bytes_equal_text(root, HOST_ROOT);
}

RULE(custodian_structure)
{
	(void)r;
	return structure_is_sound(element);
}

RULE(custodian_name)
{
	(void)element;
	return reader_count(r, NODE_KEEPER_NAME) <= 1;
}

RULE(recipient_id)
{
	return !reader_within(r, NODE_RECIPIENT) ||
	       (bytes_equal_text(reader_value(element, "root"), PROFESSIONAL_ROOT) &&
		reader_value(element, "extension").len > 0);
}

RULE(legal)
{
	(void)element;
	return r->seen[NODE_LEGAL] == 1;
}

RULE(legal_time)
{
	(void)element;
	return reader_count(r, NODE_TIME) == 1;
}

RULE(legal_signature)
{
	(void)element;
	return reader_count(r, NODE_SIGNATURE) == 1 && bytes_equal_text(r->signature, "S");
}

RULE(legal_id)
{
	(void)element;
	return !reader_within(r, NODE_LEGAL) || reader_count(r, NODE_ENTITY_ID) == 1;
}

RULE(legal_root)
{
	struct bytes root = reader_value(element, "root");
	return !reader_within(r, NODE_LEGAL) || root.len == 0 || bytes_equal_text(root, PROFESSIONAL_ROOT) || cda_id_is_ins(root);
}

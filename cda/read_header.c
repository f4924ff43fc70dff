/* cda/read_header.c - the header of a CDA: what is taken of each element for the typed view and the rules. */
#include "cda/read_parts.h"

typedef void take(struct reader *r, const struct xml_element *element);

static struct bytes kept_attribute(struct reader *r, const struct xml_element *element, const char *name)
{
	return reader_keep(r, bytes_trim(xml_attribute(element, name)));
}

/* --- the document ----------------------------------------------------------- */

static void take_realm(struct reader *r, const struct xml_element *element)
{
	reader_set(&r->d.realm, kept_attribute(r, element, "code"));
}

static void take_type_id(struct reader *r, const struct xml_element *element)
{
	if (r->seen[NODE_TYPE_ID] == 1)
		r->type_id = reader_id(r, element);
}

static void take_template(struct reader *r, const struct xml_element *element)
{
	struct bytes root = bytes_trim(xml_attribute(element, "root"));
	r->template_france |= bytes_equal_text(root, "2.16.840.1.113883.2.8.2.1");
	r->template_header |= bytes_equal_text(root, "1.2.250.1.213.1.1.1.1");
	r->template_file |= bytes_equal_text(root, "1.3.6.1.4.1.19376.1.2.20");
}

static void take_id(struct reader *r, const struct xml_element *element)
{
	r->id_null |= xml_attribute(element, "nullFlavor").len > 0;
	if (r->seen[NODE_ID] == 1)
		r->d.id = reader_id(r, element);
}

static void take_code(struct reader *r, const struct xml_element *element)
{
	if (r->seen[NODE_CODE] > 1)
		return;
	r->d.type = kept_attribute(r, element, "code");
	r->d.type_system = kept_attribute(r, element, "codeSystem");
	r->d.type_name = kept_attribute(r, element, "displayName");
}

static void keep_title(struct reader *r, struct bytes text)
{
	reader_set(&r->d.title, reader_keep(r, text));
}

static void take_title(struct reader *r, const struct xml_element *element)
{
	reader_capture(r, element->depth, keep_title);
}

static void take_time(struct reader *r, const struct xml_element *element)
{
	reader_set(&r->d.time, kept_attribute(r, element, "value"));
}

static void take_confidentiality(struct reader *r, const struct xml_element *element)
{
	if (r->seen[NODE_CONFIDENTIALITY] > 1)
		return;
	r->d.confidentiality = kept_attribute(r, element, "code");
	r->confidentiality_system = kept_attribute(r, element, "codeSystem");
}

static void take_language(struct reader *r, const struct xml_element *element)
{
	reader_set(&r->d.language, kept_attribute(r, element, "code"));
}

static void take_set_id(struct reader *r, const struct xml_element *element)
{
	if (r->seen[NODE_SET_ID] == 1)
		r->d.set_id = reader_id(r, element);
}

static void take_version(struct reader *r, const struct xml_element *element)
{
	reader_set(&r->d.version, kept_attribute(r, element, "value"));
}

/* --- the patient ------------------------------------------------------------ */

static void take_patient_id(struct reader *r, const struct xml_element *element)
{
	struct cda_patient *p = &r->d.patient;
	struct cda_id *id = reader_more(r, p->ids, &p->id_count, sizeof *id, LIMIT_CDA_IDS, (void **)&p->ids);

	if (id == NULL)
		return;
	*id = reader_id(r, element);
	r->ins_ids += cda_id_is_ins(id->root);
	r->bad_patient_id |= id->root.len == 0 || id->extension.len == 0;
}

/* The name in use is the one called so (CL); without it any that is not of the birth certificate. */
static void keep_used(struct reader *r, struct bytes *field, bool *called, struct bytes text)
{
	bool calls = bytes_equal_text(r->qualifier, "CL");
	struct bytes kept = reader_keep(r, text);
	if (field->len == 0 || (calls && !*called && kept.len > 0))
		*field = kept;
	*called |= calls && kept.len > 0;
}

static void keep_family(struct reader *r, struct bytes text)
{
	struct cda_patient *p = &r->d.patient;
	if (bytes_equal_text(r->qualifier, "BR"))
		reader_set(&p->family_birth, reader_keep(r, text));
	else
		keep_used(r, &p->family_used, &r->family_called, text);
}

static void keep_given(struct reader *r, struct bytes text)
{
	struct cda_patient *p = &r->d.patient;
	if (bytes_equal_text(r->qualifier, "BR"))
		reader_set(&p->given_birth_first, reader_keep(r, text));
	else if (r->qualifier.len == 0)
		reader_set(&p->given_birth_all, reader_keep(r, text));
	else
		keep_used(r, &p->given_used, &r->given_called, text);
}

static void take_family(struct reader *r, const struct xml_element *element)
{
	r->qualifier = kept_attribute(r, element, "qualifier");
	reader_capture(r, element->depth, keep_family);
}

static void take_given(struct reader *r, const struct xml_element *element)
{
	r->qualifier = kept_attribute(r, element, "qualifier");
	r->plain_givens += r->qualifier.len == 0;
	reader_capture(r, element->depth, keep_given);
}

static void take_sex(struct reader *r, const struct xml_element *element)
{
	reader_set(&r->d.patient.sex, kept_attribute(r, element, "code"));
}

static void take_birth_time(struct reader *r, const struct xml_element *element)
{
	reader_set(&r->d.patient.birth_time, kept_attribute(r, element, "value"));
}

static void keep_birth_place(struct reader *r, struct bytes text)
{
	reader_set(&r->d.patient.birth_place, reader_keep(r, text));
}

static void take_birth_place(struct reader *r, const struct xml_element *element)
{
	reader_capture(r, element->depth, keep_birth_place);
}

/* --- the others ------------------------------------------------------------- */

static void take_signature(struct reader *r, const struct xml_element *element)
{
	if (reader_within(r, NODE_LEGAL))
		reader_set(&r->signature, kept_attribute(r, element, "code"));
}

static void take_custodian_id(struct reader *r, const struct xml_element *element)
{
	if (r->seen[NODE_KEEPER_ID] > 1)
		return;
	r->d.custodian.id = reader_id(r, element);
	r->d.custodian.organization_id = r->d.custodian.id;
}

static void keep_custodian_name(struct reader *r, struct bytes text)
{
	reader_set(&r->d.custodian.name, reader_keep(r, text));
	r->d.custodian.organization = r->d.custodian.name;
}

static void take_custodian_name(struct reader *r, const struct xml_element *element)
{
	reader_capture(r, element->depth, keep_custodian_name);
}

static void take_order(struct reader *r, const struct xml_element *element)
{
	struct cda_id *id =
		reader_more(r, r->d.orders, &r->d.order_count, sizeof *id, LIMIT_CDA_ORDERS, (void **)&r->d.orders);
	if (id != NULL)
		*id = reader_id(r, element);
}

static void take_related(struct reader *r, const struct xml_element *element)
{
	r->replacing = bytes_equal_text(xml_attribute(element, "typeCode"), "RPLC");
	r->d.transforms |= !r->replacing;
}

static void take_parent(struct reader *r, const struct xml_element *element)
{
	if (r->replacing && r->d.replaces.root.len == 0)
		r->d.replaces = reader_id(r, element);
}

static void take_parent_set(struct reader *r, const struct xml_element *element)
{
	if (r->seen[NODE_PARENT_SET] == 1)
		r->parent_set = reader_id(r, element);
}

static void take_parent_version(struct reader *r, const struct xml_element *element)
{
	reader_set(&r->parent_version, kept_attribute(r, element, "value"));
}

static void take_event(struct reader *r, const struct xml_element *element)
{
	(void)element;
	r->event_begun = r->event_practice = false;
	r->event_low = r->event_high = BYTES_NONE;
}

static void take_event_low(struct reader *r, const struct xml_element *element)
{
	reader_set(&r->event_low, kept_attribute(r, element, "value"));
	r->event_begun |= r->event_low.len > 0;
}

static void take_event_high(struct reader *r, const struct xml_element *element)
{
	reader_set(&r->event_high, kept_attribute(r, element, "value"));
}

/* The times of an event stand before who performed it. */
static void take_performer(struct reader *r, const struct xml_element *element)
{
	(void)element;
	if (r->d.service_start.len > 0)
		return;
	r->d.service_start = r->event_low;
	r->d.service_stop = r->event_high;
}

static void take_practice(struct reader *r, const struct xml_element *element)
{
	bool performer = reader_within(r, NODE_PERFORMER);
	r->event_practice |= performer;
	if (performer)
		reader_set(&r->d.practice, kept_attribute(r, element, "code"));
}

static void take_facility(struct reader *r, const struct xml_element *element)
{
	reader_set(&r->d.facility, kept_attribute(r, element, "code"));
}

/* Its text is for the rules only (reader_frame.text). */
static void drop(struct reader *r, struct bytes text)
{
	(void)r, (void)text;
}

static void take_text(struct reader *r, const struct xml_element *element)
{
	reader_capture(r, element->depth, drop);
}

/* --- the table ---------------------------------------------------------------- */

static take *const takes[NODES] = {
	[NODE_REALM] = take_realm,
	[NODE_TYPE_ID] = take_type_id,
	[NODE_TEMPLATE] = take_template,
	[NODE_ID] = take_id,
	[NODE_CODE] = take_code,
	[NODE_TITLE] = take_title,
	[NODE_EFFECTIVE] = take_time,
	[NODE_CONFIDENTIALITY] = take_confidentiality,
	[NODE_LANGUAGE] = take_language,
	[NODE_SET_ID] = take_set_id,
	[NODE_VERSION] = take_version,
	[NODE_PATIENT_ID] = take_patient_id,
	[NODE_PATIENT_FAMILY] = take_family,
	[NODE_PATIENT_GIVEN] = take_given,
	[NODE_SEX] = take_sex,
	[NODE_BIRTH_TIME] = take_birth_time,
	[NODE_COUNTY] = take_birth_place,
	[NODE_PREFIX] = take_text,
	[NODE_SUFFIX] = take_text,
	[NODE_SIGNATURE] = take_signature,
	[NODE_KEEPER_ID] = take_custodian_id,
	[NODE_KEEPER_NAME] = take_custodian_name,
	[NODE_ORDER_ID] = take_order,
	[NODE_EVENT] = take_event,
	[NODE_EVENT_LOW] = take_event_low,
	[NODE_EVENT_HIGH] = take_event_high,
	[NODE_PERFORMER] = take_performer,
	[NODE_FACILITY_CODE] = take_facility,
	[NODE_PRACTICE] = take_practice,
	[NODE_RELATED] = take_related,
	[NODE_PARENT_ID] = take_parent,
	[NODE_PARENT_SET] = take_parent_set,
	[NODE_PARENT_VERSION] = take_parent_version,
};

void reader_header_start(struct reader *r, const struct xml_element *element)
{
	enum node node = reader_top(r)->node;

	if (takes[node] != NULL)
		takes[node](r, element);
	reader_party_start(r, element);
}

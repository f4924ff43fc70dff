/* cda/read_header.c - the header of a CDA: one table of paths, each with what is taken there. */
#include "cda/read_parts.h"

#define INS_ROOT "1.2.250.1.213.1.4."

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
	r->type_root = kept_attribute(r, element, "extension");
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
	if (r->seen[PLACE_ID] == 1)
		r->d.id = reader_id(r, element);
}

static void take_code(struct reader *r, const struct xml_element *element)
{
	if (r->seen[PLACE_CODE] > 1)
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
	reader_set(&r->d.confidentiality, kept_attribute(r, element, "code"));
}

static void take_language(struct reader *r, const struct xml_element *element)
{
	reader_set(&r->d.language, kept_attribute(r, element, "code"));
}

static void take_set_id(struct reader *r, const struct xml_element *element)
{
	if (r->seen[PLACE_SET_ID] == 1)
		r->d.set_id = reader_id(r, element);
}

static void take_version(struct reader *r, const struct xml_element *element)
{
	reader_set(&r->d.version, kept_attribute(r, element, "value"));
}

/* --- the patient ------------------------------------------------------------ */

/* .8 to .11 of the root: INS-NIR, INS-NIA and their test forms (cda.md 1.2). */
static bool is_ins_root(struct bytes root)
{
	uint64_t last;
	return bytes_starts(root, BYTES(INS_ROOT)) && bytes_number(bytes_from(root, sizeof INS_ROOT - 1), 99, &last) &&
	       last >= 8 && last <= 11;
}

static uint64_t digits_or_zero(struct bytes text)
{
	uint64_t value = 0;
	return bytes_number(text, UINT64_MAX, &value) ? value : 0;
}

/* 13 characters and the key 97 - (number modulo 97); Corsican departments count as 19 and 18. */
static bool ins_is_sound(struct bytes ins)
{
	unsigned char digits[13];
	uint64_t key;

	if (ins.len != 15 || !bytes_number(bytes_from(ins, 13), 97, &key))
		return false;
	for (size_t i = 0; i < sizeof digits; i++)
		digits[i] = ins.at[i];
	if (digits[5] == '2' && (digits[6] == 'A' || digits[6] == 'B')) {
		digits[5] = '1';
		digits[6] = digits[6] == 'A' ? '9' : '8';
	}
	uint64_t number = digits_or_zero((struct bytes){digits, sizeof digits});
	return number > 0 && key == 97 - number % 97;
}

static void take_patient_id(struct reader *r, const struct xml_element *element)
{
	struct cda_patient *p = &r->d.patient;
	struct cda_id *id = reader_more(r, p->ids, &p->id_count, sizeof *id, LIMIT_CDA_IDS, (void **)&p->ids);

	if (id == NULL)
		return;
	*id = reader_id(r, element);
	if (is_ins_root(id->root)) {
		r->ins_ids++;
		r->bad_ins |= !ins_is_sound(id->extension);
	} else {
		r->bad_patient_id |= id->root.len == 0 || id->extension.len == 0;
	}
}

static void keep_family(struct reader *r, struct bytes text)
{
	struct cda_patient *p = &r->d.patient;
	bool birth = bytes_equal_text(r->qualifier, "BR");
	r->bad_qualifier |= !birth && !bytes_equal_text(r->qualifier, "CL");
	reader_set(birth ? &p->family_birth : &p->family_used, reader_keep(r, text));
}

static void keep_given(struct reader *r, struct bytes text)
{
	struct cda_patient *p = &r->d.patient;
	struct bytes *field = &p->given_birth_all;
	if (bytes_equal_text(r->qualifier, "BR"))
		field = &p->given_birth_first;
	else if (r->qualifier.len > 0)
		field = &p->given_used;
	reader_set(field, reader_keep(r, text));
}

static void take_family(struct reader *r, const struct xml_element *element)
{
	r->qualifier = kept_attribute(r, element, "qualifier");
	reader_capture(r, element->depth, keep_family);
}

static void take_given(struct reader *r, const struct xml_element *element)
{
	r->qualifier = kept_attribute(r, element, "qualifier");
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
	reader_set(&r->signature, kept_attribute(r, element, "code"));
}

static void take_custodian_id(struct reader *r, const struct xml_element *element)
{
	if (r->seen[PLACE_CUSTODIAN_ID] > 1)
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

/* --- the table ---------------------------------------------------------------- */

#define PATIENT "recordTarget/patientRole/patient"
#define CUSTODIAN "custodian/assignedCustodian/representedCustodianOrganization"
#define EVENT "documentationOf/serviceEvent"

static const struct {
	struct bytes path;
	take *start;
} rows[PLACES] = {
	[PLACE_REALM] = {BYTES_OF("realmCode"), take_realm},
	[PLACE_TYPE_ID] = {BYTES_OF("typeId"), take_type_id},
	[PLACE_TEMPLATE] = {BYTES_OF("templateId"), take_template},
	[PLACE_ID] = {BYTES_OF("id"), take_id},
	[PLACE_CODE] = {BYTES_OF("code"), take_code},
	[PLACE_TITLE] = {BYTES_OF("title"), take_title},
	[PLACE_TIME] = {BYTES_OF("effectiveTime"), take_time},
	[PLACE_CONFIDENTIALITY] = {BYTES_OF("confidentialityCode"), take_confidentiality},
	[PLACE_LANGUAGE] = {BYTES_OF("languageCode"), take_language},
	[PLACE_SET_ID] = {BYTES_OF("setId"), take_set_id},
	[PLACE_VERSION] = {BYTES_OF("versionNumber"), take_version},
	[PLACE_RECORD_TARGET] = {BYTES_OF("recordTarget"), NULL},
	[PLACE_PATIENT_ID] = {BYTES_OF("recordTarget/patientRole/id"), take_patient_id},
	[PLACE_PATIENT] = {BYTES_OF(PATIENT), NULL},
	[PLACE_PATIENT_NAME] = {BYTES_OF(PATIENT "/name"), NULL},
	[PLACE_PATIENT_PREFIX] = {BYTES_OF(PATIENT "/name/prefix"), NULL},
	[PLACE_PATIENT_FAMILY] = {BYTES_OF(PATIENT "/name/family"), take_family},
	[PLACE_PATIENT_GIVEN] = {BYTES_OF(PATIENT "/name/given"), take_given},
	[PLACE_SEX] = {BYTES_OF(PATIENT "/administrativeGenderCode"), take_sex},
	[PLACE_BIRTH_TIME] = {BYTES_OF(PATIENT "/birthTime"), take_birth_time},
	[PLACE_BIRTH_PLACE] = {BYTES_OF(PATIENT "/birthplace/place/addr/county"), take_birth_place},
	[PLACE_RELIGION] = {BYTES_OF(PATIENT "/religiousAffiliationCode"), NULL},
	[PLACE_RACE] = {BYTES_OF(PATIENT "/raceCode"), NULL},
	[PLACE_ETHNIC] = {BYTES_OF(PATIENT "/ethnicGroupCode"), NULL},
	[PLACE_AUTHOR] = {BYTES_OF("author"), reader_party_author},
	[PLACE_AUTHOR_TIME] = {BYTES_OF("author/time"), NULL},
	[PLACE_LEGAL] = {BYTES_OF("legalAuthenticator"), reader_party_legal},
	[PLACE_LEGAL_TIME] = {BYTES_OF("legalAuthenticator/time"), NULL},
	[PLACE_SIGNATURE] = {BYTES_OF("legalAuthenticator/signatureCode"), take_signature},
	[PLACE_CUSTODIAN] = {BYTES_OF("custodian"), NULL},
	[PLACE_CUSTODIAN_ID] = {BYTES_OF(CUSTODIAN "/id"), take_custodian_id},
	[PLACE_CUSTODIAN_NAME] = {BYTES_OF(CUSTODIAN "/name"), take_custodian_name},
	[PLACE_ORDER_ID] = {BYTES_OF("inFulfillmentOf/order/id"), take_order},
	[PLACE_EVENT] = {BYTES_OF(EVENT), NULL},
	[PLACE_PERFORMER] = {BYTES_OF(EVENT "/performer"), NULL},
	[PLACE_PRACTICE] = {BYTES_OF(EVENT
				     "/performer/assignedEntity/representedOrganization/standardIndustryClassCode"),
			    NULL},
	[PLACE_RELATED] = {BYTES_OF("relatedDocument"), take_related},
	[PLACE_PARENT_ID] = {BYTES_OF("relatedDocument/parentDocument/id"), take_parent},
	[PLACE_ENCOUNTER] = {BYTES_OF("componentOf/encompassingEncounter"), NULL},
	[PLACE_FACILITY] = {BYTES_OF("componentOf/encompassingEncounter/location/healthCareFacility/code"), NULL},
	[PLACE_FILE_BODY] = {BYTES_OF("component/nonXMLBody"), NULL},
	[PLACE_FILE] = {BYTES_OF("component/nonXMLBody/text"), NULL},
	[PLACE_STRUCTURED_BODY] = {BYTES_OF("component/structuredBody"), NULL},
};

void reader_header_start(struct reader *r, const struct xml_element *element)
{
	struct bytes path = {r->path, r->path_len};

	for (enum place place = 0; place < PLACES; place++) {
		if (!bytes_equal(path, rows[place].path))
			continue;
		r->seen[place]++;
		if (rows[place].start != NULL)
			rows[place].start(r, element);
		return;
	}
	if (r->now != NULL)
		reader_party_start(r, element, path);
}

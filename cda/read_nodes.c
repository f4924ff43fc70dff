/* cda/read_nodes.c - see read_nodes.h. */
#include "cda/read_nodes.h"

#define HL7 "urn:hl7-org:v3"
#define DICOM "urn:dicom-org:ps3-20"

/* Sorted by what they stand in, in the order of enum node. An empty name is any other. */
static const struct {
	enum node parent;
	struct bytes name;
	enum node node;
} rows[] = {
	{NODE_DOCUMENT, BYTES_OF("realmCode"), NODE_REALM},
	{NODE_DOCUMENT, BYTES_OF("typeId"), NODE_TYPE_ID},
	{NODE_DOCUMENT, BYTES_OF("templateId"), NODE_TEMPLATE},
	{NODE_DOCUMENT, BYTES_OF("id"), NODE_ID},
	{NODE_DOCUMENT, BYTES_OF("code"), NODE_CODE},
	{NODE_DOCUMENT, BYTES_OF("title"), NODE_TITLE},
	{NODE_DOCUMENT, BYTES_OF("effectiveTime"), NODE_EFFECTIVE},
	{NODE_DOCUMENT, BYTES_OF("confidentialityCode"), NODE_CONFIDENTIALITY},
	{NODE_DOCUMENT, BYTES_OF("languageCode"), NODE_LANGUAGE},
	{NODE_DOCUMENT, BYTES_OF("setId"), NODE_SET_ID},
	{NODE_DOCUMENT, BYTES_OF("versionNumber"), NODE_VERSION},
	{NODE_DOCUMENT, BYTES_OF("recordTarget"), NODE_RECORD_TARGET},
	{NODE_DOCUMENT, BYTES_OF("author"), NODE_AUTHOR},
	{NODE_DOCUMENT, BYTES_OF("dataEnterer"), NODE_DATA_ENTERER},
	{NODE_DOCUMENT, BYTES_OF("informant"), NODE_INFORMANT},
	{NODE_DOCUMENT, BYTES_OF("custodian"), NODE_CUSTODIAN},
	{NODE_DOCUMENT, BYTES_OF("informationRecipient"), NODE_RECIPIENT},
	{NODE_DOCUMENT, BYTES_OF("legalAuthenticator"), NODE_LEGAL},
	{NODE_DOCUMENT, BYTES_OF("authenticator"), NODE_AUTHENTICATOR},
	{NODE_DOCUMENT, BYTES_OF("participant"), NODE_PARTICIPANT},
	{NODE_DOCUMENT, BYTES_OF("inFulfillmentOf"), NODE_FULFILMENT},
	{NODE_DOCUMENT, BYTES_OF("documentationOf"), NODE_DOCUMENTATION},
	{NODE_DOCUMENT, BYTES_OF("relatedDocument"), NODE_RELATED},
	{NODE_DOCUMENT, BYTES_OF("authorization"), NODE_AUTHORIZATION},
	{NODE_DOCUMENT, BYTES_OF("componentOf"), NODE_COMPONENT_OF},
	{NODE_DOCUMENT, BYTES_OF("component"), NODE_COMPONENT},
	{NODE_RECORD_TARGET, BYTES_OF("patientRole"), NODE_PATIENT_ROLE},
	{NODE_PATIENT_ROLE, BYTES_OF("id"), NODE_PATIENT_ID},
	{NODE_PATIENT_ROLE, BYTES_OF("addr"), NODE_ADDRESS},
	{NODE_PATIENT_ROLE, BYTES_OF("telecom"), NODE_TELECOM},
	{NODE_PATIENT_ROLE, BYTES_OF("patient"), NODE_PATIENT},
	{NODE_PATIENT_ROLE, BYTES_OF("providerOrganization"), NODE_ORGANIZATION},
	{NODE_PATIENT, BYTES_OF("name"), NODE_PATIENT_NAME},
	{NODE_PATIENT, BYTES_OF("administrativeGenderCode"), NODE_SEX},
	{NODE_PATIENT, BYTES_OF("birthTime"), NODE_BIRTH_TIME},
	{NODE_PATIENT, BYTES_OF("birthplace"), NODE_BIRTHPLACE},
	{NODE_PATIENT, BYTES_OF("religiousAffiliationCode"), NODE_FORBIDDEN},
	{NODE_PATIENT, BYTES_OF("raceCode"), NODE_FORBIDDEN},
	{NODE_PATIENT, BYTES_OF("ethnicGroupCode"), NODE_FORBIDDEN},
	{NODE_PATIENT, BYTES_OF("guardian"), NODE_GUARDIAN},
	{NODE_PATIENT_NAME, BYTES_OF("prefix"), NODE_PATIENT_PREFIX},
	{NODE_PATIENT_NAME, BYTES_OF("family"), NODE_PATIENT_FAMILY},
	{NODE_PATIENT_NAME, BYTES_OF("given"), NODE_PATIENT_GIVEN},
	{NODE_BIRTHPLACE, BYTES_OF("place"), NODE_PLACE},
	{NODE_PLACE, BYTES_OF("addr"), NODE_BIRTH_ADDRESS},
	{NODE_BIRTH_ADDRESS, BYTES_OF("county"), NODE_COUNTY},
	{NODE_GUARDIAN, BYTES_OF("guardianPerson"), NODE_GUARDIAN_PARTY},
	{NODE_GUARDIAN, BYTES_OF("guardianOrganization"), NODE_GUARDIAN_PARTY},
	{NODE_GUARDIAN, BYTES_OF("addr"), NODE_ADDRESS},
	{NODE_GUARDIAN, BYTES_OF("telecom"), NODE_TELECOM},
	{NODE_AUTHOR, BYTES_OF("functionCode"), NODE_FUNCTION},
	{NODE_AUTHOR, BYTES_OF("time"), NODE_TIME},
	{NODE_AUTHOR, BYTES_OF("assignedAuthor"), NODE_ENTITY},
	{NODE_DATA_ENTERER, BYTES_OF("time"), NODE_TIME},
	{NODE_DATA_ENTERER, BYTES_OF("assignedEntity"), NODE_ENTITY},
	{NODE_INFORMANT, BYTES_OF("assignedEntity"), NODE_ENTITY},
	{NODE_INFORMANT, BYTES_OF("relatedEntity"), NODE_RELATED_ENTITY},
	{NODE_RECIPIENT, BYTES_OF("intendedRecipient"), NODE_INTENDED},
	{NODE_LEGAL, BYTES_OF("time"), NODE_TIME},
	{NODE_LEGAL, BYTES_OF("signatureCode"), NODE_SIGNATURE},
	{NODE_LEGAL, BYTES_OF("assignedEntity"), NODE_ENTITY},
	{NODE_AUTHENTICATOR, BYTES_OF("time"), NODE_TIME},
	{NODE_AUTHENTICATOR, BYTES_OF("signatureCode"), NODE_SIGNATURE},
	{NODE_AUTHENTICATOR, BYTES_OF("assignedEntity"), NODE_ENTITY},
	{NODE_PARTICIPANT, BYTES_OF("functionCode"), NODE_FUNCTION},
	{NODE_PARTICIPANT, BYTES_OF("time"), NODE_TIME},
	{NODE_PARTICIPANT, BYTES_OF("associatedEntity"), NODE_ASSOCIATED},
	{NODE_ENTITY, BYTES_OF("id"), NODE_ENTITY_ID},
	{NODE_ENTITY, BYTES_OF("code"), NODE_ENTITY_CODE},
	{NODE_ENTITY, BYTES_OF("addr"), NODE_ADDRESS},
	{NODE_ENTITY, BYTES_OF("telecom"), NODE_TELECOM},
	{NODE_ENTITY, BYTES_OF("assignedPerson"), NODE_PERSON},
	{NODE_ENTITY, BYTES_OF("associatedPerson"), NODE_PERSON},
	{NODE_ENTITY, BYTES_OF("relatedPerson"), NODE_PERSON},
	{NODE_ENTITY, BYTES_OF("informationRecipient"), NODE_PERSON},
	{NODE_ENTITY, BYTES_OF("assignedAuthoringDevice"), NODE_DEVICE},
	{NODE_ENTITY, BYTES_OF("representedOrganization"), NODE_ORGANIZATION},
	{NODE_ENTITY, BYTES_OF("scopingOrganization"), NODE_ORGANIZATION},
	{NODE_ENTITY, BYTES_OF("receivedOrganization"), NODE_ORGANIZATION},
	{NODE_PERSON, BYTES_OF("name"), NODE_PERSON_NAME},
	{NODE_PERSON_NAME, BYTES_OF("prefix"), NODE_PREFIX},
	{NODE_PERSON_NAME, BYTES_OF("given"), NODE_GIVEN},
	{NODE_PERSON_NAME, BYTES_OF("family"), NODE_FAMILY},
	{NODE_PERSON_NAME, BYTES_OF("suffix"), NODE_SUFFIX},
	{NODE_DEVICE, BYTES_OF("manufacturerModelName"), NODE_MODEL},
	{NODE_DEVICE, BYTES_OF("softwareName"), NODE_SOFTWARE},
	{NODE_ORGANIZATION, BYTES_OF("id"), NODE_ORGANIZATION_ID},
	{NODE_ORGANIZATION, BYTES_OF("name"), NODE_ORGANIZATION_NAME},
	{NODE_ORGANIZATION, BYTES_OF("telecom"), NODE_TELECOM},
	{NODE_ORGANIZATION, BYTES_OF("addr"), NODE_ADDRESS},
	{NODE_ORGANIZATION, BYTES_OF("standardIndustryClassCode"), NODE_PRACTICE},
	{NODE_ADDRESS, BYTES_OF("streetAddressLine"), NODE_ADDRESS_LINE},
	{NODE_ADDRESS, BYTES_OF(""), NODE_ADDRESS_PART},
	{NODE_CUSTODIAN, BYTES_OF("assignedCustodian"), NODE_ASSIGNED_CUSTODIAN},
	{NODE_ASSIGNED_CUSTODIAN, BYTES_OF("representedCustodianOrganization"), NODE_KEEPER},
	{NODE_KEEPER, BYTES_OF("id"), NODE_KEEPER_ID},
	{NODE_KEEPER, BYTES_OF("name"), NODE_KEEPER_NAME},
	{NODE_KEEPER, BYTES_OF("telecom"), NODE_TELECOM},
	{NODE_KEEPER, BYTES_OF("addr"), NODE_ADDRESS},
	{NODE_FULFILMENT, BYTES_OF("order"), NODE_ORDER},
	{NODE_ORDER, BYTES_OF("id"), NODE_ORDER_ID},
	{NODE_ORDER, BYTES_OF("code"), NODE_ORDER_CODE},
	{NODE_DOCUMENTATION, BYTES_OF("serviceEvent"), NODE_EVENT},
	{NODE_EVENT, BYTES_OF("effectiveTime"), NODE_EVENT_TIME},
	{NODE_EVENT, BYTES_OF("performer"), NODE_PERFORMER},
	{NODE_EVENT_TIME, BYTES_OF("low"), NODE_EVENT_LOW},
	{NODE_EVENT_TIME, BYTES_OF("high"), NODE_EVENT_HIGH},
	{NODE_PERFORMER, BYTES_OF("assignedEntity"), NODE_ENTITY},
	{NODE_RELATED, BYTES_OF("parentDocument"), NODE_PARENT},
	{NODE_PARENT, BYTES_OF("id"), NODE_PARENT_ID},
	{NODE_PARENT, BYTES_OF("setId"), NODE_PARENT_SET},
	{NODE_PARENT, BYTES_OF("versionNumber"), NODE_PARENT_VERSION},
	{NODE_AUTHORIZATION, BYTES_OF("consent"), NODE_CONSENT},
	{NODE_CONSENT, BYTES_OF("code"), NODE_CONSENT_CODE},
	{NODE_CONSENT, BYTES_OF("statusCode"), NODE_CONSENT_STATUS},
	{NODE_COMPONENT_OF, BYTES_OF("encompassingEncounter"), NODE_ENCOUNTER},
	{NODE_ENCOUNTER, BYTES_OF("code"), NODE_ENCOUNTER_CODE},
	{NODE_ENCOUNTER, BYTES_OF("effectiveTime"), NODE_ENCOUNTER_TIME},
	{NODE_ENCOUNTER, BYTES_OF("responsibleParty"), NODE_RESPONSIBLE},
	{NODE_ENCOUNTER, BYTES_OF("location"), NODE_LOCATION},
	{NODE_RESPONSIBLE, BYTES_OF("assignedEntity"), NODE_ENTITY},
	{NODE_LOCATION, BYTES_OF("healthCareFacility"), NODE_FACILITY},
	{NODE_FACILITY, BYTES_OF("code"), NODE_FACILITY_CODE},
	{NODE_COMPONENT, BYTES_OF("nonXMLBody"), NODE_FILE_BODY},
	{NODE_COMPONENT, BYTES_OF("structuredBody"), NODE_STRUCTURED_BODY},
	{NODE_FILE_BODY, BYTES_OF("text"), NODE_FILE},
};

/* Most rows differ in length or first letter. */
static bool is_named(struct bytes row, struct bytes name)
{
	return row.len == 0 || (row.len == name.len && row.at[0] == name.at[0] && bytes_equal(row, name));
}

/* The three other roles have the parts of an assigned entity. */
static enum node family_of(enum node node)
{
	return node == NODE_INTENDED || node == NODE_ASSOCIATED || node == NODE_RELATED_ENTITY ? NODE_ENTITY : node;
}

enum node node_of(enum node parent, const struct xml_element *element)
{
	enum node in = family_of(parent);

	if (in == NODE_ORDER && bytes_equal_text(element->ns, DICOM) && bytes_equal_text(element->name, "accessionNumber"))
		return NODE_ACCESSION;
	if (!bytes_equal_text(element->ns, HL7))
		return NODES;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].parent == in && is_named(rows[i].name, element->name))
			return rows[i].node;
	return NODES;
}

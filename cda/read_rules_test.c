/* cda/read_rules_test.c - a sound document that uses every part of the header, broken in one place a row: exactly that rule speaks. */
#include "base/buf.h"
#include "cda/corpus_test.h"
#include "cda/read.h"
#include "cda/value_set.h"

#define PROFESSIONAL(number) "<id root=\"1.2.250.1.71.4.2.1\" extension=\"" number "\"/>"
#define HOSPITAL(parts) "<representedOrganization><id root=\"1.2.250.1.71.4.2.2\" extension=\"1750803447\"/><name>CH EXEMPLE</name>" parts "</representedOrganization>"
#define PERSON "<assignedPerson><name><family>DUMAS</family><given>Olivier</given><prefix>M</prefix><suffix>DR</suffix></name></assignedPerson>"
#define PRACTICE "<standardIndustryClassCode code=\"ETABLISSEMENT\" codeSystem=\"1.2.250.1.213.1.1.4.9\" displayName=\"x\"/>"

static const char good[] =
	"<ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:ps3-20=\"urn:dicom-org:ps3-20\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
	"<realmCode code=\"FR\"/><typeId root=\"2.16.840.1.113883.1.3\" extension=\"POCD_HD000040\"/>"
	"<templateId root=\"2.16.840.1.113883.2.8.2.1\"/><templateId root=\"1.2.250.1.213.1.1.1.1\"/><templateId root=\"1.3.6.1.4.1.19376.1.2.20\"/>"
	"<id root=\"1.2.250.1.999.1\" extension=\"2\"/>"
	"<code code=\"85208-7\" codeSystem=\"2.16.840.1.113883.6.1\" displayName=\"CR\"/><title>Avis</title>"
	"<effectiveTime value=\"20261121213000+0100\"/><confidentialityCode code=\"N\" codeSystem=\"2.16.840.1.113883.5.25\"/>"
	"<languageCode code=\"fr-FR\"/><setId root=\"1.2.250.1.999.2\" extension=\"S\"/><versionNumber value=\"2\"/>"
	"<recordTarget><patientRole><id root=\"1.2.250.1.213.1.4.10\" extension=\"279035121518989\"/><id root=\"1.2.3.4\" extension=\"IPP\"/>"
	"<addr><streetNameType>rue</streetNameType><city>Reims</city></addr><addr nullFlavor=\"NAV\"/>"
	"<telecom value=\"tel:0102030405\" use=\"H WP\"/><telecom nullFlavor=\"NASK\"/>"
	"<patient><name><prefix>MME</prefix><family qualifier=\"BR\">PAT-TROIS</family><given>DOMINIQUE MARIE-LOUISE</given><given qualifier=\"BR\">DOMINIQUE</given>"
	"<family qualifier=\"CL\">PAT-TROIS</family><given qualifier=\"CL\">DOMINIQUE</given></name>"
	"<administrativeGenderCode code=\"F\" codeSystem=\"2.16.840.1.113883.5.1\"/><birthTime value=\"19790328\"/>"
	"<guardian><guardianPerson><name><family>PAT</family></name></guardianPerson></guardian>"
	"<birthplace><place><addr><county>51215</county></addr></place></birthplace></patient></patientRole></recordTarget>"
	"<author><functionCode code=\"x\" codeSystem=\"1.2\"/><time value=\"20261121\"/><assignedAuthor>" PROFESSIONAL("801234567123")
	"<code code=\"G15_10/SM26\" codeSystem=\"1.2.250.1.213.1.1.4.5\"/><addr><streetAddressLine>1 rue</streetAddressLine></addr>" PERSON HOSPITAL("") "</assignedAuthor></author>"
	"<author><time nullFlavor=\"NAV\"/><assignedAuthor>" PROFESSIONAL("1750803447/relais")
	"<assignedAuthoringDevice><manufacturerModelName>M</manufacturerModelName><softwareName>S</softwareName></assignedAuthoringDevice></assignedAuthor></author>"
	"<dataEnterer><assignedEntity>" PROFESSIONAL("0123456789") "</assignedEntity></dataEnterer>"
	"<informant><relatedEntity classCode=\"ECON\"><relatedPerson><name><family>PAT</family></name></relatedPerson></relatedEntity></informant>"
	"<custodian><assignedCustodian><representedCustodianOrganization><id root=\"1.2.250.1.71.4.2.2\" extension=\"2123456789\"/><name>CH</name>"
	"</representedCustodianOrganization></assignedCustodian></custodian>"
	"<informationRecipient><intendedRecipient>" PROFESSIONAL("801234567124") "<informationRecipient><name><family>AUTRE</family></name></informationRecipient>"
	"</intendedRecipient></informationRecipient>"
	"<legalAuthenticator><time value=\"20261121\"/><signatureCode code=\"S\"/><assignedEntity>" PROFESSIONAL("801234567125") PERSON
	"</assignedEntity></legalAuthenticator>"
	"<participant typeCode=\"REF\"><time nullFlavor=\"NA\"/><associatedEntity classCode=\"PROV\">" PROFESSIONAL("801234567126") "</associatedEntity></participant>"
	"<inFulfillmentOf><order><id root=\"1.2.250.1.999.3\" extension=\"R\"/><code nullFlavor=\"NA\"/>"
	"<ps3-20:accessionNumber root=\"1.2.3\" extension=\"9\"/></order></inFulfillmentOf>"
	"<documentationOf><serviceEvent><effectiveTime><low value=\"20261121210000+0100\"/></effectiveTime><performer typeCode=\"PRF\"><assignedEntity>" PROFESSIONAL("801234567127")
	HOSPITAL(PRACTICE) "</assignedEntity></performer></serviceEvent></documentationOf>"
	"<documentationOf><serviceEvent><effectiveTime value=\"2026\"/></serviceEvent></documentationOf>"
	"<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"1.2.250.1.999.1\" extension=\"1\"/><setId root=\"1.2.250.1.999.2\" extension=\"S\"/><versionNumber value=\"1\"/>"
	"</parentDocument></relatedDocument>"
	"<authorization><consent><code code=\"64292-6\" codeSystem=\"2.16.840.1.113883.6.1\"/><statusCode code=\"completed\"/></consent></authorization>"
	"<componentOf><encompassingEncounter><code code=\"VR\" codeSystem=\"2.16.840.1.113883.5.4\"/><effectiveTime><low value=\"20261121\"/></effectiveTime>"
	"<responsibleParty><assignedEntity>" PROFESSIONAL("801234567128") "</assignedEntity></responsibleParty>"
	"<location><healthCareFacility><code code=\"SA01\" codeSystem=\"1.2.250.1.71.4.2.4\"/></healthCareFacility></location></encompassingEncounter></componentOf>"
	"<component><nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">JVBERi0xLjQK</text></nonXMLBody></component>"
	"</ClinicalDocument>";

/* What is taken (its first occurrence), what stands in its place, the one rule that then speaks. */
static const struct {
	const char *find, *put, *rule;
} rows[] = {
	{"<realmCode code=\"FR\"/>", "<realmCode code=\"FR\"/><realmCode code=\"FR\"/>", "header.realm"},
	{"POCD_HD000040", "POCD_HD000041", "header.type-id"},
	{"root=\"2.16.840.1.113883.1.3\"", "root=\"1.2\"", "header.type-id"},
	{"<templateId root=\"2.16.840.1.113883.2.8.2.1\"/>", "<templateId root=\"1.2.3\"/>", "header.templates"},
	{"<templateId root=\"1.3.6.1.4.1.19376.1.2.20\"/>", "<templateId root=\"1.2.3\"/>", "header.templates.level-1"},
	{"<templateId root=\"1.3.6", "<templateId root=\"1.2.3\"/><templateId root=\"1.3.6", "header.templates.level-1"},
	{"<id root=\"1.2.250.1.999.1\" extension=\"2\"/>", "<id root=\"not an OID\" extension=\"2\"/>", "header.id"},
	{"<id root=\"1.2.250.1.999.1\" extension=\"2\"/>", "<id root=\"0F2DC8B0-3E2A-4B6D-9E3F-00000000000\"/>", "header.id"},
	{"<id root=\"1.2.250.1.999.1\" extension=\"2\"/>", "<id root=\"1.2.250.1.999.1\" extension=\"2\"/><id root=\"1.2\"/>", "header.id"},
	{"<id root=\"1.2.250.1.999.1\" extension=\"2\"/>", "<id root=\"1.2.250.1.999.1\" extension=\"2\" nullFlavor=\"NA\"/>", "header.id"},
	{" displayName=\"CR\"", "", "header.code"},
	{"85208-7", "85208-8", "header.code.known"},
	{"<title>Avis</title>", "<title> </title>", "header.title"},
	{"<title>Avis</title>", "", "header.title"},
	{"20261121213000+0100", "20261121213000", "header.time"},
	{"20261121213000+0100", "202611212130+0100", "header.time"},
	{"5.25\"/>", "5.26\"/>", "header.confidentiality"},
	{"<confidentialityCode code=\"N\"", "<confidentialityCode code=\"MASQUE_PS\"", "header.confidentiality.code"},
	{"\"fr-FR\"", "\"fr\"", "header.language"},
	{"\"fr-FR\"", "\"FR-fr\"", "header.language"},
	{"<setId root=\"1.2.250.1.999.2\" extension=\"S\"/><versionNumber value=\"2\"/>", "<setId root=\"1.2.250.1.999.2\" extension=\"S\"/><setId root=\"1.2\"/><versionNumber value=\"2\"/>", "header.set-id"},
	{"<versionNumber value=\"2\"/>", "<versionNumber value=\"0\"/>", "header.version"},
	{"<versionNumber value=\"2\"/>", "", "header.version"},
	{"</authorization>", "</authorization><authorization/>", "header.authorization"},
	{"<code code=\"64292-6\" codeSystem=\"2.16.840.1.113883.6.1\"/>", "", "header.authorization.code"},
	{"\"completed\"", "\"active\"", "header.authorization.status"},
	{" extension=\"IPP\"", "", "header.patient.ids"},
	{"<id root=\"1.2.3.4\" extension", "<id root=\"IPP\" extension", "header.patient.ids.root"},
	{"279035121518989", "279035121518988", "header.patient.ins"},
	{"279035121518989", "2790351215189", "header.patient.ins"},
	{"<id root=\"1.2.3.4\" extension=\"IPP\"/>", "<id root=\"1.2.250.1.213.1.4.8\" extension=\"279035121518989\"/>", "header.patient.ins.one"},
	{"<id root=\"1.2.3.4\" extension=\"IPP\"/>", "<id root=\"1.2.250.1.213.1.4.2\" extension=\"1234567890123456789\"/>", "header.patient.ins-c"},
	{"</name><administrative", "</name><name/><administrative", "header.patient.name"},
	{"<prefix>MME</prefix>", "<prefix>MME</prefix><prefix>DR</prefix>", "header.patient.prefix"},
	{"<family qualifier=\"CL\">", "<family>", "header.patient.family"},
	{"<family qualifier=\"CL\">", "<family qualifier=\"SP\">", "header.patient.family"},
	{"<given qualifier=\"CL\">", "<given qualifier=\"SP\">", "header.patient.given"},
	{"<family qualifier=\"BR\">PAT-TROIS</family>", "", "header.patient.traits.family"},
	{"<given qualifier=\"BR\">DOMINIQUE</given>", "", "header.patient.traits.given"},
	{"<given>DOMINIQUE MARIE-LOUISE</given>", "", "header.patient.traits.given-all"},
	{"<given>DOMINIQUE MARIE-LOUISE</given>", "<given>DOMINIQUE</given><given>MARIE-LOUISE</given>", "header.patient.traits.given-all"},
	{"<administrativeGenderCode code=\"F\" codeSystem=\"2.16.840.1.113883.5.1\"/>", "", "header.patient.traits.sex"},
	{"<county>51215</county>", "", "header.patient.traits.birth-place"},
	{"<birthTime value=\"19790328\"/>", "", "header.patient.birth"},
	{"19790328", "197903", "header.patient.birth.day"},
	{"19790328", "19791328", "header.patient.birth.day"},
	{"<administrativeGenderCode code=\"F\"", "<administrativeGenderCode code=\"W\"", "header.patient.sex"},
	{"<county>51215</county>", "<county>REIMS</county>", "header.patient.birth-place"},
	{"<birthTime", "<raceCode code=\"x\"/><birthTime", "header.patient.forbidden"},
	{"<birthTime", "<religiousAffiliationCode code=\"x\"/><birthTime", "header.patient.forbidden"},
	{"<birthTime", "<ethnicGroupCode code=\"x\"/><birthTime", "header.patient.forbidden"},
	{"<guardianPerson><name><family>PAT</family></name></guardianPerson>", "", "header.patient.guardian"},
	{"value=\"tel:0102030405\" use=\"H WP\"", "value=\"tel:0102030405\" nullFlavor=\"NAV\"", "header.telecom.value"},
	{"<telecom nullFlavor=\"NASK\"/>", "<telecom/>", "header.telecom.value"},
	{"tel:0102030405", "0102030405", "header.telecom.scheme"},
	{"tel:0102030405", "javascript:x", "header.telecom.scheme"},
	{"\"H WP\"", "\"H XX\"", "header.telecom.use"},
	{"\"NASK\"", "\"NP\"", "header.telecom.null"},
	{"<addr nullFlavor=\"NAV\"/>", "<addr nullFlavor=\"NAV\"><city>x</city></addr>", "header.address.null"},
	{"<addr nullFlavor=\"NAV\"/>", "<addr/>", "header.address.empty"},
	{"<streetAddressLine>1 rue</streetAddressLine>", "<streetAddressLine/><streetAddressLine/><streetAddressLine/><streetAddressLine/>"
	 "<streetAddressLine/><streetAddressLine/><streetAddressLine/><streetAddressLine/>", "header.address.lines"},
	{"<streetAddressLine>1 rue</streetAddressLine>", "<streetAddressLine>1 rue</streetAddressLine><city>Reims</city>", "header.address.mixed"},
	{"</name></assignedPerson>", "</name><name><family>X</family></name></assignedPerson>", "header.person.name"},
	{"<family>DUMAS</family>", "", "header.person.family"},
	{"<given>Olivier</given>", "<given>Olivier</given><given>Jean</given>", "header.person.given"},
	{"<prefix>M</prefix>", "<prefix>M</prefix><prefix>M</prefix>", "header.person.prefix"},
	{"<prefix>M</prefix>", "<prefix>Monsieur</prefix>", "header.person.prefix.code"},
	{"<suffix>DR</suffix>", "<suffix>DR</suffix><suffix>PR</suffix>", "header.person.suffix"},
	{"<suffix>DR</suffix>", "<suffix>Dr</suffix>", "header.person.suffix.code"},
	{"801234567123", "01234567123", "header.professional.id"},
	{"801234567123", "80123456712", "header.professional.id"},
	{"0123456789", "012345678", "header.professional.id"},
	{"1750803447/relais", "1750803447/", "header.professional.id"},
	{"<id root=\"1.2.250.1.71.4.2.2\" extension=\"1750803447\"/>", "<id root=\"1.2.250.1.71.4.2.2\" extension=\"750803447\"/>", "header.structure.id"},
	{"<id root=\"1.2.250.1.71.4.2.2\" extension=\"1750803447\"/>", "<id root=\"1.2.250.1.71.4.2.2\" extension=\"31234567890123\"/>", "header.structure.id"},
	{"<id root=\"1.2.250.1.71.4.2.2\" extension=\"1750803447\"/>", "<id root=\"1.2.3\" extension=\"1750803447\"/>", "header.organization.root"},
	{"<name>CH EXEMPLE</name>", "<name>CH EXEMPLE</name><name>CH</name>", "header.organization.name"},
	{"<assignedAuthor>" PROFESSIONAL("801234567123"), "<assignedAuthor>", "header.author.id"},
	{"<assignedAuthor>" PROFESSIONAL("801234567123"), "<assignedAuthor><id nullFlavor=\"NASK\"/>", "header.author.id"},
	{"<time value=\"20261121\"/><assignedAuthor>", "<assignedAuthor>", "header.author.time"},
	{"<functionCode code=\"x\" codeSystem=\"1.2\"/>", "<functionCode code=\"x\" codeSystem=\"1.2\"/><functionCode code=\"y\" codeSystem=\"1.2\"/>", "header.author.function"},
	{"<code code=\"G15_10/SM26\" codeSystem=\"1.2.250.1.213.1.1.4.5\"/>", "<code code=\"a\"/><code code=\"b\"/>", "header.author.code"},
	{PERSON, "", "header.author.person"},
	{PERSON, PERSON "<assignedAuthoringDevice><manufacturerModelName>M</manufacturerModelName><softwareName>S</softwareName></assignedAuthoringDevice>", "header.author.person"},
	{"<softwareName>S</softwareName>", "", "header.author.device"},
	{"<time value=\"20261121\"/>", "<time value=\"2026\"/>", "header.party.time"},
	{"<legalAuthenticator><time value=\"20261121\"/>", "<legalAuthenticator><time value=\"hier\"/>", "header.party.time"},
	{"</dataEnterer>", "</dataEnterer><dataEnterer/>", "header.data-enterer"},
	{"<relatedEntity classCode=\"ECON\"><relatedPerson><name><family>PAT</family></name></relatedPerson></relatedEntity>", "", "header.informant"},
	{"</custodian>", "</custodian><custodian/>", "header.custodian"},
	{"<id root=\"1.2.250.1.71.4.2.2\" extension=\"2123456789\"/>", "", "header.custodian.id"},
	{"<id root=\"1.2.250.1.71.4.2.2\" extension=\"2123456789\"/>", "<id root=\"1.2.3\" extension=\"2123456789\"/>", "header.custodian.root"},
	{"2123456789", "4123456789", "header.custodian.structure"},
	{"<name>CH</name>", "<name>CH</name><name>CH</name>", "header.custodian.name"},
	{"<id root=\"1.2.250.1.71.4.2.1\" extension=\"801234567124\"/>", "<id root=\"1.2.3\" extension=\"801234567124\"/>", "header.recipient.id"},
	{"</legalAuthenticator>", "</legalAuthenticator><legalAuthenticator><time value=\"20261121\"/><signatureCode code=\"S\"/></legalAuthenticator>", "header.legal"},
	{"<legalAuthenticator><time value=\"20261121\"/>", "<legalAuthenticator>", "header.legal.time"},
	{"<signatureCode code=\"S\"/>", "<signatureCode code=\"X\"/>", "header.legal.signature"},
	{"<signatureCode code=\"S\"/>", "", "header.legal.signature"},
	{PROFESSIONAL("801234567125"), "", "header.legal.id"},
	{PROFESSIONAL("801234567125"), PROFESSIONAL("801234567125") PROFESSIONAL("801234567129"), "header.legal.id"},
	{"<id root=\"1.2.250.1.71.4.2.1\" extension=\"801234567125\"/>", "<id root=\"1.2.3\" extension=\"801234567125\"/>", "header.legal.root"},
	{"<participant typeCode=\"REF\">", "<participant typeCode=\"TRC\">", "header.participant.type"},
	{"<time nullFlavor=\"NA\"/>", "", "header.participant.time"},
	{"classCode=\"PROV\"", "classCode=\"PAT\"", "header.participant.class"},
	{"<id root=\"1.2.250.1.999.3\" extension=\"R\"/>", "", "header.order.id"},
	{"<id root=\"1.2.250.1.999.3\" extension=\"R\"/>", "<id root=\"1.2.250.1.999.3\"/><id root=\"1.2.250.1.999.4\"/>", "header.order.id"},
	{"<id root=\"1.2.250.1.999.3\" extension=\"R\"/>", "<id root=\"demande\" extension=\"R\"/>", "header.order.id.root"},
	{"<code nullFlavor=\"NA\"/>", "<code nullFlavor=\"NA\"/><code nullFlavor=\"NA\"/>", "header.order.code"},
	{"</order>", "<ps3-20:accessionNumber root=\"1.2.3\" extension=\"9\"/></order>", "header.order.accession"},
	{"</performer>", "</performer><performer typeCode=\"PRF\"><assignedEntity>" PROFESSIONAL("801234567130") "</assignedEntity></performer>", "header.event.performer"},
	{"<performer typeCode=\"PRF\">", "<performer typeCode=\"SPRF\">", "header.event.performer.type"},
	{PROFESSIONAL("801234567127"), "", "header.event.performer.id"},
	{"<effectiveTime><low value=\"20261121210000+0100\"/></effectiveTime>", "", "header.event.time"},
	{PRACTICE, "", "header.event.practice"},
	{"\"ETABLISSEMENT\"", "\"AUTRE\"", "header.event.practice.code"},
	{"</relatedDocument>", "</relatedDocument><relatedDocument typeCode=\"RPLC\"/>", "header.related"},
	{"\"RPLC\"", "\"XFRM\"", "header.related.type"},
	{"<id root=\"1.2.250.1.999.1\" extension=\"1\"/>", "", "header.related.parent"},
	{"<versionNumber value=\"1\"/>", "<versionNumber value=\"1\"/><versionNumber value=\"1\"/>", "header.related.parent.version"},
	{"<id root=\"1.2.250.1.999.1\" extension=\"1\"/>", "<id root=\"1.2.250.1.999.1\" extension=\"2\"/>", "header.related.new-id"},
	{"<parentDocument><id root=\"1.2.250.1.999.1\" extension=\"1\"/><setId root=\"1.2.250.1.999.2\"", "<parentDocument><id root=\"1.2.250.1.999.1\" extension=\"1\"/><setId root=\"1.2.9\"", "header.related.set"},
	{"<versionNumber value=\"1\"/>", "<versionNumber value=\"2\"/>", "header.related.version"},
	{"<versionNumber value=\"2\"/>", "<versionNumber value=\"4\"/>", "header.related.version"},
	{"</componentOf>", "</componentOf><componentOf><encompassingEncounter><effectiveTime/></encompassingEncounter></componentOf>", "header.encounter"},
	{"<effectiveTime><low value=\"20261121\"/></effectiveTime>", "", "header.encounter.time"},
	{"<code code=\"VR\" codeSystem=\"2.16.840.1.113883.5.4\"/>", "<code nullFlavor=\"NA\"/><code nullFlavor=\"NA\"/>", "header.encounter.code"},
	{"<code code=\"VR\"", "<code code=\"ACUTE\"", "header.encounter.code.known"},
	{"<id root=\"1.2.250.1.71.4.2.1\" extension=\"801234567128\"/>", "<id root=\"1.2.3\" extension=\"801234567128\"/>", "header.encounter.responsible"},
	{"<code code=\"SA01\" codeSystem=\"1.2.250.1.71.4.2.4\"/>", "", "header.encounter.facility"},
	{"\"SA01\"", "\"SA00\"", "header.encounter.facility.code"},
	{"<component>", "<component><structuredBody/></component><component>", "body.one"},
	{"JVBERi0xLjQK", "", "body.file"},
	{" representation=\"B64\">JVBERi0xLjQK", ">%PDF-1.4", "body.file.base64"},
	{"\"application/pdf\" representation=\"B64\">JVBERi0xLjQK", "\"image/png\" representation=\"B64\">iVBORw0KGgo=", "body.file.type"},
	{"\"application/pdf\"", "\"image/jpeg\"", "embedded.type"},
	{"JVBERi0xLjQK", "JVBERi0*xLjQK", "embedded.base64"},
};

static struct bytes with_change(struct arena *arena, struct bytes document, const char *find, const char *put)
{
	size_t at = bytes_find(document, bytes_of_text(find), 0);
	if (at == document.len)
		fail_msg("not in the document: %s", find);
	struct bytes rest = bytes_from(document, at + strlen(find));
	return bytes_of_text(arena_printf(arena, "%.*s%s%.*s", (int)at, document.at, put, (int)rest.len, rest.at));
}

static const char *findings(struct arena *arena, const struct cda_document *d)
{
	const char *told = "";
	for (size_t i = 0; i < d->finding_count; i++)
		told = arena_printf(arena, "%s%s%s", told, i > 0 ? ", " : "", d->findings[i].rule);
	return told;
}

static void test_rows(void **state)
{
	static const struct cda_options options = {0};
	struct arena *arena = arena_create(16u << 20);
	struct bytes document = BYTES(good);
	struct cda_document d;
	size_t right = 0;

	(void)state;
	assert_int_equal(cda_read(arena, document, &options, &d), REASON_NONE);
	assert_string_equal(findings(arena, &d), "");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes bad = with_change(arena, document, rows[i].find, rows[i].put);
		enum reason reason = cda_read(arena, bad, &options, &d);
		if (reason != REASON_NONE || strcmp(findings(arena, &d), rows[i].rule) != 0)
			print_message("%s -> %s: %s, not \"%s\" but \"%s\"\n", rows[i].find, rows[i].put, reason_code(reason),
				      rows[i].rule, findings(arena, &d));
		else
			right++;
	}
	assert_int_equal(right, sizeof rows / sizeof *rows);
	arena_destroy(&arena);
}

/* Documents of which a row cannot be made: what is absent altogether, a style sheet around it, the schema. */
static void test_other_documents(void **state)
{
	static const struct cda_options options = {0};
	static const struct {
		const char *from, *to, *rules;
	} cuts[] = {   /* all that stands from one to the other is taken out */
		{"<author>", "<dataEnterer>", "header.author"},
		{"<custodian>", "<informationRecipient>", "header.custodian"},
		{"<legalAuthenticator>", "<participant", "header.legal"},
		{"<documentationOf>", "<relatedDocument", "header.event"},
		{"<componentOf>", "<component>", "header.encounter"},
		{"<component>", "</ClinicalDocument>", "body.one"},
	};
	struct arena *arena = arena_create(1u << 20);
	struct bytes document = BYTES(good);
	struct cda_document d;

	(void)state;
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		size_t from = bytes_find(document, bytes_of_text(cuts[i].from), 0), to = bytes_find(document, bytes_of_text(cuts[i].to), from);
		assert_true(to < document.len);
		struct bytes bad = bytes_of_text(arena_printf(arena, "%.*s%s", (int)from, good, good + to));
		assert_int_equal(cda_read(arena, bad, &options, &d), REASON_NONE);
		assert_string_equal(findings(arena, &d), cuts[i].rules);
	}
	struct bytes wrapped = bytes_of_text(arena_printf(arena, "<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\">%s</xsl:stylesheet>", good));
	assert_int_equal(cda_read(arena, wrapped, &options, &d), REASON_DOCUMENT_SELF_DISPLAYING);
	assert_string_equal(findings(arena, &d), "document.style-sheet");
	arena_destroy(&arena);
}

static void test_schema(void **state)
{
	const char *root = corpus_root();
	struct arena *arena = arena_create(1u << 20);
	struct cda_options options = {0};
	struct cda_document d;

	(void)state;
	assert_int_equal(schema_load(arena_printf(arena, "%s/cda-schema", root), &options.schema), REASON_NONE);
	assert_int_equal(cda_read(arena, BYTES(good), &options, &d), REASON_NONE);
	assert_int_equal(d.schema, CDA_SCHEMA_VALID);
	assert_string_equal(findings(arena, &d), "");
	struct bytes bad = with_change(arena, BYTES(good), "<title>Avis</title>", "<title colour=\"x\">Avis</title>");
	assert_int_equal(cda_read(arena, bad, &options, &d), REASON_NONE);
	assert_string_equal(findings(arena, &d), "document.schema");
	schema_close(&options.schema);
	arena_destroy(&arena);
}

/* A rule without a row is a rule that nobody has seen speak. */
static void test_every_rule_has_a_row(void **state)
{
	static const char *const elsewhere[] = {"header.author", "header.event", "document.style-sheet", "document.schema"};
	static const char *const names[] = {
#define R(name, level, when, where, function, source, fr, en) name,
#include "cda/rule_list.h"
#undef R
	};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		bool seen = false;
		for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
			seen |= strcmp(rows[k].rule, names[i]) == 0;
		for (size_t k = 0; k < sizeof elsewhere / sizeof *elsewhere; k++)
			seen |= strcmp(elsewhere[k], names[i]) == 0;
		if (!seen)
			fail_msg("no row for %s", names[i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(names[k], names[i]);
	}
}

/* Our copies of the value sets hold what the published files hold, and no more. */
static void test_value_sets(void **state)
{
	static const struct {
		enum value_set set;
		const char *file;
		size_t codes;
	} sets[] = {
		{VALUE_SET_TYPE, "JDV_J07_XdsTypeCode_CISIS", 114},
		{VALUE_SET_CONFIDENTIALITY, "JDV_J08_XdsConfidentialityCode_CISIS", 3},
		{VALUE_SET_PRACTICE, "JDV_J04_XdsPracticeSettingCode_CISIS", 12},
		{VALUE_SET_FACILITY, "JDV_J02_XdsHealthcareFacilityTypeCode_CISIS", 69},
		{VALUE_SET_ENCOUNTER, "JDV_EncompassingEncounterCode_CISIS", 9},
	};
	const char *root = corpus_root();
	struct arena *arena = arena_create(4u << 20);

	(void)state;
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		struct bytes file = corpus_file(arena, arena_printf(arena, "%s/cda/fr-value-sets/%s.xml", root, sets[i].file));
		size_t known = 0;
		for (size_t at = bytes_find(file, BYTES("<Concept "), 0); at < file.len; at = bytes_find(file, BYTES("<Concept "), at + 1)) {
			struct bytes tag = bytes_slice(file, at, bytes_find_byte(file, '>', at) - at), values[2];
			static const struct bytes names[] = {BYTES_OF(" code=\""), BYTES_OF(" codeSystem=\"")};
			for (size_t k = 0; k < 2; k++) {
				size_t value = bytes_find(tag, names[k], 0) + names[k].len;
				values[k] = bytes_slice(tag, value, bytes_find_byte(tag, '"', value) - value);
			}
			known += value_set_has(sets[i].set, values[0], values[1]);
		}
		assert_int_equal(known, sets[i].codes);
	}
	assert_false(value_set_has(VALUE_SET_CONFIDENTIALITY, BYTES("MASQUE_PS"), BYTES("1.2.250.1.213.1.1.4.13")));
	assert_false(value_set_has(VALUE_SET_TYPE, BYTES(""), BYTES("ASTM")));
	assert_false(value_set_has(VALUE_SET_TYPE, BYTES("E1762"), BYTES("2.16.840.1.113883.6.1")));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_other_documents),
		cmocka_unit_test(test_schema),
		cmocka_unit_test(test_every_rule_has_a_row),
		cmocka_unit_test(test_value_sets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

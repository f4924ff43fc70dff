/* cda/xdm_read_test.c - public packages, and packages made here that are wrong in one place each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zip.h>

#include "base/buf.h"
#include "base/digest.h"
#include "cda/corpus_test.h"
#include "cda/xdm_read.h"

static bool is(struct bytes a, const char *text)
{
	return bytes_equal_text(a, text);
}

/* --- public packages --------------------------------------------------------------- */

static const struct {
	const char *path;
	enum reason reason;
	const char *name, *type_code;
	size_t loose;
} packages[] = {
	{"hostile/xdm/ett/webapp/src/main/resources/cda-samples/XDM_FULL.ZIP", REASON_NONE, "IHE_XDM/SUBSET01/CCDAAMB.XML",
	 "34096-8", 0},
	{"hostile/xdm/ett/webapp/src/main/resources/cda-samples/XDM_LIM.ZIP", REASON_NONE, "IHE_XDM/SUBSET01/CCDAAMB.XML",
	 "34096-8", 0},
	/* One folder too deep, mixed case, no URI, a style sheet beside the document: told, and no conformant package. */
	{"hostile/xdm/direct-xd-common/src/test/resources/samplexdm.zip", REASON_ARCHIVE_NOT_XDM,
	 "samplexdm/IHE_XDM/SUBSET01/Document01.xml", "34133-9", 1},
	{"cda/xdm/samplexdm.zip", REASON_ARCHIVE_NOT_XDM, "samplexdm/IHE_XDM/SUBSET01/Document01.xml", "34133-9", 1},
};

static void test_packages(void **state)
{
	(void)state;
	const char *root = corpus_root();
	for (size_t i = 0; i < sizeof packages / sizeof *packages; i++) {
		struct arena *arena = arena_create(64u << 20);
		struct xdm_archive a;
		double begin = cpu_ms();
		enum reason reason = xdm_read(arena, corpus_file(arena, arena_printf(arena, "%s/%s", root, packages[i].path)), &a);
		print_message("%s: %s, %.1f ms\n", packages[i].path, reason_code(reason), cpu_ms() - begin);
		assert_int_equal(reason, packages[i].reason);
		assert_true(a.metadata);
		assert_int_equal(a.count, 1 + packages[i].loose);
		assert_true(is(a.documents[0].name, packages[i].name));
		assert_true(is(a.documents[0].type_code, packages[i].type_code));
		assert_true(a.documents[0].described && a.documents[0].hash_told);
		assert_int_equal(a.documents[0].type, SNIFF_XML);
		arena_destroy(&arena);
	}
}

/* --- packages made here ---------------------------------------------------------------- */

#define DOCUMENT "<ClinicalDocument xmlns='urn:hl7-org:v3'/>"
#define OTHER "<ClinicalDocument xmlns='urn:hl7-org:v3'> </ClinicalDocument>"
#define INS "279035121518989^^^&amp;1.2.250.1.213.1.4.10&amp;ISO^NH"
#define SLOT(name, values) "<r:Slot name='" name "'><r:ValueList>" values "</r:ValueList></r:Slot>"
#define VALUE(text) "<r:Value>" text "</r:Value>"
#define PATIENT(value) "<r:ExternalIdentifier identificationScheme='urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427' value='" value "'/>"
#define UNIQUE(value) "<r:ExternalIdentifier identificationScheme='urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab' value='" value "'/>"
#define CODE(scheme, code) "<r:Classification classificationScheme='urn:uuid:" scheme "' nodeRepresentation='" code "'/>"
#define OBJECT(parts) "<r:ExtrinsicObject mimeType='text/xml' objectType='urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1'>" parts "</r:ExtrinsicObject>"
#define SET(patient) "<r:RegistryPackage><r:ExternalIdentifier identificationScheme='urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446' value='" patient "'/>" \
	"</r:RegistryPackage><r:Classification classificationNode='urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd'/>"
#define REQUEST(parts) "<l:SubmitObjectsRequest xmlns:l='urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0' xmlns:r='urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0'>" \
	"<r:RegistryObjectList>" parts "</r:RegistryObjectList></l:SubmitObjectsRequest>"
#define URI(name) SLOT("URI", VALUE(name))
#define GOOD OBJECT(URI("DOC0001.XML") PATIENT(INS) UNIQUE("1.2.3^A"))
#define AT "IHE_XDM/SUBSET01/"

struct made {
	const char *what;
	struct { const char *name, *content; } files[4];
	enum reason reason;
	size_t count;
};

static const struct made made[] = {
	{"a plain package", {{AT "METADATA.XML", REQUEST(GOOD SET(INS))}, {AT "DOC0001.XML", DOCUMENT}, {"INDEX.HTM", "x"}, {"README.TXT", "x"}},
	 REASON_NONE, 1},
	{"another case, another folder, URI from the root",
	 {{"ihe_xdm/Set 2/Metadata.xml", REQUEST(OBJECT(URI("IHE_XDM/set 2/doc1.xml") PATIENT(INS)))}, {"ihe_xdm/Set 2/Doc1.XML", DOCUMENT}},
	 REASON_NONE, 1},
	{"no URI, one document", {{AT "METADATA.XML", REQUEST(OBJECT(PATIENT(INS)))}, {AT "X.XML", DOCUMENT}, {AT "X.XSL", DOCUMENT}},
	 REASON_NONE, 2},
	{"no URI, two documents, no hash", {{AT "METADATA.XML", REQUEST(OBJECT(PATIENT(INS)))}, {AT "X.XML", DOCUMENT}, {AT "Y.XML", OTHER}},
	 REASON_ARCHIVE_METADATA, 0},
	{"no URI, two documents, the hash says which (%H)",
	 {{AT "METADATA.XML", REQUEST(OBJECT(SLOT("hash", VALUE("%H")) PATIENT(INS)))}, {AT "X.XML", OTHER}, {AT "Y.XML", DOCUMENT}},
	 REASON_NONE, 2},
	{"right hash and size (%H)",
	 {{AT "METADATA.XML", REQUEST(OBJECT(URI("DOC0001.XML") SLOT("hash", VALUE("%H")) SLOT("size", VALUE("42")) PATIENT(INS)))},
	  {AT "DOC0001.XML", DOCUMENT}}, REASON_NONE, 1},
	{"wrong hash (%H)",
	 {{AT "METADATA.XML", REQUEST(OBJECT(URI("DOC0001.XML") SLOT("hash", VALUE("%H")) PATIENT(INS)))}, {AT "DOC0001.XML", OTHER}},
	 REASON_ARCHIVE_METADATA, 0},
	{"wrong size", {{AT "METADATA.XML", REQUEST(OBJECT(URI("DOC0001.XML") SLOT("size", VALUE("41")) PATIENT(INS)))}, {AT "DOC0001.XML", DOCUMENT}},
	 REASON_ARCHIVE_METADATA, 0},
	{"the file is not there", {{AT "METADATA.XML", REQUEST(GOOD)}, {AT "DOC2.XML", DOCUMENT}}, REASON_ARCHIVE_METADATA, 0},
	{"two entries for one file", {{AT "METADATA.XML", REQUEST(GOOD GOOD)}, {AT "DOC0001.XML", DOCUMENT}}, REASON_ARCHIVE_METADATA, 0},
	{"a URI outside", {{AT "METADATA.XML", REQUEST(OBJECT(URI("../../DOC0001.XML") PATIENT(INS)))}, {AT "DOC0001.XML", DOCUMENT}},
	 REASON_ARCHIVE_METADATA, 0},
	{"two patients", {{AT "METADATA.XML", REQUEST(GOOD OBJECT(URI("DOC0002.XML") PATIENT("1^^^&amp;1.2.250.1.213.1.4.10&amp;ISO^NH")))},
			  {AT "DOC0001.XML", DOCUMENT}, {AT "DOC0002.XML", OTHER}}, REASON_ARCHIVE_PATIENTS, 0},
	{"the set is another patient's", {{AT "METADATA.XML", REQUEST(GOOD SET("1^^^&amp;1.2&amp;ISO"))}, {AT "DOC0001.XML", DOCUMENT}},
	 REASON_ARCHIVE_PATIENTS, 0},
	{"the same number under another root", {{AT "METADATA.XML", REQUEST(GOOD SET("279035121518989^^^&amp;1.2.250.1.213.1.4.8&amp;ISO^NH"))},
						{AT "DOC0001.XML", DOCUMENT}}, REASON_ARCHIVE_PATIENTS, 0},
	{"two submission sets", {{AT "METADATA.XML", REQUEST(GOOD SET(INS) SET(INS))}, {AT "DOC0001.XML", DOCUMENT}}, REASON_ARCHIVE_METADATA, 0},
	{"two METADATA.XML", {{AT "METADATA.XML", REQUEST(GOOD)}, {"IHE_XDM/SUBSET02/METADATA.XML", REQUEST(GOOD)}, {AT "DOC0001.XML", DOCUMENT}},
	 REASON_ARCHIVE_METADATA, 0},
	{"METADATA.XML with a DOCTYPE", {{AT "METADATA.XML", "<!DOCTYPE a>" REQUEST(GOOD)}, {AT "DOC0001.XML", DOCUMENT}}, REASON_DOCUMENT_DOCTYPE, 0},
	{"METADATA.XML cut", {{AT "METADATA.XML", "<l:SubmitObjectsRequest xmlns:l='urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0'>"}, {AT "DOC0001.XML", DOCUMENT}},
	 REASON_ARCHIVE_METADATA, 0},
	{"METADATA.XML is something else", {{AT "METADATA.XML", DOCUMENT}, {AT "DOC0001.XML", DOCUMENT}}, REASON_ARCHIVE_METADATA, 0},
	{"METADATA.XML without documents", {{AT "METADATA.XML", REQUEST(SET(INS))}, {AT "DOC0001.XML", DOCUMENT}}, REASON_ARCHIVE_METADATA, 0},
	{"IHE_XDM without METADATA.XML", {{AT "DOC0001.XML", DOCUMENT}}, REASON_ARCHIVE_METADATA, 0},
	{"a plain archive", {{"a.pdf", "%PDF-1.4"}, {"readme.txt", "x"}}, REASON_ARCHIVE_NOT_XDM, 2},
	{"a URI from IHE_XDM, with the bars of another system, below an extra folder",
	 {{"envoi/" AT "METADATA.XML", REQUEST(OBJECT(URI("SUBSET01\\DOC0001.XML") PATIENT(INS)))}, {"envoi/" AT "DOC0001.XML", DOCUMENT}},
	 REASON_ARCHIVE_NOT_XDM, 1},
	{"a URI that begins where it is", {{AT "METADATA.XML", REQUEST(OBJECT(URI("./DOC0001.XML") PATIENT(INS)))}, {AT "DOC0001.XML", DOCUMENT}},
	 REASON_NONE, 1},
	{"a URI that climbs in other bars", {{AT "METADATA.XML", REQUEST(OBJECT(URI("..\\SUBSET01\\DOC0001.XML") PATIENT(INS)))}, {AT "DOC0001.XML", DOCUMENT}},
	 REASON_ARCHIVE_METADATA, 0},
	{"a program beside the documents", {{AT "METADATA.XML", REQUEST(GOOD)}, {AT "DOC0001.XML", DOCUMENT}, {AT "lire.exe", "#!/bin/sh\n"}},
	 REASON_ARCHIVE_ACTIVE, 0},
	{"a program as the document", {{AT "METADATA.XML", REQUEST(GOOD)}, {AT "DOC0001.XML", "\x7f" "ELF\2"}}, REASON_ARCHIVE_ACTIVE, 0},
	{"a program in an archive without metadata", {{"a.pdf", "%PDF-1.4"}, {"lire", "#!/bin/sh\n"}}, REASON_ARCHIVE_NOT_XDM, 2},
	{"two documents of one patient", {{AT "METADATA.XML", REQUEST(GOOD OBJECT(URI("DOC0002.XML") PATIENT(INS)) SET(INS))},
					  {AT "DOC0001.XML", DOCUMENT}, {AT "DOC0002.XML", OTHER}}, REASON_NONE, 2},
	{"one folder too deep", {{"x/" AT "METADATA.XML", REQUEST(GOOD)}, {"x/" AT "DOC0001.XML", DOCUMENT}}, REASON_ARCHIVE_NOT_XDM, 1},
	{"a deletion without its file", {{AT "METADATA.XML", REQUEST(OBJECT(SLOT("urn:action:extraMetadataSlot", VALUE("D")) PATIENT(INS) UNIQUE("1.2.3")))}},
	 REASON_NONE, 1},
	{"an empty document", {{AT "METADATA.XML", REQUEST(GOOD)}, {AT "DOC0001.XML", ""}}, REASON_ARCHIVE_METADATA, 0},
};

/* "%H" in a file is replaced by the SHA-1 of DOCUMENT. */
static struct bytes filled(struct arena *arena, const char *content)
{
	struct bytes text = bytes_of_text(content);
	size_t at = bytes_find(text, BYTES("%H"), 0);
	char hash[DIGEST_SHA1_TEXT];
	if (at == text.len)
		return text;
	digest_sha1_text(BYTES(DOCUMENT), hash);
	return bytes_of_text(arena_printf(arena, "%.*s%s%s", (int)at, content, hash, content + at + 2));
}

static struct bytes pack(struct arena *arena, const struct made *m)
{
	zip_error_t error;
	zip_error_init(&error);
	zip_source_t *sink = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_source_keep(sink);
	zip_t *zip = zip_open_from_source(sink, ZIP_TRUNCATE, &error);
	for (size_t i = 0; i < 4 && m->files[i].name != NULL; i++) {
		struct bytes content = filled(arena, m->files[i].content);
		zip_source_t *source = zip_source_buffer(zip, content.at, content.len, 0);
		assert_true(zip_file_add(zip, m->files[i].name, source, ZIP_FL_ENC_UTF_8) >= 0);
	}
	assert_int_equal(zip_close(zip), 0);
	zip_stat_t stat;
	zip_source_stat(sink, &stat);
	unsigned char *data = arena_alloc(arena, stat.size);
	zip_source_open(sink);
	assert_int_equal(zip_source_read(sink, data, stat.size), (zip_int64_t)stat.size);
	zip_source_close(sink);
	zip_source_free(sink);
	return (struct bytes){data, stat.size};
}

static void test_made(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		struct arena *arena = arena_create(4u << 20);
		struct xdm_archive a = {.count = 77};
		enum reason reason = xdm_read(arena, pack(arena, &made[i]), &a);
		if (reason != made[i].reason)
			fail_msg("%s: %s", made[i].what, reason_code(reason));
		bool told = reason == REASON_NONE || reason == REASON_ARCHIVE_NOT_XDM;
		if (a.count != (told ? made[i].count : 77))
			fail_msg("%s: %zu documents", made[i].what, a.count);
		arena_destroy(&arena);
	}
}

static void test_facts(void **state)
{
	(void)state;
	static const struct made package = {
		"", {{AT "METADATA.XML", REQUEST(OBJECT(
			URI("1|DOC0001.XML") SLOT("creationTime", VALUE("20260101120000"))
			SLOT("urn:action:extraMetadataSlot", VALUE("C") VALUE("1.2.3^OLD"))
			"<r:Name><r:LocalizedString value='CR de &amp; consultation'/></r:Name>"
			CODE("f0306f51-975f-434e-a61c-c59651d33983", "11488-4") CODE("41a5887f-8865-4c09-adf7-e362475b143a", "10")
			CODE("a09d5840-386c-46f2-b5ad-9c3699a4309d", "urn:ihe:iti:xds-sd:pdf:2008")
			CODE("f4f85eac-e6cb-4883-b524-f2705394840f", "N") CODE("f4f85eac-e6cb-4883-b524-f2705394840f", "INVISIBLE_PATIENT")
			"<r:Classification classificationScheme='urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d'>" SLOT("URI", VALUE("not mine")) "</r:Classification>"
			PATIENT(INS) UNIQUE("1.2.3^NEW")) SET(INS))},
		     {AT "DOC0001.XML", DOCUMENT}, {AT "NOTES.TXT", "loose"}}, REASON_NONE, 2};
	struct arena *arena = arena_create(4u << 20);
	struct xdm_archive a;
	assert_int_equal(xdm_read(arena, pack(arena, &package), &a), REASON_NONE);
	const struct xdm_document *d = &a.documents[0];
	assert_true(a.conformant && is(a.patient_value, "279035121518989") && is(a.patient_root, "1.2.250.1.213.1.4.10"));
	assert_true(is(d->type_code, "11488-4") && is(d->class_code, "10") && is(d->format_code, "urn:ihe:iti:xds-sd:pdf:2008"));
	assert_true(is(d->title, "CR de & consultation") && is(d->creation_time, "20260101120000"));
	assert_true(is(d->unique_id, "1.2.3^NEW") && is(d->media, "text/xml"));
	assert_true(d->action == XDM_ACTION_REPLACE && is(d->action_target, "1.2.3^OLD"));
	assert_true(d->masked_patient && !d->masked_professionals && !d->masked_representatives);
	assert_false(d->hash_told || d->size_told);
	assert_true(!a.documents[1].described && a.documents[1].type == SNIFF_TXT);
	assert_true(is(a.documents[1].patient_value, "279035121518989"));
	arena_destroy(&arena);
}

/* Where only the submission set tells the patient, it is told of each of its documents, and so compared with what they say. */
static void a_silent_entry_is_the_sets(void **state)
{
	(void)state;
	static const struct made package = {"", {{AT "METADATA.XML", REQUEST(OBJECT(URI("DOC0001.XML")) SET(INS))}, {AT "DOC0001.XML", DOCUMENT}}, REASON_NONE, 1};
	struct arena *arena = arena_create(4u << 20);
	struct xdm_archive a;
	assert_int_equal(xdm_read(arena, pack(arena, &package), &a), REASON_NONE);
	assert_true(is(a.documents[0].patient_value, "279035121518989") && is(a.documents[0].patient_root, "1.2.250.1.213.1.4.10"));
	arena_destroy(&arena);
}

#define DOCUMENT_ID(id, parts) "<r:ExtrinsicObject id='" id "' mimeType='text/xml' objectType='urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1'>" parts "</r:ExtrinsicObject>"
#define ASSOCIATION(type, from, to) "<r:Association associationType='" type "' sourceObject='" from "' targetObject='" to "'/>"

static const struct {
	const char *what, *type, *source, *target;
	bool member;                 /* of the first document */
	enum xdm_action action;
	const char *action_target;
} associations[] = {
	{"the bare word", "HasMember", "S1", "D1", true, XDM_ACTION_NEW, ""},
	{"the urn", "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember", "S1", "D1", true, XDM_ACTION_NEW, ""},
	{"a member that is another", "HasMember", "S1", "D2", false, XDM_ACTION_NEW, ""},
	{"a word that ends like it", "NotHasMember", "S1", "D2", true, XDM_ACTION_NEW, ""},
	{"a replacement of what a registry knows", "urn:ihe:iti:2007:AssociationType:RPLC", "D1", "urn:uuid:1", true, XDM_ACTION_REPLACE, ""},
	{"a replacement of an OID", "urn:ihe:iti:2007:AssociationType:RPLC", "D1", "urn:oid:1.2.3", true, XDM_ACTION_REPLACE, "1.2.3"},
	{"a replacement by another", "urn:ihe:iti:2007:AssociationType:RPLC", "D2", "urn:oid:1.2.3", true, XDM_ACTION_NEW, ""},
	{"another kind", "urn:ihe:iti:2007:AssociationType:APND", "D1", "urn:oid:1.2.3", true, XDM_ACTION_NEW, ""},
};

static void test_associations(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof associations / sizeof *associations; i++) {
		struct arena *arena = arena_create(4u << 20);
		struct xdm_archive a;
		const char *metadata = arena_printf(arena, REQUEST(DOCUMENT_ID("D1", URI("DOC0001.XML")) SET(INS) ASSOCIATION("%s", "%s", "%s")),
						    associations[i].type, associations[i].source, associations[i].target);
		const struct made package = {"", {{AT "METADATA.XML", metadata}, {AT "DOC0001.XML", DOCUMENT}}, REASON_NONE, 1};
		assert_int_equal(xdm_read(arena, pack(arena, &package), &a), REASON_NONE);
		const struct xdm_document *d = &a.documents[0];
		if (d->member != associations[i].member || d->action != associations[i].action || !is(d->action_target, associations[i].action_target))
			fail_msg("%s: member %d, action %d", associations[i].what, d->member, d->action);
		arena_destroy(&arena);
	}
}

/* What METADATA.XML tells beyond its codes, for cda/xdm_compare. */
static void test_told(void **state)
{
	(void)state;
	static const struct made package = {
		"", {{AT "METADATA.XML", REQUEST(OBJECT(
			URI("DOC0001.XML") SLOT("languageCode", VALUE("fr-FR")) SLOT("serviceStartTime", VALUE("20191210091500"))
			SLOT("sourcePatientInfo", VALUE("PID-5|PAT-TROIS^DOMINIQUE^^^^^L") VALUE("PID-5|MARTIN^D^^^^^D") VALUE("PID-7|19790328") VALUE("PID-8|F"))
			"<r:Classification classificationScheme='urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d'>"
			SLOT("authorPerson", VALUE("801234500001^EXEMPLE^Alix^^^^^^&amp;1.2.250.1.71.4.2.1&amp;ISO^D^^^IDNPS")) "</r:Classification>"
			CODE("f4f85eac-e6cb-4883-b524-f2705394840f", "MASQUE_PS") CODE("f4f85eac-e6cb-4883-b524-f2705394840f", "R")
			CODE("f4f85eac-e6cb-4883-b524-f2705394840f", "INVISIBLE_REPRESENTANTS_LEGAUX")
			SLOT("authorPerson", VALUE("not an author")) PATIENT(INS)) SET(INS))},
		     {AT "DOC0001.XML", DOCUMENT}}, REASON_NONE, 1};
	struct arena *arena = arena_create(4u << 20);
	struct xdm_archive a;
	assert_int_equal(xdm_read(arena, pack(arena, &package), &a), REASON_NONE);
	const struct xdm_document *d = &a.documents[0];
	assert_true(is(d->language, "fr-FR") && is(d->service_start, "20191210091500"));
	assert_true(is(d->source_name, "PAT-TROIS^DOMINIQUE^^^^^L") && is(d->source_birth, "19790328") && is(d->source_sex, "F"));
	assert_int_equal(d->author_count, 1);
	assert_true(is(d->authors[0], "801234500001"));
	assert_true(d->masked_professionals && d->masked_representatives && !d->masked_patient);
	assert_true(is(d->confidentiality, "R") && d->codes == 3 && d->uri_told);
	assert_int_equal(a.unpacked, bytes_of_text(package.files[0].content).len + bytes_of_text(DOCUMENT).len);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packages),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_associations),
		cmocka_unit_test(test_told),
		cmocka_unit_test(a_silent_entry_is_the_sets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

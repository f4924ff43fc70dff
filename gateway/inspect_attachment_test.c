/* gateway/inspect_attachment_test.c - which attached files are taken, and what a ZIP or a package makes of a message. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "gateway/inspect_attachment.h"
#include "gateway/inspect_facts.h"
#include "gateway/json_view.h"

/* --- a ZIP with stored entries (APPNOTE 4.3) ------------------------------------------- */

static void le(struct buf *b, uint32_t value, int width)
{
	for (int i = 0; i < width; i++)
		buf_u8(b, (uint8_t)(value >> 8 * i));
}

static uint32_t crc_of(struct bytes data)
{
	uint32_t crc = 0xffffffff;
	for (size_t i = 0; i < data.len; i++) {
		crc ^= data.at[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

struct zip_file {
	const char *name;
	struct bytes content;
};

static void common(struct buf *b, const struct zip_file *f)
{
	le(b, 10, 2), le(b, 0, 2), le(b, 0, 2), le(b, 0, 2), le(b, 0x21, 2), le(b, crc_of(f->content), 4);
	le(b, (uint32_t)f->content.len, 4), le(b, (uint32_t)f->content.len, 4), le(b, (uint32_t)strlen(f->name), 2), le(b, 0, 2);
}

static struct bytes zip_of(struct arena *arena, const struct zip_file *files, size_t n)
{
	struct buf body = buf_make(8 << 20), directory = buf_make(1 << 20);

	for (size_t i = 0; i < n; i++) {
		size_t at = body.len;
		buf_add(&body, BYTES("PK\3\4"));
		common(&body, &files[i]);
		buf_text(&body, files[i].name);
		buf_add(&body, files[i].content);
		buf_add(&directory, BYTES("PK\1\2"));
		le(&directory, 10, 2);
		common(&directory, &files[i]);
		le(&directory, 0, 2), le(&directory, 0, 2), le(&directory, 0, 2), le(&directory, 0, 4), le(&directory, (uint32_t)at, 4);
		buf_text(&directory, files[i].name);
	}
	size_t start = body.len;
	buf_add(&body, buf_bytes(&directory));
	buf_add(&body, BYTES("PK\5\6"));
	le(&body, 0, 4), le(&body, (uint32_t)n, 2), le(&body, (uint32_t)n, 2), le(&body, (uint32_t)directory.len, 4);
	le(&body, (uint32_t)start, 4), le(&body, 0, 2);
	struct bytes out = arena_copy(arena, buf_bytes(&body));
	buf_free(&body);
	buf_free(&directory);
	return out;
}

static void read_zip(struct arena *arena, const struct zip_file *files, size_t n, struct inspection *out)
{
	inspect_read(arena, &(struct inspect_request){.kind = INSPECT_ZIP, .name = BYTES("envoi.zip"), .range = zip_of(arena, files, n)}, out);
}

/* --- by type and by name ------------------------------------------------------------------ */

static void every_type_has_a_fate(void **state)
{
	static const bool taken[SNIFFS] = {
		[SNIFF_PDF] = true, [SNIFF_JPEG] = true, [SNIFF_PNG] = true, [SNIFF_TIFF] = true, [SNIFF_TXT] = true, [SNIFF_RTF] = true,
		[SNIFF_DICOM] = true, [SNIFF_XML] = true, [SNIFF_CCR] = true,
	};
	(void)state;
	for (enum sniff type = 0; type < SNIFFS; type++) {
		enum reason reason = inspect_attachment_reason(type, BYTES("a"), false);
		if ((reason == REASON_NONE) != taken[type])
			fail_msg("%s: %s", sniff_name(type), reason_code(reason));
		/* It never refuses the message, and it says what can be done. */
		assert_true(reason_entry(reason)->class <= REASON_CLASS_TOLERATED);
		if (sniff_is_active(type))
			assert_int_equal(reason, REASON_ATTACHMENT_ACTIVE);
	}
	assert_int_equal(inspect_attachment_reason(SNIFF_TXT, BYTES("lettre.txt"), false), REASON_NONE);
	assert_int_equal(inspect_attachment_reason(SNIFF_TXT, BYTES("lettre.txt.vbs"), false), REASON_ATTACHMENT_ACTIVE);
	assert_int_equal(inspect_attachment_reason(SNIFF_TXT, BYTES(".js"), false), REASON_NONE);
	assert_int_equal(inspect_attachment_reason(SNIFF_PACKED, BYTES("a.7z"), true), REASON_ATTACHMENT_NESTED);
}

static void clutter_and_names(void **state)
{
	struct arena *arena = arena_create(1 << 20);
	(void)state;
	assert_true(inspect_attachment_is_clutter(BYTES("__MACOSX/a/._b.png")) && inspect_attachment_is_clutter(BYTES("x/.DS_Store")));
	assert_true(inspect_attachment_is_clutter(BYTES("THUMBS.DB")) && inspect_attachment_is_clutter(BYTES("a/._x")));
	assert_false(inspect_attachment_is_clutter(BYTES("a/b.png")) || inspect_attachment_is_clutter(BYTES("")));
	assert_true(bytes_equal_text(inspect_attachment_name(arena, BYTES("CT/S1/I001")), "CT_S1_I001"));
	arena_destroy(&arena);
}

/* --- archives ------------------------------------------------------------------------------- */

#define PDF BYTES_OF("%PDF-1.4\n")
#define PNG BYTES_OF("\x89PNG\r\n\x1a\n")
#define HEIC BYTES_OF("\0\0\0\x18" "ftypheic")
#define PROGRAM BYTES_OF("#!/bin/sh\n")
#define NESTED BYTES_OF("PK\3\4 whatever it holds")

static const struct {
	const char *what;
	struct zip_file files[4];
	size_t n, taken, aside;
	enum reason reason;          /* of what is set aside */
} plain[] = {
	{"pictures", {{"a.png", PNG}, {"b/a.png", PNG}}, 2, 2, 0, REASON_NONE},
	{"pictures and what a Mac adds", {{"a.png", PNG}, {"__MACOSX/._a.png", BYTES_OF("\0\5\x16\7")}}, 2, 1, 0, REASON_NONE},
	{"a CD with its viewer", {{"DICOM/I1.png", PNG}, {"viewer.exe", PROGRAM}, {"autorun.inf", BYTES_OF("[autorun]")}}, 3, 1, 1, REASON_ATTACHMENT_REST},
	{"a program alone", {{"x", PROGRAM}}, 1, 0, 1, REASON_ATTACHMENT_ACTIVE},
	{"an archive within", {{"x.zip", NESTED}}, 1, 0, 1, REASON_ATTACHMENT_NESTED},
	{"an archive beside a PDF", {{"a.pdf", PDF}, {"x.zip", NESTED}}, 2, 1, 1, REASON_ATTACHMENT_REST},
	{"a photograph of a telephone", {{"x.heic", HEIC}}, 1, 0, 1, REASON_ATTACHMENT_HEIC},
};

static size_t count_aside(const struct inspection *in, enum reason *reason)
{
	size_t n = 0;
	for (size_t i = 0; i < in->n; i++) {
		if (!in->documents[i].aside)
			continue;
		*reason = in->documents[i].reason;
		n++;
	}
	return n;
}

static void plain_archives(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		struct arena *arena = arena_create(64 << 20);
		struct inspection in;
		enum reason reason = REASON_NONE;
		read_zip(arena, plain[i].files, plain[i].n, &in);
		size_t aside = count_aside(&in, &reason);
		if (aside != plain[i].aside || in.n - aside != plain[i].taken || reason != plain[i].reason || in.archive != REASON_ARCHIVE_NOT_XDM)
			fail_msg("%s: %zu taken, %zu aside, %s, %s", plain[i].what, in.n - aside, aside, reason_code(reason), reason_code(in.archive));
		/* What is set aside stands in the facts and never in what is taken out. */
		json_t *facts = inspect_facts_json(arena, &in), *extract = inspect_extract_json(arena, &in);
		assert_int_equal(json_array_size(json_object_get(facts, "documents")), in.n);
		assert_int_equal(json_array_size(json_object_get(extract, "documents")), plain[i].taken);
		assert_true(bytes_equal_text(json_view(facts, "verdict"), "accept-tolerant"));
		json_decref(facts);
		json_decref(extract);
		arena_destroy(&arena);
	}
}

/* More pictures than a message can give: the archive is kept whole, and nothing is half taken. */
static void too_many_pictures(void **state)
{
	struct arena *arena = arena_create(64 << 20);
	struct zip_file *files = arena_alloc(arena, LIMIT_DOCUMENTS * sizeof *files);
	struct inspection in;
	enum reason reason = REASON_NONE;

	(void)state;
	for (size_t i = 0; i < LIMIT_DOCUMENTS; i++)
		files[i] = (struct zip_file){arena_printf(arena, "S1/%zu.png", i), PNG};
	read_zip(arena, files, LIMIT_DOCUMENTS - 1, &in);
	assert_int_equal(in.n, LIMIT_DOCUMENTS - 1);
	assert_int_equal(count_aside(&in, &reason), 0);
	read_zip(arena, files, LIMIT_DOCUMENTS, &in);
	assert_int_equal(in.n, 1);
	assert_int_equal(count_aside(&in, &reason), 1);
	assert_int_equal(reason, REASON_ATTACHMENT_MANY);
	arena_destroy(&arena);
}

/* --- packages ----------------------------------------------------------------------------------- */

#define VALUE(slot, value) "<r:Slot name='" slot "'><r:ValueList><r:Value>" value "</r:Value></r:ValueList></r:Slot>"
#define PATIENT(value) "<r:ExternalIdentifier identificationScheme='urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427' value='" value "^^^&amp;1.2.250.1.213.1.4.10&amp;ISO^NH'/>"
#define UNIQUE(value) "<r:ExternalIdentifier identificationScheme='urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab' value='" value "'/>"
#define MASK(code) "<r:Classification classificationScheme='urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f' nodeRepresentation='" code "'/>"
#define METADATA(parts) "<l:SubmitObjectsRequest xmlns:l='urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0' xmlns:r='urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0'>" \
	"<r:ExtrinsicObject mimeType='text/xml' objectType='urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1'>" parts "</r:ExtrinsicObject></l:SubmitObjectsRequest>"
#define CDA(realm, templates, ins) "<ClinicalDocument xmlns='urn:hl7-org:v3'><realmCode code='" realm "'/>" templates "<id root='1.2.3'/><code code='11488-4' " \
	"codeSystem='x' displayName='y'/><recordTarget><patientRole><id root='1.2.250.1.213.1.4.10' extension='" ins "'/><patient/></patientRole></recordTarget></ClinicalDocument>"
#define FRENCH(ins) CDA("FR", "<templateId root='1.2.250.1.213.1.1.1.1'/><templateId root='2.16.840.1.113883.2.8.2.1'/>", ins)
#define AMERICAN(ins) CDA("US", "", ins)

static const struct {
	const char *what, *metadata, *document;   /* document NULL: none */
	const char *class, *action, *masking;     /* masking: its words with a blank behind each */
	bool foreign;
	enum reason reason;
} packages[] = {
	{"a record", METADATA(PATIENT("279035121518989") UNIQUE("1.2.3")), FRENCH("279035121518989"), "record", "new", "", false, REASON_NONE},
	{"another patient than the metadata's", METADATA(PATIENT("179035121518989") UNIQUE("1.2.3")), FRENCH("279035121518989"), "record", "new", "", false,
	 REASON_IDENTITY_DIFFERS},
	{"masked three ways", METADATA(PATIENT("279035121518989") MASK("N") MASK("MASQUE_PS") MASK("INVISIBLE_PATIENT") MASK("INVISIBLE_REPRESENTANTS_LEGAUX")),
	 FRENCH("279035121518989"), "record", "new", "patient professionals representatives ", false, REASON_NONE},
	{"an order to delete without its file", METADATA(VALUE("urn:action:extraMetadataSlot", "D") PATIENT("279035121518989") UNIQUE("1.2.3")), NULL, "record",
	 "delete", "", false, REASON_NONE},
	{"an order to delete another than itself", METADATA(VALUE("urn:action:extraMetadataSlot", "D|1.2.4") PATIENT("279035121518989") UNIQUE("1.2.3")),
	 FRENCH("279035121518989"), "record", "delete", "", false, REASON_ORDER_TARGET},
	{"a replacement of nothing", METADATA(VALUE("urn:action:extraMetadataSlot", "C") PATIENT("279035121518989") UNIQUE("1.2.3")),
	 FRENCH("279035121518989"), "record", "replace", "", false, REASON_ORDER_TARGET},
	{"a document of another country", METADATA(PATIENT("279035121518989") UNIQUE("1.2.3")), AMERICAN("179035121518989"), "unknown", "new", "", true,
	 REASON_DOCUMENT_FOREIGN},
};

static void check_package(struct arena *arena, size_t i)
{
	const struct zip_file files[] = {{"IHE_XDM/SUBSET01/METADATA.XML", bytes_of_text(packages[i].metadata)},
					 {"IHE_XDM/SUBSET01/DOC0001.XML", bytes_of_text(packages[i].document)}};
	struct inspection in;
	const char *masking = "";
	size_t k;
	json_t *word;

	read_zip(arena, files, packages[i].document == NULL ? 1 : 2, &in);
	json_t *facts = inspect_facts_json(arena, &in), *d = json_array_get(json_object_get(facts, "documents"), 0);
	json_array_foreach(json_object_get(d, "masking"), k, word) {
		masking = arena_printf(arena, "%s%s ", masking, json_string_value(word));
	}
	bool good = in.n == 1 && bytes_equal_text(json_view(facts, "class"), packages[i].class) &&
		    bytes_equal_text(json_view(d, "action"), packages[i].action) && strcmp(masking, packages[i].masking) == 0 &&
		    json_truth(d, "foreign") == packages[i].foreign && in.documents[0].reason == packages[i].reason && !json_truth(d, "aside");
	if (!good)
		fail_msg("%s: %zu, %s, %s, %s, %s", packages[i].what, in.n, json_string_value(json_object_get(facts, "class")),
			 json_string_value(json_object_get(d, "action")), masking, reason_code(in.documents[0].reason));
	/* Every package names its patient, if only by the number of an order. */
	assert_true(json_is_object(json_object_get(d, "patient")));
	assert_true(bytes_equal_text(json_view(d, "id"), "1.2.3"));
	json_decref(facts);
}

static void packages_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof packages / sizeof *packages; i++) {
		struct arena *arena = arena_create(64 << 20);
		check_package(arena, i);
		arena_destroy(&arena);
	}
}

static void attribute(struct buf *b, uint32_t id, struct bytes data)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < data.len; i++)
		sum += data.at[i];
	buf_u8(b, 2), le(b, id, 4), le(b, (uint32_t)data.len, 4);
	buf_add(b, data);
	le(b, sum & 0xffff, 2);
}

/* One budget for a message, whether its archives prove sound or not (attacks R1). */
static void broken_archives_share_the_budget(void **state)
{
	enum { SIZE = 7 << 20, ARCHIVES = 12 };
	(void)state;
	struct arena *arena = arena_create(512u << 20);
	unsigned char *zeros = arena_alloc(arena, SIZE);
	memset(zeros, 0, SIZE);
	const struct zip_file file = {"a.txt", {zeros, SIZE}};
	struct bytes zip = zip_of(arena, &file, 1);
	zeros = arena_alloc(arena, zip.len);
	memcpy(zeros, zip.at, zip.len);
	zeros[SIZE / 2] = 1;   /* not what its CRC says */
	struct buf wrapped = buf_make(ARCHIVES * (SIZE + 4096u));   /* winmail.dat: [MS-OXTNEF] 2.1.3 */
	buf_add(&wrapped, BYTES("\x78\x9f\x3e\x22\0\0"));
	for (int i = 0; i < ARCHIVES; i++) {
		attribute(&wrapped, 0x00069002, BYTES_NONE);
		attribute(&wrapped, 0x0006800f, (struct bytes){zeros, zip.len});
	}
	struct inspection in;
	size_t before = arena_used(arena);
	inspect_read(arena, &(struct inspect_request){.kind = INSPECT_OTHER, .range = buf_bytes(&wrapped)}, &in);
	assert_int_equal(in.archive, REASON_ARCHIVE_BROKEN);
	assert_true(arena_used(arena) - before < LIMIT_ZIP_TOTAL + SIZE + (1u << 20));
	buf_free(&wrapped);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_has_a_fate), cmocka_unit_test(clutter_and_names), cmocka_unit_test(plain_archives),
		cmocka_unit_test(too_many_pictures), cmocka_unit_test(packages_are_told),
		cmocka_unit_test(broken_archives_share_the_budget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

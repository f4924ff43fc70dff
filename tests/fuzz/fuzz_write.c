/* tests/fuzz/fuzz_write.c - a report of strange fields: refused by name, or a document that our own reader takes without an error, with the same
 * identity and the same file inside. A field is what stands before the next unit separator; an empty one keeps what a good report has. */
#include "cda/read.h"
#include "cda/write.h"

enum { SECTIONS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		__builtin_trap();
}

static struct cda_write_report good(void)
{
	return (struct cda_write_report){
		.level = 1, .id = BYTES("2.25.1001"), .set_id = BYTES("2.25.1000"), .version = 1, .request_id = BYTES("2.25.900^Q-1"), .title = BYTES("Avis"),
		.time = {{1795297800000000}, 60}, .signed_time = {{1795290000000000}, 60}, .act = BYTES("TE2"), .service_time = {{1795200000000000}, 60},
		.service_end = {{1795290000000000}, 60},
		.patient = {.ins = BYTES("279035121518989"), .oid = BYTES("1.2.250.1.213.1.4.10"), .family_birth = BYTES("PAT-TROIS"),
			    .given_birth_first = BYTES("DOMINIQUE"), .given_birth_all = BYTES("DOMINIQUE MARIE-LOUISE"), .birth_time = BYTES("19790328"),
			    .sex = BYTES("F"), .birth_place = BYTES("51215")},
		.expert = {.rpps = BYTES("01234567123"), .given = BYTES("Claire"), .family = BYTES("MOREAU"), .organisation = BYTES("CHU"),
			   .organisation_id = BYTES("1750000002"), .specialty_code = BYTES("G15_10/SM26")},
		.custodian = {.id = BYTES("1750000001"), .name = BYTES("Service")},
		.pdf = BYTES("%PDF-1.4\n%%EOF\n"),
	};
}

/* Numbers are the lengths of fields: the fuzzer finds them as it finds texts. */
static void take_numbers(struct cursor *c, struct cda_write_report *r)
{
	static const unsigned levels[] = {1, 3, 1, 3, 2, 0};
	struct bytes flags = cursor_until(c, '\x1f');
	r->level = levels[flags.len % 6];
	r->english = flags.len > 6;
	r->version = 1 + (unsigned)cursor_until(c, '\x1f').len;
	r->patient.birth_order = (unsigned)cursor_until(c, '\x1f').len;
	struct cursor zone = cursor_on(cursor_until(c, '\x1f'));
	r->time.offset_minutes = (int16_t)(cursor_u8(&zone) << 8 | cursor_u8(&zone));
	r->time.at.us = (int64_t)cursor_u64(&zone);
	if (zone.failed)
		r->time = (struct cda_write_time){{1795297800000000}, 60};
}

static void take_texts(struct cursor *c, struct cda_write_report *r)
{
	struct bytes *const texts[] = {
		&r->id, &r->set_id, &r->replaces, &r->request_id, &r->title, &r->act, &r->patient.ins, &r->patient.oid, &r->patient.family_birth,
		&r->patient.given_birth_first, &r->patient.given_birth_all, &r->patient.family_used, &r->patient.given_used, &r->patient.birth_time,
		&r->patient.sex, &r->patient.birth_place, &r->patient.guardian.given, &r->patient.guardian.family, &r->expert.rpps, &r->expert.title,
		&r->expert.given, &r->expert.family, &r->expert.organisation, &r->expert.organisation_id, &r->expert.specialty_code,
		&r->expert.specialty_name, &r->expert.practice_code, &r->custodian.id, &r->custodian.name, &r->custodian.facility_code, &r->pdf,
	};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct bytes text = cursor_until(c, '\x1f');
		if (text.len > 0)
			*texts[i] = text;
	}
}

static void read_back(struct arena *arena, const struct cda_write_report *r, struct bytes document)
{
	const struct cda_options options = {.keep_embedded = true, .narrative = true};
	struct cda_document read;
	check(cda_read(arena, document, &options, &read) == REASON_NONE);
	check(read.french && read.level == r->level && read.author_count == 1 && read.embedded_count == 1);
	check(bytes_equal(read.embedded[0].content, r->pdf));
	check(read.patient.id_count == 1 && bytes_equal(read.patient.ids[0].extension, r->patient.ins));
	check(bytes_equal(read.patient.birth_time, r->patient.birth_time) && bytes_equal(read.patient.birth_place, r->patient.birth_place));
	for (size_t i = 0; i < read.finding_count; i++)
		check(read.findings[i].level != CDA_LEVEL_ERROR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(64u << 20);
	struct cursor c = cursor_on((struct bytes){data, size});
	struct cda_write_report r = good();
	struct cda_write_section sections[SECTIONS];
	struct cda_write_recipient recipient = {0};
	struct bytes document = BYTES_NONE;
	const char *field = "";

	take_numbers(&c, &r);
	take_texts(&c, &r);
	recipient.rpps = cursor_until(&c, '\x1f');
	recipient.person = (struct cda_write_person){cursor_until(&c, '\x1f'), cursor_until(&c, '\x1f'), cursor_until(&c, '\x1f')};
	r.recipients = &recipient;
	r.recipient_count = recipient.person.family.len > 0;
	r.sections = sections;
	while (c.left.len > 0 && r.section_count < SECTIONS) {
		struct bytes title = cursor_until(&c, '\x1f');
		sections[r.section_count++] = (struct cda_write_section){(enum cda_write_kind)(title.len % CDA_WRITE_KINDS), title, cursor_until(&c, '\x1f')};
	}
	enum reason reason = cda_write_report(arena, &r, &document, &field);
	if (reason == REASON_NONE)
		read_back(arena, &r, document);
	else
		check(document.at == NULL && (reason != REASON_COMPOSE_FIELD || field[0] != '\0'));
	arena_destroy(&arena);
	return 0;
}

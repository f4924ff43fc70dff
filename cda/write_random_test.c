/* cda/write_random_test.c - properties of the report: whatever is written is read back the same, without a finding, and follows the
 * schema; whatever cannot stand in a document is refused. The seed is printed; RELAIS_SEED gives another. */
#include "cda/corpus_test.h"
#include "cda/read.h"
#include "cda/write.h"
#include "cda/write_random_test.h"

#define PDF "%PDF-1.4\n%\xe2\xe3\xcf\xd3\nnot quite\n%%EOF\n"

enum { REPORTS = 1500, SPOILT = 1500 };

static uint64_t seed_of_the_day(void)
{
	const char *text = getenv("RELAIS_SEED");
	uint64_t seed = text == NULL ? 20261121 : strtoull(text, NULL, 10);
	print_message("seed %llu\n", (unsigned long long)seed);
	return seed;
}

static void same(const char *what, size_t number, struct bytes read, struct bytes written)
{
	if (!bytes_equal(read, written))
		fail_msg("report %zu: %s: \"%.*s\" was written, \"%.*s\" read", number, what, (int)written.len, (const char *)written.at, (int)read.len,
			 (const char *)read.at);
}

static void same_id(const char *what, size_t number, struct arena *arena, struct cda_id read, struct bytes written)
{
	same(what, number, cda_id_text(arena, read), written);
}

static void same_patient(size_t number, const struct cda_patient *read, const struct cda_write_patient *p)
{
	assert_int_equal(read->id_count, 1);
	same("INS", number, read->ids[0].extension, p->ins);
	same("INS root", number, read->ids[0].root, p->oid);
	same("birth name", number, read->family_birth, p->family_birth);
	same("first name", number, read->given_birth_first, p->given_birth_first);
	same("birth given names", number, read->given_birth_all, p->given_birth_all);
	same("name in use", number, read->family_used, p->family_used);
	same("given name in use", number, read->given_used, p->given_used);
	same("birth date", number, read->birth_time, p->birth_time);
	same("sex", number, read->sex, p->sex);
	same("birth place", number, read->birth_place, p->birth_place);
}

static void same_party(const char *what, size_t number, struct arena *arena, const struct cda_party *read, const struct cda_write_expert *e)
{
	same(what, number, read->rpps, e->rpps);
	same(what, number, read->name, bytes_of_text(arena_printf(arena, "%s %s", (const char *)e->given.at, (const char *)e->family.at)));
	same(what, number, read->given, e->given);
	same(what, number, read->family, e->family);
	same(what, number, read->organization, e->organisation);
	same(what, number, read->organization_id.extension, e->organisation_id);
}

/* Words parted by one blank, marks of items off: what a reader of the text has. */
static struct bytes words_of(struct arena *arena, struct bytes text)
{
	unsigned char *out = arena_alloc(arena, text.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++) {
		bool blank = text.at[i] == ' ' || text.at[i] == '\n';
		if (blank && (n == 0 || out[n - 1] == ' '))
			continue;
		out[n++] = blank ? ' ' : text.at[i];
	}
	return bytes_trim((struct bytes){out, n});
}

static void same_text(size_t number, struct arena *arena, struct bytes read, const struct cda_write_report *r)
{
	struct buf all = buf_make(16u << 20);
	for (size_t i = 0; i < r->section_count; i++) {
		buf_add(&all, r->sections[i].title);
		buf_text(&all, "\n");
		buf_add(&all, r->sections[i].text);
		buf_text(&all, "\n");
	}
	struct bytes wanted = words_of(arena, buf_bytes(&all));
	if (!bytes_contains(words_of(arena, read), wanted))
		fail_msg("report %zu: its text is not read back", number);
	buf_free(&all);
}

static void same_report(size_t number, struct arena *arena, const struct cda_document *read, const struct cda_write_report *r)
{
	if (read->finding_count > 0)
		fail_msg("report %zu: finding %s", number, read->findings[0].rule);
	assert_true(read->french && read->level == r->level && !read->transforms);
	same("type", number, read->type, BYTES(CDA_WRITE_TYPE));
	same("title", number, read->title, r->title);
	same("language", number, read->language, r->english ? BYTES("en-GB") : BYTES("fr-FR"));
	same("time", number, read->time, cda_write_time_text(arena, r->time));
	same("version", number, read->version, bytes_of_text(arena_printf(arena, "%u", r->version)));
	same_id("id", number, arena, read->id, r->id);
	same_id("set", number, arena, read->set_id, r->set_id);
	same_id("replaced", number, arena, read->replaces, r->replaces);
	same_patient(number, &read->patient, &r->patient);
	assert_int_equal(read->author_count, 1);
	same_party("author", number, arena, &read->authors[0], &r->expert);
	same_party("legal authenticator", number, arena, &read->legal_authenticator, &r->expert);
	same("custodian", number, read->custodian.name, r->custodian.name);
	assert_int_equal(read->order_count, 1);
	same_id("request", number, arena, read->orders[0], r->request_id);
	assert_int_equal(read->embedded_count, 1);
	same("PDF", number, read->embedded[0].content, r->pdf);
	if (r->level == 3)
		same_text(number, arena, read->narrative, r);
}

static void is_read_back_as_it_was_written(void **state)
{
	uint64_t seed = seed_of_the_day();
	const struct cda_options options = {.keep_embedded = true, .narrative = true};
	(void)state;
	for (size_t i = 0; i < REPORTS; i++) {
		struct chance chance = {arena_create(64u << 20), seed + i};
		struct cda_write_report report = chance_report(&chance, BYTES(PDF));
		struct bytes out, again;
		struct cda_document read;
		const char *field = "";
		if (cda_write_report(chance.arena, &report, &out, &field) != REASON_NONE)
			fail_msg("report %zu: refused for %s", i, field);
		assert_int_equal(cda_write_report(chance.arena, &report, &again, &field), REASON_NONE);
		assert_true(bytes_equal(out, again));
		assert_int_equal(cda_read(chance.arena, out, &options, &read), REASON_NONE);
		same_report(i, chance.arena, &read, &report);
		arena_destroy(&chance.arena);
	}
}

static void follows_the_schema_whatever_the_names(void **state)
{
	char path[512];
	struct schema *schema = NULL;
	(void)state;
	snprintf(path, sizeof path, "%s/cda-schema", corpus_root());
	assert_int_equal(schema_load(path, &schema), REASON_NONE);
	uint64_t seed = seed_of_the_day();
	const struct cda_options options = {.schema = schema};
	for (size_t i = 0; i < REPORTS / 10; i++) {
		struct chance chance = {arena_create(64u << 20), seed + i};
		struct cda_write_report report = chance_report(&chance, BYTES(PDF));
		struct bytes out;
		struct cda_document read;
		const char *field = "";
		assert_int_equal(cda_write_report(chance.arena, &report, &out, &field), REASON_NONE);
		assert_int_equal(cda_read(chance.arena, out, &options, &read), REASON_NONE);
		if (read.schema != CDA_SCHEMA_VALID || read.finding_count > 0)
			fail_msg("report %zu does not follow the schema", i);
		arena_destroy(&chance.arena);
	}
	schema_close(&schema);
}

/* One text of one report with something in it that no document may hold. */
static void refuses_what_no_document_may_hold(void **state)
{
	static const struct bytes poisons[] = {
		BYTES_OF("\0"), BYTES_OF("\x01"), BYTES_OF("\x1b[2J"), BYTES_OF("\x7f"), BYTES_OF("\r"), BYTES_OF("\x0b"),
		BYTES_OF("\xc3"), BYTES_OF("\xff"), BYTES_OF("\xc0\xaf"), BYTES_OF("\xe2\x28\xa1"), BYTES_OF("\xed\xa0\x80"),
		BYTES_OF("\xf5\x80\x80\x80"), BYTES_OF("\xf4\x90\x80\x80"), BYTES_OF("\xef\xbf\xbe"), BYTES_OF("\xef\xbf\xbf"),
	};
#define F(member) offsetof(struct cda_write_report, member)
	static const size_t texts[] = {
		F(id), F(set_id), F(request_id), F(title), F(patient.family_birth), F(patient.given_birth_first), F(patient.given_birth_all),
		F(patient.family_used), F(patient.given_used), F(patient.ins), F(patient.birth_place), F(patient.sex), F(patient.birth_time),
		F(expert.given), F(expert.family), F(expert.organisation), F(expert.organisation_id), F(expert.specialty_code),
		F(expert.specialty_name), F(expert.title), F(custodian.name), F(custodian.id), F(act),
	};
#undef F
	uint64_t seed = seed_of_the_day();
	(void)state;
	for (size_t i = 0; i < SPOILT; i++) {
		struct chance chance = {arena_create(64u << 20), seed + i};
		struct cda_write_report report = chance_report(&chance, BYTES(PDF));
		struct bytes *text = (struct bytes *)(void *)((char *)&report + texts[i % (sizeof texts / sizeof texts[0])]);
		struct bytes poison = poisons[chance_below(&chance, sizeof poisons / sizeof poisons[0])], out = BYTES_NONE;
		const char *field = "";
		struct buf spoilt = buf_make(1u << 20);
		size_t at = chance_below(&chance, text->len + 1);
		report.expert.specialty_code = BYTES("G15_10/SCH39");   /* so that its given name is written */
		buf_add(&spoilt, bytes_slice(*text, 0, at));
		buf_add(&spoilt, poison);
		buf_add(&spoilt, bytes_from(*text, at));
		*text = buf_bytes(&spoilt);
		if (cda_write_report(chance.arena, &report, &out, &field) == REASON_NONE)
			fail_msg("report %zu was written with a poisoned text", i);
		assert_null(out.at);
		buf_free(&spoilt);
		arena_destroy(&chance.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_read_back_as_it_was_written),
		cmocka_unit_test(follows_the_schema_whatever_the_names),
		cmocka_unit_test(refuses_what_no_document_may_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

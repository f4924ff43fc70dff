/* gateway/compose_report_test.c - the report through the whole of compose: what is asked for, made into a mail, opened again as a recipient's
 * software would, is the same document; whoever the patient is, at both levels. The seed is printed; RELAIS_SEED gives another. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/calendar.h"
#include "cda/read.h"
#include "cda/write_random_test.h"
#include "cda/xdm_read.h"
#include "gateway/compose_build.h"
#include "gateway/json_view.h"
#include "smtp/mime_read.h"

enum { MAILS = 60 };

static int open_templates(void **state)
{
	static struct template_set *templates;
	static struct arena *arena;
	const char *file = __FILE__, *slash = strrchr(file, '/'), *where = "";
	char path[1024];

	arena = arena_create(64u << 20);
	snprintf(path, sizeof path, "%.*s/templates", slash == NULL ? 1 : (int)(slash - file), slash == NULL ? "." : file);
	assert_int_equal(template_load(arena, path, &templates, &where), REASON_NONE);
	assert_true(compose_warm(templates));
	*state = templates;
	return 0;
}

/* ---------------------------------------------------------------- the request, as the worker writes it */

static void put(json_t *object, const char *key, struct bytes text)
{
	if (text.len > 0)
		json_object_set_new(object, key, json_of(text));
}

static json_t *patient_json(const struct cda_write_patient *p)
{
	json_t *o = json_object();
	put(o, "ins", p->ins);
	put(o, "oid", p->oid);
	put(o, "family_birth", p->family_birth);
	put(o, "family_used", p->family_used);
	put(o, "given_birth_first", p->given_birth_first);
	put(o, "given_birth_all", p->given_birth_all);
	put(o, "given_used", p->given_used);
	put(o, "birth_time", p->birth_time);
	put(o, "sex", p->sex);
	put(o, "birth_place", p->birth_place);
	json_object_set_new(o, "birth_order", json_integer(p->birth_order));
	if (p->guardian.family.len > 0)
		json_object_set_new(o, "guardian", json_pack("{s:o, s:o}", "given", json_of(p->guardian.given), "family", json_of(p->guardian.family)));
	return o;
}

static json_t *expert_json(const struct cda_write_expert *e)
{
	json_t *o = json_object();
	put(o, "rpps", e->rpps);
	put(o, "title", e->title);
	put(o, "given", e->given);
	put(o, "family", e->family);
	put(o, "organisation", e->organisation);
	put(o, "organisation_id", e->organisation_id);
	put(o, "specialty_code", e->specialty_code);
	put(o, "practice", e->practice_code);
	return o;
}

static json_t *sections_json(const struct cda_write_report *r)
{
	static const char *const kinds[CDA_WRITE_KINDS] = {"other", "summary", "question", "case", "documents", "answers",
							    "opinion", "convergence", "advice", "limits", "help", "interests"};
	json_t *list = json_array();
	for (size_t i = 0; i < r->section_count; i++)
		json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "kind", kinds[r->sections[i].kind], "heading", json_of(r->sections[i].title),
						      "text", json_of(r->sections[i].text)));
	return list;
}

static json_t *report_json(const struct cda_write_report *r)
{
	json_t *o = json_pack("{s:s, s:i, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "reference", "A-2026-000123-KQ", "level", (int)r->level, "id",
			      json_of(r->id), "set_id", json_of(r->set_id), "version", (int)r->version, "patient", patient_json(&r->patient), "expert",
			      expert_json(&r->expert), "request_id", json_of(r->request_id), "title", json_of(r->title), "sections", sections_json(r),
			      "custodian", json_pack("{s:o, s:o}", "id", json_of(r->custodian.id), "name", json_of(r->custodian.name)));
	put(o, "replaces", r->replaces);
	put(o, "act", r->act);
	json_object_set_new(o, "time", json_of_instant(r->time.at));
	json_object_set_new(o, "signed_time", json_of_instant(r->signed_time.at));
	json_object_set_new(o, "service_time", json_of_instant(r->service_time.at));
	json_object_set_new(o, "service_end", json_of_instant(r->service_end.at));
	return o;
}

static struct bytes request_of(struct arena *arena, const struct cda_write_report *r)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:{s:s}, s:{s:s, s:s, s:s, s:s, s:s}, s:o}", "code", "M21", "language",
			      r->english ? "en" : "fr", "message_id", "<m1@avis.example>", "date", "2026-11-21T21:55:00Z", "from", "address",
			      "avis@avis.example", "name", "Service", "to", "t@b.example", "mss", "nil", "DEV", "fields", "reference", "A-2026-000123-KQ",
			      "phone", "01 02 03 04 05", "organisation", "Service", "patient_name", "Dominique", "expert_name", "Dr X", "report", report_json(r));
	assert_non_null(o);
	return json_write(arena, o);
}

/* ---------------------------------------------------------------- the mail, as a recipient opens it */

static void open_mail(struct arena *arena, const struct compose_mail *mail, struct mime_message *out)
{
	struct buf whole = buf_make(32u << 20);
	buf_add(&whole, mail->head);
	buf_add(&whole, mail->entity);
	assert_int_equal(mime_read(arena, BYTES_NONE, arena_copy(arena, buf_bytes(&whole)), out), REASON_NONE);
	buf_free(&whole);
	assert_int_equal(out->n_anomalies, 0);
}

static void same(size_t number, const char *what, struct bytes read, struct bytes written)
{
	if (!bytes_equal(read, written))
		fail_msg("mail %zu: %s: \"%.*s\" was asked for, \"%.*s\" arrived", number, what, (int)written.len, (const char *)written.at, (int)read.len,
			 (const char *)read.at);
}

static void same_document(size_t number, struct arena *arena, const struct cda_document *d, const struct cda_write_report *r)
{
	const struct cda_patient *p = &d->patient;
	const struct cda_write_time shown = {r->time.at, calendar_offset(CALENDAR_FRANCE, r->time.at)};

	if (d->finding_count > 0)
		fail_msg("mail %zu: finding %s", number, d->findings[0].rule);
	assert_int_equal(d->level, r->level);
	same(number, "id", cda_id_text(arena, d->id), r->id);
	same(number, "set", cda_id_text(arena, d->set_id), r->set_id);
	same(number, "replaced", cda_id_text(arena, d->replaces), r->replaces);
	same(number, "version", d->version, bytes_of_text(arena_printf(arena, "%u", r->version)));
	same(number, "time", d->time, cda_write_time_text(arena, shown));
	same(number, "title", d->title, r->title);
	same(number, "INS", p->ids[0].extension, r->patient.ins);
	same(number, "INS root", p->ids[0].root, r->patient.oid);
	same(number, "birth name", p->family_birth, r->patient.family_birth);
	same(number, "first name", p->given_birth_first, r->patient.given_birth_first);
	same(number, "birth given names", p->given_birth_all, r->patient.given_birth_all);
	same(number, "name in use", p->family_used, r->patient.family_used);
	same(number, "given name in use", p->given_used, r->patient.given_used);
	same(number, "birth date", p->birth_time, r->patient.birth_time);
	same(number, "sex", p->sex, r->patient.sex);
	same(number, "birth place", p->birth_place, r->patient.birth_place);
	same(number, "expert", d->legal_authenticator.rpps, r->expert.rpps);
	same(number, "request", cda_id_text(arena, d->orders[0]), r->request_id);
}

static void arrives_as_it_was_asked_for(void **state)
{
	const char *text = getenv("RELAIS_SEED");
	uint64_t seed = text == NULL ? 20261121 : strtoull(text, NULL, 10);
	const struct cda_options options = {.keep_embedded = true, .narrative = true};

	print_message("seed %llu\n", (unsigned long long)seed);
	for (size_t i = 0; i < MAILS; i++) {
		struct chance chance = {arena_create(256u << 20), seed + i};
		struct cda_write_report report = chance_report(&chance, BYTES_NONE);
		struct compose_mail mail, again;
		struct mime_message read;
		struct xdm_archive archive;
		struct cda_document document;
		const char *field = "";
		struct bytes request = request_of(chance.arena, &report);
		if (compose_build(chance.arena, *state, request, BYTES_NONE, &mail, &field) != REASON_NONE)
			fail_msg("mail %zu: refused for %s", i, field);
		assert_int_equal(compose_build(chance.arena, *state, request, BYTES_NONE, &again, &field), REASON_NONE);
		assert_true(bytes_equal(mail.entity, again.entity));
		open_mail(chance.arena, &mail, &read);
		assert_int_equal(xdm_read(chance.arena, read.parts[read.n - 1].content, &archive), REASON_NONE);
		assert_int_equal(cda_read(chance.arena, archive.documents[0].content, &options, &document), REASON_NONE);
		same_document(i, chance.arena, &document, &report);
		same(i, "PDF", document.embedded[0].content, read.parts[2].content);
		assert_true(bytes_starts(read.parts[2].content, BYTES("%PDF-")));
		arena_destroy(&chance.arena);
	}
}

/* What compose itself adds to a report, in the text of its level 3. */
static void says_how_to_read_it(void **state)
{
	struct chance chance = {arena_create(256u << 20), 1};
	struct cda_write_report report = chance_report(&chance, BYTES_NONE);
	static const struct cda_write_section sections[] = {
		{CDA_WRITE_CONVERGENCE, BYTES_OF("Convergence"), BYTES_OF("partly")},
		{CDA_WRITE_OPINION, BYTES_OF("Avis"), BYTES_OF("Parce que.")},
	};
	struct compose_mail mail;
	struct bytes narrative;
	const char *field = "";

	report.level = 3;
	report.english = false;
	report.sections = sections;
	report.section_count = 2;
	assert_int_equal(compose_build(chance.arena, *state, request_of(chance.arena, &report), BYTES_NONE, &mail, &field), REASON_NONE);
	assert_int_equal(cda_read_narrative(chance.arena, mail.files[mail.file_count - 1].content, &narrative), REASON_NONE);
	assert_true(bytes_contains(narrative, BYTES("Convergence\nPartielle")));
	assert_true(bytes_contains(narrative, BYTES("En parler avec votre médecin\n")));
	assert_true(bytes_contains(narrative, BYTES("- Que se passe-t-il si nous attendons ?")));
	arena_destroy(&chance.arena);
}

/* The font library keeps its tables until the process ends; the templates live as long as the tests. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(arrives_as_it_was_asked_for), cmocka_unit_test(says_how_to_read_it)};
	return cmocka_run_group_tests(tests, open_templates, NULL);
}

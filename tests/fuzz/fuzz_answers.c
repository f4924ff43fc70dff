/* tests/fuzz/fuzz_answers.c - any bytes as a questionnaire: the reader of answers, sections and attached files, then each answer
 * as the answer to a question of its own kind.
 *
 * Bytes that are no document are put where the answers of one stand, so that the reader is reached. Whatever comes: no crash; what
 * is told is UTF-8 and within its bounds; a definition has no answers; an answer with a value has no null, one with none fits nothing. */
#include <assert.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/read.h"
#include "policy/questionnaire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char head[] = "<ClinicalDocument xmlns=\"urn:hl7-org:v3\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><id root=\"1.2\"/>"
			   "<code code=\"%s\"/><component><structuredBody><component><section><entry><organizer>"
			   "<templateId root=\"2.16.840.1.113883.10.20.33.4.1\"/>";
static const char tail[] = "</organizer></entry></section></component></structuredBody></component></ClinicalDocument>";

static void check(struct bytes text)
{
	assert(text.len <= LIMIT_XML_TEXT && bytes_utf8(text));
}

static void check_answer(const struct cda_answer *a)
{
	const struct bytes texts[] = {a->question, a->text, a->value, a->label, a->unit, a->low, a->high, a->section, a->sequence, a->form.root,
				      a->form.extension, a->form.version};
	const char *kind = cda_answer_kind_name(a->kind), *null = cda_null_name(a->null);
	const struct policy_answer given = {.question = a->question, .value = a->value, .unit = a->unit,
					    .kind = policy_answer_kind_of_name(bytes_of_text(kind)), .null = bytes_of_text(null)};
	struct pathology_answer question = {.id = a->question, .unit = a->unit};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		check(texts[i]);
	assert((kind == NULL) == (a->kind == CDA_ANSWER_UNSAID) && (null == NULL || a->value.len == 0));
	for (enum policy_answer_kind k = POLICY_ANSWER_UNSAID; k < POLICY_ANSWER_KINDS; k++) {
		question.kind = k;
		enum reason reason = questionnaire_check(&question, &given, 1);
		assert((bytes_trim(a->value).len == 0) == (reason == REASON_NOT_FOUND));
		assert(reason != REASON_ANSWER_UNIT && reason != REASON_ANSWER_RANGE);
	}
}

static void read_one(struct bytes document)
{
	static const struct cda_options options = {.keep_attached = true};
	struct arena *arena = arena_create(64u << 20);
	struct cda_document d;
	enum reason reason = cda_read(arena, document, &options, &d);

	if (reason_entry(reason)->class <= REASON_CLASS_TOLERATED) {
		assert(d.answer_count <= LIMIT_CDA_ANSWERS && d.section_count <= LIMIT_CDA_SECTIONS && (!d.definition || d.answer_count == 0));
		for (size_t i = 0; i < d.answer_count; i++)
			check_answer(&d.answers[i]);
		for (size_t i = 0; i < d.section_count; i++)
			assert(d.sections[i].text.len > 0 && bytes_utf8(d.sections[i].text) && bytes_utf8(d.sections[i].title));
		for (size_t i = 0; i < d.embedded_count; i++)
			assert(d.embedded[i].content.len == 0 || (d.embedded[i].attached && d.embedded[i].content.len == d.embedded[i].size));
	}
	arena_destroy(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	struct buf document = buf_make(LIMIT_XML);

	read_one(input);
	if (!bytes_contains(input, BYTES("ClinicalDocument"))) {
		buf_printf(&document, head, size % 2 ? "74465-6" : "75496-0");
		buf_add(&document, input);
		buf_text(&document, tail);
		read_one(buf_bytes(&document));
	}
	buf_free(&document);
	return 0;
}

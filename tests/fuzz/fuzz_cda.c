/* tests/fuzz/fuzz_cda.c - any bytes as a CDA: bounded XML, the reader, its narrative and its embedded files.
 *
 * Whatever comes: no crash, and on success every text told is UTF-8 and within its bound. */
#include <assert.h>

#include "base/limits.h"
#include "cda/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct bytes text)
{
	assert(text.len <= LIMIT_XML_TEXT && bytes_utf8(text));
}

static void check_document(const struct cda_document *d)
{
	check(d->title);
	check(d->type);
	check(d->patient.family_birth);
	for (size_t i = 0; i < d->author_count; i++)
		check(d->authors[i].id.extension);
	for (size_t i = 0; i < d->answer_count; i++)
		check(d->answers[i].value);
	for (size_t i = 0; i < d->embedded_count; i++)
		assert(d->embedded[i].content.len == d->embedded[i].size && sniff_name(d->embedded[i].detected) != NULL);
	for (size_t i = 0; i < d->patient.id_count; i++)
		check(d->patient.ids[i].root);
	for (size_t i = 0; i < d->finding_count; i++)
		assert(d->findings[i].rule != NULL && d->findings[i].text != NULL && d->findings[i].text_fr != NULL &&
		       d->findings[i].source != NULL);
	assert(d->narrative.len <= LIMIT_CDA_NARRATIVE && bytes_utf8(d->narrative));
	assert(d->answer_count <= LIMIT_CDA_ANSWERS && d->embedded_count <= LIMIT_CDA_EMBEDDED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cda_options options = {.keep_embedded = true, .narrative = true};
	struct arena *arena = arena_create(64u << 20);
	struct bytes document = {data, size}, other;
	struct cda_document d;
	enum reason reason = cda_read(arena, document, &options, &d);

	if (reason_entry(reason)->class <= REASON_CLASS_TOLERATED) {
		check_document(&d);
		if (cda_read_pdf(arena, document, &other) == REASON_NONE)
			assert(sniff_type(other) == SNIFF_PDF);
		if (cda_read_narrative(arena, document, &other) == REASON_NONE)
			assert(bytes_utf8(other));
	}
	arena_destroy(&arena);
	return 0;
}

/* tests/fuzz/fuzz_shield.c - any text through the identity shield: bounds hold, what is found reads back, and a judgement names who was given. */
#include <assert.h>

#include "gateway/shield_mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct policy_patient own = {.ins = BYTES_OF("279035121518989"), .family_birth = BYTES_OF("PAT-TROIS"), .given_birth_first = BYTES_OF("DOMINIQUE"), .birth_time = BYTES_OF("19790328")};
static const struct shield_person others[] = {
	{1, BYTES_OF("A-1"), {.ins = BYTES_OF("180127512345642"), .family_birth = BYTES_OF("LEFÈVRE"), .given_birth_first = BYTES_OF("JEAN-PIERRE"), .birth_time = BYTES_OF("19801231")}},
	{2, BYTES_OF("A-2"), {.ins = BYTES_OF("279035121518989"), .family_birth = BYTES_OF("MARTIN"), .given_birth_first = BYTES_OF("LUC"), .birth_time = BYTES_OF("19790328")}},
};

static void check(const struct shield_text *t)
{
	assert(t->n_numbers <= SHIELD_NUMBERS);
	for (size_t i = 0; i < t->n_numbers; i++)
		assert(t->numbers[i].len == 13 && t->numbers[i].at[0] >= '1' && t->numbers[i].at[0] <= '8');
	for (size_t k = 0; k < t->n_passages; k++) {
		const struct shield_passage *p = &t->passages[k];
		for (size_t i = 0; i < p->n_dates; i++)
			assert(p->dates[i].at <= p->n);
		for (size_t i = 0; i < p->n; i++)
			assert(p->words[i].len > 0 && p->words[i].len <= SHIELD_WORD);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(128u << 20);
	struct shield_reader *reader = shield_reader_make(arena);
	struct shield_mail mail = {0}, back;

	shield_read(reader, (struct bytes){data, size / 2});
	shield_read(reader, (struct bytes){data + size / 2, size - size / 2});
	shield_read_end(reader, &mail.text);
	check(&mail.text);
	json_t *json = shield_mail_write(&mail);
	assert(shield_mail_of(arena, json, &back) && back.text.n_numbers == mail.text.n_numbers && back.text.n_passages == mail.text.n_passages);
	struct shield_match match[2];
	size_t n = shield_judge(arena, &back.text, &own, others, 2, match);
	/* The own number never stops, whoever else has it. */
	assert(n == 0 || (n == 1 && match[0].person == &others[0]));
	json_decref(json);
	arena_destroy(&arena);
	return 0;
}

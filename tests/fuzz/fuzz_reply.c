/* tests/fuzz/fuzz_reply.c - what people write back: words, days, emergencies, private addresses, and the display of what was folded.
 *
 * The first byte chooses the day of writing. Whatever is read lies within what it promises; masking leaves nothing to mask. */
#include "base/limits.h"
#include "smtp/new_text.h"
#include "smtp/reply_emergency.h"
#include "smtp/reply_leave.h"
#include "smtp/reply_private.h"
#include "smtp/reply_word.h"

static void expect(bool truth)
{
	if (!truth)
		__builtin_trap();
}

static bool is_day(struct date d)
{
	return d.year >= 1999 && d.year <= 2201 && d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= 31;
}

static void expect_days(bool has_from, struct date from, bool has_until, struct date until, struct date written)
{
	expect(!has_from || is_day(from));
	expect(!has_until || is_day(until));
	expect(!has_from || !has_until || date_days(from) <= date_days(until));
	expect(!has_until || written.year == 0 || date_days(until) >= date_days(written));
}

static void expect_within(struct bytes part, struct bytes whole)
{
	expect(part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len));
}

static void read_words(struct arena *arena, struct bytes text, struct date written)
{
	struct reply reply;

	reply_word_read(arena, text, written, &reply);
	expect(reply.word < REPLY_WORDS && reply.motive < REPLY_MOTIVES);
	expect_days(reply.has_from, reply.from, reply.has_until, reply.until, written);
	expect_within(reply.rest, text);
	expect_within(reply.address, text);
	reply_patient_read(arena, text, &reply);
	expect(reply.word == REPLY_NONE || reply.word == REPLY_UNCLEAR || (reply.word >= REPLY_SHARE && reply.word <= REPLY_DONE));
	reply_physician_read(arena, text, &reply);
	expect(reply.word == REPLY_NONE || reply.word == REPLY_UNCLEAR || reply.word == REPLY_REFUSE || reply.word >= REPLY_PDF_ONLY);
}

static void mask(struct arena *arena, struct bytes text)
{
	const struct bytes own[] = {BYTES("01 00 00 00 00"), BYTES("avis.example")};
	struct reply_private once, twice;

	reply_private_mask(arena, text, own, 2, false, &once);
	reply_private_mask(arena, once.text, own, 2, false, &twice);
	expect(twice.addresses == 0);
	expect(once.addresses + once.numbers > 0 || bytes_equal(once.text, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create(512u * 1024 * 1024);
	struct date written = size > 0 && data[0] % 4 == 0 ? (struct date){0} : (struct date){2024 + (size > 0 ? data[0] % 8 : 0), 1 + (size > 0 ? data[0] % 12 : 0), 28};
	struct bytes text = {data, size < LIMIT_TEXT ? size : LIMIT_TEXT};
	struct reply_emergency found[REPLY_EMERGENCIES];
	struct reply_leave leave;

	read_words(arena, text, written);
	if (reply_leave_suggest(arena, text, written, &leave))
		expect_days(leave.has_from, leave.from, leave.has_until, leave.until, written);
	expect(reply_emergency_read(arena, text, found) <= EMERGENCY_KINDS);
	mask(arena, text);
	(void)new_text_display(arena, text, false);
	arena_destroy(&arena);
	return 0;
}

/* tests/fuzz/fuzz_directory_extract.c - any bytes as the extract of the directory, in pieces of the size that the first byte says.
 *
 * Whatever comes: no crash; what is read of a line is an address that mail can go to and plain text; the pieces make no difference. */
#include <assert.h>

#include "base/limits.h"
#include "gateway/directory_extract.h"
#include "policy/directory.h"
#include "policy/sender.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct bytes text)
{
	unsigned char plain[64];

	assert(bytes_one_line(text, LIMIT_DIRECTORY_FIELD));
	size_t n = directory_plain(text, plain, sizeof plain);
	assert(n <= sizeof plain);
	for (size_t i = 0; i < n; i++)
		assert(plain[i] >= ' ' && plain[i] < 0x7f);
}

static bool take(void *context, const struct directory_line *line)
{
	const struct bytes texts[] = {line->family, line->given, line->profession, line->speciality, line->service, line->place, line->postcode};

	assert(sender_address_ok(line->address) && line->kind.len > 0 && line->person.len <= LIMIT_SMTP_DOMAIN && line->structure.len <= LIMIT_SMTP_DOMAIN);
	for (size_t i = 0; i < line->address.len; i++)
		assert(!(line->address.at[i] >= 'A' && line->address.at[i] <= 'Z'));
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		check_text(texts[i]);
	(*(size_t *)context)++;
	return true;
}

static enum reason read_all(struct bytes file, size_t piece, struct directory_extract *e, size_t *taken)
{
	enum reason reason = REASON_NONE;

	*taken = 0;
	directory_extract_begin(e, take, taken);
	for (size_t at = 0; reason == REASON_NONE && at < file.len; at += piece)
		reason = directory_extract_feed(e, bytes_slice(file, at, piece));
	enum reason end = directory_extract_end(e, NULL);
	return reason != REASON_NONE ? reason : end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes file = {data, size};
	struct directory_extract whole, pieces;
	size_t taken, again;
	struct instant day;

	enum reason reason = read_all(file, size > 0 ? size : 1, &whole, &taken);
	assert(read_all(file, size > 0 ? (size_t)data[0] % 97 + 1 : 1, &pieces, &again) == reason);
	assert(taken == whole.entries && again == taken && whole.bad == pieces.bad && whole.lines == pieces.lines);
	assert(reason != REASON_NONE || (whole.headed && whole.bad * 100 <= whole.entries + whole.bad));
	(void)!directory_extract_day(file, &day);
	return 0;
}

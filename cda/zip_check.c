/* cda/zip_check.c - see zip_check.h. Section numbers are those of PKWARE's APPNOTE 6.3.10. */
#include "cda/zip_check.h"

#include <stdlib.h>

#include "base/limits.h"

enum {
	END_SIZE = 22,
	LOCATOR_SIZE = 20,
	END64_SIZE = 56,
	CENTRAL_SIZE = 46,
	LOCAL_SIZE = 30,
	FLAG_ENCRYPTED = 1 << 0,
	FLAG_DESCRIPTOR = 1 << 3,
	FLAG_PATCH = 1 << 5,
	FLAG_STRONG = 1 << 6,
	FLAG_MASKED = 1 << 13,
	METHOD_STORED = 0,
	METHOD_DEFLATED = 8,
	METHOD_AES = 99,
	EXTRA_ZIP64 = 0x0001,
	EXTRA_UNICODE_NAME = 0x7075,
	HOST_UNIX = 3,
	HOST_DARWIN = 19,
	MODE_TYPE = 0170000,
	MODE_FOLDER = 0040000,
	MODE_FILE = 0100000,
	MODE_PIPE = 0010000,
};

/* Little-endian; a read behind the end gives zero, and every caller has checked the length. */
static uint64_t number(struct bytes a, size_t at, size_t width)
{
	uint64_t value = 0;
	struct bytes field = bytes_slice(a, at, width);
	for (size_t i = field.len; i > 0; i--)
		value = value << 8 | field.at[i - 1];
	return value;
}

static bool has_mark(struct bytes a, size_t at, const char mark[4])
{
	return bytes_equal(bytes_slice(a, at, 4), (struct bytes){(const unsigned char *)mark, 4});
}

/* 4.3.16. Its comment must end where the archive ends, and no second end record may fit as well. */
static enum reason find_end(struct bytes archive, size_t *end)
{
	size_t fits = 0, marks = 0;
	size_t lowest = archive.len > END_SIZE + 0xffff ? archive.len - END_SIZE - 0xffff : 0;

	if (archive.len < END_SIZE)
		return REASON_ARCHIVE_BROKEN;
	for (size_t at = archive.len - END_SIZE + 1; at-- > lowest;) {
		if (!has_mark(archive, at, "PK\5\6"))
			continue;
		marks++;
		if (number(archive, at + 20, 2) != archive.len - at - END_SIZE)
			continue;
		*end = at;
		fits++;
	}
	if (fits == 1)
		return REASON_NONE;
	return marks == 0 ? REASON_ARCHIVE_BROKEN : REASON_ARCHIVE_INCONSISTENT;
}

struct directory {
	uint64_t offset, size, entries, end; /* end: where the first record behind it begins */
};

/* 4.3.14 and 4.3.15: only when a field of the end record says so, and then exactly before it. */
static enum reason read_end64(struct bytes archive, size_t end, struct directory *d)
{
	if (end < LOCATOR_SIZE + END64_SIZE || !has_mark(archive, end - LOCATOR_SIZE, "PK\6\7"))
		return REASON_ARCHIVE_INCONSISTENT;
	size_t locator = end - LOCATOR_SIZE, at = locator - END64_SIZE;
	if (number(archive, locator + 4, 4) != 0 || number(archive, locator + 8, 8) != at ||
	    number(archive, locator + 16, 4) > 1 || !has_mark(archive, at, "PK\6\6") ||
	    number(archive, at + 4, 8) != END64_SIZE - 12 || number(archive, at + 16, 8) != 0 ||
	    number(archive, at + 24, 8) != number(archive, at + 32, 8))
		return REASON_ARCHIVE_INCONSISTENT;
	struct directory big = {number(archive, at + 48, 8), number(archive, at + 40, 8), number(archive, at + 32, 8),
				at};
	if ((d->entries != 0xffff && d->entries != big.entries) || (d->size != 0xffffffff && d->size != big.size) ||
	    (d->offset != 0xffffffff && d->offset != big.offset))
		return REASON_ARCHIVE_INCONSISTENT;
	*d = big;
	return REASON_NONE;
}

static enum reason read_directory(struct bytes archive, struct directory *d)
{
	size_t end = 0;
	enum reason reason = find_end(archive, &end);

	if (reason != REASON_NONE)
		return reason;
	*d = (struct directory){number(archive, end + 16, 4), number(archive, end + 12, 4),
				number(archive, end + 10, 2), end};
	if (number(archive, end + 4, 4) != 0 || number(archive, end + 8, 2) != d->entries)
		return REASON_ARCHIVE_INCONSISTENT; /* several disks */
	if (d->entries == 0xffff || d->size == 0xffffffff || d->offset == 0xffffffff) {
		reason = read_end64(archive, end, d);
		if (reason != REASON_NONE)
			return reason;
	}
	if (d->offset > d->end || d->end - d->offset != d->size)
		return REASON_ARCHIVE_INCONSISTENT;
	if (d->entries == 0)
		return REASON_ARCHIVE_BROKEN;
	return d->entries > LIMIT_ZIP_ENTRIES ? REASON_ARCHIVE_LIMIT : REASON_NONE;
}

/* 4.5.1: finds an extra field. A tail too short for a header is padding, which real writers leave. */
static bool find_extra(struct bytes extra, unsigned id, struct bytes *out)
{
	while (extra.len >= 4) {
		size_t len = (size_t)number(extra, 2, 2);
		if (number(extra, 0, 2) == id) {
			*out = bytes_slice(extra, 4, len);
			return true;
		}
		extra = bytes_from(extra, 4 + len);
	}
	return false;
}

/* 4.5.3: takes the next 8-byte value in place of a 32-bit one that is all ones. */
static bool widen(uint64_t *value, struct bytes *wide)
{
	if (*value != 0xffffffff)
		return true;
	if (wide->len < 8)
		return false;
	*value = number(*wide, 0, 8);
	*wide = bytes_from(*wide, 8);
	return true;
}

/* 4.6.9: another name in Unicode would be a second reading of the same entry. */
static bool other_name(struct bytes extra, struct bytes name)
{
	struct bytes field = BYTES_NONE;
	return find_extra(extra, EXTRA_UNICODE_NAME, &field) && !bytes_equal(bytes_from(field, 5), name);
}

static enum reason check_kind(const struct zip_record *record, unsigned host, unsigned mode)
{
	if (record->flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED) || record->method == METHOD_AES)
		return REASON_ARCHIVE_ENCRYPTED;
	if (record->flags & FLAG_PATCH || (record->method != METHOD_STORED && record->method != METHOD_DEFLATED))
		return REASON_ARCHIVE_METHOD;
	unsigned type = mode & MODE_TYPE;
	/* A link or a device is refused; "pipe" is how zip(1) marks what it read from its standard input. */
	if ((host == HOST_UNIX || host == HOST_DARWIN) && type != 0 && type != MODE_FILE && type != MODE_FOLDER &&
	    type != MODE_PIPE)
		return REASON_ARCHIVE_NAME;
	return REASON_NONE;
}

/* 4.3.12. Moves *at behind the record. */
static enum reason read_central(struct bytes archive, const struct directory *d, uint64_t *at, struct zip_record *out)
{
	struct bytes record = bytes_slice(archive, *at, d->end - *at);

	if (record.len < CENTRAL_SIZE || !has_mark(record, 0, "PK\1\2"))
		return REASON_ARCHIVE_INCONSISTENT;
	size_t name = number(record, 28, 2), extra = number(record, 30, 2), comment = number(record, 32, 2);
	if (CENTRAL_SIZE + name + extra + comment > record.len || number(record, 34, 2) != 0)
		return REASON_ARCHIVE_INCONSISTENT;
	*out = (struct zip_record){
		.raw_name = bytes_slice(record, CENTRAL_SIZE, name),
		.flags = (unsigned)number(record, 8, 2),
		.method = (unsigned)number(record, 10, 2),
		.crc = (uint32_t)number(record, 16, 4),
		.packed = number(record, 20, 4),
		.size = number(record, 24, 4),
		.begin = number(record, 42, 4),
	};
	struct bytes wide = BYTES_NONE, fields = bytes_slice(record, CENTRAL_SIZE + name, extra);
	find_extra(fields, EXTRA_ZIP64, &wide);
	if (!widen(&out->size, &wide) || !widen(&out->packed, &wide) || !widen(&out->begin, &wide) ||
	    other_name(fields, out->raw_name))
		return REASON_ARCHIVE_INCONSISTENT;
	*at += CENTRAL_SIZE + name + extra + comment;
	return check_kind(out, (unsigned)number(record, 5, 1), (unsigned)number(record, 40, 2));
}

/* 4.3.9: CRC and sizes behind the data, with or without a mark, of four or eight bytes. 0 when none fits. */
static size_t descriptor_size(struct bytes rest, const struct zip_record *r)
{
	for (size_t width = 4; width <= 8; width += 4)
		for (size_t mark = 0; mark <= 4; mark += 4) {
			size_t size = mark + 4 + 2 * width;
			if (rest.len < size || (mark > 0 && !has_mark(rest, 0, "PK\7\10")))
				continue;
			if (number(rest, mark, 4) == r->crc && number(rest, mark + 4, width) == r->packed &&
			    number(rest, mark + 4 + width, width) == r->size)
				return size;
		}
	return 0;
}

/* A streamed entry may tell zeros in its local header; everything else must agree. */
static bool local_agrees(const struct zip_record *r, uint64_t crc, uint64_t packed, uint64_t size)
{
	bool streamed = r->flags & FLAG_DESCRIPTOR;
	return (crc == r->crc || (streamed && crc == 0)) && (packed == r->packed || (streamed && packed == 0)) &&
	       (size == r->size || (streamed && size == 0));
}

/* 4.3.7 */
static enum reason read_local(struct bytes archive, const struct directory *d, struct zip_record *r)
{
	struct bytes rest = bytes_slice(archive, 0, d->offset);

	if (r->begin > rest.len || rest.len - r->begin < LOCAL_SIZE || !has_mark(rest, r->begin, "PK\3\4"))
		return REASON_ARCHIVE_INCONSISTENT;
	rest = bytes_from(rest, r->begin);
	size_t name = number(rest, 26, 2), extra = number(rest, 28, 2), head = LOCAL_SIZE + name + extra;
	struct bytes fields = bytes_slice(rest, LOCAL_SIZE + name, extra), wide = BYTES_NONE;
	uint64_t packed = number(rest, 18, 4), size = number(rest, 22, 4);
	find_extra(fields, EXTRA_ZIP64, &wide);
	if (head > rest.len || number(rest, 6, 2) != r->flags || number(rest, 8, 2) != r->method ||
	    !bytes_equal(bytes_slice(rest, LOCAL_SIZE, name), r->raw_name) || other_name(fields, r->raw_name) ||
	    !widen(&size, &wide) || !widen(&packed, &wide) || !local_agrees(r, number(rest, 14, 4), packed, size))
		return REASON_ARCHIVE_INCONSISTENT;
	if (r->packed > rest.len - head || (r->method == METHOD_STORED && r->packed != r->size))
		return REASON_ARCHIVE_INCONSISTENT;
	r->end = r->begin + head + r->packed;
	if (r->flags & FLAG_DESCRIPTOR) {
		size_t descriptor = descriptor_size(bytes_from(rest, head + r->packed), r);
		if (descriptor == 0)
			return REASON_ARCHIVE_INCONSISTENT;
		r->end += descriptor;
	}
	return REASON_NONE;
}

static int by_place(const void *a, const void *b)
{
	const struct zip_record *const *x = a, *const *y = b;
	return ((*x)->begin > (*y)->begin) - ((*x)->begin < (*y)->begin);
}

/* No overlap, no gap, nothing in front of the first entry nor between the last and the central directory. */
static enum reason check_tiling(struct arena *arena, struct zip_record *records, size_t count,
				const struct directory *d)
{
	struct zip_record **sorted = arena_try(arena, count * sizeof *sorted);
	uint64_t at = 0;

	if (sorted == NULL)
		return REASON_MEMORY;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &records[i];
	qsort(sorted, count, sizeof *sorted, by_place);
	for (size_t i = 0; i < count; i++) {
		if (sorted[i]->begin != at)
			return REASON_ARCHIVE_INCONSISTENT;
		at = sorted[i]->end;
	}
	return at == d->offset ? REASON_NONE : REASON_ARCHIVE_INCONSISTENT;
}

enum reason zip_check(struct arena *arena, struct bytes archive, struct zip_record **out, size_t *count)
{
	struct directory d;
	enum reason reason = read_directory(archive, &d);

	if (reason != REASON_NONE)
		return reason;
	struct zip_record *records = arena_try(arena, d.entries * sizeof *records);
	if (records == NULL)
		return REASON_MEMORY;
	uint64_t at = d.offset;
	for (size_t i = 0; i < d.entries; i++) {
		reason = read_central(archive, &d, &at, &records[i]);
		if (reason != REASON_NONE)
			return reason;
		reason = read_local(archive, &d, &records[i]);
		if (reason != REASON_NONE)
			return reason;
	}
	if (at != d.end)
		return REASON_ARCHIVE_INCONSISTENT;
	reason = check_tiling(arena, records, d.entries, &d);
	if (reason != REASON_NONE)
		return reason;
	*out = records;
	*count = d.entries;
	return REASON_NONE;
}

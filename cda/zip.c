/* cda/zip.c - see zip.h. zip_check.c decides what the archive is; libzip unpacks it, and must agree. */
#include "cda/zip.h"

#include <zip.h>

#include "base/limits.h"
#include "cda/zip_check.h"

/* Small files may pack better than the ratio (a sound one of the corpus does): it counts from here. */
enum { RATIO_FLOOR = 1024 * 1024 };

/* Sizes are declared here, but reading stops at the first byte more or less. */
static enum reason check_sizes(const struct zip_record *records, size_t count)
{
	uint64_t total = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t size = records[i].size;
		if (size > LIMIT_ZIP_TOTAL - total)
			return REASON_ARCHIVE_LIMIT;
		if (size > RATIO_FLOOR && size / LIMIT_ZIP_RATIO > records[i].packed)
			return REASON_ARCHIVE_LIMIT;
		total += size;
	}
	return REASON_NONE;
}

static bool is_dots(struct bytes part)
{
	return part.len == 0 || bytes_equal(part, BYTES(".")) || bytes_equal(part, BYTES(".."));
}

/* U+202A…202E and U+2066…2069 make a name read otherwise than it is written. */
static bool has_override(struct bytes name)
{
	for (size_t i = 0; i + 2 < name.len; i++) {
		if (name.at[i] != 0xe2)
			continue;
		if ((name.at[i + 1] == 0x80 && name.at[i + 2] >= 0xaa && name.at[i + 2] <= 0xae) ||
		    (name.at[i + 1] == 0x81 && name.at[i + 2] >= 0xa6 && name.at[i + 2] <= 0xa9))
			return true;
	}
	return false;
}

/* attacks Z2: relative, no way up, nothing that some system would read as another name. */
static bool name_allowed(struct bytes name)
{
	if (name.len == 0 || name.len > LIMIT_ZIP_NAME || !bytes_utf8(name) || has_override(name))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] < 0x20 || name.at[i] == 0x7f || name.at[i] == '\\' || name.at[i] == ':')
			return false;
	if (name.at[name.len - 1] == '/')
		name.len--;
	for (size_t from = 0; from <= name.len;) {
		size_t to = bytes_find_byte(name, '/', from);
		struct bytes part = bytes_slice(name, from, to - from);
		if (is_dots(part) || part.at[part.len - 1] == '.' || part.at[part.len - 1] == ' ')
			return false;
		from = to + 1;
	}
	return true;
}

static bool is_folder(struct bytes name)
{
	return name.at[name.len - 1] == '/';
}

/* The same name but for case; a folder and a file of one name clash too. */
static bool names_clash(struct bytes a, struct bytes b)
{
	a.len -= is_folder(a);
	b.len -= is_folder(b);
	return bytes_equal_nocase(a, b);
}

/* A file where another entry needs a folder. */
static bool is_inside(struct bytes name, struct bytes file)
{
	return name.len > file.len && name.at[file.len] == '/' && bytes_starts_nocase(name, file);
}

static enum reason check_names(const struct bytes *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!name_allowed(names[i]))
			return REASON_ARCHIVE_NAME;
		for (size_t j = 0; j < i; j++) {
			if (names_clash(names[i], names[j]))
				return REASON_ARCHIVE_INCONSISTENT;
			if ((!is_folder(names[j]) && is_inside(names[i], names[j])) ||
			    (!is_folder(names[i]) && is_inside(names[j], names[i])))
				return REASON_ARCHIVE_NAME;
		}
	}
	return REASON_NONE;
}

/* Exactly the declared size, then the end, where libzip compares the CRC. */
static enum reason read_entry(struct arena *arena, zip_t *zip, size_t index, const struct zip_record *record,
			      struct bytes *out)
{
	unsigned char *data = arena_try(arena, record->size + 1);
	zip_file_t *file = zip_fopen_index(zip, index, 0);
	enum reason reason = data == NULL ? REASON_MEMORY : REASON_ARCHIVE_BROKEN;
	uint64_t len = 0;

	if (data == NULL || file == NULL)
		goto out;
	for (;;) {
		zip_int64_t n = zip_fread(file, data + len, record->size + 1 - len);
		if (n < 0)
			goto out;
		len += (uint64_t)n;
		if (n == 0 || len > record->size)
			break;
	}
	reason = REASON_ARCHIVE_INCONSISTENT;
	if (len != record->size)
		goto out;
	*out = (struct bytes){data, record->size};
	reason = REASON_NONE;
out:
	if (file != NULL)
		zip_fclose(file);
	return reason;
}

static enum reason read_names(struct arena *arena, zip_t *zip, const struct zip_record *records, size_t count,
			      struct bytes *names)
{
	for (size_t i = 0; i < count; i++) {
		/* The library ends a name at its first NUL; another reader may not. */
		struct bytes raw = records[i].raw_name;
		if (bytes_find_byte(raw, 0, 0) < raw.len)
			return REASON_ARCHIVE_NAME;
		const char *name = zip_get_name(zip, i, ZIP_FL_ENC_GUESS);
		if (name == NULL)
			return REASON_ARCHIVE_BROKEN;
		names[i] = arena_copy(arena, bytes_of_text(name));
	}
	return check_names(names, count);
}

static enum reason read_all(struct arena *arena, zip_t *zip, const struct zip_record *records, size_t count,
			    struct zip_content *out)
{
	struct bytes *names = arena_try(arena, count * sizeof *names);
	struct zip_content content = {arena_try(arena, count * sizeof *content.members), 0};
	enum reason reason;

	if (names == NULL || content.members == NULL)
		return REASON_MEMORY;
	reason = read_names(arena, zip, records, count, names);
	for (size_t i = 0; i < count && reason == REASON_NONE; i++) {
		struct zip_member member = {.name = names[i]};
		if (is_folder(names[i]) && records[i].size != 0)
			return REASON_ARCHIVE_INCONSISTENT;
		reason = read_entry(arena, zip, i, &records[i], &member.content);
		if (!is_folder(names[i]))
			content.members[content.count++] = member;
	}
	if (reason == REASON_NONE)
		*out = content;
	return reason;
}

static enum reason reason_of(int code)
{
	switch (code) {
	case ZIP_ER_INCONS:
		return REASON_ARCHIVE_INCONSISTENT;
	case ZIP_ER_MEMORY:
		return REASON_MEMORY;
	case ZIP_ER_COMPNOTSUPP:
		return REASON_ARCHIVE_METHOD;
	case ZIP_ER_ENCRNOTSUPP:
		return REASON_ARCHIVE_ENCRYPTED;
	default:
		return REASON_ARCHIVE_BROKEN;
	}
}

enum reason zip_content_read(struct arena *arena, struct bytes archive, struct zip_content *out)
{
	struct zip_record *records = NULL;
	size_t count = 0;
	enum reason reason = zip_check(arena, archive, &records, &count);

	if (reason == REASON_NONE)
		reason = check_sizes(records, count);
	if (reason != REASON_NONE)
		return reason;
	zip_error_t error;
	zip_error_init(&error);
	zip_source_t *source = zip_source_buffer_create(archive.at, archive.len, 0, &error);
	zip_t *zip = source == NULL ? NULL : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
	if (zip == NULL) {
		reason = reason_of(zip_error_code_zip(&error));
		zip_source_free(source);   /* accepts NULL */
	} else if (zip_get_num_entries(zip, 0) != (zip_int64_t)count) {
		reason = REASON_ARCHIVE_INCONSISTENT;
	} else {
		reason = read_all(arena, zip, records, count, out);
	}
	if (zip != NULL)
		zip_discard(zip);
	zip_error_fini(&error);
	return reason;
}

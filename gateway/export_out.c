/* gateway/export_out.c - see export_out.h. ZIP: APPNOTE.TXT 6.3.10, 4.3.7, 4.3.12, 4.3.16. */
#include "gateway/export_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/calendar.h"
#include "smtp/mime_name.h"

enum { ZIP_FILES = 65535, BOOKS = 64 * 1024 * 1024 };
enum { ZIP_LOCAL = 0x04034b50, ZIP_ENTRY = 0x02014b50, ZIP_END = 0x06054b50, ZIP_VERSION = 20, ZIP_UNIX = 3 << 8, ZIP_UTF8 = 1 << 11 };
#define ZIP_ROOM UINT32_MAX

/* --- bytes of a ZIP: little-endian, CRC-32 of ISO 3309 ------------------------ */

static void put16(struct buf *b, unsigned value)
{
	buf_u8(b, (uint8_t)value);
	buf_u8(b, (uint8_t)(value >> 8));
}

static void put32(struct buf *b, uint32_t value)
{
	put16(b, value & 0xffff);
	put16(b, value >> 16);
}

static uint32_t crc_of(struct bytes content)
{
	/* Four bits at a time. */
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < content.len; i++) {
		crc ^= content.at[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* What local header and directory have in common. */
static void put_entry(struct buf *b, const struct export_out *out, uint32_t crc, uint32_t size, size_t name)
{
	put16(b, ZIP_VERSION);
	put16(b, ZIP_UTF8);
	put16(b, 0);   /* stored */
	put32(b, out->dos_time);
	put32(b, crc);
	put32(b, size);
	put32(b, size);
	put16(b, (unsigned)name);
	put16(b, 0);
}

static uint32_t dos_time_of(struct instant at)
{
	struct date day = calendar_date(CALENDAR_FRANCE, at);
	uint32_t minute = (uint32_t)calendar_minute(CALENDAR_FRANCE, at), year = day.year > 1980 ? (uint32_t)day.year - 1980 : 0;

	return (year << 9 | (uint32_t)day.month << 5 | (uint32_t)day.day) << 16 | minute / 60 << 11 | minute % 60 << 5;
}

/* --- writing -------------------------------------------------------------------- */

static bool write_all(int file, struct bytes content)
{
	while (content.len > 0) {
		ssize_t n = write(file, content.at, content.len);
		if (n <= 0 && errno != EINTR)
			return false;
		content = bytes_from(content, n > 0 ? (size_t)n : 0);
	}
	return true;
}

static enum reason add_to_zip(struct export_out *out, const char *name, struct bytes content)
{
	size_t len = strlen(name);
	struct buf head = buf_make(512);
	uint32_t crc = crc_of(content);

	put32(&head, ZIP_LOCAL);
	if (content.len > ZIP_ROOM || out->size + content.len + len + 30 > ZIP_ROOM || out->files + 1 >= ZIP_FILES) {
		buf_free(&head);
		return REASON_ARCHIVE_LIMIT;
	}
	put_entry(&head, out, crc, (uint32_t)content.len, len);
	buf_text(&head, name);
	bool ok = buf_ok(&head) && write_all(out->file, buf_bytes(&head)) && write_all(out->file, content);
	put32(&out->directory, ZIP_ENTRY);
	put16(&out->directory, ZIP_UNIX | ZIP_VERSION);
	put_entry(&out->directory, out, crc, (uint32_t)content.len, len);
	put16(&out->directory, 0);   /* comment, disk, internal attributes */
	put16(&out->directory, 0);
	put16(&out->directory, 0);
	put32(&out->directory, (uint32_t)(S_IFREG | 0600) << 16);
	put32(&out->directory, (uint32_t)out->size);
	buf_text(&out->directory, name);
	out->size += head.len + content.len;
	buf_free(&head);
	return ok && buf_ok(&out->directory) ? REASON_NONE : REASON_IO;
}

static enum reason end_zip(struct export_out *out)
{
	size_t len = out->directory.len;

	if (out->size + len > ZIP_ROOM)
		return REASON_ARCHIVE_LIMIT;
	put32(&out->directory, ZIP_END);
	put32(&out->directory, 0);   /* one disk */
	put16(&out->directory, (unsigned)out->files);
	put16(&out->directory, (unsigned)out->files);
	put32(&out->directory, (uint32_t)len);
	put32(&out->directory, (uint32_t)out->size);
	put16(&out->directory, 0);
	bool ok = buf_ok(&out->directory) && write_all(out->file, buf_bytes(&out->directory)) && fsync(out->file) == 0;
	return ok ? REASON_NONE : REASON_IO;
}

static enum reason add_to_folder(struct export_out *out, const char *name, struct bytes content)
{
	const char *slash = strrchr(name, '/');

	if (slash != NULL && mkdir(arena_printf(out->arena, "%s/%.*s", out->partial, (int)(slash - name), name), 0700) != 0 && errno != EEXIST)
		return REASON_IO;
	int file = open(arena_printf(out->arena, "%s/%s", out->partial, name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool ok = file >= 0 && write_all(file, content) && fsync(file) == 0;
	if (file >= 0 && close(file) != 0)
		ok = false;
	return ok ? REASON_NONE : REASON_IO;
}

static enum reason add(struct export_out *out, const char *name, struct bytes content)
{
	enum reason reason = out->zip ? add_to_zip(out, name, content) : add_to_folder(out, name, content);

	/* What failed half-way is to be taken away, too. */
	buf_printf(&out->names, "%s%c", name, '\0');
	out->files += reason == REASON_NONE;
	return reason == REASON_NONE && !buf_ok(&out->names) ? REASON_IO : reason;
}

static void remove_folder(struct export_out *out)
{
	struct cursor c = cursor_on(buf_bytes(&out->names));

	while (c.left.len > 0)
		unlink(arena_printf(out->arena, "%s/%s", out->partial, arena_text(out->arena, cursor_until(&c, '\0'))));
	c = cursor_on(buf_bytes(&out->names));
	while (c.left.len > 0) {
		struct bytes name = cursor_until(&c, '\0');
		size_t slash = bytes_find_byte(name, '/', 0);
		if (slash < name.len)
			rmdir(arena_printf(out->arena, "%s/%s", out->partial, arena_text(out->arena, bytes_slice(name, 0, slash))));
	}
	rmdir(out->partial);
}

enum reason export_out_open(struct arena *arena, const char *path, struct instant at, struct export_out *out)
{
	struct stat about;
	struct bytes text = bytes_of_text(path);

	*out = (struct export_out){.arena = arena, .file = -1, .dos_time = dos_time_of(at), .directory = buf_make(BOOKS), .sums = buf_make(BOOKS), .names = buf_make(BOOKS)};
	while (text.len > 1 && text.at[text.len - 1] == '/')
		text.len--;
	out->path = arena_text(arena, text);
	out->partial = arena_printf(arena, "%s.partial", out->path);
	out->zip = bytes_ends(text, BYTES(".zip"));
	if (lstat(out->path, &about) == 0)
		return REASON_EXPORT_THERE;
	if (out->zip)
		out->file = open(out->partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (out->zip ? out->file < 0 : mkdir(out->partial, 0700) != 0)
		return errno == EEXIST ? REASON_EXPORT_THERE : REASON_IO;
	out->open = true;
	return REASON_NONE;
}

enum reason export_out_add(struct export_out *out, const char *name, struct bytes content, char digest[DIGEST_SHA256_TEXT])
{
	digest_sha256_text(content, digest);
	buf_printf(&out->sums, "%s  %s\n", digest, name);
	return buf_ok(&out->sums) ? add(out, name, content) : REASON_IO;
}

void export_out_sums(const struct export_out *out, char digest[DIGEST_SHA256_TEXT])
{
	digest_sha256_text(buf_bytes(&out->sums), digest);
}

enum reason export_out_beside(struct export_out *out, const char *name, struct bytes content)
{
	return add(out, name, content);
}

enum reason export_out_end(struct export_out *out, char digest[DIGEST_SHA256_TEXT])
{
	export_out_sums(out, digest);
	enum reason reason = add(out, EXPORT_SUMS, buf_bytes(&out->sums));

	if (reason == REASON_NONE && out->zip)
		reason = end_zip(out);
	if (reason != REASON_NONE)
		return reason;
	if (renameat2(AT_FDCWD, out->partial, AT_FDCWD, out->path, RENAME_NOREPLACE) != 0)
		return errno == EEXIST ? REASON_EXPORT_THERE : REASON_IO;
	out->open = false;
	return REASON_NONE;
}

void export_out_close(struct export_out *out)
{
	if (out->file >= 0)
		close(out->file);
	if (out->open && out->zip)
		unlink(out->partial);
	else if (out->open)
		remove_folder(out);
	out->open = false;
	out->file = -1;
	buf_free(&out->directory);
	buf_free(&out->sums);
	buf_free(&out->names);
}

const char *export_name(struct arena *arena, struct bytes name)
{
	static const struct bytes others = BYTES_OF("\\:*?\"<>|");   /* what a file system or a shell of somebody's takes for its own */
	bool odd;
	char *text = arena_text(arena, mime_name_clean(arena, name, &odd));

	for (char *c = text; *c != '\0'; c++)
		if (bytes_find_byte(others, (unsigned char)*c, 0) < others.len)
			*c = '_';
	return text[0] != '\0' ? text : "fichier";
}

/* gateway/recheck_folder.c - see recheck_folder.h. */
#include "gateway/recheck_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/limits.h"

enum { PEM_LINE = 48 /* bytes: 64 letters */ };

static enum reason write_to(const char *path, int how, struct bytes content)
{
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | how, 0600);
	bool ok = file >= 0;

	while (ok && content.len > 0) {
		ssize_t n = write(file, content.at, content.len);
		ok = n > 0;
		content = bytes_from(content, ok ? (size_t)n : 0);
	}
	if (file >= 0 && close(file) != 0)
		ok = false;
	return ok ? REASON_NONE : REASON_IO;
}

static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	size_t n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n == 2;   /* itself and the one above */
}

/* RFC 7468. */
void recheck_pem(struct buf *out, const char *label, struct bytes der)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	buf_printf(out, "-----BEGIN %s-----\n", label);
	for (size_t i = 0; i < der.len; i += 3) {
		uint32_t word = 0;
		for (size_t k = 0; k < 3; k++)
			word = word << 8 | (i + k < der.len ? der.at[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_u8(out, i + k > der.len ? '=' : (unsigned char)letters[word >> (18 - 6 * k) & 63]);
		if (i % PEM_LINE == PEM_LINE - 3 || i + 3 >= der.len)
			buf_u8(out, '\n');
	}
	buf_printf(out, "-----END %s-----\n", label);
}

enum reason recheck_folder_open(struct arena *arena, const char *path, struct recheck_folder *out)
{
	const char *above = getenv("TMPDIR");
	char *made;

	*out = (struct recheck_folder){.path = path, .temporary = path == NULL};
	if (path == NULL) {
		made = arena_printf(arena, "%s/relais-recheck-XXXXXX", above == NULL || above[0] == '\0' ? "/tmp" : above);
		out->path = mkdtemp(made);
		if (out->path == NULL)
			return REASON_IO;
	} else if (mkdir(path, 0700) != 0 && (errno != EEXIST || !is_empty(path))) {
		return REASON_IO;
	}
	return mkdir(arena_printf(arena, "%s/crls", out->path), 0700) == 0 ? REASON_NONE : REASON_IO;
}

enum reason recheck_folder_message(struct arena *arena, const struct recheck_folder *folder, struct bytes raw)
{
	return write_to(arena_printf(arena, "%s/message.eml", folder->path), O_EXCL, raw);
}

enum reason recheck_folder_piece(struct arena *arena, struct recheck_folder *folder, struct bytes digest, struct bytes kind, struct bytes der,
				 bool *altered)
{
	char now[DIGEST_SHA256_TEXT];
	bool list = bytes_equal_text(kind, "crl");
	struct buf pem = buf_make((size_t)LIMIT_CRL / 2 * 3);

	digest_sha256_text(der, now);
	*altered = !bytes_equal_text(digest, now);
	if (*altered)
		return REASON_NONE;
	recheck_pem(&pem, list ? "X509 CRL" : "CERTIFICATE", der);
	const char *own = list ? arena_printf(arena, "%s/crls/%s.pem", folder->path, now) : arena_printf(arena, "%s/anchors.pem", folder->path);
	enum reason reason = buf_ok(&pem) ? write_to(own, O_APPEND, buf_bytes(&pem)) : REASON_MEMORY;

	if (reason == REASON_NONE)
		reason = write_to(arena_printf(arena, "%s/trust.pem", folder->path), O_APPEND, buf_bytes(&pem));
	buf_free(&pem);
	*(list ? &folder->lists : &folder->certificates) += 1;
	return reason;
}

static void empty(struct arena *arena, const char *path)
{
	DIR *dir = opendir(path);

	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
		if (entry->d_name[0] != '.')
			unlink(arena_printf(arena, "%s/%s", path, entry->d_name));
	if (dir != NULL)
		closedir(dir);
}

void recheck_folder_close(struct arena *arena, struct recheck_folder *folder)
{
	if (!folder->temporary || folder->path == NULL)
		return;
	const char *crls = arena_printf(arena, "%s/crls", folder->path);

	empty(arena, crls);
	rmdir(crls);
	empty(arena, folder->path);
	rmdir(folder->path);
	folder->path = NULL;
}

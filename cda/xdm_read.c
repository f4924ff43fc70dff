/* cda/xdm_read.c - see xdm_read.h. Which file of the archive an entry of the metadata means, and whether they agree. */
#include "cda/xdm_read.h"

#include "base/digest.h"
#include "base/limits.h"
#include "cda/xdm_read_metadata.h"

#define METADATA "METADATA.XML"

struct package {
	struct arena *arena;
	struct zip_content zip;
	bool *used;                    /* a file of the zip is spoken for */
	size_t metadata;               /* its index; zip.count when there is none */
	struct bytes folder;           /* of the metadata, with its '/' at the end, or empty */
};

static struct bytes base_name(struct bytes path)
{
	for (size_t i = path.len; i > 0; i--)
		if (path.at[i - 1] == '/')
			return bytes_from(path, i);
	return path;
}

/* IHE_XDM/<folder>/METADATA.XML (ITI TF-2 3.32.4.1.2), in any case. */
static bool is_conformant(struct bytes path)
{
	static const struct bytes top = BYTES_OF("IHE_XDM/");
	if (!bytes_starts_nocase(path, top))
		return false;
	struct bytes rest = bytes_from(path, top.len);
	size_t slash = bytes_find_byte(rest, '/', 0);
	return slash > 0 && bytes_equal_nocase(bytes_from(rest, slash + 1), BYTES(METADATA));
}

/* Readable covers that IHE asks for; never shown, never a document. */
static bool is_cover(struct bytes path)
{
	struct bytes name = base_name(path);
	return bytes_equal_nocase(name, BYTES("INDEX.HTM")) || bytes_equal_nocase(name, BYTES("INDEX.HTML")) ||
	       bytes_equal_nocase(name, BYTES("README.TXT"));
}

/* A package holds one METADATA.XML; two would be two submissions (attacks Z8). */
static enum reason find_metadata(struct package *p)
{
	bool folder = false;

	p->metadata = p->zip.count;
	for (size_t i = 0; i < p->zip.count; i++) {
		struct bytes name = p->zip.members[i].name;
		folder |= bytes_contains_nocase(name, BYTES("IHE_XDM/"));
		if (!bytes_equal_nocase(base_name(name), BYTES(METADATA)))
			continue;
		if (p->metadata < p->zip.count)
			return REASON_ARCHIVE_METADATA;
		p->metadata = i;
		p->folder = bytes_slice(name, 0, name.len - base_name(name).len);
	}
	if (p->metadata == p->zip.count)
		return folder ? REASON_ARCHIVE_METADATA : REASON_NONE;
	p->used[p->metadata] = true;
	return REASON_NONE;
}

static size_t find_path(const struct package *p, struct bytes folder, struct bytes rest)
{
	for (size_t i = 0; i < p->zip.count; i++) {
		struct bytes name = p->zip.members[i].name;
		if (name.len == folder.len + rest.len && bytes_starts(name, folder) &&
		    bytes_equal_nocase(bytes_from(name, folder.len), rest))
			return i;
	}
	return p->zip.count;
}

static bool has_hash(struct bytes content, struct bytes hash)
{
	char text[DIGEST_SHA1_TEXT];
	digest_sha1_text(content, text);
	return bytes_equal_nocase(hash, bytes_of_text(text));
}

static bool may_be_document(const struct package *p, size_t i)
{
	return !p->used[i] && !is_cover(p->zip.members[i].name);
}

/* Without URI: the file with that hash; else the only XML file beside the metadata that is no style sheet. */
static size_t find_unnamed(const struct package *p, struct bytes hash)
{
	size_t only = p->zip.count, candidates = 0;

	for (size_t i = 0; i < p->zip.count; i++) {
		struct bytes name = p->zip.members[i].name;
		if (!may_be_document(p, i))
			continue;
		if (hash.len > 0 && has_hash(p->zip.members[i].content, hash))
			return i;
		bool beside = bytes_starts(name, p->folder) && base_name(name).len == name.len - p->folder.len;
		if (beside && !bytes_contains_nocase(base_name(name), BYTES(".xsl")) &&
		    sniff_type(p->zip.members[i].content) == SNIFF_XML) {
			only = i;
			candidates++;
		}
	}
	return candidates == 1 ? only : p->zip.count;
}

/* The folder above, with its '/' at the end; the root above the first. */
static struct bytes parent(struct bytes folder)
{
	return bytes_slice(folder, 0, base_name(bytes_slice(folder, 0, folder.len - 1)).at - folder.at);
}

/* As a path of the archive: some writers say "./DOC0001.XML", or write the bars of their own system. */
static struct bytes uri_path(struct arena *arena, struct bytes uri)
{
	char *path = arena_text(arena, uri);

	for (size_t i = 0; i < uri.len; i++)
		if (path[i] == '\\')
			path[i] = '/';
	struct bytes out = {(unsigned char *)path, uri.len};
	return bytes_starts(out, BYTES("./")) ? bytes_from(out, 2) : out;
}

/* The URI is relative to the metadata; some writers count it from the root of the archive, or from IHE_XDM. It is only ever
 * compared with names that the archive has. */
static size_t find_file(const struct package *p, const struct xdm_entry *entry)
{
	struct bytes folder = p->folder, path = uri_path(p->arena, entry->uri);

	if (entry->uri.len == 0)
		return find_unnamed(p, entry->hash);
	size_t i = find_path(p, folder, path);
	while (i == p->zip.count && folder.len > 0) {
		folder = parent(folder);
		i = find_path(p, folder, path);
	}
	return i;
}

/* An empty file, a size or a hash that is not what the metadata tell: another document than the one described. */
static enum reason check_file(struct xdm_entry *entry)
{
	struct xdm_document *d = &entry->document;
	uint64_t size;

	if (entry->size.len > 0) {
		if (!bytes_number(entry->size, UINT32_MAX, &size) || size != d->content.len)
			return REASON_ARCHIVE_METADATA;
		d->size_told = true;
	}
	if (entry->hash.len > 0) {
		if (!has_hash(d->content, entry->hash))
			return REASON_ARCHIVE_METADATA;
		d->hash_told = true;
	}
	return d->content.len > 0 ? REASON_NONE : REASON_ARCHIVE_METADATA;
}

static enum reason match_entry(struct package *p, struct xdm_entry *entry)
{
	struct xdm_document *d = &entry->document;
	size_t i = find_file(p, entry);

	d->uri_told = entry->uri.len > 0;
	if (i == p->zip.count) {
		d->name = entry->uri;
		/* A deletion names its document; it need not send it again. */
		return d->action == XDM_ACTION_DELETE ? REASON_NONE : REASON_ARCHIVE_METADATA;
	}
	if (p->used[i])
		return REASON_ARCHIVE_METADATA;
	p->used[i] = true;
	d->name = p->zip.members[i].name;
	d->content = p->zip.members[i].content;
	d->type = sniff_type(d->content);
	return d->type == SNIFF_PROGRAM ? REASON_ARCHIVE_ACTIVE : check_file(entry);
}

/* CX: the value is the first component, the root stands between the first two '&' of its authority. */
static void split_patient(struct bytes cx, struct bytes *value, struct bytes *root)
{
	size_t from = bytes_find_byte(cx, '&', 0);
	*value = bytes_trim(bytes_slice(cx, 0, bytes_find_byte(cx, '^', 0)));
	*root = BYTES_NONE;
	if (from < cx.len)
		*root = bytes_trim(bytes_slice(cx, from + 1, bytes_find_byte(cx, '&', from + 1) - from - 1));
}

static bool same_patient(const struct xdm_archive *archive, const struct xdm_document *d)
{
	return d->patient_id.len == 0 || (bytes_equal(d->patient_value, archive->patient_value) &&
					  bytes_equal(d->patient_root, archive->patient_root));
}

static enum reason check_patients(struct xdm_archive *archive)
{
	split_patient(archive->patient_id, &archive->patient_value, &archive->patient_root);
	for (size_t i = 0; i < archive->count; i++) {
		struct xdm_document *d = &archive->documents[i];
		split_patient(d->patient_id, &d->patient_value, &d->patient_root);
		if (archive->patient_id.len == 0) {
			archive->patient_id = d->patient_id;
			archive->patient_value = d->patient_value;
			archive->patient_root = d->patient_root;
		}
		if (!same_patient(archive, d))
			return REASON_ARCHIVE_PATIENTS;
	}
	/* An entry that tells no patient is of the submission's, and is compared with the document as such. */
	for (size_t i = 0; i < archive->count; i++) {
		archive->documents[i].patient_value = archive->patient_value;
		archive->documents[i].patient_root = archive->patient_root;
	}
	return REASON_NONE;
}

static enum reason read_described(struct package *p, struct xdm_archive *archive)
{
	struct xdm_metadata m = {0};
	enum reason reason = xdm_metadata_read(p->arena, p->zip.members[p->metadata].content, &m);

	if (reason != REASON_NONE)
		return reason;
	if (m.sets > 1 || m.count == 0)
		return REASON_ARCHIVE_METADATA;
	archive->metadata = true;
	archive->conformant = is_conformant(p->zip.members[p->metadata].name);
	archive->submission_id = m.submission_id;
	archive->source_id = m.source_id;
	archive->patient_id = m.patient_id;
	for (size_t i = 0; i < m.count && reason == REASON_NONE; i++) {
		reason = match_entry(p, &m.entries[i]);
		archive->documents[archive->count++] = m.entries[i].document;
	}
	return reason;
}

static enum reason add_loose(struct package *p, struct xdm_archive *archive)
{
	for (size_t i = 0; i < p->zip.count; i++) {
		const struct zip_member *member = &p->zip.members[i];
		if (p->used[i] || (archive->metadata && is_cover(member->name)))
			continue;
		if (archive->metadata && archive->count >= LIMIT_DOCUMENTS)
			return REASON_ARCHIVE_LIMIT;
		enum sniff type = sniff_type(member->content);
		if (archive->metadata && type == SNIFF_PROGRAM)
			return REASON_ARCHIVE_ACTIVE;
		archive->documents[archive->count++] = (struct xdm_document){
			.name = member->name, .content = member->content, .type = type, .patient_value = archive->patient_value, .patient_root = archive->patient_root};
	}
	return REASON_NONE;
}

enum reason xdm_read(struct arena *arena, struct bytes archive, struct xdm_archive *out)
{
	struct package p = {.arena = arena};
	struct xdm_archive a = {0};
	enum reason reason = zip_content_read(arena, archive, &p.zip);

	if (reason != REASON_NONE)
		return reason;
	p.used = arena_alloc(arena, p.zip.count + 1);
	a.documents = arena_alloc(arena, (LIMIT_DOCUMENTS + p.zip.count) * sizeof *a.documents);
	for (size_t i = 0; i < p.zip.count; i++)
		a.unpacked += p.zip.members[i].content.len;
	reason = find_metadata(&p);
	if (reason == REASON_NONE && p.metadata < p.zip.count)
		reason = read_described(&p, &a);
	if (reason == REASON_NONE)
		reason = check_patients(&a);
	if (reason == REASON_NONE)
		reason = add_loose(&p, &a);
	if (reason != REASON_NONE)
		return reason;
	*out = a;
	return a.conformant ? REASON_NONE : REASON_ARCHIVE_NOT_XDM;
}

/* gateway/inspect_attachment.c - see inspect_attachment.h. */
#include "gateway/inspect_attachment.h"

/* Every type has its line: what is not written is set aside. */
static const struct {
	bool taken;
	enum reason reason;
} fates[SNIFFS] = {
	[SNIFF_OTHER] = {false, REASON_ATTACHMENT_FORMAT},
	[SNIFF_PDF] = {true, REASON_NONE},
	[SNIFF_JPEG] = {true, REASON_NONE},
	[SNIFF_PNG] = {true, REASON_NONE},
	[SNIFF_TIFF] = {true, REASON_NONE},
	[SNIFF_TXT] = {true, REASON_NONE},
	[SNIFF_RTF] = {true, REASON_NONE},
	[SNIFF_DICOM] = {true, REASON_NONE},
	[SNIFF_ZIP] = {false, REASON_ATTACHMENT_NESTED},
	[SNIFF_XML] = {true, REASON_NONE},             /* read as a CDA before anything else */
	[SNIFF_HTML] = {false, REASON_ATTACHMENT_ACTIVE},
	[SNIFF_CCR] = {true, REASON_NONE},             /* foreign, kept as a file */
	[SNIFF_HEIC] = {false, REASON_ATTACHMENT_HEIC},
	[SNIFF_IMAGE] = {false, REASON_ATTACHMENT_FORMAT},
	[SNIFF_OFFICE] = {false, REASON_ATTACHMENT_OFFICE},
	[SNIFF_PACKED] = {false, REASON_ATTACHMENT_FORMAT},
	[SNIFF_MEDIA] = {false, REASON_ATTACHMENT_FORMAT},
	[SNIFF_TNEF] = {false, REASON_ATTACHMENT_TNEF},
	[SNIFF_PROGRAM] = {false, REASON_ATTACHMENT_ACTIVE},
};

/* Texts that Windows, macOS or a browser would run. */
static bool is_script(struct bytes name)
{
	static const char *const endings[] = {".js",  ".jse", ".vbs", ".vbe", ".wsf", ".wsh", ".hta", ".bat", ".cmd", ".ps1",
					      ".sh",  ".reg", ".url", ".scf", ".inf", ".py",  ".pl",  ".rb",  ".svg", ".html", ".htm"};
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		struct bytes ending = bytes_of_text(endings[i]);
		if (name.len > ending.len && bytes_equal_nocase(bytes_from(name, name.len - ending.len), ending))
			return true;
	}
	return false;
}

enum reason inspect_attachment_reason(enum sniff type, struct bytes name, bool within)
{
	if (type == SNIFF_TXT && is_script(name))
		return REASON_ATTACHMENT_ACTIVE;
	if (within && (type == SNIFF_PACKED || type == SNIFF_TNEF))
		return REASON_ATTACHMENT_NESTED;
	return fates[type].taken ? REASON_NONE : fates[type].reason;
}

bool inspect_attachment_is_clutter(struct bytes path)
{
	static const char *const names[] = {".DS_Store", "Thumbs.db", "desktop.ini", "autorun.inf"};
	size_t from = 0;

	for (size_t i = 0; i < path.len; i++)
		if (path.at[i] == '/')
			from = i + 1;
	struct bytes name = bytes_from(path, from);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (bytes_equal_nocase(name, bytes_of_text(names[i])))
			return true;
	return bytes_starts(path, BYTES("__MACOSX/")) || bytes_starts(name, BYTES("._"));
}

struct bytes inspect_attachment_name(struct arena *arena, struct bytes path)
{
	char *name = arena_text(arena, path);

	for (size_t i = 0; i < path.len; i++)
		if (name[i] == '/')
			name[i] = '_';
	return (struct bytes){(unsigned char *)name, path.len};
}

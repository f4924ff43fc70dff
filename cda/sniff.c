/* cda/sniff.c - see sniff.h. */
#include "cda/sniff.h"

static const struct {
	const char *name, *media;
	const char *others[4];   /* other declared types that agree */
} types[SNIFFS] = {
	[SNIFF_OTHER] = {"other", "application/octet-stream", {NULL}},
	[SNIFF_PDF] = {"pdf", "application/pdf", {"application/x-pdf"}},
	[SNIFF_JPEG] = {"jpeg", "image/jpeg", {"image/jpg", "image/pjpeg"}},
	[SNIFF_PNG] = {"png", "image/png", {"image/x-png"}},
	[SNIFF_TIFF] = {"tiff", "image/tiff", {"image/tif"}},
	[SNIFF_TXT] = {"txt", "text/plain", {"text/csv"}},
	[SNIFF_RTF] = {"rtf", "text/rtf", {"application/rtf", "application/x-rtf", "text/richtext"}},
	[SNIFF_DICOM] = {"dicom", "application/dicom", {NULL}},
	[SNIFF_ZIP] = {"zip", "application/zip", {"application/x-zip-compressed", "multipart/x-zip"}},
	[SNIFF_XML] = {"xml", "text/xml", {"application/xml", "application/xslt+xml", "text/x-hl7-text+xml"}},
	[SNIFF_HTML] = {"html", "text/html", {"application/xhtml+xml"}},
	[SNIFF_CCR] = {"ccr", "text/xml", {"application/xml"}},
	[SNIFF_HEIC] = {"heic", "image/heic", {"image/heif", "image/avif"}},
	[SNIFF_IMAGE] = {"image", "application/octet-stream", {"image/gif", "image/bmp", "image/webp"}},
	[SNIFF_OFFICE] = {"office", "application/octet-stream", {"application/msword", "application/vnd.oasis.opendocument.text"}},
	[SNIFF_PACKED] = {"packed", "application/octet-stream", {"application/gzip", "application/x-7z-compressed"}},
	[SNIFF_MEDIA] = {"media", "application/octet-stream", {"video/mp4", "audio/mpeg"}},
	[SNIFF_TNEF] = {"tnef", "application/ms-tnef", {"application/vnd.ms-tnef"}},
	[SNIFF_PROGRAM] = {"program", "application/octet-stream", {NULL}},
};

struct magic {
	enum sniff type;
	size_t offset;
	struct bytes magic;
};

static const struct magic magics[] = {
	{SNIFF_PDF, 0, BYTES_OF("%PDF-")},
	{SNIFF_JPEG, 0, BYTES_OF("\xff\xd8\xff")},
	{SNIFF_PNG, 0, BYTES_OF("\x89PNG\r\n\x1a\n")},
	{SNIFF_TIFF, 0, BYTES_OF("II*\0")},
	{SNIFF_TIFF, 0, BYTES_OF("MM\0*")},
	{SNIFF_RTF, 0, BYTES_OF("{\\rtf")},
	{SNIFF_DICOM, 128, BYTES_OF("DICM")},       /* DICOM PS3.10 7.1 */
	{SNIFF_ZIP, 0, BYTES_OF("PK\x03\x04")},
	{SNIFF_ZIP, 0, BYTES_OF("PK\x05\x06")},     /* empty archive */
	{SNIFF_HEIC, 4, BYTES_OF("ftyphei")},       /* ISO/IEC 23008-12: heic, heix, heim, heis */
	{SNIFF_HEIC, 4, BYTES_OF("ftyphev")},
	{SNIFF_HEIC, 4, BYTES_OF("ftypmif1")},
	{SNIFF_HEIC, 4, BYTES_OF("ftypmsf1")},
	{SNIFF_HEIC, 4, BYTES_OF("ftypavif")},
	{SNIFF_MEDIA, 4, BYTES_OF("ftyp")},         /* ISO/IEC 14496-12: MP4, QuickTime */
	{SNIFF_MEDIA, 0, BYTES_OF("\x1a\x45\xdf\xa3")}, /* Matroska, WebM */
	{SNIFF_MEDIA, 0, BYTES_OF("OggS")},
	{SNIFF_MEDIA, 0, BYTES_OF("ID3")},
	{SNIFF_MEDIA, 8, BYTES_OF("AVI ")},
	{SNIFF_MEDIA, 8, BYTES_OF("WAVE")},
	{SNIFF_IMAGE, 8, BYTES_OF("WEBP")},
	{SNIFF_IMAGE, 0, BYTES_OF("GIF87a")},
	{SNIFF_IMAGE, 0, BYTES_OF("GIF89a")},
	{SNIFF_OFFICE, 0, BYTES_OF("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")},
	{SNIFF_PACKED, 0, BYTES_OF("7z\xbc\xaf\x27\x1c")},
	{SNIFF_PACKED, 0, BYTES_OF("Rar!\x1a\x07")},
	{SNIFF_PACKED, 0, BYTES_OF("\x1f\x8b\x08")},
	{SNIFF_PACKED, 0, BYTES_OF("BZh")},
	{SNIFF_PACKED, 0, BYTES_OF("\xfd\x37zXZ\0")},
	{SNIFF_PACKED, 257, BYTES_OF("ustar")},
	{SNIFF_TNEF, 0, BYTES_OF("\x78\x9f\x3e\x22")}, /* [MS-OXTNEF] 2.1.3.1 */
	{SNIFF_PROGRAM, 0, BYTES_OF("\x7f" "ELF")},
	{SNIFF_PROGRAM, 0, BYTES_OF("\xca\xfe\xba\xbe")}, /* Java class, Mach-O for several processors */
	{SNIFF_PROGRAM, 0, BYTES_OF("\xcf\xfa\xed\xfe")},
	{SNIFF_PROGRAM, 0, BYTES_OF("\xce\xfa\xed\xfe")},
	{SNIFF_PROGRAM, 0, BYTES_OF("#!")},
	{SNIFF_PROGRAM, 0, BYTES_OF("L\0\0\0\x01\x14\x02\0")}, /* [MS-SHLLINK] 2.1 */
};

/* What a ZIP is by the name of its first entry, which its makers always write first. */
static const struct magic first_entries[] = {
	{SNIFF_OFFICE, 30, BYTES_OF("[Content_Types].xml")}, /* ECMA-376 part 2 */
	{SNIFF_OFFICE, 30, BYTES_OF("_rels/")},
	{SNIFF_OFFICE, 30, BYTES_OF("docProps/")},
	{SNIFF_OFFICE, 30, BYTES_OF("word/")},
	{SNIFF_OFFICE, 30, BYTES_OF("xl/")},
	{SNIFF_OFFICE, 30, BYTES_OF("ppt/")},
	{SNIFF_OFFICE, 30, BYTES_OF("mimetypeapplication/")}, /* OpenDocument 1.3 part 2, 3.3; EPUB */
	{SNIFF_PROGRAM, 30, BYTES_OF("META-INF/")},           /* JAR */
};

static struct bytes without_mark(struct bytes head)
{
	return bytes_starts(head, BYTES("\xef\xbb\xbf")) ? bytes_from(head, 3) : head;
}

static bool is_letter(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c >= 0x80;
}

/* The name of the first element tag, without its prefix; empty when the head does not begin as markup. */
static struct bytes first_element(struct bytes head)
{
	struct bytes rest = bytes_trim(without_mark(head));

	while (bytes_starts(rest, BYTES("<?")) || bytes_starts(rest, BYTES("<!"))) {
		bool comment = bytes_starts(rest, BYTES("<!--"));
		struct bytes end = comment ? BYTES("-->") : BYTES(">");
		rest = bytes_trim(bytes_from(rest, bytes_find(rest, end, 2) + end.len));
	}
	if (rest.len < 2 || rest.at[0] != '<' || !is_letter(rest.at[1]))
		return BYTES_NONE;
	size_t from = 1, to = 1;
	for (; to < rest.len && !bytes_contains(BYTES(" \t\r\n/>"), bytes_slice(rest, to, 1)); to++)
		if (rest.at[to] == ':')
			from = to + 1;
	return bytes_slice(rest, from, to - from);
}

static enum sniff markup(struct bytes head)
{
	struct bytes start = bytes_trim(without_mark(head)), name = first_element(head);

	if (bytes_starts_nocase(start, BYTES("<!doctype html")) || bytes_equal_nocase(name, BYTES("html")) ||
	    bytes_equal_nocase(name, BYTES("svg")))
		return SNIFF_HTML;
	if (bytes_equal(name, BYTES("ContinuityOfCareRecord")))
		return SNIFF_CCR;
	if (bytes_starts(start, BYTES("<?xml")) || name.len > 0 || bytes_starts(start, BYTES("<!DOCTYPE")) ||
	    bytes_starts(start, BYTES("<!--")))
		return SNIFF_XML;
	return SNIFF_OTHER;
}

static bool is_text(struct bytes head)
{
	for (size_t i = 0; i < head.len; i++)
		if ((head.at[i] < 0x20 && head.at[i] != '\t' && head.at[i] != '\n' && head.at[i] != '\r' &&
		     head.at[i] != '\f') ||
		    head.at[i] == 0x7f)
			return false;
	return head.len > 0;
}

/* The mark that fits, or unknown. */
static enum sniff by_magic(struct bytes head, const struct magic *list, size_t n, enum sniff unknown)
{
	for (size_t i = 0; i < n; i++)
		if (bytes_starts(bytes_from(head, list[i].offset), list[i].magic))
			return list[i].type;
	return unknown;
}

/* "MZ" alone may begin a letter; a program has an offset to its second header, within the file's head (PE format 2). */
static bool is_pe(struct bytes head)
{
	return bytes_starts(head, BYTES("MZ")) && head.len > 63 && !bytes_utf8(bytes_slice(head, 0, 64));
}

/* "BM" alone may begin a letter, too: the reserved fields behind the size are zero. */
static bool is_bmp(struct bytes head)
{
	return bytes_starts(head, BYTES("BM")) && bytes_starts(bytes_from(head, 6), BYTES("\0\0\0\0"));
}

enum sniff sniff_type(struct bytes head)
{
	head = bytes_slice(head, 0, SNIFF_BYTES);
	enum sniff type = by_magic(head, magics, sizeof magics / sizeof *magics, SNIFF_OTHER);
	if (type == SNIFF_ZIP)
		return by_magic(head, first_entries, sizeof first_entries / sizeof *first_entries, SNIFF_ZIP);
	if (type != SNIFF_OTHER)
		return type;
	if (is_pe(head) || is_bmp(head))
		return is_bmp(head) ? SNIFF_IMAGE : SNIFF_PROGRAM;
	type = markup(head);
	if (type != SNIFF_OTHER)
		return type;
	return is_text(without_mark(head)) ? SNIFF_TXT : SNIFF_OTHER;
}

const char *sniff_name(enum sniff type)
{
	return types[type].name;
}

const char *sniff_media(enum sniff type)
{
	return types[type].media;
}

bool sniff_is_active(enum sniff type)
{
	return type == SNIFF_HTML || type == SNIFF_PROGRAM;
}

bool sniff_agrees(enum sniff type, struct bytes media)
{
	media = bytes_trim(bytes_slice(media, 0, bytes_find_byte(media, ';', 0)));
	if (type == SNIFF_OTHER)
		return false;
	if (bytes_equal_nocase(media, bytes_of_text(types[type].media)))
		return true;
	for (size_t i = 0; i < 4 && types[type].others[i] != NULL; i++)
		if (bytes_equal_nocase(media, bytes_of_text(types[type].others[i])))
			return true;
	return false;
}

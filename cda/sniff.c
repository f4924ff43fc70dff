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
};

static const struct {
	enum sniff type;
	size_t offset;
	struct bytes magic;
} magics[] = {
	{SNIFF_PDF, 0, BYTES_OF("%PDF-")},
	{SNIFF_JPEG, 0, BYTES_OF("\xff\xd8\xff")},
	{SNIFF_PNG, 0, BYTES_OF("\x89PNG\r\n\x1a\n")},
	{SNIFF_TIFF, 0, BYTES_OF("II*\0")},
	{SNIFF_TIFF, 0, BYTES_OF("MM\0*")},
	{SNIFF_RTF, 0, BYTES_OF("{\\rtf")},
	{SNIFF_DICOM, 128, BYTES_OF("DICM")},       /* DICOM PS3.10 7.1 */
	{SNIFF_ZIP, 0, BYTES_OF("PK\x03\x04")},
	{SNIFF_ZIP, 0, BYTES_OF("PK\x05\x06")},     /* empty archive */
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

	if (bytes_starts_nocase(start, BYTES("<!doctype html")) || bytes_equal_nocase(name, BYTES("html")))
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

enum sniff sniff_type(struct bytes head)
{
	head = bytes_slice(head, 0, SNIFF_BYTES);
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (bytes_starts(bytes_from(head, magics[i].offset), magics[i].magic))
			return magics[i].type;
	enum sniff type = markup(head);
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

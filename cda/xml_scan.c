/* cda/xml_scan.c - see xml_scan.h. XML 1.0 sections 2.5 to 2.8, 3.1. */
#include "cda/xml_scan.h"

#include "base/limits.h"

enum { DECLARATION = 1024 };   /* of an XML declaration; real ones have 60 bytes */

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool encoding_allowed(struct bytes name)
{
	static const char *const allowed[] = {"UTF-8", "US-ASCII", "ISO-8859-1", "ISO-8859-15", "windows-1252"};
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		if (bytes_equal_nocase(name, bytes_of_text(allowed[i])))
			return true;
	return false;
}

/* The quoted value behind "encoding =". */
static struct bytes encoding_value(struct bytes rest)
{
	rest = bytes_trim(rest);
	if (rest.len == 0 || rest.at[0] != '=')
		return BYTES_NONE;
	rest = bytes_trim(bytes_from(rest, 1));
	if (rest.len == 0 || (rest.at[0] != '"' && rest.at[0] != '\''))
		return BYTES_NONE;
	return bytes_slice(rest, 1, bytes_find_byte(rest, rest.at[0], 1) - 1);
}

/* Every "encoding" of the declaration must be an allowed one: which one the library would take does not matter then. */
static enum reason check_declaration(struct bytes document)
{
	struct bytes head = bytes_slice(document, 0, DECLARATION), word = BYTES("encoding");

	if (!bytes_starts(head, BYTES("<?xml")) || head.len < 6 || !is_blank(head.at[5]))
		return REASON_NONE;
	size_t end = bytes_find(head, BYTES("?>"), 0);
	if (end == head.len)
		return REASON_DOCUMENT_MALFORMED;
	head = bytes_slice(head, 0, end);
	for (size_t at = bytes_find(head, word, 0); at < head.len; at = bytes_find(head, word, at + word.len))
		if (!encoding_allowed(encoding_value(bytes_from(head, at + word.len))))
			return REASON_DOCUMENT_MALFORMED;
	return REASON_NONE;
}

/* UTF-16, UTF-32 and EBCDIC show in the first four bytes (XML 1.0 appendix F). */
static enum reason check_encoding(struct bytes document)
{
	if (document.len == 0 || (document.at[0] != '<' && !is_blank(document.at[0])))
		return REASON_DOCUMENT_MALFORMED;
	if (bytes_find_byte(bytes_slice(document, 0, 4), 0, 0) < 4 && document.len >= 4)
		return REASON_DOCUMENT_MALFORMED;
	return check_declaration(document);
}

/* A start or end tag that begins at `at`; *next is behind it. */
static enum reason check_tag(struct bytes document, size_t at, size_t *next)
{
	unsigned char quote = 0;
	size_t equals = 0, i = at + 1;

	for (; i < document.len; i++) {
		unsigned char c = document.at[i];
		if (i - at > LIMIT_XML_TAG)
			return REASON_DOCUMENT_LIMIT;
		if (quote != 0) {
			if (c == quote)
				quote = 0;
			continue;
		}
		if (c == '>')
			break;
		if (c == '"' || c == '\'')
			quote = c;
		if (c == '=' && ++equals > LIMIT_XML_ATTRIBUTES)
			return REASON_DOCUMENT_LIMIT;
	}
	*next = i + 1;
	return REASON_NONE;
}

static size_t behind(struct bytes document, size_t at, struct bytes end)
{
	return bytes_find(document, end, at) + end.len;
}

static enum reason check_markup(struct bytes document, size_t at, size_t *next)
{
	struct bytes rest = bytes_slice(document, at, 9);

	if (bytes_starts(rest, BYTES("<!--")))
		*next = behind(document, at + 4, BYTES("-->"));
	else if (bytes_starts(rest, BYTES("<![CDATA[")))
		*next = behind(document, at + 9, BYTES("]]>"));
	else if (bytes_starts(rest, BYTES("<?")))
		*next = behind(document, at + 2, BYTES("?>"));
	else if (bytes_starts(rest, BYTES("<!DOCTYPE")))
		return REASON_DOCUMENT_DOCTYPE;
	else if (bytes_starts(rest, BYTES("<!")))
		return REASON_DOCUMENT_MALFORMED;
	else
		return check_tag(document, at, next);
	return REASON_NONE;
}

enum reason xml_scan(struct bytes document, size_t max)
{
	if (document.len > max)
		return REASON_DOCUMENT_LIMIT;
	if (bytes_starts(document, BYTES("\xef\xbb\xbf")))
		document = bytes_from(document, 3);
	/* A DOCTYPE is the better answer when both are wrong. */
	enum reason encoding = check_encoding(document), reason = REASON_NONE;
	size_t at = bytes_find_byte(document, '<', 0);
	while (reason == REASON_NONE && at < document.len) {
		size_t next = document.len;
		reason = check_markup(document, at, &next);
		at = bytes_find_byte(document, '<', next);
	}
	return reason == REASON_DOCUMENT_DOCTYPE || encoding == REASON_NONE ? reason : encoding;
}

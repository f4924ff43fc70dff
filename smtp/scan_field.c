/* smtp/scan_field.c - see scan_field.h. Lines and header blocks. */
#include "smtp/scan_field.h"

#include "base/limits.h"

/* Header blocks above LIMIT_HEADER_BLOCK up to this one are taken and left unread (attacks M6). */
#define BLOCK_UNREAD (4 * LIMIT_HEADER_BLOCK)

enum field {
	FIELD_OTHER,
	FIELD_FROM,
	FIELD_RECEIVED,
	FIELD_ADDRESSES,
	FIELD_TYPE,
	FIELD_ENCODING,
	FIELD_DISPOSITION,
	FIELD_VERSION,
};

static const struct {
	struct bytes name;
	enum field field;
} fields[] = {
	{BYTES_OF("From"), FIELD_FROM},
	{BYTES_OF("Received"), FIELD_RECEIVED},
	{BYTES_OF("Content-Type"), FIELD_TYPE},
	{BYTES_OF("Content-Transfer-Encoding"), FIELD_ENCODING},
	{BYTES_OF("Content-Disposition"), FIELD_DISPOSITION},
	{BYTES_OF("MIME-Version"), FIELD_VERSION},
	{BYTES_OF("To"), FIELD_ADDRESSES},
	{BYTES_OF("Cc"), FIELD_ADDRESSES},
	{BYTES_OF("Bcc"), FIELD_ADDRESSES},
	{BYTES_OF("Sender"), FIELD_ADDRESSES},
	{BYTES_OF("Reply-To"), FIELD_ADDRESSES},
	{BYTES_OF("Resent-To"), FIELD_ADDRESSES},
	{BYTES_OF("Resent-Cc"), FIELD_ADDRESSES},
	{BYTES_OF("Resent-Bcc"), FIELD_ADDRESSES},
	{BYTES_OF("Resent-From"), FIELD_ADDRESSES},
	{BYTES_OF("Resent-Sender"), FIELD_ADDRESSES},
	{BYTES_OF("Resent-Reply-To"), FIELD_ADDRESSES},
	{BYTES_OF("Disposition-Notification-To"), FIELD_ADDRESSES},
};

static enum field field_of(struct bytes name)
{
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (bytes_equal_nocase(name, fields[i].name))
			return fields[i].field;
	return FIELD_OTHER;
}

/* Marks that make a library's address parser loop or recurse: separators, group colons, comments. */
static size_t count_marks(struct bytes value)
{
	size_t n = 0;

	for (size_t i = 0; i < value.len; i++)
		n += value.at[i] == ',' || value.at[i] == ':' || value.at[i] == ';' || value.at[i] == '(';
	return n;
}

static size_t count_byte(struct bytes value, unsigned char byte)
{
	size_t n = 0;

	for (size_t i = 0; i < value.len; i++)
		n += value.at[i] == byte;
	return n;
}

/* Keeps the first; another one with other text gives two readings (attacks M1). */
static void keep(struct scan_block *b, bool *has, struct bytes *slot, struct bytes value)
{
	/* "Content-Type :" is a field for one reader and none for another; so is what follows a line that is no field. */
	if (b->spaced || b->doubtful)
		b->uncertain = true;
	if (*has && !bytes_equal(bytes_trim(*slot), bytes_trim(value)))
		b->ambiguous = true;
	if (*has)
		b->odd = true;
	else
		*slot = value;
	*has = true;
}

static void take_from(struct scan_block *b, struct bytes value)
{
	if (b->spaced) {
		b->loose_from = true;
		return;
	}
	if (b->doubtful)
		b->uncertain = true;
	if (b->n_from++ == 0)
		b->from = value;
}

static void check_size(struct scan_block *b, enum field field, size_t size, struct bytes value)
{
	bool needed = field == FIELD_FROM || field >= FIELD_TYPE;

	if (++b->n_fields > LIMIT_HEADER_FIELDS)
		b->over = true;
	if (size > LIMIT_HEADER_FIELD) {
		b->over |= needed;
		b->huge |= field == FIELD_ADDRESSES;
		b->odd = true;
	}
	if (field == FIELD_FROM && count_marks(value) > LIMIT_HEADER_ADDRESSES)
		b->over = true;
	if (field == FIELD_ADDRESSES && count_marks(value) > LIMIT_HEADER_ADDRESSES)
		b->huge = true;
	if ((field == FIELD_TYPE || field == FIELD_DISPOSITION) && count_byte(value, ';') > LIMIT_HEADER_PARAMETERS)
		b->over = true;
}

static void field_end(struct scan_block *b, struct bytes raw)
{
	if (!b->open)
		return;
	b->open = false;
	struct bytes value = bytes_slice(raw, b->value_at, b->value_end - b->value_at);
	enum field field = field_of(b->field_name);

	check_size(b, field, b->value_end - b->field_at, value);
	if (b->spaced)
		b->odd = true;
	switch (field) {
	case FIELD_FROM:
		take_from(b, value);
		break;
	case FIELD_RECEIVED:
		b->n_received++;
		break;
	case FIELD_TYPE:
		keep(b, &b->has_type, &b->content_type, value);
		break;
	case FIELD_ENCODING:
		keep(b, &b->has_encoding, &b->content_encoding, value);
		break;
	case FIELD_DISPOSITION:
		keep(b, &b->has_disposition, &b->disposition, value);
		break;
	case FIELD_VERSION:
		keep(b, &b->has_version, &b->version, value);
		break;
	case FIELD_ADDRESSES:
	case FIELD_OTHER:
		break;
	}
}

/* Length of the field name, blanks before the colon left out; 0 when the line is no field (RFC 5322 2.2, 4.5). */
static size_t name_length(struct bytes text, size_t *colon)
{
	*colon = bytes_find_byte(text, ':', 0);
	size_t len = *colon;

	if (len == text.len)
		return 0;
	while (len > 0 && (text.at[len - 1] == ' ' || text.at[len - 1] == '\t'))
		len--;
	for (size_t i = 0; i < len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~')
			return 0;
	return len;
}

static bool only_blanks(struct bytes text)
{
	return bytes_trim(text).len == 0;
}

static void continuation(struct scan_block *b, struct bytes text, size_t at)
{
	if (only_blanks(text)) {
		/* An empty line for some, a fold for others (RFC 5322 4.2). */
		b->odd = true;
		b->doubtful = true;
	}
	if (b->open) {
		b->value_end = at + text.len;
	} else if (!b->skipping) {
		b->odd = true;
		b->doubtful = true;
		b->skipping = true;
	}
}

static void start_field(struct scan_block *b, struct bytes text, size_t at)
{
	size_t colon, len = name_length(text, &colon);

	b->skipping = len == 0;
	if (len == 0) {
		/* The line that a mailbox file puts before a message is known by all; any other one is a doubt. */
		bool mbox = b->n_fields == 0 && (bytes_starts(text, BYTES("From ")) || bytes_starts(text, BYTES(">From ")));
		b->odd = true;
		b->doubtful |= !mbox;
		return;
	}
	b->open = true;
	b->spaced = len != colon;
	b->field_name = bytes_slice(text, 0, len);
	b->field_at = at;
	b->value_at = at + colon + 1;
	b->value_end = at + text.len;
}

static enum scan_encoding encoding_of(struct bytes value)
{
	struct bytes word = bytes_trim(bytes_from(value, scan_skip(value, 0)));

	for (size_t i = 0; i < word.len; i++)
		if (word.at[i] == ' ' || word.at[i] == '\t' || word.at[i] == '(' || word.at[i] == ';') {
			word.len = i;
			break;
		}
	if (word.len == 0 || bytes_equal_nocase(word, BYTES("7bit")) || bytes_equal_nocase(word, BYTES("8bit")) ||
	    bytes_equal_nocase(word, BYTES("binary")))
		return SCAN_IDENTITY;
	return bytes_equal_nocase(word, BYTES("base64")) ? SCAN_BASE64 : SCAN_OTHER;
}

static bool ends_nocase(struct bytes a, struct bytes suffix)
{
	return a.len >= suffix.len && bytes_equal_nocase(bytes_from(a, a.len - suffix.len), suffix);
}

static enum scan_kind kind_of(const struct scan_block *b)
{
	bool application = bytes_equal_nocase(b->type, BYTES("application"));

	if (bytes_equal_nocase(b->type, BYTES("multipart")))
		return SCAN_KIND_MULTIPART;
	if (bytes_equal_nocase(b->type, BYTES("message")) &&
	    (bytes_equal_nocase(b->subtype, BYTES("rfc822")) || bytes_equal_nocase(b->subtype, BYTES("global"))))
		return SCAN_KIND_MESSAGE;
	if (application && (bytes_equal_nocase(b->subtype, BYTES("pkcs7-mime")) ||
			    bytes_equal_nocase(b->subtype, BYTES("x-pkcs7-mime"))))
		return SCAN_KIND_CMS;
	if (application && (bytes_equal_nocase(b->subtype, BYTES("pkcs7-signature")) ||
			    bytes_equal_nocase(b->subtype, BYTES("x-pkcs7-signature"))))
		return SCAN_KIND_CMS_SIGNATURE;
	if (ends_nocase(b->name, BYTES(".p7m")) || ends_nocase(b->name, BYTES(".p7s")))
		return SCAN_KIND_CMS_BY_NAME;
	return SCAN_KIND_LEAF;
}

void scan_block_start(struct scan_block *block, size_t at)
{
	*block = (struct scan_block){.at = at, .end = at};
}

void scan_block_line(struct scan_block *block, struct bytes raw, size_t at, struct bytes text, size_t next)
{
	block->end = next;
	if (next - block->at > LIMIT_HEADER_BLOCK)
		block->huge = true;
	if (next - block->at > BLOCK_UNREAD)
		block->over = true;
	for (size_t i = 0; i < text.len && !block->eight_bit; i++)
		block->eight_bit = text.at[i] >= 0x80;
	if (text.at[0] == ' ' || text.at[0] == '\t') {
		continuation(block, text, at);
		return;
	}
	field_end(block, raw);
	start_field(block, text, at);
}

void scan_block_finish(struct scan_block *block, struct bytes raw, bool digest)
{
	struct scan_parameters type = {0}, disposition = {0};

	field_end(block, raw);
	block->type = digest && !block->has_type ? BYTES("message") : BYTES("text");
	block->subtype = digest && !block->has_type ? BYTES("rfc822") : BYTES("plain");
	block->encoding = encoding_of(block->content_encoding);
	if (block->over)
		return;
	scan_parameters_read(block->content_type, true, &type);
	scan_parameters_read(block->disposition, false, &disposition);
	block->ambiguous |= type.ambiguous || disposition.ambiguous;
	if (type.type.len > 0) {
		block->type = type.type;
		block->subtype = type.subtype;
	} else if (block->has_type) {
		block->odd = true;
	}
	block->boundary = type.boundary;
	block->has_boundary = type.has_boundary;
	block->folded_boundary = type.folded;
	block->report_type = type.report_type;
	block->name = disposition.name.len > 0 ? disposition.name : type.name;
	block->kind = kind_of(block);
}

/* smtp/scan_field.h - the scan's own reading of lines, header blocks and Content-* parameters. For smtp/scan*.c, and for
 * verify's search of one field.
 *
 * A block is fed line by line, because an enclosing boundary may end it before its empty line does. */
#ifndef RELAIS_SMTP_SCAN_FIELD_H
#define RELAIS_SMTP_SCAN_FIELD_H

#include "smtp/scan.h"

/* The next line of raw from *at on, without its CRLF or LF; *at moves behind it. False at the end. */
MUST_USE bool scan_line_next(struct bytes raw, size_t *at, struct bytes *text);

/* Behind blanks, folds and comments (RFC 5322 3.2.2), from i on. An open comment ends at the end. */
size_t scan_skip(struct bytes value, size_t i);

struct scan_parameters {
	struct bytes type, subtype;           /* Content-Type only; empty when it cannot be read */
	struct bytes boundary, name, report_type;
	bool has_boundary;
	bool folded;                          /* the boundary runs over a fold */
	bool ambiguous;                       /* two boundaries, two names, a boundary in pieces or with escapes… */
};
/* Content-Type (with_type) or Content-Disposition; filename is told as name. */
void scan_parameters_read(struct bytes value, bool with_type, struct scan_parameters *out);

enum scan_kind {
	SCAN_KIND_LEAF,
	SCAN_KIND_MULTIPART,
	SCAN_KIND_MESSAGE,       /* message/rfc822, message/global: has parts when it is not encoded */
	SCAN_KIND_CMS,           /* application/pkcs7-mime */
	SCAN_KIND_CMS_SIGNATURE, /* application/pkcs7-signature */
	SCAN_KIND_CMS_BY_NAME,   /* another type with a CMS file's name: only its OID can tell */
};

struct scan_block {
	size_t at, end;                 /* the fields, with the last line end */
	size_t n_fields, n_received, n_from;
	bool odd;                       /* something badly written */
	bool eight_bit;
	bool doubtful;                  /* a line that is no field: it may have ended the block for another reader */
	bool ambiguous;                 /* structural fields that can be read in two ways */
	bool uncertain;                 /* structural fields that are there for one reader and not for another */
	bool loose_from;                /* "From :", which some take for a From */
	bool over;                      /* over a limit, in what we need */
	bool huge;                      /* over a limit, in what can be left unread */
	bool has_type, has_encoding, has_disposition, has_version;
	struct bytes from, content_type, content_encoding, disposition, version;

	/* after scan_block_finish */
	enum scan_kind kind;
	enum scan_encoding encoding;
	struct bytes type, subtype, boundary, report_type, name;
	bool has_boundary, folded_boundary;

	/* the field that is being read */
	bool open, skipping, spaced;
	struct bytes field_name;
	size_t value_at, value_end, field_at;
};

void scan_block_start(struct scan_block *block, size_t at);
/* One line that is neither empty nor a delimiter: text starts at `at`, the next line at `next`. */
void scan_block_line(struct scan_block *block, struct bytes raw, size_t at, struct bytes text, size_t next);
/* digest: the default type is message/rfc822 (RFC 2046 5.1.5). */
void scan_block_finish(struct scan_block *block, struct bytes raw, bool digest);

/* What a line is to a boundary (RFC 2046 5.1.1; trailing blanks are padding, a fold in the boundary is unfolded). */
enum scan_delimiter { SCAN_DELIMITER_NOT, SCAN_DELIMITER_OPEN, SCAN_DELIMITER_CLOSE, SCAN_DELIMITER_PREFIX };
enum scan_delimiter scan_delimiter(struct bytes line, struct bytes boundary);

/* Up to room bytes of base64 text; white space skipped. False on a foreign byte or text behind the padding. */
MUST_USE bool scan_base64(struct bytes text, unsigned char *out, size_t room, size_t *n);
/* The kind of CMS object at the beginning of a part's body. */
enum scan_cms scan_cms_peek(struct bytes body, enum scan_encoding encoding);

/* The shape of a multipart/signed: fills layer, entity, cms, cms_encoding. True when a line could be taken for a
 * delimiter or not. */
MUST_USE bool scan_signed(struct bytes raw, struct scan_range body, struct bytes boundary, struct scan *out);

#endif

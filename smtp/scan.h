/* smtp/scan.h - our own look at a raw message, before any library sees it: limits, the single From, the signed bytes.
 *
 * Bytes with a length in, offsets into the same bytes out. No allocation, no recursion, time in proportion
 * to the length. What two honest readers could take in two ways is never taken in one: it is held.
 *
 * Invariants of struct scan
 * 1. REFUSE outranks QUARANTINE outranks TOLERANT outranks ACCEPT; reason is the first that gave the verdict.
 * 2. from is set only when exactly one From field holds exactly one mailbox of the plain grammar (RFC 5322 3.4.1,
 *    no obsolete form, no quoted local part, no encoded-word in the addr-spec).
 * 3. layer SIGNED: entity is the exact signed range (RFC 1847 2.1): from the end of the first delimiter line to before
 *    the CRLF of the next one, and there are exactly two parts.
 * 4. unsafe: no library may be given these bytes (they are over what GMime bears). */
#ifndef RELAIS_SMTP_SCAN_H
#define RELAIS_SMTP_SCAN_H

#include "base/arena.h"
#include "base/reason.h"

enum scan_verdict { SCAN_ACCEPT, SCAN_TOLERANT, SCAN_QUARANTINE, SCAN_REFUSE };
/* "accept", "accept-tolerant", "quarantine", "refuse" */
const char *scan_verdict_name(enum scan_verdict verdict);

enum scan_layer {
	SCAN_LAYER_NONE,        /* the outermost entity is neither signed nor encrypted: see inner */
	SCAN_LAYER_SIGNED,      /* multipart/signed of S/MIME, of good shape */
	SCAN_LAYER_OPAQUE,      /* the whole body is one CMS object (RFC 8551 3.5.2) */
	SCAN_LAYER_MALFORMED,   /* announced as signed, but not of a shape that can be read */
	SCAN_LAYER_PARTIAL,     /* multipart/signed with something beside it: a third part, a footer, a long preamble */
	SCAN_LAYER_ENCRYPTED,   /* multipart/encrypted (RFC 1847 2.2) */
};

struct scan_range {
	size_t at, len;
};

enum scan_encoding { SCAN_IDENTITY, SCAN_BASE64, SCAN_OTHER };

/* What a CMS object says that it is, by its outermost OID (RFC 5652 4); parameters of Content-Type are only hints. */
enum scan_cms { SCAN_CMS_NOT, SCAN_CMS_SIGNED, SCAN_CMS_ENCRYPTED, SCAN_CMS_OTHER };

enum { SCAN_ANOMALIES = 12 };

struct scan {
	enum scan_verdict verdict;
	enum reason reason;                     /* NONE when accepted */
	enum reason anomalies[SCAN_ANOMALIES];  /* each once, in the order in which they were met */
	size_t n_anomalies;
	bool unsafe;

	struct scan_range head;                 /* outer header block with its last CRLF, without the empty line */
	struct scan_range body;
	struct bytes address, domain;           /* the single From; empty when there is none. Point into the message. */

	enum scan_layer layer;
	struct scan_range entity;               /* SIGNED: what is signed; otherwise the whole */
	struct scan_range cms;                  /* SIGNED, OPAQUE: the object, still encoded */
	enum scan_encoding cms_encoding;
	enum scan_cms inner;                    /* strongest CMS found below the outermost entity: ENCRYPTED, SIGNED, or NOT.
	                                         * Messages returned in a report do not count. */
	bool report;                            /* outermost type is multipart/report */
	size_t parts, depth;                    /* of the whole tree */
};

/* A message as it came over the wire. null_sender: the envelope sender was <> (then From may be missing). */
void scan_message(struct bytes raw, bool null_sender, struct scan *out);

/* A MIME entity that was inside something else (content of an opaque signature): no From is wanted, LF-only
 * lines are told and not refused. Ranges count in raw. */
void scan_entity(struct bytes raw, struct scan *out);

/* An LF-only message as if it had CRLF, without a leading mbox "From " line: for files. A view on raw itself when
 * nothing changes, otherwise in the arena. False: the arena is full. */
MUST_USE bool scan_normalise(struct arena *arena, struct bytes raw, struct bytes *out);

/* The object behind a range: base64 removed (RFC 2045 6.8; white space skipped, any other foreign byte refused).
 * Identity gives a view. MAIL_BAD_ENCODING; MEMORY. */
MUST_USE enum reason scan_decode(struct arena *arena, struct bytes encoded, enum scan_encoding encoding, struct bytes *out);

/* By the outermost OID of BER or DER bytes; the first 64 are enough. */
enum scan_cms scan_cms_kind(struct bytes der);

/* The single mailbox of one From field's value (folded or not). NONE; MAIL_NO_FROM: no mailbox ("<>" too);
 * MAIL_SEVERAL_FROM; MAIL_FROM_SYNTAX; MAIL_AMBIGUOUS: readers would differ. *address points into value. */
MUST_USE enum reason scan_from(struct bytes value, struct bytes *address, struct bytes *domain);

#endif

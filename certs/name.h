/* certs/name.h - the name of a certificate as one canonical text, so that two readings of one name are equal bytes.
 *
 * Canonical: each attribute as OID=value, value in UTF-8 with case folded and white space collapsed (RFC 4518 2.2 to 2.6
 * in spirit: Latin letters composed and lowered), sorted by OID and value, joined by commas (a comma or backslash in a
 * value has a backslash before it). So neither the order of
 * attributes, nor PrintableString against UTF8String, nor composed against decomposed accents makes a difference,
 * and "ST" is the same attribute as "S". An accent is never dropped: "é" is not "e".
 *
 * name_of_text needs no OpenSSL (the command line imports white lists); name_of_x509 is in name_x509.c. */
#ifndef RELAIS_CERTS_NAME_H
#define RELAIS_CERTS_NAME_H

#include "base/arena.h"
#include "base/reason.h"

struct X509_name_st;   /* OpenSSL's X509_NAME */

enum { NAME_ATTRIBUTES = 32, NAME_VALUE = 1024, NAME_DIFFERENCES = 2 * NAME_ATTRIBUTES };

/*
 * A printed name: "CN=mss.exemple.fr,OU=3123,O=ACME,ST=Rhône (69),C=FR" (RFC 4514, either order; "/CN=…/O=…" is not read).
 * Keys are CN, OU, O, L, ST, S, C, SERIALNUMBER, SN, GN, TITLE, STREET, DC, UID, E/EMAILADDRESS, POSTALCODE,
 * ORGANIZATIONIDENTIFIER or a dotted OID. CONFIG_VALUE: not readable so; MEMORY.
 */
MUST_USE enum reason name_of_text(struct arena *arena, struct bytes printed, struct bytes *canonical);

/* The value of the first attribute with this key (one of the list above, in capitals) as a printed name writes it, unescaped;
 * empty when there is none. */
struct bytes name_text_part(struct arena *arena, struct bytes printed, const char *key);

/* The canonical text of a parsed name. SIG_MALFORMED: too many attributes, or a value with NUL or not in UTF-8; MEMORY. */
MUST_USE enum reason name_of_x509(struct arena *arena, const struct X509_name_st *name, struct bytes *canonical);

/* For people: RFC 4514 text in UTF-8, most specific first, control characters escaped. Empty when memory is short. */
struct bytes name_printed(struct arena *arena, const struct X509_name_st *name);

/* What makes two canonical names differ: an attribute with its value on either side, empty where it is absent. Views on the
 * names; values are folded, and a comma or backslash in one has its backslash. None when the names are equal. */
struct name_difference {
	struct bytes oid, left, right;
};
size_t name_differences(struct bytes left, struct bytes right, struct name_difference out[NAME_DIFFERENCES]);
/* "CN" for "2.5.4.3"; the OID itself when it has no key. */
struct bytes name_key(struct bytes oid);

/* Used by both: one attribute folded, and the whole put in order. */
struct name_attribute {
	struct bytes oid, value;
};
/* The folded value in the arena. CONFIG_VALUE: not UTF-8, a control character, or too long; MEMORY. */
MUST_USE enum reason name_fold(struct arena *arena, struct bytes utf8, struct bytes *out);
/* Sorts the (folded) attributes in place and joins them. */
MUST_USE enum reason name_join(struct arena *arena, struct name_attribute *attributes, size_t n, struct bytes *canonical);

#endif

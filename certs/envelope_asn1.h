/* certs/envelope_asn1.h - the ASN.1 of encrypted CMS objects, read by OpenSSL's own template decoder. For certs/envelope*.c alone.
 *
 * OpenSSL's CMS functions want the private key where they read the object, and do not show their structures. These are the same (RFC 5652 6.1, 6.2,
 * RFC 5083 2.1), so that the bytes can be read by a process without the key. */
#ifndef RELAIS_CERTS_ENVELOPE_ASN1_H
#define RELAIS_CERTS_ENVELOPE_ASN1_H

#include <openssl/asn1t.h>
#include <openssl/safestack.h>
#include <openssl/x509.h>

typedef struct {
	X509_NAME *issuer;
	ASN1_INTEGER *serial;
} ENVELOPE_ISSUER;

enum { ENVELOPE_BY_ISSUER, ENVELOPE_BY_IDENTIFIER };
typedef struct {
	int type;
	union {
		ENVELOPE_ISSUER *issuer;
		ASN1_OCTET_STRING *identifier;
	} d;
} ENVELOPE_NAME;

typedef struct {
	int32_t version;
	ENVELOPE_NAME *name;
	X509_ALGOR *algorithm;
	ASN1_OCTET_STRING *key;
} ENVELOPE_TRANSPORT;

typedef struct {
	ASN1_OCTET_STRING *identifier;
	ASN1_GENERALIZEDTIME *date;
	ASN1_STRING *other;
} ENVELOPE_AGREED_ID;

typedef struct {
	int type;   /* ENVELOPE_BY_… */
	union {
		ENVELOPE_ISSUER *issuer;
		ENVELOPE_AGREED_ID *identifier;
	} d;
} ENVELOPE_AGREED_NAME;

typedef struct {
	ENVELOPE_AGREED_NAME *name;
	ASN1_OCTET_STRING *key;
} ENVELOPE_AGREED;
DEFINE_STACK_OF(ENVELOPE_AGREED)

typedef struct {
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *point;
} ENVELOPE_ORIGIN_KEY;

enum { ENVELOPE_FROM_ISSUER, ENVELOPE_FROM_IDENTIFIER, ENVELOPE_FROM_KEY };
typedef struct {
	int type;
	union {
		ENVELOPE_ISSUER *issuer;
		ASN1_OCTET_STRING *identifier;
		ENVELOPE_ORIGIN_KEY *key;
	} d;
} ENVELOPE_ORIGIN;

typedef struct {
	int32_t version;
	ENVELOPE_ORIGIN *origin;
	ASN1_OCTET_STRING *ukm;
	X509_ALGOR *algorithm;
	STACK_OF(ENVELOPE_AGREED) *keys;
} ENVELOPE_AGREEMENT;

enum { ENVELOPE_TRANSPORTED, ENVELOPE_AGREEING, ENVELOPE_ELSE };   /* and above: kinds that are not taken */
typedef struct {
	int type;
	union {
		ENVELOPE_TRANSPORT *transport;
		ENVELOPE_AGREEMENT *agreement;
		ASN1_STRING *other;
	} d;
} ENVELOPE_RECIPIENT;
DEFINE_STACK_OF(ENVELOPE_RECIPIENT)

typedef struct {
	ASN1_OBJECT *type;
	X509_ALGOR *algorithm;
	ASN1_OCTET_STRING *content;
} ENVELOPE_CONTENT;

/* Of both kinds; mac and what stands behind it are AuthEnvelopedData's. */
typedef struct {
	int32_t version;
	ASN1_STRING *originator;
	STACK_OF(ENVELOPE_RECIPIENT) *recipients;
	ENVELOPE_CONTENT *content;
	STACK_OF(X509_ATTRIBUTE) *attributes;    /* [1]: the tag is over them; nothing is over those of EnvelopedData */
	ASN1_OCTET_STRING *mac;
	STACK_OF(X509_ATTRIBUTE) *beside;
} ENVELOPE_DATA;

typedef struct {
	ASN1_OBJECT *type;
	union {
		ENVELOPE_DATA *data;     /* of either kind */
		ASN1_TYPE *other;
	} d;
} ENVELOPE_OBJECT;

DECLARE_ASN1_FUNCTIONS(ENVELOPE_OBJECT)
DECLARE_ASN1_ENCODE_FUNCTIONS_only(ENVELOPE_ISSUER, ENVELOPE_ISSUER)
DECLARE_ASN1_ITEM(ENVELOPE_ATTRIBUTES)   /* the attributes as the tag is over them: SET OF, DER (RFC 5083 2.2) */

#endif

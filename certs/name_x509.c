/* certs/name_x509.c - see name.h. The part that knows OpenSSL. */
#include "certs/name.h"

#include <string.h>

#include <openssl/x509.h>

/* Dotted OIDs of names are short; a longer one is no attribute that we compare (CVE-2023-2650: never print them all). */
enum { OID_TEXT = 80, OID_BYTES = 32 };

static enum reason take_entry(struct arena *arena, const X509_NAME_ENTRY *entry, struct name_attribute *out)
{
	const ASN1_OBJECT *object = X509_NAME_ENTRY_get_object(entry);
	const ASN1_STRING *string = X509_NAME_ENTRY_get_data(entry);
	unsigned char *utf8 = NULL;
	char oid[OID_TEXT];

	if (OBJ_length(object) > OID_BYTES || ASN1_STRING_length(string) > 4 * NAME_VALUE)
		return REASON_SIG_MALFORMED;
	int len = OBJ_obj2txt(oid, sizeof oid, object, 1);
	if (len <= 0 || len >= (int)sizeof oid)
		return REASON_SIG_MALFORMED;
	int n = ASN1_STRING_to_UTF8(&utf8, string);
	if (n < 0)
		return REASON_SIG_MALFORMED;
	enum reason reason = name_fold(arena, (struct bytes){utf8, (size_t)n}, &out->value);
	OPENSSL_free(utf8);
	if (reason != REASON_NONE)
		return reason == REASON_MEMORY ? reason : REASON_SIG_MALFORMED;
	unsigned char *text = arena_try(arena, (size_t)len);
	if (text == NULL)
		return REASON_MEMORY;
	memcpy(text, oid, (size_t)len);
	out->oid = (struct bytes){text, (size_t)len};
	return REASON_NONE;
}

enum reason name_of_x509(struct arena *arena, const struct X509_name_st *name, struct bytes *canonical)
{
	struct name_attribute attributes[NAME_ATTRIBUTES];
	int n = X509_NAME_entry_count(name);

	if (n > NAME_ATTRIBUTES)
		return REASON_SIG_MALFORMED;
	for (int i = 0; i < n; i++) {
		enum reason reason = take_entry(arena, X509_NAME_get_entry(name, i), &attributes[i]);
		if (reason != REASON_NONE)
			return reason;
	}
	return name_join(arena, attributes, (size_t)(n < 0 ? 0 : n), canonical);
}

struct bytes name_printed(struct arena *arena, const struct X509_name_st *name)
{
	const unsigned long flags = (XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) | XN_FLAG_DUMP_UNKNOWN_FIELDS;
	struct bytes out = BYTES_NONE;
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;

	if (bio == NULL)
		return out;
	if (X509_NAME_print_ex(bio, name, 0, flags) >= 0) {
		long len = BIO_get_mem_data(bio, &data);
		unsigned char *to = len > 0 && len <= 4 * NAME_VALUE ? arena_try(arena, (size_t)len) : NULL;
		if (to != NULL) {
			memcpy(to, data, (size_t)len);
			out = (struct bytes){to, (size_t)len};
		}
		/* Whoever prints it must be able to trust that it is text. */
		if (!bytes_utf8(out))
			out = BYTES_NONE;
	}
	BIO_free(bio);
	return out;
}

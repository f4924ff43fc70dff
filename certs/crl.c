/* certs/crl.c - see crl.h. */
#include "certs/crl.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "certs/name.h"
#include "certs/strength.h"
#include "certs/trust.h"

enum { NUMBER_MAX = 20, PREFIX_BYTES = (CRL_PREFIX - 1) / 2, CLOCK_SECONDS = 300 };

static X509_CRL *parse(struct bytes raw)
{
	X509_CRL *crl = NULL;
	BIO *bio = raw.len <= INT32_MAX ? BIO_new_mem_buf(raw.at, (int)raw.len) : NULL;

	if (bio != NULL && bytes_contains(bytes_slice(raw, 0, 4096), BYTES("-----BEGIN")))
		crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	BIO_free(bio);
	if (crl == NULL) {
		const unsigned char *at = raw.at;
		crl = raw.len <= INT32_MAX ? d2i_X509_CRL(NULL, &at, (long)raw.len) : NULL;
		/* Bytes behind the list are not of it. */
		if (crl != NULL && at != raw.at + raw.len) {
			X509_CRL_free(crl);
			crl = NULL;
		}
	}
	ERR_clear_error();
	return crl;
}

static bool instant_of(const ASN1_TIME *time, struct instant *out)
{
	struct tm tm;

	if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*out = (struct instant){(int64_t)timegm(&tm) * 1000000};
	return true;
}

static void put_hex(char *to, const unsigned char *raw, size_t len)
{
	for (size_t i = 0; i < len; i++)
		snprintf(to + 2 * i, 3, "%02x", raw[i]);
}

/* --- its name ---------------------------------------------------------------- */

/* The key that signed it, as the list names it: an authority that is renewed keeps its name and has two keys for a while, each with
 * lists of its own (RFC 5280 5.2.1). */
static bool add_key(EVP_MD_CTX *run, const X509_CRL *crl)
{
	AUTHORITY_KEYID *key = X509_CRL_get_ext_d2i(crl, NID_authority_key_identifier, NULL, NULL);
	bool good = true;

	if (key != NULL && key->keyid != NULL)
		good = EVP_DigestUpdate(run, ASN1_STRING_get0_data(key->keyid), (size_t)ASN1_STRING_length(key->keyid)) == 1;
	AUTHORITY_KEYID_free(key);
	return good;
}

/* What lists of one kind have in common: issuer and its key, issuing distribution point, whether it is a delta. */
static bool scope_of(const X509_CRL *crl, unsigned char out[EVP_MAX_MD_SIZE])
{
	EVP_MD_CTX *run = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	int len = i2d_X509_NAME(X509_CRL_get_issuer(crl), &der);
	int point = X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1);
	const char *delta = X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0 ? "delta" : "whole";
	bool good = run != NULL && len > 0 && EVP_DigestInit_ex(run, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(run, der, (size_t)len) == 1;

	if (good && point >= 0) {
		const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_CRL_get_ext(crl, point));
		good = EVP_DigestUpdate(run, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)) == 1;
	}
	good = good && add_key(run, crl) && EVP_DigestUpdate(run, delta, 5) == 1 && EVP_DigestFinal_ex(run, out, NULL) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(run);
	return good;
}

static bool same_scope(const X509_CRL *a, const X509_CRL *b)
{
	unsigned char one[EVP_MAX_MD_SIZE], other[EVP_MAX_MD_SIZE];
	return scope_of(a, one) && scope_of(b, other) && memcmp(one, other, 32) == 0;
}

static ASN1_INTEGER *number_of(const X509_CRL *crl)
{
	return X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
}

static enum reason describe(struct arena *arena, X509_CRL *crl, struct crl_facts *out)
{
	unsigned char scope[EVP_MAX_MD_SIZE];
	ASN1_INTEGER *number = number_of(crl);
	size_t len = number != NULL && ASN1_STRING_length(number) > 0 ? (size_t)ASN1_STRING_length(number) : 0;
	bool good = scope_of(crl, scope) && len <= NUMBER_MAX && instant_of(X509_CRL_get0_lastUpdate(crl), &out->from);

	out->issuer = name_printed(arena, X509_CRL_get_issuer(crl));
	if (good) {
		char text[2 * NUMBER_MAX + 1] = "";
		put_hex(out->prefix, scope, PREFIX_BYTES);
		if (len > 0)
			put_hex(text, ASN1_STRING_get0_data(number), len);
		out->number = arena_copy(arena, bytes_of_text(text));
		if (len == 0)
			snprintf(text, sizeof text, "t%lld", (long long)(out->from.us / 1000000));
		out->name = arena_printf(arena, "%s-%s.crl", out->prefix, text);
	}
	ASN1_INTEGER_free(number);
	return good ? REASON_NONE : REASON_CRL_FORM;
}

static enum reason keep_der(struct arena *arena, X509_CRL *crl, struct bytes *out)
{
	int len = i2d_X509_CRL(crl, NULL);
	unsigned char *to = len > 0 ? arena_try(arena, (size_t)len) : NULL, *at = to;

	if (to == NULL || i2d_X509_CRL(crl, &at) != len)
		return REASON_MEMORY;
	*out = (struct bytes){to, (size_t)len};
	return REASON_NONE;
}

/* --- who signed it ------------------------------------------------------------- */

static bool digest_allowed(const X509_CRL *crl)
{
	const X509_ALGOR *algorithm = NULL;

	X509_CRL_get0_signature(crl, NULL, &algorithm);
	return strength_signature(algorithm, false);
}

/* By an authority of the file, within its dates. A list of another authority for ours (an indirect list) is signed by one of the file, too. */
static enum reason check_signature(const struct trust *trust, X509_CRL *crl, struct instant now)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(trust_store(trust));
	time_t at = (time_t)(now.us / 1000000);
	bool good = false;

	for (int i = 0; !good && i < sk_X509_OBJECT_num(objects); i++) {
		X509 *authority = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
		if (authority == NULL || X509_NAME_cmp(X509_get_subject_name(authority), X509_CRL_get_issuer(crl)) != 0)
			continue;
		good = X509_check_ca(authority) != 0 && (X509_get_key_usage(authority) & KU_CRL_SIGN) != 0 &&
		       X509_cmp_time(X509_get0_notBefore(authority), &at) < 0 && X509_cmp_time(X509_get0_notAfter(authority), &at) > 0 &&
		       X509_CRL_verify(crl, X509_get0_pubkey(authority)) == 1;
	}
	ERR_clear_error();
	return good && digest_allowed(crl) ? REASON_NONE : REASON_CRL_SIGNATURE;
}

/* --- is it the next one? ----------------------------------------------------------- */

static enum reason check_dates(const X509_CRL *crl, struct instant now, struct crl_facts *out)
{
	if (!instant_of(X509_CRL_get0_nextUpdate(crl), &out->until) || !instant_before(now, out->until))
		return REASON_CRL_ENDED;
	return out->from.us > now.us + SPAN_SECONDS(CLOCK_SECONDS).us ? REASON_CRL_ENDED : REASON_NONE;
}

/* Below zero: crl is older than the one in place. Numbers grow (RFC 5280 5.2.3), and so do dates. */
static int compare(const X509_CRL *crl, const X509_CRL *there)
{
	ASN1_INTEGER *a = number_of(crl), *b = number_of(there);
	int order = a != NULL && b != NULL ? ASN1_INTEGER_cmp(a, b) : 0;

	ASN1_INTEGER_free(a);
	ASN1_INTEGER_free(b);
	int dates = ASN1_TIME_compare(X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_lastUpdate(there));
	return order != 0 && dates >= 0 ? order : dates;
}

static enum reason check_order(const struct trust *trust, X509_CRL *crl, struct crl_facts *out)
{
	for (size_t i = 0; i < trust_crls(trust); i++) {
		X509_CRL *there = trust_crl(trust, i);
		if (X509_CRL_match(crl, there) == 0)
			out->there = true;
		else if (same_scope(crl, there) && compare(crl, there) < 0)
			return REASON_CRL_OLDER;
	}
	return REASON_NONE;
}

enum reason crl_check(struct arena *arena, const char *anchors, const char *folder, struct bytes raw, struct instant now,
		      struct crl_facts *out)
{
	char detail[TRUST_DETAIL];
	struct trust *trust = NULL;
	X509_CRL *crl = parse(raw);

	*out = (struct crl_facts){.there = false};
	enum reason reason = crl == NULL ? REASON_CRL_FORM : describe(arena, crl, out);
	if (reason == REASON_NONE)
		reason = trust_load(anchors, folder, &trust, detail);
	if (reason == REASON_NONE)
		reason = check_signature(trust, crl, now);
	if (reason == REASON_NONE)
		reason = check_dates(crl, now, out);
	if (reason == REASON_NONE)
		reason = check_order(trust, crl, out);
	if (reason == REASON_NONE)
		reason = keep_der(arena, crl, &out->der);
	trust_free(&trust);
	X509_CRL_free(crl);
	return reason;
}

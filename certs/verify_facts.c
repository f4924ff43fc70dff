/* certs/verify_facts.c - see verify_signer.h. Whom a certificate speaks of. */
#include "certs/verify_signer.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/limits.h"
#include "certs/name.h"

/* RFC 5280 4.1.2.2: 20 octets; a little more is told, a lot more is not. */
enum { SERIAL_MAX = 64 };

struct bytes verify_hex(struct arena *arena, const unsigned char *from, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char *to = arena_try(arena, 2 * len + 1);

	if (to == NULL)
		return BYTES_NONE;
	for (size_t i = 0; i < len; i++) {
		to[2 * i] = (unsigned char)digits[from[i] >> 4];
		to[2 * i + 1] = (unsigned char)digits[from[i] & 15];
	}
	return (struct bytes){to, 2 * len};
}

static struct bytes last_at(struct bytes address, struct bytes *local)
{
	size_t at = address.len;

	for (size_t i = 0; i < address.len; i++)
		if (address.at[i] == '@')
			at = i;
	*local = bytes_slice(address, 0, at);
	return bytes_from(address, at + 1);
}

/* Domain without case, local part exact (RFC 5321 2.4). */
static bool same_address(struct bytes a, struct bytes b)
{
	struct bytes local_a, local_b, domain_a = last_at(a, &local_a), domain_b = last_at(b, &local_b);

	return domain_a.len > 0 && local_a.len > 0 && bytes_equal(local_a, local_b) && bytes_equal_nocase(domain_a, domain_b);
}

/* Printable ASCII only: a NUL or a UTF-8 address never matches (attacks S21, RFC 9598). */
static bool plain_address(struct bytes a)
{
	if (a.len == 0 || a.len > LIMIT_SMTP_PATH)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (a.at[i] <= ' ' || a.at[i] > '~')
			return false;
	return bytes_find_byte(a, '@', 0) < a.len;
}

struct addresses {
	struct bytes from;
	struct bytes first, bound;   /* point into OpenSSL's memory */
	bool any;
};

static void take_address(struct addresses *all, const ASN1_STRING *string)
{
	struct bytes text = {ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string)};

	all->any = true;
	if (!plain_address(text))
		return;
	if (all->first.at == NULL)
		all->first = text;
	if (all->bound.at == NULL && same_address(text, all->from))
		all->bound = text;
}

static void take_subject(struct addresses *all, const X509_NAME *subject)
{
	for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_pkcs9_emailAddress, i)) >= 0;)
		take_address(all, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
}

/* rfc822Name; the subject's emailAddress only when there is none (RFC 8550 3). */
static enum reason facts_address(struct arena *arena, X509 *certificate, struct bytes from, struct verify_facts *out)
{
	struct addresses all = {.from = from};
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		if (name->type == GEN_EMAIL)
			take_address(&all, name->d.rfc822Name);
	}
	if (!all.any)
		take_subject(&all, X509_get_subject_name(certificate));
	struct bytes email = all.bound.at != NULL ? all.bound : all.first;
	unsigned char *to = arena_try(arena, email.len + 1);

	for (size_t i = 0; to != NULL && i < email.len; i++)
		to[i] = email.at[i];
	out->bound = all.bound.at != NULL;
	out->email = (struct bytes){to, email.len};
	GENERAL_NAMES_free(names);
	return to == NULL ? REASON_MEMORY : REASON_NONE;
}

static struct bytes serial_hex(struct arena *arena, const X509 *certificate)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
	int len = ASN1_STRING_length(serial);

	if (len <= 0 || len > SERIAL_MAX)
		return BYTES("");
	return verify_hex(arena, ASN1_STRING_get0_data(serial), (size_t)len);
}

enum reason verify_signer_facts(struct arena *arena, X509 *certificate, struct bytes from, struct verify_facts *out)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	enum reason reason;

	if (X509_digest(certificate, EVP_sha256(), digest, &len) != 1)
		return REASON_MEMORY;
	out->fingerprint = verify_hex(arena, digest, len);
	out->serial = serial_hex(arena, certificate);
	out->signer = name_printed(arena, X509_get_subject_name(certificate));
	if (out->fingerprint.at == NULL || out->serial.at == NULL)
		return REASON_MEMORY;
	reason = name_of_x509(arena, X509_get_subject_name(certificate), &out->subject);
	if (reason == REASON_NONE)
		reason = name_of_x509(arena, X509_get_issuer_name(certificate), &out->issuer);
	return reason == REASON_NONE ? facts_address(arena, certificate, from, out) : reason;
}

/* --- what a judgement rested on ------------------------------------------------ */

static struct bytes digest_hex(struct arena *arena, const X509 *certificate)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	return X509_digest(certificate, EVP_sha256(), digest, &len) == 1 ? verify_hex(arena, digest, len) : BYTES_NONE;
}

static bool add_material(struct verify_facts *out, struct bytes digest)
{
	for (size_t i = 0; i < out->n_material; i++)
		if (bytes_equal(out->material[i], digest))
			return true;
	if (out->n_material < VERIFY_MATERIAL)
		out->material[out->n_material++] = digest;
	return digest.at != NULL;
}

static bool known_crl(const struct verify_facts *out, struct bytes digest)
{
	for (size_t i = 0; i < out->n_crls; i++)
		if (bytes_equal(out->crls[i].digest, digest))
			return true;
	return false;
}

static struct bytes crl_number(struct arena *arena, const X509_CRL *crl)
{
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	struct bytes out = BYTES("");

	if (number != NULL && ASN1_STRING_length(number) <= 20)   /* RFC 5280 5.2.3 */
		out = verify_hex(arena, ASN1_STRING_get0_data(number), (size_t)ASN1_STRING_length(number));
	ASN1_INTEGER_free(number);
	return out;
}

static enum reason take_list(struct arena *arena, const struct trust *trust, const X509_CRL *crl, struct verify_facts *out)
{
	struct bytes digest = bytes_of_text(trust_crl_digest(trust, crl));
	unsigned char *copy = arena_try(arena, digest.len + 1);
	struct verify_crl one = {.digest = {copy, digest.len}};

	if (copy == NULL)
		return REASON_MEMORY;
	memcpy(copy, digest.at, digest.len);
	if (known_crl(out, one.digest) || out->n_crls == VERIFY_CRLS)
		return REASON_NONE;
	enum reason reason = name_of_x509(arena, X509_CRL_get_issuer(crl), &one.issuer);
	if (reason != REASON_NONE)
		return reason;
	one.number = crl_number(arena, crl);
	if (one.number.at == NULL)
		return REASON_MEMORY;
	out->crls[out->n_crls++] = one;
	return add_material(out, one.digest) ? REASON_NONE : REASON_MEMORY;
}

enum reason verify_signer_path(struct arena *arena, const struct trust *trust, const STACK_OF(X509) *path,
			       const struct chain_lists *lists, bool first, struct verify_facts *out)
{
	enum reason reason = REASON_NONE;

	for (int i = 0; i < sk_X509_num(path); i++) {
		const X509 *certificate = sk_X509_value(path, i);
		struct bytes digest = digest_hex(arena, certificate);
		if (digest.at == NULL || (trust_holds(trust, certificate) && !add_material(out, digest)))
			return REASON_MEMORY;
		if (first && out->n_chain < VERIFY_CHAIN)
			out->chain[out->n_chain++] = digest;
	}
	for (size_t i = 0; reason == REASON_NONE && i < lists->n; i++)
		reason = take_list(arena, trust, lists->list[i], out);
	return reason;
}

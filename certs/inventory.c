/* certs/inventory.c - see inventory.h. */
#include "certs/inventory.h"

#include <dirent.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "certs/chain.h"
#include "certs/name.h"
#include "certs/private_key.h"
#include "certs/strength.h"
#include "certs/trust.h"

enum { ITEMS_MAX = 100000 };

/* --- values ------------------------------------------------------------------ */

static bool instant_of(const ASN1_TIME *time, struct instant *out)
{
	struct tm tm;

	if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*out = (struct instant){(int64_t)timegm(&tm) * 1000000};
	return true;
}

static struct bytes hex_of(struct arena *arena, const ASN1_INTEGER *number)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *raw = number != NULL ? ASN1_STRING_get0_data(number) : NULL;
	size_t len = raw != NULL && ASN1_STRING_length(number) > 0 ? (size_t)ASN1_STRING_length(number) : 0;
	unsigned char *to = arena_alloc(arena, 2 * len + 1);

	for (size_t i = 0; i < len; i++) {
		to[2 * i] = (unsigned char)digits[raw[i] >> 4];
		to[2 * i + 1] = (unsigned char)digits[raw[i] & 15];
	}
	return (struct bytes){to, 2 * len};
}

int64_t inventory_days(struct instant now, struct instant until)
{
	int64_t us = until.us - now.us, day = SPAN_DAYS(1).us;
	return us / day - (us % day < 0);
}

static unsigned ending(struct instant now, struct instant from, struct instant until)
{
	int64_t left = until.us - now.us;

	if (left <= 0)
		return INVENTORY_EXPIRED;
	if (instant_before(now, from))
		return INVENTORY_EARLY;
	return left <= SPAN_DAYS(7).us ? INVENTORY_DAYS_7 : left <= SPAN_DAYS(30).us ? INVENTORY_DAYS_30 : left <= SPAN_DAYS(60).us ? INVENTORY_DAYS_60 : 0;
}

/* The digest under a signature counts unless the certificate vouches for itself. */
static unsigned strength(X509 *certificate, struct inventory_item *item)
{
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	bool self = X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;

	item->key = key != NULL && EVP_PKEY_get0_type_name(key) != NULL ? EVP_PKEY_get0_type_name(key) : "";
	item->bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;
	return strength_key(key, false) && (self || strength_signature(X509_get0_tbs_sigalg(certificate), false)) ? 0 : INVENTORY_WEAK;
}

static bool fits_use(X509 *certificate, enum inventory_use use, bool chain)
{
	uint32_t flags = X509_get_extension_flags(certificate), extended = X509_get_extended_key_usage(certificate);

	if (chain || use == INVENTORY_ANCHORS)
		return X509_check_ca(certificate) != 0 && (X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN) != 0;
	bool mail = use == INVENTORY_SEAL || use == INVENTORY_OPENING;
	uint32_t wanted = use == INVENTORY_SERVER ? XKU_SSL_SERVER : mail ? XKU_SMIME : XKU_SSL_CLIENT | XKU_SSL_SERVER;
	uint32_t usage = use == INVENTORY_OPENING ? KU_KEY_AGREEMENT | KU_KEY_ENCIPHERMENT : KU_DIGITAL_SIGNATURE;
	return (flags & (EXFLAG_INVALID | EXFLAG_CA)) == 0 && (extended & wanted) != 0 && (X509_get_key_usage(certificate) & usage) != 0;
}

/* --- items ----------------------------------------------------------------------- */

static struct inventory_item *new_item(struct inventory *list, enum inventory_use use, const char *file)
{
	if (list->n == list->room) {
		size_t room = list->room == 0 ? 32 : 2 * list->room;
		struct inventory_item *items = room <= ITEMS_MAX ? arena_try(list->arena, room * sizeof *items) : NULL;
		if (items == NULL)
			return NULL;
		if (list->n > 0)
			memcpy(items, list->items, list->n * sizeof *items);
		list->items = items;
		list->room = room;
	}
	list->items[list->n] = (struct inventory_item){.use = use, .file = file, .key = ""};
	return &list->items[list->n++];
}

static void describe(struct inventory *list, struct inventory_item *item, X509 *certificate)
{
	item->subject = name_printed(list->arena, X509_get_subject_name(certificate));
	item->issuer = name_printed(list->arena, X509_get_issuer_name(certificate));
	item->serial = hex_of(list->arena, X509_get0_serialNumber(certificate));
	if (!instant_of(X509_get0_notBefore(certificate), &item->from) || !instant_of(X509_get0_notAfter(certificate), &item->until))
		item->troubles |= INVENTORY_UNREADABLE;
	else
		item->troubles |= ending(list->now, item->from, item->until);
	item->troubles |= strength(certificate, item);
	if (!fits_use(certificate, item->use, item->chain))
		item->troubles |= INVENTORY_WRONG_USE;
}

static bool key_fits(X509 *certificate, const char *path)
{
	EVP_PKEY *key = private_key_read(path);
	bool fits = key != NULL && X509_check_private_key(certificate, key) == 1;

	EVP_PKEY_free(key);
	return fits;
}

static enum reason add_certificates(struct inventory *list, enum inventory_use use, const char *path, const char *key)
{
	BIO *bio = BIO_new_file(path, "rb");
	enum reason reason = REASON_NONE;
	X509 *certificate;
	size_t n = 0;

	while (bio != NULL && reason == REASON_NONE &&
	       ((certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL ||
		(n == 0 && BIO_reset(bio) == 0 && (certificate = d2i_X509_bio(bio, NULL)) != NULL))) {
		struct inventory_item *item = new_item(list, use, path);
		if (item == NULL)
			reason = REASON_MEMORY;
		if (item != NULL) {
			item->chain = n++ > 0 && use != INVENTORY_ANCHORS;
			describe(list, item, certificate);
			if (key != NULL && key[0] != '\0' && !item->chain && !key_fits(certificate, key))
				item->troubles |= INVENTORY_OTHER_KEY;
		}
		X509_free(certificate);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (reason == REASON_NONE && n == 0) {
		struct inventory_item *item = new_item(list, use, path);
		reason = item == NULL ? REASON_MEMORY : REASON_NONE;
		if (item != NULL)
			item->troubles = INVENTORY_UNREADABLE;
	}
	return reason;
}

/* --- revocation lists ---------------------------------------------------------------- */

/* Lists of one authority and one scope (RFC 5280 5.2.4, 5.2.5): of these the newest counts. */
static bool same_scope(const X509_CRL *a, const X509_CRL *b)
{
	static const int extensions[] = {NID_issuing_distribution_point, NID_delta_crl};
	bool same = X509_NAME_cmp(X509_CRL_get_issuer(a), X509_CRL_get_issuer(b)) == 0;

	for (size_t i = 0; same && i < sizeof extensions / sizeof extensions[0]; i++) {
		int at_a = X509_CRL_get_ext_by_NID(a, extensions[i], -1), at_b = X509_CRL_get_ext_by_NID(b, extensions[i], -1);
		same = (at_a >= 0) == (at_b >= 0);
		if (same && at_a >= 0 && extensions[i] != NID_delta_crl)
			same = ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(X509_CRL_get_ext(a, at_a)),
						     X509_EXTENSION_get_data(X509_CRL_get_ext(b, at_b))) == 0;
	}
	return same;
}

static bool is_overtaken(const struct trust *trust, size_t n)
{
	X509_CRL *one = trust_crl(trust, n);

	for (size_t i = 0; i < trust_crls(trust); i++) {
		X509_CRL *other = trust_crl(trust, i);
		int order = i == n ? 0 : ASN1_TIME_compare(X509_CRL_get0_lastUpdate(other), X509_CRL_get0_lastUpdate(one));
		if ((order > 0 || (order == 0 && i < n)) && same_scope(one, other))
			return true;
	}
	return false;
}

static unsigned crl_ending(struct instant now, const struct inventory_item *item)
{
	int64_t left = item->until.us - now.us;

	if (item->until.us == 0)
		return INVENTORY_NO_END;
	return left <= 0 ? INVENTORY_EXPIRED : instant_before(now, item->from) ? INVENTORY_EARLY : left <= SPAN_DAYS(1).us ? INVENTORY_DAYS_7 : 0;
}

static enum reason add_crl(struct inventory *list, const char *folder, const struct trust *trust, size_t n)
{
	X509_CRL *crl = trust_crl(trust, n);
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	struct inventory_item *item = new_item(list, INVENTORY_CRLS, folder);

	if (item != NULL) {
		item->issuer = name_printed(list->arena, X509_CRL_get_issuer(crl));
		item->serial = hex_of(list->arena, number);
		bool dated = instant_of(X509_CRL_get0_lastUpdate(crl), &item->from);
		if (!instant_of(X509_CRL_get0_nextUpdate(crl), &item->until))
			item->until.us = 0;
		item->troubles = is_overtaken(trust, n) ? INVENTORY_OVERTAKEN : dated ? crl_ending(list->now, item) : INVENTORY_UNREADABLE;
	}
	ASN1_INTEGER_free(number);
	return item == NULL ? REASON_MEMORY : REASON_NONE;
}

static enum reason add_crls(struct inventory *list, const char *folder)
{
	struct trust *trust;
	char detail[TRUST_DETAIL];
	enum reason reason = trust_load("", folder, &trust, detail);

	for (size_t i = 0; reason == REASON_NONE && i < trust_crls(trust); i++)
		reason = add_crl(list, folder, trust, i);
	/* A folder without a list judges nothing: every signature would be held. */
	if (reason == REASON_CONFIG_VALUE || (reason == REASON_NONE && trust_crls(trust) == 0)) {
		struct inventory_item *item = new_item(list, INVENTORY_CRLS, folder);
		reason = item == NULL ? REASON_MEMORY : REASON_NONE;
		if (item != NULL)
			item->troubles = INVENTORY_UNREADABLE;
	}
	trust_free(&trust);
	return reason;
}

enum reason inventory_add(struct inventory *inventory, enum inventory_use use, const char *path, const char *key)
{
	if (path == NULL || path[0] == '\0')
		return REASON_NONE;
	return use == INVENTORY_CRLS ? add_crls(inventory, path) : add_certificates(inventory, use, path, key);
}

/* --- a peer's certificate --------------------------------------------------------------- */

/* By the very judgement of the receiver. */
static long objection(const struct trust *trust, X509 *leaf, STACK_OF(X509) *between, struct instant now)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	struct chain_rules rules = chain_rules_client(leaf);
	struct chain_lists lists;
	long error = X509_V_ERR_OUT_OF_MEM;

	rules.at = (time_t)(now.us / 1000000);
	if (context != NULL && X509_STORE_CTX_init(context, trust_store(trust), leaf, between) == 1)
		error = chain_judge(context, trust, &rules, &lists);
	X509_STORE_CTX_free(context);
	return error;
}

static bool read_peer(const char *file, X509 **leaf, STACK_OF(X509) *chain)
{
	BIO *bio = BIO_new_file(file, "rb");
	X509 *one;

	*leaf = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	while (*leaf != NULL && (one = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
		if (sk_X509_push(chain, one) <= 0) {
			X509_free(one);
			break;
		}
	BIO_free(bio);
	ERR_clear_error();
	return *leaf != NULL;
}

enum reason inventory_judge_peer(struct arena *arena, const char *file, const char *anchors, const char *crls, struct instant now,
				 struct bytes *name, struct bytes *printed, const char **why)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	char detail[TRUST_DETAIL];
	struct trust *trust = NULL;
	X509 *leaf = NULL;
	enum reason reason = REASON_CONFIG_VALUE;

	*name = *printed = BYTES_NONE;
	*why = "the certificate cannot be read";
	if (chain == NULL || !read_peer(file, &leaf, chain))
		goto out;
	*printed = name_printed(arena, X509_get_subject_name(leaf));
	reason = name_of_x509(arena, X509_get_subject_name(leaf), name);
	if (reason != REASON_NONE)
		goto out;
	*why = "anchors or revocation lists cannot be read";
	reason = trust_load(anchors, crls, &trust, detail);
	if (reason != REASON_NONE)
		goto out;
	long error = objection(trust, leaf, chain, now);
	*why = error == X509_V_OK ? NULL : X509_verify_cert_error_string(error);
	reason = chain_peer_reason(error);
	ERR_clear_error();
out:
	trust_free(&trust);
	X509_free(leaf);
	sk_X509_pop_free(chain, X509_free);
	return reason;
}

/* Sound, longer, and valid from before the other ends; from today on when that has ended already. */
static bool takes_over(const struct inventory_item *newer, const struct inventory_item *older)
{
	const unsigned unsound = INVENTORY_BROKEN & ~(unsigned)INVENTORY_EARLY;

	return newer->use == older->use && !newer->chain && !older->chain && strcmp(newer->file, older->file) != 0 && (newer->troubles & unsound) == 0 &&
	       instant_before(older->until, newer->until) && !instant_before(older->until, newer->from) &&
	       ((older->troubles & INVENTORY_EXPIRED) == 0 || (newer->troubles & INVENTORY_EARLY) == 0);
}

/* OVERTAKEN, NEXT or nothing, of one beside the others. */
static unsigned in_rollover(const struct inventory *inventory, size_t i)
{
	const struct inventory_item *item = &inventory->items[i];
	unsigned word = 0;

	for (size_t k = 0; k < inventory->n && (item->use == INVENTORY_SEAL || item->use == INVENTORY_OPENING); k++) {
		const struct inventory_item *other = &inventory->items[k];
		if (takes_over(other, item))
			word |= INVENTORY_OVERTAKEN;
		if ((item->troubles & INVENTORY_EARLY) != 0 && takes_over(item, other) && (other->troubles & INVENTORY_BROKEN) == 0)
			word |= INVENTORY_NEXT;
	}
	return word;
}

void inventory_rollover(struct inventory *inventory)
{
	unsigned *words = arena_alloc(inventory->arena, (inventory->n + 1) * sizeof *words);

	for (size_t i = 0; i < inventory->n; i++)
		words[i] = in_rollover(inventory, i);
	for (size_t i = 0; i < inventory->n; i++) {
		struct inventory_item *item = &inventory->items[i];
		if ((words[i] & INVENTORY_OVERTAKEN) != 0)
			item->troubles = (item->troubles & ~(unsigned)(INVENTORY_ENDING | INVENTORY_EXPIRED)) | INVENTORY_OVERTAKEN;
		if ((words[i] & INVENTORY_NEXT) != 0)
			item->troubles = (item->troubles & ~(unsigned)INVENTORY_EARLY) | INVENTORY_NEXT;
	}
}

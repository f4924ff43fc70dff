/* certs/inventory_test.c - what lasts and what is wrong, of certificates and lists made for the run; which fetched list may stand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "certs/crl.h"
#include "certs/inventory.h"
#include "certs/pki_test.h"

struct fixture {
	struct pki_test pki;
	struct instant now;
};

/* Lists of the authority "organisations", each newer than the one before: 1 by make-test-pki, 2, 3; and what must not stand. */
static const char lists[] =
	"CA=\"openssl ca -config pki/ca/organisations/openssl.cnf -gencrl\" && mkdir -p in later && cp pki/crls/organisations.pem in/ && "
	"sleep 1 && $CA -out second.pem && sleep 1 && $CA -out third.pem && openssl crl -in third.pem -outform DER -out third.der && "
	"cp pki/crls/organisations.pem first.pem && $CA -crlsec 1 -out ended.pem && "
	"$CA -md sha1 -out weak.pem && "
	"openssl ca -config pki/foreign/ca/racine/openssl.cnf -gencrl -out foreign.pem && "
	"$CA -crl_lastupdate $(date -u -d '+1 day' +%Y%m%d%H%M%SZ) -crl_nextupdate $(date -u -d '+3 days' +%Y%m%d%H%M%SZ) -out tomorrow.pem && "
	"head -c 200 third.der >cut.der && (cat third.der; echo x) >longer.der && "
	"python3 -c \"b=bytearray(open('third.der','rb').read()); b[-3]^=1; open('bent.der','wb').write(b)\" && cat second.pem third.pem >two.pem";

/* An authority that was renewed under its name: two keys, each with lists of its own; the old key's list is the older one. */
static const char renewed[] =
	"mkdir -p twins && : >twins/index && for k in old new; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout twins/$k.key "
	"-out twins/$k.ca -days 100 -subj '/C=FR/CN=AC RENOUVELEE' -addext keyUsage=critical,keyCertSign,cRLSign; done && cat twins/old.ca twins/new.ca >twins.pem && "
	"printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=twins/index\\ncrlnumber=twins/number\\ndefault_md=sha256\\ndefault_crl_days=30\\ncrl_extensions=x\\n"
	"[x]\\nauthorityKeyIdentifier=keyid\\n' >twins/conf && echo 01 >twins/number && mkdir -p renewed && "
	"for k in old new; do openssl ca -config twins/conf -gencrl -keyfile twins/$k.key -cert twins/$k.ca -out $k-key.pem; sleep 1; done && cp new-key.pem renewed/";

static int set_up(void **state)
{
	static struct fixture f;

	if (!pki_test_make(&f.pki, "bash \"$PKI\" pki && bash \"$PKI\" foreign pki && "
		     "soon() { date -u -d \"+$1 days\" +%Y%m%d%H%M%SZ; } && "
		     "bash \"$PKI\" issue pki d5 kind=tls-server cn=d5 end=$(soon 5) && bash \"$PKI\" issue pki d20 kind=tls-server cn=d20 end=$(soon 20) && "
		     "bash \"$PKI\" issue pki d50 kind=tls-server cn=d50 end=$(soon 50) && "
		     "bash \"$PKI\" issue pki early kind=tls-server cn=early start=$(soon 5) end=$(soon 500) && "
		     "bash \"$PKI\" issue pki gone kind=tls-client cn=gone && bash \"$PKI\" revoke pki gone && "
		     "bash \"$PKI\" issue pki both kind=tls-both cn=both ou=318310021300028 && bash \"$PKI\" issue pki ended kind=tls-both cn=ENDED start=20200101000000Z end=20210101000000Z && "
		     "openssl req -x509 -newkey rsa:1024 -nodes -keyout weak.key -out weak1024.pem -days 100 -subj /CN=weak -addext extendedKeyUsage=serverAuth "
		     "-addext keyUsage=digitalSignature -addext basicConstraints=CA:FALSE && "
		     "openssl x509 -in pki/d50.pem -outform DER -out d50.der && echo nothing >empty.pem && mkdir -p none") || !pki_test_run(&f.pki, lists) || !pki_test_run(&f.pki, renewed))
		return -1;
	f.now.us = (int64_t)time(NULL) * 1000000;
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	const struct fixture *f = *state;

	return pki_test_end(&f->pki);
}

/* --- the inventory ------------------------------------------------------------------ */

static const struct {
	const char *what;
	enum inventory_use use;
	const char *file, *key;
	unsigned troubles;          /* of the first item */
	size_t n;
} rows[] = {
	{"a server's certificate with its chain", INVENTORY_SERVER, "pki/relais-server.pem", "pki/relais-server.key", 0, 2},
	{"with another's key", INVENTORY_SERVER, "pki/relais-server.pem", "pki/relais-client.key", INVENTORY_OTHER_KEY, 2},
	{"with a key that is not there", INVENTORY_SERVER, "pki/relais-server.pem", "pki/none.key", INVENTORY_OTHER_KEY, 2},
	{"a server's certificate as a seal", INVENTORY_SEAL, "pki/relais-server.pem", NULL, INVENTORY_WRONG_USE, 2},
	{"a client's certificate as a server's", INVENTORY_SERVER, "pki/relais-client.pem", NULL, INVENTORY_WRONG_USE, 2},
	{"a seal", INVENTORY_SEAL, "pki/relais-seal.pem", "pki/relais-seal.key", 0, 2},
	{"a seal that has ended", INVENTORY_SEAL, "pki/relais-expired.pem", NULL, INVENTORY_EXPIRED, 2},
	{"five days are left", INVENTORY_SERVER, "pki/d5.pem", NULL, INVENTORY_DAYS_7, 2},
	{"twenty days are left", INVENTORY_SERVER, "pki/d20.pem", NULL, INVENTORY_DAYS_30, 2},
	{"fifty days are left", INVENTORY_SERVER, "pki/d50.pem", NULL, INVENTORY_DAYS_60, 2},
	{"the same in DER", INVENTORY_SERVER, "d50.der", NULL, INVENTORY_DAYS_60, 1},
	{"not valid yet", INVENTORY_SERVER, "pki/early.pem", NULL, INVENTORY_EARLY, 2},
	{"RSA of 1024 bits", INVENTORY_SERVER, "weak1024.pem", "weak.key", INVENTORY_WEAK, 1},
	{"anchors", INVENTORY_ANCHORS, "pki/anchors-smime.pem", NULL, 0, 3},
	{"a server's certificate as an anchor", INVENTORY_ANCHORS, "pki/d50.pem", NULL, INVENTORY_WRONG_USE | INVENTORY_DAYS_60, 2},
	{"a file without a certificate", INVENTORY_ANCHORS, "empty.pem", NULL, INVENTORY_UNREADABLE, 1},
	{"no file", INVENTORY_SEAL, "absent.pem", NULL, INVENTORY_UNREADABLE, 1},
	{"a folder of lists", INVENTORY_CRLS, "pki/crls", NULL, 0, 3},
	{"a folder without a list", INVENTORY_CRLS, "none", NULL, INVENTORY_UNREADABLE, 1},
	{"no folder", INVENTORY_CRLS, "nowhere", NULL, INVENTORY_UNREADABLE, 1},
};

static void test_rows(void **state)
{
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena = arena_create(1 << 22);
		struct inventory list = {.arena = arena, .now = f->now};
		const char *key = rows[i].key == NULL ? NULL : arena_printf(arena, "%s/%s", f->pki.folder, rows[i].key);
		assert_int_equal(inventory_add(&list, rows[i].use, pki_test_path(&f->pki, rows[i].file), key), REASON_NONE);
		if (list.n != rows[i].n || list.items[0].troubles != rows[i].troubles)
			fail_msg("%s: %zu items, troubles %u", rows[i].what, list.n, list.items[0].troubles);
		if (rows[i].troubles == 0 && rows[i].use != INVENTORY_CRLS)
			assert_true(list.items[0].subject.len > 0 && list.items[0].issuer.len > 0 && list.items[0].serial.len > 0 && list.items[0].bits >= 256);
		for (size_t k = 1; k < list.n; k++)
			if (list.items[k].troubles != 0 || list.items[k].chain != (rows[i].use <= INVENTORY_SEAL))
				fail_msg("%s: item %zu has troubles %u", rows[i].what, k, list.items[k].troubles);
		arena_destroy(&arena);
	}
}

/* A list that has a newer one beside it does not count; one that ends is told a day before. */
static void test_lists(void **state)
{
	const struct fixture *f = *state;
	struct arena *arena = arena_create(1 << 22);
	struct inventory list = {.arena = arena, .now = f->now};
	size_t overtaken = 0;

	assert_true(pki_test_run(&f->pki, "mkdir pair && cp second.pem third.pem pair/"));
	assert_int_equal(inventory_add(&list, INVENTORY_CRLS, pki_test_path(&f->pki, "pair"), NULL), REASON_NONE);
	assert_int_equal(list.n, 2);
	for (size_t i = 0; i < 2; i++)
		overtaken += list.items[i].troubles == INVENTORY_OVERTAKEN;
	assert_int_equal(overtaken, 1);
	struct instant end = list.items[0].until;
	const struct {
		int64_t before_end;
		unsigned troubles;
	} times[] = {{SPAN_DAYS(2).us, 0}, {SPAN_HOURS(23).us, INVENTORY_DAYS_7}, {0, INVENTORY_EXPIRED}, {SPAN_DAYS(700).us, INVENTORY_EARLY}};
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		struct inventory then = {.arena = arena, .now = {end.us - times[i].before_end}};
		assert_int_equal(inventory_add(&then, INVENTORY_CRLS, pki_test_path(&f->pki, "pki/crls"), NULL), REASON_NONE);
		assert_int_equal(then.items[0].troubles & ~(unsigned)INVENTORY_OVERTAKEN, times[i].troubles);
	}
	arena_destroy(&arena);
}

static void test_days(void **state)
{
	struct instant at = {0};

	(void)state;
	assert_int_equal(inventory_days(at, (struct instant){SPAN_DAYS(3).us + 1}), 3);
	assert_int_equal(inventory_days(at, (struct instant){1}), 0);
	assert_int_equal(inventory_days(at, (struct instant){-1}), -1);
}

static const struct {
	const char *what, *file;
	enum reason reason;
	const char *why;            /* a part of it */
} peers[] = {
	{"a client's", "pki/relais-client.pem", REASON_NONE, NULL},
	{"one for both", "pki/both.pem", REASON_NONE, NULL},
	{"a server's", "pki/relais-server.pem", REASON_NONE, NULL},
	{"a seal", "pki/relais-seal.pem", REASON_PEER_CERTIFICATE_UNTRUSTED, "purpose"},
	{"revoked", "pki/gone.pem", REASON_PEER_REVOKED, "revoked"},
	{"foreign", "pki/foreign-tls.pem", REASON_PEER_CERTIFICATE_UNTRUSTED, "issuer"},
	{"ended", "pki/ended.pem", REASON_PEER_CERTIFICATE_UNTRUSTED, "expired"},
	{"nothing", "empty.pem", REASON_CONFIG_VALUE, "cannot be read"},
};

static void test_peers(void **state)
{
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
		struct arena *arena = arena_create(1 << 20);
		struct bytes name, printed;
		const char *why;
		const char *anchors = arena_printf(arena, "%s/pki/anchors-tls.pem", f->pki.folder), *crls = arena_printf(arena, "%s/pki/crls", f->pki.folder);
		enum reason reason = inventory_judge_peer(arena, pki_test_path(&f->pki, peers[i].file), anchors, crls, f->now, &name, &printed, &why);
		if (reason != peers[i].reason || (why == NULL) != (peers[i].why == NULL) || (why != NULL && strstr(why, peers[i].why) == NULL))
			fail_msg("%s: %s, %s", peers[i].what, reason_code(reason), why == NULL ? "" : why);
		assert_int_equal(name.len > 0 && printed.len > 0, reason != REASON_CONFIG_VALUE);
		arena_destroy(&arena);
	}
}

/* --- a list that was fetched ------------------------------------------------------------ */

static const struct {
	const char *what, *file, *there;   /* there: what lies in place already */
	int days;                          /* from now */
	enum reason reason;
} fetched[] = {
	{"the next one, PEM", "second.pem", "in", 0, REASON_NONE},
	{"the one after, DER", "third.der", "in", 0, REASON_NONE},
	{"the first, where none is", "first.pem", "none", 0, REASON_NONE},
	{"the same again", "first.pem", "in", 0, REASON_NONE},
	{"an older one", "first.pem", "later", 0, REASON_CRL_OLDER},
	{"of a foreign authority", "foreign.pem", "in", 0, REASON_CRL_SIGNATURE},
	{"one byte of its signature changed", "bent.der", "in", 0, REASON_CRL_SIGNATURE},
	{"signed with SHA-1", "weak.pem", "in", 0, REASON_CRL_SIGNATURE},
	{"ended", "third.der", "in", 400, REASON_CRL_ENDED},
	{"of tomorrow", "tomorrow.pem", "in", 0, REASON_CRL_ENDED},
	{"cut", "cut.der", "in", 0, REASON_CRL_FORM},
	{"with bytes behind it", "longer.der", "in", 0, REASON_CRL_FORM},
	{"a certificate", "d50.der", "in", 0, REASON_CRL_FORM},
	{"a line of text", "empty.pem", "in", 0, REASON_CRL_FORM},
	{"where the folder is not there", "third.der", "nowhere", 0, REASON_CONFIG_VALUE},
};

static void test_fetched(void **state)
{
	const struct fixture *f = *state;

	assert_true(pki_test_run(&f->pki, "cp third.pem later/"));
	for (size_t i = 0; i < sizeof fetched / sizeof fetched[0]; i++) {
		struct arena *arena = arena_create(8 << 20);
		struct crl_facts facts;
		const char *anchors = arena_printf(arena, "%s/pki/anchors-tls.pem", f->pki.folder);
		struct instant at = instant_plus(f->now, SPAN_DAYS(fetched[i].days));
		enum reason reason = crl_check(arena, anchors, pki_test_path(&f->pki, fetched[i].there), pki_test_read(arena, &f->pki, fetched[i].file), at, &facts);
		if (reason != fetched[i].reason)
			fail_msg("%s: %s", fetched[i].what, reason_code(reason));
		if (reason == REASON_NONE) {
			assert_int_equal(facts.there, strcmp(fetched[i].what, "the same again") == 0);
			assert_true(facts.der.len > 100 && facts.number.len >= 2 && strstr(facts.name, facts.prefix) == facts.name);
		}
		arena_destroy(&arena);
	}
}

/* A list that will have ended a second after it was made is not put in place. */
static void test_ended(void **state)
{
	const struct fixture *f = *state;
	struct arena *arena = arena_create(4 << 20);
	struct crl_facts facts;

	struct instant later = instant_plus((struct instant){(int64_t)time(NULL) * 1000000}, SPAN_SECONDS(3));
	assert_int_equal(crl_check(arena, pki_test_path(&f->pki, "pki/anchors-tls.pem"), pki_test_path(&f->pki, "in"), pki_test_read(arena, &f->pki, "ended.pem"), later, &facts),
			 REASON_CRL_ENDED);
	arena_destroy(&arena);
}

/* One of two files of the same use takes over from the other, or does not. */
static void test_rollover(void **state)
{
	static const struct {
		const char *name, *old, *new;
		enum inventory_use use;
		unsigned wanted, of_new;
	} turns[] = {
		{"a newer seal is there", "old", "new", INVENTORY_SEAL, INVENTORY_OVERTAKEN, 0},
		{"its turn comes before the old one's end", "old", "next", INVENTORY_SEAL, INVENTORY_OVERTAKEN, INVENTORY_NEXT},
		{"its turn comes too late", "old", "late", INVENTORY_SEAL, INVENTORY_DAYS_7, INVENTORY_EARLY},
		{"it ends sooner itself", "old", "short", INVENTORY_SEAL, INVENTORY_DAYS_7, INVENTORY_OVERTAKEN},
		{"it is not made for mail", "old", "client", INVENTORY_SEAL, INVENTORY_DAYS_7, INVENTORY_WRONG_USE},
		{"the old one has ended, the new one is valid", "past", "new", INVENTORY_SEAL, INVENTORY_OVERTAKEN, 0},
		{"the old one has ended, the new one is not yet", "past", "next", INVENTORY_SEAL, INVENTORY_EXPIRED, INVENTORY_EARLY},
		{"the same file twice", "old", "old", INVENTORY_SEAL, INVENTORY_DAYS_7, INVENTORY_DAYS_7},
		{"nothing rolls over for TLS", "pki/d5", "pki/d50", INVENTORY_SERVER, INVENTORY_DAYS_7, INVENTORY_DAYS_60},
	};
	const struct fixture *f = *state;

	assert_true(pki_test_run(&f->pki, "day() { date -u -d \"$1 days\" +%Y%m%d%H%M%SZ; } && one() { bash \"$PKI\" issue pki $1 kind=${4:-seal} cn=$1 email=a@x.fr start=$(day $2) end=$(day $3) && cp pki/$1.pem .; } && "
			   "one old -30 +5 && one new -2 +90 && one next +3 +90 && one late +6 +90 && one short -20 +2 && one past -30 -1 && one client -2 +90 tls-client"));
	for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
		struct arena *arena = arena_create(4 << 20);
		struct inventory list = {.arena = arena, .now = f->now};
		const char *old = arena_printf(arena, "%s/%s.pem", f->pki.folder, turns[i].old), *new = arena_printf(arena, "%s/%s.pem", f->pki.folder, turns[i].new);
		assert_int_equal(inventory_add(&list, turns[i].use, old, NULL), REASON_NONE);
		assert_int_equal(inventory_add(&list, turns[i].use, new, NULL), REASON_NONE);
		inventory_rollover(&list);
		if (list.items[0].troubles != turns[i].wanted || list.items[list.n / 2].troubles != turns[i].of_new)
			fail_msg("%s: %u, %u", turns[i].name, list.items[0].troubles, list.items[list.n / 2].troubles);
		arena_destroy(&arena);
	}
}

/* The list of the other key takes nothing back. */
static void test_two_keys_of_one_name(void **state)
{
	const struct fixture *f = *state;
	struct arena *arena = arena_create(8 << 20);
	struct crl_facts old, new;

	assert_int_equal(crl_check(arena, pki_test_path(&f->pki, "twins.pem"), pki_test_path(&f->pki, "none"), pki_test_read(arena, &f->pki, "new-key.pem"), f->now, &new), REASON_NONE);
	assert_int_equal(crl_check(arena, pki_test_path(&f->pki, "twins.pem"), pki_test_path(&f->pki, "renewed"), pki_test_read(arena, &f->pki, "old-key.pem"), f->now, &old), REASON_NONE);
	assert_string_not_equal(old.prefix, new.prefix);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_keys_of_one_name), cmocka_unit_test(test_rollover),
		cmocka_unit_test(test_rows),    cmocka_unit_test(test_lists), cmocka_unit_test(test_days),
		cmocka_unit_test(test_peers),   cmocka_unit_test(test_fetched), cmocka_unit_test(test_ended),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

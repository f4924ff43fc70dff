/* gateway/trust_list_test.c - the white list as a file: what is read, what is passed over, what is refused whole; into the database by
 * what differs, held back by its guards; alarms; when the refresher asks again. */
#include "gateway/trust_list.h"

#include "base/buf.h"
#include "base/limits.h"
#include "gateway/alarm.h"
#include "gateway/json_view.h"
#include "gateway/refresher.h"
#include "gateway/schema_test.h"
#include "gateway/trust_list_store.h"

#define HEAD "<?xml version=\"1.0\"?><ListeBlancheMSSante xmlns=\"https://listeblanche.mssante.fr/schema\">"
#define DATED HEAD "<DateDeGeneration>2026-11-01T00:00:00Z</DateDeGeneration><ListeDomaines>"
#define ENTRY(domain, name) "<Domaine><Nom>" domain "</Nom><DNCertificatOperateur>" name "</DNCertificatOperateur></Domaine>"
#define TAIL "</ListeDomaines></ListeBlancheMSSante>"
#define A ENTRY("a.mssante.fr", "CN=mx.a,O=A,C=FR")

/* --- the file ------------------------------------------------------------------- */

static const struct {
	const char *what, *text;
	enum reason reason;
	size_t n, bad;
} files[] = {
	{"one entry", DATED A TAIL, REASON_NONE, 1, 0},
	{"the same entry twice", DATED A A TAIL, REASON_NONE, 2, 0},
	{"contacts and descriptions", DATED "<Domaine><Nom>a.b</Nom><Description>x &amp; y</Description><DNCertificatOperateur>CN=x</DNCertificatOperateur>"
				      "<DateMAJ>z</DateMAJ></Domaine>" TAIL, REASON_NONE, 1, 0},
	{"an element of a later edition", DATED "<Domaine><Neuf><Nom>c.d</Nom></Neuf><Nom>a.b</Nom><DNCertificatOperateur>CN=x</DNCertificatOperateur></Domaine>" TAIL,
	 REASON_NONE, 1, 0},
	{"a name beyond ASCII", DATED ENTRY("h\xc3\xb4pital.mssante.fr", "CN=x") TAIL, REASON_NONE, 1, 0},
	{"entries outside the list of domains", HEAD "<DateDeGeneration>2026-11-01T00:00:00Z</DateDeGeneration><Autre>" A "</Autre></ListeBlancheMSSante>",
	 REASON_TRUST_FORM, 0, 0},
	{"no date", HEAD "<ListeDomaines>" A TAIL, REASON_TRUST_FORM, 1, 0},
	{"a date that is none", HEAD "<DateDeGeneration>hier</DateDeGeneration><ListeDomaines>" A TAIL, REASON_TRUST_FORM, 1, 0},
	{"no entry", DATED TAIL, REASON_TRUST_FORM, 0, 0},
	{"another root", "<a/>", REASON_TRUST_FORM, 0, 0},
	{"another namespace", "<ListeBlancheMSSante xmlns=\"https://ailleurs\"/>", REASON_TRUST_FORM, 0, 0},
	{"a DOCTYPE", "<!DOCTYPE a>" DATED A TAIL, REASON_DOCUMENT_DOCTYPE, 0, 0},
	{"an end that is missing", DATED A, REASON_DOCUMENT_MALFORMED, 1, 0},
	{"nothing", "", REASON_DOCUMENT_MALFORMED, 0, 0},
	{"one entry, and that one is bad", DATED ENTRY("a.fr", "nonsense") TAIL, REASON_TRUST_UNREADABLE, 0, 1},
};

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct arena *arena = arena_create(32u << 20);
		struct trust_list *list = arena_alloc(arena, sizeof *list);
		enum reason reason = trust_list_read(arena, bytes_of_text(files[i].text), list);
		if (reason != files[i].reason || list->n != files[i].n || list->bad != files[i].bad)
			fail_msg("%s: %s, %zu pairs, %zu bad", files[i].what, reason_code(reason), list->n, list->bad);
		arena_destroy(&arena);
	}
}

/* Bad entries among a hundred good ones: passed over, told by number. */
static const struct {
	const char *what, *entry, *why;
} bad[] = {
	{"no domain", "<Domaine><DNCertificatOperateur>CN=x</DNCertificatOperateur></Domaine>", "no domain"},
	{"no name", "<Domaine><Nom>x.fr</Nom></Domaine>", "no certificate name"},
	{"empty", "<Domaine/>", "no domain"},
	{"an address", ENTRY("a@b.fr", "CN=x"), "not well formed"},
	{"one label", ENTRY("fr", "CN=x"), "not well formed"},
	{"a star", ENTRY("*.mssante.fr", "CN=x"), "not well formed"},
	{"a blank inside", ENTRY("a b.fr", "CN=x"), "not well formed"},
	{"two dots", ENTRY("a..fr", "CN=x"), "not well formed"},
	{"a dot at the end", ENTRY("a.fr.", "CN=x"), "not well formed"},
	{"a name with an unknown key", ENTRY("a.fr", "CN=x,FOO=1"), NULL},          /* read as part of the value before it */
	{"a name of the other form", ENTRY("a.fr", "/C=FR/CN=x"), "cannot be read"},
	{"an empty value", ENTRY("a.fr", "CN=,C=FR"), "cannot be read"},
	{"two domains", "<Domaine><Nom>a.fr</Nom><Nom>b.fr</Nom><DNCertificatOperateur>CN=x</DNCertificatOperateur></Domaine>", "two domains"},
	{"two names", "<Domaine><Nom>a.fr</Nom><DNCertificatOperateur>CN=x</DNCertificatOperateur><DNCertificatOperateur>CN=y</DNCertificatOperateur></Domaine>",
	 "two certificate names"},
};

static void test_bad_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct arena *arena = arena_create(32u << 20);
		struct buf text = buf_make(1 << 20);
		struct trust_list *list = arena_alloc(arena, sizeof *list);
		buf_text(&text, DATED);
		for (int k = 0; k < 41; k++)
			buf_printf(&text, ENTRY("d%d.fr", "CN=x%d"), k, k % 7);
		buf_text(&text, bad[i].entry);
		for (int k = 0; k < 58; k++)
			buf_printf(&text, ENTRY("e%d.fr", "CN=x%d"), k, k % 7);
		buf_text(&text, TAIL);
		enum reason reason = trust_list_read(arena, buf_bytes(&text), list);
		bool told = list->bad == 1 && list->told[0].entry == 42;
		if (reason != REASON_NONE || list->entries != 100 || (bad[i].why == NULL ? list->bad != 0 : !told || strstr(list->told[0].why, bad[i].why) == NULL))
			fail_msg("%s: %s, %zu entries, %zu bad: %s", bad[i].what, reason_code(reason), list->entries, list->bad,
				 list->bad > 0 ? list->told[0].why : "");
		/* One more, and it is over one in a hundred. */
		text.len -= sizeof TAIL - 1;
		buf_text(&text, ENTRY("", "") TAIL);
		reason = trust_list_read(arena, buf_bytes(&text), list);
		assert_int_equal(reason, bad[i].why == NULL ? REASON_NONE : REASON_TRUST_UNREADABLE);
		buf_free(&text);
		arena_destroy(&arena);
	}
}

static void test_values(void **state)
{
	static const char text[] = DATED ENTRY(" A.MSSante.FR\n", "\n CN=mx,O=L&amp;M  d&apos;Oc,C=FR ") ENTRY("a.mssante.fr", "C=FR, O=L&amp;M D&#8217;OC, CN=MX") TAIL;
	struct arena *arena = arena_create(32u << 20);
	struct trust_list *list = arena_alloc(arena, sizeof *list);

	(void)state;
	assert_int_equal(trust_list_read(arena, BYTES(text), list), REASON_NONE);
	assert_int_equal(list->n, 2);
	assert_true(bytes_equal(list->domains[0], BYTES("a.mssante.fr")) && bytes_equal(list->domains[1], list->domains[0]));
	assert_true(bytes_equal(list->names[0], list->names[1]));
	assert_true(bytes_equal(list->operators[0], BYTES("L&M  d'Oc")));
	assert_true(bytes_equal(list->shown[0], BYTES("CN=mx,O=L&M  d'Oc,C=FR")));
	/* A list that ends too early is refused whole, wherever it ends. */
	for (size_t cut = 1; cut < sizeof text - 1; cut += 5)
		assert_int_not_equal(trust_list_read(arena, bytes_slice(BYTES(text), 0, cut), list), REASON_NONE);
	arena_destroy(&arena);
}

static void test_published(void **state)
{
	const char *corpus = getenv("RELAIS_CORPUS");
	struct bytes xml;

	(void)state;
	if (corpus == NULL) {
		print_message("skipped: RELAIS_CORPUS is not set\n");
		skip();
	}
	struct arena *arena = arena_create(64u << 20);
	struct trust_list *list = arena_alloc(arena, sizeof *list);
	assert_int_equal(trust_list_load(arena, arena_printf(arena, "%s/whitelist/listeblanchemssante.xml", corpus), &xml), REASON_NONE);
	assert_int_equal(trust_list_read(arena, xml, list), REASON_NONE);
	assert_int_equal(list->entries, 619);
	assert_int_equal(list->n, 619);
	assert_int_equal(list->bad, 0);
	for (size_t i = 0; i < list->n; i++)
		assert_true(list->operators[i].len > 0);
	assert_int_equal(trust_list_load(arena, "/nowhere", &xml), REASON_NOT_FOUND);
	assert_int_equal(trust_list_load(arena, "/tmp", &xml), REASON_IO);
	arena_destroy(&arena);
}

/* --- the database ------------------------------------------------------------------- */

static struct config config;

/* Domains from..until-1 of "dN.fr", with certificates of that kind of name. */
static enum reason put_list(struct store *store, const char *date, const char *name, int from, int until, bool force, json_t **answer)
{
	struct arena *arena = arena_create(64u << 20);
	struct trust_list *list = arena_alloc(arena, sizeof *list);
	struct buf text = buf_make(1 << 22);
	const struct trust_list_order order = {"essai.xml", "operator:test", force};

	buf_printf(&text, HEAD "<DateDeGeneration>%sT00:00:00Z</DateDeGeneration><ListeDomaines>", date);
	for (int i = from; i < until; i++)
		buf_printf(&text, ENTRY("d%d.fr", "CN=%s%d,O=OP%d,C=FR"), i, name, i % 5, i % 5);
	buf_text(&text, TAIL);
	assert_int_equal(trust_list_read(arena, buf_bytes(&text), list), REASON_NONE);
	enum reason reason = trust_list_replace(store, arena, &config, list, buf_bytes(&text), &order, answer);
	buf_free(&text);
	arena_destroy(&arena);
	return reason;
}

/* The day of a November past. */
static enum reason put(struct store *store, int day, int from, int until, bool force, json_t **answer)
{
	char date[16];

	snprintf(date, sizeof date, "2020-11-%02d", day);
	return put_list(store, date, "mx", from, until, force, answer);
}

static json_int_t told(json_t *answer, const char *key)
{
	return json_integer_value(json_object_get(answer, key));
}

static void test_replace(void **state)
{
	static const struct config_route routes[] = {{.domain = "*"}, {.domain = "D30.fr"}};
	static const struct {
		const char *what;
		int day, from, until;
		bool force;
		enum reason reason;
		int added, removed, pairs;
	} steps[] = {
		{"the first", 1, 0, 100, false, REASON_NONE, 100, 0, 100},
		{"one more", 2, 0, 101, false, REASON_NONE, 1, 0, 101},
		{"one less", 3, 1, 101, false, REASON_NONE, 0, 1, 100},
		{"of the day before", 2, 1, 102, false, REASON_TRUST_OLDER, 1, 0, 100},
		{"eleven less", 4, 12, 101, false, REASON_TRUST_SHRINKS, 0, 11, 100},
		{"ten less and ten others", 4, 11, 111, false, REASON_NONE, 10, 10, 100},
		{"without a domain of a route", 5, 31, 131, false, REASON_TRUST_IN_USE, 20, 20, 100},
		{"the same, forced", 5, 31, 131, true, REASON_NONE, 20, 20, 100},
		{"an older one, forced", 4, 11, 111, true, REASON_NONE, 20, 20, 100},
	};
	struct store *store = open_store();
	json_t *answer;

	(void)state;
	config.deliverer.routes = (struct config_route *)(uintptr_t)routes;
	config.deliverer.n = 2;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		enum reason reason = put(store, steps[i].day, steps[i].from, steps[i].until, steps[i].force, &answer);
		if (reason != steps[i].reason || told(answer, "added") != steps[i].added || told(answer, "removed") != steps[i].removed ||
		    count(store, "select count(*) from relais.trust_peer") != steps[i].pairs)
			fail_msg("%s: %s, %lld added, %lld removed", steps[i].what, reason_code(reason), (long long)told(answer, "added"),
				 (long long)told(answer, "removed"));
		if (reason == REASON_TRUST_IN_USE)
			assert_true(bytes_equal(json_view(json_array_get(json_object_get(answer, "in_use"), 0), "domain"), BYTES("d30.fr")));
		json_decref(answer);
	}
	/* The same bytes again: nothing is written but that they are of today. */
	int64_t lists = count(store, "select count(*) from relais.trust_import");
	assert_int_equal(put(store, 4, 11, 111, false, &answer), REASON_NONE);
	assert_true(json_truth(answer, "same"));
	json_decref(answer);
	assert_int_equal(count(store, "select count(*) from relais.trust_import"), lists);
	/* A pair that stayed was listed by the first list; one that went and came back, by the last. */
	assert_int_equal(count(store, "select since from relais.trust_peer where domain = 'd50.fr'"), 1);
	assert_int_equal(count(store, "select since from relais.trust_peer where domain = 'd20.fr'"), count(store, "select max(id) from relais.trust_import"));
	assert_int_equal(count(store, "select count(*) from relais.trust_past where domain = 'd0.fr' and since = 1 and until = 3"), 1);
	assert_int_equal(count(store, "select coalesce(sum(bad), 0)::bigint from relais.reconcile(true)"), 0);
	store_close(&store);
}

/* Every domain stays, and nobody could prove any more that he speaks for it: that is no smaller a loss. */
static void test_other_names(void **state)
{
	struct store *store = open_store();
	json_t *answer;

	(void)state;
	config.deliverer.n = 0;
	assert_int_equal(put_list(store, "2020-11-10", "autre", 11, 111, false, &answer), REASON_TRUST_SHRINKS);
	json_decref(answer);
	assert_int_equal(count(store, "select count(*) from relais.trust_peer where name like '%autre%'"), 0);
	config.deliverer.n = 2;
	store_close(&store);
}

/* A list from the future is taken, and does not lock out all that come after it. */
static void test_future(void **state)
{
	struct store *store = open_store();
	json_t *answer;

	(void)state;
	assert_int_equal(put_list(store, "2999-01-01", "mx", 11, 112, false, &answer), REASON_NONE);
	json_decref(answer);
	assert_int_equal(store_script(store, scratch.arena, "update relais.trust_import set at = '2020-11-12' where generated_at > now()", NULL), REASON_NONE);
	assert_int_equal(put(store, 11, 11, 111, false, &answer), REASON_TRUST_OLDER);
	json_decref(answer);
	assert_int_equal(put(store, 13, 11, 111, false, &answer), REASON_NONE);
	json_decref(answer);
	store_close(&store);
}

static void test_diff(void **state)
{
	struct store *store = open_store();
	struct arena *arena = arena_create(64u << 20);
	struct trust_list *list = arena_alloc(arena, sizeof *list);
	json_t *answer;

	(void)state;
	assert_int_equal(trust_list_read(arena, BYTES(DATED ENTRY("d50.fr", "CN=mx0,O=OP0,C=FR") ENTRY("d50.fr", "CN=new,O=OP9,C=FR") TAIL), list), REASON_NONE);
	int64_t before = count(store, "select count(*) from relais.trust_peer");
	assert_int_equal(trust_list_diff(store, arena, &config, list, &answer), REASON_NONE);
	const json_t *changes = json_object_get(answer, "changes"), *last = json_array_get(changes, json_array_size(changes) - 1);
	assert_int_equal(json_array_size(changes), before);       /* all but one go, one comes */
	assert_true(json_truth(last, "added") && !json_truth(last, "whole") && bytes_equal(json_view(last, "operator"), BYTES("OP9")));
	assert_int_equal(count(store, "select count(*) from relais.trust_peer"), before);
	json_decref(answer);
	arena_destroy(&arena);
	store_close(&store);
}

/* The refresher's role forces nothing, whatever its process would ask. */
static void test_refresher_forces_nothing(void **state)
{
	struct store *store = open_store();
	json_t *answer = NULL;

	(void)state;
	assert_int_equal(store_script(store, scratch.arena, "set session authorization relais_refresher", NULL), REASON_NONE);
	assert_int_equal(put(store, 20, 0, 10, true, &answer), REASON_STORE_REFUSED);
	assert_null(answer);
	assert_int_equal(put(store, 20, 0, 10, false, &answer), REASON_TRUST_IN_USE);
	json_decref(answer);
	store_close(&store);
}

/* --- alarms ----------------------------------------------------------------------------- */

static void test_alarms(void **state)
{
	struct store *store = open_store();

	(void)state;
	assert_non_null(alarm_entry(BYTES("crl.stale")));
	assert_null(alarm_entry(BYTES("crl")));
	assert_int_equal(alarm_raise(store, "crl.stale", ALARM_WARNING, BYTES("{\"a\":1}")), REASON_NONE);
	assert_int_equal(store_script(store, scratch.arena, "update relais.alarm set since = '2020-01-01', seen_at = '2020-01-01'", NULL), REASON_NONE);
	assert_int_equal(count(store, "select case when relais.alarm_raise('crl.stale', 'warning', '{}') then 1 else 0 end::bigint"), 0);
	assert_int_equal(count(store, "select case when relais.alarm_raise('crl.stale', 'critical', '{}') then 1 else 0 end::bigint"), 1);
	assert_int_equal(count(store, "select count(*) from relais.alarm_list() where since = '2020-01-01' and seen_at > since and severity = 'critical'"), 1);
	assert_int_equal(alarm_raise(store, "crl.stale", "grave", BYTES("")), REASON_STORE_REFUSED);
	assert_int_equal(alarm_clear(store, "crl.stale"), REASON_NONE);
	assert_int_equal(alarm_clear(store, "crl.stale"), REASON_NONE);
	assert_int_equal(count(store, "select count(*) from relais.alarm_list()"), 0);
	store_close(&store);
}

/* --- when to ask again --------------------------------------------------------------------- */

static void test_pauses(void **state)
{
	static const struct {
		int hours;
		unsigned failures;
		int64_t least, most;    /* seconds */
	} cases[] = {
		{24, 0, 77760, 95040}, {24, 1, 54, 66}, {24, 2, 108, 132}, {24, 5, 864, 1056}, {24, 40, 38880, 47520}, {1, 40, 1620, 1980},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (uint32_t noise = 0; noise < 5000; noise += 37) {
			int64_t s = refresher_pause_ms(cases[i].hours, cases[i].failures, noise) / 1000;
			if (s < cases[i].least || s > cases[i].most)
				fail_msg("%d h, %u failures: %lld s", cases[i].hours, cases[i].failures, (long long)s);
		}
}

/* Nearly full is nearly full in percent and in what is left: a tenth of a large disk is room for months. */
static void test_disks(void **state)
{
	static const struct {
		const char *what;
		uint64_t blocks, available, size;
		int percent;
	} rows[] = {
		{"half", 1000000, 500000, 4096, 0},          {"just below", 1000000, 100001, 4096, 0}, {"nine tenths", 1000000, 100000, 4096, 90},
		{"full", 1000000, 0, 4096, 100},             {"a tenth of a large one", 1000000000, 50000000, 4096, 0}, {"a large one, full", 1000000000, 1000, 4096, 99},
		{"no blocks", 0, 0, 4096, 0},                {"more left than there is", 10, 11, 4096, 0},  {"blocks of nothing", 1000, 1, 0, 99},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (refresher_disk_percent(rows[i].blocks, rows[i].available, rows[i].size) != rows[i].percent)
			fail_msg("%s: %d", rows[i].what, refresher_disk_percent(rows[i].blocks, rows[i].available, rows[i].size));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),   cmocka_unit_test(test_bad_entries), cmocka_unit_test(test_values),
		cmocka_unit_test(test_published), cmocka_unit_test(test_replace),   cmocka_unit_test(test_other_names),
		cmocka_unit_test(test_future),  cmocka_unit_test(test_diff),
		cmocka_unit_test(test_refresher_forces_nothing), cmocka_unit_test(test_alarms), cmocka_unit_test(test_pauses), cmocka_unit_test(test_disks),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

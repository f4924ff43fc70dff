/* gateway/refresher_alarms.c - see refresher.h. Looks, and raises or clears; it changes nothing else. */
#include "gateway/refresher.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/limits.h"
#include "certs/recipient.h"
#include "certs/trust.h"

#include "gateway/alarm.h"
#include "gateway/certificate_list.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "policy/degraded.h"

enum { PATIENCE = 3, LOOK_MEMORY = 256 * 1024 * 1024, TOLD_MAX = 20 };

/* An alarm with the list of what it is about: open while the list is not empty. */
struct finding {
	const char *name, *key;
	json_t *list;
	bool critical;
};

static void found(struct finding *f, bool critical, json_t *what)
{
	f->critical = f->critical || critical;
	if (json_array_size(f->list) < TOLD_MAX)
		json_array_append_new(f->list, what);
	else
		json_decref(what);
}

/* A database that is away is told by whoever needs it; the next round raises it again. */
static void settle(struct refresher *r, struct arena *arena, struct finding *f)
{
	if (json_array_size(f->list) == 0) {
		(void)!alarm_clear(r->store, f->name);
		json_decref(f->list);
		return;
	}
	struct bytes detail = json_write(arena, json_pack("{s:o}", f->key, f->list));
	(void)!alarm_raise(r->store, f->name, f->critical ? ALARM_CRITICAL : ALARM_WARNING, detail);
}

/* --- fetching -------------------------------------------------------------------- */

static void look_at_jobs(const struct refresher *r, enum refresher_kind kind, struct finding *f)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct refresher_job *job = &r->jobs[i];
		const struct reason_entry *entry = reason_entry(job->reason);
		bool passing = entry->class == REASON_CLASS_LATER;
		if (job->kind == kind && job->failures > 0 && (!passing || job->failures >= PATIENCE))
			found(f, !passing, json_pack("{s:s, s:s, s:i}", "url", job->url, "reason", entry->code, "tries", (int)job->failures));
	}
}

void refresher_alarms_fetch(struct refresher *r)
{
	struct arena *arena = arena_create(1024 * 1024);
	struct finding list = {.name = "trust.list.fetch", .key = "fetched", .list = json_array()},
		       crl = {.name = "crl.fetch", .key = "fetched", .list = json_array()},
		       stamp = {.name = "audit.stamp", .key = "asked", .list = json_array()};

	look_at_jobs(r, REFRESHER_LIST, &list);
	look_at_jobs(r, REFRESHER_CRL, &crl);
	settle(r, arena, &list);
	settle(r, arena, &crl);
	look_at_jobs(r, REFRESHER_STAMP, &stamp);
	settle(r, arena, &stamp);
	arena_destroy(&arena);
}

/* --- the white list ------------------------------------------------------------------ */

static bool list_tried_in_vain(const struct refresher *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->jobs[i].kind == REFRESHER_LIST && r->jobs[i].failures > 0)
			return true;
	return false;
}

void refresher_alarms_list(struct refresher *r)
{
	struct store_rows *rows = NULL;
	struct arena *arena = arena_create(1024 * 1024);
	struct finding f = {.name = "trust.list.stale", .key = "lists", .list = json_array()};
	enum reason reason = STORE_RUN(r->store, &rows, "select import, confirmed_at from relais.trust_state() where $1", P_BOOL(true));

	if (reason == REASON_NONE && store_count(rows) == 1) {
		char at[INSTANT_TEXT];
		struct instant confirmed = store_instant(rows, 0, 1);
		struct span age = instant_since(confirmed, service_now());
		enum degraded_level level = degraded_age(age, r->service.config->trust.stale_days);
		instant_write(confirmed, at);
		if (level != DEGRADED_FRESH)
			found(&f, level == DEGRADED_OLD, json_pack("{s:I, s:s, s:I}", "import", (json_int_t)store_int(rows, 0, 0), "confirmed_at", at, "days",
								   (json_int_t)(age.us / SPAN_DAYS(1).us)));
	} else if (reason == REASON_NONE && list_tried_in_vain(r)) {
		found(&f, true, json_pack("{s:n}", "import"));
	}
	store_free(&rows);
	if (reason == REASON_NONE)
		settle(r, arena, &f);
	else
		json_decref(f.list);
	arena_destroy(&arena);
}

/* --- the directory ---------------------------------------------------------------------- */

static void look_at_age(const struct refresher *r, const struct store_rows *rows, struct finding *f)
{
	char at[INSTANT_TEXT];

	if (store_is_null(rows, 0, 0)) {
		if (strcmp(r->service.config->directory.use, "required") == 0)
			found(f, true, json_pack("{s:n}", "import"));
		return;
	}
	struct instant made = store_instant(rows, 0, 1);
	struct span age = instant_since(made, service_now());
	enum degraded_level level = degraded_age(age, r->service.config->directory.stale_days);
	instant_write(made, at);
	if (level != DEGRADED_FRESH)
		found(f, level == DEGRADED_OLD, json_pack("{s:I, s:s, s:I}", "import", (json_int_t)store_int(rows, 0, 0), "generated_at", at, "days",
							  (json_int_t)(age.us / SPAN_DAYS(1).us)));
}

void refresher_alarms_directory(struct refresher *r)
{
	struct store_rows *rows = NULL;
	struct arena *arena = arena_create(1024 * 1024);
	struct finding age = {.name = "directory.stale", .key = "extracts", .list = json_array()},
		       lookup = {.name = "directory.lookup", .key = "asked", .list = json_array()};

	look_at_jobs(r, REFRESHER_LOOKUP, &lookup);
	settle(r, arena, &lookup);
	enum reason reason = STORE_RUN(r->store, &rows, "select import, generated_at from relais.directory_age() where $1", P_BOOL(true));
	if (reason == REASON_NONE && store_count(rows) == 1 && strcmp(r->service.config->directory.use, "off") != 0)
		look_at_age(r, rows, &age);
	store_free(&rows);
	if (reason == REASON_NONE)
		settle(r, arena, &age);
	else
		json_decref(age.list);
	arena_destroy(&arena);
}

/* --- the machine ------------------------------------------------------------------------- */

static const char *const disks[REFRESHER_DISKS] = {"", "/data"};   /* the instance, and its database where that is its own */

void refresher_disks_open(struct refresher *r)
{
	for (size_t i = 0; i < REFRESHER_DISKS; i++)
		r->disks[i] = open(arena_printf(r->service.arena, "%s%s", r->service.config->folder, disks[i]), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int refresher_disk_percent(uint64_t blocks, uint64_t available, uint64_t size)
{
	if (available > blocks || available >= LIMIT_DISK_ROOM / (size == 0 ? 1 : size))
		return 0;
	int percent = blocks == 0 ? 0 : (int)((double)(blocks - available) * 100 / (double)blocks);
	return percent >= LIMIT_DISK_FULL_PERCENT ? percent : 0;
}

void refresher_alarms_disks(struct refresher *r)
{
	struct arena *arena = arena_create(1024 * 1024);
	struct finding f = {.name = "machine.disk", .key = "disks", .list = json_array()};

	for (size_t i = 0; i < REFRESHER_DISKS; i++) {
		struct statfs disk;
		if (r->disks[i] < 0 || fstatfs(r->disks[i], &disk) != 0)
			continue;
		int percent = refresher_disk_percent(disk.f_blocks, disk.f_bavail, (uint64_t)disk.f_bsize);
		if (percent > 0)
			found(&f, percent >= LIMIT_DISK_CRITICAL_PERCENT, json_pack("{s:s, s:i}", "folder", arena_printf(arena, "%s%s", r->service.config->folder, disks[i]), "percent", percent));
	}
	settle(r, arena, &f);
	arena_destroy(&arena);
}

/* --- the keeper ------------------------------------------------------------------------- */

/* It tells the database every ten seconds that it lives. */
void refresher_alarms_keeper(struct refresher *r)
{
	struct arena *arena = arena_create(64 * 1024);
	struct finding f = {.name = "keeper.away", .key = "keeper", .list = json_array()};
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(r->store, &rows, "select relais.keeper_silent() where $1", P_BOOL(true));

	bool silent = reason == REASON_NONE && store_count(rows) == 1 && (store_is_null(rows, 0, 0) || store_int(rows, 0, 0) > LIMIT_KEEPER_SILENT_SECONDS);
	/* At a start the silence is that of the whole instance: it counts once it was met twice. */
	if (silent && r->keeper_silent)
		found(&f, true, json_pack("{s:I}", "seconds", store_is_null(rows, 0, 0) ? (json_int_t)0 : (json_int_t)store_int(rows, 0, 0)));
	if (reason == REASON_NONE) {
		r->keeper_silent = silent;
		settle(r, arena, &f);
	} else {
		json_decref(f.list);
	}
	store_free(&rows);
	arena_destroy(&arena);
}

/* --- files ---------------------------------------------------------------------------- */

static json_t *about(const struct inventory_item *item, const char *user, struct instant now)
{
	char until[INSTANT_TEXT] = "";

	if (item->until.us != 0)
		instant_write(item->until, until);
	struct bytes name = item->use == INVENTORY_CRLS ? item->issuer : item->subject;
	return json_pack("{s:s, s:s, s:o, s:s, s:I}", "use", user, "file", item->file, "name", json_of(name), "until", until, "days",
			 (json_int_t)inventory_days(now, item->until));
}

/* Our users may keep a certificate to themselves: what this process may not see, it cannot judge. */
static bool hidden(const struct inventory_item *item)
{
	return (item->troubles & INVENTORY_UNREADABLE) != 0 && access(item->file, R_OK) != 0 && errno == EACCES;
}

void refresher_alarms_files(struct refresher *r)
{
	struct arena *arena = arena_create(LOOK_MEMORY);
	struct instant now = service_now();
	struct certificate_list all;
	struct finding ending = {.name = "certificate.expiring", .key = "certificates", .list = json_array()},
		       ended = {.name = "certificate.expired", .key = "certificates", .list = json_array()},
		       lists = {.name = "crl.stale", .key = "lists", .list = json_array()};
	const unsigned over = INVENTORY_UNREADABLE | INVENTORY_EXPIRED | INVENTORY_EARLY, soon = INVENTORY_ENDING;

	enum reason reason = certificate_list(arena, r->service.config, now, false, &all);
	if (reason != REASON_NONE)
		log_event("certificates-not-read", LOG_REASON(reason), LOG_END);
	for (size_t i = 0; reason == REASON_NONE && i < all.inventory.n; i++) {
		const struct inventory_item *item = &all.inventory.items[i];
		bool crl = item->use == INVENTORY_CRLS;
		if (hidden(item))
			log_event("certificate-hidden", LOG_TEXT("file", item->file), LOG_END);
		else if (crl && (item->troubles & (over | INVENTORY_NO_END | INVENTORY_DAYS_7)) != 0)
			found(&lists, (item->troubles & INVENTORY_DAYS_7) == 0, about(item, all.users[i], now));
		else if (!crl && (item->troubles & over) != 0)
			found(&ended, true, about(item, all.users[i], now));
		else if (!crl && (item->troubles & soon) != 0)
			found(&ending, (item->troubles & INVENTORY_DAYS_7) != 0, about(item, all.users[i], now));
	}
	settle(r, arena, &ending);
	settle(r, arena, &ended);
	settle(r, arena, &lists);
	arena_destroy(&arena);
}

/* Its mailbox may be a patient's: the alarm names the domain, and `relais recipient list` the rest. */
static json_t *about_recipient(struct bytes address, const char *why)
{
	const unsigned char *at = memchr(address.at, '@', address.len);

	return json_pack("{s:o, s:s}", "domain", json_of(at == NULL ? BYTES("") : bytes_from(address, (size_t)(at - address.at) + 1)), "why", why);
}

void refresher_alarms_recipients(struct refresher *r)
{
	const struct config *config = r->service.config;
	struct arena *arena = arena_create(LOOK_MEMORY);
	struct finding f = {.name = "recipient.certificate", .key = "recipients", .list = json_array()};
	struct store_rows *rows = NULL;
	struct trust *trust = NULL;
	char detail[TRUST_DETAIL];
	enum reason reason = STORE_RUN(r->store, &rows, "select address, certificate from relais.recipient_certificates() where $1", P_BOOL(true));

	if (reason == REASON_NONE && store_count(rows) > 0)
		reason = trust_load(config->inspect.anchors, config->inspect.crls, &trust, detail);
	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++) {
		struct arena *one = arena_create(4 * LIMIT_CMS);
		struct recipient_certificate taken;
		const char *why = recipient_import(one, store_bytes(rows, i, 1), store_bytes(rows, i, 0), trust, service_now(), &taken);
		if (why != NULL)
			found(&f, true, about_recipient(store_bytes(rows, i, 0), why));
		arena_destroy(&one);
	}
	store_free(&rows);
	trust_free(&trust);
	/* Anchors and lists that cannot be read have alarms of their own. */
	if (reason == REASON_NONE)
		settle(r, arena, &f);
	else
		json_decref(f.list);
	arena_destroy(&arena);
}

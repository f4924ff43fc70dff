/* gateway/refresher_jobs.c - one fetch, in a child of its own: what a server sends can spoil this one try only.
 *
 * 1. Addresses are those of the configuration.
 * 2. What is not checked is never put in place; what is put in place appears whole (rename). */
#include "gateway/refresher.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "certs/crl.h"
#include "gateway/fetch.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/trust_list_store.h"

enum { FIRST_MS = 60 * 1000, HOUR_MS = 3600 * 1000 };

static enum reason fetch(const struct config *config, const struct refresher_job *job, struct buf *body)
{
	const struct fetch file = {.url = job->url, .anchors = config->trust.list_anchors, .plain = job->kind == REFRESHER_CRL};
	struct fetch_told told;
	enum reason reason = fetch_get(&file, body, &told);

	if (reason != REASON_NONE)
		log_event("fetch-failed", LOG_TEXT("url", job->url), LOG_REASON(reason), LOG_NUMBER("status", told.status),
			  LOG_TEXT("detail", told.detail), LOG_END);
	return reason;
}

/* --- the white list ------------------------------------------------------------ */

static void tell_list(const json_t *answer, const struct trust_list *list)
{
	const json_t *import = json_object_get(answer, "import");

	log_event("white-list-taken", LOG_NUMBER("import", json_integer_value(import)), LOG_NUMBER("entries", list->entries),
		  LOG_NUMBER("unread", list->bad), LOG_NUMBER("added", json_integer_value(json_object_get(answer, "added"))),
		  LOG_NUMBER("removed", json_integer_value(json_object_get(answer, "removed"))), LOG_END);
}

static enum reason import(const struct config *config, struct arena *arena, const struct refresher_job *job, struct bytes xml)
{
	const struct trust_list_order order = {.source = job->url, .actor = "refresher", .force = false};
	struct trust_list *list = arena_alloc(arena, sizeof *list);
	json_t *answer = NULL;
	enum reason reason = trust_list_read(arena, xml, list);

	if (reason == REASON_NONE) {
		struct store *store = store_open(config->database, "refresher");
		reason = store == NULL ? REASON_MEMORY : trust_list_replace(store, arena, config, list, xml, &order, &answer);
		store_close(&store);
	}
	if (reason == REASON_NONE && !json_truth(answer, "same"))
		tell_list(answer, list);
	if (reason != REASON_NONE)
		log_event("white-list-not-taken", LOG_REASON(reason), LOG_NUMBER("entries", list->entries), LOG_NUMBER("unread", list->bad),
			  LOG_NUMBER("domains_removed", json_integer_value(json_object_get(answer, "domains_removed"))), LOG_END);
	json_decref(answer);
	return reason;
}

/* --- revocation lists ------------------------------------------------------------ */

static bool put_file(struct arena *arena, const char *folder, const struct crl_facts *crl)
{
	/* Nobody reads a file whose name begins with a dot; what a crash left behind is written over. */
	const char *aside = arena_printf(arena, "%s/.%s.new", folder, crl->prefix), *path = arena_printf(arena, "%s/%s", folder, crl->name);
	int file = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	bool whole = file >= 0;

	for (size_t n = 0; whole && n < crl->der.len;) {
		ssize_t put = write(file, crl->der.at + n, crl->der.len - n);
		whole = put > 0;
		n += put > 0 ? (size_t)put : 0;
	}
	whole = whole && fsync(file) == 0;
	if (file >= 0 && close(file) != 0)
		whole = false;
	return whole && rename(aside, path) == 0;
}

/* Older ones that we put there; what a person put there is his. */
static void remove_older(struct arena *arena, const char *folder, const struct crl_facts *crl)
{
	DIR *entries = opendir(folder);
	size_t prefix = strlen(crl->prefix);

	for (struct dirent *e; entries != NULL && (e = readdir(entries)) != NULL;)
		if (strncmp(e->d_name, crl->prefix, prefix) == 0 && e->d_name[prefix] == '-' && bytes_ends(bytes_of_text(e->d_name), BYTES(".crl")) &&
		    strcmp(e->d_name, crl->name) != 0)
			unlink(arena_printf(arena, "%s/%s", folder, e->d_name));
	if (entries != NULL)
		closedir(entries);
}

struct target {
	const char *folder, *anchors;
};

static enum reason install(struct arena *arena, const struct target *to, struct bytes raw, const char *url)
{
	struct crl_facts crl;
	enum reason reason = crl_check(arena, to->anchors, to->folder, raw, service_now(), &crl);

	if (reason != REASON_NONE || crl.there)
		return reason;
	if (!put_file(arena, to->folder, &crl)) {
		log_event("crl-not-written", LOG_TEXT("folder", to->folder), LOG_END);
		return REASON_IO;
	}
	remove_older(arena, to->folder, &crl);
	log_event("crl-taken", LOG_TEXT("url", url), LOG_TEXT("file", crl.name), LOG_BYTES("issuer", crl.issuer), LOG_BYTES("number", crl.number), LOG_END);
	return REASON_NONE;
}

/* Into each folder of lists whose authorities have signed it. */
static enum reason install_all(const struct config *config, struct arena *arena, struct bytes raw, const char *url)
{
	const struct target targets[] = {{config->inspect.crls, config->inspect.anchors},
					 {config->receiver.crls, config->receiver.client_anchors},
					 {config->collector.crls, config->collector.anchors},
					 {config->deliverer.crls, config->deliverer.anchors}};
	enum reason reason = REASON_NONE;
	size_t asked = 0;
	bool taken = false;

	/* What one folder refuses may be what another waits for. */
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		if (targets[i].folder[0] == '\0')
			continue;
		enum reason one = install(arena, &targets[i], raw, url);
		asked++;
		taken = taken || one == REASON_NONE;
		if (one != REASON_NONE && (reason == REASON_NONE || reason == REASON_CRL_SIGNATURE))
			reason = one;
	}
	if (asked == 0)
		reason = REASON_CONFIG_VALUE;
	if (taken && reason == REASON_CRL_SIGNATURE)
		reason = REASON_NONE;
	if (reason != REASON_NONE)
		log_event("crl-not-taken", LOG_TEXT("url", url), LOG_REASON(reason), LOG_END);
	return reason;
}

enum reason refresher_job_run(const struct config *config, const struct refresher_job *job)
{
	if (job->kind == REFRESHER_LOOKUP)
		return refresher_lookup(config, job->person);
	if (job->kind == REFRESHER_STAMP)
		return refresher_stamp(config);
	bool list = job->kind == REFRESHER_LIST;
	struct buf body = buf_make(list ? LIMIT_TRUST_LIST : LIMIT_FETCH_CRL);
	struct arena *arena = arena_create(list ? TRUST_LIST_MEMORY : 4 * LIMIT_FETCH_CRL);
	enum reason reason = arena == NULL ? REASON_MEMORY : fetch(config, job, &body);

	if (reason == REASON_NONE)
		reason = list ? import(config, arena, job, buf_bytes(&body)) : install_all(config, arena, buf_bytes(&body), job->url);
	arena_destroy(&arena);
	buf_free(&body);
	return reason;
}

/* --- when to ask again ------------------------------------------------------------ */

int64_t refresher_pause_ms(int hours, unsigned failures, uint32_t noise)
{
	int64_t usual = (int64_t)hours * HOUR_MS, pause = FIRST_MS;

	for (unsigned i = 1; i < failures && pause < usual / 2; i++)
		pause *= 2;
	if (failures == 0)
		pause = usual;
	else if (pause > usual / 2)
		pause = usual / 2;
	return pause - pause / 10 + (int64_t)(noise % 1000) * (pause / 5) / 1000;
}

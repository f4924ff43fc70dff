/* gateway/master_watch.c - see master_watch.h. */
#include "gateway/master_watch.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"

enum { PATH_ROOM = 4096 };

/* Sums of these do not depend on the order in which a folder tells its files. */
static uint64_t mark_of(const char *name, const struct stat *about)
{
	unsigned char digest[DIGEST_SHA256];
	const int64_t facts[] = {(int64_t)about->st_size, (int64_t)about->st_mtim.tv_sec, (int64_t)about->st_mtim.tv_nsec, (int64_t)about->st_ino};
	struct digest_run run = digest_start();
	uint64_t mark;

	digest_add(&run, bytes_of_text(name));
	digest_add(&run, (struct bytes){(const unsigned char *)facts, sizeof facts});
	digest_end(&run, digest);
	memcpy(&mark, digest, sizeof mark);
	return mark;
}

static uint64_t look_at(const char *path)
{
	struct stat about;
	uint64_t sum = 1;

	if (stat(path, &about) != 0)
		return 0;
	if (!S_ISDIR(about.st_mode))
		return mark_of(path, &about);
	DIR *dir = opendir(path);
	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
		char file[PATH_ROOM];
		if (entry->d_name[0] == '.' || snprintf(file, sizeof file, "%s/%s", path, entry->d_name) >= (int)sizeof file)
			continue;
		if (stat(file, &about) == 0)
			sum += mark_of(entry->d_name, &about);
	}
	if (dir != NULL)
		closedir(dir);
	return sum;
}

static void add(struct watch *watch, const char *path, enum instance_user user, enum watch_act act)
{
	if (path[0] != '\0' && watch->n < WATCH_MAX)
		watch->list[watch->n++] = (struct watched){path, user, act, look_at(path)};
}

void watch_open(const struct config *c, struct watch *out)
{
	*out = (struct watch){.n = 0};
	add(out, c->inspect.anchors, INSTANCE_VERIFY, WATCH_RENEW);
	add(out, c->inspect.crls, INSTANCE_VERIFY, WATCH_RENEW);
	add(out, c->receiver.client_anchors, INSTANCE_RECEIVER, WATCH_RENEW);
	add(out, c->receiver.crls, INSTANCE_RECEIVER, WATCH_RENEW);
	add(out, c->receiver.ocsp_staple, INSTANCE_RECEIVER, WATCH_RENEW);
	add(out, c->receiver.certificate, INSTANCE_RECEIVER, WATCH_RESTART);
	add(out, c->receiver.key, INSTANCE_RECEIVER, WATCH_RESTART);
	/* What tokens are asked about with is read before the jail, too. */
	if (c->identity.introspection[0] != '\0') {
		add(out, c->identity.anchors, INSTANCE_RECEIVER, WATCH_RESTART);
		add(out, c->identity.secret_file, INSTANCE_RECEIVER, WATCH_RESTART);
	}
	add(out, c->collector.anchors, INSTANCE_COLLECTOR, WATCH_RENEW);
	add(out, c->collector.crls, INSTANCE_COLLECTOR, WATCH_RENEW);
	add(out, c->collector.certificate, INSTANCE_COLLECTOR, WATCH_RENEW);
	add(out, c->collector.key, INSTANCE_COLLECTOR, WATCH_RENEW);
	add(out, c->deliverer.anchors, INSTANCE_DELIVERER, WATCH_RENEW);
	add(out, c->deliverer.crls, INSTANCE_DELIVERER, WATCH_RENEW);
	add(out, c->deliverer.certificate, INSTANCE_DELIVERER, WATCH_RENEW);
	add(out, c->deliverer.key, INSTANCE_DELIVERER, WATCH_RENEW);
	add(out, c->signer.certificate, INSTANCE_SIGNER, WATCH_RESTART);
	add(out, c->signer.key, INSTANCE_SIGNER, WATCH_RESTART);
	add(out, c->opener.certificate, INSTANCE_OPENER, WATCH_RESTART);
	add(out, c->opener.key, INSTANCE_OPENER, WATCH_RESTART);
	add(out, c->opener.certificate_next, INSTANCE_OPENER, WATCH_RESTART);
	add(out, c->opener.key_next, INSTANCE_OPENER, WATCH_RESTART);
	add(out, c->signer.certificate_next, INSTANCE_SIGNER, WATCH_RESTART);
	add(out, c->signer.key_next, INSTANCE_SIGNER, WATCH_RESTART);
}

bool watch_look(struct watch *watch)
{
	bool changed = false;

	for (size_t i = 0; i < watch->n; i++) {
		struct watched *w = &watch->list[i];
		uint64_t now = look_at(w->path);
		if (now == w->seen)
			continue;
		w->seen = now;
		changed = true;
		if (watch->due.first == NULL)
			watch->due.first = w->path;
		*(w->act == WATCH_RENEW ? &watch->due.renew[w->user] : &watch->due.restart[w->user]) = true;
	}
	return changed;
}

struct watch_due watch_take(struct watch *watch)
{
	struct watch_due due = watch->due;

	watch->due = (struct watch_due){.first = NULL};
	return due;
}

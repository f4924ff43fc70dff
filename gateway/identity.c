/* gateway/identity.c - see identity.h.
 *
 * 1. The mutex covers the remembered answers and the number of those who ask; it is never held while one asks.
 * 2. An answer is remembered only when it says yes, and never beyond the token's own end. */
#include "gateway/identity.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/secret.h"
#include "gateway/identity_private.h"
#include "gateway/log.h"
#include "gateway/service.h"

enum { SECRET_MAX = 1000, SECRET_ROOM = 4096 /* encoded: three signs for one, at most */, SECRET_SCRATCH = 64 * 1024, ANCHORS_MAX = 256 * 1024 };

struct remembered {
	unsigned char token[DIGEST_SHA256];
	struct instant until;                /* 0 = free */
	struct instant expires;
	size_t len;
	unsigned char subject[LIMIT_IDENTITY_SUBJECT];
};

struct identity {
	struct identity_settings settings;
	struct identity_server server;
	pthread_mutex_t mutex;
	unsigned asking;
	struct remembered remembered[LIMIT_IDENTITY_REMEMBERED];
};

/* --- before the jail ----------------------------------------------------------------- */

/* The whole file; NULL when it cannot be read, is empty or longer than max. */
static bool read_whole(struct arena *arena, const char *path, size_t max, struct bytes *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char *text = arena_try(arena, max + 1);
	size_t len = 0;
	ssize_t n = -1;

	while (fd >= 0 && text != NULL && len <= max && (n = read(fd, text + len, max + 1 - len)) > 0)
		len += (size_t)n;
	if (fd >= 0)
		close(fd);
	*out = (struct bytes){text, len};
	return n == 0 && len > 0 && len <= max;
}

/* https, a host, and neither a name nor a password nor a fragment in it. */
static bool is_address(const char *text)
{
	struct bytes address = bytes_of_text(text);

	for (size_t i = 0; i < address.len; i++)
		if (address.at[i] <= ' ' || address.at[i] >= 0x7f || address.at[i] == '@' || address.at[i] == '#')
			return false;
	return bytes_starts(address, BYTES("https://")) && address.len > 9 && address.at[8] != '/';
}

static enum reason refuse(char detail[IDENTITY_DETAIL], enum reason reason, const char *what, const char *why)
{
	snprintf(detail, IDENTITY_DETAIL, "%s: %s", what, why);
	return reason;
}

static enum reason check_settings(const struct config *config, char detail[IDENTITY_DETAIL])
{
	if (!is_address(config->identity.introspection))
		return refuse(detail, REASON_CONFIG_VALUE, "identity.introspection", "must be an https address without user or fragment");
	if (config->identity.client_id[0] == '\0')
		return refuse(detail, REASON_CONFIG_VALUE, "identity.client_id", "is required with identity.introspection");
	/* Without an issuer every token that the server knows of would do, of whatever realm. */
	if (config->identity.issuer[0] == '\0')
		return refuse(detail, REASON_CONFIG_VALUE, "identity.issuer", "is required with identity.introspection");
	return REASON_NONE;
}

/* It has to stay, since every question needs it: in pages of its own. */
static char *kept_encoded(struct arena *scratch, struct bytes secret)
{
	const char *encoded = identity_encoded(scratch, secret);
	size_t len = encoded == NULL ? 0 : bytes_of_text(encoded).len;
	char *room = len == 0 || len >= SECRET_ROOM ? NULL : secret_room(SECRET_ROOM);

	if (room != NULL)
		memcpy(room, encoded, len);   /* the room is zero behind it */
	return room;
}

static enum reason read_secret(struct arena *arena, const struct config *config, struct identity *identity, char detail[IDENTITY_DETAIL])
{
	struct arena *scratch = arena_create(SECRET_SCRATCH);
	struct bytes text;

	if (!read_whole(scratch, config->identity.secret_file, SECRET_MAX, &text)) {
		arena_wipe(&scratch);
		return refuse(detail, REASON_IO, "identity.secret_file", "cannot be read, is empty or too long");
	}
	struct bytes line = bytes_trim(text);
	bool good = bytes_one_line(line, SECRET_MAX) && line.len > 0;
	identity->server.secret = good ? kept_encoded(scratch, line) : NULL;
	identity->server.user = identity_encoded(arena, bytes_of_text(config->identity.client_id));
	arena_wipe(&scratch);
	if (identity->server.secret == NULL || identity->server.user == NULL)
		return refuse(detail, REASON_CONFIG_VALUE, "identity.secret_file", "must hold one line");
	return REASON_NONE;
}

static enum reason read_anchors(struct arena *arena, const struct config *config, struct identity *identity, char detail[IDENTITY_DETAIL])
{
	if (!read_whole(arena, config->identity.anchors, ANCHORS_MAX, &identity->server.anchors))
		return refuse(detail, REASON_IO, "identity.anchors", "cannot be read, is empty or too long");
	if (!bytes_contains(identity->server.anchors, BYTES("-----BEGIN CERTIFICATE-----")))
		return refuse(detail, REASON_CONFIG_VALUE, "identity.anchors", "holds no certificate");
	return REASON_NONE;
}

/* --- what is remembered --------------------------------------------------------------- */

static bool recall(struct identity *identity, const unsigned char token[DIGEST_SHA256], struct instant now, struct remembered *out)
{
	bool found = false;

	pthread_mutex_lock(&identity->mutex);
	for (size_t i = 0; !found && i < LIMIT_IDENTITY_REMEMBERED; i++) {
		const struct remembered *r = &identity->remembered[i];
		found = instant_before(now, r->until) && memcmp(r->token, token, DIGEST_SHA256) == 0;
		if (found)
			*out = *r;
	}
	pthread_mutex_unlock(&identity->mutex);
	return found;
}

/* In the place of the one that ends first. */
static void remember(struct identity *identity, const unsigned char token[DIGEST_SHA256], struct instant now,
		     const struct identity_person *person)
{
	struct remembered *place = &identity->remembered[0];

	pthread_mutex_lock(&identity->mutex);
	for (size_t i = 1; i < LIMIT_IDENTITY_REMEMBERED; i++)
		if (instant_before(identity->remembered[i].until, place->until))
			place = &identity->remembered[i];
	memcpy(place->token, token, DIGEST_SHA256);
	memcpy(place->subject, person->subject.at, person->subject.len);
	place->len = person->subject.len;
	place->expires = person->expires;
	place->until = instant_plus(now, SPAN_SECONDS(LIMIT_IDENTITY_REMEMBER_SECONDS));
	if (instant_before(person->expires, place->until))
		place->until = person->expires;
	pthread_mutex_unlock(&identity->mutex);
}

/* --- asking ------------------------------------------------------------------------------ */

static enum reason ask(const struct identity *identity, struct arena *arena, struct bytes token, struct identity_person *out)
{
	struct buf answer = buf_make(LIMIT_IDENTITY_ANSWER);
	const char *claim = "";
	enum reason reason = identity_ask(&identity->server, token, &answer);

	if (reason == REASON_NONE) {
		reason = identity_judge(arena, buf_bytes(&answer), &identity->settings, service_now(), out, &claim);
		if (reason != REASON_NONE)
			log_event("identity-refused", LOG_REASON(reason), LOG_TEXT("claim", claim), LOG_END);
	}
	buf_free(&answer);
	return reason;
}

/* May this thread ask? The others have mail to take. */
static bool begin(struct identity *identity)
{
	pthread_mutex_lock(&identity->mutex);
	bool may = identity->asking < LIMIT_IDENTITY_ASKING;
	identity->asking += may;
	pthread_mutex_unlock(&identity->mutex);
	if (!may)
		log_event("identity-busy", LOG_END);
	return may;
}

static void end(struct identity *identity)
{
	pthread_mutex_lock(&identity->mutex);
	identity->asking--;
	pthread_mutex_unlock(&identity->mutex);
}

/* --- public ------------------------------------------------------------------------------- */

enum reason identity_open(struct arena *arena, const struct config *config, struct identity **out, char detail[IDENTITY_DETAIL])
{
	detail[0] = '\0';
	*out = NULL;
	if (config->identity.introspection[0] == '\0')
		return REASON_NONE;

	struct identity *identity = arena_alloc(arena, sizeof *identity);
	*identity = (struct identity){
		.server = {.address = config->identity.introspection},
		.settings = {config->identity.issuer, config->identity.audience, config->identity.scope, config->identity.subject_claim},
	};
	enum reason reason = check_settings(config, detail);
	const char *library = reason == REASON_NONE ? identity_library() : NULL;
	if (library != NULL)
		reason = refuse(detail, REASON_CONFIG_VALUE, "libcurl", library);
	if (reason == REASON_NONE)
		reason = read_secret(arena, config, identity, detail);
	if (reason == REASON_NONE)
		reason = read_anchors(arena, config, identity, detail);
	if (reason == REASON_NONE && pthread_mutex_init(&identity->mutex, NULL) != 0)
		reason = REASON_MEMORY;
	if (reason == REASON_NONE)
		*out = identity;
	return reason;
}

void identity_close(struct identity **identity)
{
	struct identity *i = *identity;

	if (i == NULL)
		return;
	pthread_mutex_destroy(&i->mutex);
	secret_room_free(i->server.secret, SECRET_ROOM);
	secret_wipe(i->remembered, sizeof i->remembered);
	identity_library_end();
	*identity = NULL;
}

enum reason identity_check(struct identity *identity, struct arena *arena, struct bytes token, struct identity_person *out)
{
	unsigned char key[DIGEST_SHA256];
	struct instant now = service_now();
	struct remembered known;

	if (identity == NULL || !identity_is_token(token))
		return REASON_AUTH_TOKEN;
	digest_sha256(token, key);
	if (recall(identity, key, now, &known)) {
		unsigned char *kept = arena_try(arena, known.len);
		if (kept == NULL)
			return REASON_MEMORY;
		*out = (struct identity_person){{memcpy(kept, known.subject, known.len), known.len}, known.expires};
		return REASON_NONE;
	}
	if (!begin(identity))
		return REASON_AUTH_LATER;
	enum reason reason = ask(identity, arena, token, out);
	end(identity);
	if (reason == REASON_NONE)
		remember(identity, key, now, out);
	return reason;
}

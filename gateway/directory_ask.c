/* gateway/directory_ask.c - see directory_ask.h. */
#include "gateway/directory_ask.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/secret.h"
#include "gateway/fetch.h"
#include "gateway/log.h"

enum { RPPS_DIGITS = 11 };

static bool is_rpps(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len == RPPS_DIGITS;
}

/* The key of the interface, one line. */
static enum reason read_key(struct arena *arena, const char *path, const char **header)
{
	unsigned char text[LIMIT_DIRECTORY_KEY];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = file < 0 ? -1 : read(file, text, sizeof text);

	if (file >= 0)
		close(file);
	struct bytes key = bytes_trim((struct bytes){text, n > 0 ? (size_t)n : 0});
	bool good = key.len > 0 && n < (ssize_t)sizeof text && bytes_one_line(key, sizeof text);
	if (good)
		*header = arena_printf(arena, "ESANTE-API-KEY: %.*s", (int)key.len, (const char *)key.at);
	secret_wipe(text, sizeof text);
	return good ? REASON_NONE : REASON_IO;
}

/* By POST: a GET would write the number into the address, and so into logs on both sides. */
static enum reason ask_fhir(struct arena *arena, const struct config *config, struct bytes rpps, struct directory_answer *answer)
{
	struct fetch fetch = {
		.url = arena_printf(arena, "%s/Practitioner/_search", config->directory.fhir_url), .anchors = config->directory.anchors,
		.form = arena_printf(arena, "identifier=%.*s&_revinclude=PractitionerRole%%3Apractitioner&_count=50", (int)rpps.len, (const char *)rpps.at),
		.seconds = LIMIT_DIRECTORY_SECONDS,
	};
	struct buf body = buf_make(LIMIT_DIRECTORY_ANSWER);
	struct fetch_told told = {.status = 0};
	struct arena *secret = arena_create(2 * LIMIT_DIRECTORY_KEY);
	enum reason reason = config->directory.fhir_key_file[0] == '\0' ? REASON_NONE : read_key(secret, config->directory.fhir_key_file, &fetch.header);

	if (reason == REASON_NONE)
		reason = fetch_get(&fetch, &body, &told);
	if (reason == REASON_NONE)
		reason = directory_answer_fhir(arena, buf_bytes(&body), rpps, answer);
	if (reason != REASON_NONE)
		log_event("directory-not-asked", LOG_TEXT("url", config->directory.fhir_url), LOG_REASON(reason), LOG_NUMBER("status", told.status),
			  LOG_TEXT("detail", told.detail), LOG_END);
	buf_free(&body);
	arena_wipe(&secret);
	return reason;
}

bool directory_asks(const struct config *config)
{
	return config->directory.fhir_url[0] != '\0' || config->directory.ldap_url[0] != '\0';
}

enum reason directory_ask(struct arena *arena, const struct config *config, struct bytes rpps, struct directory_answer *answer)
{
	enum reason reason = !is_rpps(rpps) ? REASON_USAGE : !directory_asks(config) ? REASON_DIRECTORY_UNUSED : REASON_NONE;

	*answer = (struct directory_answer){.n = 0};
	if (reason == REASON_NONE && config->directory.fhir_url[0] != '\0')
		reason = ask_fhir(arena, config, rpps, answer);
	if (reason == REASON_NONE && config->directory.ldap_url[0] != '\0')
		reason = directory_ask_ldap(arena, config, rpps, answer);
	return reason;
}

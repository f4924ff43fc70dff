/* gateway/identity_ask.c - see identity_private.h. The only file that speaks HTTP for identity.c. */
#include "gateway/identity_private.h"

#include <string.h>

#include <curl/curl.h>

#include "base/limits.h"
#include "base/secret.h"
#include "gateway/log.h"

enum {
	SCRATCH_MAX = 64 * 1024,
	LIBRARY_MIN = 0x075500,   /* 7.85: CURLOPT_PROTOCOLS_STR */
	HTTP_OK = 200,
};

/* The library that this build was made for may not be the one that was found at start. */
static const char *objection(void)
{
	const curl_version_info_data *library = curl_version_info(CURLVERSION_NOW);

	if (library->version_num < LIBRARY_MIN)
		return "libcurl is older than 7.85";
	if (library->ssl_version == NULL || !bytes_starts(bytes_of_text(library->ssl_version), BYTES("OpenSSL/3")))
		return "libcurl is not the flavour of OpenSSL 3";
	return (library->features & CURL_VERSION_ASYNCHDNS) == 0 ? "libcurl would block while it resolves names" : NULL;
}

static size_t on_body(char *data, size_t size, size_t n, void *context)
{
	struct buf *answer = context;
	buf_add(answer, (struct bytes){(unsigned char *)data, size * n});
	return buf_ok(answer) ? size * n : 0;
}

/* application/x-www-form-urlencoded: of what a token may hold, only three need their hexadecimal form. */
static char *form_of(struct arena *arena, struct bytes token)
{
	char *form = arena_try(arena, sizeof "token=" + 3 * token.len);
	size_t at = sizeof "token=" - 1;

	if (form == NULL)
		return NULL;
	memcpy(form, "token=", at);
	for (size_t i = 0; i < token.len; i++) {
		const char *coded = token.at[i] == '+' ? "%2B" : token.at[i] == '/' ? "%2F" : token.at[i] == '=' ? "%3D" : NULL;
		if (coded == NULL)
			form[at++] = (char)token.at[i];
		else
			memcpy(form + at, coded, 3), at += 3;
	}
	form[at] = '\0';
	return form;
}

/* Which server, and that it is this one: our anchors alone (the library would add the system's), no proxy of the environment,
 * no other protocol, no other place. */
static bool set_peer(CURL *c, const struct identity_server *server)
{
	struct curl_blob anchors = {(void *)(uintptr_t)server->anchors.at, server->anchors.len, CURL_BLOB_NOCOPY};

	return curl_easy_setopt(c, CURLOPT_URL, server->address) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_CIPHER_LIST, "ECDHE+AESGCM:ECDHE+CHACHA20") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CAINFO, NULL) == CURLE_OK && curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CAINFO_BLOB, &anchors) == CURLE_OK;
}

/* QUICK_EXIT: a resolver that hangs is left behind with its own thread, and our time-out holds. */
static bool set_bounds(CURL *c, struct buf *answer)
{
	return curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK && curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)LIMIT_IDENTITY_SECONDS) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)LIMIT_IDENTITY_CONNECT_SECONDS) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_MAXFILESIZE, (long)LIMIT_IDENTITY_ANSWER) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEDATA, answer) == CURLE_OK;
}

static bool set_question(CURL *c, const struct identity_server *server, const char *form, struct curl_slist *head)
{
	return head != NULL && curl_easy_setopt(c, CURLOPT_HTTPHEADER, head) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_USERNAME, server->user) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PASSWORD, server->secret) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_POSTFIELDS, form) == CURLE_OK;
}

/* The body of a 200 answer in answer, else AUTH_LATER. */
static enum reason post(const struct identity_server *server, const char *form, struct buf *answer)
{
	struct curl_slist head[] = {{(char[]){"Accept: application/json"}, &head[1]}, {(char[]){"Expect:"}, NULL}};
	CURLcode code = CURLE_OUT_OF_MEMORY;
	long status = 0;
	CURL *c = curl_easy_init();

	if (c != NULL && set_peer(c, server) && set_bounds(c, answer) && set_question(c, server, form, head))
		code = curl_easy_perform(c);
	if (code == CURLE_OK)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(c);
	if (code == CURLE_OK && status == HTTP_OK)
		return REASON_NONE;
	log_event("identity-refused", LOG_REASON(REASON_AUTH_LATER), LOG_NUMBER("curl", code), LOG_NUMBER("status", status), LOG_END);
	return REASON_AUTH_LATER;
}

const char *identity_library(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? objection() : "libcurl does not start";
}

void identity_library_end(void)
{
	curl_global_cleanup();
}

char *identity_encoded(struct arena *arena, struct bytes text)
{
	char *escaped = curl_easy_escape(NULL, (const char *)text.at, (int)text.len);
	char *kept = escaped == NULL ? NULL : arena_text(arena, bytes_of_text(escaped));

	if (escaped != NULL)
		secret_wipe(escaped, strlen(escaped));   /* the library's own text */
	curl_free(escaped);
	return kept;
}

bool identity_is_token(struct bytes token)
{
	static const struct bytes allowed =
		BYTES_OF("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=");

	for (size_t i = 0; i < token.len; i++)
		if (bytes_find_byte(allowed, token.at[i], 0) == allowed.len)
			return false;
	return token.len > 0 && token.len <= LIMIT_IDENTITY_TOKEN;
}

enum reason identity_ask(const struct identity_server *server, struct bytes token, struct buf *answer)
{
	struct arena *scratch = arena_create(SCRATCH_MAX);
	const char *form = form_of(scratch, token);
	enum reason reason = form == NULL ? REASON_MEMORY : post(server, form, answer);

	arena_wipe(&scratch);
	return reason;
}

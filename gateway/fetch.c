/* gateway/fetch.c - see fetch.h. */
#include "gateway/fetch.h"

#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "base/limits.h"

bool fetch_start(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return false;
	/* The GnuTLS flavour has the same interface and would judge by other rules. */
	const curl_version_info_data *about = curl_version_info(CURLVERSION_NOW);
	return about->ssl_version != NULL && strncmp(about->ssl_version, "OpenSSL/", 8) == 0;
}

static size_t take(char *piece, size_t size, size_t n, void *context)
{
	struct buf *body = context;

	buf_add(body, (struct bytes){(const unsigned char *)piece, size * n});
	return buf_ok(body) ? size * n : 0;
}

static bool set_limits(CURL *curl, const struct fetch *fetch, const struct buf *body)
{
	return curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT, fetch->seconds > 0 ? (long)fetch->seconds : (long)LIMIT_FETCH_SECONDS) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)LIMIT_FETCH_CONNECT_SECONDS) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)LIMIT_FETCH_CONNECT_SECONDS) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)body->ceiling) == CURLE_OK;
}

static bool set_manners(CURL *curl, const struct fetch *fetch)
{
	return curl_easy_setopt(curl, CURLOPT_URL, fetch->url) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, fetch->plain ? "http,https" : "https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_USERAGENT, "relais/" RELAIS_VERSION) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CAINFO, fetch->anchors) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

static bool set_question(CURL *curl, const struct fetch *fetch, struct curl_slist **headers)
{
	if (fetch->header != NULL) {
		*headers = curl_slist_append(NULL, fetch->header);
		if (*headers == NULL || curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers) != CURLE_OK)
			return false;
	}
	if (fetch->body.len > 0)
		return curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)fetch->body.len) == CURLE_OK && curl_easy_setopt(curl, CURLOPT_POSTFIELDS, fetch->body.at) == CURLE_OK;
	return fetch->form == NULL || curl_easy_setopt(curl, CURLOPT_POSTFIELDS, fetch->form) == CURLE_OK;
}

static enum reason reason_of(CURLcode code, long status, const struct buf *body)
{
	if (code == CURLE_OK)
		return status == 200 ? REASON_NONE : REASON_FETCH_ANSWER;
	if (!buf_ok(body) || code == CURLE_FILESIZE_EXCEEDED)
		return REASON_FETCH_SIZE;
	switch (code) {
	case CURLE_OUT_OF_MEMORY:
		return REASON_MEMORY;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return REASON_FETCH_TLS;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
		return REASON_FETCH_ADDRESS;
	default:
		return REASON_FETCH_ANSWER;
	}
}

enum reason fetch_get(const struct fetch *fetch, struct buf *body, struct fetch_told *told)
{
	CURL *curl = curl_easy_init();
	char words[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = NULL;

	*told = (struct fetch_told){.status = 0};
	if (curl == NULL)
		return REASON_MEMORY;
	if (!set_manners(curl, fetch) || !set_limits(curl, fetch, body) || !set_question(curl, fetch, &headers) || curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) != CURLE_OK || curl_easy_setopt(curl, CURLOPT_WRITEDATA, body) != CURLE_OK) {
		curl_easy_cleanup(curl);
		curl_slist_free_all(headers);
		return REASON_MEMORY;
	}
	CURLcode code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &told->status);
	enum reason reason = reason_of(code, told->status, body);
	snprintf(told->detail, sizeof told->detail, "%s", words[0] != '\0' ? words : code != CURLE_OK ? curl_easy_strerror(code) : "");
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return reason;
}

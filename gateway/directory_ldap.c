/* gateway/directory_ldap.c - the LDAP half of directory_ask.h.
 *
 * No public text names a national schema (mssante.md, area 3: "LDAP access" was not found), so that the attributes are those of inetOrgPerson
 * (RFC 2798, RFC 4519): mail, sn, givenName, title, o; which one holds the RPPS is the configuration's to say. Read without a name, over TLS
 * whose certificate is checked, without following references to other servers. */
#include "gateway/directory_ask.h"

#include <stdlib.h>
#include <sys/time.h>

#include <ldap.h>

#include "gateway/log.h"

enum { VALUES_MAX = 50, BUFFER_MAX = LIMIT_DIRECTORY_ANSWER };

static bool set(LDAP *ldap, int option, const void *value)
{
	return ldap_set_option(ldap, option, value) == LDAP_OPT_SUCCESS;
}

/* What is asked of TLS counts from NEWCTX on. */
static bool set_up(LDAP *ldap, const struct config *config)
{
	static const int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND, floor = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, client = 0, most = LIMIT_DIRECTORY_FOUND,
			 seconds = LIMIT_DIRECTORY_SECONDS;
	static const struct timeval connect = {.tv_sec = LIMIT_DIRECTORY_CONNECT_SECONDS}, whole = {.tv_sec = LIMIT_DIRECTORY_SECONDS};
	ber_len_t bytes = BUFFER_MAX;
	Sockbuf *buffer = NULL;

	return set(ldap, LDAP_OPT_PROTOCOL_VERSION, &version) && set(ldap, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) && set(ldap, LDAP_OPT_NETWORK_TIMEOUT, &connect) &&
	       set(ldap, LDAP_OPT_TIMEOUT, &whole) && set(ldap, LDAP_OPT_TIMELIMIT, &seconds) && set(ldap, LDAP_OPT_SIZELIMIT, &most) &&
	       set(ldap, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) && set(ldap, LDAP_OPT_X_TLS_PROTOCOL_MIN, &floor) &&
	       set(ldap, LDAP_OPT_X_TLS_CACERTFILE, config->directory.anchors) && set(ldap, LDAP_OPT_X_TLS_NEWCTX, &client) &&
	       ldap_get_option(ldap, LDAP_OPT_SOCKBUF, &buffer) == LDAP_OPT_SUCCESS && ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &bytes) == 1;
}

/* What the library says of it names host and state, nothing that was asked. */
static enum reason reason_of(const struct config *config, int code)
{
	if (code != LDAP_SUCCESS && code != LDAP_NO_SUCH_OBJECT)
		log_event("directory-not-asked", LOG_TEXT("url", config->directory.ldap_url), LOG_NUMBER("status", code),
			  LOG_TEXT("detail", ldap_err2string(code)), LOG_END);
	switch (code) {
	case LDAP_SUCCESS:
	case LDAP_NO_SUCH_OBJECT:
		return REASON_NONE;
	case LDAP_SIZELIMIT_EXCEEDED:
		return REASON_DIRECTORY_SIZE;
	case LDAP_NO_MEMORY:
		return REASON_MEMORY;
	case LDAP_DECODING_ERROR:
	case LDAP_REFERRAL:
	case LDAP_PROTOCOL_ERROR:
		return REASON_DIRECTORY_ANSWER;
	default:
		return REASON_DIRECTORY_AWAY;
	}
}

static struct bytes view(const struct berval *value)
{
	return (struct bytes){(const unsigned char *)value->bv_val, value->bv_len};
}

/* The first value of an attribute, in the arena. */
static struct bytes first(struct arena *arena, LDAP *ldap, LDAPMessage *entry, const char *attribute)
{
	struct berval **values = ldap_get_values_len(ldap, entry, attribute);
	struct bytes out = values == NULL || values[0] == NULL ? BYTES("") : arena_copy(arena, view(values[0]));

	ldap_value_free_len(values);
	return out;
}

/* Each mail of an entry is a mailbox of its own; a second value says nothing about which he prefers. */
static enum reason read_entry(struct arena *arena, LDAP *ldap, LDAPMessage *entry, struct directory_answer *answer)
{
	struct directory_mailbox mailbox = {
		.kind = BYTES("PER"), .structure = BYTES(""), .family = first(arena, ldap, entry, "sn"), .given = first(arena, ldap, entry, "givenName"),
		.profession = first(arena, ldap, entry, "title"), .place = first(arena, ldap, entry, "o"),
	};
	struct berval **values = ldap_get_values_len(ldap, entry, "mail");
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && values != NULL && values[i] != NULL && i < VALUES_MAX; i++) {
		mailbox.address = view(values[i]);
		reason = directory_answer_add(arena, &mailbox, answer);
	}
	ldap_value_free_len(values);
	answer->known = true;
	return reason;
}

/* A server that answers with entries of another number than the one asked for is not believed. */
static bool is_asked(LDAP *ldap, LDAPMessage *entry, const char *attribute, struct bytes rpps)
{
	struct berval **values = ldap_get_values_len(ldap, entry, attribute);
	bool found = false;

	for (size_t i = 0; values != NULL && values[i] != NULL && i < VALUES_MAX; i++)
		found |= bytes_equal(view(values[i]), rpps);
	ldap_value_free_len(values);
	return found;
}

static enum reason search(struct arena *arena, LDAP *ldap, const struct config *config, struct bytes rpps, struct directory_answer *answer)
{
	char mail[] = "mail", family[] = "sn", given[] = "givenName", title[] = "title", place[] = "o";
	char *attributes[] = {mail, family, given, title, place, arena_text(arena, bytes_of_text(config->directory.ldap_attribute)), NULL};
	struct berval value = {.bv_len = rpps.len, .bv_val = arena_text(arena, rpps)}, escaped = {.bv_len = 0};
	struct timeval limit = {.tv_sec = LIMIT_DIRECTORY_SECONDS};
	LDAPMessage *found = NULL;

	if (ldap_bv2escaped_filter_value(&value, &escaped) != LDAP_SUCCESS)
		return REASON_MEMORY;
	const char *filter = arena_printf(arena, "(%s=%.*s)", config->directory.ldap_attribute, (int)escaped.bv_len, escaped.bv_val);
	if (escaped.bv_val != value.bv_val)
		ber_memfree(escaped.bv_val);
	enum reason reason = reason_of(config, ldap_search_ext_s(ldap, config->directory.ldap_base, LDAP_SCOPE_SUBTREE, filter, attributes, 0, NULL, NULL, &limit,
							 LIMIT_DIRECTORY_FOUND, &found));
	for (LDAPMessage *e = reason == REASON_NONE ? ldap_first_entry(ldap, found) : NULL; e != NULL && reason == REASON_NONE; e = ldap_next_entry(ldap, e))
		if (is_asked(ldap, e, config->directory.ldap_attribute, rpps))
			reason = read_entry(arena, ldap, e, answer);
	ldap_msgfree(found);
	return reason;
}

enum reason directory_ask_ldap(struct arena *arena, const struct config *config, struct bytes rpps, struct directory_answer *answer)
{
	LDAP *ldap = NULL;

	/* The machine's own ldap.conf and the home's must not say how we ask. */
	if (setenv("LDAPNOINIT", "1", 1) != 0 || ldap_initialize(&ldap, config->directory.ldap_url) != LDAP_SUCCESS)
		return REASON_MEMORY;
	enum reason reason = set_up(ldap, config) ? search(arena, ldap, config, rpps, answer) : REASON_DIRECTORY_AWAY;
	ldap_unbind_ext_s(ldap, NULL, NULL);
	return reason;
}

/* gateway/deliverer_hop.c - see deliverer_hop.h. */
#include "gateway/deliverer_hop.h"

#include <stdio.h>
#include <string.h>

#include "gateway/deliverer_mail.h"

enum { DOWN_MS = 30000 };

/* --- its hosts --------------------------------------------------------------- */

/* What DNS said is said in the words of SMTP, where it has any (RFC 7505 4, RFC 3463). */
static void dns_refusal(struct smtp_client_result *result, enum reason reason)
{
	const char *enhanced = reason == REASON_DELIVER_DOMAIN_NO_MAIL ? "5.1.10" : reason == REASON_DELIVER_DOMAIN_NONE ? "5.1.2" : "";

	*result = (struct smtp_client_result){.reason = reason};
	snprintf(result->status.enhanced, sizeof result->status.enhanced, "%s", enhanced);
}

static enum reason ask_dns(struct deliverer_hop *h, int64_t deadline)
{
	if (stream_now() < h->unknown_until)
		return h->unknown.reason;
	enum reason reason = resolve_mx(h->resolve, h->key.domain, h->config->hostname, deadline, &h->found);
	for (size_t i = 0; reason == REASON_NONE && i < h->found.n; i++)
		h->hosts[h->n++] = (struct deliverer_host){.name = h->found.at[i].name};
	dns_refusal(&h->unknown, reason);
	h->unknown_until = stream_now() + DOWN_MS;
	return reason;
}

static enum reason find_hosts(struct deliverer_hop *h, int64_t deadline, struct smtp_client_result *result)
{
	if (h->n > 0)
		return REASON_NONE;
	*result = (struct smtp_client_result){.reason = REASON_NONE};
	if (h->route)
		h->hosts[h->n++] = (struct deliverer_host){.name = h->route->host};
	else if (!h->resolve)
		result->reason = REASON_DELIVER_ROUTE;
	else if (ask_dns(h, deadline) != REASON_NONE)
		*result = h->unknown;
	return result->reason;
}

static enum reason find_addresses(struct deliverer_hop *h, int64_t deadline)
{
	const char *name = h->hosts[h->at].name;

	if (h->route)
		return stream_resolve(name, h->route->port, &h->session.target);
	enum reason reason = resolve_host(h->resolve, name, h->config->deliverer.mx_port, deadline, &h->session.target);
	/* A domain that is its own host and has no address takes no mail; a host of a domain may get one. */
	return reason == REASON_DELIVER_DOMAIN_NONE && !h->found.itself ? REASON_DELIVER_DNS : reason;
}

/* --- the white list ----------------------------------------------------------- */

static bool is_ours(const struct deliverer_hop *h)
{
	return h->route && (h->route->lmtp || h->session.login.kind != SMTP_CLIENT_AUTH_NONE);
}

/* NONE; DELIVER_PEER; STORE_…. Asked once for the mails of one domain in a session. */
static enum reason check_peer(struct deliverer_hop *h, struct bytes domain)
{
	struct store_rows *rows = NULL;
	enum reason reason = REASON_NONE;

	if (is_ours(h))
		return REASON_NONE;
	if (domain.len >= sizeof h->asked)
		return REASON_DELIVER_PEER;
	if (h->asked[0] == '\0' || !bytes_equal_text(domain, h->asked)) {
		reason = STORE_RUN(h->store, &rows, "select relais.deliver_peer($1, $2)", P_TEXT_B(smtp_client_peer(h->client)), P_TEXT_B(domain));
		h->listed = reason == REASON_NONE && store_int(rows, 0, 0) != 0;
		memcpy(h->asked, domain.at, domain.len);
		h->asked[reason == REASON_NONE ? domain.len : 0] = '\0';
		store_free(&rows);
	}
	return reason != REASON_NONE ? reason : h->listed ? REASON_NONE : REASON_DELIVER_PEER;
}

/* Whose certificate it was goes into the evidence. */
static enum reason refuse_peer(const struct deliverer_hop *h, enum reason reason, struct smtp_client_result *result)
{
	struct bytes name = smtp_client_peer(h->client);

	*result = (struct smtp_client_result){.reason = reason};
	for (size_t i = 0; i < name.len && i + 1 < sizeof result->status.text; i++)
		result->status.text[i] = name.at[i] >= 0x20 && name.at[i] < 0x7f ? (char)name.at[i] : '?';
	return reason;
}

/* --- reaching ------------------------------------------------------------------ */

static unsigned until(int64_t deadline, unsigned most)
{
	int64_t left = deadline - stream_now();
	return left <= 0 ? 0 : left < most ? (unsigned)left : most;
}

static enum reason try_host(struct deliverer_hop *h, struct bytes domain, int64_t deadline, struct smtp_client_result *result)
{
	enum reason reason = find_addresses(h, deadline);

	dns_refusal(result, reason);
	if (reason != REASON_NONE)
		return reason;
	h->session.server_name = h->route ? h->route->server_name : h->hosts[h->at].name;
	/* Until it is ours to use, all of it counts in the attempt's time. */
	h->session.limits = h->limits;
	h->session.limits.connect_ms = until(deadline, h->limits.connect_ms);
	h->session.limits.handshake_ms = until(deadline, h->limits.handshake_ms);
	h->session.limits.command_ms = until(deadline, h->limits.command_ms);
	reason = smtp_client_open(&h->session, &h->client, result);
	h->session.limits = h->limits;
	h->asked[0] = '\0';
	if (reason != REASON_NONE)
		return reason;
	reason = check_peer(h, domain);
	if (reason == REASON_NONE)
		return REASON_NONE;
	(void)refuse_peer(h, reason, result);
	/* Another domain of the same route may be the server's. */
	if (!h->route || reason != REASON_DELIVER_PEER)
		smtp_client_close(&h->client);
	return reason;
}

enum reason deliverer_hop_reach(struct deliverer_hop *h, struct bytes domain, int64_t deadline, struct smtp_client_result *result)
{
	if (deliverer_hop_is_open(h)) {
		enum reason listed = check_peer(h, domain);
		return listed == REASON_NONE ? REASON_NONE : refuse_peer(h, listed, result);
	}
	smtp_client_close(&h->client);
	enum reason reason = find_hosts(h, deadline, result);
	for (size_t i = 0; reason == REASON_NONE && i < h->n; i++) {
		struct deliverer_host *host = &h->hosts[i];
		*result = host->down;
		h->at = i;
		if (stream_now() < host->down_until)
			continue;
		if (stream_now() >= deadline) {
			*result = (struct smtp_client_result){.reason = REASON_DELIVER_TIME};
			break;
		}
		enum reason tried = try_host(h, domain, deadline, result);
		/* The database's trouble is none of the host's; a route's server that is not listed for this domain may be for the next. */
		if (tried == REASON_NONE || deliverer_mail_is_own(tried) || deliverer_hop_is_open(h))
			return tried;
		deliverer_hop_down(h, result);
	}
	return reason == REASON_NONE ? result->reason : reason;
}

void deliverer_hop_down(struct deliverer_hop *h, const struct smtp_client_result *why)
{
	struct deliverer_host *host = &h->hosts[h->at];

	host->down = *why;
	host->down_until = stream_now() + DOWN_MS;
	smtp_client_close(&h->client);
}

bool deliverer_hop_is_open(const struct deliverer_hop *h)
{
	return h->client && smtp_client_usable(h->client);
}

const char *deliverer_hop_host(const struct deliverer_hop *h)
{
	return h->n > 0 ? h->hosts[h->at].name : "";
}

/* --- life ----------------------------------------------------------------------- */

static struct smtp_client_login login_of(const struct config_route *route)
{
	static const struct {
		const char *word;
		enum smtp_client_auth kind;
	} kinds[] = {
		{"none", SMTP_CLIENT_AUTH_NONE}, {"certificate", SMTP_CLIENT_AUTH_CERTIFICATE}, {"xoauth2", SMTP_CLIENT_AUTH_XOAUTH2},
		{"oauthbearer", SMTP_CLIENT_AUTH_OAUTHBEARER}, {"plain", SMTP_CLIENT_AUTH_PLAIN},
	};
	struct smtp_client_login login = {
		.user = route->user, .secret_file = route->token_file, .host = route->server_name, .port = route->port};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(route->auth, kinds[i].word) == 0)
			login.kind = kinds[i].kind;
	return login;
}

enum reason deliverer_hop_open(const struct config *config, const struct deliverer_key *key, struct store *store, struct tls_context *tls,
			       const struct smtp_client_limits *limits, struct deliverer_hop *out)
{
	const struct config_route *route = key->route < config->deliverer.n ? &config->deliverer.routes[key->route] : NULL;

	*out = (struct deliverer_hop){.config = config, .route = route, .key = *key, .store = store, .limits = *limits};
	out->session = (struct smtp_client_hop){.own_name = config->hostname, .tls = tls, .limits = *limits};
	if (route) {
		out->session.lmtp = route->lmtp;
		out->session.implicit = strcmp(route->tls, "implicit") == 0;
		out->session.login = login_of(route);
	}
	if (key->domain[0] == '\0')
		return REASON_NONE;
	return resolve_open(config->deliverer.dns_servers, config->deliverer.mx_private, &out->resolve);
}

void deliverer_hop_close(struct deliverer_hop *h)
{
	smtp_client_close(&h->client);
	resolve_close(&h->resolve);
}

/* gateway/resolve.h - asks DNS where mail goes (c-ares), within a time limit. What the answers mean: policy/mx.h.
 *
 * To be opened before the jail: the library reads the system's servers and its source of random numbers then, and this
 * machine's own addresses are read. No DNSSEC: what DNS says is believed only as far as the certificate and the white
 * list of the server found bear it out. */
#ifndef RELAIS_GATEWAY_RESOLVE_H
#define RELAIS_GATEWAY_RESOLVE_H

#include "gateway/mailstream_connect.h"
#include "policy/mx.h"

struct resolve;

/* servers: "192.0.2.53,[2001:db8::53]:5353", "" = the system's. private: hosts may have private and own addresses.
 * CONFIG_VALUE: no such list of servers; MEMORY. */
MUST_USE enum reason resolve_open(const char *servers, bool private, struct resolve **out);
/* Accepts NULL, leaves NULL behind. */
void resolve_close(struct resolve **resolve);

struct resolve_hosts {
	struct mx_host at[LIMIT_MX];
	size_t n;
	bool itself;              /* the domain has no MX: it stands for its own host */
};

/* The hosts of a domain, in order; deadline is of stream_now(). own: our name in SMTP. DELIVER_DNS, DELIVER_DOMAIN_NONE,
 * DELIVER_DOMAIN_NO_MAIL, DELIVER_MX, MEMORY. */
MUST_USE enum reason resolve_mx(struct resolve *resolve, const char *domain, const char *own, int64_t deadline,
				struct resolve_hosts *out);

/* The addresses of one host, IPv6 and IPv4 in turn. DELIVER_MX: it has only such as are not asked; DELIVER_DOMAIN_NONE: it has
 * none; DELIVER_DNS; MEMORY. */
MUST_USE enum reason resolve_host(struct resolve *resolve, const char *host, int port, int64_t deadline, struct stream_target *out);

#endif

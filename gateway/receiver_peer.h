/* gateway/receiver_peer.h - the certificates of a peer, kept once beside its messages (relais.trust_material).
 *
 * A message says by their digests on which path and lists its peer was believed (params.tls); before the first message of a
 * certificate is stored, its path is. What was kept lately is remembered, so that a busy peer costs nothing. */
#ifndef RELAIS_GATEWAY_RECEIVER_PEER_H
#define RELAIS_GATEWAY_RECEIVER_PEER_H

#include "gateway/receiver_pool.h"
#include "gateway/tls.h"

enum { PEERS_REMEMBERED = 128 };

/* Of one event loop; starts as zeros. */
struct peers_kept {
	char fingerprint[PEERS_REMEMBERED][64];
	size_t next;
};

/* What the job is to keep, in the arena; nothing when it was kept lately or there is no certificate. MEMORY. */
MUST_USE enum reason peers_evidence(const struct peers_kept *kept, struct arena *arena, const struct tls_peer *peer, const SSL *session,
				    struct pool_job *job);
/* The job that was given it came back well. */
void peers_remember(struct peers_kept *kept, const struct tls_peer *peer);

#endif

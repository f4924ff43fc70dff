/* gateway/receiver_peer.c - see receiver_peer.h. */
#include "gateway/receiver_peer.h"

#include <string.h>

static bool is_kept(const struct peers_kept *kept, struct bytes fingerprint)
{
	for (size_t i = 0; i < PEERS_REMEMBERED; i++)
		if (memcmp(kept->fingerprint[i], fingerprint.at, fingerprint.len) == 0)
			return true;
	return false;
}

enum reason peers_evidence(const struct peers_kept *kept, struct arena *arena, const struct tls_peer *peer, const SSL *session,
			   struct pool_job *job)
{
	job->n_certificates = 0;
	if (peer->fingerprint.len != sizeof kept->fingerprint[0] || is_kept(kept, peer->fingerprint))
		return REASON_NONE;
	struct bytes *path = arena_try(arena, TLS_PATH * sizeof *path);
	if (path == NULL)
		return REASON_MEMORY;
	job->certificates = path;
	job->n_certificates = tls_peer_path(arena, session, path);
	return job->n_certificates > 0 ? REASON_NONE : REASON_MEMORY;
}

void peers_remember(struct peers_kept *kept, const struct tls_peer *peer)
{
	if (peer->fingerprint.len != sizeof kept->fingerprint[0] || is_kept(kept, peer->fingerprint))
		return;
	memcpy(kept->fingerprint[kept->next], peer->fingerprint.at, peer->fingerprint.len);
	kept->next = (kept->next + 1) % PEERS_REMEMBERED;
}

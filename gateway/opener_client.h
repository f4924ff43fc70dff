/* gateway/opener_client.h - asking relais-opener for the key of an encrypted message's content: one datagram each way (SOCK_SEQPACKET).
 *
 *   body: 8 bytes, mail: 8 bytes, big-endian    ->    '+' and the key, or '-' and the code of a reason
 *
 * body is a message that came in; mail is the mail that is composed now from bodies of its dossier, 0 for none. The opener reads the message itself. */
#ifndef RELAIS_GATEWAY_OPENER_CLIENT_H
#define RELAIS_GATEWAY_OPENER_CLIENT_H

#include "base/arena.h"
#include "base/reason.h"
#include "gateway/config.h"

enum { OPENER_KEY_MAX = 32, OPENER_ASKED = 16, OPENER_ANSWER_MAX = 64, OPENER_GIVEN = '+', OPENER_NOT = '-' };

struct opener_client {
	const char *path;          /* of the socket; borrowed. NULL: mail cannot be opened here */
	int socket;                /* -1 = not connected */
};

/* run/opener.sock, or NULL when the configuration has no opener. */
const char *opener_socket(struct arena *arena, const struct config *config);
struct opener_client opener_client_make(const char *path);
void opener_client_close(struct opener_client *client);

/* SIG_ENCRYPTED: there is no opener; OPEN_AWAY: it does not answer, or whom it asks itself is away; otherwise what it says of the message: OPEN_OTHER,
 * OPEN_ALGORITHM, SIG_MALFORMED, NOT_FOUND (it is not in the hands of who asks), FRAME (its reader made nonsense of it), KEEPER_KEY, … The key is to be wiped by the caller. A key that is wrong is given like any other. */
MUST_USE enum reason opener_client_ask(struct opener_client *client, int64_t body, int64_t mail, unsigned char key[OPENER_KEY_MAX], size_t *len);

/* It is there, and can look a message up; known within some seconds. */
bool opener_client_ping(struct opener_client *client);

#endif

/* gateway/keeper_client.h - asking relais-keeper, over the one socket that this process may use.
 *
 * The connection is made at the first use and again when it is lost; a keeper that is being started anew is waited for, for
 * LIMIT_KEEPER_SECONDS. KEEPER_AWAY when it does not answer; otherwise what it says (KEEPER_REFUSED, KEEPER_ERASED, …). */
#ifndef RELAIS_GATEWAY_KEEPER_CLIENT_H
#define RELAIS_GATEWAY_KEEPER_CLIENT_H

#include "base/arena.h"
#include "base/reason.h"
#include "certs/body_seal.h"
#include "gateway/keeper_wire.h"

struct keeper_client {
	const char *path;          /* of the socket; borrowed. NULL: there is no keeper */
	const char *purpose;       /* borrowed; what a body is opened for, when no claim says it */
	int64_t mail;              /* the mail that is composed now from bodies of its dossier; 0 = none */
	int socket;                /* -1 = not connected */
};

struct keeper_client keeper_client_make(const char *path, const char *purpose);
void keeper_client_close(struct keeper_client *client);

MUST_USE enum reason keeper_client_open(struct keeper_client *client, int64_t body, struct body_key *out);

/* To which new bodies are sealed. */
struct keeper_public {
	unsigned char at[BODY_KEY];
	char name[KEEPER_NAME];
};
MUST_USE enum reason keeper_client_public(struct keeper_client *client, struct keeper_public *out);
/* The same from the keeper's folder, where its file is for all to read: nobody need answer. KEEPER_KEY when there is none. */
MUST_USE enum reason keeper_public_read(const char *folder, struct keeper_public *out);
/* "intake:7 HEXADECIMAL 2026-11-22T00:00:00.000000Z\n": the text of that file; since when it is in use is not looked at. */
MUST_USE bool keeper_public_parse(struct bytes text, struct keeper_public *out);

/* Of an operator: the answer's JSON is in the arena. asked: one of KEEPER_STATE, KEEPER_KNOWN, KEEPER_TRY, KEEPER_DESTROY. */
MUST_USE enum reason keeper_client_ask(struct keeper_client *client, struct arena *arena, unsigned char asked, struct bytes what, struct bytes *json);

#endif

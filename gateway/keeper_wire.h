/* gateway/keeper_wire.h - what the keeper and those who ask it say to one another: one datagram each way (SOCK_SEQPACKET).
 *
 *   KEEPER_OPEN    body: 8 bytes, mail: 8 bytes (0: none), purpose   -> KEEPER_GIVEN and the body's key
 *   KEEPER_PUBLIC                                                     -> KEEPER_GIVEN, 32 bytes of the public key, its name
 * and of the operator alone, answered with KEEPER_GIVEN and JSON:
 *   KEEPER_STATE                    -> {"intake", "since", "destroyed", "opened", "refused"}
 *   KEEPER_KNOWN    names, one a line -> ["there" | "destroyed" | "missing", …], one for each
 *   KEEPER_TRY      number of a body, decimal -> {"tried", "closed", "last"}: of a batch of bodies after that one, how many keys do not come out
 *                                       of their rows; last is the last of the batch, null when there was none
 *   KEEPER_DESTROY  name " " by     -> {"n", "name", "at"}: the record of the destruction, on disk; the same when it was destroyed before
 * or KEEPER_NOT with a reason's code. Numbers are big-endian; a name is "intake:7", "dossier:REF" or "apart:2026-11-22". */
#ifndef RELAIS_GATEWAY_KEEPER_WIRE_H
#define RELAIS_GATEWAY_KEEPER_WIRE_H

enum {
	KEEPER_OPEN = 'o',
	KEEPER_PUBLIC = 'p',
	KEEPER_STATE = 's',
	KEEPER_KNOWN = 'k',
	KEEPER_TRY = 't',
	KEEPER_DESTROY = 'd',
	KEEPER_GIVEN = '+',
	KEEPER_NOT = '-',
	KEEPER_ASKED_MAX = 32 * 1024,
	KEEPER_ANSWER_MAX = 64 * 1024,
	KEEPER_NAME = 80,        /* of a key, with a NUL */
	KEEPER_PURPOSE = 64,     /* bytes, without */
};

#endif

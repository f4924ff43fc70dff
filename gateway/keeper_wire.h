/* gateway/keeper_wire.h - what the keeper and those who ask it say to one another: one datagram each way (SOCK_SEQPACKET).
 *
 *   KEEPER_OPEN    body: 8 bytes, mail: 8 bytes (0: none), purpose   -> KEEPER_GIVEN and the body's key
 *   KEEPER_PUBLIC                                                     -> KEEPER_GIVEN, 32 bytes of the public key, its name
 *   KEEPER_STATE, KEEPER_KNOWN, KEEPER_DESTROY (operator alone)       -> KEEPER_GIVEN and JSON
 * and KEEPER_NOT with a reason's code. Numbers are big-endian; a name is "intake:7", "dossier:REF" or "apart:2026-11-22". */
#ifndef RELAIS_GATEWAY_KEEPER_WIRE_H
#define RELAIS_GATEWAY_KEEPER_WIRE_H

enum {
	KEEPER_OPEN = 'o',
	KEEPER_PUBLIC = 'p',
	KEEPER_STATE = 's',
	KEEPER_KNOWN = 'k',
	KEEPER_DESTROY = 'd',
	KEEPER_GIVEN = '+',
	KEEPER_NOT = '-',
	KEEPER_ASKED_MAX = 32 * 1024,
	KEEPER_ANSWER_MAX = 64 * 1024,
	KEEPER_NAME = 80,        /* of a key, with a NUL */
	KEEPER_PURPOSE = 64,     /* bytes, without */
};

#endif

/* gateway/keeper_keys.h - the folder in which the keeper's keys lie, outside the database and its backups.
 *
 *   FOLDER/7f/7f3c….key      one key: 60 bytes, wrapped by the master key (certs/body_seal.h), bound to its name. The file's name is the
 *                            first 16 bytes of the SHA-256 of the key's name, in hexadecimal
 *   FOLDER/intake.pub        the public key to which new bodies are sealed (keeper_public_parse), for all to read
 *   FOLDER/destroyed.jsonl   what was destroyed (keeper_destroyed.h)
 *
 * Names: "intake:7" (the private half), "dossier:REF", "apart:2026-11-22" (mail of no dossier). The copy has the same files. A key is on disk in
 * both before it is used, and its destruction is written in both before its files go: what a crash cut short is done at the next start. */
#ifndef RELAIS_GATEWAY_KEEPER_KEYS_H
#define RELAIS_GATEWAY_KEEPER_KEYS_H

#include "base/arena.h"
#include "base/instant.h"
#include "certs/body_seal.h"
#include "gateway/keeper_client.h"
#include "gateway/keeper_destroyed.h"

struct keeper_keys;

/* Before the jail: reads the master key (32 bytes, readable by nobody but its owner), makes what is missing of the folders, ends what was being
 * destroyed, puts keys that one folder lacks there from the other. copy: "" = none. CONFIG_VALUE: *detail says which file. Lives in the arena. */
MUST_USE enum reason keeper_keys_open(struct arena *arena, const char *folder, const char *copy, const char *master, struct keeper_keys **out,
				      const char **detail);
void keeper_keys_close(struct keeper_keys **keys);

/* KEEPER_ERASED: it was destroyed. KEEPER_KEY: there is none. A file of the folder that is missing or spoilt is put there again from the copy. */
MUST_USE enum reason keeper_keys_find(struct keeper_keys *keys, const char *name, struct body_key *out);
/* The same, and made when there is none: IO, STORE_FULL. */
MUST_USE enum reason keeper_keys_make(struct keeper_keys *keys, const char *name, struct body_key *out);
/* For good; a key that never was can be destroyed, too, and will never be. by: who asked, plain ASCII. *out: the first record of that name.
 * STORE_FULL, IO: asked again it is ended, under the same record. */
MUST_USE enum reason keeper_keys_destroy(struct keeper_keys *keys, const char *name, const char *by, struct instant at, struct keeper_record *out);
/* The highest number of a record. */
uint64_t keeper_keys_destroyed(const struct keeper_keys *keys);

/* The pair of intake in use; number 0 = none yet. made: of its file. */
struct keeper_intake {
	uint64_t number;
	struct instant made;
	struct keeper_public key;
};
const struct keeper_intake *keeper_keys_intake(const struct keeper_keys *keys);
/* Makes the pair with the next number, after `above` too, that no key has or had: durable, but not published yet. Asked again before that: the same. */
MUST_USE enum reason keeper_keys_intake_make(struct keeper_keys *keys, uint64_t above, struct instant at, struct keeper_intake *out);
/* From now on bodies are sealed to it. */
MUST_USE enum reason keeper_keys_intake_publish(struct keeper_keys *keys, const struct keeper_intake *intake);

#endif

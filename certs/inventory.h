/* certs/inventory.h - what certificates and revocation lists are there, how long they last, and what is wrong with them.
 *
 * For people and alarms: nothing is decided by it that TLS or the S/MIME verdict decide. Files are read anew at each call. */
#ifndef RELAIS_CERTS_INVENTORY_H
#define RELAIS_CERTS_INVENTORY_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"

/* What a file is for. */
enum inventory_use {
	INVENTORY_SERVER,      /* certificate of a TLS server, then its chain */
	INVENTORY_CLIENT,
	INVENTORY_SEAL,        /* S/MIME */
	INVENTORY_OPENING,     /* S/MIME, to be encrypted to */
	INVENTORY_ANCHORS,
	INVENTORY_CRLS,        /* a folder */
};

/* Troubles: bits. */
enum {
	INVENTORY_UNREADABLE = 1,   /* no such file, or nothing in it that is one */
	INVENTORY_EXPIRED = 2,
	INVENTORY_EARLY = 4,        /* not valid yet */
	INVENTORY_DAYS_60 = 8,      /* it ends within 60 days; 30; 7. One bit of the three. For a list: within a day, DAYS_7 */
	INVENTORY_DAYS_30 = 16,
	INVENTORY_DAYS_7 = 32,
	INVENTORY_OTHER_KEY = 64,   /* the key file is not that of the certificate, or cannot be read */
	INVENTORY_WEAK = 128,       /* RSA under 2048 bits, a curve under 256, SHA-1 or MD5 under it */
	INVENTORY_WRONG_USE = 256,  /* not made for what the configuration uses it for */
	INVENTORY_NO_END = 512,     /* a list without nextUpdate */
	INVENTORY_OVERTAKEN = 1024, /* a newer one lies beside it and takes its place: a list, or a certificate in a rollover. Nothing wrong */
};
enum { INVENTORY_NEXT = 2048 };  /* a certificate whose turn comes later, while another of its use is valid: nothing wrong */
/* Those that stop something today. */
#define INVENTORY_BROKEN \
	(INVENTORY_UNREADABLE | INVENTORY_EXPIRED | INVENTORY_EARLY | INVENTORY_OTHER_KEY | INVENTORY_WEAK | INVENTORY_WRONG_USE | INVENTORY_NO_END)
#define INVENTORY_ENDING (INVENTORY_DAYS_60 | INVENTORY_DAYS_30 | INVENTORY_DAYS_7)

struct inventory_item {
	enum inventory_use use;
	const char *file;           /* borrowed from the caller; in a folder, in the arena */
	bool chain;                 /* not the first certificate of its file */
	struct bytes subject;       /* as people read it; of a list: empty */
	struct bytes issuer;
	struct bytes serial;        /* hexadecimal; of a list: its number, empty when it has none */
	const char *key;            /* "RSA", "EC", …; "" for a list */
	int bits;
	struct instant from, until; /* notBefore, notAfter; thisUpdate, nextUpdate */
	unsigned troubles;
};

struct inventory {
	struct arena *arena;
	struct instant now;
	struct inventory_item *items;
	size_t n, room;
};

/* Adds what the file or folder holds; key: NULL, "" or the key file of its first certificate. A file that cannot be read
 * is an item with that trouble. An empty path adds nothing. MEMORY. */
MUST_USE enum reason inventory_add(struct inventory *inventory, enum inventory_use use, const char *path, const char *key);

/* Of certificates of one use in different files (a rollover): one that another, sound and longer, takes over from in time is OVERTAKEN, and
 * its end is no trouble any more; the other, while its time has not come, is NEXT and not EARLY. For SEAL and OPENING, once all are added. */
void inventory_rollover(struct inventory *inventory);

/* Whole days from now until then, rounded down; negative when it is past. */
int64_t inventory_days(struct instant now, struct instant until);

/* Would TLS take this PEM certificate (its chain after it) from a peer that calls? REASON_NONE, or PEER_CERTIFICATE_UNTRUSTED, PEER_REVOKED,
 * PEER_CRL (certs/chain.h) with *why in words; CONFIG_VALUE: file, anchors or lists cannot be read. name and printed (may be NULL): the subject, canonical and
 * for people, whenever the file was read. */
MUST_USE enum reason inventory_judge_peer(struct arena *arena, const char *file, const char *anchors, const char *crls, struct instant now,
					  struct bytes *name, struct bytes *printed, const char **why);

#endif

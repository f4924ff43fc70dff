/* gateway/config_keys.h - the one table of keys: name, kind, place, default, bounds. For config*.c alone. */
#ifndef RELAIS_GATEWAY_CONFIG_KEYS_H
#define RELAIS_GATEWAY_CONFIG_KEYS_H

#include "gateway/config.h"

enum config_kind {
	CONFIG_TEXT,      /* printable UTF-8 */
	CONFIG_PATH,      /* relative to the folder of the file; "" stays "" */
	CONFIG_KEY,       /* the same, or the URI of a token's key (RFC 7512), without a PIN */
	CONFIG_NAME,      /* of a domain or a host */
	CONFIG_ADDRESS,   /* of a mailbox; "" where the preset is */
	CONFIG_OID,
	CONFIG_WORDS,     /* words of `allowed`, separated by commas */
	CONFIG_WORD,      /* one of `allowed` */
	CONFIG_URLS,      /* at most `max` addresses of a scheme in `allowed`, separated by blanks; may be empty */
	CONFIG_NUMBER,
	CONFIG_FLAG,
};

struct config_key {
	const char *group;      /* "" = at the top */
	const char *name;
	enum config_kind kind;
	size_t offset;          /* in struct config, or in the element of a list */
	const char *preset;     /* NULL = required. Numbers and flags as text */
	long min, max;
	const char *allowed;    /* " word word " */
};

/* A list of groups: mailboxes, routes. */
struct config_list {
	const char *group, *name;
	size_t offset, offset_n;   /* of the array's pointer and of its number */
	size_t size;               /* of one element */
	const struct config_key *keys;
	size_t n_keys;
};

extern const struct config_key config_keys[];
extern const size_t config_keys_n;
extern const struct config_list config_lists[];
extern const size_t config_lists_n;

#define TOKEN "pkcs11:"

enum { CONFIG_LIST_MAX = 200, CONFIG_TEXT_MAX = 1000 };

#endif

/* gateway/resolve_answer.h - reads one DNS answer as it came (RFC 1035 4). Pure but for the library's name decoder.
 *
 * Only the answer section counts, and in it only what belongs to the name that was asked, through its chain of aliases:
 * what a server adds of itself is not believed. */
#ifndef RELAIS_GATEWAY_RESOLVE_ANSWER_H
#define RELAIS_GATEWAY_RESOLVE_ANSWER_H

#include "base/arena.h"
#include "base/limits.h"
#include "policy/mx.h"

enum resolve_type { RESOLVE_A = 1, RESOLVE_CNAME = 5, RESOLVE_MX = 15, RESOLVE_AAAA = 28 };

struct resolve_answer {
	size_t n;                                         /* 0: the name exists and has no such record */
	struct mx_record mx[LIMIT_MX_RECORDS];            /* of RESOLVE_MX; names in the arena */
	unsigned char address[LIMIT_MX_ADDRESSES][16];    /* of the others: 4 or 16 bytes each */
};

/* DELIVER_DOMAIN_NONE: the name does not exist; DELIVER_DNS: the answer cannot be read, is cut, refuses, or goes in a circle. */
MUST_USE enum reason resolve_answer_read(struct arena *arena, struct bytes packet, struct bytes name, enum resolve_type type,
					 struct resolve_answer *out);

#endif

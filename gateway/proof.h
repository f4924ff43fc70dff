/* gateway/proof.h - the evidence of a dossier, or of one delivery, as files that openssl and standard tools check (docs/proof.md).
 *
 *   LISEZMOI.txt README.txt          what is what
 *   sheet.pdf                        one page for a person
 *   manifest.json                    every file: what it is, its SHA-256
 *   received/R12.eml R12.json        a message as it came; how it came, the verdict on it, what was found in it, what was decided
 *   sent/S34.eml S34.json            a mail as it left; the attempts and the answers of the other side
 *   trust/R12.pem trust/tls.pem      the certificates and revocation lists that the verdict rested on; of the peers' servers
 *   evidence/POSITION.json           what a row of the trail stands for, byte for byte: events with their rule, messages, mails, attempts, acts
 *   trail/rows.jsonl                 the rows: {"position", "line", "key"}; the key opens that one row's proof
 *   trail/links.txt                  position, digest, link of all rows from each of them to its checkpoint: digests say nothing of the rows between
 *   checkpoints/N.json .p7s .tsr     statements, seals, time-stamps
 *   anchors.pem tsa.pem              the authorities as they are configured
 *   SHA256SUMS
 *   seal/row.json links.txt checkpoint.*   which proof was made: a row of the trail with the digest of SHA256SUMS, its links, the checkpoint over it */
#ifndef RELAIS_GATEWAY_PROOF_H
#define RELAIS_GATEWAY_PROOF_H

#include <jansson.h>

#include "gateway/audit_key.h"
#include "gateway/cli_view.h"
#include "gateway/export_out.h"

struct proof {
	struct cli *cli;
	struct arena *arena;
	struct export_out *out;
	const char *wanted;          /* as it was asked for */
	bool french;
	struct bytes ref;            /* of the dossier; empty for one delivery */
	struct bytes *inboxes, *outboxes;   /* numbers as texts */
	size_t n_inboxes, n_outboxes;
	struct audit_key key;
	json_t *files, *received, *sent, *events, *checkpoints;   /* manifest; what the sheet tells */
	int64_t first, last;         /* positions of its rows */
	size_t rows;
	size_t altered;              /* messages and mails whose bytes are not those that came or left */
	size_t erased;               /* rows whose evidence was erased */
	int64_t uncovered;           /* rows that no checkpoint covers yet */
	bool sealed;                 /* the whole of it is (proof_seal) */
	json_t *there, *left_out;    /* messages and mails that are in it; that a row vouches for and that are not (erased, another dossier's) */
};

/* Which messages and mails it is about. NOT_FOUND; AUDIT_KEY. */
MUST_USE enum reason proof_open(struct proof *p);
/* Everything but the sheet, the manifest and the sums. STORE_…, IO, ARCHIVE_LIMIT. */
MUST_USE enum reason proof_put_all(struct proof *p);
/* The last: tells the trail which proof was made, has that sealed, and puts row, links and checkpoint beside the rest. NONE without it too, when nobody
 * seals in time: p->sealed. */
MUST_USE enum reason proof_seal(struct proof *p);
/* What relais-compose is asked for the sheet; made of what proof_put_all noted. */
json_t *proof_sheet(const struct proof *p, struct instant now);
/* One file and its line in the manifest; IO too when a signal waits that the caller blocks. */
MUST_USE enum reason proof_put(struct proof *p, const char *name, const char *what, struct bytes content);
void proof_close(struct proof *p);

/* For the files of the bundle alone. */
MUST_USE enum reason proof_put_received(struct proof *p);
MUST_USE enum reason proof_put_sent(struct proof *p);
MUST_USE enum reason proof_put_trail(struct proof *p);
/* "position digest link" of each row from the one before `from` on. */
MUST_USE enum reason proof_span(struct proof *p, struct buf *links, int64_t from, int64_t to);

#endif

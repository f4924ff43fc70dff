/* gateway/audit_export.h - the whole trail as files that a stranger checks with stock tools (docs/proof.md has the recipe).
 *
 *   README.txt LISEZMOI.txt          what is what
 *   trail.jsonl                      the rows, a line each, as they are chained
 *   links.txt                        the link of each row, a line each
 *   checkpoints/N.json .p7s .tsr     statements, seals, time-stamps
 *   signer.jsonl sealed.jsonl        the signer's journal; every outbox row with the digests of what was sealed
 *   journals/receiver.jsonl …        the journals of acceptance, and the keeper's
 *   anchors.pem tsa.pem              the authorities as they are configured; a stranger takes his own
 *   SHA256SUMS */
#ifndef RELAIS_GATEWAY_AUDIT_EXPORT_H
#define RELAIS_GATEWAY_AUDIT_EXPORT_H

#include "gateway/cli_view.h"
#include "gateway/export_out.h"

/* As export_out: never over anything, never half; readable by its owner alone. digest: of SHA256SUMS. */
MUST_USE enum reason audit_export(struct cli *cli, const char *to, size_t *files, char digest[DIGEST_SHA256_TEXT]);
/* checkpoints/N.json, .p7s and .tsr of those from first on; anchors.pem and tsa.pem. Shared with relais proof. */
MUST_USE enum reason audit_put_checkpoints(struct cli *cli, struct export_out *out, int64_t first, const char *folder);
MUST_USE enum reason audit_put_anchors(struct cli *cli, struct export_out *out);

#endif

/* gateway/audit_restore.h - after a restore to an earlier point: what the signer's journal and the folder of checkpoints know, and the database does not,
 * is told to the trail once, when the fence is lifted (relais.audit_restored). From then on the trail agrees again, and numbers do not come twice. */
#ifndef RELAIS_GATEWAY_AUDIT_RESTORE_H
#define RELAIS_GATEWAY_AUDIT_RESTORE_H

#include "gateway/cli_view.h"

/* Of this node. Writes nothing when nothing is missing. STORE_…, IO, RULE_SIZE: the journal cannot be read. */
MUST_USE enum reason audit_restore_tell(struct cli *cli);

#endif

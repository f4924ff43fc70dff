/* gateway/export_copy.h - a whole dossier as files, for who may have it (policy/export.h says what that is).
 *
 *   LISEZMOI.txt README.txt       what is what, and how to check it
 *   manifest.json                 every file: where it comes from, its SHA-256
 *   history.fr.txt history.en.txt the dossier's life, a sentence an event
 *   events.json mails.json messages.json   the same for machines: events, proofs of our mails, verdicts on what came
 *   received/R12.eml              messages as they came, byte for byte
 *   sent/S7-M21-patient.eml       mails as they left, seal and all
 *   documents/R12-1_NAME          files taken out of what came
 *   reports/S7-1_NAME             the report's files
 *   SHA256SUMS                    of all the others */
#ifndef RELAIS_GATEWAY_EXPORT_COPY_H
#define RELAIS_GATEWAY_EXPORT_COPY_H

#include "gateway/config.h"
#include "gateway/export_out.h"
#include "gateway/opener_client.h"
#include "gateway/store.h"
#include "policy/export.h"

struct export_wish {
	const struct config *config;
	struct store *store;         /* as relais_operator */
	int64_t dossier;
	enum export_for whom;
	const char *actor;           /* who makes it */
	const char *verify, *inspect;   /* the readers' executables: files are taken out in their jails */
	struct opener_client *opener;   /* for messages that came encrypted; NULL: they stay so */
};

struct export_result {
	size_t altered;              /* messages and mails whose bytes are not those that were digested when they came or left */
	size_t unread;               /* whose files no reader could take out; the message itself is in the copy */
};

/* Writes all but the sums. arena: for the dossier itself; messages are read in memory of their own. STORE_…, IO, ARCHIVE_LIMIT, and what export_check
 * or the fold say. A signal to end (INT, TERM, HUP), which the caller blocks, is IO: what was written is taken away by export_out_close. */
MUST_USE enum reason export_copy(struct arena *arena, const struct export_wish *wish, struct export_out *out, struct export_result *result);

#endif

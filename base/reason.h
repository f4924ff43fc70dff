/* base/reason.h - the closed list of reasons, and its one table.
 *
 * A function that can refuse returns enum reason; REASON_NONE (zero) is success.
 * The table (reason_list.h) says for each what a correspondent, a reader and an
 * operator are told. Nobody writes a refusal's text anywhere else. */
#ifndef RELAIS_BASE_REASON_H
#define RELAIS_BASE_REASON_H

#include "base/bytes.h"

/* What becomes of the thing that the reason speaks of. */
enum reason_class {
	REASON_CLASS_NONE,        /* success */
	REASON_CLASS_TOLERATED,   /* accepted; the defect is told */
	REASON_CLASS_HELD,        /* kept apart, a person decides (quarantine) */
	REASON_CLASS_REFUSED,     /* not accepted; the sender is told where it may be */
	REASON_CLASS_LATER,       /* not now: try again */
	REASON_CLASS_LOCAL,       /* configuration, command line or our own machine */
};

enum reason {
#define R(name, code, class, smtp, enhanced, fr, en, hint) REASON_##name,
#include "base/reason_list.h"
#undef R
	REASONS
};

struct reason_entry {
	const char *code;          /* stable, lower case, for machines: "mail.from.several" */
	enum reason_class class;
	int smtp;                  /* reply code (RFC 5321 4.2), 0 when it is never said in SMTP */
	const char *enhanced;      /* enhanced status (RFC 3463), "" when smtp is 0 */
	const char *fr, *en;       /* one sentence: what happened and what to do */
	const char *hint;          /* for our operator, English */
};

const struct reason_entry *reason_entry(enum reason reason);
const char *reason_code(enum reason reason);
/* By its code; REASONS when no reason has that code. */
enum reason reason_of_code(struct bytes code);

#endif

/* policy/rules.h - the rules as data: who may send, what is demanded, who is asked, where a person must say yes.
 *
 * The shell may hand in only the rows that a message can touch (the organisations that own the From domain,
 * the pathology's experts): cost does not grow with the registers. */
#ifndef RELAIS_POLICY_RULES_H
#define RELAIS_POLICY_RULES_H

#include "policy/complete.h"
#include "policy/directory.h"
#include "policy/recipient.h"
#include "policy/route.h"
#include "policy/sender.h"

struct deadline_settings;

struct policy_rules {
	const char *language;             /* "fr" or "en", of the texts in mails */
	bool test_identities;             /* this gateway works with test identities, and only with them */
	bool triage_by_nurse, release_by_nurse;
	bool opinion_unsigned;            /* an expert without a registered certificate may send an unsigned opinion */
	struct bytes patient_domain;      /* of the patients' health space */
	struct bytes print_mailbox;       /* of the print station, which sends letters; empty: there is none */
	const struct organisation *organisations;
	size_t n_organisations;
	const struct pathology *pathologies;
	size_t n_pathologies;
	const struct expert *experts;
	size_t n_experts;
	const struct recipient *recipients;   /* of the dossier's parties */
	size_t n_recipients;
	const struct directory *directory;    /* of the dossier's parties; NULL: not used */
	bool study_stopped;                   /* the patient wants no questionnaire after six months, as any of his dossiers says */
	const struct deadline_settings *settings;   /* of spans and windows (deadline.h); NULL: the defaults */
};

/* Product clocks; the spans of timers are in deadline_table.c. */
#define POLICY_PROMISE_DAYS   7   /* calendar days in France: product 3.1 */
#define POLICY_HOLD_DAYS      7   /* the longest a release is held back: product 3.2 */
#define POLICY_ELDERLY        75  /* years; from then on a call stands beside a reminder: over half of those above 85 have no internet at home (A) */
#define POLICY_READ_DAYS      10  /* after a release nobody read, the exchange begins: product 3.1 (A) */
#define POLICY_LATE_DAYS      3   /* the new date of an answer that is late, from the day on which that is told (A) */

/* Experts who said no, then a nurse looks before another is asked. */
#define POLICY_REFUSALS 2u

#define POLICY_FEE_CENTS      12000u  /* of an opinion that was delivered, the same for all: product F06 */
#define POLICY_OBJECT_DAYS    8   /* the other parent's time to say no, as M51 names it; he may later, too (A) */

#endif

/* gateway/refresher.h - what the parts of relais-refresher share.
 *
 * refresher.c keeps the times and starts one child a fetch; refresher_jobs.c is what such a child does; refresher_alarms.c
 * looks at what is in place. */
#ifndef RELAIS_GATEWAY_REFRESHER_H
#define RELAIS_GATEWAY_REFRESHER_H

#include "gateway/audit_key.h"
#include "gateway/service.h"
#include "gateway/store.h"

enum refresher_kind { REFRESHER_LIST, REFRESHER_CRL, REFRESHER_LOOKUP, REFRESHER_STAMP };
enum { REFRESHER_PERSON = 16, REFRESHER_DISKS = 2 };

struct refresher_job {
	enum refresher_kind kind;
	const char *url;            /* of a look-up the first server that is asked */
	char person[REFRESHER_PERSON];   /* LOOKUP: who is asked for */
	int64_t due_ms;             /* monotonic */
	bool again;                 /* asked for while it was under way */
	unsigned failures;          /* in a row */
	enum reason reason;         /* of the last try */
};

struct refresher {
	struct service service;
	struct store *store;        /* the parent's own: no child touches it */
	struct refresher_job *jobs;
	size_t n;
	pid_t child;                /* of jobs[running], 0 = none: one at a time */
	int64_t kill_ms;                /* when it is ended, done or not */
	size_t running;
	int answer;                 /* read end of the child's pipe */
	int64_t check_ms;           /* next look at what is in place */
	int disks[REFRESHER_DISKS]; /* folders, -1: not there */
	bool keeper_silent;         /* at the last look */
	struct audit_key *key;      /* of the trail's rows: in pages of its own */
	bool key_known, strange_key;    /* it was the trail's; it was not, at the last look */
	struct instant copied;      /* checkpoints up to there were copied out of the database, */
	struct instant uncopied;    /* but for one of then, */
	int64_t uncopied_number;    /* which has this number; 0: all */
};

/* In a child: fetches, checks, puts in place. REASON_NONE: it is in place, or was already. */
enum reason refresher_job_run(const struct config *config, const struct refresher_job *job);

/* Raises and clears trust.list.fetch and crl.fetch by the last tries; a server that is away for a moment raises nothing yet. */
void refresher_alarms_fetch(struct refresher *r);
/* The age of the directory's extract (directory.stale), and of its look-ups (directory.lookup). */
void refresher_alarms_directory(struct refresher *r);
/* A look-up in the directory, in a child: what it answers is stored; what it does not is noted, and the last good answer stands. */
enum reason refresher_lookup(const struct config *config, const char *person);
/* The key of the trail, before the jail. False: it cannot be read, and was told. */
MUST_USE bool refresher_audit_open(struct refresher *r);
/* Takes what was committed into the chain (audit_link in 0004). */
void refresher_audit_link(struct refresher *r);
/* Asks for the daily checkpoint; raises and clears audit.checkpoint. */
void refresher_audit_checkpoint(struct refresher *r);
/* Writes new checkpoints into audit.folder: N.json the statement, N.p7s the seal, N.tsr the time-stamp. */
void refresher_audit_copy(struct refresher *r);
/* In a child: one time-stamp, of the oldest checkpoint without. */
enum reason refresher_stamp(const struct config *config);
bool refresher_stamp_wanted(struct refresher *r);
/* The age of the white list (trust.list.stale). */
void refresher_alarms_list(struct refresher *r);
/* Certificates and revocation lists in place: certificate.*, crl.stale. */
void refresher_alarms_files(struct refresher *r);

/* The certificates that mail is encrypted to, with the lists of today (recipient.certificate). */
void refresher_alarms_recipients(struct refresher *r);
/* Whether the keeper has been heard of in the database (keeper.away). */
void refresher_alarms_keeper(struct refresher *r);
/* How full the disks of the instance are (machine.disk): what refresher_disks_open took hold of before the jail. */
void refresher_alarms_disks(struct refresher *r);
void refresher_disks_open(struct refresher *r);
/* How full a disk of so many blocks is, in percent, as soon as it wants a person (LIMIT_DISK_…); 0 before. size: bytes of a block. */
int refresher_disk_percent(uint64_t blocks, uint64_t available, uint64_t size);

/* Milliseconds until the next try: the pause of success, or after so many failures in a row a growing one of at most half of it; give
 * or take a tenth, so that the gateways of a country do not all call at once. noise: any number. */
int64_t refresher_pause_ms(int hours, unsigned failures, uint32_t noise);

#endif

/* gateway/config.h - the configuration file (libconfig): one table of keys, checked whole, printed back.
 *
 * Unknown keys are refused with their line. Relative paths are taken from the folder of the file.
 * docs/configuration.md is the manual of the keys. */
#ifndef RELAIS_GATEWAY_CONFIG_H
#define RELAIS_GATEWAY_CONFIG_H

#include "base/arena.h"
#include "base/reason.h"

struct config_mailbox {      /* one collected mailbox */
	const char *name;        /* stable: the UID cursor is kept under it */
	const char *host, *server_name;
	int port;
	const char *auth;        /* "password", "certificate", "xoauth2", "oauthbearer" */
	const char *user;
	const char *password_file, *token_file;   /* the one that auth asks for, the other "" */
	const char *folder;
	const char *origin;      /* domain of the mailbox's operator, kept as evidence */
	bool origin_check;       /* the operator answers for the From domain of what it puts there */
};

struct config_route {        /* where mail for a domain goes; "*" is the rest */
	const char *domain, *host, *server_name;
	int port;
	bool lmtp;
	const char *tls;         /* "starttls" or "implicit" */
	const char *auth;        /* "none": the hop is the recipient's operator; all others: our own, to whom we log in */
	const char *user, *token_file;
};

struct config_insurer {      /* who has the figures of its contract each month */
	const char *contract, *mailbox;
};

struct config_pair {         /* a certificate and its key */
	const char *certificate, *key;
};

struct config {
	const char *folder;              /* of the file: the instance */
	/* service */
	const char *domain;              /* of our mailboxes: avis.exemple.mssante.fr */
	const char *hostname;            /* our name in SMTP */
	const char *organisation;        /* name people read */
	const char *structure_id;        /* national structure id (1+FINESS or 3+SIRET) */
	const char *oid;                 /* OID under which we number documents */
	const char *product_id;          /* X-MSS-NIL */
	const char *phone;               /* the patients' help line, in every message */
	const char *contact;             /* a person's name at the foot of each message; "" = none */
	const char *time_zone_note;      /* "Europe/Paris": the zone in which dates are told */
	const char *patient_domain;      /* patient.mssante.fr */
	bool test_identities;            /* test INS OIDs allowed */
	const char *database;            /* conninfo without user */
	const char *run_folder;          /* sockets */
	const char *language;            /* "fr" or "en": of notices and messages */
	const char *reply_address;       /* "relay": one a dossier and party; "mailbox": From's, no Reply-To (client mode) */
	struct {
		const char *listen_host;
		int listen_port;         /* 0: no receiver (client mode) */
		const char *certificate, *key, *client_anchors;
		const char *crls;        /* folder, "" = none */
		const char *ocsp_staple; /* file, "" = none */
		int submission_port;     /* on listen_host; 0 = none */
		int peer_messages_minute, peer_connections_minute;   /* 0 = no limit */
	} receiver;
	struct {
		const char *certificate, *key, *anchors;
		const char *crls;        /* folder, "" = none */
		struct config_mailbox *mailboxes;
		size_t n;
		int poll_seconds;
	} collector;
	struct {
		const char *anchors;     /* S/MIME */
		const char *crls;        /* folder, "" = none */
		const char *digests;     /* "sha256,sha384,sha512" */
		const char *schema;      /* folder of the CDA schema, "" = not checked */
		const char *schematron;  /* folder of imported schematrons, "" = not checked */
	} inspect;
	struct {
		const char *certificate, *key, *mailbox;   /* S/MIME seal; mailbox = its rfc822Name; key: a file or a token's URI */
		const char *certificate_next, *key_next;   /* of a rollover, "" = none: the newest that is valid seals */
		const char *pkcs11_module, *pin_file, *token_folder;   /* of a token: its module, its PIN, what the module may write */
		const char *journal;
	} signer;
	struct {
		const char *certificate, *key;   /* for mail that is encrypted to us; "" = none: it is refused */
		const char *certificate_next, *key_next;   /* of a rollover: both open */
		struct config_pair *former;   /* what came encrypted in former years is encrypted to these still */
		size_t n;
		const char *pkcs11_module, *pin_file, *token_folder;
		const char *journal;
	} opener;
	struct {
		const char *certificate, *key, *anchors;
		const char *crls;        /* folder, "" = none */
		struct config_route *routes;
		size_t n;
		bool mx;                 /* a domain without a route goes where DNS says */
		const char *dns_servers; /* "" = the system's */
		int mx_port;
		bool mx_private;         /* hosts may have private addresses */
		int destination_connections;   /* at once to one destination */
		int retry_seconds;       /* first pause; doubles up to an hour */
		int expire_hours;        /* 24: then the fallback, not five days */
	} deliverer;
	struct {
		const char *introspection;   /* https address of token introspection (RFC 7662), "" = no tokens */
		const char *client_id, *secret_file, *anchors;
		const char *issuer, *audience, *scope;
		const char *subject_claim;   /* "" = SubjectNameID when there, else sub */
	} identity;                      /* of our own correspondents, who submit */
	struct {
		const char *clamd;       /* its socket: a path, "127.0.0.1:PORT" or "[::1]:PORT"; "" = none */
		const char *when_away;   /* "wait": nothing is read or sent unscanned; "continue": with a mark */
	} antivirus;
	struct {
		bool triage_by_nurse, release_by_nurse;
	} gates;
	struct {
		const char *body;        /* "pdf": level 1; "sections": level 3, with the PDF as a copy */
	} report;
	struct {
		const char *mailbox;     /* of the print station, "" = none: letters are a person's to write */
		const char *address;     /* our own, lines separated by |; "" = none */
	} print;
	struct {
		const char *nurses, *duty, *operator, *officer, *manager;   /* where our own people are written to, "" = nobody */
	} staff;
	struct {
		struct config_insurer *insurers;
		size_t n;
	} partners;
	struct {
		const char *list_url;    /* of the white list, https; "" = imported by hand */
		const char *list_anchors;        /* who may have issued the certificate of the servers that we fetch from */
		int list_hours, stale_days;
		const char *crl_urls;    /* addresses separated by blanks, "" = none */
		int crl_hours;
	} trust;
	struct {
		const char *use;         /* "auto": the rule holds once an extract was imported; "required"; "off" */
		int stale_days;          /* an extract older than that raises an alarm */
		const char *fhir_url;    /* base address of the national interface, "" = not asked */
		const char *fhir_key_file;
		const char *ldap_url;    /* ldaps://, "" = not asked */
		const char *ldap_base, *ldap_attribute;   /* where people are, and which of their attributes is the RPPS */
		const char *anchors;     /* who may have issued the certificates of both servers */
	} directory;
	struct {
		const char *folder, *copy;   /* of keys; the same on another disk, "" = none */
		const char *master;      /* file of the key under which all keys lie */
		const char *journal;
	} keeper;
	struct {
		int checkpoint_hours;    /* between two checkpoints of the trail */
		const char *key;         /* file of 32 bytes: names what the rows stand for */
		const char *folder;      /* of checkpoints, outside the database */
		const char *tsa_url;     /* time-stamping authority (RFC 3161), "" = none */
		const char *tsa_anchors; /* its root */
	} audit;
	int restart_pause_ms;            /* the longest pause before a process that keeps ending is started again */
	int workers;                     /* worker processes */
};

/* line is 0 when the trouble has no line. Texts of the problem are in the arena. */
struct config_problem {
	enum reason reason;
	int line;
	const char *key, *detail;
};

MUST_USE enum reason config_read(struct arena *arena, const char *path, struct config **out, struct config_problem *problem);
/* The whole configuration as a file that reads back to the same. */
struct bytes config_print(struct arena *arena, const struct config *config);

#endif

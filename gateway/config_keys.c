/* gateway/config_keys.c - see config_keys.h. docs/configuration.md describes each key; config_test holds them together. */
#include "gateway/config_keys.h"

#define AT(field) offsetof(struct config, field)
#define MAILBOX(field) offsetof(struct config_mailbox, field)
#define ROUTE(field) offsetof(struct config_route, field)

/* The order is that of the printed file. */
const struct config_key config_keys[] = {
	{"service", "domain", CONFIG_NAME, AT(domain), NULL, 0, 0, NULL},
	{"service", "hostname", CONFIG_NAME, AT(hostname), NULL, 0, 0, NULL},
	{"service", "organisation", CONFIG_TEXT, AT(organisation), NULL, 0, 0, NULL},
	{"service", "structure_id", CONFIG_TEXT, AT(structure_id), NULL, 0, 0, NULL},
	{"service", "oid", CONFIG_OID, AT(oid), NULL, 0, 0, NULL},
	{"service", "product_id", CONFIG_TEXT, AT(product_id), "relais", 0, 0, NULL},
	{"service", "phone", CONFIG_TEXT, AT(phone), NULL, 0, 0, NULL},
	{"service", "time_zone_note", CONFIG_TEXT, AT(time_zone_note), "Europe/Paris", 0, 0, NULL},
	{"service", "patient_domain", CONFIG_NAME, AT(patient_domain), "patient.mssante.fr", 0, 0, NULL},
	{"service", "test_identities", CONFIG_FLAG, AT(test_identities), "false", 0, 0, NULL},
	{"service", "language", CONFIG_WORD, AT(language), "fr", 0, 0, " fr en "},
	{"service", "reply_address", CONFIG_WORD, AT(reply_address), "relay", 0, 0, " relay mailbox "},
	{"", "database", CONFIG_TEXT, AT(database), "", 0, 0, NULL},
	{"", "run_folder", CONFIG_PATH, AT(run_folder), "run", 0, 0, NULL},
	{"", "workers", CONFIG_NUMBER, AT(workers), "2", 1, 64, NULL},
	{"receiver", "listen_host", CONFIG_TEXT, AT(receiver.listen_host), "127.0.0.1", 0, 0, NULL},
	{"receiver", "listen_port", CONFIG_NUMBER, AT(receiver.listen_port), "2525", 0, 65535, NULL},
	{"receiver", "certificate", CONFIG_PATH, AT(receiver.certificate), "pki/relais-server.pem", 0, 0, NULL},
	{"receiver", "key", CONFIG_PATH, AT(receiver.key), "pki/relais-server.key", 0, 0, NULL},
	{"receiver", "client_anchors", CONFIG_PATH, AT(receiver.client_anchors), "pki/anchors-tls.pem", 0, 0, NULL},
	{"receiver", "crls", CONFIG_PATH, AT(receiver.crls), "", 0, 0, NULL},
	{"receiver", "ocsp_staple", CONFIG_PATH, AT(receiver.ocsp_staple), "", 0, 0, NULL},
	{"receiver", "submission_port", CONFIG_NUMBER, AT(receiver.submission_port), "0", 0, 65535, NULL},
	{"receiver", "peer_messages_minute", CONFIG_NUMBER, AT(receiver.peer_messages_minute), "6000", 0, 1000000, NULL},
	{"receiver", "peer_connections_minute", CONFIG_NUMBER, AT(receiver.peer_connections_minute), "1200", 0, 1000000, NULL},
	{"collector", "certificate", CONFIG_PATH, AT(collector.certificate), "pki/relais-client.pem", 0, 0, NULL},
	{"collector", "key", CONFIG_PATH, AT(collector.key), "pki/collector.key", 0, 0, NULL},
	{"collector", "anchors", CONFIG_PATH, AT(collector.anchors), "pki/anchors-tls.pem", 0, 0, NULL},
	{"collector", "crls", CONFIG_PATH, AT(collector.crls), "", 0, 0, NULL},
	{"collector", "poll_seconds", CONFIG_NUMBER, AT(collector.poll_seconds), "60", 1, 86400, NULL},
	{"inspect", "anchors", CONFIG_PATH, AT(inspect.anchors), "pki/anchors-smime.pem", 0, 0, NULL},
	{"inspect", "crls", CONFIG_PATH, AT(inspect.crls), "", 0, 0, NULL},
	{"inspect", "digests", CONFIG_WORDS, AT(inspect.digests), "sha256,sha384,sha512", 0, 0,
	 " sha256 sha384 sha512 "},
	{"inspect", "schema", CONFIG_PATH, AT(inspect.schema), "", 0, 0, NULL},
	{"inspect", "schematron", CONFIG_PATH, AT(inspect.schematron), "", 0, 0, NULL},
	{"signer", "certificate", CONFIG_PATH, AT(signer.certificate), "pki/relais-seal.pem", 0, 0, NULL},
	{"signer", "key", CONFIG_PATH, AT(signer.key), "pki/relais-seal.key", 0, 0, NULL},
	{"signer", "mailbox", CONFIG_ADDRESS, AT(signer.mailbox), NULL, 0, 0, NULL},
	{"signer", "journal", CONFIG_PATH, AT(signer.journal), "journal/signer.jsonl", 0, 0, NULL},
	{"deliverer", "certificate", CONFIG_PATH, AT(deliverer.certificate), "pki/relais-client.pem", 0, 0, NULL},
	{"deliverer", "key", CONFIG_PATH, AT(deliverer.key), "pki/deliverer.key", 0, 0, NULL},
	{"deliverer", "anchors", CONFIG_PATH, AT(deliverer.anchors), "pki/anchors-tls.pem", 0, 0, NULL},
	{"deliverer", "crls", CONFIG_PATH, AT(deliverer.crls), "", 0, 0, NULL},
	{"deliverer", "mx", CONFIG_FLAG, AT(deliverer.mx), "true", 0, 0, NULL},
	{"deliverer", "dns_servers", CONFIG_TEXT, AT(deliverer.dns_servers), "", 0, 0, NULL},
	{"deliverer", "mx_port", CONFIG_NUMBER, AT(deliverer.mx_port), "25", 1, 65535, NULL},
	{"deliverer", "mx_private", CONFIG_FLAG, AT(deliverer.mx_private), "false", 0, 0, NULL},
	{"deliverer", "destination_connections", CONFIG_NUMBER, AT(deliverer.destination_connections), "2", 1, 20, NULL},
	{"deliverer", "retry_seconds", CONFIG_NUMBER, AT(deliverer.retry_seconds), "60", 1, 3600, NULL},
	{"deliverer", "expire_hours", CONFIG_NUMBER, AT(deliverer.expire_hours), "24", 1, 240, NULL},
	{"identity", "introspection", CONFIG_TEXT, AT(identity.introspection), "", 0, 0, NULL},
	{"identity", "client_id", CONFIG_TEXT, AT(identity.client_id), "", 0, 0, NULL},
	{"identity", "secret_file", CONFIG_PATH, AT(identity.secret_file), "", 0, 0, NULL},
	{"identity", "anchors", CONFIG_PATH, AT(identity.anchors), "pki/anchors-tls.pem", 0, 0, NULL},
	{"identity", "issuer", CONFIG_TEXT, AT(identity.issuer), "", 0, 0, NULL},
	{"identity", "audience", CONFIG_TEXT, AT(identity.audience), "", 0, 0, NULL},
	{"identity", "scope", CONFIG_TEXT, AT(identity.scope), "", 0, 0, NULL},
	{"identity", "subject_claim", CONFIG_TEXT, AT(identity.subject_claim), "", 0, 0, NULL},
	{"gates", "triage_by_nurse", CONFIG_FLAG, AT(gates.triage_by_nurse), "true", 0, 0, NULL},
	{"gates", "release_by_nurse", CONFIG_FLAG, AT(gates.release_by_nurse), "true", 0, 0, NULL},
	{"report", "body", CONFIG_WORD, AT(report.body), "pdf", 0, 0, " pdf sections "},
	{"trust", "list_url", CONFIG_URLS, AT(trust.list_url), "", 0, 1, " https:// "},
	{"trust", "list_anchors", CONFIG_PATH, AT(trust.list_anchors), "pki/anchors-tls.pem", 0, 0, NULL},
	{"trust", "list_hours", CONFIG_NUMBER, AT(trust.list_hours), "24", 1, 168, NULL},
	{"trust", "stale_days", CONFIG_NUMBER, AT(trust.stale_days), "7", 1, 90, NULL},
	{"trust", "crl_urls", CONFIG_URLS, AT(trust.crl_urls), "", 0, 16, " https:// http:// "},
	{"trust", "crl_hours", CONFIG_NUMBER, AT(trust.crl_hours), "6", 1, 168, NULL},
};
const size_t config_keys_n = sizeof config_keys / sizeof config_keys[0];

static const struct config_key mailbox_keys[] = {
	{"", "name", CONFIG_TEXT, MAILBOX(name), NULL, 0, 0, NULL},
	{"", "host", CONFIG_TEXT, MAILBOX(host), NULL, 0, 0, NULL},
	{"", "server_name", CONFIG_NAME, MAILBOX(server_name), NULL, 0, 0, NULL},
	{"", "port", CONFIG_NUMBER, MAILBOX(port), "993", 1, 65535, NULL},
	{"", "auth", CONFIG_WORD, MAILBOX(auth), "password", 0, 0, " password certificate xoauth2 oauthbearer "},
	{"", "user", CONFIG_TEXT, MAILBOX(user), NULL, 0, 0, NULL},
	{"", "password_file", CONFIG_PATH, MAILBOX(password_file), "", 0, 0, NULL},
	{"", "token_file", CONFIG_PATH, MAILBOX(token_file), "", 0, 0, NULL},
	{"", "folder", CONFIG_TEXT, MAILBOX(folder), "INBOX", 0, 0, NULL},
	{"", "origin", CONFIG_NAME, MAILBOX(origin), NULL, 0, 0, NULL},
	{"", "origin_check", CONFIG_FLAG, MAILBOX(origin_check), "false", 0, 0, NULL},
};

/* The domain "*" stands for every other. */
static const struct config_key route_keys[] = {
	{"", "domain", CONFIG_NAME, ROUTE(domain), NULL, 0, 0, " * "},
	{"", "host", CONFIG_TEXT, ROUTE(host), NULL, 0, 0, NULL},
	{"", "server_name", CONFIG_NAME, ROUTE(server_name), NULL, 0, 0, NULL},
	{"", "port", CONFIG_NUMBER, ROUTE(port), "25", 1, 65535, NULL},
	{"", "lmtp", CONFIG_FLAG, ROUTE(lmtp), "false", 0, 0, NULL},
	{"", "tls", CONFIG_WORD, ROUTE(tls), "starttls", 0, 0, " starttls implicit "},
	{"", "auth", CONFIG_WORD, ROUTE(auth), "none", 0, 0, " none certificate xoauth2 oauthbearer plain "},
	{"", "user", CONFIG_TEXT, ROUTE(user), "", 0, 0, NULL},
	{"", "token_file", CONFIG_PATH, ROUTE(token_file), "", 0, 0, NULL},
};

const struct config_list config_lists[] = {
	{"collector", "mailboxes", AT(collector.mailboxes), AT(collector.n), sizeof(struct config_mailbox),
	 mailbox_keys, sizeof mailbox_keys / sizeof mailbox_keys[0]},
	{"deliverer", "routes", AT(deliverer.routes), AT(deliverer.n), sizeof(struct config_route), route_keys,
	 sizeof route_keys / sizeof route_keys[0]},
};
const size_t config_lists_n = sizeof config_lists / sizeof config_lists[0];

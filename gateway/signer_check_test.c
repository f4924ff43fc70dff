/* gateway/signer_check_test.c - rows that a captured process might write. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/digest.h"
#include "gateway/signer_check.h"

#define ENTITY "Content-Type: text/plain\r\n\r\nbonjour\r\n"
#define FROM   "From: Avis <avis@avis.exemple.mssante.fr>\r\n"
#define TO     "To: Docteur Un <un@hopital.exemple.mssante.fr>\r\n"
#define ID     "Message-ID: <a1@avis.exemple.mssante.fr>\r\n"
#define HEAD   FROM TO ID "Subject: Avis\r\n"
#define EVENT  "{\"event\": 3, \"dossier\": 1, \"kind\": \"offer\", \"party\": \"expert\", \"rule\": \"offer/1\"}"

static const struct {
	const char *what;
	struct bytes state, head, entity, recipient, decision, id;
	uint64_t size;
	const char *trouble;   /* NULL = may be sealed */
} rows[] = {
#define ROW(what, state, head, entity, to, decision, id, size, trouble)                                              \
	{what, BYTES_OF(state), BYTES_OF(head), BYTES_OF(entity), BYTES_OF(to), BYTES_OF(decision), BYTES_OF(id), size, trouble}
#define UN "un@hopital.exemple.mssante.fr"
#define A1 "<a1@avis.exemple.mssante.fr>"
	ROW("a good row", "composed", HEAD, ENTITY, UN, EVENT, A1, 37, NULL),
	ROW("a notice to a sender without a dossier", "composed", HEAD, ENTITY, UN,
	    "{\"event\": null, \"dossier\": null, \"kind\": \"refused\", \"party\": \"sender\", \"rule\": \"r\"}", A1, 37, NULL),
	ROW("domain in capitals is the same mailbox", "composed", FROM "To: un@HOPITAL.exemple.mssante.fr\r\n" ID, ENTITY, UN, EVENT, A1, 37, NULL),
	ROW("a folded To", "composed", FROM "To: Docteur Un\r\n <un@hopital.exemple.mssante.fr>\r\n" ID, ENTITY, UN, EVENT, A1, 37, NULL),
	ROW("already sealed", "sealed", HEAD, ENTITY, UN, EVENT, A1, 37, "the row is not in state composed"),
	ROW("no decision", "composed", HEAD, ENTITY, UN, "", A1, 37, "no decision stands behind the row"),
	ROW("a decision without a rule", "composed", HEAD, ENTITY, UN, "{\"event\": 3, \"dossier\": 1, \"party\": \"expert\", \"rule\": \"\"}", A1, 37, "no decision stands behind the row"),
	ROW("a message that has no outcome yet", "composed", HEAD, ENTITY, UN, "{\"event\": null, \"dossier\": null, \"kind\": null, \"party\": \"p\", \"rule\": \"r\"}", A1, 37, "no decision stands behind the row"),
	ROW("another From", "composed", "From: pape@avis.exemple.mssante.fr\r\n" TO ID, ENTITY, UN, EVENT, A1, 37, "From is not the seal's mailbox"),
	ROW("two From fields", "composed", FROM HEAD, ENTITY, UN, EVENT, A1, 37, "From is not the seal's mailbox"),
	ROW("From of two mailboxes", "composed", "From: avis@avis.exemple.mssante.fr, b@c.fr\r\n" TO ID, ENTITY, UN, EVENT, A1, 37, "From is not the seal's mailbox"),
	ROW("another To", "composed", FROM "To: deux@hopital.exemple.mssante.fr\r\n" ID, ENTITY, UN, EVENT, A1, 37, "To is not the one recipient"),
	ROW("a second To", "composed", HEAD "To: deux@hopital.exemple.mssante.fr\r\n", ENTITY, UN, EVENT, A1, 37, "To is not the one recipient"),
	ROW("two mailboxes in To", "composed", FROM "To: un@hopital.exemple.mssante.fr, deux@b.fr\r\n" ID, ENTITY, UN, EVENT, A1, 37, "To is not the one recipient"),
	ROW("no To", "composed", FROM ID, ENTITY, UN, EVENT, A1, 37, "To is not the one recipient"),
	ROW("a Cc", "composed", HEAD "Cc: deux@hopital.exemple.mssante.fr\r\n", ENTITY, UN, EVENT, A1, 37, "the head names other parties"),
	ROW("a Resent-To", "composed", HEAD "resent-to: deux@b.fr\r\n", ENTITY, UN, EVENT, A1, 37, "the head names other parties"),
	ROW("another Message-ID", "composed", HEAD, ENTITY, UN, EVENT, "<b2@avis.exemple.mssante.fr>", 37, "Message-ID is not the row's"),
	ROW("a head without its last line end", "composed", HEAD "X: y", ENTITY, UN, EVENT, A1, 37, "the head is not whole fields"),
	ROW("an empty line in the head", "composed", HEAD "\r\nTo: x@y.fr\r\n", ENTITY, UN, EVENT, A1, 37, "the head is not whole fields"),
	ROW("a size that is not the entity's", "composed", HEAD, ENTITY, UN, EVENT, A1, 38, "the entity has not its recorded size"),
	ROW("an entity that was changed", "composed", HEAD, "Content-Type: text/plain\r\n\r\nbonsoir\r\n", UN, EVENT, A1, 37, "the entity has not its recorded digest"),
	ROW("no entity", "composed", HEAD, "", UN, EVENT, A1, 0, "the entity has not its recorded size"),
};

static const struct bytes allowed[] = {BYTES_OF("deux@hopital.exemple.mssante.fr"), BYTES_OF("un@hopital.exemple.mssante.fr")};

static void rows_are_judged(void **state)
{
	(void)state;
	unsigned char digest[DIGEST_SHA256];
	digest_sha256(BYTES(ENTITY), digest);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct signer_row row = {
			.state = rows[i].state, .recipients = &rows[i].recipient, .n = 1, .message_id = rows[i].id,
			.head = rows[i].head, .entity = rows[i].entity, .entity_size = rows[i].size, .allowed = allowed, .n_allowed = 2,
			.entity_digest = {digest, sizeof(digest)}, .decision = rows[i].decision,
		};
		struct signer_seal seal = {BYTES("avis@avis.exemple.mssante.fr"), BYTES("avis@avis.exemple.mssante.fr")};
		const char *trouble = signer_check(&row, &seal);
		if (!bytes_equal(bytes_of_text(trouble), bytes_of_text(rows[i].trouble)))
			fail_msg("%s: %s", rows[i].what, trouble ? trouble : "sealed");
	}
}

static void recipients_and_seals(void **state)
{
	(void)state;
	unsigned char digest[DIGEST_SHA256];
	struct bytes two[] = {BYTES(UN), BYTES("deux@b.fr")};
	struct signer_row row = {.state = BYTES("composed"), .recipients = two, .n = 2, .message_id = BYTES(A1), .head = BYTES(HEAD),
				 .entity = BYTES(ENTITY), .entity_size = 37, .entity_digest = {digest, sizeof(digest)},
				 .decision = BYTES(EVENT), .allowed = allowed, .n_allowed = 2};
	struct signer_seal seal = {BYTES("avis@avis.exemple.mssante.fr"), BYTES("avis@avis.exemple.mssante.fr")};

	digest_sha256(BYTES(ENTITY), digest);
	assert_string_equal(signer_check(&row, &seal), "there is not exactly one recipient");
	row.n = 0;
	assert_string_equal(signer_check(&row, &seal), "there is not exactly one recipient");
	row.n = 1;
	assert_null(signer_check(&row, &seal));
	row.n_allowed = 1;
	assert_string_equal(signer_check(&row, &seal), "the recipient is not a mailbox of that party");
	row.n_allowed = 0;
	assert_string_equal(signer_check(&row, &seal), "the recipient is not a mailbox of that party");
	row.n_allowed = 2;
	seal.mailbox = BYTES("autre@avis.exemple.mssante.fr");
	assert_string_equal(signer_check(&row, &seal), "the certificate is not the configured mailbox's");
}

#define REPORT "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"b\"\r\n\r\n--b--\r\n"
#define AUTO "Auto-Submitted: auto-replied\r\n"

static void reports_are_judged(void **state)
{
	static const struct {
		const char *what;
		struct bytes head, entity;
		bool report;
		const char *trouble;
	} cases[] = {
		{"a report", BYTES_OF(HEAD AUTO), BYTES_OF(REPORT), true, NULL},
		{"a report that does not say that a machine wrote it", BYTES_OF(HEAD), BYTES_OF(REPORT), true, "the report does not say that it is automatic"},
		{"a letter that would leave unsealed", BYTES_OF(HEAD AUTO), BYTES_OF(ENTITY), true, "without a seal, and no report"},
		{"a report to somebody else", BYTES_OF(FROM "To: trois@b.fr\r\n" ID AUTO), BYTES_OF(REPORT), true, "To is not the one recipient"},
		{"a sealed letter needs no such word", BYTES_OF(HEAD), BYTES_OF(ENTITY), false, NULL},
	};
	struct bytes to = BYTES(UN);
	struct signer_seal seal = {BYTES("avis@avis.exemple.mssante.fr"), BYTES("avis@avis.exemple.mssante.fr")};
	unsigned char digest[DIGEST_SHA256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		digest_sha256(cases[i].entity, digest);
		struct signer_row row = {.state = BYTES("composed"), .recipients = &to, .n = 1, .message_id = BYTES(A1), .head = cases[i].head,
					 .entity = cases[i].entity, .entity_size = cases[i].entity.len, .entity_digest = {digest, sizeof(digest)},
					 .decision = BYTES(EVENT), .allowed = allowed, .n_allowed = 2, .report = cases[i].report};
		const char *trouble = signer_check(&row, &seal);
		if (!bytes_equal(bytes_of_text(trouble), bytes_of_text(cases[i].trouble)))
			fail_msg("%s: %s", cases[i].what, trouble ? trouble : "let through");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_judged),
		cmocka_unit_test(recipients_and_seals),
		cmocka_unit_test(reports_are_judged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

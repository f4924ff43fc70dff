/* gateway/signer_encrypt.c - see signer_encrypt.h. */
#include "gateway/signer_encrypt.h"

#include "base/limits.h"
#include "certs/recipient.h"

enum signer_way signer_way(const struct signer_rule *rule, struct bytes recipient, struct instant now, bool again, const char **why)
{
	bool held = bytes_equal_text(rule->encrypt, "held");

	*why = NULL;
	if (bytes_equal_text(rule->encrypt, "never"))
		return SIGNER_PLAIN;
	*why = rule->certificate.len == 0 ? "there is no certificate" : recipient_check(rule->certificate, recipient, now);
	if (*why == NULL)
		return SIGNER_ENCRYPTED;
	/* A moment without memory is no bad certificate: nobody is written to in clear for it. */
	return held && (again || rule->certificate.len == 0) ? SIGNER_PLAIN : SIGNER_WAITS;
}

enum reason signer_encrypt(struct arena *arena, const struct signer_rule *rule, const struct assemble *signed_mail, struct signer_envelope *out)
{
	struct buf whole = buf_make(assemble_size(signed_mail) + 1);
	bool enveloped = bytes_equal_text(rule->content, "enveloped");
	enum reason reason = assemble_message(signed_mail, &whole);

	out->mail = (struct assemble){.head = signed_mail->head, .form = enveloped ? ASSEMBLE_ENVELOPED : ASSEMBLE_AUTHENTICATED};
	if (reason == REASON_NONE) {
		digest_sha256(buf_bytes(&whole), out->sealed);
		/* The entity is what stands behind the head: Content-Type and the rest. */
		reason = encrypt_entity(arena, rule->certificate, enveloped ? ENCRYPT_ENVELOPED : ENCRYPT_AUTHENTICATED,
					bytes_from(buf_bytes(&whole), signed_mail->head.len), &out->mail.p7s);
	}
	buf_free(&whole);
	return reason == REASON_NONE && (out->mail.p7s.len > LIMIT_MESSAGE || assemble_size(&out->mail) > LIMIT_COMPOSE_MAIL) ? REASON_COMPOSE_SIZE : reason;
}

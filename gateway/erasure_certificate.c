/* gateway/erasure_certificate.c - see erasure_certificate.h. */
#include "gateway/erasure_certificate.h"

#include <string.h>

#include "base/buf.h"
#include "gateway/json_view.h"
#include "policy/retention.h"
#include "policy/story.h"

enum { TEXT_MAX = 16 * 1024, LINES_MAX = 6 };

static long long number_of(const json_t *row, const char *key)
{
	return (long long)json_integer_value(json_object_get(row, key));
}

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));
	return text != NULL ? text : "";
}

static const char *time_of(struct arena *arena, const json_t *row, const char *key, bool french)
{
	struct instant at;

	return json_instant(row, key, &at) ? story_time(arena, at, french ? "fr" : "en") : french ? "pas encore terminé" : "not ended yet";
}

/* The rule's own words; of one that restored a destruction, that it was done before. */
static const char *why_of(const json_t *row, bool french)
{
	for (enum retention_rule rule = 0; rule < RETENTION_RULES; rule++)
		if (strcmp(retention_row(rule)->rule, text_of(row, "rule")) == 0)
			return french ? retention_row(rule)->fr : retention_row(rule)->en;
	return french ? "Effacement déjà prononcé, appliqué de nouveau après la restauration d'une sauvegarde plus ancienne"
		      : "Erasure pronounced before, applied again after the restore of an older backup";
}

static const char *key_of(struct arena *arena, const json_t *row, bool french)
{
	const json_t *key = json_object_get(row, "key");

	if (!json_is_integer(json_object_get(key, "n")))
		return french ? "aucune clé propre : les contenus ont été supprimés" : "no key of its own: the contents were deleted";
	return arena_printf(arena, french ? "détruite, acte n° %lld du gardien des clés (%s)" : "destroyed, record no. %lld of the keeper of keys (%s)", number_of(key, "n"), text_of(key, "at"));
}

static void line(struct buf *b, const char *label, const char *value)
{
	buf_printf(b, "%-26s %s\n", label, value);
}

const char *erasure_certificate_text(struct arena *arena, const struct config *config, const json_t *row, bool french)
{
	struct buf b = buf_make(TEXT_MAX);

	buf_printf(&b, french ? "CERTIFICAT D'EFFACEMENT n° %lld\n\n" : "CERTIFICATE OF ERASURE no. %lld\n\n", number_of(row, "number"));
	line(&b, "Service", config->organisation);
	line(&b, french ? "Référence" : "Reference", strcmp(text_of(row, "ref"), "apart") != 0 ? text_of(row, "ref") : french ? "messages qu'aucun dossier n'a" : "messages that no file has");
	line(&b, french ? "Motif" : "Reason", why_of(row, french));
	line(&b, french ? "Règle" : "Rule", text_of(row, "rule"));
	line(&b, french ? "Décidé par" : "Decided by", text_of(row, "actor"));
	line(&b, french ? "Commencé le" : "Begun", time_of(arena, row, "begun_at", french));
	line(&b, french ? "Terminé le" : "Ended", time_of(arena, row, "done_at", french));
	line(&b, french ? "Clé des contenus" : "Key of the contents", key_of(arena, row, french));
	line(&b, french ? "Effacé" : "Erased", arena_printf(arena, french ? "contenu de %lld messages reçus, %lld envoyés, %lld événements, %lld documents (%lld octets)"
								       : "content of %lld messages received, %lld sent, %lld events, %lld documents (%lld bytes)",
		number_of(row, "messages"), number_of(row, "mails"), number_of(row, "events"), number_of(row, "documents"), number_of(row, "bytes")));
	buf_text(&b, french ? "\nCe qui reste, sans contenu ni identité : qu'un message a été reçu, décidé, envoyé, quand, par quelle règle et avec\n"
			      "quelle preuve ; l'empreinte de chaque message entier ; les lignes d'honoraires. Ce qui a été remis à un médecin, à un\n"
			      "expert ou au patient est chez eux. Les sauvegardes antérieures ne rendent rien : la clé n'existe plus, et l'effacement\n"
			      "est appliqué de nouveau avant que le service reparte.\n"
			    : "\nWhat stays, without content or identity: that a message was received, decided, sent, when, by which rule and with which\n"
			      "proof; the digest of each whole message; the lines of fees. What was handed to a physician, an expert or the patient is\n"
			      "theirs. Earlier backups give nothing back: the key is gone, and the erasure is applied again before the service starts.\n");
	const char *text = buf_ok(&b) ? arena_text(arena, buf_bytes(&b)) : "";
	buf_free(&b);
	return text;
}

/* --- the letter ------------------------------------------------------------------------------ */

/* Lines of an address; NULL when there are too many or none. */
static json_t *address(const char *lines)
{
	json_t *list = json_array();
	struct cursor c = cursor_on(bytes_of_text(lines));

	while (!cursor_done(&c) && c.left.len > 0)
		json_array_append_new(list, json_of(cursor_until(&c, '|')));
	if (json_array_size(list) >= 1 && json_array_size(list) <= LINES_MAX)
		return list;
	json_decref(list);
	return NULL;
}

json_t *erasure_certificate_letter(struct arena *arena, const struct config *config, const json_t *row, const char *to, bool french)
{
	const char *own = config->print.address[0] != '\0' ? config->print.address : config->organisation, *language = french ? "fr" : "en";
	json_t *whom = address(to[0] != '\0' ? to : own), *from = address(own);
	struct instant done;

	if (whom == NULL || from == NULL || !json_instant(row, "done_at", &done)) {
		json_decref(whom);
		json_decref(from);
		return NULL;
	}
	const char *kept = arena_printf(arena, french ? "- certificat d’effacement n° %lld : %s (%s)\n- clé des contenus : %s\n- que des messages ont été reçus (%lld) et envoyés (%lld), quand, et par "
							  "quelle règle, sans leur contenu ni votre identité"
						      : "- certificate of erasure no. %lld: %s (%s)\n- key of the contents: %s\n- that messages were received (%lld) and sent (%lld), when, and by "
							  "which rule, without their content or your identity",
		number_of(row, "number"), why_of(row, french), text_of(row, "rule"), key_of(arena, row, french), number_of(row, "messages"), number_of(row, "mails"));
	json_t *fields = json_pack("{s:s, s:s, s:s, s:s, s:s}", "reference", text_of(row, "ref"), "phone", config->phone, "organisation", config->organisation, "erased_at",
				   story_time(arena, done, language), "kept_list", kept);
	if (config->contact[0] != '\0')
		json_object_set_new(fields, "contact_name", json_string(config->contact));
	return json_pack("{s:s, s:s, s:s, s:o, s:{s:s}, s:s, s:o, s:{s:o, s:o, s:b}}", "code", "M41", "language", language, "message_id", "<certificate@relais.invalid>", "date",
			 json_of_instant(done), "from", "address", config->signer.mailbox, "to", config->signer.mailbox, "fields", fields, "letter", "to", whom, "from", from, "alone", 1);
}

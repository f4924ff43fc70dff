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

/* What no dossier has had no key of its own, and the keeper has no record of it. */
static bool is_apart(const json_t *row)
{
	return strcmp(text_of(row, "ref"), "apart") == 0;
}

/* What the backups that were made before still hold, and until when: docs/security.md, "At rest" and "Erasure and backups". */
static const char *backups_words(bool apart, bool french)
{
	if (apart)
		return french ? "Les sauvegardes antérieures de la base contiennent encore ces messages, jusqu'à leur propre destruction : ce qui en était\n"
				"noté, en clair ; leur contenu, tant qu'existe la clé de leur jour, que le gardien des clés détruit quand plus rien n'est\n"
				"gardé sous elle. Une base restaurée de l'une d'elles les ramène : l'effacement suivant les prend de nouveau.\n"
			      : "Backups of the database made before still hold these messages, until they are destroyed themselves: what was noted of them,\n"
				"in clear; their content as long as the key of their day exists, which the keeper of keys destroys when nothing is kept\n"
				"under it any more. A database restored from one of them brings them back: the next run of the erasure takes them again.\n";
	return french ? "Les sauvegardes antérieures de la base contiennent encore, jusqu'à leur propre destruction, ce qui était noté du dossier en\n"
			"clair (nom, numéro, adresses, dates). Le contenu des messages y est fermé pour toujours : la clé n'existe plus ; sauf ce\n"
			"qui n'était pas encore classé quand la sauvegarde a été faite (tant que quelque chose du même jour attend, et une semaine\n"
			"de plus) et ce qu'aucun dossier n'avait (tant que quelque chose du même jour est gardé). Une base restaurée de l'une d'elles est effacée de nouveau avant que le\n"
			"service reparte. Une copie des clés du gardien faite avant l'effacement ouvrirait ces sauvegardes : elle est à détruire.\n"
		      : "Backups of the database made before still hold, until they are destroyed themselves, what was noted of the file in clear\n"
			"(name, number, addresses, dates). The content of the messages in them is closed for good: the key is gone; but for what was\n"
			"not filed yet when the backup was made (as long as anything of the same day waits, and a week more) and what no file had\n"
			"(as long as anything of the same day is kept). A database restored from one of them is erased again before the service starts. A copy of the keeper's keys\n"
			"made before the erasure would open these backups: it is to be destroyed.\n";
}

/* The same for who it is about. */
static const char *backups_short(bool french)
{
	return french ? "- dans nos sauvegardes faites avant, jusqu’à leur destruction : votre nom, vos adresses ; vos documents n’y sont plus lisibles (les derniers arrivés : une semaine après que tout ce qui est venu le même jour a été classé)"
		      : "- in our earlier backups, until they are destroyed: your name, your addresses; your documents in them cannot be read any more (the last that came: a week after all that came the same day has been filed)";
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
	line(&b, french ? "Référence" : "Reference", !is_apart(row) ? text_of(row, "ref") : french ? "messages qu'aucun dossier n'a" : "messages that no file has");
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
			      "expert ou au patient est chez eux.\n\n"
			    : "\nWhat stays, without content or identity: that a message was received, decided, sent, when, by which rule and with which\n"
			      "proof; the digest of each whole message; the lines of fees. What was handed to a physician, an expert or the patient is\n"
			      "theirs.\n\n");
	buf_text(&b, backups_words(is_apart(row), french));
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

	/* What no dossier has is nobody's letter. */
	if (whom == NULL || from == NULL || is_apart(row) || !json_instant(row, "done_at", &done)) {
		json_decref(whom);
		json_decref(from);
		return NULL;
	}
	const char *kept = arena_printf(arena, french ? "- certificat d’effacement n° %lld : %s (%s)\n- clé des contenus : %s\n- que des messages ont été reçus (%lld) et envoyés (%lld), quand, et par "
							  "quelle règle, sans leur contenu ni votre identité\n%s"
						      : "- certificate of erasure no. %lld: %s (%s)\n- key of the contents: %s\n- that messages were received (%lld) and sent (%lld), when, and by "
							  "which rule, without their content or your identity\n%s",
		number_of(row, "number"), why_of(row, french), text_of(row, "rule"), key_of(arena, row, french), number_of(row, "messages"), number_of(row, "mails"), backups_short(french));
	json_t *fields = json_pack("{s:s, s:s, s:s, s:s, s:s}", "reference", text_of(row, "ref"), "phone", config->phone, "organisation", config->organisation, "erased_at",
				   story_time(arena, done, language), "kept_list", kept);
	if (config->contact[0] != '\0')
		json_object_set_new(fields, "contact_name", json_string(config->contact));
	return json_pack("{s:s, s:s, s:s, s:o, s:{s:s}, s:s, s:o, s:{s:o, s:o, s:b}}", "code", "M41", "language", language, "message_id", "<certificate@relais.invalid>", "date",
			 json_of_instant(done), "from", "address", config->signer.mailbox, "to", config->signer.mailbox, "fields", fields, "letter", "to", whom, "from", from, "alone", 1);
}

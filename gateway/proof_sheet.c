/* gateway/proof_sheet.c - see proof.h: the one page for a person. It says what is proved, by what, and what is not. */
#include <string.h>

#include "base/buf.h"
#include "base/calendar.h"
#include "base/limits.h"
#include "gateway/json_view.h"
#include "gateway/proof.h"

/* So many lines of each kind fit on one page; the folder has them all. */
enum { LINES_MAX = 3, TEXT_MAX = 16 * 1024, ADDRESS = 48 };

/* A macro, so that the compiler sees the formats. */
#define SAY(p, french_words, english_words) ((p)->french ? (french_words) : (english_words))

/* Our own words about a row; what strangers wrote is cut and kept in its line. */
static const char *value(const struct proof *p, const json_t *row, const char *key)
{
	const json_t *v = json_object_get(row, key);
	struct bytes text = json_text_view(v);

	if (json_is_integer(v))
		return arena_printf(p->arena, "%lld", (long long)json_integer_value(v));
	if (text.len == 0)
		return "–";
	return arena_line(p->arena, text.len > ADDRESS ? bytes_slice(text, 0, ADDRESS) : text);
}

/* "2026-11-22 09:12 UTC" of an instant as PostgreSQL or we write it. */
static const char *when(const struct proof *p, const json_t *row, const char *key)
{
	struct bytes text = json_view(row, key);
	struct instant at;
	char written[INSTANT_TEXT];

	if (!instant_read(text, &at))
		return "–";
	instant_write(at, written);
	return arena_printf(p->arena, "%.10s %.5s UTC", written, written + 11);
}

static void add_more(const struct proof *p, struct buf *b, size_t n)
{
	if (n > LINES_MAX)
		buf_printf(b, SAY(p, "- et %zu autres, dans le dossier\n", "- and %zu more, in the folder\n"), n - LINES_MAX);
}

static json_t *section(const struct proof *p, const char *heading, struct buf *b, bool strong)
{
	json_t *made = json_pack("{s:s, s:o, s:b}", "heading", heading, "text", json_of(arena_copy(p->arena, buf_bytes(b))), "strong", strong);
	buf_free(b);
	return made;
}

/* Our codes as a judge reads them; what has no word here is shown as it is. */
static const char *spoken(const struct proof *p, const json_t *row, const char *key)
{
	static const struct {
		const char *code, *french, *english;
	} words[] = {
		{"valid", "signature valable", "signature valid"},       {"none", "sans signature", "unsigned"},
		{"invalid", "signature fausse", "signature false"},      {"untrusted", "signature non reconnue", "signature not recognised"},
		{"malformed", "signature illisible", "signature unreadable"}, {"partial", "signature partielle", "signature partial"},
		{"encrypted", "chiffré", "encrypted"},
		{"filed", "classé", "filed"},  {"applied", "pris en compte", "applied"},
		{"refused", "refusé", "refused"},                        {"held", "en attente", "held"},
		{"duplicate", "doublon", "duplicate"},                   {"ignored", "sans suite", "without effect"},
		{"request", "demande", "request"},                       {"record", "pièces", "records"},
		{"opinion", "avis", "opinion"},                          {"reply", "réponse", "reply"},
		{"report", "avis de remise", "notice"}, {"unknown", "message", "message"},
		{"accepted", "pris par son opérateur", "taken by his operator"}, {"failed", "échec", "failed"},
		{"cancelled", "annulé", "cancelled"},
	};
	struct bytes code = json_view(row, key);

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (bytes_equal_text(code, words[i].code))
			return SAY(p, words[i].french, words[i].english);
	return value(p, row, key);
}

static bool is_notice(const json_t *message)
{
	return bytes_equal_text(json_view(message, "class"), "report");
}

/* Notices last: what people wrote comes first. */
static json_t *received(const struct proof *p)
{
	struct buf b = buf_make(TEXT_MAX);
	size_t i, n = 0;
	const json_t *one;

	for (int notices = 0; notices < 2; notices++)
		json_array_foreach(p->received, i, one) {
			if (is_notice(one) == (notices == 1) && n++ < LINES_MAX)
				buf_printf(&b, SAY(p, "- R%s, %s : %s, %s, %s\n", "- R%s, %s: %s, %s, %s\n"), value(p, one, "inbox"), when(p, one, "at"), spoken(p, one, "class"), spoken(p, one, "verdict"),
					   spoken(p, one, "outcome"));
		}
	add_more(p, &b, n);
	if (n == 0)
		buf_text(&b, SAY(p, "Aucun message.", "No message."));
	return section(p, SAY(p, "Ce qui est venu", "What came"), &b, false);
}

/* The opinion's own mails (M20 to M29, docs/messages.md) first: it is them that people ask about. */
static json_t *sent(const struct proof *p)
{
	struct buf b = buf_make(TEXT_MAX);
	size_t i, n = 0;
	const json_t *one;

	for (int others = 0; others < 2; others++)
		json_array_foreach(p->sent, i, one) {
			if (bytes_starts(json_view(one, "code"), BYTES("M2")) == (others == 0) && n++ < LINES_MAX)
				buf_printf(&b, SAY(p, "- S%s (%s) à %s : %s, %s, preuve %s\n", "- S%s (%s) to %s: %s %s, proof %s\n"), value(p, one, "outbox"), value(p, one, "code"),
					   value(p, one, "to"), spoken(p, one, "state"), when(p, one, "at"), value(p, one, "proof"));
		}
	add_more(p, &b, n);
	if (n == 0)
		buf_text(&b, SAY(p, "Aucun envoi.", "No mail."));
	else if (p->altered == 0 && p->uncovered == 0)   /* a warning takes its room */
		buf_text(&b, SAY(p, "\nPreuve : 1 parti, 2 pris par son opérateur, 3 remis, 4 lu, 5 répondu.", "\nProof: 1 left, 2 taken by his operator, 3 delivered, 4 read, 5 answered."));
	return section(p, SAY(p, "Ce qui est parti", "What left"), &b, false);
}

static json_t *proved(const struct proof *p)
{
	struct buf b = buf_make(TEXT_MAX);
	size_t i, n = json_array_size(p->checkpoints), stamps = 0;
	const json_t *one;

	json_array_foreach(p->checkpoints, i, one)
		stamps += json_truth(one, "stamped");
	buf_printf(&b, SAY(p, "%zu lignes de la piste d'audit (positions %lld à %lld), chacune reliée par des empreintes SHA-256 à un point de contrôle scellé. ",
			   "%zu rows of the audit trail (positions %lld to %lld), each joined by SHA-256 digests to a sealed checkpoint. "), p->rows, (long long)p->first,
		   (long long)p->last);
	if (n > 0) {
		const json_t *last = json_array_get(p->checkpoints, n - 1);
		buf_printf(&b, SAY(p, "%zu points de contrôle, dont %zu horodatés par une autorité ; le dernier, n° %s, scellé le %s.", "%zu checkpoints, %zu of them time-stamped by an authority; the last, no. %s, sealed %s."),
			   n, stamps, value(p, last, "checkpoint"), when(p, last, "sealed_at"));
	}
	if (p->uncovered > 0)
		buf_printf(&b, SAY(p, " %lld lignes ne sont encore sous aucun point de contrôle.", " %lld rows are under no checkpoint yet."), (long long)p->uncovered);
	if (p->altered > 0)
		buf_printf(&b, SAY(p, " ATTENTION : %zu messages n'ont plus leurs octets d'origine.", " WARNING: %zu messages do not have their first bytes any more."), p->altered);
	return section(p, SAY(p, "Ce qui le prouve", "What proves it"), &b, p->altered > 0 || p->uncovered > 0);
}

static json_t *reach(const struct proof *p)
{
	struct buf b = buf_make(TEXT_MAX);

	buf_text(&b, SAY(p, "Établi : le service a reçu, décidé et envoyé ces octets, dans cet ordre, avant les points de contrôle. Non établi : qu'une personne a lu (preuve 4 : son logiciel l'a dit), "
			    "ni l'heure exacte sans jeton d'horodatage. À vérifier sans la passerelle : docs/preuve.md.",
			 "Established: the service received, decided and sent these bytes, in this order, before the checkpoints. Not established: that a person read (proof 4: his software said so), "
			 "nor the exact time without a time-stamp. To be checked without the gateway: docs/proof.md."));
	return section(p, SAY(p, "Portée, et vérification", "Reach, and how to check it"), &b, false);
}

static json_t *row(const char *label, const char *text)
{
	return json_pack("{s:s, s:s}", "label", label, "value", text);
}

json_t *proof_sheet(const struct proof *p, struct instant now)
{
	const struct config *c = p->cli->config;
	json_t *at = json_pack("{s:o}", "at", json_of_instant(now));
	const char *reference = p->ref.len > 0 ? arena_text(p->arena, p->ref) : p->wanted, *made = when(p, at, "at");

	json_decref(at);
	json_t *rows = json_pack("[o, o]", row(SAY(p, "Dossier ou remise", "Dossier or delivery"), arena_line(p->arena, bytes_of_text(reference))),
				 row(SAY(p, "Établie", "Made"), arena_printf(p->arena, SAY(p, "%s, pour %s", "%s, for %s"), made, arena_line(p->arena, bytes_of_text(cli_actor())))));
	return json_pack("{s:{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:[o, o, o, o]}}", "sheet", "title", SAY(p, "Fiche de preuve", "Proof sheet"), "service", c->organisation, "reference",
			 arena_line(p->arena, bytes_of_text(reference)), "note", SAY(p, "Données de santé : à ne remettre qu'à qui y a droit.", "Medical data: only for who is entitled to them."), "language",
			 p->french ? "fr" : "en", "time", json_of_instant(now), "rows", rows, "sections", received(p), sent(p), proved(p), reach(p));
}

/* gateway/export_words.c - see export_words.h. */
#include "gateway/export_words.h"

#include "base/buf.h"
#include "policy/mask.h"
#include "policy/story.h"

enum { WORDS_ROOM = 64 * 1024 * 1024 };

static bool is_english(const char *language)
{
	return language[0] == 'e';
}

static struct bytes taken(struct arena *arena, struct buf *b)
{
	struct bytes text = arena_copy(arena, buf_bytes(b));
	buf_free(b);
	return text;
}

const char *export_sentence(struct arena *arena, const struct export_about *about, const struct dossier_event *event, const char *language)
{
	const char *line = story_line(arena, event, language);

	return about->whom == EXPORT_EXPERT ? arena_text(arena, mask_matricule(arena, bytes_of_text(line), about->dossier->request.patient.ins)) : line;
}

struct bytes export_history(struct arena *arena, const struct export_about *about, const char *language)
{
	struct buf b = buf_make(WORDS_ROOM);
	struct bytes reference = about->dossier->reference;

	buf_printf(&b, is_english(language) ? "Life of the dossier %.*s\n\n" : "Histoire du dossier %.*s\n\n", (int)reference.len, (const char *)reference.at);
	for (size_t i = 0; i < about->n_events; i++) {
		const struct dossier_event *e = &about->events[i];
		if (export_event(about->dossier, about->whom, e))
			buf_printf(&b, "%s\n  %s (%s)\n", story_time(arena, e->at, language), export_sentence(arena, about, e, language), story_actor(arena, e->actor, language));
	}
	return taken(arena, &b);
}

static const struct {
	const char *fr, *en;
} contents = {
	"\nCe qu'il y a ici\n"
	"  history.fr.txt   la vie du dossier, racontée phrase par phrase (history.en.txt en anglais)\n"
	"  received/        les messages reçus, tels qu'ils sont arrivés, sans un octet de changé (.eml : à ouvrir avec un logiciel de courrier)\n"
	"  sent/            les messages envoyés, tels qu'ils sont partis, avec leur sceau\n"
	"  documents/       les documents sortis des messages reçus, sous leurs noms ; R12 est le message d'où ils viennent\n"
	"  reports/         le compte rendu de l'expert : PDF pour les personnes, XML (CDA) pour les logiciels\n"
	"  events.json, mails.json, messages.json   la même chose pour les machines : les événements ; les envois et leurs preuves ; ce qui a été jugé de chaque message\n"
	"  manifest.json    chaque fichier, d'où il vient et son empreinte\n"
	"\nPreuve d'un envoi : 0 en file, 1 parti, 2 pris par l'opérateur du destinataire, 3 remis, 4 lu, 5 une personne a répondu.\n"
	"\nVérifier que rien n'a changé : dans ce dossier, sha256sum -c SHA256SUMS\n"
	"Vérifier le sceau d'un envoi : openssl cms -verify -in sent/FICHIER.eml -CAfile AUTORITÉS.pem -purpose any -out /dev/null\n",
	"\nWhat is here\n"
	"  history.en.txt   the dossier's life, told sentence by sentence (history.fr.txt in French)\n"
	"  received/        the messages that came, as they came, not a byte changed (.eml: for any mail program)\n"
	"  sent/            the mails that left, as they left, with their seal\n"
	"  documents/       the documents taken out of the messages, under their names; R12 is the message that they came in\n"
	"  reports/         the expert's report: PDF for people, XML (CDA) for software\n"
	"  events.json, mails.json, messages.json   the same for machines: the events; the mails and their proofs; what was judged of each message\n"
	"  manifest.json    every file, where it comes from, and its digest\n"
	"\nProof of a mail: 0 queued, 1 left, 2 taken by the recipient's operator, 3 delivered, 4 read, 5 a person answered.\n"
	"\nTo check that nothing has changed: in this folder, sha256sum -c SHA256SUMS\n"
	"To check the seal of a mail: openssl cms -verify -in sent/FILE.eml -CAfile AUTHORITIES.pem -purpose any -out /dev/null\n",
};

/* What that copy is, and what it is not. The patient's says the same whether something was left out or not. */
static const char *purpose(enum export_for whom, bool en)
{
	static const char *const words[EXPORT_FORS][2] = {
		[EXPORT_NOBODY] = {"", ""},
		[EXPORT_PATIENT] = {"Copie pour le patient (droit d'accès : RGPD, article 15 ; code de la santé publique, article L1111-7).\n"
				    "N'y figurent jamais ce que la loi réserve : ce qui concerne d'autres personnes, ce que son auteur a retiré, et ce que le médecin qui l'a écrit "
				    "a choisi d'annoncer lui-même. Pour le savoir, parlez-en à votre médecin ou écrivez au service.\n",
				    "Copy for the patient (right of access: GDPR, article 15; Code de la santé publique, article L1111-7).\n"
				    "What the law keeps apart is never in it: what is about other people, what its author has withdrawn, and what the doctor who wrote it chose to tell "
				    "you in person. To know more, speak to your doctor or write to the service.\n"},
		[EXPORT_OFFICER] = {"Copie entière, pour le délégué à la protection des données ou une autorité. Secret médical : tout y est, y compris ce que le patient ne doit pas "
				    "lire et ce qui concerne d'autres personnes. Ne la remettez jamais telle quelle au patient ni à un tiers.\n",
				    "Whole copy, for the privacy officer or an authority. Medical secrecy: all is in it, also what the patient must not read and what is about other "
				    "people. Never hand it to the patient or to anybody else as it is.\n"},
		[EXPORT_EXPERT] = {"Copie pour l'expert : ce qu'il a reçu, ce qu'il a écrit et ce qui en est venu. Secret médical.\n",
				   "Copy for the expert: what he was given, what he wrote, and what came of it. Medical secrecy.\n"},
	};
	return words[whom][en];
}

struct bytes export_readme(struct arena *arena, const struct export_about *about, const char *language)
{
	bool en = is_english(language);
	const struct dossier *d = about->dossier;
	struct buf b = buf_make(WORDS_ROOM);

	buf_printf(&b, en ? "Dossier %.*s, copied on %s by %s.\nState: %s.\n\n" : "Dossier %.*s, copié le %s par %s.\nÉtat : %s.\n\n", (int)d->reference.len,
		   (const char *)d->reference.at, story_time(arena, about->at, language), about->actor, dossier_state_label(d->state, language));
	buf_text(&b, purpose(about->whom, en));
	buf_text(&b, en ? contents.en : contents.fr);
	return taken(arena, &b);
}

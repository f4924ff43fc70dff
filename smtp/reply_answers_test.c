/* smtp/reply_answers_test.c - what experts write back, in the words of every day, and the traps among them. Half of the rows are traps. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "smtp/reply_word.h"

static const struct row {
	const char *text;
	enum reply_word word;
	enum reply_motive motive;
} rows[] = {
	/* --- yes, in French ------------------------------------------------------------------- */
	{"accepte svp", REPLY_ACCEPT, 0},
	{"J'accepte avec plaisir.", REPLY_ACCEPT, 0},
	{"Oui avec plaisir !", REPLY_ACCEPT, 0},
	{"Oui, bien volontiers.", REPLY_ACCEPT, 0},
	{"D'accord pour cet avis", REPLY_ACCEPT, 0},
	{"C'est d'accord", REPLY_ACCEPT, 0},
	{"Bonjour, c'est entendu, je prends ce dossier.", REPLY_ACCEPT, 0},
	{"Je m'en charge.", REPLY_ACCEPT, 0},
	{"Cher confrère,\n\nJ'accepte bien volontiers ce dossier.\n\nBien confraternellement,\nPr MOREAU", REPLY_ACCEPT, 0},
	{"J’ACCEPTE", REPLY_ACCEPT, 0},
	{"J'accèpte", REPLY_ACCEPT, 0},
	{"Jaccepte", REPLY_ACCEPT, 0},
	{"Dossier accepté.", REPLY_ACCEPT, 0},
	{"Je peux accepter ce dossier.", REPLY_ACCEPT, 0},
	{"Je souhaite accepter.", REPLY_ACCEPT, 0},
	{"OK pour moi", REPLY_ACCEPT, 0},
	{"Je veux bien.", REPLY_ACCEPT, 0},
	{"Je suis partante !", REPLY_ACCEPT, 0},
	{"J'accepte, je n'ai pas de conflit d'intérêt.", REPLY_ACCEPT, 0},
	{"Rien ne s'oppose à ce que j'accepte.", REPLY_ACCEPT, 0},
	{"Aucun problème, j'accepte.", REPLY_ACCEPT, 0},
	{"J'accepte et reste joignable si besoin.", REPLY_ACCEPT, 0},
	{"Merci de votre confiance. J'accepte. Bien à vous", REPLY_ACCEPT, 0},
	{"J'accepte. Pourriez-vous m'envoyer l'IRM ?", REPLY_ACCEPT, 0},
	{"Pour le Pr Durand : ACCEPTE", REPLY_ACCEPT, 0},

	/* --- yes, in English ------------------------------------------------------------------ */
	{"Yes, of course.", REPLY_ACCEPT, 0},
	{"Sure.", REPLY_ACCEPT, 0},
	{"I'd be happy to help.", REPLY_ACCEPT, 0},
	{"Happy to take this on.", REPLY_ACCEPT, 0},
	{"I'll take this one.", REPLY_ACCEPT, 0},
	{"I accept. No conflict of interest.", REPLY_ACCEPT, 0},
	{"No problem, I accept.", REPLY_ACCEPT, 0},
	{"Dear team,\n\nI am glad to accept.\n\nKind regards", REPLY_ACCEPT, 0},

	/* --- no -------------------------------------------------------------------------------------- */
	{"Je ne peux pas, désolé.", REPLY_REFUSE, 0},
	{"je n accepte pas", REPLY_REFUSE, 0},
	{"j'accepte pas", REPLY_REFUSE, 0},
	{"Je ne peux malheureusement pas accepter ce dossier.", REPLY_REFUSE, 0},
	{"Je vous remercie de cette demande mais je ne pourrai malheureusement\npas accepter ce dossier.", REPLY_REFUSE, 0},
	{"Je regrette, je ne pourrai pas.", REPLY_REFUSE, 0},
	{"Je ne suis pas en mesure de donner un avis.", REPLY_REFUSE, 0},
	{"Il ne m'est pas possible d'accepter.", REPLY_REFUSE, 0},
	{"Avec grand plaisir, mais je ne peux malheureusement pas.", REPLY_REFUSE, 0},
	{"N'ayant pas le temps, je ne peux accepter.", REPLY_REFUSE, REPLY_MOTIVE_TIME},
	{"Ce n'est pas mon domaine.", REPLY_REFUSE, REPLY_MOTIVE_FIELD},
	{"Hors de ma spécialité, désolé", REPLY_REFUSE, REPLY_MOTIVE_FIELD},
	{"REFUSE ce dossier ne relève pas de ma spécialité", REPLY_REFUSE, REPLY_MOTIVE_FIELD},
	{"REFUSE : trop de travail", REPLY_REFUSE, REPLY_MOTIVE_TIME},
	{"Pas le temps en ce moment.", REPLY_REFUSE, REPLY_MOTIVE_TIME},
	{"Je suis débordée.", REPLY_REFUSE, REPLY_MOTIVE_TIME},
	{"Je dois décliner, délai trop court.", REPLY_REFUSE, REPLY_MOTIVE_TIME},
	{"REFUSE : dossier insuffisant", REPLY_REFUSE, REPLY_MOTIVE_FILE},
	{"Refus, le dossier est incomplet.", REPLY_REFUSE, REPLY_MOTIVE_FILE},
	{"Je préfère ne pas.", REPLY_REFUSE, 0},
	{"Impossible cette semaine.", REPLY_REFUSE, 0},
	{"C'est impossible pour moi.", REPLY_REFUSE, 0},
	{"Je passe mon tour.", REPLY_REFUSE, 0},
	{"I'm afraid I can't.", REPLY_REFUSE, 0},
	{"I am afraid I cannot take this on.", REPLY_REFUSE, 0},
	{"Sorry, I can't this time.", REPLY_REFUSE, 0},
	{"I'd love to but I can't.", REPLY_REFUSE, 0},
	{"I must decline.", REPLY_REFUSE, 0},
	{"I'll pass on this one.", REPLY_REFUSE, 0},
	{"I'd rather not.", REPLY_REFUSE, 0},
	{"Not OK for me.", REPLY_REFUSE, 0},
	{"This is outside my field.", REPLY_REFUSE, REPLY_MOTIVE_FIELD},
	{"I decline, too busy.", REPLY_REFUSE, REPLY_MOTIVE_TIME},
	{"I decline: insufficient information", REPLY_REFUSE, REPLY_MOTIVE_FILE},
	{"Je ne peux pas, voyez avec le Dr Y.", REPLY_REFUSE, 0},

	/* --- conflicts --------------------------------------------------------------------------------- */
	{"Conflit d'intérêts : je l'ai opérée.", REPLY_CONFLICT, REPLY_MOTIVE_CONFLICT},
	{"Non, conflit d'intérêts.", REPLY_CONFLICT, REPLY_MOTIVE_CONFLICT},
	{"C'est ma patiente.", REPLY_CONFLICT, REPLY_MOTIVE_CONFLICT},
	{"Je suis cette patiente depuis 2019.", REPLY_CONFLICT, REPLY_MOTIVE_CONFLICT},
	{"Je travaille dans le même service.", REPLY_CONFLICT, REPLY_MOTIVE_CONFLICT},
	{"I operated on this patient.", REPLY_CONFLICT, REPLY_MOTIVE_CONFLICT},
	{"I must decline, conflict of interest", REPLY_CONFLICT, REPLY_MOTIVE_CONFLICT},
	{"Pas de conflit d'intérêts.", REPLY_NONE, 0},

	/* --- away --------------------------------------------------------------------------------------- */
	{"Je ne suis pas disponible.", REPLY_ABSENT, 0},
	{"I'm not available.", REPLY_ABSENT, 0},
	{"En congé maternité", REPLY_ABSENT, 0},

	/* --- with the dossier in hand -------------------------------------------------------------- */
	{"COMPLÉMENT : IRM de 2023 ?", REPLY_MORE, 0},
	{"Complement", REPLY_MORE, 0},
	{"Il me faudrait l'IRM de 2023.", REPLY_MORE, 0},
	{"J'aurais besoin du compte rendu opératoire.", REPLY_MORE, 0},
	{"Could you please send the MRI report?", REPLY_MORE, 0},
	{"Le dossier est incomplet.", REPLY_MORE, 0},
	{"RENDRE", REPLY_RETURN, 0},
	{"RENDRE : pas le temps.", REPLY_RETURN, REPLY_MOTIVE_TIME},
	{"RENDRE: hors de mon domaine", REPLY_RETURN, REPLY_MOTIVE_FIELD},
	{"RENDRE, je suis débordé.", REPLY_RETURN, REPLY_MOTIVE_TIME},
	{"RENDRE je ne peux pas ouvrir les images", REPLY_RETURN, 0},
	{"RENDRE. Je ne peux pas donner cet avis, c'est trop tard.", REPLY_RETURN, 0},
	{"RENDRE : je ne suis pas le bon interlocuteur, voyez le Dr Martin.", REPLY_RETURN, 0},
	{"RENDRE ce dossier, merci", REPLY_RETURN, 0},
	{"RENDRE : si possible avant lundi", REPLY_RETURN, 0},
	{"Rendre\nJe n'accepte plus de dossier ce mois-ci.", REPLY_RETURN, 0},
	{"RENDRE — conflit d'intérêts", REPLY_CONFLICT, REPLY_MOTIVE_CONFLICT},
	{"RENDRE : le dossier est incomplet.", REPLY_RETURN, REPLY_MOTIVE_FILE},
	{"RENDRE mais seulement si un confrère est libre", REPLY_RETURN, 0},
	{"GIVE BACK", REPLY_RETURN, 0},
	{"GIVE BACK: no time", REPLY_RETURN, REPLY_MOTIVE_TIME},
	{"Give back - I cannot open the images", REPLY_RETURN, 0},
	{"RENDRE ?", REPLY_UNCLEAR, 0},
	{"RENDRE\nACCEPTE", REPLY_UNCLEAR, 0},
	{"Je dois vous rendre ce dossier.", REPLY_RETURN, 0},
	{"Je rends le dossier, pas le temps.", REPLY_RETURN, REPLY_MOTIVE_TIME},
	{"I have to give this back.", REPLY_RETURN, 0},
	{"Je me désiste.", REPLY_RETURN, 0},
	{"AVIS", REPLY_OPINION, 0},
	{"Voici mon avis :", REPLY_OPINION, 0},
	{"Please find attached my report", REPLY_OPINION, 0},
	{"Je délègue à ma collègue le Dr Martin.", REPLY_DELEGATE, 0},
	{"Please ask Dr Smith.", REPLY_DELEGATE, 0},

	/* --- not an answer, though it looks like one -------------------------------------------- */
	{"Veuillez accepter mes salutations.", REPLY_NONE, 0},
	{"Please accept my apologies.", REPLY_NONE, 0},
	{"Je vous prie d'accepter l'expression de mes salutations.", REPLY_NONE, 0},
	{"Bien reçu, merci.", REPLY_NONE, 0},
	{"À mon avis il faut opérer.", REPLY_NONE, 0},
	{"Scanner absent du dossier.", REPLY_NONE, 0},
	{"En l'absence de métastase, on opère.", REPLY_NONE, 0},
	{"Je suis disponible pour en parler.", REPLY_NONE, 0},
	{"Réponse avant vendredi au plus tard.", REPLY_NONE, 0},
	{"acceptable", REPLY_NONE, 0},
	{"La conduite est refusable.", REPLY_NONE, 0},

	/* --- a doubt is no acceptance -------------------------------------------------------------- */
	{"Le patient accepte.", REPLY_UNCLEAR, 0},
	{"Le patient n'accepte pas.", REPLY_UNCLEAR, 0},
	{"La patiente refuse l'opération.", REPLY_UNCLEAR, 0},
	{"Je pense que le patient accepte.", REPLY_UNCLEAR, 0},
	{"Le Pr Durand accepte.", REPLY_UNCLEAR, 0},
	{"Je ne peux pas ouvrir le fichier.", REPLY_UNCLEAR, 0},
	{"I cannot open the attachment.", REPLY_UNCLEAR, 0},
	{"Je ne peux pas refuser.", REPLY_UNCLEAR, 0},
	{"I can't refuse.", REPLY_UNCLEAR, 0},
	{"Je ne peux qu'accepter.", REPLY_UNCLEAR, 0},
	{"Je ne dis pas non.", REPLY_UNCLEAR, 0},
	{"I won't say no.", REPLY_UNCLEAR, 0},
	{"Je ne vois pas pourquoi je n'accepterais pas.", REPLY_UNCLEAR, 0},
	{"J'accepterais volontiers si le délai était plus long.", REPLY_UNCLEAR, 0},
	{"Je pourrais accepter en décembre.", REPLY_UNCLEAR, 0},
	{"J'accepte si vous m'envoyez l'IRM.", REPLY_UNCLEAR, 0},
	{"J'accepte sous réserve.", REPLY_UNCLEAR, 0},
	{"I accept, provided that I have until March.", REPLY_UNCLEAR, 0},
	{"J'aurais accepté avec plaisir mais je pars.", REPLY_UNCLEAR, 0},
	{"J'accepte mais pas avant lundi.", REPLY_UNCLEAR, 0},
	{"Je ne suis pas spécialiste du sujet, mais j'accepte.", REPLY_UNCLEAR, 0},
	{"Je ne suis pas en congé, j'accepte.", REPLY_UNCLEAR, 0},
	{"Oui ?", REPLY_UNCLEAR, 0},
	{"Ok mais", REPLY_UNCLEAR, 0},
	{"Puis-je accepter plus tard ?", REPLY_UNCLEAR, 0},
	{"I will let you know.", REPLY_UNCLEAR, 0},
	{"Je reviens vers vous.", REPLY_UNCLEAR, 0},
	{"Je ne sais pas.", REPLY_UNCLEAR, 0},
	{"I am not sure I can accept.", REPLY_UNCLEAR, 0},
	{"J'accepte. Le dossier est incomplet.", REPLY_UNCLEAR, 0},
	{"J'accepte.\nFinalement, je refuse.", REPLY_UNCLEAR, 0},
	{"J'accepte.\n\nCordialement\n\nPS : je refuse finalement", REPLY_UNCLEAR, 0},
	{"J'accepte.\nUn.\nDeux.\nTrois.\nQuatre.\nNon, je ne peux pas accepter.", REPLY_UNCLEAR, 0},
	{"J'accepte, mon collègue le Dr Y verra. Voyez avec le Dr Y.", REPLY_UNCLEAR, 0},
	{"Oui, c'est ma patiente.", REPLY_UNCLEAR, 0},
	{"J'accepte. Ci-joint mon avis.", REPLY_UNCLEAR, 0},
};

static void answers_are_read(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_create(4 << 20);
		struct reply reply;
		reply_word_read(arena, bytes_of_text(rows[i].text), (struct date){2026, 11, 21}, &reply);
		if (reply.word != rows[i].word || reply.motive != rows[i].motive) {
			print_message("\"%s\": %s, %s\n", rows[i].text, reply_word_name(reply.word), reply_motive_name(reply.motive));
			wrong++;
		}
		arena_destroy(&arena);
	}
	assert_int_equal(wrong, 0);
}

static const struct beside {
	const char *text;
	bool delegate, on_behalf, more;
	const char *address, *rest;
} besides[] = {
	{"J'accepte. Pourriez-vous m'envoyer l'IRM ?", false, false, true, "", "J'accepte. Pourriez-vous m'envoyer l'IRM ?"},
	{"Je délègue à ma collègue dr.martin@hopital.example", true, false, false, "dr.martin@hopital.example", "Je délègue à ma collègue dr.martin@hopital.example"},
	{"REFUSE, voyez avec le Dr Y.", true, false, false, "", "voyez avec le Dr Y."},
	{"Voyez le Dr Y (y@a.example) ou le Dr Z (z@a.example)", true, false, false, "", "Voyez le Dr Y (y@a.example) ou le Dr Z (z@a.example)"},
	{"ACCEPTE\n\nSecrétariat du Pr Durand", false, true, false, "", "Secrétariat du Pr Durand"},
	{"Pour le Pr Durand : ACCEPTE", false, true, false, "", "Pour le Pr Durand : ACCEPTE"},
	{"REFUSE : trop de dossiers", false, false, false, "", "trop de dossiers"},
	{"COMPLÉMENT\u00a0: IRM de 2023 ?", false, false, false, "", "IRM de 2023 ?"},
	{"ACCEPTE, écrire à a@b.example", false, false, false, "", "écrire à a@b.example"},
};

static void what_stands_beside_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(besides) / sizeof(besides[0]); i++) {
		const struct beside *b = &besides[i];
		struct arena *arena = arena_create(4 << 20);
		struct reply r;
		reply_word_read(arena, bytes_of_text(b->text), (struct date){2026, 11, 21}, &r);
		if (r.delegate != b->delegate || r.on_behalf != b->on_behalf || r.more != b->more || !bytes_equal_text(r.address, b->address) ||
		    !bytes_equal_text(r.rest, b->rest))
			fail_msg("%s: delegate %d, on behalf %d, more %d, \"%.*s\", \"%.*s\"", b->text, r.delegate, r.on_behalf, r.more, (int)r.address.len,
				 r.address.len > 0 ? (const char *)r.address.at : "", (int)r.rest.len, r.rest.len > 0 ? (const char *)r.rest.at : "");
		arena_destroy(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_read),
		cmocka_unit_test(what_stands_beside_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* smtp/reply_wish_test.c - the words of patients and of physicians, and what only looks like them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtp/reply_word.h"

static const struct row {
	const char *text;
	enum reply_word word;
} patients[] = {
	{"PARTAGER", REPLY_SHARE},
	{"Partager avec mon gynécologue le Dr Martin", REPLY_SHARE},
	{"Bonjour, partagez.", REPLY_SHARE},
	{"Please share my report with my GP.", REPLY_SHARE},
	{"Pouvez-vous transmettre le rapport à mon médecin traitant ?", REPLY_SHARE},
	{"Merci de l'envoyer à mon gynécologue.", REPLY_SHARE},
	{"Ne partagez pas avec mon médecin.", REPLY_UNSHARE},
	{"Please do not share with my GP.", REPLY_UNSHARE},
	{"Je ne souhaite pas que vous transmettiez l'avis.", REPLY_UNSHARE},
	{"Je retire mon accord pour le partage avec le Dr Martin.", REPLY_UNSHARE},
	{"CORRIGER : je suis née le 12", REPLY_CORRECT},
	{"Il y a une erreur dans mon dossier.", REPLY_CORRECT},
	{"Je me suis trompée dans la date.", REPLY_CORRECT},
	{"My name is misspelt.", REPLY_CORRECT},
	{"STOP", REPLY_STOP},
	{"Stop.", REPLY_STOP},
	{"Arrêtez de m'écrire", REPLY_STOP},
	{"Ne m'envoyez plus de messages.", REPLY_STOP},
	{"J'annule ma demande.", REPLY_STOP},
	{"Unsubscribe", REPLY_STOP},
	{"APPELEZ-MOI", REPLY_CALL},
	{"Appelez moi au 06 12 34 56 78", REPLY_CALL},
	{"Merci de me rappeler", REPLY_CALL},
	{"Pouvez-vous m'appeler ?", REPLY_CALL},
	{"Please call me.", REPLY_CALL},
	{"Je souhaite être rappelée.", REPLY_CALL},
	{"Je retire mon consentement.", REPLY_WITHDRAW},
	{"Je souhaite retirer mon consentement", REPLY_WITHDRAW},
	{"Je retire mon consentement. Appelez-moi.", REPLY_WITHDRAW},
	{"STOP. Je retire mon consentement.", REPLY_WITHDRAW},
	{"I withdraw my consent", REPLY_WITHDRAW},
	{"I no longer consent.", REPLY_WITHDRAW},
	{"L'examen n'existe pas.", REPLY_NO_EXAM},
	{"Je n'ai pas d'IRM", REPLY_NO_EXAM},
	{"Je n'ai jamais passé cet examen", REPLY_NO_EXAM},
	{"I don't have it.", REPLY_NO_EXAM},
	{"This exam was never done.", REPLY_NO_EXAM},
	{"Attendez", REPLY_WAIT},
	{"Attendez svp, je cherche mon IRM", REPLY_WAIT},
	{"Merci d'attendre", REPLY_WAIT},
	{"Please wait.", REPLY_WAIT},
	{"J'ai fini", REPLY_DONE},
	{"J'ai fini, merci", REPLY_DONE},
	{"Je n'ai plus de question.", REPLY_DONE},
	{"C'est tout merci", REPLY_DONE},
	{"No more questions, thank you.", REPLY_DONE},
	{"I'm done.", REPLY_DONE},
	/* Two wishes, or one that is asked about, denied or somebody else's: a person reads it. */
	{"PARTAGER\nSTOP", REPLY_UNCLEAR},
	{"Je retire mon consentement. Partager avec mon médecin.", REPLY_UNCLEAR},
	{"Je ne retire pas mon consentement", REPLY_UNCLEAR},
	{"Si je retire mon consentement, que se passe-t-il ?", REPLY_UNCLEAR},
	{"Puis-je retirer mon consentement ?", REPLY_UNCLEAR},
	{"Mon médecin veut que je retire mon consentement, il retire mon consentement", REPLY_UNCLEAR},
	{"Ne m'appelez pas.", REPLY_UNCLEAR},
	{"Je ne veux pas être rappelée", REPLY_UNCLEAR},
	/* Questions for the expert, not wishes. */
	{"Dois-je partager le rapport ?", REPLY_NONE},
	{"Mon mari veut partager", REPLY_NONE},
	{"Mon mari retire son consentement", REPLY_NONE},
	{"Stop au traitement ?", REPLY_NONE},
	{"Dois-je arrêter le traitement ?", REPLY_NONE},
	{"Faut-il arrêter la pilule ?", REPLY_NONE},
	{"J'ai arrêté de fumer", REPLY_NONE},
	{"Le médecin m'a appelée hier.", REPLY_NONE},
	{"J'attends votre réponse", REPLY_NONE},
	{"Faut-il attendre ?", REPLY_NONE},
	{"Dois-je attendre avant l'opération ?", REPLY_NONE},
	{"J'ai terminé ma chimiothérapie", REPLY_NONE},
	{"Je n'ai pas fini", REPLY_NONE},
	{"Je n'ai pas de douleur", REPLY_NONE},
	{"Il n'existe pas de traitement ?", REPLY_NONE},
	{"Quels sont les risques de l'opération ?", REPLY_NONE},
	{"J'ai encore une question : faut-il corriger la dose ?", REPLY_NONE},
	{"Merci beaucoup docteur.", REPLY_NONE},
	{"> PARTAGER ou STOP", REPLY_NONE},
	{"", REPLY_NONE},
}, physicians[] = {
	{"PDF seul", REPLY_PDF_ONLY},
	{"Merci d'envoyer uniquement le PDF.", REPLY_PDF_ONLY},
	{"pas de zip svp", REPLY_PDF_ONLY},
	{"Only PDF please", REPLY_PDF_ONLY},
	{"Je ne peux pas ouvrir les fichiers zip, PDF seul", REPLY_PDF_ONLY},
	{"papier", REPLY_PAPER},
	{"Par courrier s'il vous plaît", REPLY_PAPER},
	{"by post please", REPLY_PAPER},
	{"Autre adresse : dr.martin@cabinet.example", REPLY_ADDRESS},
	{"Écrivez-moi à dr.martin@cabinet.example", REPLY_ADDRESS},
	{"agree", REPLY_AGREE},
	{"CONFIRME", REPLY_AGREE},
	{"Confirme.", REPLY_AGREE},
	{"CONFIRM", REPLY_AGREE},
	{"Je confirme.", REPLY_AGREE},
	{"REFUSE", REPLY_REFUSE},
	{"refuse : le patient n'est pas d'accord", REPLY_REFUSE},
	{"CONFIRME\n> REFUSE : le patient n'est pas d'accord", REPLY_AGREE},
	{"Accord du patient", REPLY_AGREE},
	{"Le patient est d'accord.", REPLY_AGREE},
	{"J'ai recueilli son accord", REPLY_AGREE},
	{"She agrees.", REPLY_AGREE},
	{"Je confirme l'accord de la patiente", REPLY_AGREE},
	{"Le patient refuse", REPLY_REFUSE},
	{"Le patient n'est pas d'accord", REPLY_REFUSE},
	{"The patient does not agree", REPLY_REFUSE},
	{"Pas d'accord", REPLY_REFUSE},
	{"Autre adresse", REPLY_UNCLEAR},
	/* Our own footer, quoted by a program that marks no quotes. */
	{"Merci.\nPour la suite, un mot en réponse suffit\u00a0:\nPDF SEUL\u00a0: sans fichier pour un logiciel\nPAPIER\u00a0: par courrier, au cabinet", REPLY_UNCLEAR},
	{"Thank you.\nFor what comes next, a word in reply is enough:\nPDF ONLY: no file for a software\nPAPER: by post, to the practice", REPLY_UNCLEAR},
	{"Votre réponse, un mot suffit\u00a0:\nCONFIRME\u00a0: le patient est d’accord\nREFUSE\u00a0: le patient n’est pas d’accord, la demande s’arrête", REPLY_UNCLEAR},
	{"Autre adresse : a@b.example ou c@d.example", REPLY_UNCLEAR},
	{"PDF seul, autre adresse : a@b.example", REPLY_UNCLEAR},
	{"Je n'ai pas encore son accord", REPLY_UNCLEAR},
	{"Merci pour le PDF.", REPLY_NONE},
	{"Ci-joint le courrier", REPLY_NONE},
	{"Le patient est-il d'accord ?", REPLY_NONE},
	{"Bien reçu.", REPLY_NONE},
};

static size_t read_all(const struct row *rows, size_t n, void (*reader)(struct arena *, struct bytes, struct reply *))
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++) {
		struct arena *arena = arena_create(4 << 20);
		struct reply reply;
		reader(arena, bytes_of_text(rows[i].text), &reply);
		if (reply.word != rows[i].word) {
			print_message("\"%s\": %s\n", rows[i].text, reply_word_name(reply.word));
			wrong++;
		}
		arena_destroy(&arena);
	}
	return wrong;
}

static void patients_are_read(void **state)
{
	(void)state;
	assert_int_equal(read_all(patients, sizeof(patients) / sizeof(patients[0]), reply_patient_read), 0);
}

static void physicians_are_read(void **state)
{
	(void)state;
	assert_int_equal(read_all(physicians, sizeof(physicians) / sizeof(physicians[0]), reply_physician_read), 0);
}

static void address_is_given(void **state)
{
	struct arena *arena = arena_create(4 << 20);
	struct reply reply;

	(void)state;
	reply_physician_read(arena, BYTES("Autre adresse\u00a0: <dr.martin@cabinet.example>."), &reply);
	assert_int_equal(reply.word, REPLY_ADDRESS);
	assert_true(bytes_equal_text(reply.address, "dr.martin@cabinet.example"));
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patients_are_read),
		cmocka_unit_test(physicians_are_read),
		cmocka_unit_test(address_is_given),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* smtp/reply_emergency_test.c - what is read as a sign of an emergency, and what is not. A sign that is missed is worse than one too many. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtp/reply_emergency.h"

enum { NOTHING = -1 };

static const struct row {
	const char *text;
	int kind;
} rows[] = {
	{"J'ai une douleur dans la poitrine depuis ce matin", EMERGENCY_CHEST},
	{"DOULEUR THORACIQUE", EMERGENCY_CHEST},
	{"J'ai mal au bras gauche", EMERGENCY_CHEST},
	{"I have chest pain", EMERGENCY_CHEST},
	{"my chest hurts", EMERGENCY_CHEST},
	{"heart attack", EMERGENCY_CHEST},
	{"la douleur thoracique ne passe pas", EMERGENCY_CHEST},
	{"Je n'ai pas pu dormir à cause de la douleur thoracique", EMERGENCY_CHEST},
	{"Je n'ai pas seulement une douleur thoracique", EMERGENCY_CHEST},
	{"Je n'avais pas de fièvre, douleur thoracique oui", EMERGENCY_CHEST},
	{"Je n'arrive plus à respirer", EMERGENCY_BREATH},
	{"Pas de saignement mais je suis essoufflée", EMERGENCY_BREATH},
	{"I can't breathe", EMERGENCY_BREATH},
	{"I am short of breath", EMERGENCY_BREATH},
	{"Je saigne beaucoup", EMERGENCY_BLEEDING},
	{"Je ne saigne plus", EMERGENCY_BLEEDING},
	{"Il y a du sang dans mes urines", EMERGENCY_BLEEDING},
	{"I am bleeding heavily", EMERGENCY_BLEEDING},
	{"Ma mère saigne du nez", EMERGENCY_BLEEDING},
	{"J'ai la bouche déformée d'un côté", EMERGENCY_STROKE},
	{"Je n'arrive plus à parler", EMERGENCY_STROKE},
	{"Mon bras droit est paralysé", EMERGENCY_STROKE},
	{"sudden headache", EMERGENCY_STROKE},
	{"Je me suis évanouie hier", EMERGENCY_CONSCIOUSNESS},
	{"j'ai fait un malaise", EMERGENCY_CONSCIOUSNESS},
	{"She passed out", EMERGENCY_CONSCIOUSNESS},
	{"Je veux mourir", EMERGENCY_SUICIDE},
	{"Je n'ai plus envie de vivre", EMERGENCY_SUICIDE},
	{"Je ne veux plus vivre", EMERGENCY_SUICIDE},
	{"j'ai des idées noires", EMERGENCY_SUICIDE},
	{"Je pense au suicide", EMERGENCY_SUICIDE},
	{"J'ai envie d'en finir", EMERGENCY_SUICIDE},
	{"I want to die", EMERGENCY_SUICIDE},
	{"I don't want to live anymore", EMERGENCY_SUICIDE},
	{"I want to kill myself", EMERGENCY_SUICIDE},
	{"visage gonflé", EMERGENCY_ALLERGY},
	{"severe allergic reaction", EMERGENCY_ALLERGY},
	{"J'ai pris trop de comprimés", EMERGENCY_POISON},
	{"I took too many pills", EMERGENCY_POISON},
	{"J'ai perdu les eaux", EMERGENCY_PREGNANCY},
	{"My baby stopped moving", EMERGENCY_PREGNANCY},
	{"Je ne sens plus mes jambes", EMERGENCY_NEURO},
	{"I lost control of my bladder", EMERGENCY_NEURO},
	{"39,5 de fièvre", EMERGENCY_INFECTION},
	{"J'ai de la fièvre sous chimio", EMERGENCY_INFECTION},
	{"douleur insupportable", EMERGENCY_PAIN},
	{"the pain is unbearable", EMERGENCY_PAIN},
	{"On m'opère demain", EMERGENCY_SURGERY_SOON},
	{"Mon opération est prévue demain matin", EMERGENCY_SURGERY_SOON},
	{"opération dans 2 jours", EMERGENCY_SURGERY_SOON},
	{"Je suis opérée lundi", EMERGENCY_SURGERY_SOON},
	{"My surgery is tomorrow", EMERGENCY_SURGERY_SOON},
	{"Je suis aux urgences", EMERGENCY_HELP},
	{"C'est urgent", EMERGENCY_HELP},
	{"au secours", EMERGENCY_HELP},
	{"help me please", EMERGENCY_HELP},
	{"J'ai une douleur dans\nla poitrine", EMERGENCY_CHEST},
	{"Allergies : aucune\nDouleur thoracique depuis hier", EMERGENCY_CHEST},
	/* Denied. */
	{"Je n'ai pas de douleur thoracique", NOTHING},
	{"Pas de douleur dans la poitrine.", NOTHING},
	{"No chest pain", NOTHING},
	{"I don't have any chest pain", NOTHING},
	{"sans saignement", NOTHING},
	{"no bleeding", NOTHING},
	{"Je n'ai jamais eu de malaise", NOTHING},
	{"Je n'ai pas d'idées suicidaires", NOTHING},
	/* Something else. */
	{"L'intervention est prévue le 3 mars", NOTHING},
	{"opération dans six semaines", NOTHING},
	{"My surgery is scheduled for March 20", NOTHING},
	{"Je ne peux plus marcher sans canne", NOTHING},
	{"à l'aide d'une canne", NOTHING},
	{"Quels sont les risques de l'opération ?", NOTHING},
	{"Je suis confuse de vous déranger", NOTHING},
	{"Je ne vois plus mon médecin", NOTHING},
	{"I have trouble sleeping", NOTHING},
	{"J'ai mal au dos", NOTHING},
	{"Merci pour votre réponse. Faut-il une IRM ?", NOTHING},
	{"", NOTHING},
};

static void signs_are_read(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *arena = arena_create(4 << 20);
		struct reply_emergency found[REPLY_EMERGENCIES];
		size_t n = reply_emergency_read(arena, bytes_of_text(rows[i].text), found);
		if (rows[i].kind == NOTHING ? n != 0 : n == 0 || (int)found[0].kind != rows[i].kind) {
			print_message("\"%s\": %zu, %s\n", rows[i].text, n, n > 0 ? reply_emergency_name(found[0].kind) : "nothing");
			wrong++;
		}
		arena_destroy(&arena);
	}
	assert_int_equal(wrong, 0);
}

static void words_are_told_once_a_kind(void **state)
{
	struct arena *arena = arena_create(4 << 20);
	struct reply_emergency found[REPLY_EMERGENCIES];

	(void)state;
	size_t n = reply_emergency_read(arena, BYTES("J'ai mal à la poitrine, je saigne. Je saigne encore et j'étouffe !"), found);
	assert_int_equal(n, 3);
	assert_true(bytes_equal_text(found[0].words, "mal a la poitrine"));
	assert_int_equal(found[1].kind, EMERGENCY_BLEEDING);
	assert_int_equal(found[2].kind, EMERGENCY_BREATH);
	arena_destroy(&arena);
}

/* A sign behind very much text is still found. */
static void long_texts_are_read_to_the_end(void **state)
{
	struct arena *arena = arena_create(64 << 20);
	struct reply_emergency found[REPLY_EMERGENCIES];
	size_t len = 200000;
	unsigned char *text = arena_alloc(arena, len + 16);

	(void)state;
	for (size_t i = 0; i < len; i++)
		text[i] = i % 6 == 5 ? ' ' : 'a';
	for (size_t i = 0; i < 9; i++)
		text[len + i] = (unsigned char)"je saigne"[i];
	assert_int_equal(reply_emergency_read(arena, (struct bytes){text, len + 9}, found), 1);
	arena_destroy(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_are_read),
		cmocka_unit_test(words_are_told_once_a_kind),
		cmocka_unit_test(long_texts_are_read_to_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

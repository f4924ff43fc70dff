/* tests/peers/pdf_probe.c - sample pages for tests/pdf_forms.py and for the eye.
 *
 * pdf_probe SAMPLE FILE [TIMES]   writes the sample; with TIMES it is made so often, and the mean time is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "cda/pdf.h"

enum { EXAMS = 14, MEMORY = 256 * 1024 * 1024 };

static const char opinion[] =
	"Il s’agit d’une patiente de 47 ans suivie pour un glaucome primitif à angle ouvert, traitée par latanoprost depuis 2021. Les examens "
	"transmis sont complets : champs visuels de 2024, 2025 et 2026, OCT du nerf optique, photographies du fond d’œil.\n\n"
	"L’analyse comparée des OCT ne montre pas d’amincissement significatif des fibres (98 µm puis 97 µm ; variation inférieure à la "
	"répétabilité de l’appareil). Le champ visuel 24-2 montre une déviation moyenne de −2,1 dB, stable. La papille est excavée à 0,6, sans "
	"hémorragie.\n\nDans ces conditions, la chirurgie filtrante n’apporterait pas de bénéfice démontré, et l’exposerait à des complications "
	"bien décrites. Une trabéculoplastie au laser reste une option si la pression dépassait durablement la cible.\nVoir "
	"https://www.exemple.test/recommandations/glaucome-primitif-a-angle-ouvert/prise-en-charge-2025.pdf?version=complete&langue=fr pour le détail.";

static const char advice[] =
	"1. Poursuivre le latanoprost, une goutte le soir dans l’œil gauche.\n"
	"2. Contrôle de la pression dans 3 mois, champ visuel dans 6 mois, avec le même appareil et la même stratégie pour que les résultats "
	"restent comparables.\n3. OCT de contrôle dans 12 mois.\n\nÀ surveiller :\n- douleur ou rougeur de l’œil ;\n- baisse de vision brutale ;\n"
	"- effets du collyre (cils, paupières).";

static const struct pdf_row report_rows[] = {
	{BYTES_OF("Patient"), BYTES_OF("Dominique PAT-TROIS, née le 28/03/1979"), 0},
	{BYTES_OF("Matricule INS"), BYTES_OF("2 79 03 51 215 189 89"), 0},
	{BYTES_OF("Médecin expert"), BYTES_OF("Dr Hélène EXEMPLE, RPPS 00000000000"), 0},
	{BYTES_OF("Structure"), BYTES_OF("Centre d’avis de l’Œuvre de test, service d’ophtalmologie"), 0},
	{BYTES_OF("Avis rendu le"), BYTES_OF("vendredi 20 novembre 2026 à 14 h 30"), 0},
	{BYTES_OF("Absent"), BYTES_OF(""), 0},
	{BYTES_OF("Question posée"), BYTES_OF("Faut-il opérer l’œil gauche ?"), 3},
};

static const struct pdf_section report_sections[] = {
	{BYTES_OF("En clair, pour le patient"),
	 BYTES_OF("Votre œil gauche va bien : « rien d’urgent à faire » ! Une opération n’est pas nécessaire maintenant. Continuez vos gouttes matin "
		  "et soir et revoyez votre ophtalmologiste dans trois mois.\n\nAppelez tout de suite si vous voyez des éclairs, un voile noir, ou si "
		  "l’œil devient rouge et douloureux."),
	 true, 0},
	{BYTES_OF("Réponses à vos questions"), BYTES_OF(""), false, 1},
	{BYTES_OF("Faut-il opérer l’œil gauche ?"),
	 BYTES_OF("Non, pas à ce stade. La pression est à 17 mmHg (cible ≤ 18 mmHg) et le champ visuel est stable depuis 24 mois. L’épaisseur "
		  "cornéenne est de 545 µm, la température 37 °C."),
	 false, 2},
	{BYTES_OF("Quels sont les risques si l’on attend ?"),
	 BYTES_OF("Ils sont faibles tant que la surveillance est régulière ; au-delà de six mois sans contrôle, le risque devient réel."), false, 2},
	{BYTES_OF("Avis motivé"), {(const unsigned char *)opinion, sizeof opinion - 1}, false, 1},
	{BYTES_OF("Ce qu’il faut faire, et quand"), {(const unsigned char *)advice, sizeof advice - 1}, false, 1},
	{BYTES_OF("Convergence avec l’avis du médecin traitant"),
	 BYTES_OF("Convergence complète. Le premier avis proposait une surveillance : c’est aussi le mien."), false, 1},
	{BYTES_OF("Aides utilisées, liens d’intérêts"), BYTES_OF("Aucune aide automatique. Aucun lien avec un fabricant de collyres."), false, 1},
};

static const struct pdf_section odd_sections[] = {
	{BYTES_OF("Noms d’ailleurs"),
	 BYTES_OF("- Nguyễn Thị Ánh, Łukasz Wiśniewski, Zoë, Ștefan, İpek, Þóra\n- Κωνσταντίνα Παπαδοπούλου, Иван Щербаков\n- عائشة بن علي et יעקב\n"
		  "- e\u0301te\u0301 composé, a\u0301\u0302\u0323 accumulé\n- → ≥ ≤ ≈ ± × ÷ ½ ¾ ² ³ ₂ ‰ € ✓ ∞ Δ"),
	 false, 1},
	{BYTES_OF("Signes absents"), BYTES_OF("日本語 et 😀 n’ont pas de forme ici ; \u202eretourné\u202c reste droit."), false, 1},
	{BYTES_OF("عنوان"), BYTES_OF("كتب الطبيب هذا النص بالعربية، وهو يقرأ من اليمين إلى اليسار.\n\nPuis le français reprend."), false, 2},
	{BYTES_OF("Un mot très long"),
	 BYTES_OF("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftdonaudampfschifffahrtselektrizitätenhauptbetriebswerk"),
	 false, 1},
};

static const struct pdf_section english_sections[] = {
	{BYTES_OF("In plain words"), BYTES_OF("Your left eye is well: nothing is urgent! Is surgery needed? No; not now."), true, 1},
	{BYTES_OF("Reasoned opinion"), BYTES_OF("The pressure is 17 mmHg (target 18 mmHg). See Dr EXAMPLE in 3 months."), false, 1},
};

static struct pdf_input report(void)
{
	return (struct pdf_input){
		.title = BYTES("Deuxième avis médical"), .service = BYTES("Service de test « Deuxième avis »"), .reference = BYTES("A-2026-000123"),
		.author = BYTES("Dr Hélène EXEMPLE"), .note = BYTES("Avis rendu sur dossier : il ne remplace pas votre médecin. Document confidentiel."),
		.time = {1795297800000000}, .rows = report_rows, .row_count = sizeof report_rows / sizeof report_rows[0],
		.sections = report_sections, .section_count = sizeof report_sections / sizeof report_sections[0],
	};
}

/* Exams by date, each with a row that links to it. */
static struct pdf_input dossier(struct arena *arena)
{
	struct pdf_input input = report();
	struct pdf_row *rows = arena_alloc(arena, (EXAMS + 1) * sizeof *rows);
	struct pdf_section *sections = arena_alloc(arena, (EXAMS + 3) * sizeof *sections);
	input.title = BYTES("Dossier en ordre : glaucome de l’œil gauche");
	rows[0] = report_rows[0];
	sections[0] = (struct pdf_section){BYTES("La question"), BYTES("Faut-il opérer mon œil gauche cette année ?"), true, 1};
	sections[1] = (struct pdf_section){BYTES("Résumé"), bytes_of_text(opinion), false, 1};
	sections[2] = (struct pdf_section){BYTES("Examens par date"), BYTES_NONE, false, 1};
	for (size_t i = 0; i < EXAMS; i++) {
		struct bytes name = bytes_of_text(arena_printf(arena, "%02zu/03/2026, champ visuel et OCT n° %zu", i + 1, i + 1));
		rows[1 + i] = (struct pdf_row){BYTES("Examen"), name, 4 + i};
		sections[3 + i] = (struct pdf_section){name, bytes_of_text(i % 3 == 1 ? advice : opinion), false, 2};
	}
	input.rows = rows;
	input.row_count = EXAMS + 1;
	input.sections = sections;
	input.section_count = EXAMS + 3;
	return input;
}

/* Paragraphs of every length, so that each way to meet the foot of a page comes; and a row that no page can hold. */
static struct pdf_input endless(struct arena *arena)
{
	struct pdf_input input = report();
	struct pdf_section *sections = arena_alloc(arena, 90 * sizeof *sections);
	struct pdf_row *row = arena_alloc(arena, sizeof *row);
	struct buf text = buf_make(1 << 20);
	for (size_t i = 0; i < 90; i++) {
		buf_clear(&text);
		for (size_t word = 0; word < 5 + i * 37 % 211; word++)
			buf_printf(&text, "%s%zu", word == 0 ? "Suite " : word % 40 == 39 ? ".\n\n- point " : " mot", word);
		sections[i] = (struct pdf_section){bytes_of_text(arena_printf(arena, "Titre %zu", i + 1)), arena_copy(arena, buf_bytes(&text)), i == 40, i % 3 == 0 ? 1 : 2};
	}
	buf_clear(&text);
	while (text.len < 4000)
		buf_printf(&text, "valeur%zu ", text.len);
	*row = (struct pdf_row){BYTES("Sans fin"), arena_copy(arena, buf_bytes(&text)), 1};
	buf_free(&text);
	input.rows = row;
	input.row_count = 1;
	input.sections = sections;
	input.section_count = 90;
	return input;
}

static struct pdf_input sample(struct arena *arena, const char *name)
{
	struct pdf_input input = report();
	if (strcmp(name, "dossier") == 0)
		return dossier(arena);
	if (strcmp(name, "endless") == 0)
		return endless(arena);
	if (strcmp(name, "odd") == 0) {
		input.sections = odd_sections;
		input.section_count = sizeof odd_sections / sizeof odd_sections[0];
	}
	if (strcmp(name, "english") == 0) {
		input.english = true;
		input.title = BYTES("Second medical opinion");
		input.note = BYTES("Opinion given on file: it does not replace your doctor.");
		input.sections = english_sections;
		input.section_count = 2;
		input.row_count = 0;
	}
	if (strcmp(name, "bare") == 0) {
		input = (struct pdf_input){.title = BYTES("Titre seul")};
	}
	input.joined = strcmp(name, "joined") == 0;
	return input;
}

static enum reason make(const char *name, const char *path)
{
	struct arena *arena = arena_create(MEMORY);
	struct pdf_input input = sample(arena, name);
	struct bytes pdf;
	const char *field = "";
	enum reason reason = pdf_make(arena, &input, &pdf, &field);
	FILE *file = reason == REASON_NONE && path != NULL ? fopen(path, "wb") : NULL;
	if (file != NULL && (fwrite(pdf.at, 1, pdf.len, file) != pdf.len || fclose(file) != 0))
		reason = REASON_COMPOSE_FAILED;
	arena_destroy(&arena);
	return reason;
}

static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	if (argc < 3 || !pdf_warm() || make(argv[1], argv[2]) != REASON_NONE)
		return 1;
	long times = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
	double begin = now();
	for (long i = 0; i < times; i++)
		if (make(argv[1], NULL) != REASON_NONE)
			return 1;
	if (times > 0)
		printf("%.2f ms\n", (now() - begin) / (double)times);
	return 0;
}

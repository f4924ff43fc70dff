/* gateway/template_sample.c - see template_sample.h. */
#include "gateway/template_sample.h"

#include "gateway/template_code.h"
#include "policy/decide_form.h"

static const struct sample {
	const char *name, *fr, *en;
} samples[] = {
	{"reference", "A-2026-000123-KQ", "A-2026-000123-KQ"},
	{"phone", "01 23 45 67 89 (9\u00a0h à 18\u00a0h)", "01 23 45 67 89 (9 am to 6 pm)"},
	{"organisation", "Service de deuxième avis", "Second opinion service"},
	{"contact_name", "Alix Exemple, infirmière", "Alix Exemple, nurse"},
	{"patient_name", "DOMINIQUE PAT-TROIS", "DOMINIQUE PAT-TROIS"},
	{"patient_birth", "28/03/1979", "28/03/1979"},
	{"age", "47 ans", "47 years old"},
	{"sex", "Femme", "Woman"},
	{"pathology", "Endométriose profonde", "Deep endometriosis"},
	{"expert_name", "Pr Claire MOREAU", "Pr Claire MOREAU"},
	{"expert_place", "CHU de démonstration", "Demonstration hospital"},
	{"due_date", "samedi 28 novembre 2026", "Saturday 28 November 2026"},
	{"due_day", "28/11", "28/11"},
	{"due_hour", "sam. 28/11, 18\u00a0h", "Sat 28/11, 18:00"},
	{"first_question", "Opérer ou traiter\u202f?", "Operate or treat?"},
	{"decision_date", "samedi 12 décembre 2026", "Saturday 12 December 2026"},
	{"offer_until", "dimanche 22 novembre 2026", "Sunday 22 November 2026"},
	{"exchange_until", "dimanche 13 décembre 2026", "Sunday 13 December 2026"},
	{"delivered_at", "vendredi 27 novembre 2026", "Friday 27 November 2026"},
	{"read_at", "vendredi 27 novembre 2026", "Friday 27 November 2026"},
	{"received_at", "samedi 21 novembre 2026", "Saturday 21 November 2026"},
	{"replaced_at", "lundi 23 novembre 2026", "Monday 23 November 2026"},
	{"missing_count", "2 documents", "2 documents"},
	{"documents_count", "11 pièces", "11 documents"},
	{"part", "1/3", "1/3"},
	{"convergence", "partielle", "partly"},
	{"code", "archive.broken", "archive.broken"},
	{"sentence", "L’archive ZIP est abîmée.", "The ZIP archive is damaged."},
	{"hint", "Exportez le document de nouveau depuis votre logiciel.", "Export the document again from your software."},
	{"document_name", "IHE_XDM.zip", "IHE_XDM.zip"},
	{"missing_list", "- Mammographie de moins d’un an\n- Compte rendu opératoire", "- Mammography less than a year old\n- Operative report"},
	{"heavy_list", "- IRM pelvienne (620 Mo)", "- Pelvic MRI (620 MB)"},
	{"question_text", "Combien de temps dure le traitement\u202f?", "How long does the treatment last?"},
	{"questions", "1. Opérer ou traiter\u202f?\n2. Si l’opération est utile, dans quel délai\u202f?",
	 "1. Operate or treat?\n2. If an operation helps, how soon?"},
	{"exams_list", "- IRM pelvienne (12/10/2025)\n- IRM pelvienne (03/06/2024)\n- Échographie endovaginale (28/05/2024)\n- Consultation de chirurgie (14/11/2025)",
	 "- Pelvic MRI (12/10/2025)\n- Pelvic MRI (03/06/2024)\n- Transvaginal ultrasound (28/05/2024)\n- Surgical consultation (14/11/2025)"},
	{"first_opinion", "Dr Anne LEMOINE\nClinique de l’Exemple", "Dr Anne LEMOINE\nExample clinic"},
	{"summary", "L’opération n’est pas urgente. Un traitement peut être essayé d’abord.",
	 "The operation is not urgent. A treatment may be tried first."},
	{"recipients_list", "- Dr Paul GARNIER, votre médecin traitant", "- Dr Paul GARNIER, your attending physician"},
	{"answer_text", "Trois mois en général, puis nous ferons le point.", "Three months as a rule, then we take stock."},
	{"advice", "Traitement médical d’abord, consultation de contrôle ensuite.", "Medical treatment first, then a consultation."},
	{"delay", "Dans les trois mois.", "Within three months."},
	{"help", "Aucune.", "None."},
};

static const struct policy_answer asked[2][2] = {
	{{.question = BYTES_OF("question.1"), .value = BYTES_OF("Opérer ou traiter\u202f?")},
	 {.question = BYTES_OF("question.2"), .value = BYTES_OF("Si l’opération est utile, dans quel délai\u202f?")}},
	{{.question = BYTES_OF("question.1"), .value = BYTES_OF("Operate or treat?")},
	 {.question = BYTES_OF("question.2"), .value = BYTES_OF("If an operation helps, how soon?")}},
};

/* M13 has every heading, M15 the ones that were left out. */
static struct bytes form(struct arena *arena, bool english, bool some)
{
	static const struct opinion_gap gaps[] = {{OPINION_ANSWER, 2}, {OPINION_SUMMARY, 0}};
	const struct policy_rules rules = {.language = english ? "en" : "fr"};
	struct build b = build_begin(arena, &rules, NULL, (struct instant){0});
	struct dossier dossier = dossier_begin(arena, 0, bytes_of_text(samples[0].fr));

	dossier.request.answers = asked[english];
	dossier.request.n_answers = 2;
	b.after = &dossier;
	return some ? form_blank(&b, gaps, sizeof gaps / sizeof gaps[0]) : form_blank(&b, NULL, 0);
}

static struct bytes value_of(struct arena *arena, struct bytes code, bool english, struct bytes name)
{
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
		if (bytes_equal_text(name, samples[i].name))
			return bytes_of_text(english ? samples[i].en : samples[i].fr);
	if (bytes_equal_text(name, "form"))
		return form(arena, english, bytes_equal_text(code, "M15"));
	return BYTES_NONE;
}

enum reason template_sample(struct arena *arena, struct bytes code, bool english, struct template_field **out, size_t *count)
{
	size_t c = template_code_find(code), n = 0;

	if (c == TEMPLATE_CODES)
		return REASON_COMPOSE_TEMPLATE;
	*out = arena_alloc(arena, 64 * sizeof **out);
	for (size_t i = 0; i < 2; i++) {
		struct cursor names = cursor_on(bytes_of_text(i == 0 ? template_codes[c].required : template_codes[c].optional));
		while (names.left.len > 0 && n < 64) {
			struct bytes name = cursor_until(&names, ' ');
			(*out)[n++] = (struct template_field){name, value_of(arena, code, english, name)};
		}
	}
	*count = n;
	return REASON_NONE;
}

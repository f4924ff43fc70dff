/* gateway/figures_committee.c - the mission committee's year; see figures_rows.h. The indicators have the committee's own names, in French alone. */
#include "gateway/figures_rows.h"

#include <string.h>

#include "gateway/figures_sheet.h"
#include "gateway/json_view.h"
#include "policy/study.h"

struct year {
	const struct figures *f;
	uint64_t said[STUDY_QUESTIONS][STUDY_VALUES];
};

static void read_study(const json_t *rows, struct year *out)
{
	size_t i;
	const json_t *row;

	json_array_foreach(rows, i, row) {
		for (size_t q = 0; q < STUDY_QUESTIONS; q++)
			for (enum study_answer a = STUDY_YES; a < STUDY_VALUES; a++)
				if (bytes_equal_text(json_view(row, "question"), study_question_name(q)) && bytes_equal_text(json_view(row, "answer"), study_answer_name(a)))
					out->said[q][a] += (uint64_t)json_integer_value(json_object_get(row, "n"));
	}
}

/* How many said yes, of those who answered the question. */
static const char *said_yes(struct sheet *s, const struct year *y, size_t question)
{
	const uint64_t *n = y->said[question];

	return sheet_share(s, n[STUDY_YES], n[STUDY_YES] + n[STUDY_PARTLY] + n[STUDY_NO]);
}

static const char *growth(struct sheet *s, uint64_t now, uint64_t before)
{
	int64_t change = before == 0 ? 0 : ((int64_t)now - (int64_t)before) * 100 / (int64_t)before;

	if (!smallcell_may_show(now))
		return sheet_hidden(s);
	if (!smallcell_may_show(before))
		return arena_printf(s->arena, "%llu", (unsigned long long)now);
	return arena_printf(s->arena, "%llu (%+lld %%)", (unsigned long long)now, (long long)change);
}

/* Opinions and those that are proved stand beside it, so what is left of both, those that the patient did not want shared, may not be few either. */
static const char *reached(struct sheet *s, const struct figures *f)
{
	bool others = smallcell_may_share(f->consented, f->opinions) && f->proved >= f->reached && smallcell_may_share(f->proved - f->reached, f->opinions - f->consented);

	return others ? sheet_share(s, f->reached, f->consented) : sheet_hidden(s);
}

static void headline(struct sheet *s, const struct figures *f, const struct figures *b)
{
	s->section = sheet_say(s, "En tête", "Headlines");
	sheet_row(s, sheet_say(s, "Dossiers complets au premier envoi", "Files complete at the first try"), sheet_share(s, f->first_try, f->completed),
		  sheet_share(s, b->first_try, b->completed), sheet_say(s, "trouvés complets dans l'année sans qu'il ait jamais rien manqué", "found complete in the year, nothing ever having been missing"));
	sheet_row(s, sheet_say(s, "Relances pour pièces manquantes", "Reminders of missing pieces"), sheet_count(s, f->reminders), sheet_count(s, b->reminders),
		  sheet_say(s, "messages M03 dus, tous dossiers", "mails M03 that fell due, of all files"));
	sheet_row(s, sheet_say(s, "Jours perdus en pièces manquantes", "Days lost to missing pieces"),
		  smallcell_may_show(f->waited) ? arena_printf(s->arena, "%lld", (long long)(f->waited_hours + 12) / 24) : sheet_hidden(s),
		  smallcell_may_show(b->waited) ? arena_printf(s->arena, "%lld", (long long)(b->waited_hours + 12) / 24) : sheet_hidden(s),
		  sheet_say(s, "de la première pièce manquante au dossier complet, tous les dossiers complétés dans l'année",
			    "from the first missing piece to a complete file, of all files completed in the year"));
	sheet_row(s, sheet_say(s, "Avis parvenus à un médecin, avec preuve", "Opinions that reached a physician, with proof"), sheet_share(s, f->proved, f->opinions),
		  sheet_share(s, b->proved, b->opinions),
		  sheet_say(s, "parmi tous les avis remis : accepté par l'opérateur d'un médecin désigné, posté ou remis", "of all opinions delivered: taken by the operator of a physician who was named, posted or handed over"));
	sheet_row(s, sheet_say(s, "Avis parvenus au médecin, quand le patient l'a voulu", "Opinions that reached the physician, where the patient wished it"),
		  reached(s, f), reached(s, b), sheet_say(s, "parmi ceux dont le patient veut le partage", "of those that the patient wants shared"));
	sheet_row(s, sheet_say(s, "Délai brut", "Gross delay"), sheet_delay(s, &f->gross), sheet_delay(s, &b->gross),
		  sheet_say(s, "du dossier complet à la remise", "from a complete file to the delivery"));
	sheet_row(s, sheet_say(s, "Délai net", "Net delay"), sheet_delay(s, &f->net), sheet_delay(s, &b->net), sheet_say(s, "le même, sans les pauses", "the same, without pauses"));
	sheet_row(s, sheet_say(s, "Délai depuis la demande", "Delay from the request"), sheet_delay(s, &f->request), sheet_delay(s, &b->request),
		  sheet_say(s, "de la première demande à la remise", "from the first request to the delivery"));
	sheet_row(s, sheet_say(s, "Avis remis en sept jours", "Opinions within seven days"), sheet_share(s, f->in_time, f->opinions), sheet_share(s, b->in_time, b->opinions),
		  sheet_say(s, "pauses comprises", "pauses included"));
}

static void first(struct sheet *s, const struct year *y, const struct year *b)
{
	s->section = "Engagement 1 : permettre au patient de participer à la décision des soins";
	sheet_unmeasured(s, "Nb bénéficiaires potentiels", sheet_say(s, "les assureurs le donnent", "insurers give it"));
	sheet_row(s, "Usage, nb avis rendus", growth(s, y->f->opinions, b->f->opinions), sheet_count(s, b->f->opinions),
		  sheet_say(s, "rapports remis pour la première fois ; entre parenthèses, l'évolution sur un an", "reports handed over for the first time; in brackets the growth in a year"));
	sheet_row(s, "Taux recommandation des utilisateurs", said_yes(s, y, STUDY_RECOMMEND), said_yes(s, b, STUDY_RECOMMEND),
		  sheet_say(s, "« oui » à la question 3 du questionnaire des six mois, parmi les réponses", "“yes” to question 3 of the questionnaire after six months, of those who answered it"));
	sheet_row(s, "Études qualitatives (« 6 mois après »)", sheet_count(s, y->f->answered_after), sheet_count(s, b->f->answered_after),
		  sheet_say(s, "questionnaires revenus", "questionnaires that came back"));
}

/* One table for opinions by family and by convergence: no line gives away another. */
static void convergence(struct sheet *s, const struct figures *f)
{
	static const char *const words[FIGURES_SAID] = {"convergent", "partiel", "divergent", "non dit"};
	struct smallcell_table *t = arena_alloc(s->arena, sizeof *t);

	*t = (struct smallcell_table){.rows = f->n_families, .columns = FIGURES_SAID};
	for (size_t r = 0; r < f->n_families; r++)
		for (size_t c = 0; c < FIGURES_SAID; c++)
			t->n[r][c] = f->families[r].opinions[c];
	smallcell_hide(t);
	for (size_t r = 0; r <= t->rows; r++) {
		const char *name = r == t->rows ? "ensemble" : f->families[r].name[0] != '\0' ? f->families[r].name : "famille inconnue";
		const char *value = arena_printf(s->arena, "avis : %s", t->hidden[r][FIGURES_SAID] ? sheet_hidden(s) : sheet_count(s, t->n[r][FIGURES_SAID]));
		for (size_t c = 0; c < FIGURES_SAID; c++)
			value = arena_printf(s->arena, "%s, %s : %s", value, words[c], t->hidden[r][c] ? sheet_hidden(s) : sheet_count(s, t->n[r][c]));
		sheet_row(s, arena_printf(s->arena, "Taux de convergence/divergence : %s", name), value, NULL,
			  sheet_say(s, "ce que l'expert répond sous « Convergence avec le premier avis » ; dernier état de l'avis", "what the expert answers under “Convergence with the first opinion”; last version of the opinion"));
	}
}

static void second(struct sheet *s, const struct year *y, const struct year *b)
{
	s->section = "Engagement 2 : participer à l'amélioration de la qualité des soins";
	sheet_row(s, "Études qualitatives auprès des patients 6 mois après l'avis", sheet_share(s, y->f->answered_after, y->f->asked_after),
		  sheet_share(s, b->f->answered_after, b->f->asked_after), sheet_say(s, "revenus parmi les envoyés de l'année", "come back, of those sent in the year"));
	sheet_row(s, "Études qualitatives : soins changés ensuite", said_yes(s, y, STUDY_CARE), said_yes(s, b, STUDY_CARE), sheet_say(s, "« oui » à la question 2", "“yes” to question 2"));
	sheet_row(s, "Études qualitatives : satisfaits de l'avis", said_yes(s, y, STUDY_SATISFIED), said_yes(s, b, STUDY_SATISFIED),
		  sheet_say(s, "« oui » à la question 4", "“yes” to question 4"));
	convergence(s, y->f);
	sheet_row(s, "Taux de médecins traitants au courant de la démarche", sheet_share(s, y->f->proved, y->f->opinions), sheet_share(s, b->f->proved, b->f->opinions),
		  sheet_say(s, "un médecin a reçu l'avis, avec preuve ; borne basse", "a physician has the opinion, with proof; a lower bound"));
	sheet_row(s, "Taux de médecins traitants au courant, selon les patients", said_yes(s, y, STUDY_DOCTOR), said_yes(s, b, STUDY_DOCTOR),
		  sheet_say(s, "« oui » à la question 1 du questionnaire des six mois", "“yes” to question 1 of the questionnaire after six months"));
}

static void others(struct sheet *s, const struct year *y, const struct year *b)
{
	static const char *const unasked[] = {"CSP : CSP+ / employés / prof. intermédiaires / autres / sans activité / retraités", "Taux de patients vivant avec un handicap"};
	static const char *const places[] = {"Patients, 1-Dpt bien pourvus", "2-Dpt moyennement pourvus", "3-Désert médical"};

	s->section = "Engagement 3 : réduire les inégalités sociales et géographiques d'accès à l'expertise médicale";
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		sheet_unmeasured(s, places[i], sheet_say(s, "aucune table des départements n'est chargée", "no table of départements is loaded"));
	for (size_t i = 0; i < sizeof unasked / sizeof unasked[0]; i++)
		sheet_unmeasured(s, unasked[i], sheet_say(s, "la demande ne le dit pas", "the request does not tell it"));
	s->section = "Engagement 4 : contribuer à fédérer l'écosystème";
	sheet_unmeasured(s, "Taux d'orientation/recommandation par des médecins", sheet_say(s, "la demande ne dit pas qui l'a conseillée", "the request does not tell who advised it"));
	sheet_row(s, "Demandes faites par un médecin", sheet_share(s, y->f->by_physician, y->f->requests), sheet_share(s, b->f->by_physician, b->f->requests),
		  sheet_say(s, "parmi les demandes de l'année", "of the requests of the year"));
	sheet_unmeasured(s, "Partenariats établissements de santé", sheet_say(s, "hors de la messagerie", "not born in mail"));
	sheet_unmeasured(s, "Partenariats associations de patients", sheet_say(s, "hors de la messagerie", "not born in mail"));
}

/* Where requests end without an opinion. */
static void losses(struct sheet *s, const struct figures *f, const struct figures *b)
{
	const struct {
		const char *fr, *en;
		uint64_t now, before;
	} rows[] = {
		{"Demandes ouvertes", "Requests opened", f->requests, b->requests},
		{"Réorientées", "Redirected", f->no_diagnosis, b->no_diagnosis},
		{"Sans suite : il manquait toujours quelque chose", "Ended: something was missing to the end", f->expired, b->expired},
		{"Annulées", "Cancelled", f->cancelled, b->cancelled},
		{"Consentement retiré", "Consent withdrawn", f->withdrawn, b->withdrawn},
		{"Réclamations", "Complaints", f->complaints, b->complaints},
	};
	s->section = sheet_say(s, "Où les demandes s'arrêtent", "Where requests end");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		sheet_row(s, s->french ? rows[i].fr : rows[i].en, sheet_count(s, rows[i].now), sheet_count(s, rows[i].before), "");
}

json_t *figures_committee(struct arena *arena, bool french, const struct figures *year, const struct figures *before, const json_t *study,
			  const json_t *study_before, struct instant now)
{
	struct sheet s = sheet_begin(arena, french, false);
	struct year y = {.f = year}, b = {.f = before};

	read_study(study, &y);
	read_study(study_before, &b);
	headline(&s, year, before);
	first(&s, &y, &b);
	second(&s, &y, &b);
	others(&s, &y, &b);
	losses(&s, year, before);
	return sheet_end(&s, sheet_say(&s, "Comité de mission", "Mission committee"), year->from, year->until, now);
}

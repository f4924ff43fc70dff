/* gateway/figures_rows.c - a partner's month and a day of our own; see figures_rows.h. The committee's year: figures_committee.c. */
#include "gateway/figures_rows.h"

#include "base/buf.h"
#include "base/calendar.h"
#include "base/limits.h"
#include "gateway/figures_sheet.h"
#include "gateway/json_view.h"

/* --- a partner's month -------------------------------------------------------------------- */

static const char *family_name(const struct sheet *s, const struct figures_family *f)
{
	return f->name[0] != '\0' ? f->name : sheet_say(s, "famille inconnue", "family unknown");
}

static uint64_t opinions_of(const struct figures_family *f)
{
	uint64_t n = 0;

	for (size_t i = 0; i < FIGURES_SAID; i++)
		n += f->opinions[i];
	return n;
}

/* Opinions by family with their total: what one line tells no other may. */
static void family_rows(struct sheet *s, const struct figures *f)
{
	struct smallcell_table *t = arena_alloc(s->arena, sizeof *t);
	const char *definition = sheet_say(s, "avis remis dans le mois, par grande famille de pathologies", "opinions delivered in the month, by large family of pathologies");

	*t = (struct smallcell_table){.rows = f->n_families, .columns = 1};
	for (size_t i = 0; i < f->n_families; i++)
		t->n[i][0] = opinions_of(&f->families[i]);
	smallcell_hide(t);
	sheet_row(s, sheet_say(s, "Avis remis", "Opinions delivered"), t->hidden[t->rows][0] ? sheet_hidden(s) : sheet_count(s, t->n[t->rows][0]), NULL,
		  sheet_say(s, "rapport accepté par l'opérateur du patient, posté ou lu, pour la première fois", "report taken by the patient's operator, posted or read out, for the first time"));
	for (size_t i = 0; i < f->n_families; i++)
		sheet_row(s, arena_printf(s->arena, s->french ? "Avis remis : %s" : "Opinions delivered: %s", family_name(s, &f->families[i])),
			  t->hidden[i][0] ? sheet_hidden(s) : sheet_count(s, t->n[i][0]), NULL, definition);
}

json_t *figures_partner(struct arena *arena, bool french, struct bytes contract, const struct figures *month, struct instant now)
{
	struct sheet s = sheet_begin(arena, french, false);
	const char *name = contract.len > 0 ? arena_text(arena, contract) : sheet_say(&s, "tous", "all");

	sheet_unmeasured(&s, sheet_say(&s, "Bénéficiaires", "Persons entitled"), sheet_say(&s, "l'assureur les connaît, nous non", "known to the insurer, not to us"));
	sheet_row(&s, sheet_say(&s, "Demandes", "Requests"), sheet_count(&s, month->requests), NULL,
		  sheet_say(&s, "dossiers ouverts dans le mois", "files opened in the month"));
	family_rows(&s, month);
	sheet_row(&s, sheet_say(&s, "Délai", "Delay"), sheet_delay(&s, &month->gross), NULL,
		  sheet_say(&s, "du dossier complet à la remise, pauses comprises, à l'heure entamée", "from a complete file to the delivery, pauses included, in begun hours"));
	sheet_unmeasured(&s, sheet_say(&s, "Satisfaction", "Satisfaction"),
			 sheet_say(&s, "les réponses du questionnaire ne sont liées à aucun contrat", "answers of the questionnaire are linked to no contract"));
	return sheet_end(&s, arena_printf(arena, french ? "Chiffres du mois, contrat %s" : "Figures of the month, contract %s", name), month->from, month->until, now);
}

/* --- a day ------------------------------------------------------------------------------------ */

json_t *figures_day(struct arena *arena, bool french, const struct figures *day, struct instant now)
{
	struct sheet s = sheet_begin(arena, french, true);
	const struct {
		const char *fr, *en;
		uint64_t n;
	} rows[] = {
		{"Demandes ouvertes", "Requests opened", day->requests},
		{"Dossiers trouvés complets", "Files found complete", day->completed},
		{"dont complets au premier envoi", "of them complete at the first try", day->first_try},
		{"Relances pour pièces manquantes", "Reminders of missing pieces", day->reminders},
		{"Délais de sept jours commencés", "Seven days begun", day->promised},
		{"Propositions à des experts", "Offers to experts", day->offers},
		{"acceptées", "accepted", day->accepted},
		{"refusées ou sans réponse", "declined or unanswered", day->declined + day->silent},
		{"Avis remis", "Opinions delivered", day->opinions},
		{"dont en sept jours", "of them within seven days", day->in_time},
		{"Avis rectifiés", "Opinions corrected", day->revisions},
		{"Promesses non tenues", "Promises missed", day->overdue},
		{"Remises impossibles", "Deliveries impossible", day->undelivered},
		{"Questions posées", "Questions asked", day->questions},
		{"Réponses d'experts", "Experts' answers", day->answered},
		{"Mots d'urgence lus", "Words of emergency read", day->urgent},
		{"Réclamations", "Complaints", day->complaints},
		{"Demandes réorientées", "Requests redirected", day->no_diagnosis},
		{"sans suite, annulées ou retirées", "expired, cancelled or withdrawn", day->expired + day->cancelled + day->withdrawn},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		sheet_row(&s, french ? rows[i].fr : rows[i].en, sheet_count(&s, rows[i].n), NULL, "");
	return sheet_end(&s, sheet_say(&s, "La journée en chiffres", "The day in figures"), day->from, day->until, now);
}

struct bytes figures_lines(struct arena *arena, bool french, const json_t *figures)
{
	struct buf b = buf_make(LIMIT_TEXT);
	size_t i;
	const json_t *row;

	json_array_foreach(json_object_get(figures, "rows"), i, row) {
		buf_printf(&b, french ? "%s- %s : %s" : "%s- %s: %s", i > 0 ? "\n" : "", json_string_value(json_object_get(row, "indicator")),
			   json_string_value(json_object_get(row, "value")));
	}
	struct bytes text = arena_copy(arena, buf_bytes(&b));
	buf_free(&b);
	return text;
}

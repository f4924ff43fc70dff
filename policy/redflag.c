/* policy/redflag.c - see redflag.h. */
#include "policy/redflag.h"

#include "base/calendar.h"
#include "policy/dossier.h"

enum { WEEK = 7 };

/* The answer that tells when: a date within seven days from today in Paris, or past. */
static bool decision_is_near(const struct dossier *d, struct instant now)
{
	int64_t today = date_days(calendar_date(CALENDAR_FRANCE, now));
	struct bytes value;
	struct date date;

	for (size_t i = 0; dossier_answer(d, BYTES("decision.date"), i, &value); i++)
		if (questionnaire_read_date(value, &date) && date_days(date) <= today + WEEK)
			return true;
	return false;
}

static size_t add(struct redflag *list, size_t n, const struct pathology *p, const struct dossier *d, enum redflag_urgency urgency)
{
	for (size_t i = 0; i < p->n_redflags; i++) {
		const struct pathology_redflag *f = &p->redflags[i];
		if (f->urgency == urgency && enable_holds(&f->when, p->answers, NULL, d->request.answers, d->request.n_answers))
			list[n++] = (struct redflag){f->code, f->label_fr, f->label_en, urgency};
	}
	return n;
}

size_t redflag_list(struct arena *arena, const struct dossier *dossier, const struct pathology *pathology, struct instant now,
		    struct redflag **out)
{
	struct redflag *list = arena_alloc(arena, (pathology->n_redflags + 1) * sizeof *list);
	size_t n = add(list, 0, pathology, dossier, REDFLAG_NOW);

	n = add(list, n, pathology, dossier, REDFLAG_TODAY);
	if (decision_is_near(dossier, now))
		list[n++] = (struct redflag){BYTES("decision.near"), BYTES("La décision est prévue dans les sept jours, ou sa date est passée"),
					     BYTES("The decision is due within seven days, or its date is past"), REDFLAG_TODAY};
	*out = list;
	return n;
}

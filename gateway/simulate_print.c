/* gateway/simulate_print.c - see simulate_print.h. */
#include "gateway/simulate_print.h"

/* What people read at once: minutes, hours, or days with one decimal. */
static const char *span_text(struct span s, bool french, char buffer[24])
{
	double hours = (double)(s.us / 1000) / 3600000;

	if (hours < 1)
		snprintf(buffer, 24, "%.0f min", hours * 60);
	else if (hours < 48)
		snprintf(buffer, 24, "%.1f h", hours);
	else
		snprintf(buffer, 24, french ? "%.1f j" : "%.1f d", hours / 24);
	return buffer;
}

static unsigned percent(size_t part, size_t whole)
{
	return whole == 0 ? 0 : (unsigned)((part * 1000 / whole + 5) / 10);
}

static void print_figure(FILE *out, const char *title, const struct simulate_figure *f, bool french)
{
	char mean[24], median[24], p90[24];

	if (f->n > 0)
		fprintf(out, french ? "  %s : moyenne %s, médiane %s, 9 sur 10 en moins de %s (%zu)\n" : "  %s: mean %s, median %s, 9 in 10 within %s (%zu)\n",
			title, span_text(f->mean, french, mean), span_text(f->median, french, median), span_text(f->p90, french, p90), f->n);
}

static void print_head(FILE *out, const struct simulate_population *p, const struct simulate_result *r, bool french)
{
	size_t decided = r->kept + r->missed;

	if (p->past != NULL)
		fprintf(out, french ? "%zu dossiers du passé, rejoués avec les règles d'aujourd'hui\n" : "%zu dossiers of the past, played with today's rules\n", r->requests);
	else
		fprintf(out, french ? "%zu demandes en %u jours, %zu experts, %zu pathologies (graine %llu)\n" : "%zu requests in %u days, %zu experts, %zu pathologies (seed %llu)\n",
			r->requests, p->days, p->n_experts, p->n_pathologies, (unsigned long long)p->seed);
	fprintf(out, french ? "\nLa promesse : %zu dossiers complets, %zu réponses arrivées\n" : "\nThe promise: %zu complete dossiers, %zu answers arrived\n", r->complete, r->delivered);
	fprintf(out, french ? "  tenue en sept jours : %zu sur %zu (%u %%) ; sans les pauses : %zu sur %zu (%u %%)\n"
			    : "  kept in seven days: %zu of %zu (%u %%); without pauses: %zu of %zu (%u %%)\n",
		r->kept, decided, percent(r->kept, decided), r->kept_net, r->kept_net + r->missed_net, percent(r->kept_net, r->kept_net + r->missed_net));
	if (r->undecided > 0)
		fprintf(out, french ? "  encore ouverts ou arrêtés avant leur terme : %zu\n" : "  still open, or stopped before their term: %zu\n", r->undecided);
	print_figure(out, french ? "du dossier complet à l'arrivée" : "from complete to arrival", &r->promise, french);
	print_figure(out, french ? "sans les pauses" : "without pauses", &r->promise_net, french);
	print_figure(out, french ? "de la demande à l'arrivée" : "from the request to arrival", &r->request, french);
	print_figure(out, french ? "du dossier complet au oui d'un expert" : "from complete to an expert's yes", &r->acceptance, french);
}

/* Columns, not bytes: accents must not shift a table. */
static void cell(FILE *out, const char *text, int width, bool right)
{
	int signs = 0;

	for (const char *c = text; *c != '\0'; c++)
		signs += ((unsigned char)*c & 0xc0) != 0x80;
	int gap = width > signs ? width - signs : 0;
	fprintf(out, "%*s%s%*s", right ? gap : 0, "", text, right ? 0 : gap, "");
}

static void number(FILE *out, size_t n, int width)
{
	char text[24];
	snprintf(text, sizeof text, "%zu", n);
	cell(out, text, width, true);
}

static void print_states(FILE *out, const struct simulate_result *r, bool french)
{
	static const char *const heads[2][5] = {{"state", "passed", "median", "9 in 10", "at the end"}, {"état", "passés", "médiane", "9 sur 10", "à la fin"}};
	char text[24];

	fprintf(out, french ? "\nOù ils attendent\n" : "\nWhere they wait\n");
	cell(out, "  ", 2, false);
	for (int i = 0; i < 5; i++)
		cell(out, heads[french][i], i == 0 ? 42 : 11, i > 0);
	fputc('\n', out);
	for (enum dossier_state s = DOSSIER_NEW + 1; s < DOSSIER_STATES; s++) {
		const struct simulate_figure *f = &r->states[s];
		bool passing = f->n > 0 && f->most.us == 0;
		if ((f->n == 0 || passing) && r->ends[s] == 0)
			continue;
		fputs("  ", out);
		cell(out, dossier_state_label(s, french ? "fr" : "en"), 42, false);
		number(out, f->n, 11);
		cell(out, f->n > 0 ? span_text(f->median, french, text) : "", 11, true);
		cell(out, f->n > 0 ? span_text(f->p90, french, text) : "", 11, true);
		number(out, r->ends[s], 11);
		fputc('\n', out);
	}
}

static void print_pathologies(FILE *out, const struct simulate_result *r, bool french)
{
	static const char *const heads[2][7] = {{"pathology", "requests", "experts", "without one", "kept", "missed", "wait for a yes"},
						{"pathologie", "demandes", "experts", "sans expert", "tenues", "manquées", "attente d'un oui"}};
	char text[24], code[64];

	fprintf(out, french ? "\nPathologies\n  " : "\nPathologies\n  ");
	for (int i = 0; i < 7; i++)
		cell(out, heads[french][i], i == 0 ? 24 : i == 6 ? 18 : 13, i > 0);
	fputc('\n', out);
	for (size_t i = 0; i < r->n_pathologies; i++) {
		const struct simulate_pathology_result *p = &r->pathologies[i];
		snprintf(code, sizeof code, "%.*s", p->code.len < 60 ? (int)p->code.len : 60, (const char *)p->code.at);
		fputs("  ", out);
		cell(out, code, 24, false);
		number(out, p->requests, 13);
		number(out, p->experts, 13);
		number(out, p->no_expert, 13);
		number(out, p->kept, 13);
		number(out, p->missed, 13);
		cell(out, p->acceptance.n > 0 ? span_text(p->acceptance.median, french, text) : "-", 18, true);
		fputs(p->lacks ? (french ? "  << manque d'experts\n" : "  << lacks experts\n") : "\n", out);
	}
}

static void print_experts(FILE *out, const struct simulate_result *r, bool french)
{
	size_t offers = 0, accepted = 0, declined = 0, silent = 0, idle = 0;

	for (size_t i = 0; i < r->n_experts; i++) {
		offers += r->experts[i].offers;
		accepted += r->experts[i].accepted;
		declined += r->experts[i].declined;
		silent += r->experts[i].silent;
		idle += r->experts[i].offers == 0;
	}
	fprintf(out, french ? "\nExperts : %zu sollicitations, %zu oui (%u %%), %zu refus, %zu sans réponse ; %zu experts jamais sollicités\n"
			    : "\nExperts: %zu offers, %zu accepted (%u %%), %zu declined, %zu without an answer; %zu experts never asked\n",
		offers, accepted, percent(accepted, offers), declined, silent, idle);
}

static void print_work(FILE *out, const struct simulate_result *r, bool french)
{
	size_t mails = 0;

	for (enum mail_code c = MAIL_NONE + 1; c < MAIL_CODES; c++)
		mails += r->mails[c];
	fprintf(out, french ? "Travail : %zu gestes d'infirmières, %zu courriers dont %zu rappels, %zu décisions, %zu événements\n"
			    : "Work: %zu acts of nurses, %zu mails of which %zu reminders, %zu decisions, %zu events\n",
		r->acts, mails, r->reminders, r->decisions, r->events);
	fprintf(out, french ? "Fins : %zu clos, %zu annulés, %zu sans suite, %zu réorientés, %zu retirés\n"
			    : "Ends: %zu closed, %zu cancelled, %zu expired, %zu redirected, %zu withdrawn\n",
		r->ends[DOSSIER_CLOSED] + r->ends[DOSSIER_ARCHIVED], r->ends[DOSSIER_CANCELLED], r->ends[DOSSIER_EXPIRED], r->ends[DOSSIER_REDIRECTED],
		r->ends[DOSSIER_WITHDRAWN]);
}

void simulate_print(FILE *out, const struct simulate_population *population, const struct simulate_result *result, bool french)
{
	print_head(out, population, result, french);
	print_states(out, result, french);
	print_pathologies(out, result, french);
	print_experts(out, result, french);
	print_work(out, result, french);
}

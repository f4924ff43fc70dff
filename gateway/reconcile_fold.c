/* gateway/reconcile_fold.c - see reconcile_fold.h. */
#include "gateway/reconcile_fold.h"

#include <stdio.h>

#include "gateway/dossier_snapshots.h"
#include "gateway/json_view.h"
#include "gateway/rules_json.h"
#include "policy/deadline.h"

enum { TOLD = 10 };

/* A timer that could not be decided is tried again a minute later (relais.timer_later). */
#define POSTPONED SPAN_MINUTES(2)

struct folding {
	struct cli *cli;
	struct deadline_settings settings;
	struct reconcile_folds *out;
};

static struct bytes holder_of(const struct dossier *d)
{
	const struct dossier_offer *holder = dossier_accepted_offer(d), *live = dossier_live_offer(d);

	return holder != NULL ? holder->rpps : live != NULL ? live->rpps : BYTES_NONE;
}

static const char *columns_differ(const struct dossier_snapshot *s, const struct dossier *d)
{
	const struct dossier_offer *live = dossier_live_offer(d);

	if (!bytes_equal_text(s->state, dossier_state_name(d->state)) || s->open == dossier_is_over(d->state))
		return "its state is another";
	if (!bytes_equal(s->expert, holder_of(d)) || !bytes_equal(s->asked, live != NULL ? live->rpps : BYTES_NONE))
		return "its expert is another";
	if (!bytes_equal(s->pathology, d->request.pathology))
		return "its pathology is another";
	return s->complete_at.us == d->complete_at.us && s->due_at.us == d->due_at.us ? NULL : "its dates are others";
}

static const struct dossier_document *find(const struct dossier *d, struct bytes key)
{
	for (size_t i = 0; i < d->n_documents; i++)
		if (bytes_equal(dossier_document_key(&d->documents[i].filing.document), key))
			return &d->documents[i];
	return NULL;
}

static const char *documents_differ(const struct dossier_snapshot *s, const struct dossier *d)
{
	size_t i;
	const json_t *o;

	if (json_array_size(s->documents) != d->n_documents)
		return "it has more or fewer documents";
	json_array_foreach(s->documents, i, o) {
		const struct dossier_document *doc = find(d, json_view(o, "document"));
		if (doc == NULL || json_truth(o, "withdrawn") != doc->withdrawn)
			return "a document is another, or withdrawn in one of the two alone";
	}
	return NULL;
}

/* What is due earlier than its row says would be forgotten until then. What is due already may have been tried and put off. */
static bool timer_is_forgotten(const struct dossier_snapshot *s, const struct deadline_settings *settings, const struct dossier *d)
{
	struct deadline due[DEADLINES];

	if (deadline_list(settings, d, due) == 0)
		return false;
	if (s->next_due.us == 0)
		return true;
	return instant_before(due[0].at, s->next_due) &&
	       (instant_before(s->now, due[0].at) || instant_before(instant_plus(s->now, POSTPONED), s->next_due));
}

static enum reason compare(void *context, const struct dossier_snapshot *s)
{
	struct folding *f = context;
	struct dossier d = dossier_begin(s->arena, s->id, s->reference);
	const char *wrong = dossier_fold(&d, s->events, s->n_events, NULL) == REASON_NONE ? NULL : "the gate refuses one of its events";

	if (wrong == NULL)
		wrong = columns_differ(s, &d);
	if (wrong == NULL)
		wrong = documents_differ(s, &d);
	bool forgotten = wrong == NULL && timer_is_forgotten(s, &f->settings, &d);
	f->out->dossiers++;
	bool paid = s->fee_event != 0 || d.fee.rpps.len > 0, unpaid = s->fee_event != d.fee.seq || !bytes_equal(s->fee_rpps, d.fee.rpps);
	f->out->fees += paid;
	f->out->fees_differ += paid && unpaid;
	f->out->timers += s->next_due.us != 0;
	f->out->differ += wrong != NULL;
	f->out->forgotten += forgotten;
	if ((wrong != NULL || forgotten) && f->out->differ + f->out->forgotten <= TOLD && !f->cli->json)
		fprintf(stderr, "relais: %.*s: %s\n", (int)s->reference.len, (const char *)s->reference.at,
			wrong != NULL ? wrong : "a timer is due earlier than the database knows");
	return REASON_NONE;
}

/* One that cannot be read any more is not in force. */
static void read_settings(struct cli *cli, const json_t *list, struct deadline_settings *out)
{
	size_t i;
	const json_t *item;

	json_array_foreach(list, i, item) {
		(void)rules_setting(cli->arena, json_object_get(item, "data"), (int)json_integer_value(json_object_get(item, "version")), out);
	}
}

enum reason reconcile_folds(struct cli *cli, struct reconcile_folds *out)
{
	struct folding f = {.cli = cli, .out = out};
	json_t *told = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.rule_list($1) t", P_TEXT("settings"));

	*out = (struct reconcile_folds){0};
	if (told == NULL)
		return REASON_STORE_REFUSED;
	read_settings(cli, told, &f.settings);
	enum reason reason = dossier_snapshots(cli->store, compare, &f);
	json_decref(told);
	return reason;
}

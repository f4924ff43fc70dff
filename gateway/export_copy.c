/* gateway/export_copy.c - see export_copy.h: the events, the words, the manifest. */
#include "gateway/export_private.h"

#include "gateway/json_view.h"

/* Lines for people's eyes; borrows value. */
static struct bytes pretty(struct arena *arena, const json_t *value)
{
	size_t size = json_dumpb(value, NULL, 0, JSON_INDENT(1));
	char *at = arena_alloc(arena, size + 1);

	json_dumpb(value, at, size, JSON_INDENT(1));
	at[size] = '\n';
	return (struct bytes){(unsigned char *)at, size + 1};
}

static enum reason put_json(struct export_copy *c, const char *name, const char *what, const json_t *value)
{
	return export_put(c, name, pretty(c->arena, value), json_pack("{s:s}", "what", what));
}

/* For the officer as they are stored; for others the sentences, since an event's data names third persons. */
static enum reason put_events(struct export_copy *c)
{
	struct store_rows *rows = NULL;
	json_t *list = json_array();
	enum reason reason = REASON_NONE;

	if (c->wish->whom == EXPORT_OFFICER) {
		json_decref(list);
		reason = STORE_RUN(c->wish->store, &rows, "select jsonb_agg(t order by t.seq) from relais.dossier_history($1) t", P_INT(c->wish->dossier));
		list = reason == REASON_NONE ? export_tree(rows, 0, 0) : json_null();
		store_free(&rows);
	}
	for (size_t i = 0; c->wish->whom != EXPORT_OFFICER && i < c->about.n_events; i++) {
		const struct dossier_event *e = &c->about.events[i];
		if (export_event(c->about.dossier, c->wish->whom, e))
			json_array_append_new(list, json_pack("{s:I, s:o, s:s, s:s, s:s}", "seq", (json_int_t)e->seq, "at", json_of_instant(e->at), "kind",
							      dossier_event_name(e->kind), "fr", export_sentence(c->arena, &c->about, e, "fr"), "en", export_sentence(c->arena, &c->about, e, "en")));
	}
	if (reason == REASON_NONE)
		reason = put_json(c, "events.json", "events", list);
	json_decref(list);
	return reason;
}

static enum reason put_words(struct export_copy *c)
{
	const struct {
		const char *name, *what;
		struct bytes content;
	} texts[] = {
		{"history.fr.txt", "history", export_history(c->arena, &c->about, "fr")}, {"history.en.txt", "history", export_history(c->arena, &c->about, "en")},
		{"LISEZMOI.txt", "readme", export_readme(c->arena, &c->about, "fr")}, {"README.txt", "readme", export_readme(c->arena, &c->about, "en")},
	};
	enum reason reason = REASON_NONE;

	for (size_t i = 0; reason == REASON_NONE && i < sizeof texts / sizeof texts[0]; i++)
		reason = export_put(c, texts[i].name, texts[i].content, json_pack("{s:s}", "what", texts[i].what));
	return reason;
}

static enum reason put_manifest(struct export_copy *c)
{
	const struct dossier *d = c->about.dossier;
	char digest[DIGEST_SHA256_TEXT];
	json_t *manifest = json_pack("{s:s, s:o, s:s, s:s, s:o, s:s, s:o, s:i, s:I, s:s, s:O}", "format", "relais-export/1", "reference", json_of(d->reference), "for",
				     export_for_name(c->wish->whom), "made_by", c->about.actor, "made_at", json_of_instant(c->about.at), "state", dossier_state_name(d->state),
				     "opened_at", json_of_instant(d->opened_at), "report_version", (int)dossier_version(d), "altered", (json_int_t)c->result->altered,
				     "software", "relais " RELAIS_VERSION, "files", c->files);
	enum reason reason = export_out_add(c->out, "manifest.json", pretty(c->arena, manifest), digest);

	json_decref(manifest);
	return reason;
}

static enum reason load(struct export_copy *c)
{
	struct dossier *d = arena_alloc(c->arena, sizeof *d);
	enum reason reason = dossier_snapshot_read(c->wish->store, c->arena, c->wish->dossier, &c->file);

	if (reason != REASON_NONE)
		return reason;
	*d = dossier_begin(c->arena, c->wish->dossier, c->file.reference);
	reason = dossier_fold(d, c->file.events, c->file.n_events, NULL);
	c->about = (struct export_about){c->wish->whom, d, c->file.events, c->file.n_events, c->wish->actor, c->file.now};
	return reason == REASON_NONE ? export_check(d, c->wish->whom) : reason;
}

enum reason export_copy(struct arena *arena, const struct export_wish *wish, struct export_out *out, struct export_result *result)
{
	struct export_copy c = {.wish = wish, .arena = arena, .out = out, .files = json_array(), .mails = json_array(), .messages = json_array(), .reports = json_object(),
			 .result = result};
	static enum reason (*const steps[])(struct export_copy *) = {load, put_words, export_put_received, export_put_sent, put_events};
	enum reason reason = REASON_NONE;

	*result = (struct export_result){0};
	for (size_t i = 0; reason == REASON_NONE && i < sizeof steps / sizeof steps[0]; i++)
		reason = steps[i](&c);
	if (reason == REASON_NONE)
		reason = put_json(&c, "mails.json", "mails", c.mails);
	if (reason == REASON_NONE)
		reason = put_json(&c, "messages.json", "messages", c.messages);
	if (reason == REASON_NONE)
		reason = put_manifest(&c);
	json_decref(c.files);
	json_decref(c.mails);
	json_decref(c.messages);
	json_decref(c.reports);
	return reason;
}

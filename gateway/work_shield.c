/* gateway/work_shield.c - see work_shield.h. */
#include "gateway/work_shield.h"

#include <stdlib.h>
#include <string.h>

#include "base/frame.h"
#include "base/limits.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/work_antivirus.h"

/* --- what the mail says ------------------------------------------------------------------ */

/* A mail with files is read again by relais-shield. What ends its reader, or takes too long, is a person's to look at. */
static enum reason ask(struct work *work, struct bytes mail, size_t head, json_t **out)
{
	struct bytes answer;
	struct bytes request = json_write(work->arena, json_pack("{s:I}", "head", (json_int_t)head));
	enum reason reason = oneshot_call(work->shield, work->arena, request, mail, LIMIT_SHIELD_ANSWER, LIMIT_INSPECT_SECONDS * 1000, &answer);
	struct frame frame;

	*out = NULL;
	if (work_is_ours(reason))
		return reason;
	if (reason == REASON_NONE) {
		struct cursor c = cursor_on(answer);
		if (frame_next(&c, &frame) && cursor_done(&c))
			*out = json_read(frame.payload);
	}
	return REASON_NONE;
}

/* --- against whom ------------------------------------------------------------------------- */

struct people {
	struct shield_person *list;
	struct bytes *ids;
	size_t n;
};

static int by_day(const void *a, const void *b)
{
	return memcmp(((const struct bytes *)a)->at, ((const struct bytes *)b)->at, 8);
}

/* Each once. */
static size_t days_of(struct arena *arena, const struct shield_text *text, const struct bytes **out)
{
	struct bytes *days = arena_alloc(arena, (SHIELD_DATES + 1) * sizeof *days);
	size_t n = 0, once = 0;

	for (size_t k = 0; k < text->n_passages; k++)
		for (size_t i = 0; i < text->passages[k].n_dates; i++)
			days[n++] = (struct bytes){text->passages[k].dates[i].day, 8};
	qsort(days, n, sizeof *days, by_day);
	for (size_t i = 0; i < n; i++)
		if (once == 0 || !bytes_equal(days[once - 1], days[i]))
			days[once++] = days[i];
	*out = days;
	return once;
}

static struct policy_patient patient_of(struct work *work, struct bytes text)
{
	json_t *json = json_read(text);

	json_array_append_new(work->kept, json);
	return (struct policy_patient){
		.ins = json_view(json, "ins"), .oid = json_view(json, "oid"), .family_birth = json_view(json, "family_birth"),
		.given_birth_first = json_view(json, "given_birth_first"), .given_birth_all = json_view(json, "given_birth_all"),
		.birth_time = json_view(json, "birth_time"), .family_used = json_view(json, "family_used"), .given_used = json_view(json, "given_used")};
}

static enum reason find_people(struct work *work, int64_t own, const struct work_look *look, struct people *out)
{
	struct store_rows *rows = NULL;
	enum reason reason = REASON_NONE;

	*out = (struct people){0};
	if (look->n_numbers + look->n_days == 0)
		return REASON_NONE;
	reason = STORE_RUN(work->store, &rows, "select dossier, ref, patient from relais.shield_people($1, $2, $3, $4)", P_INT(own),
			   P_TEXTS(look->numbers, look->n_numbers), P_TEXTS(look->days, look->n_days), P_INT(SHIELD_PEOPLE + 1));
	out->n = reason == REASON_NONE ? store_count(rows) : 0;
	out->list = arena_alloc(work->arena, (out->n + 1) * sizeof *out->list);
	out->ids = arena_alloc(work->arena, (out->n + 1) * sizeof *out->ids);
	for (size_t i = 0; i < out->n; i++) {
		int64_t id = store_int(rows, i, 0);
		out->ids[i] = bytes_of_text(arena_printf(work->arena, "%lld", (long long)id));
		out->list[i] = (struct shield_person){id, arena_copy(work->arena, store_bytes(rows, i, 1)), patient_of(work, store_bytes(rows, i, 2))};
	}
	store_free(&rows);
	return reason;
}

static enum reason own_patient(struct work *work, int64_t dossier, struct policy_patient *out)
{
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(work->store, &rows, "select p from relais.shield_own($1) p", P_INT(dossier));

	if (reason == REASON_NONE && store_count(rows) != 1)
		reason = REASON_NOT_FOUND;
	if (reason == REASON_NONE)
		*out = patient_of(work, store_bytes(rows, 0, 0));
	store_free(&rows);
	return reason;
}

static bool let_pass(const json_t *passed, int64_t dossier)
{
	size_t i;
	json_t *one;
	json_array_foreach(json_object_get(passed, "people"), i, one) {
		if (json_integer_value(one) == dossier)
			return true;
	}
	return false;
}

/* Everybody whom it names is told, by his reference and for the word that lets him go, but who was let go before. */
static bool names_others(struct work *work, const struct policy_patient *own, const json_t *passed, const struct shield_text *text, const struct people *people, json_t *note)
{
	struct shield_match *found = arena_alloc(work->arena, (people->n + 1) * sizeof *found);
	size_t n = shield_judge(work->arena, text, own, people->list, people->n, found);
	const char *references = "";
	json_t *ids = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct shield_person *other = found[i].person;
		if (let_pass(passed, other->dossier))
			continue;
		references = arena_printf(work->arena, "%s%s%.*s", references, references[0] != '\0' ? " " : "", (int)other->reference.len, (const char *)other->reference.at);
		json_array_append_new(ids, json_integer(other->dossier));
		json_object_set_new(note, "by", json_string(shield_by_name(found[i].by)));
	}
	json_object_set_new(note, "people", ids);
	if (references[0] != '\0')
		json_object_set_new(note, "ref", json_string(references));
	return references[0] != '\0';
}

static enum reason judge(struct work *work, const struct work_mail_row *row, const struct shield_mail *mail, struct work_look *look)
{
	struct policy_patient own;
	struct people people;
	const struct bytes *days;

	look->searched = true;
	look->numbers = mail->text.numbers;
	look->n_numbers = mail->text.n_numbers;
	look->n_days = days_of(work->arena, &mail->text, &days);
	look->days = days;
	json_object_set_new(look->note, "rule", json_string(SHIELD_RULE));
	json_object_set_new(look->note, "unread", json_integer((json_int_t)mail->unread));
	enum reason reason = find_people(work, row->dossier, look, &people);
	if (reason == REASON_NONE && people.n > 0)
		reason = own_patient(work, row->dossier, &own);
	if (reason != REASON_NONE)
		return reason;
	look->seen = people.ids;
	look->n_seen = people.n;
	if (people.n > 0 && names_others(work, &own, row->passed, &mail->text, &people, look->note))
		look->stop = REASON_SHIELD_IDENTITY;
	else if ((mail->text.cut || people.n > SHIELD_PEOPLE) && !json_truth(row->passed, "unread"))
		look->stop = REASON_SHIELD_UNREAD;
	return REASON_NONE;
}

/* --- public --------------------------------------------------------------------------------- */

static enum reason search(struct work *work, const struct work_mail_row *row, const json_t *answer, struct bytes all, size_t head, struct work_look *out)
{
	struct shield_mail mail;
	json_t *read = row->files ? NULL : json_incref(json_object_get(answer, "shield"));
	enum reason reason = read != NULL ? REASON_NONE : ask(work, all, head, &read);

	if (reason != REASON_NONE)
		return reason;
	if (!shield_mail_of(work->arena, read, &mail)) {
		log_event("shield-unread", LOG_NUMBER("outbox", row->outbox), LOG_END);
		mail = (struct shield_mail){.text.cut = true};
	}
	reason = judge(work, row, &mail, out);
	json_array_append_new(work->kept, read);
	return reason;
}

enum reason work_look(struct work *work, const struct work_mail_row *row, const json_t *answer, struct bytes mail, size_t head, struct work_look *out)
{
	bool files = row->files || json_array_size(json_object_get(answer, "documents")) > 0;
	enum reason reason = REASON_NONE;

	*out = (struct work_look){.note = json_object()};
	if (files)
		reason = work_antivirus_mail(work, mail, out->note, &out->stop);
	if (reason == REASON_NONE && out->stop == REASON_NONE && row->sealed && row->dossier != 0)
		reason = search(work, row, answer, mail, head, out);
	return reason;
}

void work_look_free(struct work_look *look)
{
	json_decref(look->note);
	*look = (struct work_look){0};
}

enum reason work_look_keep(struct work *work, const struct work_mail_row *row, const struct work_look *look)
{
	if (!look->searched && json_object_size(look->note) == 0)
		return REASON_NONE;
	return STORE_RUN(work->store, NULL, "select relais.shield_clear($1, $2, $3, $4, $5, $6::text[]::bigint[], $7, $8)", P_INT(row->outbox), P_INT(row->dossier),
			 P_TEXTS(look->numbers, look->n_numbers), P_TEXTS(look->days, look->n_days), P_INT(SHIELD_PEOPLE + 1), P_TEXTS(look->seen, look->n_seen),
			 P_JSON(json_write(work->arena, json_incref(look->note))), P_BOOL(look->searched));
}

static enum reason stop(struct work *work, const struct work_mail_row *row, const struct work_look *look)
{
	struct dossier *dossier = NULL;
	struct policy_rules rules;
	struct policy_decision decision = {0};
	struct work_cause cause = {.effect = arena_printf(work->arena, "s%lld", (long long)row->outbox)};
	int64_t written;
	int notices;
	enum reason reason = work_load(work, row->dossier, &dossier);

	if (reason == REASON_NONE)
		reason = work_rules(work, BYTES_NONE, dossier->request.pathology, dossier, BYTES_NONE, &rules);
	if (reason != REASON_NONE)
		return reason;
	struct bytes id = bytes_of_text(arena_printf(work->arena, "S%lld", (long long)row->outbox));
	policy_decide_stopped(work->arena, &rules, dossier, id, look->stop, work->now, &decision);
	reason = work_apply(work, &decision, &cause, &written, &notices);
	if (reason != REASON_NONE)
		return reason;
	return STORE_RUN(work->store, NULL, "select relais.shield_stop($1, $2, $3, $4)", P_INT(row->outbox), P_INT(work->session), P_TEXT(reason_code(look->stop)),
			 P_JSON(json_write(work->arena, json_incref(look->note))));
}

enum reason work_look_stop(struct work *work, const struct work_mail_row *row, const struct work_look *look)
{
	enum reason reason = work_transaction(work);

	if (reason == REASON_NONE)
		reason = stop(work, row, look);
	if (reason == REASON_NONE)
		reason = store_commit(work->store);
	if (reason != REASON_NONE)
		store_rollback(work->store);
	log_event(reason == REASON_NONE ? "mail-stopped" : "not-stopped", LOG_NUMBER("outbox", row->outbox), LOG_REASON(reason == REASON_NONE ? look->stop : reason), LOG_END);
	return reason;
}

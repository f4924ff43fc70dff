/* gateway/work_watch.c - once a minute: the operator's mails about alarms (M90 to M94), and what stands in quarantine too long (M93). */
#include "gateway/work_service.h"

#include <string.h>

#include "gateway/alarm.h"
#include "gateway/alarm_mail.h"
#include "gateway/json_view.h"
#include "gateway/service_mail.h"
#include "gateway/work_report.h"
#include "policy/deadline.h"
#include "policy/story.h"

enum { DETAIL = 600 };

static const char *say(const struct work *work, const char *fr, const char *en)
{
	return work_english(work) ? en : fr;
}

/* ---------------------------------------------------------------- alarms */

struct alarm_row {
	struct alarm_mail mail;
	struct instant since;
	int64_t mails;
	json_t *detail;
};

/* The smallest "days" in the detail's list: of the certificate that ends first. */
static int days_of(const json_t *detail)
{
	int days = ALARM_NO_DAYS;
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(detail, "certificates"), i, item) {
		const json_t *value = json_object_get(item, "days");
		int one = (int)json_integer_value(value);
		if (json_is_integer(value) && (days == ALARM_NO_DAYS || one < days))
			days = one;
	}
	return days;
}

static struct alarm_row row_of(struct work *work, const struct store_rows *rows, size_t i)
{
	struct alarm_row row = {
		.since = store_instant(rows, i, 1), .detail = json_read(store_bytes(rows, i, 2)), .mails = store_int(rows, i, 5),
		.mail = {.name = arena_copy(work->arena, store_bytes(rows, i, 0)), .days = ALARM_NO_DAYS, .mailed_days = ALARM_NO_DAYS},
	};

	json_array_append_new(work->kept, row.detail);
	if (bytes_equal_text(row.mail.name, "certificate.expiring"))
		row.mail.days = days_of(row.detail);
	if (!store_is_null(rows, i, 3))
		row.mail.mailed_at = store_instant(rows, i, 3);
	if (!store_is_null(rows, i, 4))
		row.mail.mailed_days = (int)store_int(rows, i, 4);
	if (!store_is_null(rows, i, 6))
		row.mail.cleared_at = store_instant(rows, i, 6);
	return row;
}

/* The detail in one line: "host mx.a.fr, reason deliver.peer". It names files, addresses and codes (gateway/alarm.h). */
static void detail_words(const json_t *value, const char *name, struct buf *b)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(value))
		buf_printf(b, "%s%s %s", buf_bytes(b).len > 0 ? ", " : "", name, json_string_value(value));
	else if (json_is_integer(value))
		buf_printf(b, "%s%s %lld", buf_bytes(b).len > 0 ? ", " : "", name, (long long)json_integer_value(value));
	json_array_foreach(value, i, member) {
		detail_words(member, name, b);
	}
	json_object_foreach((json_t *)(uintptr_t)value, key, member) {
		detail_words(member, key, b);
	}
}

static const char *one_line(struct work *work, struct bytes text)
{
	char *line = arena_text(work->arena, text);

	for (char *c = line; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return line;
}

static json_t *alarm_fields(struct work *work, const struct alarm_row *row, const struct alarm_entry *entry, enum alarm_mail_word word)
{
	const char *lang = work->config->language;
	struct buf detail = buf_make(DETAIL);
	json_t *f = json_object();

	detail_words(row->detail, "", &detail);
	const char *words = buf_ok(&detail) && buf_bytes(&detail).len > 0 ? one_line(work, bytes_trim(buf_bytes(&detail))) : NULL;
	buf_free(&detail);
	if (word == ALARM_MAIL_OVER) {
		json_object_set_new(f, "sentence", json_string(say(work, "C'est fini : l'alarme ne tient plus depuis une heure.", "It is over: the alarm has not stood for an hour.")));
		json_object_set_new(f, "todo_list", json_string(say(work, "- Rien : ce message dit seulement que c'est fini.", "- Nothing: this message only says that it is over.")));
	} else {
		json_object_set_new(f, "sentence", json_string(say(work, entry->fr, entry->en)));
		json_object_set_new(f, "todo_list", json_string(arena_printf(work->arena, "- %s\n- %s%s%s%s", say(work, entry->fr_do, entry->en_do), say(work, "Le détail : relais alarms", "The detail: relais alarms"),
									     words == NULL ? "" : " (", words == NULL ? "" : words, words == NULL ? "" : ")")));
	}
	json_object_set_new(f, "since", json_string(story_time(work->arena, row->since, lang)));
	return f;
}

/* NULL: the template's. What is not fetched is no queue of ours. */
static const char *subject_of(struct work *work, const char *name, enum alarm_mail_word word)
{
	if (word == ALARM_MAIL_OVER)
		return arena_printf(work->arena, "%s%s", say(work, "Fin de l'alerte : ", "Alert over: "), name);
	if (word == ALARM_MAIL_LASTS)
		return arena_printf(work->arena, "%s%s", say(work, "L'alerte dure : ", "The alert lasts: "), name);
	if (strcmp(name, "staff.failed") == 0)
		return say(work, "Alerte : un message à nos équipes n'est pas remis", "Alert: a mail to our own people was not delivered");
	return strcmp(name, "collect.failed") == 0 ? say(work, "Alerte : du courrier n'est plus relevé", "Alert: mail is not fetched any more") : NULL;
}

static enum reason tell_alarm(struct work *work, const struct alarm_row *row, enum alarm_mail_word word)
{
	const struct alarm_entry *entry = alarm_entry(row->mail.name);
	const char *name = arena_text(work->arena, row->mail.name);

	if (entry != NULL) {
		struct work_service mail = {
			.code = alarm_mail_code(row->mail.name), .party = SERVICE_OPERATOR, .rule = "alarm/1", .fields = alarm_fields(work, row, entry, word),
			.occasion = arena_printf(work->arena, "%s:%lld:%lld", name, (long long)row->since.us, (long long)row->mails),
			.subject = subject_of(work, name, word),
		};
		enum reason reason = work_service_add(work, &mail, NULL);
		if (reason != REASON_NONE)
			return reason;
	}
	if (word == ALARM_MAIL_OVER)
		return STORE_RUN(work->store, NULL, "select relais.alarm_over($1)", P_TEXT(name));
	return STORE_RUN(work->store, NULL, "select relais.alarm_mailed($1, $2, $3::bigint::integer)", P_TEXT(name), P_INSTANT(work->now), P_INT(row->mail.days));
}

static enum reason look_at_alarms(struct work *work)
{
	struct store_rows *rows = NULL;

	/* Nobody is written to: alarms keep to relais alarms. */
	if (service_mailbox(work->config, SERVICE_OPERATOR)[0] == '\0')
		return REASON_NONE;
	enum reason reason = STORE_RUN(work->store, &rows, "select name, since, detail, mailed_at, mailed_days::bigint, mails::bigint, cleared_at from relais.alarm_mails() where $1", P_BOOL(true));
	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++) {
		struct alarm_row row = row_of(work, rows, i);
		enum alarm_mail_word word = alarm_mail_due(&row.mail, work->now);
		if (word != ALARM_MAIL_NOTHING)
			reason = tell_alarm(work, &row, word);
	}
	store_free(&rows);
	return reason;
}

/* ---------------------------------------------------------------- quarantine */

/* Held messages that one of our people is told of now. */
struct heap {
	enum service_party party;
	int told;                        /* 1: the owner's; 2: the manager's */
	size_t n;
	struct instant since;            /* of the oldest: what was read again and kept apart anew is told of anew */
	int64_t last;
	struct buf ids;
};

static void heap_add(struct heap *h, int64_t inbox, struct instant at)
{
	if (h->n == 0 || instant_before(at, h->since))
		h->since = at;
	if (h->n < 20)
		buf_printf(&h->ids, "%sR%lld", h->n > 0 ? ", " : "", (long long)inbox);
	else if (h->n == 20)
		buf_printf(&h->ids, "…");
	h->last = inbox;
	h->n++;
}

static enum reason heap_tell(struct work *work, const struct heap *h)
{
	const char *lang = work->config->language;
	bool en = work_english(work);
	json_t *f = json_object();

	json_object_set_new(f, "sentence", json_string(arena_printf(work->arena, en ? "%zu message%s wait%s in quarantine for a decision: %.*s." : "%zu message%s attend%s une décision en quarantaine : %.*s.", h->n,
								     h->n > 1 ? "s" : "", en ? (h->n > 1 ? "" : "s") : h->n > 1 ? "ent" : "", (int)buf_bytes(&h->ids).len,
								     (const char *)buf_bytes(&h->ids).at)));
	json_object_set_new(f, "since", json_string(story_time(work->arena, h->since, lang)));
	json_object_set_new(f, "todo_list", json_string(say(work, "1. Voyez-les : relais quarantine list\n2. Rattachez, rendez ou faites relire chacun : relais quarantine attach, return, again.",
							   "1. See them: relais quarantine list\n2. Attach, return or read again each: relais quarantine attach, return, again.")));
	if (h->told == 2)
		json_object_set_new(f, "done_list", json_string(say(work, "- leur responsable a été prévenu avant vous", "- whose they are was told before you")));
	struct work_service mail = {.code = MAIL_M93, .party = h->party, .rule = "quarantine/1", .fields = f,
				    .occasion = arena_printf(work->arena, "R%lld:%d:%zu:%lld", (long long)h->last, h->told, h->n, (long long)h->since.us)};
	return work_service_add(work, &mail, NULL);
}

/* Words of an emergency in a message that was kept apart: nobody waits for four hours. */
static enum reason tell_urgent(struct work *work, struct bytes ref, int64_t inbox, struct instant at)
{
	bool duty = service_mailbox(work->config, SERVICE_DUTY)[0] != '\0';
	json_t *f = json_object();

	json_object_set_new(f, "reference", json_string(ref.len > 0 ? arena_printf(work->arena, "%.*s R%lld", (int)ref.len, (const char *)ref.at, (long long)inbox) : arena_printf(work->arena, "R%lld", (long long)inbox)));
	json_object_set_new(f, "since", json_string(story_time(work->arena, at, work->config->language)));
	json_object_set_new(f, "done_list", json_string(say(work, "- le message est mis à part : relais quarantine list", "- the message was kept apart: relais quarantine list")));
	struct work_service mail = {.code = MAIL_M81, .party = duty ? SERVICE_DUTY : SERVICE_NURSES, .rule = "quarantine/1", .fields = f,
				    .occasion = arena_printf(work->arena, "R%lld:%lld", (long long)inbox, (long long)at.us)};
	return work_service_add(work, &mail, NULL);
}

static enum reason look_at_one(struct work *work, const struct store_rows *rows, size_t i, struct heap heaps[SERVICE_PARTIES])
{
	int64_t inbox = store_int(rows, i, 0), told = store_int(rows, i, 5);
	struct instant at = store_instant(rows, i, 4);
	struct bytes ref = store_is_null(rows, i, 1) ? BYTES_NONE : store_bytes(rows, i, 1);
	bool urgent = bytes_equal_text(store_bytes(rows, i, 2), reason_code(REASON_REPLY_URGENT));
	enum service_party owner = service_party_of_name(store_bytes(rows, i, 3));
	int now = (int)told;

	if (told < 1 && (urgent || !instant_before(work->now, deadline_after(&work->settings, DEADLINE_QUARANTINE_OWNER, at))))
		now = 1;
	if (!instant_before(work->now, deadline_after(&work->settings, DEADLINE_QUARANTINE_MANAGER, at)))
		now = 2;
	if (now == told)
		return REASON_NONE;
	enum reason reason = urgent && told < 1 ? tell_urgent(work, ref, inbox, at) : REASON_NONE;
	if (!urgent && told < 1)
		heap_add(&heaps[owner < SERVICE_PARTIES && service_may(owner, MAIL_M93) ? owner : SERVICE_OPERATOR], inbox, at);
	if (now == 2)
		heap_add(&heaps[SERVICE_MANAGER], inbox, at);
	return reason != REASON_NONE ? reason : STORE_RUN(work->store, NULL, "select relais.held_told($1, $2::bigint::integer)", P_INT(inbox), P_INT(now));
}

static enum reason look_at_quarantine(struct work *work)
{
	struct heap heaps[SERVICE_PARTIES];
	struct store_rows *rows = NULL;
	enum reason reason = work_settings(work);

	for (enum service_party p = SERVICE_NURSES; p < SERVICE_PARTIES; p++)
		heaps[p] = (struct heap){.party = p, .told = p == SERVICE_MANAGER ? 2 : 1, .ids = buf_make(DETAIL)};
	if (reason == REASON_NONE)
		reason = STORE_RUN(work->store, &rows, "select inbox, ref, reason, owner, held_at, told::bigint from relais.held_list() where $1", P_BOOL(true));
	for (size_t i = 0; reason == REASON_NONE && i < store_count(rows); i++)
		reason = look_at_one(work, rows, i, heaps);
	store_free(&rows);
	for (enum service_party p = SERVICE_NURSES; p < SERVICE_PARTIES; p++) {
		if (reason == REASON_NONE && heaps[p].n > 0)
			reason = heap_tell(work, &heaps[p]);
		buf_free(&heaps[p].ids);
	}
	return reason;
}

enum reason work_watch(struct work *work)
{
	enum reason reason = look_at_alarms(work);

	return reason == REASON_NONE ? look_at_quarantine(work) : reason;
}

/* gateway/work_antivirus.c - see work_antivirus.h. */
#include "gateway/work_antivirus.h"

#include <string.h>

#include "base/frame.h"
#include "base/limits.h"
#include "gateway/json_view.h"
#include "gateway/log.h"

enum { ANSWER_MAX = 4096 };

static const struct {
	enum reason reason;
	const char *word;
} words[] = {
	{REASON_NONE, "clean"}, {REASON_MAIL_VIRUS, "found"}, {REASON_ANTIVIRUS_SIZE, "size"}, {REASON_ANTIVIRUS_ERROR, "error"}, {REASON_ANTIVIRUS_AWAY, "away"},
};
enum { WORDS = sizeof words / sizeof words[0] };

static const char *word_of(enum reason reason)
{
	size_t i = 0;
	while (i + 1 < WORDS && words[i].reason != reason)
		i++;
	return words[i].word;
}

/* What relais-antivirus answered; any other answer is none. */
static enum reason read_answer(struct bytes answer, json_t **name)
{
	struct cursor c = cursor_on(answer);
	struct frame frame;
	enum reason reason = REASON_ANTIVIRUS_AWAY;
	json_t *json = frame_next(&c, &frame) && cursor_done(&c) ? json_read(frame.payload) : NULL;
	struct bytes code = json_view(json, "reason");

	for (size_t i = 0; i < WORDS; i++)
		if (bytes_equal_text(code, reason_code(words[i].reason)))
			reason = words[i].reason;
	*name = json_incref(json_object_get(json, "name"));
	json_decref(json);
	return reason;
}

/* The alarm begins and ends with what is seen here; another worker may have raised it before this one began. */
static void tell(struct work *work, bool away)
{
	enum reason now = away ? REASON_ANTIVIRUS_AWAY : REASON_NONE;

	if (work->antivirus_told && work->antivirus_last == now)
		return;
	enum reason reason = STORE_RUN(work->store, NULL, "select relais.antivirus_state($1)", P_BOOL(away));
	work->antivirus_told = reason == REASON_NONE;
	work->antivirus_last = now;
	if (away)
		log_event("antivirus-away", LOG_REASON(REASON_ANTIVIRUS_AWAY), LOG_END);
}

/* REASON_NONE with a verdict; ANTIVIRUS_AWAY: there is none, and what waits for one waits. */
static enum reason ask(struct work *work, struct bytes content, json_t **verdict)
{
	struct bytes answer;
	json_t *name = NULL;
	enum reason reason = oneshot_call(work->antivirus, work->arena, BYTES("{}"), content, ANSWER_MAX, (LIMIT_CLAMD_SECONDS + LIMIT_CLAMD_CONNECT_SECONDS) * 1000 + 5000, &answer);
	enum reason found = reason == REASON_NONE ? read_answer(answer, &name) : REASON_ANTIVIRUS_AWAY;
	bool away = found == REASON_ANTIVIRUS_AWAY;

	tell(work, away);
	*verdict = json_pack("{s:s, s:O?}", "verdict", word_of(found), "name", found == REASON_MAIL_VIRUS ? name : NULL);
	json_decref(name);
	return away && strcmp(work->config->antivirus.when_away, "wait") == 0 ? REASON_ANTIVIRUS_AWAY : REASON_NONE;
}

enum reason work_antivirus_message(struct work *work, struct bytes raw, json_t **verdict)
{
	*verdict = NULL;
	return work->antivirus == NULL ? REASON_NONE : ask(work, raw, verdict);
}

enum reason work_antivirus_held(const json_t *verdict)
{
	struct bytes word = json_view(verdict, "verdict");

	for (size_t i = 1; i < WORDS; i++)
		if (bytes_equal_text(word, words[i].word) && words[i].reason != REASON_ANTIVIRUS_AWAY)
			return words[i].reason;
	return REASON_NONE;
}

enum reason work_antivirus_mail(struct work *work, struct bytes mail, json_t *note, enum reason *stop)
{
	json_t *verdict;
	enum reason reason = work_antivirus_message(work, mail, &verdict);

	if (verdict != NULL) {
		json_object_set(note, "antivirus", json_object_get(verdict, "verdict"));
		if (json_is_string(json_object_get(verdict, "name")))
			json_object_set(note, "virus", json_object_get(verdict, "name"));
	}
	*stop = work_antivirus_held(verdict);
	json_decref(verdict);
	return reason;
}

/* gateway/work_antivirus.c - see work_antivirus.h. */
#include "gateway/work_antivirus.h"

#include <string.h>

#include "base/frame.h"
#include "base/limits.h"
#include "gateway/json_view.h"
#include "gateway/log.h"
#include "gateway/work_away.h"

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
	enum reason reason = REASON_ANTIVIRUS_SILENT;
	json_t *json = frame_next(&c, &frame) && cursor_done(&c) ? json_read(frame.payload) : NULL;
	struct bytes code = json_view(json, "reason");

	for (size_t i = 0; i < WORDS; i++)
		if (bytes_equal_text(code, reason_code(words[i].reason)))
			reason = words[i].reason;
	*name = json_incref(json_object_get(json, "name"));
	json_decref(json);
	return reason;
}

static bool waits(const struct work *work)
{
	return strcmp(work->config->antivirus.when_away, "wait") == 0;
}

/* One question. Whoever ended over a message, or answered nonsense, says something about it perhaps; who cannot be reached nothing. */
static enum reason question(struct work *work, struct bytes request, struct bytes content, json_t **name)
{
	struct bytes answer;
	const unsigned most = (LIMIT_CLAMD_SECONDS + 3 * LIMIT_CLAMD_CONNECT_SECONDS) * 1000 + 5000;

	*name = NULL;
	if (work_away_rests(&work->antivirus_seen))
		return REASON_ANTIVIRUS_AWAY;
	enum reason reason = oneshot_call(work->antivirus, work->arena, request, content, ANSWER_MAX, most, &answer);
	enum reason found = reason == REASON_NONE ? read_answer(answer, name) : work_is_ours(reason) ? REASON_ANTIVIRUS_AWAY : REASON_ANTIVIRUS_SILENT;
	if (found == REASON_ANTIVIRUS_AWAY && !work->antivirus_seen.away)
		log_event("antivirus-away", LOG_REASON(found), LOG_END);
	work_away_tell(work, &work->antivirus_seen, "select relais.antivirus_state($1)", found == REASON_ANTIVIRUS_AWAY);
	return found;
}

/* REASON_NONE with a verdict; ANTIVIRUS_AWAY, ANTIVIRUS_SILENT: there is none, and what waits for one waits. */
static enum reason ask(struct work *work, struct bytes content, json_t **verdict)
{
	json_t *name;
	enum reason found = question(work, BYTES("{}"), content, &name);

	if (found == REASON_ANTIVIRUS_SILENT && work->last_try)
		found = REASON_ANTIVIRUS_ERROR;
	bool none = found == REASON_ANTIVIRUS_SILENT || (found == REASON_ANTIVIRUS_AWAY && waits(work));
	if (!none)
		*verdict = json_pack("{s:s, s:O?}", "verdict", word_of(found), "name", found == REASON_MAIL_VIRUS ? name : NULL);
	json_decref(name);
	return none ? found : REASON_NONE;
}

enum reason work_antivirus_ready(struct work *work)
{
	json_t *name;

	if (work->antivirus == NULL || !waits(work) || !work->antivirus_seen.away)
		return REASON_NONE;
	enum reason reason = question(work, BYTES("{\"op\": \"ping\"}"), BYTES_NONE, &name);
	json_decref(name);
	return reason == REASON_NONE ? REASON_NONE : REASON_ANTIVIRUS_AWAY;
}

void work_antivirus_watch(struct work *work)
{
	json_t *name;

	if (work->antivirus == NULL || !work->antivirus_seen.away)
		return;
	work_begin(work);
	(void)question(work, BYTES("{\"op\": \"ping\"}"), BYTES_NONE, &name);
	json_decref(name);
	work_end(work);
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

/* What was found stands before what could not be asked, and that before what is clean. */
static int rank(const json_t *verdict)
{
	struct bytes word = json_view(verdict, "verdict");

	return work_antivirus_held(verdict) != REASON_NONE ? 3 : bytes_equal_text(word, "away") ? 2 : verdict != NULL;
}

json_t *work_antivirus_worse(json_t *outer, json_t *inner)
{
	bool second = rank(inner) > rank(outer);

	json_decref(second ? outer : inner);
	return second ? inner : outer;
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

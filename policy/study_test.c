/* policy/study_test.c - what a reply to the questionnaire is read as, and what the dossier keeps of it. */
#include "policy/test_world.h"

#include "policy/study.h"

struct row {
	const char *what, *text, *answers;   /* "yes - - no" of the four; NULL: none is read */
	bool more;
};

static const struct row ROWS[] = {
	{"numbered lines", "1. oui\n2. non\n3. oui\n4. oui", "yes no yes yes", false},
	{"some left out, out of order, other signs", "3) Oui, bien sûr\n1 : NON", "no - yes -", false},
	{"in English", "1. Yes\n2. Partly\n3. no, never\n4. a little", "yes partly no partly", false},
	{"in part", "2. en partie\n4. Un peu", "- partly - partly", false},
	{"a greeting and a name are nothing more", "Bonjour,\n\n1. oui\n2. oui\n\nCordialement\nDominique", "yes yes - -", false},
	{"a question beside it is for a person", "1. oui\n\nPuis-je avoir un rendez-vous ?", "yes - - -", true},
	{"so is a sentence", "1. oui\nJ'ai toujours très mal au dos depuis mars", "yes - - -", true},
	{"and a long answer", "2. non, parce que mon chirurgien ne voulait pas et que je n'ai pas osé lui demander autre chose", "- no - -", true},
	{"the first answer to a question counts", "1. oui\n1. non", "yes - - -", false},
	{"four bare words, one a line", "oui\nnon\noui\nun peu", "yes no yes partly", false},
	{"three of them could be any three", "oui\nnon\noui", NULL, false},
	{"a number that is no question", "5. oui\n0. non", NULL, false},
	{"a longer word is none", "1. ouistiti\n2. nonante", NULL, false},
	{"a year is no number of a question", "2026 non", NULL, false},
	{"a plain question", "Bonjour, ai-je bien reçu votre avis ?", NULL, false},
	{"nothing", "", NULL, false},
};

static void replies_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const struct row *r = &ROWS[i];
		struct study_answers a;
		struct buf b = buf_make(256);
		bool read = study_read(T(r->text), &a);
		for (size_t q = 0; q < STUDY_QUESTIONS; q++)
			buf_printf(&b, "%s%s", q > 0 ? " " : "", a.at[q] == STUDY_UNSAID ? "-" : study_answer_name(a.at[q]));
		if (read != (r->answers != NULL) || (read && (!bytes_equal_text(buf_bytes(&b), r->answers) || a.more != r->more)))
			fail_msg("%s: read %d, %.*s, more %d", r->what, read, (int)b.len, (const char *)buf_bytes(&b).at, read && a.more);
		buf_free(&b);
	}
}

/* Closed, the consent asked apart, and six months gone by. */
static struct world *six_months_later(bool agreed)
{
	struct world *w = world_make();
	struct policy_answer *answers = arena_alloc(w->arena, (COUNT(REQUEST_ANSWERS) + 1) * sizeof *answers);
	struct dossier *d = arena_alloc(w->arena, sizeof *d);

	to_released(w);
	send(w, patient_message(w, "Faut-il opérer vite ?"));
	struct policy_message answer = reply_message(w, "un@experts.exemple.fr", POLICY_WORD_NONE);
	answer.text = BYTES("Non, rien ne presse.");
	send(w, answer);
	command(w, POLICY_ACT_CLOSE, "", "");
	memcpy(answers, REQUEST_ANSWERS, sizeof REQUEST_ANSWERS);
	answers[COUNT(REQUEST_ANSWERS)] = (struct policy_answer){.question = BYTES("consent.study"), .value = BYTES("true")};
	w->log[0].request.answers = answers;
	w->log[0].request.n_answers = COUNT(REQUEST_ANSWERS) + agreed;
	*d = dossier_begin(w->arena, 7, T(REFERENCE));
	assert_int_equal(dossier_fold(d, w->log, w->n_log, NULL), REASON_NONE);
	w->dossier = d;
	w->now = (struct instant){w->now.us + SPAN_DAYS(183).us};
	return w;
}

static void ask(struct world *w)
{
	policy_decide_timer(w->arena, &w->rules, w->dossier, DEADLINE_SIX_MONTHS, w->now, &w->last);
	world_store(w);
}

static void writes(struct world *w, const char *text, enum policy_word word)
{
	struct policy_message m = patient_message(w, text);

	pass(w, SPAN_HOURS(3));
	m.reply.patient = word;
	send(w, m);
}

static void it_goes_once_to_who_agreed(void **state)
{
	(void)state;
	struct world *w = six_months_later(true);

	ask(w);
	assert_string_equal(mails_of(w), "M40 patient");
	assert_true(bytes_equal_text(field_of(&w->last, MAIL_M40, "questions"), study_question_more(false)));
	pass(w, SPAN_DAYS(400));
	ask(w);
	assert_string_equal(mails_of(w), "");
	world_free(w);
	w = six_months_later(false);
	ask(w);
	assert_int_equal(w->last.n_events, 0);
	world_free(w);
	/* Said in another dossier of hers. */
	w = six_months_later(true);
	w->rules.study_stopped = true;
	ask(w);
	assert_string_equal(mails_of(w), "");
	assert_string_equal(events_of(w), "deadline_passed");
	world_free(w);
	/* Or on the telephone. */
	w = six_months_later(true);
	assert_int_equal(command(w, POLICY_ACT_STUDY_STOP, "", "")->outcome, POLICY_APPLIED);
	ask(w);
	assert_int_equal(w->last.n_events, 0);
	world_free(w);
}

static void its_answers_stay_out_of_the_dossier(void **state)
{
	(void)state;
	struct world *w = six_months_later(true);

	writes(w, "1. oui\n2. non", POLICY_WORD_NONE);
	assert_string_equal(events_of(w), "question_late");           /* it was not asked yet */
	ask(w);
	writes(w, "1. oui\n2. non", POLICY_WORD_NONE);
	assert_string_equal(events_of(w), "study_answered");
	assert_string_equal(mails_of(w), "");
	assert_non_null(w->last.study);
	assert_int_equal(w->last.study->at[STUDY_CARE], STUDY_NO);
	assert_int_equal(w->last.study->at[STUDY_SATISFIED], STUDY_UNSAID);
	writes(w, "1. non", POLICY_WORD_NONE);                          /* counted once; again, a person reads it */
	assert_string_equal(events_of(w), "question_late");
	assert_null(w->last.study);
	writes(w, "STOP", POLICY_WORD_STOP);
	assert_string_equal(events_of(w), "study_stopped");
	writes(w, "STOP", POLICY_WORD_STOP);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	world_free(w);
}

static void a_question_beside_it_is_not_lost(void **state)
{
	(void)state;
	struct world *w = six_months_later(true);

	ask(w);
	writes(w, "1. oui\n\nPourquoi ai-je encore mal ?", POLICY_WORD_NONE);
	assert_string_equal(events_of(w), "study_answered, question_late");
	assert_string_equal(mails_of(w), "M36 patient");
	assert_non_null(w->last.study);
	world_free(w);
	w = six_months_later(true);
	ask(w);
	/* On paper: that it came, once, and only what was sent can come back. */
	assert_int_equal(command(w, POLICY_ACT_STUDY_ANSWERED, "", "")->outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "study_answered");
	assert_null(w->last.study);
	assert_int_equal(command(w, POLICY_ACT_STUDY_ANSWERED, "", "")->outcome, POLICY_REFUSED);
	world_free(w);
	w = six_months_later(true);
	assert_int_equal(command(w, POLICY_ACT_STUDY_ANSWERED, "", "")->outcome, POLICY_REFUSED);
	ask(w);
	writes(w, "Je ne sais que répondre.", POLICY_WORD_NONE);
	assert_string_equal(events_of(w), "question_late");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_read),
		cmocka_unit_test(it_goes_once_to_who_agreed),
		cmocka_unit_test(its_answers_stay_out_of_the_dossier),
		cmocka_unit_test(a_question_beside_it_is_not_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

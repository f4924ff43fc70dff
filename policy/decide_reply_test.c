/* policy/decide_reply_test.c - offers, opinions, questions: what comes to the relay addresses. */
#include "policy/test_world.h"

#define UN "un@experts.exemple.fr"
#define DEUX "deux@experts.exemple.fr"
#define TROIS "trois@experts.exemple.fr"

static void the_offer_names_nobody(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_offered(w);
	assert_string_equal(mails_of(w), "M06 patient, M10 expert");
	const struct policy_mail *m = mail_of(&w->last, MAIL_M10);
	assert_true(bytes_equal(m->to, BYTES(UN)));
	assert_int_equal(m->attach, POLICY_ATTACH_NONE);
	for (size_t i = 0; i < m->n_fields; i++) {
		assert_false(bytes_contains_nocase(m->fields[i].text, BYTES("PAT-TROIS")));
		assert_false(names_patient(m->fields[i].text));
	}
	assert_true(bytes_equal(field_of(&w->last, MAIL_M10, "age"), BYTES("46")));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M10, "due"), BYTES("lundi 9 mars 2026")));
	assert_true(bytes_contains(field_of(&w->last, MAIL_M10, "questions"), BYTES("Mon numéro est [...].")));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M10, "exam_count"), BYTES("2")));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M10, "hospitals"), BYTES("Hôpital X")));
	world_free(w);
}

static void accepting(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_accepted(w);
	assert_string_equal(events_of(w), "offer_accepted");
	assert_string_equal(mails_of(w), "M07 patient, M13 expert");
	assert_int_equal(mail_of(&w->last, MAIL_M13)->attach, POLICY_ATTACH_DOSSIER);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M13, "birth_date"), BYTES("28/03/1979")));
	assert_true(bytes_contains(field_of(&w->last, MAIL_M13, "answers"), BYTES("- Vos antécédents : aucun")));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M07, "expert"), BYTES("Pr UN")));
	send(w, reply_message(w, UN, POLICY_WORD_ACCEPT));
	assert_int_equal(w->last.outcome, POLICY_DUPLICATE);
	send(w, reply_message(w, UN, POLICY_WORD_REFUSE));
	assert_int_equal(w->last.reason, REASON_REPLY_NOT_AWAITED);
	world_free(w);
}

static void refusing_goes_on_to_the_next(void **state)
{
	(void)state;
	static const enum policy_word words[] = {POLICY_WORD_REFUSE, POLICY_WORD_CONFLICT, POLICY_WORD_ABSENT};
	static const char *const mailboxes[] = {UN, DEUX, TROIS};
	struct world *w = world_make();

	to_offered(w);
	for (size_t i = 0; i < 2; i++) {
		send(w, reply_message(w, mailboxes[i], words[i]));
		assert_string_equal(events_of(w), "offer_declined, offered");
		assert_string_equal(mails_of(w), "M10 expert");
		assert_true(bytes_equal(w->last.mails[0].to, T(mailboxes[i + 1])));
	}
	send(w, reply_message(w, TROIS, words[2]));
	assert_string_equal(events_of(w), "offer_declined, expert_none");
	assert_int_equal(w->last.outcome, POLICY_APPLIED);
	assert_int_equal(w->last.reason, REASON_EXPERT_NONE);
	assert_string_equal(w->last.owner, "nurses");
	assert_int_equal(w->dossier->state, DOSSIER_NO_EXPERT);
	/* The late "yes" of the first one is no answer any more. */
	send(w, reply_message(w, UN, POLICY_WORD_ACCEPT));
	assert_int_equal(w->last.reason, REASON_REPLY_NOT_AWAITED);
	assert_int_equal(command(w, POLICY_ACT_OFFER, "", "")->reason, REASON_EXPERT_NONE);
	assert_int_equal(w->last.outcome, POLICY_REFUSED);
	world_free(w);
}

static void what_is_no_answer(void **state)
{
	(void)state;
	static const struct {
		const char *what, *from, *mail_from, *peer;
		bool automatic;
		enum policy_source source;
		struct policy_signature signature;
		enum reason reason;
	} rows[] = {
		{"automatic", UN, UN, "experts.exemple.fr", true, POLICY_SOURCE_SMTP, {.verdict = POLICY_VERDICT_NONE}, REASON_REPLY_AUTOMATIC},
		{"null return path", UN, "", "experts.exemple.fr", false, POLICY_SOURCE_SMTP, {.verdict = POLICY_VERDICT_NONE}, REASON_REPLY_AUTOMATIC},
		{"another expert", DEUX, DEUX, "experts.exemple.fr", false, POLICY_SOURCE_SMTP, {.verdict = POLICY_VERDICT_NONE}, REASON_REPLY_PARTY},
		{"the patient", PATIENT_MAILBOX, PATIENT_MAILBOX, "patient.exemple.fr", false, POLICY_SOURCE_SMTP, {.verdict = POLICY_VERDICT_NONE}, REASON_REPLY_PARTY},
		{"his address through another operator", UN, UN, "autre.exemple.fr", false, POLICY_SOURCE_SMTP, {.verdict = POLICY_VERDICT_NONE}, REASON_MAIL_FROM_DOMAIN},
		{"unsigned by IMAP", UN, "", "", false, POLICY_SOURCE_IMAP, {.verdict = POLICY_VERDICT_NONE}, REASON_SIG_NONE},
		{"signed by a stranger", UN, UN, "experts.exemple.fr", false, POLICY_SOURCE_SMTP,
		 {.verdict = POLICY_VERDICT_VALID, .fingerprint = BYTES_OF("zz")}, REASON_SIG_NOT_BOUND},
		{"badly signed", UN, UN, "experts.exemple.fr", false, POLICY_SOURCE_SMTP, {.verdict = POLICY_VERDICT_INVALID}, REASON_SIG_INVALID},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		struct bytes domain = T(rows[i].peer);
		to_offered(w);
		struct policy_message m = reply_message(w, rows[i].from, POLICY_WORD_ACCEPT);
		m.mail_from = T(rows[i].mail_from);
		m.peer_domains = (struct policy_texts){&domain, 1};
		m.automatic = rows[i].automatic;
		m.source = rows[i].source;
		m.signature = rows[i].signature;
		send(w, m);
		if (w->last.outcome != POLICY_HELD || w->last.reason != rows[i].reason || w->last.n_events != 0)
			fail_msg("%s: %s", rows[i].what, reason_code(w->last.reason));
		if (i != COUNT(rows) - 1)
			assert_int_equal(w->last.n_mails, 0);
		world_free(w);
	}
}

static void signed_by_imap_counts(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m;

	to_offered(w);
	m = reply_message(w, UN, POLICY_WORD_ACCEPT);
	m.source = POLICY_SOURCE_IMAP;
	m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_VALID, .fingerprint = BYTES("E1")};
	assert_int_equal(send(w, m)->outcome, POLICY_APPLIED);
	assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
	world_free(w);
}

/* An expert whose mailbox is ours answers by submission: his account vouches for his From, and for no other. */
static void submitted_answers(void **state)
{
	(void)state;
	static const struct {
		const char *what, *from, *account, *mail_from;
		enum reason reason;
	} rows[] = {
		{"his own account", UN, UN, UN, REASON_NONE},
		{"another account in his name", UN, DEUX, DEUX, REASON_AUTH_FROM},
		{"another account, its own name", DEUX, DEUX, DEUX, REASON_REPLY_PARTY},
		{"his account, the patient's name", PATIENT_MAILBOX, UN, UN, REASON_AUTH_FROM},
		{"his account, a hospital's name", "pfi@chu-x.exemple.fr", UN, UN, REASON_AUTH_FROM},
		{"his account, null return path", UN, UN, "", REASON_REPLY_AUTOMATIC},
		{"no account at all", UN, "", UN, REASON_AUTH_FROM},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_offered(w);
		struct policy_message m = reply_message(w, rows[i].from, POLICY_WORD_ACCEPT);
		m.source = POLICY_SOURCE_SUBMISSION;
		m.account = T(rows[i].account);
		m.mail_from = T(rows[i].mail_from);
		send(w, m);
		if (w->last.reason != rows[i].reason || (w->last.outcome == POLICY_APPLIED) != (rows[i].reason == REASON_NONE) ||
		    (w->last.outcome == POLICY_APPLIED) != (w->dossier->state == DOSSIER_ACCEPTED))
			fail_msg("%s: %s", rows[i].what, reason_code(w->last.reason));
		if (rows[i].reason == REASON_AUTH_FROM)
			assert_int_equal(w->last.n_mails + w->last.n_events, 0);
		world_free(w);
	}
}

static void unclear_is_asked_again(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_offered(w);
	send(w, reply_message(w, UN, POLICY_WORD_UNCLEAR));
	assert_string_equal(events_of(w), "reply_unclear");
	assert_string_equal(mails_of(w), "M12 expert");
	assert_int_equal(w->last.reason, REASON_REPLY_UNCLEAR);
	assert_true(w->last.mails[0].in_reply_to);
	assert_int_equal(w->dossier->state, DOSSIER_OFFERED);
	world_free(w);
}

static void a_good_opinion(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_checked(w);
	assert_string_equal(events_of(w), "opinion_received, opinion_checked");
	assert_string_equal(mails_of(w), "");
	assert_string_equal(w->last.rule, "opinion.check/1");
	assert_true(w->dossier->opinion.data.is_signed);
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_string_equal(mails_of(w), "M21 patient, M64 attending, M16 expert");
	assert_int_equal(mail_of(&w->last, MAIL_M64)->attach, POLICY_ATTACH_REPORT);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M21, "shared_with"), BYTES("Dr GENERAL")));
	world_free(w);
}

/* A physician without a mailbox is sent nothing, whatever the consent: the patient is not told that he has it. */
static void who_is_sent_nothing_is_not_named(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_checked(w);
	struct dossier d = dossier_copy(w->arena, w->dossier);
	d.request.attending.mailbox = BYTES_NONE;
	w->dossier = &d;
	command(w, POLICY_ACT_RELEASE, "", "");
	assert_string_equal(mails_of(w), "M21 patient, M16 expert");
	assert_int_equal(field_of(&w->last, MAIL_M21, "shared_with").len, 0);
	world_free(w);
}

static void automatic_release(void **state)
{
	(void)state;
	struct world *w = world_make();

	w->rules.release_by_nurse = false;
	to_accepted(w);
	send(w, opinion_message(w, UN, "e1"));
	assert_string_equal(events_of(w), "opinion_received, opinion_checked, released");
	assert_string_equal(mails_of(w), "M21 patient, M64 attending, M16 expert");
	world_free(w);
}

/* One thing wrong with an opinion, and what is answered. */
static struct policy_message wrong_opinion(struct world *w, int wrong)
{
	struct policy_message m = opinion_message(w, UN, "e1");

	switch (wrong) {
	case 0:
		m.signature.fingerprint = BYTES("e2");
		break;
	case 1:
		m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_NONE};
		break;
	case 2:
		m.signature.time = (struct instant){MORNING.us + SPAN_MINUTES(59).us};
		break;
	case 3:
		m.signature.timed = false;
		break;
	case 4:
		m.form.reference = BYTES("A-2026-004218-KQ");
		break;
	case 5:
		m.form.reference = BYTES_NONE;
		break;
	case 6:
		m.signature.verdict = POLICY_VERDICT_UNTRUSTED;
		m.signature.reason = REASON_SIG_REVOKED;
		break;
	case 7:
		m.automatic = true;
		break;
	case 8:
		m.from = m.mail_from = BYTES(DEUX);
		break;
	case 9: {
		struct policy_document other = document(w, "other", "11490-0", "o");
		other.patient.ins = BYTES("179035121518989");
		m.documents = documents(w, other);
		m.n_documents = 1;
		break;
	}
	default:
		break;
	}
	return m;
}

static void wrong_opinions_are_held(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		enum reason reason;
		const char *mails;
	} rows[] = {
		{"another's certificate", REASON_OPINION_SIGNER, "M71 sender"},
		{"unsigned", REASON_OPINION_SIGNER, "M15 expert"},
		{"signed before acceptance", REASON_OPINION_EARLY, "M71 sender"},
		{"without signing time", REASON_OPINION_EARLY, "M71 sender"},
		{"another dossier", REASON_OPINION_DOSSIER, "M71 sender"},
		{"no dossier", REASON_OPINION_DOSSIER, "M71 sender"},
		{"revoked certificate", REASON_SIG_REVOKED, "M71 sender"},
		{"automatic", REASON_REPLY_AUTOMATIC, ""},
		{"from another expert", REASON_REPLY_PARTY, ""},
		{"with a document of another patient", REASON_ARCHIVE_PATIENTS, "M71 sender"},
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		to_accepted(w);
		pass(w, SPAN_DAYS(1));
		send(w, wrong_opinion(w, (int)i));
		if (w->last.outcome != POLICY_HELD || w->last.reason != rows[i].reason || w->last.n_events != (i == 1) ||
		    strcmp(mails_of(w), rows[i].mails) != 0)
			fail_msg("%s: %s, %s", rows[i].what, reason_code(w->last.reason), mails_of(w));
		world_free(w);
	}
}

static void an_opinion_of_the_same_second_is_not_early(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m;

	to_offered(w);
	pass(w, (struct span){1500000});
	send(w, reply_message(w, UN, POLICY_WORD_ACCEPT));
	m = opinion_message(w, UN, "e1");
	m.signature.time.us = w->now.us - w->now.us % 1000000;
	assert_int_equal(send(w, m)->outcome, POLICY_APPLIED);
	world_free(w);
}

static void headings_are_asked_back(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m;

	to_accepted(w);
	m = opinion_message(w, UN, "e1");
	m.form.convergence = BYTES("  ");
	m.form.summary = BYTES_NONE;
	send(w, m);
	assert_string_equal(events_of(w), "opinion_received, opinion_returned");
	assert_true(bytes_equal(w->last.events[1].text.id, BYTES("convergence,summary")));
	assert_true(bytes_equal(field_of(&w->last, MAIL_M15, "missing"),
				BYTES("- la convergence avec le premier avis\u00a0: oui, partielle ou non\n- le résumé en clair, que le patient lira")));
	assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
	assert_false(w->dossier->opinion.present);
	/* The same bytes again are not new; a whole one is. */
	assert_int_equal(send(w, m)->outcome, POLICY_DUPLICATE);
	assert_int_equal(send(w, opinion_message(w, UN, "e1"))->outcome, POLICY_APPLIED);
	assert_int_equal(w->dossier->state, DOSSIER_CHECKED);
	world_free(w);
}

/* What cannot go to the patient: the expert learns it now, with what else is missing; a nurse has the message. */
static void annexes_that_cannot_be_handed_on_are_asked_back(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_document annexes[3] = {{.name = BYTES("lettre.pdf"), .is_annex = true}, {.name = BYTES("scan.tif"), .is_annex = true, .annex = REASON_ANNEX_TYPE},
					     {.is_annex = true, .annex = REASON_PDF_ENCRYPTED}};
	struct policy_message m;

	to_accepted(w);
	m = opinion_message(w, UN, "e1");
	m.form.summary = BYTES_NONE;
	m.documents = annexes;
	m.n_documents = 3;
	assert_int_equal(send(w, m)->outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_OPINION_ANNEX);
	assert_string_equal(w->last.owner, "nurses");
	assert_string_equal(events_of(w), "opinion_received, opinion_returned");
	assert_true(bytes_equal(w->last.events[1].text.id, BYTES("summary,annex")));
	assert_int_equal(w->dossier->state, DOSSIER_ACCEPTED);
	assert_string_equal(mails_of(w), "M15 expert");
	struct bytes missing = field_of(&w->last, MAIL_M15, "missing");
	assert_true(bytes_starts(missing, BYTES("- le résumé en clair, que le patient lira\n- une autre forme de « scan.tif » : Ce format n'est pas transmis.")));
	assert_true(bytes_contains(missing, BYTES("\n- une autre forme de « un fichier sans nom » : Le PDF est protégé")));
	assert_false(bytes_contains(missing, BYTES("lettre.pdf")));
	/* Later the summary; then the file alone, without a word: all else was kept. */
	struct policy_message words = opinion_message(w, UN, "e1"), file = words;
	words.form = (struct policy_form){.found = true, .reference = T(REFERENCE), .summary = BYTES("En clair.")};
	words.documents = &annexes[1];
	words.n_documents = 1;
	send(w, words);
	assert_true(bytes_equal(w->last.events[1].text.id, BYTES("annex")));
	file.digest = BYTES("file-alone");
	file.class = POLICY_CLASS_REPLY;
	file.form = (struct policy_form){.reference = T(REFERENCE)};
	assert_int_equal(send(w, file)->outcome, POLICY_HELD);
	assert_int_equal(w->last.reason, REASON_REPLY_NOT_AWAITED);
	file.documents = annexes;
	file.n_documents = 1;
	file.text = BYTES("COMPLÉMENT : il me manque l'IRM.");
	file.reply.word = POLICY_WORD_MORE;
	assert_int_equal(send(w, file)->outcome, POLICY_APPLIED);
	assert_int_equal(w->dossier->state, DOSSIER_MORE_INFO);
	assert_string_equal(mails_of(w), "M02B patient");
	command(w, POLICY_ACT_WITHOUT, "", "elle n'existe pas");
	file.reply.word = POLICY_WORD_NONE;
	file.digest = BYTES("file-again");
	file.text = BYTES("Voici.");
	file.form.reference = BYTES("A-2026-000001-ZZ");
	assert_int_equal(send(w, file)->reason, REASON_OPINION_DOSSIER);
	file.form.reference = T(REFERENCE);
	assert_int_equal(send(w, file)->outcome, POLICY_APPLIED);
	assert_int_equal(w->dossier->state, DOSSIER_CHECKED);
	assert_true(w->dossier->opinion.n_mails == 3 && bytes_equal_text(w->dossier->opinion.data.form.summary, "En clair."));
	world_free(w);
	w = world_make();
	to_accepted(w);
	/* With an annex that can go, it is an opinion like others. */
	m = opinion_message(w, UN, "e1");
	m.documents = annexes;
	m.n_documents = 1;
	assert_int_equal(send(w, m)->outcome, POLICY_APPLIED);
	assert_int_equal(w->dossier->state, DOSSIER_CHECKED);
	world_free(w);
}

/* Only an expert without any registered certificate, and only where the rule says so. */
static void unsigned_opinions(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m;

	to_offered(w);
	send(w, reply_message(w, UN, POLICY_WORD_REFUSE));
	send(w, reply_message(w, DEUX, POLICY_WORD_CONFLICT));
	send(w, reply_message(w, TROIS, POLICY_WORD_ACCEPT));
	m = opinion_message(w, TROIS, "");
	m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_NONE};
	assert_int_equal(send(w, m)->reason, REASON_OPINION_SIGNER);
	w->rules.opinion_unsigned = true;
	m.source = POLICY_SOURCE_IMAP;
	assert_int_equal(send(w, m)->reason, REASON_OPINION_SIGNER);
	m.vouched = true;
	assert_int_equal(send(w, m)->outcome, POLICY_APPLIED);
	assert_false(w->dossier->opinion.data.is_signed);
	world_free(w);
	w = world_make();
	w->rules.opinion_unsigned = true;
	to_accepted(w);
	m = opinion_message(w, UN, "");
	m.signature = (struct policy_signature){.verdict = POLICY_VERDICT_NONE};
	assert_int_equal(send(w, m)->reason, REASON_OPINION_SIGNER);
	world_free(w);
}

static void questions_and_answers(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	send(w, patient_message(w, "Et après ? Écrivez-moi à " PATIENT_MAILBOX " (2 79 03 51 215 189 89)."));
	assert_string_equal(events_of(w), "question_received");
	assert_string_equal(mails_of(w), "M30 expert");
	assert_int_equal(w->dossier->state, DOSSIER_EXCHANGE);
	assert_true(bytes_equal(field_of(&w->last, MAIL_M30, "question"), BYTES("Et après ? Écrivez-moi à [...] ([...]).")));
	struct policy_message m = reply_message(w, UN, POLICY_WORD_NONE);
	m.text = BYTES("Rien à craindre ; " UN ".");
	send(w, m);
	assert_string_equal(events_of(w), "question_answered");
	assert_string_equal(mails_of(w), "M31 patient");
	assert_true(bytes_equal(field_of(&w->last, MAIL_M31, "answer"), BYTES("Rien à craindre ; [...].")));
	assert_true(w->dossier->questions[0].answered);
	world_free(w);
}

static struct policy_message answer_to(struct world *w, int64_t question)
{
	struct policy_message m = reply_message(w, UN, POLICY_WORD_NONE);

	m.text = BYTES("Rien à craindre.");
	m.question = question;
	return m;
}

/* One answer settles the question that it names, and no other; where it names none, none, and a person reads it. */
static void an_answer_is_to_its_question(void **state)
{
	static const struct {
		const char *what;
		int named;               /* of three questions, from 1; 0: none; 9: what is no question of this dossier */
		bool one_open;           /* the others have their answers */
		const char *id, *open;   /* left open */
		bool doubted;
	} rows[] = {
		{"the first of three", 1, false, "1", "23", false},
		{"the last of three", 3, false, "3", "12", false},
		{"none of three", 0, false, "", "123", true},
		{"another mail than a question's", 9, false, "", "123", true},
		{"none, and one alone is open", 0, true, "3", "", false},
		{"one that has its answer, while another is open", 1, true, "1", "3", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct world *w = world_make();
		const char *open = "";
		to_released(w);
		for (int q = 0; q < 3; q++)
			send(w, patient_message(w, "Et après ?"));
		const int64_t first = w->dossier->questions[0].inbox, last = w->dossier->questions[2].inbox;
		if (rows[i].one_open) {
			send(w, answer_to(w, first));
			send(w, answer_to(w, w->dossier->questions[1].inbox));
		}
		send(w, answer_to(w, rows[i].named == 1 ? first : rows[i].named == 3 ? last : rows[i].named));
		assert_string_equal(events_of(w), "question_answered");
		assert_string_equal(mails_of(w), "M31 patient");
		for (size_t q = 0; q < w->dossier->n_questions; q++)
			if (!w->dossier->questions[q].answered)
				open = arena_printf(w->arena, "%s%zu", open, q + 1);
		if (!bytes_equal_text(w->last.events[0].text.id, rows[i].id) || strcmp(open, rows[i].open) != 0 ||
		    (w->dossier->answer_doubted_at.us != 0) != rows[i].doubted || (w->last.owner != NULL) != rows[i].doubted)
			fail_msg("%s: \"%.*s\", open %s", rows[i].what, (int)w->last.events[0].text.id.len, (const char *)w->last.events[0].text.id.at, open);
		world_free(w);
	}
}

/* A person who has seen that all is answered says so; then the exchange can end. */
static void a_person_settles_questions(void **state)
{
	(void)state;
	struct world *w = world_make();

	to_released(w);
	assert_int_equal(command(w, POLICY_ACT_ANSWERED, "", "Il a tout.")->outcome, POLICY_REFUSED);
	send(w, patient_message(w, "Et après ?"));
	send(w, patient_message(w, "Et ensuite ?"));
	send(w, answer_to(w, 0));
	assert_true(w->dossier->answer_doubted_at.us != 0);
	assert_int_equal(command(w, POLICY_ACT_ANSWERED, "", "Il a tout.")->outcome, POLICY_APPLIED);
	assert_string_equal(events_of(w), "question_answered");
	assert_int_equal(dossier_open_questions(w->dossier, NULL), 0);
	assert_int_equal(w->dossier->answer_doubted_at.us, 0);
	world_free(w);
}

static void the_patient_before_the_release(void **state)
{
	(void)state;
	struct world *w = world_make();

	send(w, request_message(w));
	assert_int_equal(send(w, patient_message(w, "Bonjour"))->reason, REASON_REPLY_PIECES);
	assert_int_equal(w->last.outcome, POLICY_HELD);
	assert_string_equal(w->last.owner, "nurses");
	world_free(w);
	w = world_make();
	to_checked(w);
	assert_int_equal(send(w, patient_message(w, "Alors ?"))->reason, REASON_REPLY_NOT_AWAITED);
	world_free(w);
}

static void not_the_patient(void **state)
{
	(void)state;
	struct world *w = world_make();
	struct policy_message m;
	struct policy_document doc;

	to_released(w);
	m = patient_message(w, "Question");
	m.from = m.mail_from = BYTES("179035121518989@patient.exemple.fr");
	assert_int_equal(send(w, m)->reason, REASON_REPLY_PARTY);
	m = patient_message(w, "Question");
	m.automatic = true;
	assert_int_equal(send(w, m)->reason, REASON_REPLY_AUTOMATIC);
	m = patient_message(w, "  ");
	assert_int_equal(send(w, m)->reason, REASON_REPLY_NOT_AWAITED);
	m = patient_message(w, "Question");
	doc = document(w, "x", "18748-4", "x");
	doc.patient.given_birth_first = BYTES("DOMITILLE");
	m.documents = &doc;
	m.n_documents = 1;
	assert_int_equal(send(w, m)->reason, REASON_IDENTITY_DIFFERS);
	m.party = PARTY_ATTENDING;
	assert_int_equal(send(w, m)->reason, REASON_REPLY_NOT_AWAITED);
	assert_int_equal(w->dossier->state, DOSSIER_RELEASED);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_offer_names_nobody),
		cmocka_unit_test(accepting),
		cmocka_unit_test(refusing_goes_on_to_the_next),
		cmocka_unit_test(what_is_no_answer),
		cmocka_unit_test(signed_by_imap_counts),
		cmocka_unit_test(submitted_answers),
		cmocka_unit_test(unclear_is_asked_again),
		cmocka_unit_test(a_good_opinion),
		cmocka_unit_test(who_is_sent_nothing_is_not_named), cmocka_unit_test(automatic_release),
		cmocka_unit_test(wrong_opinions_are_held),
		cmocka_unit_test(an_opinion_of_the_same_second_is_not_early),
		cmocka_unit_test(headings_are_asked_back),
		cmocka_unit_test(annexes_that_cannot_be_handed_on_are_asked_back),
		cmocka_unit_test(unsigned_opinions),
		cmocka_unit_test(questions_and_answers),
		cmocka_unit_test(an_answer_is_to_its_question), cmocka_unit_test(a_person_settles_questions),
		cmocka_unit_test(the_patient_before_the_release),
		cmocka_unit_test(not_the_patient),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

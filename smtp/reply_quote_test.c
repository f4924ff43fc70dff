/* smtp/reply_quote_test.c - a quoted mail never changes what is read of the new text, wherever it is cut off, in the styles of the usual clients.
 *
 * The quoted offer holds every word of command, a date, an emergency and an address: whatever of it leaked into the reading would show. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "smtp/mime_html.h"
#include "smtp/new_text.h"
#include "smtp/reply_emergency.h"
#include "smtp/reply_private.h"
#include "smtp/reply_word.h"

#define OFFER(m) \
	m "Bonjour,\n" \
	m "Répondez par un mot : ACCEPTE, REFUSE, CONFLIT, ABSENT jusqu'au 31/12/2026.\n" \
	m "J'accepte. Je refuse. Je suis absent du 3 au 20 mars. PARTAGER. STOP. Je retire mon consentement.\n" \
	m "PDF seul. Le patient est d'accord. Autre adresse : x@y.example ou 06 12 34 56 78.\n" \
	m "Appelez le 15 en cas de douleur thoracique, de saignement ou d'idées suicidaires.\n"

/* marked: each line of the quote says so itself, so that it may stand above the answer as well. */
static const struct style {
	const char *what, *lead, *quote;
	bool marked;
} styles[] = {
	{"Gmail, French", "Le sam. 21 nov. 2026 à 10:12, Avis Exemple <d-7q2m@avis.example> a écrit :\n\n", OFFER("> "), true},
	{"Gmail, English", "On Sat, Nov 21, 2026 at 10:12 AM Avis <d-7q2m@avis.example> wrote:\n\n", OFFER("> "), true},
	{"Gmail, folded lead", "Le sam. 21 nov. 2026 à 10:12, Avis Exemple <\nd-7q2m4x9k3v8t5w6z@avis.example> a écrit :\n\n", OFFER("> "), true},
	{"Thunderbird, French", "Le 21/11/2026 à 10:12, Avis Exemple a écrit :\n", OFFER("> "), true},
	{"Thunderbird, English", "On 21/11/2026 10:12, Avis wrote:\n", OFFER("> "), true},
	{"iPhone, French", "> Le 21 nov. 2026 à 10:12, Avis <d-7q2m@avis.example> a écrit :\n> \n", OFFER("> "), true},
	{"iPhone, English", "> On 21 Nov 2026, at 10:12, Avis <d-7q2m@avis.example> wrote:\n> \n", OFFER("> "), true},
	{"Apple Mail, French", "Le 21 nov. 2026 à 10:12, Avis <d-7q2m@avis.example> a écrit :\n\n", OFFER("> "), true},
	{"mutt", "On Sat, Nov 21, 2026 at 10:12:00AM +0100, Avis wrote:\n", OFFER("> "), true},
	{"mutt, French", "Le sam. 21 nov. 2026 à 10:12:00 (+0100), Avis a écrit :\n", OFFER("> "), true},
	{"Roundcube", "Le 2026-11-21 10:12, Avis a écrit :\n", OFFER("> "), true},
	{"Horde", "Avis <d-7q2m@avis.example> a écrit :\n\n", OFFER("> "), true},
	{"Orange and other webmails", "> Message du 21/11/26 10:12\n> De : \"Avis\" <d-7q2m@avis.example>\n> A : b@c.example\n> Objet : Avis demandé\n> \n", OFFER("> "), true},
	{"nested", "Le 21/11/2026 à 10:12, Avis a écrit :\n> Le 20/11/2026 à 09:00, B a écrit :\n", OFFER(">> "), true},
	{"Outlook, French", "De : Avis Exemple <d-7q2m@avis.example>\nEnvoyé : samedi 21 novembre 2026 10:12\nÀ : MOREAU Claire\nObjet : Avis demandé avant le 14/03\n\n", OFFER(""), false},
	{"Outlook, English", "From: Avis <d-7q2m@avis.example>\nSent: Saturday, November 21, 2026 10:12 AM\nTo: MOREAU Claire\nSubject: Opinion asked\n\n", OFFER(""), false},
	{"Outlook for telephones", "________________________________\nDe : Avis <d-7q2m@avis.example>\nEnvoyé : samedi 21 novembre 2026 10:12:12\nÀ : b@c.example\nObjet : Avis\n\n", OFFER(""), false},
	{"Outlook of old", "-----Message d'origine-----\nDe : Avis [mailto:d-7q2m@avis.example]\nEnvoyé : samedi 21 novembre 2026 10:12\nÀ : b\nObjet : Avis\n\n", OFFER(""), false},
	{"Zimbra, French", "----- Mail original -----\nDe: \"Avis\" <d-7q2m@avis.example>\nÀ: \"b\" <b@c.example>\nEnvoyé: Samedi 21 Novembre 2026 10:12:12\nObjet: Avis\n\n", OFFER(""), false},
	{"Zimbra of today", "De: \"Avis\" <d-7q2m@avis.example>\nÀ: \"b\" <b@c.example>\nEnvoyé: Samedi 21 Novembre 2026 10:12:12\nObjet: Avis\n\n", OFFER(""), false},
	{"Zimbra, English", "----- Original Message -----\nFrom: \"Avis\" <d-7q2m@avis.example>\nTo: b\nSent: Saturday, 21 November, 2026 10:12:12\nSubject: Avis\n\n", OFFER(""), false},
	{"Proton", "------- Message original -------\nLe samedi 21 novembre 2026 à 10:12, Avis <d-7q2m@avis.example> a écrit :\n\n", OFFER("> "), false},
	{"Samsung", "-------- Message d'origine --------\nDe : Avis <d-7q2m@avis.example>\nDate : 21/11/2026 10:12 (GMT+01:00)\nÀ : b\nObjet : Avis\n\n", OFFER(""), false},
	{"Lotus Notes", "De :\tAvis <d-7q2m@avis.example>\nA :\tb@c.example\nDate :\t21/11/2026 10:12\nObjet :\tAvis\n\n", OFFER(""), false},
	{"GroupWise", ">>> Avis <d-7q2m@avis.example> 21/11/2026 10:12 >>>\n", OFFER(""), false},
	{"a stamped lead", "2026-11-21 10:12 GMT+01:00 Avis <d-7q2m@avis.example>:\n\n", OFFER("> "), false},
	{"Yahoo, French", "Le samedi 21 novembre 2026 à 10:12:12 UTC+1, Avis <d-7q2m@avis.example> a écrit :\n\n", OFFER(""), false},
	{"forwarded by Apple", "Début du message réexpédié :\n\nDe: Avis <d-7q2m@avis.example>\nObjet: Avis\nDate: 21 novembre 2026 à 10:12:12 UTC+1\nÀ: b\n\n", OFFER(""), false},
};

/* New texts of each kind: what they are read as must stay, with any piece of any quote. */
static const char *const texts[] = {
	"ACCEPTE", "J'accepte ce dossier.", "Je n'accepte pas", "REFUSE trop de dossiers", "CONFLIT", "ABSENT jusqu'au 20/03", "Absent du 5 au 12 janvier", "I'm afraid I can't",
	"Bonjour,\n\nOui, avec plaisir.\n\nCordialement\nDr X", "Je ne sais pas.", "COMPLÉMENT : IRM ?", "RENDRE", "PARTAGER", "J'ai fini, merci", "Papier", "Bien reçu, merci.",
	"Je suis essoufflée depuis hier.", "Voici mon numéro : 07 98 76 54 32", "oui\n\nEnvoyé de mon iPhone", "Merci\n-- \nDr X\nHôpital",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct reading {
	bool written;
	struct reply expert, patient, physician;
	size_t n_emergencies, addresses, numbers;
	enum reply_emergency_kind first;
};

static struct reading read_all(struct arena *arena, struct bytes text)
{
	struct reading r = {.written = false};
	struct reply_emergency found[REPLY_EMERGENCIES];
	struct reply_private masked;
	struct bytes mine;

	r.written = new_text_read(arena, text, &mine);
	reply_word_read(arena, mine, (struct date){2026, 11, 22}, &r.expert);
	reply_patient_read(arena, mine, &r.patient);
	reply_physician_read(arena, mine, &r.physician);
	r.n_emergencies = reply_emergency_read(arena, mine, found);
	r.first = r.n_emergencies > 0 ? found[0].kind : EMERGENCY_CHEST;
	reply_private_mask(arena, mine, NULL, 0, false, &masked);
	r.addresses = masked.addresses;
	r.numbers = masked.numbers;
	return r;
}

static bool same_days(const struct reply *a, const struct reply *b)
{
	return a->has_from == b->has_from && a->has_until == b->has_until && (!a->has_from || date_days(a->from) == date_days(b->from)) &&
	       (!a->has_until || date_days(a->until) == date_days(b->until));
}

static bool same_reading(const struct reading *a, const struct reading *b)
{
	return a->written == b->written && a->expert.word == b->expert.word && a->expert.motive == b->expert.motive && same_days(&a->expert, &b->expert) &&
	       a->patient.word == b->patient.word && a->physician.word == b->physician.word && a->n_emergencies == b->n_emergencies && a->first == b->first &&
	       a->addresses == b->addresses && a->numbers == b->numbers;
}

static void expect_same(const struct reading *alone, struct arena *arena, struct bytes whole, const char *what, const char *text, size_t cut)
{
	struct reading got = read_all(arena, whole);
	if (!same_reading(alone, &got))
		fail_msg("%s, cut at %zu, under \"%s\": %s, %s, %s, %zu emergencies, written %d", what, cut, text, reply_word_name(got.expert.word),
			 reply_word_name(got.patient.word), reply_word_name(got.physician.word), got.n_emergencies, got.written);
}

/* The answer above the quote, which is cut off at many places, within its lines and between them: at others for each answer, and at its end. */
static void answers_above_a_quote(void **state)
{
	(void)state;
	for (size_t s = 0; s < COUNT(styles); s++) {
		size_t length = strlen(styles[s].quote), step = styles[s].marked ? 37 : 67;
		for (size_t i = 0; i < COUNT(texts); i++) {
			struct arena *arena = arena_create(256u << 20);
			struct reading alone = read_all(arena, bytes_of_text(texts[i]));
			for (size_t cut = 7 * i % step; cut <= length; cut += cut < length && cut + step > length ? length - cut : step) {
				char *whole = arena_printf(arena, "%s\n\n%s%.*s", texts[i], styles[s].lead, (int)cut, styles[s].quote);
				/* A mark that was cut in two is no mark. */
				if (styles[s].marked && cut > 0 && (styles[s].quote[cut - 1] == '\n' || styles[s].quote[cut - 1] == '>'))
					continue;
				expect_same(&alone, arena, bytes_of_text(whole), styles[s].what, texts[i], cut);
			}
			arena_destroy(&arena);
		}
	}
}

/* The answer below: only quotes whose lines are marked can be told from it. */
static void answers_below_a_quote(void **state)
{
	(void)state;
	for (size_t s = 0; s < COUNT(styles); s++) {
		for (size_t i = 0; i < COUNT(texts) && styles[s].marked; i++) {
			struct arena *arena = arena_create(64u << 20);
			struct reading alone = read_all(arena, bytes_of_text(texts[i]));
			char *whole = arena_printf(arena, "%s%s\n%s\n", styles[s].lead, styles[s].quote, texts[i]);
			expect_same(&alone, arena, bytes_of_text(whole), styles[s].what, texts[i], 0);
			arena_destroy(&arena);
		}
	}
}

/* HTML alone, as the clients write it. */
static const struct page {
	const char *what, *before, *behind;
} pages[] = {
	{"Gmail", "<div dir=\"ltr\">", "</div><br><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">Le sam. 21 nov. 2026 à 10:12, Avis &lt;<a href=\"mailto:d@avis.example\">"
	 "d@avis.example</a>&gt; a écrit&nbsp;:<br></div><blockquote class=\"gmail_quote\"><p>ACCEPTE, REFUSE ou STOP</p><p>douleur thoracique</p></blockquote></div>"},
	{"Outlook", "<div class=WordSection1><p class=MsoNormal>", "</p><div style='border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>De&nbsp;:</b> Avis &lt;d@avis.example&gt;<br><b>Envoyé&nbsp;:</b>"
	 " samedi 21 novembre 2026 10:12<br><b>À&nbsp;:</b> b<br><b>Objet&nbsp;:</b> Avis</p></div><p>ACCEPTE, REFUSE ou STOP</p><p>douleur thoracique</p></div>"},
	{"Apple Mail", "<html><body>", "<div><br><blockquote type=\"cite\"><div>Le 21 nov. 2026 à 10:12, Avis &lt;d@avis.example&gt; a écrit :</div><br><div>ACCEPTE, REFUSE ou STOP. douleur thoracique</div>"
	 "</blockquote></div></body></html>"},
	{"Thunderbird", "<p>", "</p><div class=\"moz-cite-prefix\">Le 21/11/2026 à 10:12, Avis a écrit&nbsp;:<br></div><blockquote type=\"cite\"><p>ACCEPTE, REFUSE ou STOP. douleur thoracique</p></blockquote>"},
	{"Zimbra", "<div>", "</div><hr id=\"zwchr\"><div><b>De: </b>\"Avis\" &lt;d@avis.example&gt;<br><b>À: </b>b<br><b>Envoyé: </b>Samedi 21 Novembre 2026 10:12:12<br><b>Objet: </b>Avis<br></div>"
	 "<div>ACCEPTE, REFUSE ou STOP. douleur thoracique</div>"},
};

static void pages_are_read_alike(void **state)
{
	static const char *const words[] = {"J'accepte", "Je ne peux pas, désolé.", "Partager", "Merci.", "Je saigne"};
	(void)state;
	for (size_t p = 0; p < COUNT(pages); p++)
		for (size_t i = 0; i < COUNT(words); i++) {
			struct arena *arena = arena_create(64u << 20);
			struct reading alone = read_all(arena, bytes_of_text(words[i]));
			char *html = arena_printf(arena, "%s%s%s", pages[p].before, words[i], pages[p].behind);
			expect_same(&alone, arena, mime_html_text(arena, bytes_of_text(html)), pages[p].what, words[i], 0);
			arena_destroy(&arena);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_above_a_quote),
		cmocka_unit_test(answers_below_a_quote),
		cmocka_unit_test(pages_are_read_alike),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

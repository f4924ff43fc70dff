/* gateway/template_sample.c - see template_sample.h. */
#include "gateway/template_sample.h"

#include "gateway/template_code.h"
#include "policy/decide_form.h"

static const struct sample {
	const char *name, *fr, *en;
} samples[] = {
	{"reference", "A-2026-000123-KQ", "A-2026-000123-KQ"},
	{"phone", "01\u00a023\u00a045\u00a067\u00a089 (9\u00a0h à 18\u00a0h)", "01\u00a023\u00a045\u00a067\u00a089 (9 am to 6 pm)"},
	{"organisation", "Service de deuxième avis", "Second opinion service"},
	{"contact_name", "Alix Exemple, infirmière", "Alix Exemple, nurse"},
	{"patient_name", "DOMINIQUE PAT-TROIS", "DOMINIQUE PAT-TROIS"},
	{"patient_birth", "28/03/1979", "28/03/1979"},
	{"age", "47 ans", "47 years old"},
	{"sex", "Femme", "Woman"},
	{"pathology", "Endométriose profonde", "Deep endometriosis"},
	{"expert_name", "Pr Claire MOREAU", "Pr Claire MOREAU"},
	{"expert_place", "CHU de démonstration", "Demonstration hospital"},
	{"due_date", "samedi 28 novembre 2026", "Saturday 28 November 2026"},
	{"due_day", "28/11", "28/11"},
	{"due_hour", "sam. 28/11, 18\u00a0h", "Sat 28/11, 18:00"},
	{"first_question", "Opérer ou traiter\u202f?", "Operate or treat?"},
	{"decision_date", "samedi 12 décembre 2026", "Saturday 12 December 2026"},
	{"offer_until", "dimanche 22 novembre 2026", "Sunday 22 November 2026"},
	{"exchange_until", "dimanche 13 décembre 2026", "Sunday 13 December 2026"},
	{"delivered_at", "vendredi 27 novembre 2026", "Friday 27 November 2026"},
	{"read_at", "vendredi 27 novembre 2026", "Friday 27 November 2026"},
	{"received_at", "samedi 21 novembre 2026", "Saturday 21 November 2026"},
	{"replaced_at", "lundi 23 novembre 2026", "Monday 23 November 2026"},
	{"missing_count", "2 documents", "2 documents"},
	{"documents_count", "11 pièces", "11 documents"},
	{"part", "1/3", "1/3"},
	{"convergence", "partielle", "partly"},
	{"code", "archive.broken", "archive.broken"},
	{"sentence", "L’archive ZIP est abîmée.", "The ZIP archive is damaged."},
	{"hint", "Exportez le document de nouveau depuis votre logiciel.", "Export the document again from your software."},
	{"document_name", "IHE_XDM.zip", "IHE_XDM.zip"},
	{"patient_short", "PAT-TROIS D.", "PAT-TROIS D."},
	{"representative_name", "Camille PAT-TROIS", "Camille PAT-TROIS"},
	{"physician_name", "Dr Paul GARNIER", "Dr Paul GARNIER"},
	{"standby_name", "Pr Hugo VASSEUR", "Pr Hugo VASSEUR"},
	{"new_date", "mardi 1er décembre 2026", "Tuesday 1 December 2026"},
	{"close_date", "lundi 21 décembre 2026", "Monday 21 December 2026"},
	{"object_until", "samedi 5 décembre 2026", "Saturday 5 December 2026"},
	{"opinion_at", "jeudi 26 novembre 2026", "Thursday 26 November 2026"},
	{"erased_at", "lundi 24 mai 2027", "Monday 24 May 2027"},
	{"today", "mardi 24 novembre 2026", "Tuesday 24 November 2026"},
	{"since", "mardi 24 novembre 2026 à 7\u00a0h\u00a042", "Tuesday 24 November 2026 at 7:42"},
	{"call_at", "jeudi 26 novembre entre 14\u00a0h et 16\u00a0h", "on Thursday 26 November between 2 and 4 pm"},
	{"until_at", "mardi 24 novembre 2026 à 8\u00a0h\u00a042", "Tuesday 24 November 2026 at 8:42"},
	{"deadline", "vendredi 27 novembre 2026 à 7\u00a0h\u00a042", "Friday 27 November 2026 at 7:42"},
	{"month", "novembre 2026", "November 2026"},
	{"time_left", "3 jours", "3 days"},
	{"opinions_count", "4 avis", "4 opinions"},
	{"amount", "480\u00a0€", "€480"},
	{"tasks_count", "6 tâches", "6 tasks"},
	{"contract", "0042", "0042"},
	{"actor", "operator:alix", "operator:alix"},
	{"recipient", "le médecin traitant", "the attending physician"},
	{"why", "aucun médecin n’a pu se libérer à temps.", "no doctor could be free in time."},
	{"harm", "les patients dont la réponse est prête\u00a0: 3 dossiers.", "patients whose answer is ready: 3 files."},
	{"told", "l’équipe des infirmières", "the nurses"},
	{"next_step", "lettre au cabinet demain à 9\u00a0h.", "a letter to the practice tomorrow at 9."},
	{"letter_code", "M02", "M02"},
	{"letter_sheet", "A-2026-000123-KQ/M02", "A-2026-000123-KQ/M02"},
	{"pieces_list", "- photo-1.jpg\u00a0: l’image est trop sombre", "- photo-1.jpg: the picture is too dark"},
	{"lines_list", "- A-2026-000098-TR\u00a0: 120\u00a0€\n- A-2026-000104-LM\u00a0: 120\u00a0€\n- A-2026-000117-BD\u00a0: 120\u00a0€\n- A-2026-000123-KQ\u00a0: 120\u00a0€",
	 "- A-2026-000098-TR: €120\n- A-2026-000104-LM: €120\n- A-2026-000117-BD: €120\n- A-2026-000123-KQ: €120"},
	{"places_list", "- un centre de référence de votre région\u00a0: liste sur sante.fr",
	 "- a reference centre of your region: list on sante.fr"},
	{"kept_list", "- la date de la demande et celle de l’effacement\n- la preuve de votre accord, sans le contenu",
	 "- the dates of the request and of the erasure\n- the proof of your consent, without the content"},
	{"changes_list", "- IRM pelvienne (12/10/2025)\u00a0: remplacée par une nouvelle version\n- Échographie endovaginale (28/05/2024)\u00a0: supprimée",
	 "- Pelvic MRI (12/10/2025): replaced by a new version\n- Transvaginal ultrasound (28/05/2024): deleted"},
	{"urgent_list", "1. A-2026-000402-HN\u00a0: urgence possible, depuis 7\u00a0h\u00a042", "1. A-2026-000402-HN: possible emergency, since 7:42"},
	{"tasks_list",
	 "2. A-2026-000388-VS\u00a0: identité à vérifier, depuis 2 jours\n3. A-2026-000371-RD\u00a0: pièce reçue, à contrôler\n4. A-2026-000350-PC\u00a0: jour 5, expert silencieux\n5. "
	 "A-2026-000345-GT\u00a0: rapport non lu depuis 4 jours, à appeler\n6. A-2026-000322-FM\u00a0: lettre revenue",
	 "2. A-2026-000388-VS: identity to be checked, for 2 days\n3. A-2026-000371-RD: document received, to be looked at\n4. A-2026-000350-PC: day 5, silent expert\n5. "
	 "A-2026-000345-GT: report unread for 4 days, to be called\n6. A-2026-000322-FM: letter came back"},
	{"done_list", "- nouvel essai toutes les dix minutes\n- deuxième adresse essayée à 8\u00a0h\u00a010", "- another try every ten minutes\n- second address tried at 8:10"},
	{"todo_list", "1. Voyez lequel et pourquoi\u00a0: relais queue\n2. Si le serveur du destinataire est en panne, appelez son opérateur.",
	 "1. See which and why: relais queue\n2. If the recipient's server is down, call its operator."},
	{"seen_list", "- un nom et une date de naissance\n- un compte rendu d’examen", "- a name and a birth date\n- a report of an exam"},
	{"figures_list",
	 "- demandes reçues\u00a0: 214\n- avis remis\u00a0: 187\n- délai médian\u00a0: 5,1 jours, neuf sur dix en 6,6 jours\n- avis remis à un médecin, preuve à l’appui\u00a0: 46\u00a0%",
	 "- requests received: 214\n- opinions delivered: 187\n- median delay: 5.1 days, nine in ten within 6.6 days\n- opinions delivered to a physician, with proof: 46%"},
	{"missing_list", "- Mammographie de moins d’un an\n- Compte rendu opératoire", "- Mammography less than a year old\n- Operative report"},
	{"heavy_list", "- IRM pelvienne (620 Mo)", "- Pelvic MRI (620 MB)"},
	{"question_text", "Combien de temps dure le traitement\u202f?", "How long does the treatment last?"},
	{"questions", "1. Opérer ou traiter\u202f?\n2. Si l’opération est utile, dans quel délai\u202f?",
	 "1. Operate or treat?\n2. If an operation helps, how soon?"},
	{"exams_list", "- IRM pelvienne (12/10/2025)\n- IRM pelvienne (03/06/2024)\n- Échographie endovaginale (28/05/2024)\n- Consultation de chirurgie (14/11/2025)",
	 "- Pelvic MRI (12/10/2025)\n- Pelvic MRI (03/06/2024)\n- Transvaginal ultrasound (28/05/2024)\n- Surgical consultation (14/11/2025)"},
	{"first_opinion", "Dr Anne LEMOINE\nClinique de l’Exemple", "Dr Anne LEMOINE\nExample clinic"},
	{"summary", "L’opération n’est pas urgente. Un traitement peut être essayé d’abord.",
	 "The operation is not urgent. A treatment may be tried first."},
	{"recipients_list", "- Dr Paul GARNIER, votre médecin traitant", "- Dr Paul GARNIER, your attending physician"},
	{"answer_text", "Trois mois en général, puis nous ferons le point.", "Three months as a rule, then we take stock."},
	{"advice", "Traitement médical d’abord, consultation de contrôle ensuite.", "Medical treatment first, then a consultation."},
	{"delay", "Dans les trois mois.", "Within three months."},
	{"help", "Aucune.", "None."},
};

static const struct policy_answer asked[2][2] = {
	{{.question = BYTES_OF("question.1"), .value = BYTES_OF("Opérer ou traiter\u202f?")},
	 {.question = BYTES_OF("question.2"), .value = BYTES_OF("Si l’opération est utile, dans quel délai\u202f?")}},
	{{.question = BYTES_OF("question.1"), .value = BYTES_OF("Operate or treat?")},
	 {.question = BYTES_OF("question.2"), .value = BYTES_OF("If an operation helps, how soon?")}},
};

/* M13 has every heading, M15 the ones that were left out. */
static struct bytes form(struct arena *arena, bool english, bool some)
{
	static const struct opinion_gap gaps[] = {{OPINION_ANSWER, 2}, {OPINION_SUMMARY, 0}};
	const struct policy_rules rules = {.language = english ? "en" : "fr"};
	struct build b = build_begin(arena, &rules, NULL, (struct instant){0});
	struct dossier dossier = dossier_begin(arena, 0, bytes_of_text(samples[0].fr));

	dossier.request.answers = asked[english];
	dossier.request.n_answers = 2;
	b.after = &dossier;
	return some ? form_blank(&b, gaps, sizeof gaps / sizeof gaps[0]) : form_blank(&b, NULL, 0);
}

/* What a code says otherwise than the others. */
static const struct special {
	const char *code, *name, *fr, *en;
} specials[] = {
	{"M14", "time_left", "2 jours", "2 days"},
	{"M18", "why", "le patient a retiré son accord.", "the patient has withdrawn the consent."},
	{"M40", "questions", "4. L’avis reçu vous a-t-il satisfait\u202f?", "4. Are you satisfied with the opinion that you received?"},
	{"M42", "why", "nous répondons quand un premier avis a été donné, et il n’y en a pas encore.", "we answer when a first opinion was given, and there is none yet."},
	{"M43", "why", "vous nous l’avez demandé.", "you asked us to."},
	{"M62", "sentence", "Le document porte le nom d’un autre patient.", "The document bears the name of another patient."},
	{"M62", "hint", "Vérifiez le patient dans votre logiciel, puis renvoyez le bon document.", "Check the patient in your software, then send the right document."},
	{"M62", "document_name", "CR-IRM.pdf", "CR-IRM.pdf"},
	{"M63", "question_text", "L’IRM de 2023 est-elle disponible\u202f?", "Is the MRI of 2023 available?"},
	{"M02B", "question_text", "Avez-vous encore les images de l’examen de 2023\u202f?", "Do you still have the images of the exam of 2023?"},
	{"M05", "why", "La date de naissance n’est pas la même sur deux documents.", "The birth date is not the same on two documents."},
	{"M44", "why", "Nous avons essayé de vous appeler deux fois.", "We tried to call you twice."},
	{"M05", "document_name", "analyse.pdf", "analyse.pdf"},
	{"M81", "done_list", "- rien ne part vers un expert avant votre décision\n- le message qui donne le 15, le 112 et le 114 part vers le patient", "- nothing leaves for an expert before you decide\n- the message that gives 15, 112 and 114 leaves for the patient"},
	{"M82", "done_list", "- rappel envoyé à l’expert les jours 3 et 5\n- expert de réserve trouvé", "- reminder sent to the expert on days 3 and 5\n- stand-by expert found"},
	{"M83", "done_list", "- rappel envoyé à l’expert les jours 3, 5 et 6\n- dossier proposé à l’expert de réserve", "- reminder sent to the expert on days 3, 5 and 6\n- file offered to the stand-by expert"},
	{"M84", "done_list", "- contrôle de l’avis passé en tête de liste\n- responsable prévenu", "- check of the opinion moved to the head of the list\n- manager told"},
	{"M85", "sentence", "La boîte du destinataire est pleine.", "The recipient's mailbox is full."},
	{"M85", "hint", "Appelez le cabinet\u00a0: une autre boîte existe peut-être.", "Call the practice: there may be another mailbox."},
	{"M85", "done_list", "- six essais depuis hier à 9\u00a0h\n- pas d’autre boîte à l’annuaire", "- six tries since yesterday at 9\n- no other mailbox in the directory"},
	{"M90", "sentence", "42 messages attendent depuis plus d’une heure.", "42 messages have been waiting for more than an hour."},
	{"M91", "sentence", "Le certificat du sceau arrive à son terme dans 14 jours.", "The seal's certificate ends in 14 days."},
	{"M91", "todo_list", "1. Demandez le nouveau certificat aujourd’hui.\n2. Posez-le, puis\u00a0: relais reload", "1. Ask for the new certificate today.\n2. Put it in place, then: relais reload"},
	{"M91", "done_list", "- rappel à 60 et 30 jours", "- reminder at 60 and 30 days"},
	{"M91", "harm", "personne aujourd’hui\u202f; tous les envois dans 14 jours.", "nobody today; everything that is sent in 14 days."},
	{"M92", "sentence", "La liste de révocation n’a pas été relevée depuis 2 jours.", "The revocation list has not been fetched for 2 days."},
	{"M92", "todo_list", "1. Voyez pourquoi\u00a0: relais alarms\n2. Posez une liste fraîche dans le dossier des listes.", "1. See why: relais alarms\n2. Put a fresh list into the folder of lists."},
	{"M92", "done_list", "- nouvel essai chaque heure", "- another try every hour"},
	{"M92", "harm", "les avis signés, mis en attente.", "signed opinions, which are held."},
	{"M93", "sentence", "5 messages sont en quarantaine, le plus ancien depuis 4\u00a0h.", "5 messages are in quarantine, the oldest for 4 hours."},
	{"M93", "todo_list", "1. Voyez-les\u00a0: relais quarantine list\n2. Rattachez ou rendez chacun.", "1. See them: relais quarantine list\n2. Attach or return each."},
	{"M93", "done_list", "- les expéditeurs ont reçu une réponse avec un code", "- the senders have an answer with a code"},
	{"M94", "sentence", "Le disque est plein à 91\u00a0%.", "The disk is 91% full."},
	{"M94", "todo_list", "1. Libérez de la place, ou agrandissez le volume.\n2. Vérifiez la sauvegarde de la nuit.", "1. Make room, or enlarge the volume.\n2. Check last night's backup."},
	{"M94", "done_list", "- au-delà de 95\u00a0%, le courrier nouveau sera refusé pour un temps (4.x), sans perte", "- beyond 95% new mail is refused for a while (4.x), without loss"},
	{"M94", "harm", "personne encore.", "nobody yet."},
	{"M95", "figures_list",
	 "- messages reçus\u00a0: 318, refusés\u00a0: 6, en quarantaine\u00a0: 2\n- messages envoyés\u00a0: 291, remis avec preuve\u00a0: 288\n- plus longue attente\u00a0: 14 min\n- alertes\u00a0: 1, fermée",
	 "- messages received: 318, refused: 6, in quarantine: 2\n- messages sent: 291, delivered with proof: 288\n- longest wait: 14 min\n- alerts: 1, closed"},
	{"M95", "done_list", "- certificat du sceau\u00a0: 14 jours avant son terme", "- the seal's certificate: 14 days before its end"},
	{"M96", "sentence", "Un rapport a été remis à une boîte qui n’est pas celle de son destinataire.", "A report was delivered to a mailbox that is not its recipient's."},
	{"M96", "todo_list", "1. Ouvrez le registre des violations.\n2. Appelez le mauvais destinataire et demandez l’effacement, par écrit.\n3. Jugez du risque\u202f: élevé, la personne doit être prévenue.",
	 "1. Open the register of breaches.\n2. Call the wrong reader and ask for the erasure, in writing.\n3. Judge the risk: if it is high, the person must be told."},
	{"M96", "done_list", "- les envois de ce dossier sont gelés", "- what this file sends is frozen"},
	{"M96", "harm", "une personne.", "one person."},
	{"M97", "why", "panne du logiciel, demande du Dr GARNIER par téléphone.", "software down, asked for by Dr GARNIER on the telephone."},
	{"M98", "sentence", "Une entrée du journal ne correspond plus à la suivante.", "An entry of the journal no longer fits the next one."},
	{"M98", "todo_list", "1. Ne redémarrez rien.\n2. Copiez le journal et la base sur un support à part.\n3. Appelez l’exploitation, puis comparez avec la dernière sauvegarde.",
	 "1. Restart nothing.\n2. Copy the journal and the database to a separate medium.\n3. Call the operators, then compare with the last backup."},
	{"M98", "done_list", "- le signataire est arrêté", "- the signer is stopped"},
	{"M98", "harm", "personne encore\u202f; la preuve de ce qui a été fait est en doute.", "nobody yet; the proof of what was done is in doubt."},
};

static struct bytes value_of(struct arena *arena, struct bytes code, bool english, struct bytes name)
{
	for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
		if (bytes_equal_text(code, specials[i].code) && bytes_equal_text(name, specials[i].name))
			return bytes_of_text(english ? specials[i].en : specials[i].fr);
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
		if (bytes_equal_text(name, samples[i].name))
			return bytes_of_text(english ? samples[i].en : samples[i].fr);
	if (bytes_equal_text(name, "form"))
		return form(arena, english, bytes_equal_text(code, "M15"));
	return BYTES_NONE;
}

/* The catalogue's names of a report that cancels an earlier one. */
static bool is_revision(struct bytes *code)
{
	static const char *const names[][2] = {{"M21R", "M21"}, {"M65", "M64"}};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (bytes_equal_text(*code, names[i][0])) {
			*code = bytes_of_text(names[i][1]);
			return true;
		}
	return false;
}

enum reason template_sample(struct arena *arena, struct bytes *code, bool english, struct template_field **out, size_t *count)
{
	bool revision = is_revision(code);
	size_t c = template_code_find(*code), n = 0;

	if (c == TEMPLATE_CODES)
		return REASON_COMPOSE_TEMPLATE;
	*out = arena_alloc(arena, 64 * sizeof **out);
	for (size_t i = 0; i < 2; i++) {
		struct cursor names = cursor_on(bytes_of_text(i == 0 ? template_codes[c].required : template_codes[c].optional));
		while (names.left.len > 0 && n < 64) {
			struct bytes name = cursor_until(&names, ' ');
			if (revision || !bytes_equal_text(name, "replaced_at"))
				(*out)[n++] = (struct template_field){name, value_of(arena, *code, english, name)};
		}
	}
	*count = n;
	return REASON_NONE;
}

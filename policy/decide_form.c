/* policy/decide_form.c - see decide_form.h. */
#include "policy/decide_form.h"

#include "base/buf.h"
#include "base/limits.h"
#include "policy/mask.h"

enum { TEXT_MAX = 64 * 1024, QUESTION_MAX = 600 };

/* No-break spaces as French wants them: U+00A0 before ":", U+202F before ";" and inside guillemets. */
static const struct words {
	const char *heading_fr, *hint_fr, *gap_fr, *heading_en, *hint_en, *gap_en;
} words[OPINION_PARTS] = {
	[OPINION_ANSWER] = {"Réponse à la question", NULL, "la réponse à la question", "Answer to question", NULL, "the answer to question"},
	[OPINION_OPINION] = {"Avis motivé", "avec vos raisons", "votre avis motivé",
			     "Reasoned opinion", "with your reasons", "your reasoned opinion"},
	[OPINION_CONVERGENCE] = {"Convergence avec le premier avis", "oui, partielle ou non", "la convergence avec le premier avis\u00a0: oui, partielle ou non",
				 "Convergence with the first opinion", "yes, partly or no", "the convergence with the first opinion: yes, partly or no"},
	[OPINION_ADVICE] = {"Conduite à tenir", "ce que vous conseillez de faire", "la conduite à tenir",
			    "What to do", "what you advise", "your advice: what to do"},
	[OPINION_DELAY] = {"Délai", "dans combien de temps, au plus tard", "le délai\u00a0: dans combien de temps agir",
			   "How soon", "at the latest", "how soon to act"},
	[OPINION_LIMITS] = {"Certitude et limites", "ce dont vous êtes sûr, ce qu’un avis sur dossier ne peut pas dire",
			    "le degré de certitude et les limites de votre avis",
			    "Certainty and limits", "what you are sure of, what an opinion on file cannot say", "how certain your opinion is, and its limits"},
	[OPINION_SUMMARY] = {"Résumé pour le patient", "il le lira\u00a0: avec les mots de tous les jours", "le résumé en clair, que le patient lira",
			     "Summary for the patient", "the patient reads it: in everyday words", "the plain summary that the patient will read"},
	[OPINION_HELP] = {"Aide utilisée", "logiciel d’aide, intelligence artificielle\u202f; sinon «\u202faucune\u202f»",
			  "l’aide utilisée (logiciel, intelligence artificielle), ou «\u202faucune\u202f»",
			  "Help used", "writing aid, artificial intelligence; otherwise \"none\"",
			  "the help used (software, artificial intelligence), or \"none\""},
	[OPINION_INTERESTS] = {"Liens d’intérêts", "sinon «\u202faucun\u202f»", "vos liens d’intérêts, ou «\u202faucun\u202f»",
			       "Links of interest", "otherwise \"none\"", "your links of interest, or \"none\""},
};

/* One line without square brackets and without the patient's number, cut at a character. */
static void add_question(const struct build *b, struct buf *out, unsigned number)
{
	struct bytes *questions;
	size_t asked = opinion_questions(b->arena, b->after, &questions);
	struct bytes text = number <= asked ? mask_address(b->arena, questions[number - 1], b->after->request.mailbox) : BYTES_NONE;
	text = mask_matricule(b->arena, text, b->after->request.patient.ins);
	size_t len = text.len < QUESTION_MAX ? text.len : QUESTION_MAX;

	while (len < text.len && len > 0 && (text.at[len] & 0xc0) == 0x80)
		len--;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = text.at[i];
		buf_u8(out, c == '[' ? '(' : c == ']' ? ')' : c < ' ' ? ' ' : c);
	}
	if (len < text.len)
		buf_text(out, "…");
}

static void add_heading(const struct build *b, struct buf *out, struct opinion_gap gap)
{
	const struct words *w = &words[gap.part];
	bool en = build_english(b);
	const char *hint = en ? w->hint_en : w->hint_fr;

	buf_text(out, en ? w->heading_en : w->heading_fr);
	if (gap.part == OPINION_ANSWER) {
		buf_printf(out, " %u [", gap.number);
		add_question(b, out, gap.number);
		buf_text(out, "]");
	} else {
		buf_printf(out, " [%s]", hint);
	}
	buf_text(out, en ? ":\n\n\n" : "\u00a0:\n\n\n");
}

static struct bytes finish(const struct build *b, struct buf *out)
{
	struct bytes text = arena_copy(b->arena, bytes_trim(buf_bytes(out)));
	buf_free(out);
	return text;
}

struct bytes form_blank(const struct build *b, const struct opinion_gap *gaps, size_t n)
{
	struct buf out = buf_make(TEXT_MAX);
	struct bytes *questions;
	size_t asked = opinion_questions(b->arena, b->after, &questions);
	bool en = build_english(b);

	buf_text(&out, en ? "Reference: " : "Référence\u00a0: ");
	buf_add(&out, b->after->reference);
	buf_text(&out, "\n\n");
	for (size_t i = 0; gaps != NULL && i < n; i++)
		add_heading(b, &out, gaps[i]);
	for (unsigned number = 1; gaps == NULL && number <= asked && number <= LIMIT_FORM_ANSWERS; number++)
		add_heading(b, &out, (struct opinion_gap){OPINION_ANSWER, number});
	for (enum opinion_part part = OPINION_OPINION; gaps == NULL && part < OPINION_PARTS; part++)
		add_heading(b, &out, (struct opinion_gap){part, 0});
	buf_text(&out, en ? "End of the form" : "Fin du formulaire");
	return finish(b, &out);
}

struct bytes form_gap_ids(const struct build *b, const struct opinion_gap *gaps, size_t n)
{
	struct buf out = buf_make(TEXT_MAX);

	for (size_t i = 0; i < n; i++) {
		buf_printf(&out, "%s%s", i > 0 ? "," : "", opinion_part_name(gaps[i].part));
		if (gaps[i].part == OPINION_ANSWER)
			buf_printf(&out, ".%u", gaps[i].number);
	}
	return finish(b, &out);
}

struct bytes form_gap_lines(const struct build *b, const struct opinion_gap *gaps, size_t n)
{
	struct buf out = buf_make(TEXT_MAX);
	bool en = build_english(b);

	for (size_t i = 0; i < n; i++) {
		const struct words *w = &words[gaps[i].part];
		buf_printf(&out, "%s- %s", i > 0 ? "\n" : "", en ? w->gap_en : w->gap_fr);
		if (gaps[i].part != OPINION_ANSWER)
			continue;
		buf_printf(&out, en ? " %u: " : " %u\u00a0: ", gaps[i].number);
		add_question(b, &out, gaps[i].number);
	}
	return finish(b, &out);
}

/* gateway/compose_rehearsal.c - see compose_rehearsal.h. */
#include "gateway/compose_rehearsal.h"

#include "smtp/subject.h"

static struct bytes join(struct arena *arena, const char *before, struct bytes text)
{
	return bytes_of_text(arena_printf(arena, "%s%.*s", before, (int)text.len, (const char *)text.at));
}

static void mark_subject(struct arena *arena, bool english, struct smtp_compose *mail)
{
	struct bytes prefix = BYTES(SUBJECT_PREFIX);

	if (bytes_starts(mail->subject, prefix))
		mail->subject = join(arena, english ? SUBJECT_PREFIX "TEST " : SUBJECT_PREFIX "ESSAI ", bytes_from(mail->subject, prefix.len));
	else
		mail->subject = join(arena, english ? "[TEST] " : "[ESSAI] ", mail->subject);
}

static struct pdf_row *first_row(struct arena *arena, bool english, struct bytes sentence, const struct pdf_row *rows, size_t *count)
{
	struct pdf_row *more = arena_alloc(arena, (*count + 1) * sizeof *more);

	more[0] = (struct pdf_row){.label = english ? BYTES("TEST") : BYTES("ESSAI"), .value = sentence};
	for (size_t i = 0; i < *count; i++)
		more[i + 1] = rows[i];
	(*count)++;
	return more;
}

static const char *sentence_of(struct arena *arena, bool english, const struct compose_request *r)
{
	return arena_printf(
		arena,
		english ? "This service is a rehearsal, with test identities and a clock that was moved forward; there it is %.*s. It concerns no "
			  "patient: do not act on it."
			: "Ce service est une répétition, avec des identités d'essai et une horloge avancée ; on y est le %.*s. Aucun patient n'est "
			  "concerné : n'en tenez compte pour aucun soin.",
		(int)r->rehearsal.len, (const char *)r->rehearsal.at);
}

struct bytes compose_rehearsal_words(struct arena *arena, bool english, const struct compose_request *r)
{
	const char *word = english ? "TEST - " : "ESSAI - ";
	return r->rehearsal.len == 0 ? BYTES_NONE : bytes_of_text(arena_printf(arena, "%s%s", word, sentence_of(arena, english, r)));
}

void compose_rehearsal(struct arena *arena, bool english, struct compose_request *r)
{
	const char *word = english ? "TEST - " : "ESSAI - ";

	if (r->rehearsal.len == 0)
		return;
	const char *sentence = sentence_of(arena, english, r);
	r->mail.text = join(arena, arena_printf(arena, "%s%s\n\n", word, sentence), r->mail.text);
	if (!r->has_notice)
		mark_subject(arena, english, &r->mail);
	if (r->xdm_title.len > 0)
		r->xdm_title = join(arena, word, r->xdm_title);
	if (r->has_report) {
		r->report.cda.title = join(arena, word, r->report.cda.title);
		r->report.rows = first_row(arena, english, bytes_of_text(sentence), r->report.rows, &r->report.row_count);
	}
	if (r->has_dossier) {
		r->dossier.title = join(arena, word, r->dossier.title);
		r->dossier.rows = first_row(arena, english, bytes_of_text(sentence), r->dossier.rows, &r->dossier.row_count);
	}
}

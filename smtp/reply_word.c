/* smtp/reply_word.c - see reply_word.h.
 *
 * Each sentence is judged by itself (smtp/reply_judge); the answer is what they say together. */
#include "smtp/reply_word.h"

#include "base/limits.h"
#include "smtp/reply_common.h"
#include "smtp/reply_judge.h"
#include "smtp/reply_leave.h"
#include "smtp/reply_sense.h"

enum { LINES_READ = 4 };   /* with words that are no greeting; what stands below can only raise a doubt */

/* --- the whole answer ---------------------------------------------------------------- */

static void merge(struct reply_found *all, const struct reply_found *one)
{
	all->accept = all->accept || one->accept || one->yes;
	all->doubt = all->doubt || one->doubt || one->yes_doubt;
	all->refuse = all->refuse || one->refuse;
	all->weak = all->weak || one->weak;
	all->file = all->file || one->file;
	all->conflict = all->conflict || one->conflict;
	all->absent = all->absent || one->absent;
	all->more = all->more || one->more;
	all->back = all->back || one->back;
	all->opinion = all->opinion || one->opinion;
	all->delegate = all->delegate || one->delegate;
	if (all->motive == REPLY_MOTIVE_UNSAID)
		all->motive = one->motive;
}

/* Below the first lines nothing is an answer any more, but it may contradict one. */
static void merge_late(struct reply_found *all, const struct reply_found *one)
{
	all->doubt = all->doubt || (all->accept && (one->refuse || one->conflict || one->absent || one->back || one->doubt));
}

static enum reply_word conclude(const struct reply_found *f)
{
	bool no = f->refuse || f->weak || f->conflict || f->absent || f->back;

	if (f->accept && !no && !f->doubt && !f->delegate && !f->opinion && !f->file)
		return REPLY_ACCEPT;
	if (f->accept || (f->doubt && !f->back_word))
		return REPLY_UNCLEAR;
	if (f->conflict)
		return REPLY_CONFLICT;
	if (f->back)
		return REPLY_RETURN;
	if (f->refuse)
		return REPLY_REFUSE;
	if (f->absent)
		return REPLY_ABSENT;
	if (f->weak)
		return REPLY_REFUSE;
	if (f->delegate)
		return REPLY_DELEGATE;
	if (f->opinion)
		return REPLY_OPINION;
	return f->more || f->file ? REPLY_MORE : REPLY_NONE;
}

/* Of several sentences the first that names the last day. */
static void read_leave(const struct reply_sentence *sentence, struct date written, struct reply *out)
{
	struct reply_leave leave;

	if (out->has_until || !reply_leave_read(sentence->text, written, &leave))
		return;
	if (leave.has_from) {
		out->has_from = true;
		out->from = leave.from;
	}
	out->has_until = leave.has_until;
	out->until = leave.until;
	/* A first day that comes behind the last was another absence's: he is away from now on. */
	if (out->has_until && out->has_from && date_days(out->from) > date_days(out->until))
		out->has_from = false;
}

/* What is said of days and motives goes only with the words that it belongs to. */
static void settle(const struct reply_found *f, struct reply *out)
{
	bool declines = out->word == REPLY_REFUSE || out->word == REPLY_CONFLICT || out->word == REPLY_RETURN;

	out->motive = !declines ? REPLY_MOTIVE_UNSAID : f->conflict ? REPLY_MOTIVE_CONFLICT : f->motive;
	out->delegate = f->delegate;
	out->on_behalf = f->behalf;
	out->more = f->more && out->word == REPLY_ACCEPT;
	if (!declines && out->word != REPLY_ABSENT)
		out->has_from = out->has_until = false;
	if (!out->delegate)
		out->address = BYTES_NONE;
}

void reply_word_read(struct arena *arena, struct bytes new_text, struct date written, struct reply *out)
{
	struct bytes text = bytes_slice(new_text, 0, LIMIT_ANSWER);
	const struct reply_sentence *sentences;
	size_t n = reply_sentences(arena, text, &sentences), lines = 0;
	struct reply_found all = {.accept = false}, one;
	struct reply_index index;
	unsigned line = 0;
	bool closed = false, spoken = false;

	*out = (struct reply){.address = reply_only_address(text), .rest = reply_rest(new_text)};
	reply_sense_index(arena, &index);
	for (size_t i = 0; i < n; i++) {
		reply_judge(arena, &index, &sentences[i], &one);
		all.behalf = all.behalf || one.behalf;
		closed = reply_is_closed(&sentences[i], i == 0 || sentences[i - 1].line != sentences[i].line, lines > 0, closed);
		if (closed)
			continue;
		if (!one.greeting && (lines == 0 || sentences[i].line != line)) {
			lines++;
			line = sentences[i].line;
		}
		/* The word itself, before all else that he writes. */
		all.back_word = all.back_word || (lines == 1 && !spoken && one.back_word);
		spoken = spoken || !one.greeting;
		if (lines > LINES_READ)
			merge_late(&all, &one);
		else
			merge(&all, &one);
		if (one.absent)
			read_leave(&sentences[i], written, out);
	}
	out->word = conclude(&all);
	settle(&all, out);
}

const char *reply_word_name(enum reply_word word)
{
	static const char *const names[REPLY_WORDS] = {
		[REPLY_NONE] = "none",         [REPLY_ACCEPT] = "accept",     [REPLY_REFUSE] = "refuse",   [REPLY_CONFLICT] = "conflict",
		[REPLY_ABSENT] = "absent",     [REPLY_UNCLEAR] = "unclear",   [REPLY_MORE] = "more",       [REPLY_RETURN] = "return",
		[REPLY_OPINION] = "opinion",   [REPLY_DELEGATE] = "delegate", [REPLY_SHARE] = "share",     [REPLY_UNSHARE] = "unshare",
		[REPLY_CORRECT] = "correct",   [REPLY_STOP] = "stop",         [REPLY_CALL] = "call",       [REPLY_WITHDRAW] = "withdraw",
		[REPLY_NO_EXAM] = "no-exam",   [REPLY_WAIT] = "wait",         [REPLY_DONE] = "done",       [REPLY_PDF_ONLY] = "pdf-only",
		[REPLY_PAPER] = "paper",       [REPLY_ADDRESS] = "address",   [REPLY_AGREE] = "agree",
	};
	return names[word];
}

const char *reply_motive_name(enum reply_motive motive)
{
	static const char *const names[REPLY_MOTIVES] = {
		[REPLY_MOTIVE_UNSAID] = "unsaid",     [REPLY_MOTIVE_FIELD] = "field", [REPLY_MOTIVE_TIME] = "time",
		[REPLY_MOTIVE_CONFLICT] = "conflict", [REPLY_MOTIVE_FILE] = "file",
	};
	return names[motive];
}

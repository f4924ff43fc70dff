/* smtp/reply_judge.c - see reply_judge.h. */
#include "smtp/reply_judge.h"

#include "smtp/reply_sense.h"

enum { YES_PLACE = 1 };       /* words that count before a yes */

struct judging {
	const struct reply_sentence *sentence;
	struct reply_said said[REPLY_TOKENS];
	size_t n;
	struct reply_found found;
};

/* --- where a sense stands ------------------------------------------------------- */

static size_t clause_begin(const struct judging *j, size_t at)
{
	while (at > 0 && !j->said[at].opens)
		at--;
	return at;
}

static size_t clause_end(const struct judging *j, size_t at)
{
	for (at++; at < j->n && !j->said[at].opens; at++)
		;
	return at;
}

static bool has(const struct judging *j, size_t from, size_t to, enum reply_sense sense)
{
	for (size_t i = from; i < to && i < j->n; i++)
		if (j->said[i].sense == sense)
			return true;
	return false;
}

static bool has_denial(const struct judging *j, size_t from, size_t to)
{
	return has(j, from, to, SENSE_NOT) || has(j, from, to, SENSE_CANNOT);
}

static bool is_word(const struct judging *j, size_t at, const char *word)
{
	return bytes_equal_text(j->sentence->tokens[j->said[at].at].word, word);
}

/* "ne ... pas" is one denial, "je ne peux pas ne pas" are two. */
static unsigned count_denials(const struct judging *j, size_t from, size_t to)
{
	unsigned count = 0, behind = 0;

	for (size_t i = from; i < to; i++) {
		bool second_half = is_word(j, i, "pas") || is_word(j, i, "jamais") || is_word(j, i, "aucunement") || is_word(j, i, "nullement");
		if (j->said[i].sense == SENSE_CANNOT || (j->said[i].sense == SENSE_NOT && !second_half))
			count++;
		else if (j->said[i].sense == SENSE_NOT)
			behind++;
	}
	return count > 0 ? count : behind > 0;
}

/* Before it in its clause, or right behind it: "accepte pas". */
static bool is_denied(const struct judging *j, size_t at)
{
	bool behind = at + 1 < clause_end(j, at) && j->said[at + 1].sense == SENSE_NOT;
	return behind || has_denial(j, clause_begin(j, at), at);
}

/* SENSE_SELF, SENSE_OTHER, or SENSE_NONE: the nearest subject before it. */
static enum reply_sense subject(const struct judging *j, size_t at)
{
	while (at-- > 0)
		if (j->said[at].sense == SENSE_SELF || j->said[at].sense == SENSE_OTHER)
			return j->said[at].sense;
	return SENSE_NONE;
}

/* Words that count before it in the sentence, or in its clause. */
static size_t words_before(const struct judging *j, size_t from, size_t at)
{
	size_t count = 0;
	for (size_t i = from; i < at; i++)
		count += j->said[i].sense != SENSE_FILLER && j->said[i].sense != SENSE_IDLE && j->said[i].sense != SENSE_SELF && j->said[i].sense != SENSE_BUT;
	return count;
}

static bool is_own(const struct judging *j, size_t at)
{
	enum reply_sense who = subject(j, at);

	if (who != SENSE_NONE)
		return who == SENSE_SELF;
	for (size_t i = clause_begin(j, at); i < at; i++)
		if (j->said[i].sense == SENSE_NONE)
			return false;
	return true;
}

/* A condition, a restriction, or a denial of something else: "j'accepte, mais pas avant le 20". */
static bool is_restricted(const struct judging *j, size_t at)
{
	return has(j, 0, j->n, SENSE_IF) || has(j, 0, j->n, SENSE_BUT) || has_denial(j, 0, clause_begin(j, at)) || has_denial(j, at + 1, j->n) ||
	       j->sentence->question || j->sentence->cut;
}

/* --- each sense -------------------------------------------------------------------- */

static void judge_accept(struct judging *j, size_t at)
{
	struct reply_found *f = &j->found;
	bool denied = is_denied(j, at);

	if (subject(j, at) == SENSE_OTHER || (!denied && !is_own(j, at)) || count_denials(j, clause_begin(j, at), at) > 1) {
		f->doubt = true;
	} else if (denied) {
		f->refuse = true;
		f->doubt = f->doubt || j->sentence->question;
	} else {
		f->accept = true;
		f->doubt = f->doubt || is_restricted(j, at);
	}
}

/* "accepter", "m'en charger": what they mean the verb before them says. */
static void judge_to_accept(struct judging *j, size_t at)
{
	struct reply_found *f = &j->found;
	size_t begin = clause_begin(j, at);
	bool can = has(j, begin, at, SENSE_CAN), other = subject(j, at) == SENSE_OTHER;

	if (has_denial(j, begin, at) && !other && count_denials(j, begin, at) == 1)
		f->refuse = true;
	else if (can && j->said[at].sense == SENSE_TO_ACCEPT && !other && is_own(j, at) && !has_denial(j, begin, at))
		judge_accept(j, at);
	else if (can || has_denial(j, begin, at) || j->said[at].sense == SENSE_TO_ACCEPT)
		f->doubt = true;
}

static void judge_yes(struct judging *j, size_t at)
{
	struct reply_found *f = &j->found;

	if (words_before(j, 0, at) > YES_PLACE || subject(j, at) == SENSE_OTHER)
		return;
	if (is_denied(j, at)) {
		f->refuse = true;                 /* pas d'accord, not ok */
		return;
	}
	f->yes = true;
	f->yes_doubt = f->yes_doubt || is_restricted(j, at);
}

static void judge_refuse(struct judging *j, size_t at)
{
	if (!is_own(j, at) || is_denied(j, at) || j->sentence->question)
		j->found.doubt = true;            /* "je ne refuse pas" is no acceptance */
	else
		j->found.refuse = true;
}

/* A denied "can" with nothing behind it refuses: "je ne peux pas, désolé"; with something else behind, who knows: "je ne peux pas ouvrir le fichier". */
static void judge_cannot(struct judging *j, size_t at)
{
	size_t end = clause_end(j, at);
	bool denied = j->said[at].sense == SENSE_CANNOT || is_denied(j, at);

	if (!denied || has(j, at, end, SENSE_TO_ACCEPT) || has(j, at, end, SENSE_TO_DO) || has(j, at, end, SENSE_ACCEPT) || has(j, at, end, SENSE_YES))
		return;
	bool other = subject(j, at) == SENSE_OTHER || j->sentence->question;
	for (size_t i = at + 1; i < end && !other; i++) {
		enum reply_sense sense = j->said[i].sense;
		other = sense == SENSE_NONE || sense == SENSE_OTHER || sense == SENSE_TO_REFUSE || sense == SENSE_REFUSE || sense == SENSE_IF || sense == SENSE_MORE ||
			sense == SENSE_OPINION || sense == SENSE_RETURN;
	}
	if (other)
		j->found.doubt = true;
	else
		j->found.refuse = true;
}

static void judge_no(struct judging *j, size_t at)
{
	if (words_before(j, 0, at) > 0)
		return;
	if (has(j, at + 1, clause_end(j, at), SENSE_CONFLICT))
		return;
	if (j->sentence->question)
		j->found.doubt = true;
	else
		j->found.refuse = true;
}

static void judge_conflict(struct judging *j, size_t at)
{
	size_t begin = clause_begin(j, at);

	if (has_denial(j, begin, at) || has(j, begin, at, SENSE_NO))
		return;
	if (j->sentence->question || has(j, 0, at, SENSE_IF))
		j->found.doubt = true;
	else
		j->found.conflict = true;
}

static void judge_absent(struct judging *j, size_t at)
{
	if (has_denial(j, clause_begin(j, at), at) && !is_word(j, at, "pas") && !is_word(j, at, "plus") && !is_word(j, at, "not"))
		return;
	if (!is_own(j, at) && subject(j, at) != SENSE_NONE)
		return;
	if (subject(j, at) == SENSE_NONE && words_before(j, clause_begin(j, at), at) > YES_PLACE)
		return;
	if (j->sentence->question)
		j->found.doubt = true;
	else
		j->found.absent = true;
}

static void judge_there(struct judging *j, size_t at)
{
	if (has_denial(j, clause_begin(j, at), at)) {
		if (subject(j, at) != SENSE_OTHER)
			j->found.absent = true;
	} else {
		judge_yes(j, at);
	}
}

static void judge_motive(struct judging *j, size_t at)
{
	enum reply_motive motive = j->said[at].motive;

	if (motive == REPLY_MOTIVE_TIME && subject(j, at) == SENSE_OTHER)
		return;
	if (j->found.motive == REPLY_MOTIVE_UNSAID)
		j->found.motive = motive;
	if (motive == REPLY_MOTIVE_FILE)
		j->found.file = true;
	else
		j->found.weak = true;
}

static void judge_return(struct judging *j, size_t at)
{
	bool first = words_before(j, 0, at) == 0;

	if (j->said[at].sense == SENSE_TO_RETURN && !first)
		return;
	if (is_denied(j, at) || j->sentence->question)
		j->found.doubt = true;
	else
		j->found.back = true;
	j->found.back_word = j->found.back_word || (j->found.back && j->said[at].sense == SENSE_TO_RETURN);
}

static void judge_sense(struct judging *j, size_t at)
{
	switch (j->said[at].sense) {
	case SENSE_ACCEPT:
		judge_accept(j, at);
		break;
	case SENSE_TO_ACCEPT:
	case SENSE_TO_DO:
		judge_to_accept(j, at);
		break;
	case SENSE_YES:
		judge_yes(j, at);
		break;
	case SENSE_REFUSE:
		judge_refuse(j, at);
		break;
	case SENSE_TO_REFUSE:
		if (subject(j, at) != SENSE_NONE || words_before(j, 0, at) == 0)
			judge_refuse(j, at);
		break;
	case SENSE_CAN:
	case SENSE_CANNOT:
		judge_cannot(j, at);
		break;
	case SENSE_NO:
		judge_no(j, at);
		break;
	case SENSE_CONFLICT:
		judge_conflict(j, at);
		break;
	case SENSE_ABSENT:
		judge_absent(j, at);
		break;
	case SENSE_THERE:
		judge_there(j, at);
		break;
	case SENSE_MOTIVE:
		judge_motive(j, at);
		break;
	case SENSE_RETURN:
	case SENSE_TO_RETURN:
		judge_return(j, at);
		break;
	case SENSE_DOUBT:
		j->found.doubt = true;
		break;
	case SENSE_MORE:
		j->found.more = true;
		break;
	case SENSE_OPINION:
		j->found.opinion = true;
		break;
	case SENSE_DELEGATE:
		j->found.delegate = true;
		break;
	case SENSE_BEHALF:
		j->found.behalf = true;
		break;
	default:
		break;
	}
}

/* "AVIS" alone on its line, or before a colon: what follows is the opinion. */
static bool opens_opinion(const struct reply_sentence *s)
{
	return bytes_equal_text(s->tokens[0].word, "avis") && (s->n == 1 || s->tokens[1].opens);
}

static bool is_greeting(const struct judging *j)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->said[i].sense != SENSE_FILLER)
			return false;
	return true;
}

void reply_judge(struct arena *arena, const struct reply_index *index, const struct reply_sentence *sentence, struct reply_found *out)
{
	struct judging *j = arena_alloc(arena, sizeof *j);

	j->sentence = sentence;
	j->n = reply_senses(index, sentence, j->said);
	j->found = (struct reply_found){.opinion = opens_opinion(sentence)};
	for (size_t i = 0; i < j->n; i++)
		judge_sense(j, i);
	/* "avec plaisir, mais je ne peux pas": the politeness of a refusal. */
	if (j->found.yes && j->found.refuse && !j->found.accept && has(j, 0, j->n, SENSE_BUT))
		j->found.yes = j->found.yes_doubt = false;
	j->found.greeting = is_greeting(j);
	*out = j->found;
}

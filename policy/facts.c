/* policy/facts.c - the words of the facts. */
#include "policy/facts.h"

static const char *const classes[POLICY_CLASSES] = {
	[POLICY_CLASS_UNKNOWN] = "unknown", [POLICY_CLASS_REQUEST] = "request",
	[POLICY_CLASS_RECORD] = "record",   [POLICY_CLASS_OPINION] = "opinion",
	[POLICY_CLASS_REPLY] = "reply",     [POLICY_CLASS_REPORT] = "report",
};

static const char *const verdicts[POLICY_VERDICTS] = {
	[POLICY_VERDICT_NONE] = "none",           [POLICY_VERDICT_VALID] = "valid",
	[POLICY_VERDICT_INVALID] = "invalid",     [POLICY_VERDICT_MALFORMED] = "malformed",
	[POLICY_VERDICT_UNTRUSTED] = "untrusted", [POLICY_VERDICT_PARTIAL] = "partial",
	[POLICY_VERDICT_ENCRYPTED] = "encrypted",
};

static const char *const words[POLICY_WORDS] = {
	[POLICY_WORD_NONE] = "none",         [POLICY_WORD_ACCEPT] = "accept", [POLICY_WORD_REFUSE] = "refuse",
	[POLICY_WORD_CONFLICT] = "conflict", [POLICY_WORD_ABSENT] = "absent", [POLICY_WORD_UNCLEAR] = "unclear",
	[POLICY_WORD_RETURN] = "return",     [POLICY_WORD_MORE] = "more",     [POLICY_WORD_OPINION] = "opinion",
	[POLICY_WORD_DELEGATE] = "delegate", [POLICY_WORD_SHARE] = "share",   [POLICY_WORD_UNSHARE] = "unshare",
	[POLICY_WORD_CORRECT] = "correct",   [POLICY_WORD_STOP] = "stop",     [POLICY_WORD_CALL] = "call",
	[POLICY_WORD_WITHDRAW] = "withdraw", [POLICY_WORD_NO_EXAM] = "no-exam", [POLICY_WORD_WAIT] = "wait",
	[POLICY_WORD_DONE] = "done",         [POLICY_WORD_PDF_ONLY] = "pdf-only", [POLICY_WORD_PAPER] = "paper",
	[POLICY_WORD_ADDRESS] = "address",   [POLICY_WORD_AGREE] = "agree",
};

static const char *const motives[POLICY_MOTIVES] = {
	[POLICY_MOTIVE_UNSAID] = "unsaid",     [POLICY_MOTIVE_FIELD] = "field", [POLICY_MOTIVE_TIME] = "time",
	[POLICY_MOTIVE_CONFLICT] = "conflict", [POLICY_MOTIVE_FILE] = "file",
};

static const char *const answer_kinds[POLICY_ANSWER_KINDS] = {
	[POLICY_ANSWER_UNSAID] = "",      [POLICY_ANSWER_NUMBER] = "number", [POLICY_ANSWER_CHOICE] = "choice",
	[POLICY_ANSWER_TEXT] = "text",    [POLICY_ANSWER_DATE] = "date",     [POLICY_ANSWER_TRUTH] = "truth",
	[POLICY_ANSWER_SLIDER] = "slider", [POLICY_ANSWER_SECTION] = "section",
};

/* The index of name in a list of n words, n when it is not there. */
static unsigned index_of(const char *const *list, unsigned n, struct bytes name)
{
	unsigned i = 0;
	while (i < n && !bytes_equal_text(name, list[i]))
		i++;
	return i;
}

enum policy_class policy_class_of_name(struct bytes name)
{
	unsigned i = index_of(classes, POLICY_CLASSES, name);
	return i < POLICY_CLASSES ? (enum policy_class)i : POLICY_CLASS_UNKNOWN;
}

enum policy_verdict policy_verdict_of_name(struct bytes name)
{
	unsigned i = index_of(verdicts, POLICY_VERDICTS, name);
	return i < POLICY_VERDICTS ? (enum policy_verdict)i : POLICY_VERDICT_MALFORMED;
}

const char *policy_answer_kind_name(enum policy_answer_kind kind)
{
	return kind == POLICY_ANSWER_UNSAID ? NULL : answer_kinds[kind];
}

enum policy_answer_kind policy_answer_kind_of_name(struct bytes name)
{
	unsigned i = index_of(answer_kinds, POLICY_ANSWER_KINDS, name);
	return i < POLICY_ANSWER_KINDS ? (enum policy_answer_kind)i : POLICY_ANSWER_UNSAID;
}

const char *policy_word_name(enum policy_word word)
{
	return words[word];
}

enum policy_word policy_word_of_name(struct bytes name)
{
	unsigned i = index_of(words, POLICY_WORDS, name);
	return i < POLICY_WORDS ? (enum policy_word)i : POLICY_WORD_UNCLEAR;
}

const char *policy_motive_name(enum policy_motive motive)
{
	return motives[motive];
}

enum policy_motive policy_motive_of_name(struct bytes name)
{
	unsigned i = index_of(motives, POLICY_MOTIVES, name);
	return i < POLICY_MOTIVES ? (enum policy_motive)i : POLICY_MOTIVE_UNSAID;
}

/* cda/answer.c - the words for kinds of answers, and for why there is none. */
#include "cda/answer.h"

#include <stddef.h>

const char *cda_answer_kind_name(enum cda_answer_kind kind)
{
	static const char *const names[CDA_ANSWER_KINDS] = {
		[CDA_ANSWER_NUMBER] = "number", [CDA_ANSWER_CHOICE] = "choice", [CDA_ANSWER_TEXT] = "text",
		[CDA_ANSWER_DATE] = "date",     [CDA_ANSWER_TRUTH] = "truth",   [CDA_ANSWER_SLIDER] = "slider",
	};
	return names[kind];
}

const char *cda_null_name(enum cda_null null)
{
	static const char *const names[CDA_NULLS] = {
		[CDA_NULL_NOT_ASKED] = "not-asked", [CDA_NULL_UNKNOWN] = "unknown",
		[CDA_NULL_DECLINED] = "declined",   [CDA_NULL_MASKED] = "masked",
		[CDA_NULL_NOT_APPLICABLE] = "not-applicable", [CDA_NULL_OTHER] = "other",
	};
	return names[null];
}

enum cda_null cda_null_of_code(struct bytes code)
{
	static const struct {
		const char *code;
		enum cda_null null;
	} codes[] = {
		{"NASK", CDA_NULL_NOT_ASKED}, {"ASKU", CDA_NULL_DECLINED}, {"MSK", CDA_NULL_MASKED},
		{"NA", CDA_NULL_NOT_APPLICABLE}, {"OTH", CDA_NULL_OTHER},
	};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (bytes_equal_text(code, codes[i].code))
			return codes[i].null;
	return code.len == 0 ? CDA_NULL_NONE : CDA_NULL_UNKNOWN;
}

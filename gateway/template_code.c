/* gateway/template_code.c - see template_code.h; the table for people is in template.h. */
#include "gateway/template_code.h"

#define ALL "reference phone organisation"
#define SIGNED "contact_name"

const struct template_code template_codes[TEMPLATE_CODES] = {
	{"M01", ALL " patient_name", SIGNED " missing_list"},
	{"M02", ALL " patient_name missing_count missing_list", SIGNED " question_text"},
	{"M06", ALL " patient_name due_date", SIGNED},
	{"M07", ALL " patient_name expert_name due_date", SIGNED " expert_place"},
	{"M10", ALL " due_date due_day due_hour age sex pathology questions documents_count exams_list",
	 SIGNED " first_question expert_name decision_date first_opinion missing_list offer_until"},
	{"M11", ALL " due_date due_day", SIGNED " expert_name age sex pathology offer_until"},
	{"M12", ALL, SIGNED " expert_name due_date"},
	{"M13", ALL " patient_name patient_birth due_date questions documents_count exams_list form",
	 SIGNED " expert_name age sex pathology missing_list heavy_list part package"},
	{"M13B", ALL " patient_name patient_birth due_date exams_list part", SIGNED},
	{"M15", ALL " missing_list", SIGNED " expert_name due_date form form_whole"},
	{"M16", ALL " delivered_at", SIGNED " expert_name read_at exchange_until"},
	{"M21", ALL " patient_name expert_name", SIGNED " summary exchange_until recipients_list help replaced_at"},
	{"M30", ALL " question_text", SIGNED " expert_name exchange_until"},
	{"M31", ALL " patient_name expert_name answer_text", SIGNED " exchange_until"},
	{"M64", ALL " patient_name patient_birth expert_name", SIGNED " convergence advice delay summary replaced_at help package"},
	/* The receipt says nothing of a dossier: it has no reference to tell. */
	{"M70", "phone organisation", SIGNED " received_at documents_count pieces_list"},
	{"M71", "phone organisation code sentence", SIGNED " hint reference received_at document_name"},
};

const char *const template_languages[TEMPLATE_LANGUAGES] = {"fr", "en"};

static const char one_line_names[] =
	"reference phone organisation contact_name patient_name patient_birth age sex pathology expert_name expert_place due_date due_day due_hour first_question "
	"decision_date offer_until exchange_until delivered_at read_at received_at replaced_at missing_count documents_count part "
	"convergence code sentence hint document_name package";
static const char several_line_names[] =
	"missing_list pieces_list heavy_list question_text questions exams_list first_opinion summary recipients_list answer_text advice delay help form form_whole";

size_t template_code_find(struct bytes code)
{
	size_t i = 0;
	while (i < TEMPLATE_CODES && !bytes_equal_text(code, template_codes[i].code))
		i++;
	return i;
}

size_t template_language_find(struct bytes language)
{
	size_t i = 0;
	while (i < TEMPLATE_LANGUAGES && !bytes_equal_text(language, template_languages[i]))
		i++;
	return i;
}

bool template_names_have(const char *names, struct bytes name)
{
	struct cursor cursor = cursor_on(bytes_of_text(names));
	while (cursor.left.len > 0)
		if (bytes_equal(cursor_until(&cursor, ' '), name))
			return name.len > 0;
	return false;
}

bool template_name_find(struct bytes name, bool *lines)
{
	*lines = template_names_have(several_line_names, name);
	return *lines || template_names_have(one_line_names, name);
}

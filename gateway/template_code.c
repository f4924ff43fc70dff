/* gateway/template_code.c - see template_code.h; the table for people is in template.h. */
#include "gateway/template_code.h"

#define SERVICE "phone organisation"
#define ALL "reference " SERVICE
#define SIGNED "contact_name"
#define ALERT SERVICE " sentence since todo_list"

const struct template_code template_codes[TEMPLATE_CODES] = {
	{"M01", "patient", ALL " patient_name", SIGNED " missing_list"},
	{"M02", "patient", ALL " patient_name missing_count missing_list", SIGNED},
	{"M02B", "patient", ALL " patient_name question_text", SIGNED},
	{"M03", "patient", ALL " patient_name missing_count missing_list", SIGNED " close_date"},
	{"M04", "patient", ALL " patient_name pieces_list", SIGNED},
	{"M05", "patient", ALL " patient_name", SIGNED " document_name why"},
	{"M06", "patient", ALL " patient_name due_date", SIGNED},
	{"M07", "patient", ALL " patient_name expert_name due_date", SIGNED " expert_place"},
	{"M08", "patient", ALL " patient_name due_date", SIGNED " expert_name"},
	{"M09", "patient", ALL " patient_name due_date new_date", SIGNED " why"},
	{"M10", "expert", ALL " due_date due_day due_hour age sex pathology questions documents_count",
	 SIGNED " exams_list first_question expert_name decision_date first_opinion missing_list offer_until"},
	{"M11", "expert", ALL " due_date due_day", SIGNED " expert_name age sex pathology offer_until"},
	{"M12", "expert", ALL, SIGNED " expert_name due_date"},
	{"M13", "expert", ALL " patient_name patient_birth due_date questions documents_count form",
	 SIGNED " exams_list expert_name age sex pathology missing_list heavy_list part package"},
	{"M13B", "expert", ALL " patient_name patient_birth due_date exams_list", SIGNED " part"},
	{"M13C", "expert", ALL " patient_name patient_birth due_date", SIGNED " answer_text exams_list part"},
	{"M14", "expert", ALL " due_date time_left", SIGNED " expert_name"},
	{"M15", "expert", ALL " missing_list", SIGNED " expert_name due_date form form_whole"},
	{"M16", "expert", ALL " delivered_at", SIGNED " expert_name read_at exchange_until"},
	{"M17", "expert", SERVICE " month opinions_count amount lines_list", SIGNED " expert_name"},
	/* By then the dossier may have another expert: nobody is named. */
	{"M18", "expert", ALL, SIGNED " why"},
	{"M19", "patient", ALL " patient_name", SIGNED " call_at"},
	/* Read outside of the trusted space: it does not even tell which service writes. */
	{"M20", "patient", "phone", ""},
	{"M21", "patient", ALL " patient_name expert_name", SIGNED " summary exchange_until recipients_list help replaced_at"},
	{"M22", "patient", ALL " patient_name", SIGNED " delivered_at"},
	{"M30", "expert", ALL " question_text", SIGNED " expert_name exchange_until"},
	{"M31", "patient", ALL " patient_name expert_name answer_text", SIGNED " exchange_until"},
	{"M33", "patient", ALL " patient_name", SIGNED},
	{"M34", "patient", ALL " patient_name time_left exchange_until", SIGNED " expert_name"},
	{"M35", "patient", ALL " patient_name", SIGNED},
	{"M36", "patient", ALL " patient_name", SIGNED},
	{"M37", "expert", ALL, SIGNED " expert_name"},
	{"M40", "patient", ALL " patient_name", SIGNED " questions"},
	{"M41", "patient", ALL " erased_at", SIGNED " patient_name kept_list"},
	{"M42", "patient", ALL " patient_name", SIGNED " places_list why"},
	{"M43", "patient", ALL " patient_name", SIGNED " why"},
	{"M44", "patient", ALL " patient_name", SIGNED " missing_list why"},
	{"M45", "patient", ALL " patient_name", SIGNED " new_date"},
	{"M50", "representative", SERVICE, SIGNED " reference representative_name"},
	{"M51", "representative", ALL " patient_name", SIGNED " representative_name object_until"},
	{"M52", "patient", ALL " patient_name", SIGNED " representative_name"},
	{"M60", "physician", ALL " patient_short", SIGNED " patient_birth physician_name"},
	{"M61", "physician", ALL " patient_short", SIGNED " documents_count missing_list due_date physician_name"},
	{"M62", "physician", ALL " patient_short document_name sentence", SIGNED " hint physician_name"},
	{"M63", "physician", ALL " patient_short question_text", SIGNED " due_date physician_name"},
	{"M64", "physician", ALL " patient_name patient_birth expert_name", SIGNED " convergence advice delay summary replaced_at help package"},
	/* The receipt says nothing of a dossier: it has no reference to tell. */
	{"M70", "sender", SERVICE, SIGNED " received_at documents_count pieces_list"},
	{"M71", "sender", SERVICE " code sentence", SIGNED " hint reference received_at document_name"},
	{"M73", "expert", ALL " changes_list", SIGNED " expert_name opinion_at part"},
	{"M80", "nurses", SERVICE " today tasks_count", SIGNED " urgent_list tasks_list"},
	{"M81", "nurses", ALL, SIGNED " since done_list"},
	{"M82", "nurses", ALL " due_date", SIGNED " expert_name standby_name done_list"},
	{"M83", "nurses", ALL " due_date", SIGNED " expert_name standby_name done_list"},
	{"M84", "nurses", ALL " due_date", SIGNED " expert_name standby_name done_list"},
	{"M85", "nurses", ALL " recipient sentence next_step", SIGNED " hint done_list"},
	{"M90", "operator", ALERT, SIGNED " harm done_list told"},
	{"M91", "operator", ALERT, SIGNED " harm done_list told"},
	{"M92", "operator", ALERT, SIGNED " harm done_list told"},
	{"M93", "operator", ALERT, SIGNED " harm done_list told"},
	{"M94", "operator", ALERT, SIGNED " harm done_list told"},
	{"M95", "operator", SERVICE " today figures_list", SIGNED " done_list"},
	{"M96", "officer", ALERT " deadline", SIGNED " reference harm done_list seen_list told"},
	{"M97", "officer", SERVICE " actor since why", SIGNED " reference until_at"},
	{"M98", "officer", ALERT, SIGNED " harm done_list told"},
	{"M99", "insurer", SERVICE " month contract figures_list", SIGNED},
	{"M100", "insurer", SERVICE, SIGNED " received_at"},
	/* Not of the catalogue: the note to the print station that each letter comes with. */
	{"LETTER", "print station", SERVICE " letter_code", SIGNED " reference letter_sheet"},
};

const char *const template_languages[TEMPLATE_LANGUAGES] = {"fr", "en"};

static const char one_line_names[] =
	"reference phone organisation contact_name patient_name patient_short patient_birth age sex pathology expert_name expert_place standby_name physician_name "
	"representative_name recipient actor due_date due_day due_hour new_date close_date object_until call_at deadline until_at since today month time_left "
	"first_question decision_date offer_until exchange_until delivered_at read_at received_at replaced_at opinion_at erased_at missing_count documents_count "
	"opinions_count tasks_count part amount contract convergence code sentence hint why harm told next_step document_name package letter_code letter_sheet";
static const char several_line_names[] =
	"missing_list pieces_list heavy_list question_text questions exams_list first_opinion summary recipients_list answer_text advice delay help form form_whole "
	"lines_list places_list kept_list changes_list urgent_list tasks_list done_list todo_list seen_list figures_list";

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

bool template_code_easy(size_t code)
{
	return bytes_equal_text(BYTES("patient"), template_codes[code].to) || bytes_equal_text(BYTES("representative"), template_codes[code].to);
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

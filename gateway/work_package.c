/* gateway/work_package.c - see work_package.h. */
#include "gateway/work_package.h"

#include "gateway/json_view.h"

/* What compose_request takes of each. */
enum { CODE_MAX = 64, ID_MAX = 320, TEXT_MAX = 256, AUTHORS_MAX = 4 };

static json_t *time_of(const json_t *facts, const char *key)
{
	struct instant at;
	struct bytes text = json_view(facts, key);
	return instant_read(text, &at) || instant_read_hl7(text, &at) ? json_of_instant(at) : NULL;
}

static void set(json_t *object, const char *key, struct bytes text, size_t max)
{
	if (text.len > 0 && bytes_one_line(text, max))
		json_object_set_new(object, key, json_of(text));
}

static void set_time(json_t *object, const char *key, const json_t *facts, const char *from)
{
	json_t *time = time_of(facts, from);
	if (time != NULL)
		json_object_set_new(object, key, time);
}

/* NULL without a name. */
static json_t *person(const json_t *facts)
{
	struct bytes name = json_view(facts, "name");
	if (name.len == 0 || !bytes_one_line(name, TEXT_MAX))
		return NULL;
	json_t *person = json_pack("{s:o}", "name", json_of(name));
	set(person, "id", json_view(facts, "id"), ID_MAX);
	set(person, "given", json_view(facts, "given"), TEXT_MAX);
	set(person, "family", json_view(facts, "family"), TEXT_MAX);
	return person;
}

static json_t *authors_of(const json_t *facts)
{
	json_t *authors = json_array(), *a;
	size_t i;

	json_array_foreach(json_object_get(facts, "authors"), i, a) {
		json_t *author = i < AUTHORS_MAX ? person(a) : NULL;
		if (author == NULL)
			break;
		set(author, "organization", json_view(a, "organization"), TEXT_MAX);
		struct bytes id = json_view(a, "organization_id");
		set(author, "organization_id", bytes_from(id, bytes_find_byte(id, '^', 0) + 1), CODE_MAX);
		json_array_append_new(authors, author);
	}
	return authors;
}

/* The code of the CDA comes first (cda.md 4.3); masking codes travel in metadata only, and are added where they are obeyed. */
/* A mask goes with its document: who is given it may not give it on to whom it is hidden from (cda.md 1.1, 4.3). */
static void set_confidentiality(json_t *entry, const json_t *facts)
{
	static const struct {
		const char *word, *code;
	} masks[] = {{"patient", "INVISIBLE_PATIENT"}, {"professionals", "MASQUE_PS"}, {"representatives", "INVISIBLE_REPRESENTANTS_LEGAUX"}};
	struct bytes code = json_view(facts, "confidentiality");
	bool told = code.len > 0 && bytes_one_line(code, CODE_MAX);
	json_t *codes = json_pack("[o]", told ? json_of(code) : json_string("N")), *word;
	size_t i;

	json_array_foreach(json_object_get(facts, "masking"), i, word) {
		for (size_t k = 0; k < sizeof masks / sizeof masks[0]; k++)
			if (bytes_equal_text(json_text_view(word), masks[k].word))
				json_array_append_new(codes, json_string(masks[k].code));
	}
	if (told || json_array_size(codes) > 1)
		json_object_set(entry, "confidentiality", codes);
	json_decref(codes);
}

json_t *work_package_entry(const json_t *facts)
{
	static const struct {
		const char *key;
		size_t max;
	} codes[] = {{"type_name", TEXT_MAX}, {"type_system", CODE_MAX}, {"language", CODE_MAX}, {"facility", CODE_MAX}, {"practice", CODE_MAX}, {"replaces", ID_MAX}};
	struct bytes id = json_view(facts, "id"), type = json_view(facts, "type"), title = json_view(facts, "title");
	json_t *entry = json_object(), *authors = authors_of(facts), *legal = person(json_object_get(facts, "legal_authenticator"));

	json_object_set_new(entry, "authors", authors);
	set(entry, "id", id, ID_MAX);
	set(entry, "type", type, CODE_MAX);
	set_time(entry, "time", facts, "time");
	if (!bytes_equal_text(json_view(facts, "kind"), "cda") || json_truth(facts, "foreign") || json_object_size(entry) != 4 || json_array_size(authors) == 0) {
		json_decref(entry);
		json_decref(legal);
		return NULL;
	}
	set(entry, "title", bytes_one_line(title, TEXT_MAX) && title.len > 0 ? title : type, TEXT_MAX);
	json_object_set_new(entry, "level", json_integer(json_integer_value(json_object_get(facts, "level")) == 1 ? 1 : 3));
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		set(entry, codes[i].key, json_view(facts, codes[i].key), codes[i].max);
	set_time(entry, "service_time", facts, "service_start");
	set_time(entry, "service_stop", facts, "service_stop");
	set_confidentiality(entry, facts);
	if (legal != NULL)
		json_object_set_new(entry, "legal_authenticator", legal);
	return entry;
}

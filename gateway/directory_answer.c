/* gateway/directory_answer.c - see directory_answer.h. */
#include "gateway/directory_answer.h"

#include <string.h>

#include "gateway/json_view.h"

#define METADATA "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-mailbox-mss-metadata"

enum { ADDRESS_MAX = 254, RANK_MAX = 1000, TEXT_MAX = 200 };

/* --- one mailbox --------------------------------------------------------------------- */

static struct bytes lowered(struct arena *arena, struct bytes text)
{
	unsigned char *to = arena_alloc(arena, text.len + 1);

	for (size_t i = 0; i < text.len; i++)
		to[i] = text.at[i] >= 'A' && text.at[i] <= 'Z' ? (unsigned char)(text.at[i] + 0x20) : text.at[i];
	return (struct bytes){to, text.len};
}

static bool is_address(struct bytes text)
{
	size_t at = bytes_find_byte(text, '@', 0);

	if (at == 0 || at + 1 >= text.len || text.len > ADDRESS_MAX || bytes_find_byte(text, '@', at + 1) < text.len)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] >= 0x7f || memchr("<>\",;\\()", text.at[i], 8) != NULL)
			return false;
	return true;
}

/* A text of a stranger that is no plain line is left out. */
static struct bytes plain(struct arena *arena, struct bytes text)
{
	return bytes_one_line(text, TEXT_MAX) ? arena_copy(arena, text) : BYTES("");
}

enum reason directory_answer_add(struct arena *arena, const struct directory_mailbox *mailbox, struct directory_answer *answer)
{
	struct bytes address = bytes_trim(mailbox->address);

	if (!is_address(address))
		return REASON_NONE;
	address = lowered(arena, address);
	struct bytes structure = plain(arena, mailbox->structure);
	for (size_t i = 0; i < answer->n; i++)
		if (bytes_equal(answer->list[i].address, address) && bytes_equal(answer->list[i].structure, structure))
			return REASON_NONE;
	if (answer->n == LIMIT_DIRECTORY_FOUND)
		return REASON_DIRECTORY_SIZE;
	answer->list[answer->n++] = (struct directory_mailbox){
		.address = address, .kind = plain(arena, mailbox->kind), .structure = structure, .place = plain(arena, mailbox->place),
		.family = plain(arena, mailbox->family), .given = plain(arena, mailbox->given), .profession = plain(arena, mailbox->profession),
		.speciality = plain(arena, mailbox->speciality), .rank = mailbox->rank <= RANK_MAX ? mailbox->rank : 0, .red = mailbox->red,
	};
	return REASON_NONE;
}

/* --- FHIR ------------------------------------------------------------------------------- */

static const json_t *extension(const json_t *object, const char *url)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(object, "extension"), i, one)
		if (bytes_equal_text(json_view(one, "url"), url))
			return one;
	return NULL;
}

/* The first code of a CodeableConcept, or of a single Coding. */
static struct bytes code_of(const json_t *value)
{
	const json_t *codings = json_object_get(value, "coding");
	return json_view(codings != NULL ? json_array_get(codings, 0) : value, "code");
}

/* The email type MSSANTE, under whatever name the extension has in the versions of the profile. */
static bool is_secure(const json_t *telecom)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(telecom, "extension"), i, one)
		if (bytes_equal(code_of(json_object_get(one, "valueCoding")), BYTES("MSSANTE")) ||
		    bytes_equal(code_of(json_object_get(one, "valueCodeableConcept")), BYTES("MSSANTE")))
			return true;
	return extension(telecom, METADATA) != NULL;
}

/* Of whom, and where: what all mailboxes of one resource share. */
struct holder {
	struct bytes family, given, profession, speciality, structure, place;
};

static enum reason read_telecoms(struct arena *arena, const json_t *resource, const struct holder *of, struct directory_answer *answer)
{
	enum reason reason = REASON_NONE;
	size_t i;
	json_t *telecom;

	json_array_foreach(json_object_get(resource, "telecom"), i, telecom) {
		const json_t *about = extension(telecom, METADATA);
		json_int_t rank = json_integer_value(json_object_get(telecom, "rank"));
		if (reason != REASON_NONE || !bytes_equal(json_view(telecom, "system"), BYTES("email")) || !is_secure(telecom))
			continue;
		struct bytes kind = code_of(json_object_get(extension(about, "type"), "valueCodeableConcept"));
		/* What hangs on a person and tells no kind is a person's (M28). */
		const struct directory_mailbox mailbox = {
			.address = json_view(telecom, "value"), .kind = kind.len > 0 ? kind : BYTES("PER"),
			.structure = of->structure, .place = of->place, .family = of->family, .given = of->given, .profession = of->profession,
			.speciality = of->speciality, .rank = rank > 0 && rank <= RANK_MAX ? (unsigned)rank : 0,
			.red = json_truth(extension(about, "listeRouge"), "valueBoolean"),
		};
		reason = directory_answer_add(arena, &mailbox, answer);
	}
	return reason;
}

/* The RPPS, with or without the 8 of the national number in front. */
static bool is_person(const json_t *resource, struct bytes rpps)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(resource, "identifier"), i, one) {
		struct bytes value = json_view(one, "value");
		if (bytes_equal(value, rpps) || (value.len == rpps.len + 1 && value.at[0] == '8' && bytes_equal(bytes_from(value, 1), rpps)))
			return true;
	}
	return false;
}

/* What is shown of the first coding whose system names that list. */
static struct bytes shown_of(const json_t *resource, const char *list)
{
	size_t i, k;
	json_t *one, *coding;

	json_array_foreach(json_object_get(resource, "qualification"), i, one)
		json_array_foreach(json_object_get(json_object_get(one, "code"), "coding"), k, coding)
			if (bytes_contains(json_view(coding, "system"), bytes_of_text(list)))
				return json_view(coding, "display");
	return BYTES("");
}

static bool is_kind(const json_t *resource, const char *type)
{
	return bytes_equal_text(json_view(resource, "resourceType"), type);
}

/* "Practitioner/ID", or an address that ends so. */
static bool points_at(struct bytes reference, struct bytes id)
{
	size_t from = reference.len;

	while (from > 0 && reference.at[from - 1] != '/')
		from--;
	return id.len > 0 && bytes_equal(bytes_from(reference, from), id);
}

static const json_t *find_person(const json_t *bundle, struct bytes rpps)
{
	size_t i;
	json_t *entry;

	json_array_foreach(json_object_get(bundle, "entry"), i, entry) {
		const json_t *resource = json_object_get(entry, "resource");
		if (is_kind(resource, "Practitioner") && is_person(resource, rpps))
			return resource;
	}
	return NULL;
}

static bool is_false(const json_t *resource, const char *key)
{
	return json_is_false(json_object_get(resource, key));
}

static enum reason read_person(struct arena *arena, const json_t *bundle, const json_t *person, struct directory_answer *answer)
{
	const json_t *name = json_array_get(json_object_get(person, "name"), 0);
	struct holder of = {
		.family = json_view(name, "family"), .given = json_text_view(json_array_get(json_object_get(name, "given"), 0)),
		.profession = shown_of(person, "ProfessionSante"), .speciality = shown_of(person, "SpecialiteOrdinale"),
	};
	enum reason reason = read_telecoms(arena, person, &of, answer);
	size_t i;
	json_t *entry;

	json_array_foreach(json_object_get(bundle, "entry"), i, entry) {
		const json_t *role = json_object_get(entry, "resource"), *place = json_object_get(role, "organization");
		if (reason != REASON_NONE || !is_kind(role, "PractitionerRole") || is_false(role, "active") ||
		    !points_at(json_view(json_object_get(role, "practitioner"), "reference"), json_view(person, "id")))
			continue;
		of.structure = json_view(json_object_get(place, "identifier"), "value");
		of.place = json_view(place, "display");
		reason = read_telecoms(arena, role, &of, answer);
	}
	return reason;
}

enum reason directory_answer_fhir(struct arena *arena, struct bytes json, struct bytes rpps, struct directory_answer *answer)
{
	size_t n = answer->n;
	json_t *bundle = json.len <= LIMIT_DIRECTORY_ANSWER ? json_read(json) : NULL;
	enum reason reason = is_kind(bundle, "Bundle") ? REASON_NONE : REASON_DIRECTORY_ANSWER;
	const json_t *person = reason == REASON_NONE ? find_person(bundle, rpps) : NULL;
	bool inactive = person != NULL && is_false(person, "active");

	if (person != NULL && !inactive)
		reason = read_person(arena, bundle, person, answer);
	if (reason == REASON_NONE) {
		answer->known |= person != NULL;
		answer->inactive |= inactive;
	} else {
		answer->n = n;
	}
	json_decref(bundle);
	return reason;
}

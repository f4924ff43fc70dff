/* cda/xdm_read_metadata.c - see xdm_read_metadata.h. Schemes and slots: cda.md 4.3; IHE ITI TF-3 4.2.
 *
 * Elements are known by their local names below an lcm:SubmitObjectsRequest: real packages bind the namespaces in
 * several ways. UUIDs are compared without blanks, which one published example has inside. */
#include "cda/xdm_read_metadata.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cda/xml.h"

#define LCM "urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0"
#define STABLE_DOCUMENT "7edca82f-054d-47f2-a032-9b2a5b5186c1"
#define SUBMISSION_SET "a54d6aa5-d40d-43f9-88c5-b4633d873bdd"

enum object { OBJECT_NONE, OBJECT_DOCUMENT, OBJECT_PACKAGE };
enum { ASSOCIATIONS_MAX = 2 * LIMIT_DOCUMENTS };

/* A HasMember or an RPLC; others mean nothing to us. */
struct association {
	bool member;
	struct bytes source, target;
};

struct state {
	struct arena *arena;
	struct xdm_metadata m;
	enum reason reason;
	size_t room, kept;
	enum object object;
	unsigned object_depth;
	bool top_slot;                 /* the slot stands directly in the object, not in a classification */
	bool in_author;                /* within the classification of an author */
	unsigned author_depth;
	struct association *associations;
	size_t association_count;
	struct bytes slot;
	unsigned value_number;         /* of the slot's values, from 1 */
	bool in_value;
	unsigned value_depth;
	struct buf text;
};

static struct bytes keep(struct state *s, struct bytes text)
{
	text = bytes_trim(text);
	if (text.len > LIMIT_XML_TEXT || text.len > LIMIT_CDA_FACTS - s->kept) {
		s->reason = REASON_DOCUMENT_LIMIT;
		return BYTES_NONE;
	}
	s->kept += text.len;
	return text.len == 0 ? BYTES_NONE : arena_copy(s->arena, text);
}

/* True when the text is "urn:uuid:" and this UUID; blanks inside do not count. */
static bool is_uuid(struct bytes text, const char *uuid)
{
	static const struct bytes prefix = BYTES_OF("urn:uuid:");
	struct bytes want = bytes_of_text(uuid);
	size_t n = 0;

	text = bytes_trim(text);
	if (!bytes_starts_nocase(text, prefix))
		return false;
	text = bytes_from(text, prefix.len);
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == ' ')
			continue;
		if (n == want.len || !bytes_equal_nocase(bytes_slice(text, i, 1), bytes_slice(want, n, 1)))
			return false;
		n++;
	}
	return n == want.len;
}

static struct xdm_entry *entry(struct state *s)
{
	return &s->m.entries[s->m.count - 1];
}

static void start_document(struct state *s, const struct xml_element *element)
{
	if (s->m.count == LIMIT_DOCUMENTS) {
		s->reason = REASON_DOCUMENT_LIMIT;
		return;
	}
	if (s->m.count == s->room) {
		size_t room = s->room == 0 ? 4 : 2 * s->room;
		struct xdm_entry *more = arena_alloc(s->arena, room * sizeof *more);
		if (s->room > 0)
			memcpy(more, s->m.entries, s->room * sizeof *more);
		s->m.entries = more;
		s->room = room;
	}
	s->object = OBJECT_DOCUMENT;
	s->object_depth = element->depth;
	s->m.entries[s->m.count++] = (struct xdm_entry){
		.object = keep(s, xml_attribute(element, "id")),
		.document = {.described = true, .media = keep(s, xml_attribute(element, "mimeType"))},
	};
}

/* --- classifications and identifiers ------------------------------------------- */

static void take_confidentiality(struct state *s, struct bytes code)
{
	struct xdm_document *d = &entry(s)->document;
	bool *mask = bytes_equal_text(code, "MASQUE_PS")			? &d->masked_professionals
		     : bytes_equal_text(code, "INVISIBLE_PATIENT")		? &d->masked_patient
		     : bytes_equal_text(code, "INVISIBLE_REPRESENTANTS_LEGAUX") ? &d->masked_representatives
										: NULL;
	d->codes++;
	if (mask != NULL)
		*mask = true;
	else if (d->confidentiality.len == 0)
		d->confidentiality = keep(s, code);
}

static void take_classification(struct state *s, const struct xml_element *element)
{
	struct bytes scheme = xml_attribute(element, "classificationScheme");
	struct bytes code = bytes_trim(xml_attribute(element, "nodeRepresentation"));

	if (is_uuid(xml_attribute(element, "classificationNode"), SUBMISSION_SET))
		s->m.sets++;
	if (s->object != OBJECT_DOCUMENT)
		return;
	struct xdm_document *d = &entry(s)->document;
	if (is_uuid(scheme, "f0306f51-975f-434e-a61c-c59651d33983"))
		d->type_code = keep(s, code);
	else if (is_uuid(scheme, "41a5887f-8865-4c09-adf7-e362475b143a"))
		d->class_code = keep(s, code);
	else if (is_uuid(scheme, "a09d5840-386c-46f2-b5ad-9c3699a4309d"))
		d->format_code = keep(s, code);
	else if (is_uuid(scheme, "f4f85eac-e6cb-4883-b524-f2705394840f"))
		take_confidentiality(s, code);
	else if (is_uuid(scheme, "93606bcf-9494-43ec-9b4e-a7748d1a838d")) {
		s->in_author = true;
		s->author_depth = element->depth;
	}
}

/* "HasMember" or "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember" (cda.md 4.3). */
static bool is_association(struct bytes type, const char *name)
{
	struct bytes want = bytes_of_text(name);
	return bytes_equal(type, want) || (bytes_ends(type, want) && type.at[type.len - want.len - 1] == ':');
}

static void take_association(struct state *s, const struct xml_element *element)
{
	struct bytes type = bytes_trim(xml_attribute(element, "associationType"));
	bool member = is_association(type, "HasMember");

	if (!member && !is_association(type, "RPLC"))
		return;
	if (s->association_count == ASSOCIATIONS_MAX) {
		s->reason = REASON_DOCUMENT_LIMIT;
		return;
	}
	if (s->associations == NULL)
		s->associations = arena_alloc(s->arena, ASSOCIATIONS_MAX * sizeof *s->associations);
	s->associations[s->association_count++] = (struct association){
		member, keep(s, xml_attribute(element, "sourceObject")), keep(s, xml_attribute(element, "targetObject"))};
}

static void take_identifier(struct state *s, const struct xml_element *element)
{
	struct bytes scheme = xml_attribute(element, "identificationScheme"), value = xml_attribute(element, "value");

	if (s->object == OBJECT_DOCUMENT) {
		struct xdm_document *d = &entry(s)->document;
		if (is_uuid(scheme, "58a6f841-87b3-4a3e-92fd-a8ffeff98427"))
			d->patient_id = keep(s, value);
		else if (is_uuid(scheme, "2e82c1f6-a085-4c72-9da3-8640a32e42ab"))
			d->unique_id = keep(s, value);
	} else if (s->object == OBJECT_PACKAGE) {
		if (is_uuid(scheme, "6b5aea1a-874d-4603-a4bc-96a0a7b38446"))
			s->m.patient_id = keep(s, value);
		else if (is_uuid(scheme, "96fdda7c-d067-4183-912e-bf5ee74998a8"))
			s->m.submission_id = keep(s, value);
		else if (is_uuid(scheme, "554ac39e-e3fe-47fe-b233-965d2a147832"))
			s->m.source_id = keep(s, value);
	}
}

/* --- slots ------------------------------------------------------------------------ */

/* "C" or "D"; the document meant is the second value, or stands behind a separator in the first. */
static void take_action(struct state *s, struct bytes value)
{
	struct xdm_document *d = &entry(s)->document;

	if (s->value_number > 1) {
		d->action_target = keep(s, value);
		return;
	}
	if (value.len == 0 || (value.at[0] != 'C' && value.at[0] != 'D'))
		return;
	d->action = value.at[0] == 'C' ? XDM_ACTION_REPLACE : XDM_ACTION_DELETE;
	if (value.len > 2 && bytes_contains(BYTES("|^:; "), bytes_slice(value, 1, 1)))
		d->action_target = keep(s, bytes_from(value, 2));
}

/* XDS writes long URIs in numbered pieces, "1|DOC0001.XML". */
static void take_uri(struct state *s, struct bytes value)
{
	if (value.len > 2 && value.at[0] == '1' && value.at[1] == '|')
		value = bytes_from(value, 2);
	if (s->value_number == 1)
		entry(s)->uri = keep(s, value);
	else
		s->reason = REASON_ARCHIVE_METADATA;
}

/* XCN: the number is the first component (801234500001^NOM^PRENOM^…). */
static void take_author(struct state *s, struct bytes value)
{
	struct xdm_document *d = &entry(s)->document;
	struct bytes number = bytes_slice(value, 0, bytes_find_byte(value, '^', 0));

	if (number.len > 0 && d->author_count < XDM_AUTHORS)
		d->authors[d->author_count++] = keep(s, number);
}

/* "PID-7|19790328": segment and field, a bar, its value. */
static void take_source_patient(struct state *s, struct bytes value)
{
	struct xdm_document *d = &entry(s)->document;
	size_t bar = bytes_find_byte(value, '|', 0);
	struct bytes field = bytes_slice(value, 0, bar), told = bytes_from(value, bar + 1);

	if (bytes_equal_text(field, "PID-5") && !bytes_ends(told, BYTES("^D")) && d->source_name.len == 0)
		d->source_name = keep(s, told);
	else if (bytes_equal_text(field, "PID-7"))
		d->source_birth = keep(s, told);
	else if (bytes_equal_text(field, "PID-8"))
		d->source_sex = keep(s, told);
}

static void take_value(struct state *s, struct bytes value)
{
	struct bytes slot = s->slot;

	if (s->in_author && bytes_equal_text(slot, "authorPerson"))
		take_author(s, value);
	if (s->object != OBJECT_DOCUMENT || !s->top_slot)
		return;
	if (bytes_equal_text(slot, "URI"))
		take_uri(s, value);
	else if (bytes_equal_text(slot, "hash"))
		entry(s)->hash = keep(s, value);
	else if (bytes_equal_text(slot, "size"))
		entry(s)->size = keep(s, value);
	else if (bytes_equal_text(slot, "creationTime"))
		entry(s)->document.creation_time = keep(s, value);
	else if (bytes_equal_text(slot, "serviceStartTime"))
		entry(s)->document.service_start = keep(s, value);
	else if (bytes_equal_text(slot, "languageCode"))
		entry(s)->document.language = keep(s, value);
	else if (bytes_equal_text(slot, "sourcePatientInfo"))
		take_source_patient(s, value);
	else if (bytes_equal_text(slot, "urn:action:extraMetadataSlot"))
		take_action(s, value);
}

static void start_slot(struct state *s, const struct xml_element *element)
{
	s->slot = keep(s, xml_attribute(element, "name"));
	s->top_slot = element->depth == s->object_depth + 1;
	s->value_number = 0;
}

static void take_title(struct state *s, const struct xml_element *element)
{
	if (s->object == OBJECT_DOCUMENT && element->depth == s->object_depth + 2 && entry(s)->document.title.len == 0)
		entry(s)->document.title = keep(s, xml_attribute(element, "value"));
}

/* --- events ------------------------------------------------------------------------- */

static void start_object(struct state *s, const struct xml_element *element)
{
	if (bytes_equal_text(element->name, "ExtrinsicObject")) {
		if (is_uuid(xml_attribute(element, "objectType"), STABLE_DOCUMENT))
			start_document(s, element);
	} else if (bytes_starts(element->name, BYTES("Association"))) {
		take_association(s, element);
	} else if (bytes_equal_text(element->name, "RegistryPackage")) {
		s->object = OBJECT_PACKAGE;
		s->object_depth = element->depth;
	}
}

static enum reason on_start(void *context, const struct xml_element *element)
{
	struct state *s = context;

	if (element->depth == 1)
		return bytes_equal_text(element->ns, LCM) && bytes_equal_text(element->name, "SubmitObjectsRequest")
			       ? REASON_NONE
			       : REASON_ARCHIVE_METADATA;
	if (s->object == OBJECT_NONE)
		start_object(s, element);
	if (bytes_equal_text(element->name, "Classification"))
		take_classification(s, element);
	else if (bytes_equal_text(element->name, "ExternalIdentifier"))
		take_identifier(s, element);
	else if (bytes_equal_text(element->name, "Slot"))
		start_slot(s, element);
	else if (bytes_equal_text(element->name, "LocalizedString"))
		take_title(s, element);
	else if (bytes_equal_text(element->name, "Value")) {
		s->in_value = true;
		s->value_depth = element->depth;
		s->value_number++;
		buf_clear(&s->text);
	}
	return s->reason;
}

static enum reason on_text(void *context, struct bytes piece)
{
	struct state *s = context;
	if (s->in_value)
		buf_add(&s->text, piece);
	return buf_ok(&s->text) ? REASON_NONE : REASON_DOCUMENT_LIMIT;
}

static enum reason on_end(void *context, struct bytes ns, struct bytes name, unsigned depth)
{
	struct state *s = context;

	(void)ns, (void)name;
	if (s->in_value && depth == s->value_depth) {
		s->in_value = false;
		take_value(s, bytes_trim(buf_bytes(&s->text)));
	}
	if (s->in_author && depth == s->author_depth)
		s->in_author = false;
	if (s->object != OBJECT_NONE && depth == s->object_depth)
		s->object = OBJECT_NONE;
	return s->reason;
}

/* What RPLC names is the old document's registry object, which only its registry knows; an OID can be its unique id. */
static void replace(struct xdm_document *d, struct bytes target)
{
	static const struct bytes oid = BYTES_OF("urn:oid:");

	if (d->action == XDM_ACTION_NEW)
		d->action = XDM_ACTION_REPLACE;
	if (d->action == XDM_ACTION_REPLACE && d->action_target.len == 0 && bytes_starts(target, oid))
		d->action_target = bytes_from(target, oid.len);
}

static void carry_associations(struct state *s)
{
	bool told = false;

	for (size_t i = 0; i < s->association_count; i++)
		told |= s->associations[i].member;
	for (size_t i = 0; i < s->m.count; i++) {
		struct xdm_entry *e = &s->m.entries[i];
		e->document.member = !told;
		for (size_t k = 0; k < s->association_count && e->object.len > 0; k++) {
			const struct association *a = &s->associations[k];
			if (a->member)
				e->document.member |= bytes_equal(a->target, e->object);
			else if (bytes_equal(a->source, e->object))
				replace(&e->document, a->target);
		}
	}
}

enum reason xdm_metadata_read(struct arena *arena, struct bytes xml, struct xdm_metadata *out)
{
	static const struct xml_events events = {on_start, on_text, on_end};
	struct state s = {.arena = arena, .text = buf_make(LIMIT_XML_TEXT)};
	enum reason reason = REASON_DOCUMENT_LIMIT;

	if (xml.len <= LIMIT_XDM_METADATA)
		reason = xml_parse(xml, &events, &s, NULL, NULL);
	buf_free(&s.text);
	if (reason == REASON_DOCUMENT_MALFORMED)
		reason = REASON_ARCHIVE_METADATA;
	if (reason == REASON_NONE) {
		carry_associations(&s);
		*out = s.m;
	}
	return reason;
}

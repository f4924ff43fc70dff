/* cda/read_answers.c - the answers of a questionnaire (cda/answer.h).
 *
 * An answer is an observation in an organizer of the HL7 Questionnaire Response Document, or in an organizer inside one
 * (cda.md 2.3). Each value of the observation is an answer. The definition of a form (QFDD, LOINC 74468-0) has the same shapes
 * under templates of its own, and none of its values is ever taken for an answer. */
#include "cda/read_parts.h"

#define RESPONSE "2.16.840.1.113883.10.20.33"   /* QRD */
#define OPTIONS "2.16.840.1.113883.10.20.32.4.20"
#define OPTIONS_CODE "74467-2"
#define XSI "http://www.w3.org/2001/XMLSchema-instance"

static bool named(const struct xml_element *element, const char *name)
{
	return bytes_equal_text(element->name, name);
}

static struct bytes attribute(struct reader *r, const struct xml_element *element, const char *name)
{
	return reader_keep(r, bytes_trim(xml_attribute(element, name)));
}

static bool is_one_of(struct bytes word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (bytes_equal_text(word, *words))
			return true;
	return false;
}

/* --- one answer ---------------------------------------------------------------- */

/* The kind that the template of the observation promises, for an answer without a value. */
static enum cda_answer_kind kind_of_template(struct bytes root)
{
	static const struct {
		const char *root;
		enum cda_answer_kind kind;
	} templates[] = {
		{RESPONSE ".4.4", CDA_ANSWER_NUMBER}, {RESPONSE ".4.5", CDA_ANSWER_CHOICE}, {RESPONSE ".4.6", CDA_ANSWER_TEXT},
		{RESPONSE ".4.7", CDA_ANSWER_SLIDER}, {RESPONSE ".4.8", CDA_ANSWER_SLIDER},
	};
	for (size_t i = 0; i < sizeof templates / sizeof templates[0]; i++)
		if (bytes_equal_text(root, templates[i].root))
			return templates[i].kind;
	return CDA_ANSWER_UNSAID;
}

/* What the answers of an observation share is kept once and told with each: it counts each time. */
static void emit(struct reader *r, enum cda_answer_kind kind, struct bytes value, struct bytes label)
{
	struct cda_document *d = &r->d;
	const struct cda_answer *now = &r->answer.now;
	size_t again = now->question.len + now->text.len + now->section.len + now->sequence.len;

	if (again > LIMIT_CDA_FACTS - r->kept) {
		r->reason = REASON_DOCUMENT_LIMIT;
		return;
	}
	r->kept += again;
	struct cda_answer *answer = reader_more(r, d->answers, &d->answer_count, sizeof *answer, LIMIT_CDA_ANSWERS,
						(void **)&d->answers);
	if (answer == NULL)
		return;
	*answer = *now;
	answer->value = value;
	answer->label = label;
	if (value.len > 0)
		answer->null = CDA_NULL_NONE;
	answer->kind = r->answer.slider ? CDA_ANSWER_SLIDER : kind != CDA_ANSWER_UNSAID ? kind : now->kind;
}

static struct cda_answer *last_answer(struct reader *r)
{
	struct cda_document *d = &r->d;
	return d->answer_count > r->answer.first ? &d->answers[d->answer_count - 1] : NULL;
}

static void keep_text(struct reader *r, struct bytes text)
{
	emit(r, CDA_ANSWER_TEXT, reader_keep(r, text), BYTES_NONE);
}

static void keep_words(struct reader *r, struct bytes text)
{
	if (text.len > 0)
		r->answer.now.text = reader_keep(r, text);
}

static void keep_label(struct reader *r, struct bytes text)
{
	struct cda_answer *answer = last_answer(r);
	if (answer != NULL && answer->label.len == 0)
		answer->label = reader_keep(r, text);
}

/* The local part of xsi:type. */
static struct bytes type_of(const struct xml_element *element)
{
	for (size_t i = 0; i < element->count; i++) {
		const struct xml_attribute *a = &element->attributes[i];
		if (!bytes_equal_text(a->ns, XSI) || !bytes_equal_text(a->name, "type"))
			continue;
		size_t colon = bytes_find_byte(a->value, ':', 0);
		return bytes_trim(colon < a->value.len ? bytes_from(a->value, colon + 1) : a->value);
	}
	return BYTES_NONE;
}

static enum cda_answer_kind kind_of_type(struct bytes type)
{
	static const char *const coded[] = {"CE", "CD", "CV", "CO", "CS", NULL};
	static const char *const numbers[] = {"INT", "REAL", "PQ", NULL};

	if (is_one_of(type, coded))
		return CDA_ANSWER_CHOICE;
	if (is_one_of(type, numbers))
		return CDA_ANSWER_NUMBER;
	if (bytes_equal_text(type, "BL"))
		return CDA_ANSWER_TRUTH;
	return bytes_equal_text(type, "TS") ? CDA_ANSWER_DATE : CDA_ANSWER_TEXT;
}

static void null_value(struct reader *r, enum cda_answer_kind kind, enum cda_null null, struct bytes label)
{
	emit(r, kind, BYTES_NONE, label);
	struct cda_answer *answer = last_answer(r);
	if (answer != NULL)
		answer->null = null;
}

static void value_start(struct reader *r, const struct xml_element *element)
{
	static const char *const written[] = {"ST", "ED", "SC", NULL};
	struct bytes type = type_of(element);
	enum cda_answer_kind kind = kind_of_type(type);
	enum cda_null null = cda_null_of_code(bytes_trim(xml_attribute(element, "nullFlavor")));

	r->answer.coded = kind == CDA_ANSWER_CHOICE;
	if (null != CDA_NULL_NONE) {
		null_value(r, kind, null, attribute(r, element, "displayName"));
		return;
	}
	if (is_one_of(type, written)) {
		reader_capture(r, element->depth, keep_text);
		return;
	}
	emit(r, kind, attribute(r, element, r->answer.coded ? "code" : "value"),
	     r->answer.coded ? attribute(r, element, "displayName") : BYTES_NONE);
	struct cda_answer *answer = last_answer(r);
	if (answer != NULL && kind == CDA_ANSWER_NUMBER)
		answer->unit = attribute(r, element, "unit");
}

/* --- range and form --------------------------------------------------------------- */

/* IVL_INT low and high; an analog slider may have its scale as a GLIST: head, and the denominator as its end. */
static void range_part(struct reader *r, const struct xml_element *element)
{
	struct cda_answer *now = &r->answer.now;

	if (named(element, "low") || named(element, "head"))
		now->low = attribute(r, element, "value");
	else if (named(element, "high"))
		now->high = attribute(r, element, "value");
	else if (named(element, "value") && xml_attribute(element, "denominator").len > 0)
		now->high = attribute(r, element, "denominator");
}

/* entryRelationship / observation 74467-2 / value / low and high: how many may be chosen. */
static void options_part(struct reader *r, const struct xml_element *element, unsigned level)
{
	struct reader_answer *a = &r->answer;

	if (level == 3 && named(element, "code"))
		a->counts |= bytes_equal_text(xml_attribute(element, "code"), OPTIONS_CODE);
	else if (level == 3 && named(element, "templateId"))
		a->counts |= bytes_equal_text(xml_attribute(element, "root"), OPTIONS);
	else if (level == 4 && a->counts)
		range_part(r, element);
}

/* reference / externalDocument / id, code, versionNumber. Its first id is the document's own. */
static void reference_part(struct reader *r, const struct xml_element *element)
{
	struct reader_answer *a = &r->answer;

	if (named(element, "id") && a->form.root.len == 0) {
		a->form.root = attribute(r, element, "root");
		a->form.extension = attribute(r, element, "extension");
	} else if (named(element, "versionNumber")) {
		a->form.version = attribute(r, element, "value");
	} else if (named(element, "code")) {
		a->form_coded = true;
		a->form_sure = bytes_equal_text(xml_attribute(element, "code"), READER_DEFINITION);
	}
}

/* Of several references the form is the one that says so, else the first that says nothing else of itself. */
static void reference_end(struct reader *r)
{
	struct reader_answer *a = &r->answer;
	bool fits = a->form_sure || (!a->form_coded && a->now.form.root.len == 0);

	if (a->part == PART_REFERENCE && a->form.root.len > 0 && fits)
		a->now.form = a->form;
	a->form = (struct cda_form){0};
	a->form_coded = a->form_sure = false;
}

/* --- observations and organizers ------------------------------------------------------ */

static void organizer_start(struct reader *r, const struct xml_element *element)
{
	struct reader_answer *a = &r->answer;
	const struct reader_organizer *outer = a->organizer_count == 0 ? NULL : &a->organizers[a->organizer_count - 1];
	struct reader_organizer inner = {.depth = element->depth};

	if (a->organizer_count == READER_ORGANIZERS) {
		r->reason = REASON_DOCUMENT_LIMIT;
		return;
	}
	if (outer != NULL && outer->questionnaire && element->depth == outer->depth + 2) {
		inner.questionnaire = true;
		inner.sequence = outer->item;
	}
	a->organizers[a->organizer_count++] = inner;
}

static struct bytes sequence_of(struct reader *r, const struct reader_organizer *o, struct bytes item)
{
	if (o->sequence.len == 0 || item.len == 0)
		return o->sequence.len == 0 ? reader_keep(r, item) : o->sequence;
	/* Both again with each item: it counts each time. */
	return reader_keep(r, bytes_of_text(arena_printf(r->arena, "%.*s.%.*s", (int)o->sequence.len, (const char *)o->sequence.at, (int)item.len,
							 (const char *)item.at)));
}

/* moodCode DEF: a question that is defined, not one that is answered. */
static void observation_start(struct reader *r, const struct xml_element *element)
{
	struct reader_answer *a = &r->answer;

	if (bytes_equal_text(xml_attribute(element, "moodCode"), "DEF"))
		return;
	a->depth = element->depth;
	a->first = r->d.answer_count;
	a->part = PART_OTHER;
	a->slider = false;
	a->now = (struct cda_answer){
		.section = reader_section_title(r),
		.sequence = a->organizers[a->organizer_count - 1].item,
		.null = cda_null_of_code(bytes_trim(xml_attribute(element, "nullFlavor"))),
	};
}

static void organizer_part(struct reader *r, const struct xml_element *element)
{
	struct reader_organizer *o = &r->answer.organizers[r->answer.organizer_count - 1];
	unsigned level = element->depth - o->depth;

	if (level == 1 && named(element, "templateId"))
		o->questionnaire |= bytes_equal_text(xml_attribute(element, "root"), RESPONSE ".4.1");
	else if (level == 1 && named(element, "component"))
		o->item = BYTES_NONE;
	else if (level == 2 && named(element, "sequenceNumber"))
		o->item = sequence_of(r, o, bytes_trim(xml_attribute(element, "value")));
	else if (level == 2 && o->questionnaire && named(element, "observation"))
		observation_start(r, element);
}

static enum reader_part part_of(const struct xml_element *element)
{
	static const struct {
		const char *name;
		enum reader_part part;
	} parts[] = {
		{"code", PART_CODE}, {"value", PART_VALUE}, {"entryRelationship", PART_OPTIONS}, {"referenceRange", PART_RANGE},
		{"reference", PART_REFERENCE},
	};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (named(element, parts[i].name))
			return parts[i].part;
	return PART_OTHER;
}

static void observation_child(struct reader *r, const struct xml_element *element)
{
	struct reader_answer *a = &r->answer;
	struct bytes root = xml_attribute(element, "root"), type = xml_attribute(element, "typeCode");

	reference_end(r);
	a->part = part_of(element);
	a->counts = false;
	if (named(element, "templateId")) {
		enum cda_answer_kind kind = kind_of_template(root);
		a->slider |= kind == CDA_ANSWER_SLIDER;
		if (a->now.kind == CDA_ANSWER_UNSAID)
			a->now.kind = kind;
	} else if (a->part == PART_CODE) {
		a->now.question = attribute(r, element, "code");
		a->now.text = attribute(r, element, "displayName");
	} else if (a->part == PART_VALUE) {
		value_start(r, element);
	} else if (a->part == PART_REFERENCE && type.len > 0 && !bytes_equal_text(type, "REFR")) {
		a->part = PART_OTHER;
	}
}

static void observation_part(struct reader *r, const struct xml_element *element)
{
	struct reader_answer *a = &r->answer;
	unsigned level = element->depth - a->depth;

	if (level == 1)
		observation_child(r, element);
	else if (level == 2 && a->part == PART_CODE && named(element, "originalText"))
		reader_capture(r, element->depth, keep_words);
	else if (level == 2 && a->part == PART_VALUE && a->coded && named(element, "originalText"))
		reader_capture(r, element->depth, keep_label);
	else if (a->part == PART_OPTIONS)
		options_part(r, element, level);
	else if (a->part == PART_RANGE && level > 2)
		range_part(r, element);
	else if (a->part == PART_REFERENCE && level == 3)
		reference_part(r, element);
}

/* Range and form stand behind the values. */
static void observation_end(struct reader *r)
{
	struct reader_answer *a = &r->answer;
	struct cda_document *d = &r->d;

	reference_end(r);
	a->depth = 0;
	if (d->answer_count == a->first && a->now.question.len > 0)
		emit(r, a->now.kind, BYTES_NONE, BYTES_NONE);
	for (size_t i = a->first; i < d->answer_count; i++) {
		const struct cda_answer *n = &a->now;
		size_t again = n->low.len + n->high.len + n->form.root.len + n->form.extension.len + n->form.version.len;
		if (again > LIMIT_CDA_FACTS - r->kept) {
			r->reason = REASON_DOCUMENT_LIMIT;
			return;
		}
		r->kept += again;
		d->answers[i].low = n->low;
		d->answers[i].high = n->high;
		d->answers[i].form = n->form;
	}
}

/* --- for the reader -------------------------------------------------------------------- */

void reader_answers_start(struct reader *r, const struct xml_element *element)
{
	struct reader_answer *a = &r->answer;

	if (a->depth > 0) {
		observation_part(r, element);
		return;
	}
	if (named(element, "section"))
		reader_section_start(r, element);
	else if (named(element, "organizer"))
		organizer_start(r, element);
	else if (a->organizer_count > 0)
		organizer_part(r, element);
	else
		reader_section_part(r, element);
}

void reader_answers_end(struct reader *r, unsigned depth)
{
	struct reader_answer *a = &r->answer;

	if (a->depth > 0 && depth == a->depth)
		observation_end(r);
	if (a->organizer_count > 0 && depth == a->organizers[a->organizer_count - 1].depth)
		a->organizer_count--;
	reader_section_end(r, depth);
}

void reader_answers_conclude(struct reader *r)
{
	r->d.definition |= bytes_equal_text(r->d.type, READER_DEFINITION);
	if (r->d.definition)
		r->d.answer_count = 0;
}

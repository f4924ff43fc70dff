/* cda/read_rules_act.c - rules of participants, orders, the documented act, the replaced document and the encounter
 * (cda/rule_list.h). The main event is the first that has a performer. */
#include "cda/read_parts.h"
#include "cda/value_set.h"

#define PROFESSIONAL_ROOT "1.2.250.1.71.4.2.1"

RULE(participant_type)
{
	(void)r;
	return reader_is_one_of(reader_value(element, "typeCode"), BYTES("REF REFB INF RESP PRF CON VRF"));
}

RULE(participant_time)
{
	(void)element;
	return reader_count(r, NODE_TIME) == 1;
}

RULE(participant_class)
{
	(void)r;
	return reader_is_one_of(reader_value(element, "classCode"), BYTES("PROV AGNT"));
}

RULE(order_id)
{
	(void)element;
	return reader_count(r, NODE_ORDER_ID) == 1;
}

RULE(order_id_root)
{
	(void)r;
	return reader_is_oid_or_uuid(reader_value(element, "root"));
}

RULE(order_code)
{
	(void)element;
	return reader_count(r, NODE_ORDER_CODE) <= 1;
}

RULE(order_accession)
{
	(void)element;
	return reader_count(r, NODE_ACCESSION) <= 1;
}

/* --- the act ---------------------------------------------------------------------------- */

RULE(event)
{
	(void)element;
	return r->seen[NODE_EVENT] > 0;
}

/* More than one is told by the number that the main event had. */
RULE(event_performer)
{
	(void)element;
	return r->seen[NODE_EVENT] == 0 || r->main_performers == 1;
}

RULE(performer_type)
{
	(void)r;
	return bytes_equal_text(reader_value(element, "typeCode"), "PRF");
}

static bool of_main_event(const struct reader *r)
{
	return r->main_performers == 0 && reader_within(r, NODE_PERFORMER);
}

RULE(performer_id)
{
	(void)element;
	return !of_main_event(r) || reader_count(r, NODE_ENTITY_ID) == 1;
}

static bool is_main_event(const struct reader *r)
{
	return r->main_performers == 0 && reader_count(r, NODE_PERFORMER) > 0;
}

RULE(event_time)
{
	(void)element;
	return !is_main_event(r) || r->event_begun;
}

RULE(practice)
{
	(void)element;
	return !is_main_event(r) || r->event_practice;
}

RULE(practice_code)
{
	(void)r;
	return value_set_has(VALUE_SET_PRACTICE, reader_value(element, "code"), reader_value(element, "codeSystem"));
}

/* --- the replaced document ---------------------------------------------------------------- */

RULE(related)
{
	(void)element;
	return r->seen[NODE_RELATED] <= 1;
}

RULE(related_type)
{
	(void)r;
	return bytes_equal_text(reader_value(element, "typeCode"), "RPLC");
}

RULE(related_parent)
{
	(void)element;
	return !r->replacing || r->seen[NODE_PARENT_ID] == 1;
}

RULE(related_parent_version)
{
	(void)element;
	return reader_count(r, NODE_PARENT_VERSION) <= 1;
}

static bool same_id(struct cda_id a, struct cda_id b)
{
	return bytes_equal_nocase(a.root, b.root) && bytes_equal(a.extension, b.extension);
}

static bool replaces(const struct reader *r)
{
	return r->d.replaces.root.len > 0;
}

RULE(related_new_id)
{
	(void)element;
	return !replaces(r) || !same_id(r->d.id, r->d.replaces);
}

RULE(related_set)
{
	(void)element;
	return !replaces(r) || r->parent_set.root.len == 0 || same_id(r->d.set_id, r->parent_set);
}

/* A version that is no number is another rule's. */
RULE(related_version)
{
	uint64_t own, parent;
	(void)element;
	if (!replaces(r) || !bytes_number(r->d.version, UINT32_MAX, &own) || own == 0)
		return true;
	return bytes_number(r->parent_version, UINT32_MAX, &parent) ? own == parent + 1 : own >= 2;
}

/* --- the encounter ------------------------------------------------------------------------ */

RULE(encounter)
{
	(void)element;
	return r->seen[NODE_ENCOUNTER] == 1;
}

RULE(encounter_time)
{
	(void)element;
	return reader_count(r, NODE_ENCOUNTER_TIME) == 1;
}

RULE(encounter_code)
{
	(void)element;
	return reader_count(r, NODE_ENCOUNTER_CODE) <= 1;
}

RULE(encounter_code_known)
{
	(void)r;
	return reader_value(element, "nullFlavor").len > 0 ||
	       value_set_has(VALUE_SET_ENCOUNTER, reader_value(element, "code"), reader_value(element, "codeSystem"));
}

RULE(responsible_id)
{
	return !reader_within(r, NODE_RESPONSIBLE) || reader_value(element, "nullFlavor").len > 0 ||
	       bytes_equal_text(reader_value(element, "root"), PROFESSIONAL_ROOT);
}

RULE(facility)
{
	(void)element;
	return r->seen[NODE_FACILITY_CODE] == 1;
}

RULE(facility_code)
{
	(void)r;
	return value_set_has(VALUE_SET_FACILITY, reader_value(element, "code"), reader_value(element, "codeSystem"));
}

/* cda/read_rules_header.c - rules of the document itself, of its body and of the whole (cda/rule_list.h). */
#include "cda/read_parts.h"
#include "cda/value_set.h"

RULE(realm)
{
	(void)element;
	return r->seen[NODE_REALM] == 1 && bytes_equal_text(r->d.realm, "FR");
}

RULE(type_id)
{
	(void)element;
	return r->seen[NODE_TYPE_ID] == 1 && bytes_equal_text(r->type_id.root, "2.16.840.1.113883.1.3") &&
	       bytes_equal_text(r->type_id.extension, "POCD_HD000040");
}

RULE(templates)
{
	(void)element;
	return r->template_france && r->template_header && r->seen[NODE_TEMPLATE] >= 3;
}

RULE(templates_level_1)
{
	(void)element;
	return r->d.level != 1 || (r->template_file && r->seen[NODE_TEMPLATE] <= 3);
}

RULE(id)
{
	(void)element;
	return r->seen[NODE_ID] == 1 && !r->id_null && reader_is_oid_or_uuid(r->d.id.root);
}

RULE(code)
{
	(void)element;
	return r->seen[NODE_CODE] == 1 && r->d.type.len > 0 && r->d.type_system.len > 0 && r->d.type_name.len > 0;
}

RULE(code_known)
{
	(void)element;
	return r->d.type.len == 0 || r->d.type_system.len == 0 ||
	       value_set_has(VALUE_SET_TYPE, r->d.type, r->d.type_system);
}

RULE(title)
{
	(void)element;
	return r->seen[NODE_TITLE] == 1 && r->d.title.len > 0;
}

/* YYYYMMDDhhmmss+ZZzz */
RULE(effective_time)
{
	(void)element;
	return r->seen[NODE_EFFECTIVE] == 1 && r->d.time.len == 19 && reader_is_time(r->d.time, 14);
}

RULE(confidentiality)
{
	(void)element;
	return r->seen[NODE_CONFIDENTIALITY] == 1 &&
	       bytes_equal_text(r->confidentiality_system, "2.16.840.1.113883.5.25");
}

RULE(confidentiality_code)
{
	(void)element;
	return r->seen[NODE_CONFIDENTIALITY] == 0 ||
	       value_set_has(VALUE_SET_CONFIDENTIALITY, r->d.confidentiality, BYTES("2.16.840.1.113883.5.25"));
}

RULE(language)
{
	(void)element;
	struct bytes l = r->d.language;
	bool shape = r->seen[NODE_LANGUAGE] == 1 && l.len == 5 && l.at[2] == '-';
	for (size_t i = 0; shape && i < l.len; i++)
		shape = i == 2 || (i < 2 ? l.at[i] >= 'a' && l.at[i] <= 'z' : l.at[i] >= 'A' && l.at[i] <= 'Z');
	return shape;
}

RULE(set_id)
{
	(void)element;
	return r->seen[NODE_SET_ID] == 1 && reader_is_oid_or_uuid(r->d.set_id.root);
}

RULE(version)
{
	(void)element;
	uint64_t value;
	return r->seen[NODE_VERSION] == 1 && bytes_number(r->d.version, UINT32_MAX, &value) && value >= 1;
}

RULE(authorization)
{
	(void)element;
	return r->seen[NODE_AUTHORIZATION] <= 1;
}

RULE(consent_code)
{
	(void)element;
	return reader_count(r, NODE_CONSENT_CODE) == 1;
}

RULE(consent_status)
{
	(void)r;
	return bytes_equal_text(reader_value(element, "code"), "completed");
}

/* --- the body ------------------------------------------------------------------------- */

RULE(body_one)
{
	(void)element;
	return r->seen[NODE_FILE_BODY] + r->seen[NODE_STRUCTURED_BODY] == 1;
}

RULE(body_file)
{
	(void)element;
	return r->d.level != 1 || (r->d.embedded_count > 0 && r->d.embedded[0].size > 0);
}

RULE(body_base64)
{
	(void)r;
	return bytes_equal_text(reader_value(element, "representation"), "B64");
}

/* The kinds of level-1 body that have a format code. */
RULE(body_type)
{
	static const enum sniff known[] = {SNIFF_PDF, SNIFF_TXT, SNIFF_RTF, SNIFF_JPEG, SNIFF_TIFF};
	(void)r;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (sniff_agrees(known[i], reader_value(element, "mediaType")))
			return true;
	return false;
}

RULE(embedded_type)
{
	(void)element;
	for (size_t i = 0; i < r->d.embedded_count; i++)
		if (r->d.embedded[i].size > 0 && !sniff_agrees(r->d.embedded[i].detected, r->d.embedded[i].media))
			return false;
	return true;
}

RULE(embedded_clean)
{
	(void)element;
	for (size_t i = 0; i < r->d.embedded_count; i++)
		if (!r->d.embedded[i].clean)
			return false;
	return true;
}

RULE(style_sheet)
{
	(void)element;
	return !r->d.self_displaying;
}

RULE(schema_valid)
{
	(void)element;
	return r->d.schema != CDA_SCHEMA_INVALID;
}

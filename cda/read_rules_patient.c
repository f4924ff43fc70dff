/* cda/read_rules_patient.c - rules of the patient, of telecoms and of addresses (cda/rule_list.h). */
#include "cda/read_parts.h"

#define INS_ROOT "1.2.250.1.213.1.4."

static uint64_t digits_or_zero(struct bytes text)
{
	uint64_t value = 0;
	return bytes_number(text, UINT64_MAX, &value) ? value : 0;
}

/* 13 characters and the key 97 - (number modulo 97); Corsican departments count as 19 and 18. */
static bool ins_is_sound(struct bytes ins)
{
	unsigned char digits[13];
	uint64_t key;

	if (ins.len != 15 || !bytes_number(bytes_from(ins, 13), 97, &key))
		return false;
	for (size_t i = 0; i < sizeof digits; i++)
		digits[i] = ins.at[i];
	if (digits[5] == '2' && (digits[6] == 'A' || digits[6] == 'B')) {
		digits[5] = '1';
		digits[6] = digits[6] == 'A' ? '9' : '8';
	}
	uint64_t number = digits_or_zero((struct bytes){digits, sizeof digits});
	return number > 0 && key == 97 - number % 97;
}

RULE(patient_ids)
{
	(void)element;
	return r->d.patient.id_count > 0 && !r->bad_patient_id;
}

RULE(patient_id_root)
{
	struct bytes root = reader_value(element, "root");
	(void)r;
	return root.len == 0 || reader_is_oid(root);
}

RULE(patient_ins)
{
	(void)r;
	return !cda_id_is_ins(reader_value(element, "root")) || ins_is_sound(reader_value(element, "extension"));
}

RULE(patient_ins_one)
{
	(void)element;
	return r->ins_ids <= 1;
}

RULE(patient_ins_c)
{
	struct bytes value = reader_value(element, "extension");
	uint64_t first, last;
	(void)r;
	return !bytes_equal_text(reader_value(element, "root"), INS_ROOT "2") ||
	       (value.len == 20 && bytes_number(bytes_slice(value, 0, 10), UINT64_MAX, &first) &&
		bytes_number(bytes_from(value, 10), UINT64_MAX, &last));
}

RULE(patient_name)
{
	(void)element;
	return r->seen[NODE_PATIENT_NAME] == 1;
}

RULE(patient_prefix)
{
	(void)element;
	return reader_count(r, NODE_PATIENT_PREFIX) <= 1;
}

RULE(patient_family)
{
	(void)r;
	return reader_is_one_of(reader_value(element, "qualifier"), BYTES("BR CL"));
}

RULE(patient_given)
{
	struct bytes qualifier = reader_value(element, "qualifier");
	(void)r;
	return qualifier.len == 0 || reader_is_one_of(qualifier, BYTES("BR CL"));
}

RULE(trait_family)
{
	(void)element;
	return r->ins_ids == 0 || r->d.patient.family_birth.len > 0;
}

RULE(trait_given)
{
	(void)element;
	return r->ins_ids == 0 || r->d.patient.given_birth_first.len > 0;
}

RULE(trait_given_all)
{
	(void)element;
	return r->ins_ids == 0 || (r->plain_givens == 1 && r->d.patient.given_birth_all.len > 0);
}

RULE(trait_sex)
{
	(void)element;
	return r->ins_ids == 0 || r->seen[NODE_SEX] > 0;
}

RULE(trait_birth_place)
{
	(void)element;
	return r->ins_ids == 0 || r->d.patient.birth_place.len > 0;
}

RULE(birth)
{
	(void)element;
	return r->seen[NODE_BIRTH_TIME] == 1;
}

RULE(birth_day)
{
	struct bytes value = reader_value(element, "value");
	uint64_t month, day;
	(void)r;
	return reader_is_time(value, 8) && bytes_number(bytes_slice(value, 4, 2), 12, &month) && month >= 1 &&
	       bytes_number(bytes_slice(value, 6, 2), 31, &day) && day >= 1;
}

RULE(sex)
{
	(void)r;
	return reader_is_one_of(reader_value(element, "code"), BYTES("M F UN"));
}

/* 51215, 2A004, 99350: digits, but for the second character in Corsica. */
RULE(birth_place)
{
	struct bytes code = r->frames[r->open].text;
	uint64_t number;
	bool corsica = code.len == 5 && code.at[0] == '2' && (code.at[1] == 'A' || code.at[1] == 'B');
	(void)element;
	return code.len == 0 || (code.len == 5 && bytes_number(bytes_from(code, corsica ? 2 : 0), 99999, &number));
}

RULE(patient_forbidden)
{
	(void)element;
	return reader_count(r, NODE_FORBIDDEN) == 0;
}

RULE(guardian)
{
	(void)element;
	return reader_count(r, NODE_GUARDIAN_PARTY) == 1;
}

/* --- telecoms and addresses --------------------------------------------------------------- */

RULE(telecom_value)
{
	(void)r;
	return (reader_value(element, "value").len > 0) != (reader_value(element, "nullFlavor").len > 0);
}

RULE(telecom_scheme)
{
	struct bytes value = reader_value(element, "value");
	size_t colon = bytes_find_byte(value, ':', 0);
	(void)r;
	return value.len == 0 ||
	       (colon < value.len && reader_is_one_of(bytes_slice(value, 0, colon), BYTES("tel fax mailto http ftp mllp")));
}

/* @use is a set: words parted by blanks. */
RULE(telecom_use)
{
	struct cursor words = cursor_on(reader_value(element, "use"));
	(void)r;
	while (words.left.len > 0)
		if (!reader_is_one_of(cursor_until(&words, ' '), BYTES("H HP HV WP DIR PUB EC MC PG")))
			return false;
	return true;
}

RULE(telecom_null)
{
	struct bytes null = reader_value(element, "nullFlavor");
	(void)r;
	return null.len == 0 || reader_is_one_of(null, BYTES("UNK NASK ASKU NAV MSK"));
}

static unsigned parts(const struct reader *r)
{
	return reader_count(r, NODE_ADDRESS_LINE) + reader_count(r, NODE_ADDRESS_PART);
}

RULE(address_null)
{
	(void)element;
	return !r->frames[r->open].null || parts(r) == 0;
}

RULE(address_empty)
{
	(void)element;
	return r->frames[r->open].null || parts(r) > 0;
}

RULE(address_lines)
{
	(void)element;
	return reader_count(r, NODE_ADDRESS_LINE) <= 7;
}

RULE(address_mixed)
{
	(void)element;
	return reader_count(r, NODE_ADDRESS_LINE) == 0 || reader_count(r, NODE_ADDRESS_PART) == 0;
}

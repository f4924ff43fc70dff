/* gateway/compose_words.c - see compose_words.h. */
#include "gateway/compose_words.h"

#include "base/buf.h"

enum { PART_CHARACTERS = 40, FILE_BYTES = 1024 };

/* --- single values ------------------------------------------------------------ */

static const struct word {
	const char *field, *value, *fr, *en;
} words[] = {
	{"sex", "F", "Femme", "Woman"},
	{"sex", "M", "Homme", "Man"},
	{"sex", "UN", "Sexe non précisé", "Sex not stated"},
	{"convergence", "yes", "oui", "yes"},
	{"convergence", "partly", "partielle", "partly"},
	{"convergence", "no", "non", "no"},
	/* As a section of its own. */
	{"section", "yes", "Oui", "Yes"},
	{"section", "partly", "Partielle", "Partly"},
	{"section", "no", "Non", "No"},
};

static const struct counted {
	const char *field, *fr_one, *fr_many, *en_one, *en_many;
} counted[] = {
	{"age", "an", "ans", "year old", "years old"},
	{"missing_count", "document", "documents", "document", "documents"},
	{"documents_count", "pièce", "pièces", "document", "documents"},
	{"tasks_count", "tâche", "tâches", "task", "tasks"},
	{"opinions_count", "avis", "avis", "opinion", "opinions"},
	{"time_left", "jour", "jours", "day", "days"},
};

static struct bytes word_of(bool english, const char *field, struct bytes value)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (bytes_equal_text(bytes_of_text(words[i].field), field) && bytes_equal_text(value, words[i].value))
			return bytes_of_text(english ? words[i].en : words[i].fr);
	return value;
}

static struct bytes number_in_words(struct arena *arena, bool english, const struct counted *c, uint64_t number)
{
	/* French counts 0 and 1 as one, English 1 alone. */
	bool one = number == 1 || (number == 0 && !english);
	const char *noun = english ? (one ? c->en_one : c->en_many) : (one ? c->fr_one : c->fr_many);
	return bytes_of_text(arena_printf(arena, "%llu %s", (unsigned long long)number, noun));
}

/* A number to dial stays on one line. */
static struct bytes phone_in_words(struct arena *arena, struct bytes value)
{
	struct buf out = buf_make(4 * FILE_BYTES);
	for (size_t i = 0; i < value.len; i++) {
		bool between = value.at[i] == ' ' && i > 0 && i + 1 < value.len && value.at[i - 1] >= '0' && value.at[i - 1] <= '9' &&
			       value.at[i + 1] >= '0' && value.at[i + 1] <= '9';
		if (between)
			buf_text(&out, "\u00a0");
		else
			buf_u8(&out, value.at[i]);
	}
	struct bytes copy = buf_ok(&out) ? arena_copy(arena, buf_bytes(&out)) : value;
	buf_free(&out);
	return copy;
}

struct bytes compose_words_field(struct arena *arena, bool english, struct bytes name, struct bytes value)
{
	uint64_t number;
	for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++)
		if (bytes_equal_text(name, counted[i].field) && bytes_number(value, 100000, &number))
			return number_in_words(arena, english, &counted[i], number);
	if (bytes_equal_text(name, "phone"))
		return phone_in_words(arena, value);
	return word_of(english, arena_text(arena, name), value);
}

struct bytes compose_words_section(bool english, struct bytes text)
{
	return word_of(english, "section", text);
}

/* --- patient and time ---------------------------------------------------------- */

struct bytes compose_words_patient(struct arena *arena, bool english, const struct cda_write_patient *p)
{
	const char *given = arena_text(arena, p->given_used.len > 0 ? p->given_used : p->given_birth_first);
	const char *family = arena_text(arena, p->family_birth), *used = arena_text(arena, p->family_used);
	const char *day = (const char *)p->birth_time.at;
	bool woman = bytes_equal_text(p->sex, "F"), man = bytes_equal_text(p->sex, "M");
	const char *sex = woman ? (english ? ", woman" : ", femme") : man ? (english ? ", man" : ", homme") : "";
	const char *born = english ? "born" : woman ? "née le" : man ? "né le" : "né(e) le";
	if (p->family_used.len == 0 || bytes_equal(p->family_used, p->family_birth))
		used = "";
	return bytes_of_text(arena_printf(arena, "%s %s%s%s%s, %s %.2s/%.2s/%.4s", given, family, *used == 0 ? "" : english ? ", known as " : ", nom utilisé ",
					  used, sex, born, day + 6, day + 4, day));
}

static bool test_identity(struct bytes oid)
{
	return bytes_equal_text(oid, "1.2.250.1.213.1.4.10") || bytes_equal_text(oid, "1.2.250.1.213.1.4.11");
}

struct bytes compose_words_ins(struct arena *arena, bool english, const struct cda_write_patient *p)
{
	if (!test_identity(p->oid))
		return p->ins;
	return bytes_of_text(arena_printf(arena, "%s (%s)", arena_text(arena, p->ins), english ? "test identity" : "identité de test"));
}

struct bytes compose_words_time(struct arena *arena, bool english, struct cda_write_time time)
{
	const char *t = (const char *)cda_write_time_text(arena, time).at;
	return bytes_of_text(arena_printf(arena, english ? "%.2s/%.2s/%.4s at %.2s:%.2s" : "%.2s/%.2s/%.4s à %.2s h %.2s", t + 6, t + 4, t, t + 8, t + 10));
}

/* --- file names ---------------------------------------------------------------- */

static bool disliked(unsigned char c)
{
	static const struct bytes signs = BYTES_OF("/\\:*?\"<>|_ \t'");
	return c < 0x20 || c == 0x7f || bytes_find_byte(signs, c, 0) < signs.len;
}

/* At most PART_CHARACTERS characters, none of them cut, no "-" twice or at the end. */
static void add_part(struct buf *out, struct bytes text)
{
	size_t characters = 0, start;
	text = bytes_trim(text);
	if (text.len == 0)
		return;
	if (out->len > 0)
		buf_u8(out, '_');
	start = out->len;
	for (size_t i = 0; i < text.len; i++) {
		bool first = (text.at[i] & 0xc0) != 0x80;
		if ((first && characters++ == PART_CHARACTERS) || out->len - start == 4u * PART_CHARACTERS)   /* bytes that are no UTF-8 are no characters */
			break;
		size_t skip = bytes_unseen(bytes_from(text, i));
		if (skip > 0) {
			i += skip - 1;
			continue;
		}
		unsigned char c = disliked(text.at[i]) ? '-' : text.at[i];
		if (c == '-' && (out->len == start || out->data[out->len - 1] == '-'))
			continue;
		buf_u8(out, c);
	}
	while (out->len > start && out->data[out->len - 1] == '-')
		out->len--;
}

struct bytes compose_words_file(struct arena *arena, struct cda_write_time day, struct bytes type, struct bytes family,
				struct bytes given, struct bytes reference)
{
	struct buf out = buf_make(FILE_BYTES);
	buf_add(&out, bytes_slice(cda_write_time_text(arena, day), 0, 8));
	add_part(&out, type);
	add_part(&out, family);
	add_part(&out, given);
	add_part(&out, reference);
	buf_text(&out, ".pdf");
	struct bytes copy = arena_copy(arena, buf_bytes(&out));
	buf_free(&out);
	return copy;
}

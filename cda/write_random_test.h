/* cda/write_random_test.h - for tests: reports of made-up people, from a seed. Each has what civil status can hold: accents, combining
 * characters, apostrophes, particles, hyphens, very long names, names in use, twins, birth places abroad, minors with a guardian. */
#ifndef RELAIS_CDA_WRITE_RANDOM_TEST_H
#define RELAIS_CDA_WRITE_RANDOM_TEST_H

#include "base/arena.h"
#include "base/buf.h"
#include "cda/write.h"

struct chance {
	struct arena *arena;
	uint64_t state;
};

/* splitmix64. */
static inline uint64_t chance_next(struct chance *c)
{
	uint64_t z = (c->state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline size_t chance_below(struct chance *c, size_t n)
{
	return (size_t)(chance_next(c) % n);
}

static inline bool chance_one_in(struct chance *c, size_t n)
{
	return chance_below(c, n) == 0;
}

static inline struct bytes chance_join(struct chance *c, size_t pieces, const char *between)
{
	static const char *const words[] = {
		"Zoé", "Jean", "ÉLÉONORE", "d'Artagnan", "O'BRIEN", "DE LA TOUR", "LE GUEN", "VAN DER BERG", "Ÿves", "Bœuf", "Çelik", "MÜLLER",
		"Ñuñez", "Łukasz", "Anne-Sophie", "e\xcc\x81", "Nguye\xcc\x82\xcc\x83n", "ŒUVRARD", "'t Hooft", "Saint-Rémy-lès-Chevreuse", "X", "Ø",
		"L’Hôte", "D’", "Abd-el-Kader", "Ivanov\xc2\xa0Petrov", "\xce\x91\xce\xbb\xce\xad\xce\xbe\xce\xb7\xcf\x82", "\xd0\x96\xd0\xb0\xd0\xbd\xd0\xbd\xd0\xb0",
		"\xe6\x9d\x8e", "\xf0\x9d\x92\x9c", "a<b", "R&D", "\"guillemet\"", "]]>", "&amp;", "{{x}}", "%s",
	};
	struct buf out = buf_make(1u << 20);
	for (size_t i = 0; i < pieces; i++) {
		if (i > 0)
			buf_text(&out, between);
		buf_text(&out, words[chance_below(c, sizeof words / sizeof words[0])]);
	}
	struct bytes text = arena_copy(c->arena, buf_bytes(&out));
	buf_free(&out);
	return text;
}

/* Up to 480 bytes; short mostly. */
static inline struct bytes chance_name(struct chance *c, const char *between)
{
	size_t most = chance_one_in(c, 12) ? 18 : 3;
	struct bytes name = chance_join(c, 1 + chance_below(c, most), between);
	return name.len <= 240 ? name : BYTES("Marie");
}

static inline struct bytes chance_digits(struct chance *c, size_t n)
{
	char *text = arena_alloc(c->arena, n + 1);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)('0' + chance_below(c, 10));
	return (struct bytes){(unsigned char *)text, n};
}

/* A number of 13 with its key: sex, year and month, birth place (abroad: 99 and the country), order. */
static inline struct bytes chance_ins(struct chance *c, bool woman, const char *place, const char *day)
{
	const char *number = arena_printf(c->arena, "%d%.2s%.2s%s%03zu", woman ? 2 : 1, day + 2, day + 4, place, 1 + chance_below(c, 999));
	uint64_t value = 0;
	for (size_t i = 0; i < 13; i++) {
		/* INSEE: 2A counts as 19, 2B as 18. */
		char digit = number[i];
		if (i == 6 && (digit == 'A' || digit == 'B'))
			digit = digit == 'A' ? '9' : '8';
		else if (i == 5 && (number[6] == 'A' || number[6] == 'B'))
			digit = '1';
		value = value * 10 + (uint64_t)(digit - '0');
	}
	return bytes_of_text(arena_printf(c->arena, "%s%02llu", number, (unsigned long long)(97 - value % 97)));
}

static inline void chance_patient(struct chance *c, struct cda_write_patient *p)
{
	static const char *const places[] = {"51215", "75056", "2A004", "2B033", "97411", "99350", "99109", "99216", "01001"};
	static const char *const roots[] = {"1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"};
	const char *place = places[chance_below(c, sizeof places / sizeof places[0])];
	bool minor = chance_one_in(c, 4), woman = chance_one_in(c, 2);
	const char *day = arena_printf(c->arena, "%04zu%02zu%02zu", minor ? 2010 + chance_below(c, 16) : 1912 + chance_below(c, 90),
				       1 + chance_below(c, 12), 1 + chance_below(c, 28));
	*p = (struct cda_write_patient){
		.oid = bytes_of_text(roots[chance_below(c, 4)]), .ins = chance_ins(c, woman, place, day), .birth_time = bytes_of_text(day),
		.birth_place = bytes_of_text(place), .sex = chance_one_in(c, 20) ? BYTES("UN") : woman ? BYTES("F") : BYTES("M"),
		.family_birth = chance_name(c, chance_one_in(c, 2) ? " " : "-"), .given_birth_first = chance_name(c, "-"),
		.birth_order = chance_one_in(c, 6) ? (unsigned)(1 + chance_below(c, 4)) : 0,
	};
	p->given_birth_all = bytes_of_text(arena_printf(c->arena, "%s %s", (const char *)p->given_birth_first.at, (const char *)chance_name(c, " ").at));
	if (chance_one_in(c, 2))
		p->family_used = chance_name(c, " ");
	if (chance_one_in(c, 2))
		p->given_used = chance_name(c, "-");
	if (minor)
		p->guardian = (struct cda_write_person){.given = chance_name(c, "-"), .family = chance_name(c, " ")};
}

/* To the second, within what a stamp can tell, in any zone that there is. */
static inline struct cda_write_time chance_time(struct chance *c)
{
	static const int zones[] = {0, 60, 120, -210, 345, 720, 840, -720, 240};
	return (struct cda_write_time){{(int64_t)(chance_next(c) % 4102444800u) * 1000000}, zones[chance_below(c, sizeof zones / sizeof zones[0])]};
}

static inline struct bytes chance_id(struct chance *c)
{
	const char *number = (const char *)chance_digits(c, 9).at;
	if (chance_one_in(c, 3))
		return bytes_of_text(arena_printf(c->arena, "1.2.250.1.9%s", number));
	if (chance_one_in(c, 3))
		return bytes_of_text(arena_printf(c->arena, "2.25.1%s^A-2026-%s", number, (const char *)chance_name(c, "-").at));
	return bytes_of_text(arena_printf(c->arena, "0a%.6s-1234-4abc-8def-0123456789ab", number));
}

static inline struct bytes chance_lines(struct chance *c)
{
	struct buf out = buf_make(1u << 20);
	size_t lines = chance_one_in(c, 10) ? 200 : 1 + chance_below(c, 6);
	for (size_t i = 0; i < lines; i++) {
		buf_text(&out, chance_one_in(c, 3) ? "- " : chance_one_in(c, 6) ? "1. " : "");
		buf_add(&out, chance_join(c, 1 + chance_below(c, 12), " "));
		buf_text(&out, chance_one_in(c, 4) ? "\n\n" : "\n");
	}
	struct bytes text = arena_copy(c->arena, buf_bytes(&out));
	buf_free(&out);
	return text;
}

static inline void chance_texts(struct chance *c, struct cda_write_report *r)
{
	struct cda_write_section *sections = arena_alloc(c->arena, 8 * sizeof *sections);
	struct cda_write_recipient *recipients = arena_alloc(c->arena, 2 * sizeof *recipients);
	r->section_count = 1 + chance_below(c, 8);
	for (size_t i = 0; i < r->section_count; i++)
		sections[i] = (struct cda_write_section){(enum cda_write_kind)chance_below(c, CDA_WRITE_KINDS), chance_name(c, " "), chance_lines(c)};
	r->recipient_count = chance_below(c, 3);
	for (size_t i = 0; i < r->recipient_count; i++)
		recipients[i] = (struct cda_write_recipient){chance_one_in(c, 2) ? chance_digits(c, 11) : BYTES_NONE,
							     {chance_one_in(c, 2) ? BYTES("DR") : BYTES_NONE, chance_name(c, "-"), chance_name(c, " ")}};
	r->sections = sections;
	r->recipients = recipients;
}

/* A whole report; pdf is what every one carries. */
static inline struct cda_write_report chance_report(struct chance *c, struct bytes pdf)
{
	static const char *const titles[] = {"", "DR", "PR"};
	static const char *const specialties[] = {"G15_10", "G15_10/SM36", "G15_10/SM20", "G15_10/SCH39"};
	struct cda_write_report r = {
		.level = chance_one_in(c, 2) ? 1 : 3, .id = chance_id(c), .set_id = chance_id(c), .version = (unsigned)(1 + chance_below(c, 9)),
		.request_id = chance_id(c), .title = chance_name(c, " "), .english = chance_one_in(c, 4), .time = chance_time(c),
		.signed_time = chance_time(c), .act = chance_one_in(c, 2) ? BYTES("TE1") : BYTES("TE2"), .service_time = chance_time(c),
		.expert = {.rpps = chance_digits(c, 11), .title = bytes_of_text(titles[chance_below(c, 3)]), .given = chance_name(c, "-"),
			   .family = chance_name(c, " "), .organisation = chance_name(c, " "), .organisation_id = BYTES("1750000002"),
			   .specialty_code = bytes_of_text(specialties[chance_below(c, 4)]),
			   .practice_code = chance_one_in(c, 2) ? BYTES("ETABLISSEMENT") : BYTES_NONE},
		.custodian = {.id = BYTES("1750000001"), .name = chance_name(c, " "), .facility_code = chance_one_in(c, 2) ? BYTES("SA01") : BYTES_NONE},
		.pdf = pdf,
	};
	r.service_end = r.service_time;
	r.service_end.at.us += (int64_t)chance_below(c, 7 * 86400) * 1000000;
	if (r.version > 1)
		r.replaces = BYTES("2.25.77");
	chance_patient(c, &r.patient);
	chance_texts(c, &r);
	return r;
}

#endif

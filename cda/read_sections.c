/* cda/read_sections.c - the sections of a structured body: which are open, what they are called, and, of a physician's request,
 * what they say. */
#include "cda/read_parts.h"

#define ATTACHED_CODE "55107-7"
#define PHYSICIAN_REQUEST "75496-0"

static struct reader_section *section_of(struct reader *r)
{
	struct reader_answer *a = &r->answer;
	return a->section_count == 0 ? NULL : &a->sections[a->section_count - 1];
}

static void keep_title(struct reader *r, struct bytes text)
{
	struct reader_section *section = section_of(r);
	if (section != NULL)
		section->title = reader_keep(r, text);
}

/* Deeper than any known document goes: such a section is read as part of the one around it. */
void reader_section_start(struct reader *r, const struct xml_element *element)
{
	struct reader_answer *a = &r->answer;
	if (a->section_count < READER_SECTIONS)
		a->sections[a->section_count++] = (struct reader_section){.depth = element->depth};
}

void reader_section_part(struct reader *r, const struct xml_element *element)
{
	struct reader_section *section = section_of(r);

	if (section == NULL || element->depth != section->depth + 1)
		return;
	if (bytes_equal_text(element->name, "title"))
		reader_capture(r, element->depth, keep_title);
	if (!bytes_equal_text(element->name, "code"))
		return;
	section->code = reader_keep(r, bytes_trim(xml_attribute(element, "code")));
	r->d.definition |= bytes_equal_text(section->code, READER_DEFINITION);
}

/* The innermost title there is. */
struct bytes reader_section_title(const struct reader *r)
{
	const struct reader_answer *a = &r->answer;
	for (unsigned i = a->section_count; i > 0; i--)
		if (a->sections[i - 1].title.len > 0)
			return a->sections[i - 1].title;
	return BYTES_NONE;
}

void reader_section_end(struct reader *r, unsigned depth)
{
	struct reader_answer *a = &r->answer;
	if (a->section_count > 0 && depth == a->sections[a->section_count - 1].depth)
		a->section_count--;
}

bool reader_in_attachments(const struct reader *r)
{
	const struct reader_answer *a = &r->answer;
	return a->section_count > 0 && bytes_equal_text(a->sections[a->section_count - 1].code, ATTACHED_CODE);
}

bool reader_tells_sections(const struct reader *r)
{
	return bytes_equal_text(r->d.type, PHYSICIAN_REQUEST);
}

void reader_section_text(struct reader *r, struct bytes text)
{
	const struct reader_section *open = section_of(r);

	text = bytes_trim(text);
	if (open == NULL || text.len == 0 || !reader_tells_sections(r))
		return;
	struct cda_section *section = reader_more(r, r->d.sections, &r->d.section_count, sizeof *section, LIMIT_CDA_SECTIONS,
						  (void **)&r->d.sections);
	if (section != NULL)
		*section = (struct cda_section){open->code, open->title, reader_keep(r, text)};
}

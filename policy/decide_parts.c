/* policy/decide_parts.c - see decide_parts.h. */
#include "policy/decide_parts.h"

#include "base/limits.h"
#include "policy/decide_text.h"
#include "policy/given.h"

/* The PDF repeats what the documents hold, and is never given more than a third of the mail. */
static uint64_t room_of_pdf(uint64_t limit, uint64_t documents)
{
	uint64_t wanted = documents + LIMIT_RECIPIENT_LETTER;
	return wanted < limit / 3 ? wanted : limit / 3;
}

/* since: 0 for all of them, with the PDF of the dossier in order. */
static void lay(const struct build *b, struct recipient_profile profile, struct instant since, struct decide_parts *out)
{
	const struct dossier *d = b->after;
	uint64_t *sizes = arena_alloc(b->arena, (d->n_documents + 1) * sizeof *sizes), all = 0, room = profile.limit - LIMIT_RECIPIENT_LETTER;

	*out = (struct decide_parts){
		.documents = arena_alloc(b->arena, (d->n_documents + 1) * sizeof *out->documents),
		.part = arena_alloc(b->arena, (d->n_documents + 1) * sizeof *out->part),
	};
	for (size_t i = 0; i < d->n_documents; i++) {
		if (!given_allowed(&d->documents[i], PARTY_EXPERT) || (since.us > 0 && !instant_before(since, d->documents[i].at)))
			continue;
		sizes[out->n] = recipient_encoded(d->documents[i].filing.document.size);
		all += sizes[out->n];
		out->documents[out->n++] = i;
	}
	uint64_t pdf = since.us > 0 ? 0 : room_of_pdf(profile.limit, all);
	out->mails = recipient_parts(sizes, out->n, room - pdf, room, out->part);
}

void decide_parts(const struct build *b, struct recipient_profile profile, struct decide_parts *out)
{
	lay(b, profile, (struct instant){0}, out);
}

void decide_parts_since(const struct build *b, struct recipient_profile profile, struct instant since, struct decide_parts *out)
{
	lay(b, profile, since, out);
}

void decide_parts_carry(struct build *b, const struct decide_parts *parts, size_t part)
{
	struct policy_mail *mail = &b->mails[b->n_mails - 1];
	size_t *carried = arena_alloc(b->arena, (parts->n + 1) * sizeof *carried), n = 0;

	for (size_t i = 0; i < parts->n; i++)
		if (parts->part[i] == part)
			carried[n++] = parts->documents[i];
	mail->documents = carried;
	mail->n_documents = n;
	if (parts->mails < 2)
		return;
	mail->part = part;
	mail->parts = parts->mails;
	build_field_text(b, "part", arena_printf(b->arena, "%zu/%zu", part, parts->mails));
}

struct bytes decide_parts_text(const struct build *b, const struct decide_parts *parts, size_t part)
{
	const char *all = "";

	for (size_t i = 0; i < parts->n; i++) {
		if (parts->part[i] != part)
			continue;
		struct bytes line = text_document(b, &b->after->documents[parts->documents[i]].filing.document);
		all = arena_printf(b->arena, "%s%s- %.*s", all, all[0] == '\0' ? "" : "\n", (int)line.len, (const char *)line.at);
	}
	return bytes_of_text(all);
}

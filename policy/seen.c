/* policy/seen.c - see seen.h. */
#include "policy/seen.h"

#include <stdlib.h>

#include "policy/export.h"
#include "policy/given.h"

struct list {
	struct seen *at;
	size_t n;
};

static void add(struct list *list, struct seen line)
{
	list->at[list->n++] = line;
}

/* When it was proved to be read: the first event that says so of that code to that mailbox. */
static struct instant read_of(const struct dossier_event *events, size_t n, const struct seen_mail *m)
{
	for (size_t i = 0; i < n; i++) {
		const struct dossier_event *e = &events[i];
		if (e->kind == EVENT_MAIL_PROOF && e->mail.level >= 4 && e->mail.code == m->code && e->mail.party == m->party &&
		    bytes_equal_nocase(e->mail.mailbox, m->mailbox) && !instant_before(e->at, m->at))
			return e->at;
	}
	return (struct instant){0};
}

/* The first demand to erase that left for that mailbox afterwards. */
static struct instant erase_of(const struct seen_mail *mails, size_t n, const struct seen_mail *m)
{
	for (size_t i = 0; i < n; i++)
		if (mails[i].code == MAIL_M18 && mails[i].proof > 0 && bytes_equal_nocase(mails[i].mailbox, m->mailbox) && !instant_before(mails[i].at, m->at))
			return mails[i].at;
	return (struct instant){0};
}

/* Every document with that content: one may have been filed under two numbers. */
static void add_documents(struct list *list, const struct dossier *d, struct bytes digest, struct seen line)
{
	line.what = SEEN_DOCUMENT;
	for (size_t i = 0; i < d->n_documents; i++) {
		const struct dossier_document *doc = &d->documents[i];
		if (!bytes_equal_nocase(doc->filing.document.digest, digest))
			continue;
		line.document = i + 1;
		line.withdrawn = doc->withdrawn || doc->replaced;
		add(list, line);
	}
}

static void add_mail(struct list *list, const struct dossier *d, const struct seen_mail *m, struct seen line)
{
	size_t before = list->n;

	for (size_t i = 0; i < m->n_documents; i++)
		add_documents(list, d, m->documents[i], line);
	line.version = m->version;
	line.message = m->message;
	if (m->version > 0) {
		line.what = SEEN_REPORT;
		add(list, line);
	}
	if (m->message != 0) {
		line.what = SEEN_MESSAGE;
		add(list, line);
	}
	if (list->n == before) {
		line.what = SEEN_WORDS;
		add(list, line);
	}
}

/* Read aloud, left as word or sent on paper by a person; and a copy of the dossier. */
static void add_act(struct list *list, const struct dossier_event *e)
{
	const struct dossier_contact_data *c = &e->contact;
	bool told = c->result == CONTACT_REACHED || c->result == CONTACT_SIGNED;

	if (e->kind == EVENT_EXPORTED)
		add(list, (struct seen){.what = SEEN_COPY, .mailbox = e->text.id, .by = e->actor, .at = e->at, .proof = 1});
	if (e->kind != EVENT_CONTACT_MADE || (!told && c->result != CONTACT_MESSAGE && c->result != CONTACT_POSTED))
		return;
	add(list, (struct seen){.what = SEEN_WORDS, .code = c->code, .party = c->party, .by = e->actor, .paper = c->means == CONTACT_LETTER, .at = e->at,
				.proof = told ? 5 : 1, .read_at = told ? e->at : (struct instant){0}});
}

static int by_time(const void *left, const void *right)
{
	const struct seen *a = left, *b = right;

	if (a->at.us != b->at.us)
		return a->at.us < b->at.us ? -1 : 1;
	if (a->outbox != b->outbox)
		return a->outbox < b->outbox ? -1 : 1;
	return a->document < b->document ? -1 : a->document > b->document;
}

static size_t lines_of(const struct dossier *d, const struct seen_mail *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_documents; i++)
		for (size_t k = 0; k < d->n_documents; k++)
			n += bytes_equal_nocase(d->documents[k].filing.document.digest, m->documents[i]);
	return n;
}

/* How many lines there can be at most. */
static size_t room_of(const struct dossier *d, size_t n_events, const struct seen_mail *mails, size_t n_mails)
{
	size_t room = n_events + 1;

	for (size_t i = 0; i < n_mails; i++)
		room += 2 + lines_of(d, &mails[i]);
	return room;
}

struct seen *seen_list(struct arena *arena, const struct dossier *dossier, const struct dossier_event *events, size_t n_events,
		       const struct seen_mail *mails, size_t n_mails, size_t *n)
{
	struct list list = {arena_alloc(arena, room_of(dossier, n_events, mails, n_mails) * sizeof *list.at), 0};

	for (size_t i = 0; i < n_mails; i++) {
		const struct seen_mail *m = &mails[i];
		if (m->proof > 0)
			add_mail(&list, dossier, m, (struct seen){.outbox = m->outbox, .code = m->code, .party = m->party, .mailbox = m->mailbox, .paper = m->paper,
				.at = m->at, .proof = m->proved > m->proof ? m->proved : m->proof, .read_at = read_of(events, n_events, m), .erase_at = erase_of(mails, n_mails, m)});
	}
	for (size_t i = 0; i < n_events; i++)
		add_act(&list, &events[i]);
	qsort(list.at, list.n, sizeof *list.at, by_time);
	*n = list.n;
	return list.at;
}

bool seen_holds(const struct dossier *dossier, const struct seen *seen, size_t document)
{
	const struct dossier_document *d = document > 0 && document <= dossier->n_documents ? &dossier->documents[document - 1] : NULL;
	enum export_for whom = export_for_of_name(seen->mailbox);

	if (d == NULL)
		return false;
	switch (seen->what) {
	case SEEN_DOCUMENT:
		return seen->document == document;
	case SEEN_MESSAGE:
		return seen->message != 0 && d->inbox == seen->message;
	case SEEN_COPY:
		return !instant_before(seen->at, d->at) &&
		       (whom == EXPORT_OFFICER || given_unmasked(&d->filing.document, whom == EXPORT_EXPERT ? PARTY_EXPERT : PARTY_PATIENT));
	case SEEN_WORDS:
	case SEEN_REPORT:
	case SEEN_WHATS:
		break;
	}
	return false;
}

const char *seen_what_name(enum seen_what what)
{
	static const char *const names[SEEN_WHATS] = {"words", "document", "report", "message", "copy"};
	return names[what];
}

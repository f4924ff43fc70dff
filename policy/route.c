/* policy/route.c - see route.h. */
#include "policy/route.h"

#include "base/calendar.h"
#include "policy/dossier.h"
#include "policy/sender.h"

static const struct {
	const char *name, *fr, *en;
	enum reason reason;
} words[EXCLUSIONS] = {
	[EXCLUSION_NONE] = {"none", "peut être sollicité", "can be asked", REASON_NONE},
	[EXCLUSION_PATHOLOGY] = {"pathology", "n'est pas inscrit pour cette pathologie", "is not registered for this pathology", REASON_EXPERT_PATHOLOGY},
	[EXCLUSION_STATE] = {"state", "n'est pas en activité ici", "is not active here", REASON_EXPERT_INACTIVE},
	[EXCLUSION_VALIDITY] = {"validity", "hors de ses dates de validité", "outside of his dates of validity", REASON_EXPERT_INACTIVE},
	[EXCLUSION_MAILBOX] = {"mailbox", "n'a pas de boîte utilisable", "has no mailbox that can be used", REASON_EXPERT_INACTIVE},
	[EXCLUSION_DIRECTORY] = {"directory", "a quitté l'annuaire, ou sa boîte a été fermée", "has left the directory, or his mailbox was closed", REASON_EXPERT_INACTIVE},
	[EXCLUSION_PHYSICIAN] = {"conflict.physician", "est un des médecins de ce patient", "is one of this patient's physicians", REASON_EXPERT_CONFLICT},
	[EXCLUSION_AUTHOR] = {"conflict.author", "a écrit un document du dossier", "wrote a document of the dossier", REASON_EXPERT_CONFLICT},
	[EXCLUSION_ESTABLISHMENT] = {"conflict.establishment", "exerce dans un établissement qui suit ce patient",
				     "works at an establishment that looks after this patient", REASON_EXPERT_CONFLICT},
	[EXCLUSION_DECLARED] = {"conflict.declared", "a déclaré un conflit d'intérêts", "declared a conflict of interest", REASON_EXPERT_CONFLICT},
	[EXCLUSION_ASKED] = {"asked", "a déjà été sollicité", "was asked already", REASON_EXPERT_ASKED},
	[EXCLUSION_LEAVE] = {"leave", "est absent", "is away", REASON_EXPERT_AWAY},
	[EXCLUSION_PROBATION] = {"probation", "a ce qu'il peut avoir à ses débuts", "has as many as a beginner may", REASON_EXPERT_BUSY},
	[EXCLUSION_CAPACITY] = {"capacity", "a pris cette semaine ce qu'il peut prendre", "has taken this week what he takes", REASON_EXPERT_BUSY},
};

/* A person looks at one expert with all reasons in words, a machine at hundreds with none: without an arena no text is made. */
static struct bytes text_day(struct arena *arena, struct instant at)
{
	if (arena == NULL || at.us == 0)
		return BYTES_NONE;
	struct date d = calendar_date(CALENDAR_FRANCE, at);
	return bytes_of_text(arena_printf(arena, "%04d-%02d-%02d", d.year, d.month, d.day));
}

static struct bytes text_part(struct arena *arena, unsigned has, unsigned most)
{
	return arena == NULL ? BYTES_NONE : bytes_of_text(arena_printf(arena, "%u/%u", has, most));
}

/* --- his record --- */

static bool is_skilled(const struct expert *e, struct bytes pathology)
{
	for (size_t i = 0; i < e->pathologies.n; i++)
		if (bytes_equal(e->pathologies.at[i], pathology))
			return true;
	return false;
}

static enum exclusion judge_record(struct arena *arena, const struct expert *e, struct bytes pathology, struct instant now, struct bytes *about)
{
	if (!is_skilled(e, pathology))
		return EXCLUSION_PATHOLOGY;
	if (e->state != EXPERT_ACTIVE && e->state != EXPERT_PROBATION) {
		*about = bytes_of_text(expert_state_name(e->state));
		return EXCLUSION_STATE;
	}
	bool early = instant_before(now, e->valid_from), late = e->valid_until.us != 0 && !instant_before(now, e->valid_until);
	if (early || late) {
		*about = text_day(arena, early ? e->valid_from : e->valid_until);
		return EXCLUSION_VALIDITY;
	}
	if (e->rpps.len == 0 || !sender_address_ok(e->mailbox))
		return EXCLUSION_MAILBOX;
	return e->ended ? EXCLUSION_DIRECTORY : EXCLUSION_NONE;
}

/* --- conflict of interest --- */

static bool works_at(const struct expert *e, struct bytes structure)
{
	bool there = expert_same_structure(structure, e->organisation);
	for (size_t i = 0; !there && i < e->establishments.n; i++)
		there = expert_same_structure(structure, e->establishments.at[i]);
	return there;
}

/* He, or one of those who sign for the team. */
static bool is_person(const struct expert *e, struct bytes rpps)
{
	bool same = expert_same_rpps(e->rpps, rpps);
	for (size_t i = 0; !same && i < e->n_members; i++)
		same = expert_same_rpps(e->members[i].rpps, rpps);
	return same;
}

static struct bytes answer_of(const struct dossier *d, const char *question)
{
	struct bytes value = BYTES_NONE;
	return dossier_answer(d, bytes_of_text(question), 0, &value) ? bytes_trim(value) : BYTES_NONE;
}

/* The three physicians whom a request can name, by mailbox and by RPPS. Who will operate cannot be the second opinion. */
static bool is_physician(const struct expert *e, const struct dossier *d, struct bytes *about)
{
	const struct {
		const char *name;
		struct bytes mailbox, rpps;
	} physicians[] = {
		{"attending", d->request.attending.mailbox, answer_of(d, "physician.attending.rpps")},
		{"first_opinion", d->request.first_opinion.mailbox, answer_of(d, "physician.first-opinion.rpps")},
		{"operating", answer_of(d, "physician.operating.mailbox"), answer_of(d, "physician.operating.rpps")},
	};
	for (size_t i = 0; i < sizeof physicians / sizeof physicians[0]; i++) {
		if (!sender_same_address(physicians[i].mailbox, e->mailbox) && !is_person(e, physicians[i].rpps))
			continue;
		*about = bytes_of_text(physicians[i].name);
		return true;
	}
	return false;
}

static bool wrote(const struct expert *e, const struct policy_document *doc)
{
	bool his = false;
	for (size_t i = 0; !his && i < doc->n_authors; i++)
		his = is_person(e, doc->authors[i].id);
	return his;
}

/* Where it was written, where it is kept, and who sent it. */
static bool comes_from(const struct expert *e, const struct dossier_filing *f)
{
	const struct policy_document *doc = &f->document;
	bool there = works_at(e, doc->custodian.id) || works_at(e, f->organisation);
	for (size_t i = 0; !there && i < doc->n_authors; i++)
		there = works_at(e, doc->authors[i].organisation);
	return there;
}

static struct bytes title_of(const struct policy_document *doc)
{
	return bytes_trim(doc->title).len > 0 ? doc->title : dossier_document_key(doc);
}

static enum exclusion conflict_declared(struct arena *arena, const struct expert *e, const struct dossier *d, struct bytes *about)
{
	for (size_t i = 0; i < d->n_offers; i++) {
		const struct dossier_offer *o = &d->offers[i];
		if (o->word != POLICY_WORD_CONFLICT || !expert_same_rpps(o->rpps, e->rpps))
			continue;
		*about = text_day(arena, o->answered_at);
		return EXCLUSION_DECLARED;
	}
	return EXCLUSION_NONE;
}

/* Replaced and withdrawn documents count too: who wrote the first version is no stranger to the case. */
static enum exclusion judge_conflict(struct arena *arena, const struct expert *e, const struct dossier *d, struct bytes *about)
{
	static const char *const places[] = {"physician.operating.organisation", "physician.first-opinion.organisation",
					     "physician.attending.organisation"};

	if (is_physician(e, d, about))
		return EXCLUSION_PHYSICIAN;
	for (size_t i = 0; i < d->n_documents; i++) {
		if (!wrote(e, &d->documents[i].filing.document))
			continue;
		*about = title_of(&d->documents[i].filing.document);
		return EXCLUSION_AUTHOR;
	}
	for (size_t i = 0; i < d->n_documents; i++) {
		if (!comes_from(e, &d->documents[i].filing))
			continue;
		*about = title_of(&d->documents[i].filing.document);
		return EXCLUSION_ESTABLISHMENT;
	}
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		struct bytes structure = answer_of(d, places[i]);
		if (!works_at(e, structure))
			continue;
		*about = structure;
		return EXCLUSION_ESTABLISHMENT;
	}
	return conflict_declared(arena, e, d, about);
}

/* --- what he has in hand --- */

static const struct dossier_offer *asked_before(const struct expert *e, const struct dossier *d)
{
	for (size_t i = d->n_offers; i > 0; i--)
		if (expert_same_rpps(d->offers[i - 1].rpps, e->rpps))
			return &d->offers[i - 1];
	return NULL;
}

/* An offer that awaits his answer counts as one that he takes: he may say yes to all of them. */
static enum exclusion judge_room(struct arena *arena, const struct expert *e, struct instant now, struct bytes *about)
{
	const struct expert_leave *leave = expert_away(e, now);
	unsigned most = e->probation > 0 ? e->probation : EXPERT_PROBATION_MOST, taken = e->week + e->asked;

	if (leave != NULL) {
		/* The end is the first instant when he is there again: the day before is the last of his absence. */
		*about = text_day(arena, (struct instant){leave->until.us - 1});
		return EXCLUSION_LEAVE;
	}
	if (e->state == EXPERT_PROBATION && e->load >= most) {
		*about = text_part(arena, e->load, most);
		return EXCLUSION_PROBATION;
	}
	if (taken < e->capacity)
		return EXCLUSION_NONE;
	*about = text_part(arena, taken, e->capacity);
	return EXCLUSION_CAPACITY;
}

static enum exclusion judge(struct arena *arena, const struct expert *e, const struct dossier *d, struct instant now, struct bytes *about)
{
	enum exclusion why = judge_record(arena, e, d->request.pathology, now, about);

	if (why == EXCLUSION_NONE)
		why = judge_conflict(arena, e, d, about);
	const struct dossier_offer *before = why == EXCLUSION_NONE ? asked_before(e, d) : NULL;
	if (before != NULL) {
		*about = text_day(arena, before->at);
		return EXCLUSION_ASKED;
	}
	return why == EXCLUSION_NONE ? judge_room(arena, e, now, about) : why;
}

/* --- the choice --- */

static int compare_bytes(struct bytes a, struct bytes b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++)
		if (a.at[i] != b.at[i])
			return a.at[i] < b.at[i] ? -1 : 1;
	return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

/* load/capacity compared crosswise, so that nothing is rounded. */
static bool is_better(const struct expert *a, const struct expert *b)
{
	uint64_t left = (uint64_t)a->load * b->capacity, right = (uint64_t)b->load * a->capacity;

	if (left != right)
		return left < right;
	if (a->offered_at.us != b->offered_at.us)
		return instant_before(a->offered_at, b->offered_at);
	return compare_bytes(a->rpps, b->rpps) < 0;
}

const char *exclusion_name(enum exclusion why)
{
	return words[why].name;
}

const char *exclusion_label(enum exclusion why, const char *language)
{
	return bytes_equal_text(BYTES("en"), language) ? words[why].en : words[why].fr;
}

bool exclusion_is_conflict(enum exclusion why)
{
	return words[why].reason == REASON_EXPERT_CONFLICT;
}

enum reason exclusion_reason(enum exclusion why)
{
	return words[why].reason;
}

enum exclusion route_judge(struct arena *arena, const struct expert *expert, const struct dossier *dossier, struct instant now, struct bytes *about)
{
	struct bytes text = BYTES_NONE;
	enum exclusion why = judge(about != NULL ? arena : NULL, expert, dossier, now, &text);

	if (about != NULL)
		*about = text;
	return why;
}

enum exclusion route_barred(const struct expert *expert, const struct dossier *dossier, struct instant now)
{
	struct bytes about = BYTES_NONE;
	enum exclusion why = judge_record(NULL, expert, dossier->request.pathology, now, &about);

	if (why == EXCLUSION_NONE)
		why = judge_conflict(NULL, expert, dossier, &about);
	return why == EXCLUSION_NONE && expert_away(expert, now) != NULL ? EXCLUSION_LEAVE : why;
}

enum exclusion route_conflict(struct arena *arena, const struct expert *expert, const struct dossier *dossier, struct bytes *about)
{
	struct bytes text = BYTES_NONE;
	enum exclusion why = judge_conflict(about != NULL ? arena : NULL, expert, dossier, &text);

	if (about != NULL)
		*about = text;
	return why;
}

enum exclusion route_available(struct arena *arena, const struct expert *expert, struct bytes pathology, struct instant now, struct bytes *about)
{
	struct bytes text = BYTES_NONE;
	enum exclusion why = judge_record(about != NULL ? arena : NULL, expert, pathology, now, &text);

	if (why == EXCLUSION_NONE)
		why = judge_room(about != NULL ? arena : NULL, expert, now, &text);
	if (about != NULL)
		*about = text;
	return why;
}

enum reason route_choose(struct arena *arena, const struct expert *list, size_t n, const struct dossier *dossier,
			 struct instant now, const struct expert **chosen, struct route_exclusion **excluded,
			 size_t *n_excluded)
{
	struct route_exclusion *left_out = excluded == NULL ? NULL : arena_alloc(arena, (n + 1) * sizeof *left_out);
	size_t n_left_out = 0;

	*chosen = NULL;
	for (size_t i = 0; i < n; i++) {
		struct bytes about = BYTES_NONE;
		enum exclusion why = judge(left_out != NULL ? arena : NULL, &list[i], dossier, now, &about);
		if (why == EXCLUSION_NONE && (*chosen == NULL || is_better(&list[i], *chosen)))
			*chosen = &list[i];
		if (why != EXCLUSION_NONE && left_out != NULL)
			left_out[n_left_out++] = (struct route_exclusion){&list[i], why, about};
	}
	if (excluded != NULL) {
		*excluded = left_out;
		*n_excluded = n_left_out;
	}
	return *chosen == NULL ? REASON_EXPERT_NONE : REASON_NONE;
}

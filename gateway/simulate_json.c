/* gateway/simulate_json.c - see simulate_json.h. */
#include "gateway/simulate_json.h"

#include <string.h>

#include "base/calendar.h"
#include "gateway/json_view.h"

enum { BURSTS_MOST = 100 };

/* One file while it is read. */
struct reading {
	struct arena *arena;
	const char *wrong;           /* the first thing that is; NULL while all is good */
};

static bool fail(struct reading *r, const char *key, const char *what)
{
	if (r->wrong == NULL)
		r->wrong = arena_printf(r->arena, "\"%s\" %s", key, what);
	return false;
}

static bool is_among(const char *key, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

static bool only(struct reading *r, const json_t *object, const char *where, const char *const *keys, size_t n)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return fail(r, where, "is no object");
	json_object_foreach((json_t *)object, key, value) {
		if (!is_among(key, keys, n))
			return fail(r, key, "is a key that is not known here");
	}
	return true;
}
#define ONLY(r, object, where, ...)                                                      \
	only((r), (object), (where), (const char *const[]){__VA_ARGS__},                  \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* --- single values: what is not there stays as it is ---------------------------------- */

static void read_count(struct reading *r, const json_t *object, const char *key, unsigned most, unsigned *out)
{
	const json_t *value = json_object_get(object, key);

	if (value == NULL)
		return;
	if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > (json_int_t)most)
		fail(r, key, "is no whole number, or too large");
	else
		*out = (unsigned)json_integer_value(value);
}

/* 0 to 1, in thousandths. */
static void read_share(struct reading *r, const json_t *object, const char *key, unsigned *out)
{
	const json_t *value = json_object_get(object, key);
	double share = json_number_value(value);

	if (value == NULL)
		return;
	if (!json_is_number(value) || share < 0 || share > 1)
		fail(r, key, "is no share from 0 to 1");
	else
		*out = (unsigned)(share * SIMULATE_WHOLE + 0.5);
}

/* "90 min", "8 h", "4 d": the units of the deadlines' settings. */
static bool read_span(struct bytes text, struct span *out)
{
	size_t space = bytes_find_byte(text, ' ', 0);
	struct bytes unit = bytes_from(text, space + 1);
	uint64_t count;

	if (!bytes_number(bytes_slice(text, 0, space), 527040, &count))
		return false;
	if (bytes_equal_text(unit, "min"))
		*out = SPAN_MINUTES(count);
	else if (bytes_equal_text(unit, "h") && count <= 24 * SIMULATE_DAYS_MOST)
		*out = SPAN_HOURS(count);
	else if (bytes_equal_text(unit, "d") && count <= SIMULATE_DAYS_MOST)
		*out = SPAN_DAYS(count);
	else
		return false;
	return true;
}

static void read_delay(struct reading *r, const json_t *object, const char *key, struct simulate_delay *out)
{
	const json_t *list = json_object_get(object, key);
	struct simulate_delay d;

	if (list == NULL)
		return;
	if (json_array_size(list) != 3 || !read_span(json_text_view(json_array_get(list, 0)), &d.p10) ||
	    !read_span(json_text_view(json_array_get(list, 1)), &d.p50) || !read_span(json_text_view(json_array_get(list, 2)), &d.p90))
		fail(r, key, "is not three times like [\"1 h\", \"8 h\", \"2 d\"]");
	else
		*out = d;
}

static bool read_day(struct bytes text, struct instant *out)
{
	uint64_t y, m, d;

	if (text.len != 10 || text.at[4] != '-' || text.at[7] != '-' || !bytes_number(bytes_slice(text, 0, 4), 2999, &y) ||
	    !bytes_number(bytes_slice(text, 5, 2), 12, &m) || !bytes_number(bytes_slice(text, 8, 2), 31, &d) || y < 1990 || m == 0 || d == 0)
		return false;
	*out = calendar_instant(CALENDAR_FRANCE, (struct date){(int)y, (int)m, (int)d}, 0);
	return true;
}

static void read_from(struct reading *r, const json_t *object, struct instant *out)
{
	const json_t *value = json_object_get(object, "from");

	if (value != NULL && !read_day(json_text_view(value), out))
		fail(r, "from", "is no day like \"2026-03-02\"");
}

/* --- the parts ---------------------------------------------------------------------------- */

static void read_bursts(struct reading *r, const json_t *list, struct simulate_population *out)
{
	size_t n = json_array_size(list), i;
	struct simulate_burst *bursts = arena_alloc(r->arena, (n + 1) * sizeof *bursts);
	json_t *b;

	if (list != NULL && (!json_is_array(list) || n > BURSTS_MOST)) {
		fail(r, "bursts", "is no list, or too long");
		return;
	}
	json_array_foreach(list, i, b) {
		if (!ONLY(r, b, "bursts", "day", "requests"))
			return;
		read_count(r, b, "day", SIMULATE_DAYS_MOST, &bursts[i].day);
		read_count(r, b, "requests", SIMULATE_REQUESTS_MOST, &bursts[i].requests);
	}
	out->bursts = bursts;
	out->n_bursts = n;
}

static void read_requests(struct reading *r, const json_t *o, struct simulate_population *out)
{
	if (o == NULL || !ONLY(r, o, "requests", "per_day", "weekend", "bursts"))
		return;
	read_count(r, o, "per_day", SIMULATE_REQUESTS_MOST, &out->per_day);
	read_share(r, o, "weekend", &out->weekend);
	read_bursts(r, json_object_get(o, "bursts"), out);
}

static void read_pathologies(struct reading *r, const json_t *list, struct simulate_population *out)
{
	size_t n = json_array_size(list), i;
	json_t *p;

	if (list == NULL)
		return;
	if (!json_is_array(list) || n == 0 || n > SIMULATE_PATHOLOGIES_MOST) {
		fail(r, "pathologies", "is no list, empty or too long");
		return;
	}
	struct simulate_pathology *pathologies = arena_alloc(r->arena, n * sizeof *pathologies);
	json_array_foreach(list, i, p) {
		unsigned exams = 2;
		struct bytes code = json_view(p, "code"), title = json_view(p, "title");
		pathologies[i].weight = 1;
		if (!ONLY(r, p, "pathologies", "code", "title", "weight", "exams"))
			return;
		if (code.len == 0)
			fail(r, "code", "of a pathology is missing");
		read_count(r, p, "weight", 1000000, &pathologies[i].weight);
		read_count(r, p, "exams", 50, &exams);
		pathologies[i].rule = simulate_pathology_make(r->arena, code, title.len > 0 ? title : code, exams);
	}
	out->pathologies = pathologies;
	out->n_pathologies = n;
}

/* "leave": [{"day": 5, "days": 10}]: of everybody in the group. */
static void read_leave(struct reading *r, const json_t *list, struct instant from, struct simulate_expert *like)
{
	size_t n = json_array_size(list), i;
	struct expert_leave *leave = arena_alloc(r->arena, (n + 1) * sizeof *leave);
	json_t *l;

	json_array_foreach(list, i, l) {
		unsigned day = 0, days = 1;
		if (!ONLY(r, l, "leave", "day", "days"))
			return;
		read_count(r, l, "day", SIMULATE_DAYS_MOST, &day);
		read_count(r, l, "days", SIMULATE_DAYS_MOST, &days);
		leave[i].from = instant_plus(from, SPAN_DAYS(day));
		leave[i].until = instant_plus(leave[i].from, SPAN_DAYS(days));
	}
	like->rule.leave = leave;
	like->rule.n_leave = n;
}

static unsigned read_group(struct reading *r, const json_t *o, struct instant from, struct simulate_expert *like, struct policy_texts *pathologies)
{
	unsigned count = 1;

	*like = simulate_expert_default();
	like->rule.capacity = 2;
	if (!ONLY(r, o, "experts", "count", "pathologies", "capacity", "accepts", "silent", "unclear", "incomplete", "more", "answer", "opinion", "leave"))
		return 0;
	read_count(r, o, "count", SIMULATE_EXPERTS_MOST, &count);
	read_count(r, o, "capacity", 1000, &like->rule.capacity);
	read_share(r, o, "accepts", &like->accepts);
	read_share(r, o, "silent", &like->silent);
	read_share(r, o, "unclear", &like->unclear);
	read_share(r, o, "incomplete", &like->incomplete);
	read_share(r, o, "more", &like->more);
	read_delay(r, o, "answer", &like->answer);
	read_delay(r, o, "opinion", &like->opinion);
	read_leave(r, json_object_get(o, "leave"), from, like);
	pathologies->n = json_views(r->arena, o, "pathologies", &pathologies->at);
	if (pathologies->n == 0)
		fail(r, "pathologies", "of a group of experts names none");
	return count;
}

static void read_experts(struct reading *r, const json_t *list, struct simulate_population *out)
{
	struct simulate_expert *experts, like;
	struct policy_texts pathologies;
	size_t all = 0, n = 0, i;
	json_t *group;

	if (list == NULL)
		return;
	if (!json_is_array(list)) {
		fail(r, "experts", "is no list");
		return;
	}
	json_array_foreach(list, i, group) {
		all += read_group(r, group, out->from, &like, &pathologies);
	}
	if (r->wrong != NULL || all > SIMULATE_EXPERTS_MOST) {
		fail(r, "experts", "are too many");
		return;
	}
	experts = arena_alloc(r->arena, (all + 1) * sizeof *experts);
	json_array_foreach(list, i, group) {
		unsigned count = read_group(r, group, out->from, &like, &pathologies);
		simulate_experts_make(r->arena, experts + n, count, n, pathologies, like.rule.capacity, &like);
		for (size_t k = 0; k < count; k++) {
			experts[n + k].rule.leave = like.rule.leave;
			experts[n + k].rule.n_leave = like.rule.n_leave;
		}
		n += count;
	}
	out->experts = experts;
	out->n_experts = n;
}

static void read_patients(struct reading *r, const json_t *o, struct simulate_patients *out)
{
	if (o == NULL || !ONLY(r, o, "patients", "complete", "never", "without_mailbox", "bounces", "reads", "asks", "pieces", "read", "ask"))
		return;
	read_share(r, o, "complete", &out->complete);
	read_share(r, o, "never", &out->never);
	read_share(r, o, "without_mailbox", &out->without_mailbox);
	read_share(r, o, "bounces", &out->bounces);
	read_share(r, o, "reads", &out->reads);
	read_share(r, o, "asks", &out->asks);
	read_delay(r, o, "pieces", &out->pieces);
	read_delay(r, o, "read", &out->read);
	read_delay(r, o, "ask", &out->ask);
}

static void read_nurses(struct reading *r, const json_t *o, struct simulate_nurses *out)
{
	if (o == NULL || !ONLY(r, o, "nurses", "triage", "check", "other"))
		return;
	read_delay(r, o, "triage", &out->triage);
	read_delay(r, o, "check", &out->check);
	read_delay(r, o, "other", &out->other);
}

static void read_gates(struct reading *r, const json_t *o, struct policy_rules *out)
{
	const json_t *triage = json_object_get(o, "triage_by_nurse"), *release = json_object_get(o, "release_by_nurse");

	if (o == NULL || !ONLY(r, o, "gates", "triage_by_nurse", "release_by_nurse"))
		return;
	if ((triage != NULL && !json_is_boolean(triage)) || (release != NULL && !json_is_boolean(release))) {
		fail(r, "gates", "is neither true nor false");
		return;
	}
	out->triage_by_nurse = triage == NULL ? out->triage_by_nurse : json_is_true(triage);
	out->release_by_nurse = release == NULL ? out->release_by_nurse : json_is_true(release);
}

const char *simulate_json_read(struct arena *arena, const json_t *scenario, struct simulate_population *out)
{
	struct reading r = {.arena = arena};
	unsigned seed = (unsigned)out->seed;

	if (!ONLY(&r, scenario, "scenario", "seed", "from", "days", "tail", "requests", "pathologies", "experts", "patients", "nurses", "gates"))
		return r.wrong;
	read_count(&r, scenario, "seed", UINT32_MAX, &seed);
	out->seed = seed;
	read_from(&r, scenario, &out->from);
	read_count(&r, scenario, "days", SIMULATE_DAYS_MOST, &out->days);
	read_count(&r, scenario, "tail", SIMULATE_DAYS_MOST, &out->tail);
	read_requests(&r, json_object_get(scenario, "requests"), out);
	read_pathologies(&r, json_object_get(scenario, "pathologies"), out);
	read_experts(&r, json_object_get(scenario, "experts"), out);
	read_patients(&r, json_object_get(scenario, "patients"), &out->patients);
	read_nurses(&r, json_object_get(scenario, "nurses"), &out->nurses);
	read_gates(&r, json_object_get(scenario, "gates"), &out->rules);
	return r.wrong != NULL ? r.wrong : simulate_check(out);
}

/* --- the result ------------------------------------------------------------------------------ */

static json_t *hours(struct span s)
{
	return json_real((double)(s.us / 36000000) / 100);
}

static json_t *figure(const struct simulate_figure *f)
{
	json_t *o = json_pack("{s:I}", "n", (json_int_t)f->n);

	if (f->n == 0)
		return o;
	json_object_set_new(o, "mean_h", hours(f->mean));
	json_object_set_new(o, "median_h", hours(f->median));
	json_object_set_new(o, "p90_h", hours(f->p90));
	json_object_set_new(o, "most_h", hours(f->most));
	return o;
}

static json_t *states(const struct simulate_result *r)
{
	json_t *list = json_array();

	for (enum dossier_state s = DOSSIER_NEW; s < DOSSIER_STATES; s++) {
		if (r->states[s].n == 0 && r->ends[s] == 0)
			continue;
		json_t *o = figure(&r->states[s]);
		json_object_set_new(o, "state", json_string(dossier_state_name(s)));
		json_object_set_new(o, "at_end", json_integer((json_int_t)r->ends[s]));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *pathologies(const struct simulate_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_pathologies; i++) {
		const struct simulate_pathology_result *p = &r->pathologies[i];
		json_array_append_new(list, json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:b}", "code", json_of(p->code), "requests",
						      (json_int_t)p->requests, "complete", (json_int_t)p->complete, "experts", (json_int_t)p->experts,
						      "accepted", (json_int_t)p->accepted, "no_expert", (json_int_t)p->no_expert, "kept", (json_int_t)p->kept,
						      "missed", (json_int_t)p->missed, "acceptance", figure(&p->acceptance), "lacks_experts", p->lacks));
	}
	return list;
}

static json_t *experts(const struct simulate_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_experts; i++) {
		const struct simulate_expert_result *e = &r->experts[i];
		json_array_append_new(list, json_pack("{s:o, s:o, s:I, s:I, s:I, s:I, s:I}", "rpps", json_of(e->rpps), "name", json_of(e->name), "offers",
						      (json_int_t)e->offers, "accepted", (json_int_t)e->accepted, "declined", (json_int_t)e->declined,
						      "silent", (json_int_t)e->silent, "opinions", (json_int_t)e->opinions));
	}
	return list;
}

static json_t *mails(const struct simulate_result *r)
{
	json_t *o = json_object();

	for (enum mail_code c = MAIL_NONE + 1; c < MAIL_CODES; c++)
		if (r->mails[c] > 0)
			json_object_set_new(o, mail_code_name(c), json_integer((json_int_t)r->mails[c]));
	return o;
}

json_t *simulate_json_write(const struct simulate_result *r)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I}, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I}",
			 "requests", (json_int_t)r->requests, "complete", (json_int_t)r->complete, "released", (json_int_t)r->released, "delivered",
			 (json_int_t)r->delivered, "promise", "kept", (json_int_t)r->kept, "missed", (json_int_t)r->missed, "kept_net",
			 (json_int_t)r->kept_net, "missed_net", (json_int_t)r->missed_net, "undecided", (json_int_t)r->undecided, "from_complete",
			 figure(&r->promise), "from_complete_net", figure(&r->promise_net), "from_request", figure(&r->request), "to_acceptance",
			 figure(&r->acceptance), "states", states(r), "pathologies", pathologies(r), "experts", experts(r), "mails", mails(r),
			 "reminders", (json_int_t)r->reminders, "acts", (json_int_t)r->acts, "decisions", (json_int_t)r->decisions, "events",
			 (json_int_t)r->events);
}

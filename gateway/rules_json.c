/* gateway/rules_json.c - see rules_json.h. */
#include "gateway/rules_json.h"

#include <string.h>

#include "base/limits.h"
#include "cda/write_codes.h"
#include "certs/name.h"
#include "gateway/json_view.h"

enum kind { TEXT, OPTIONAL_TEXT, TEXTS, OPTIONAL_TEXTS, NUMBER, OPTIONAL_NUMBER, OBJECTS, OPTIONAL_OBJECTS, OPTIONAL_TRUTH, OPTIONAL_REAL };

struct key {
	const char *name;
	enum kind kind;
};

static bool all_are(const json_t *list, bool objects)
{
	size_t i;
	json_t *value;
	json_array_foreach(list, i, value) {
		if (objects ? !json_is_object(value) : !json_is_string(value) || json_string_length(value) == 0)
			return false;
	}
	return true;
}

static bool value_fits(const json_t *value, enum kind kind)
{
	switch (kind) {
	case TEXT:
	case OPTIONAL_TEXT:
		return json_is_string(value) && json_string_length(value) > 0;
	case NUMBER:
	case OPTIONAL_NUMBER:
		return json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) < 100000;
	case OPTIONAL_TRUTH:
		return json_is_boolean(value);
	case OPTIONAL_REAL:
		return json_is_number(value) && json_number_value(value) > -1e9 && json_number_value(value) < 1e9;
	case TEXTS:
		return json_is_array(value) && json_array_size(value) > 0 && all_are(value, false);
	case OPTIONAL_TEXTS:
		return json_is_array(value) && all_are(value, false);
	case OBJECTS:
		return json_is_array(value) && json_array_size(value) > 0 && all_are(value, true);
	case OPTIONAL_OBJECTS:
		return json_is_array(value) && all_are(value, true);
	}
	return false;
}

static bool optional(enum kind kind)
{
	return kind == OPTIONAL_TEXT || kind == OPTIONAL_TEXTS || kind == OPTIONAL_NUMBER || kind == OPTIONAL_OBJECTS ||
	       kind == OPTIONAL_TRUTH || kind == OPTIONAL_REAL;
}

/* Every key known, every required one there, every value of its kind. */
static const char *check(struct arena *arena, const json_t *item, const struct key *keys, size_t n)
{
	const char *name;
	json_t *value;

	if (!json_is_object(item))
		return "an item is no object";
	json_object_foreach((json_t *)item, name, value) {
		size_t k = 0;
		while (k < n && strcmp(keys[k].name, name) != 0)
			k++;
		if (k == n)
			return arena_printf(arena, "unknown key \"%s\"", name);
		if (!value_fits(value, keys[k].kind))
			return arena_printf(arena, "the value of \"%s\" is not allowed", name);
	}
	for (size_t k = 0; k < n; k++)
		if (!optional(keys[k].kind) && json_object_get(item, keys[k].name) == NULL)
			return arena_printf(arena, "the key \"%s\" is missing", keys[k].name);
	return NULL;
}
#define CHECK(arena, item, keys) check((arena), (item), (keys), sizeof(keys) / sizeof((keys)[0]))

static struct policy_texts texts(struct arena *arena, const json_t *item, const char *key)
{
	struct policy_texts t;
	t.n = json_views(arena, item, key, &t.at);
	return t;
}

static unsigned number(const json_t *item, const char *key, unsigned otherwise)
{
	const json_t *value = json_object_get(item, key);
	return value == NULL ? otherwise : (unsigned)json_integer_value(value);
}

/* What a report writes must have its name in the value set. */
static bool known_code(enum write_set set, const json_t *item, const char *key)
{
	struct bytes code = json_view(item, key);
	return code.len == 0 || write_code_name(set, code).len > 0;
}

/* One of two words; false when it is neither. */
static bool word(const json_t *item, const char *key, const char *no, const char *yes, bool *out)
{
	struct bytes value = json_view(item, key);
	*out = bytes_equal_text(value, yes);
	return *out || value.len == 0 || bytes_equal_text(value, no);
}

/* ---------------------------------------------------------------- expert */

/* A person, and an organisation's mailbox with those who sign for it. */
#define EXPERT_KEYS                                                                                                                     \
	{"mailbox", TEXT}, {"organisation", TEXT}, {"organisation_id", TEXT}, {"establishments", OPTIONAL_TEXTS}, {"pathologies", TEXTS}, \
	{"capacity", NUMBER}, {"leave", OPTIONAL_OBJECTS}, {"setting", OPTIONAL_TEXT}, {"delegates", OPTIONAL_TEXTS}, {"state", OPTIONAL_TEXT}, \
	{"probation", OPTIONAL_NUMBER}, {"validated", OPTIONAL_TEXT}, {"valid_from", OPTIONAL_TEXT}, {"valid_until", OPTIONAL_TEXT}, \
	{"payee", OPTIONAL_TEXT}
static const struct key expert_keys[] = {
	{"rpps", TEXT}, {"title", OPTIONAL_TEXT}, {"given", TEXT}, {"family", TEXT}, {"specialty", OPTIONAL_TEXT}, {"certificates", OPTIONAL_TEXTS},
	EXPERT_KEYS,
};
static const struct key team_keys[] = {{"id", TEXT}, {"name", TEXT}, {"members", OBJECTS}, EXPERT_KEYS};
static const struct key member_keys[] = {
	{"rpps", TEXT}, {"title", OPTIONAL_TEXT}, {"given", TEXT}, {"family", TEXT}, {"specialty", OPTIONAL_TEXT}, {"certificates", OPTIONAL_TEXTS},
};
static const struct key leave_keys[] = {{"from", TEXT}, {"until", TEXT}};

static const char *expert_leave(struct arena *arena, const json_t *list, struct expert *out)
{
	struct expert_leave *leave = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *leave);
	size_t i;
	json_t *l;

	json_array_foreach(list, i, l) {
		const char *wrong = CHECK(arena, l, leave_keys);
		if (wrong != NULL)
			return arena_printf(arena, "leave: %s", wrong);
		if (!json_instant(l, "from", &leave[i].from) || !json_instant(l, "until", &leave[i].until) ||
		    !instant_before(leave[i].from, leave[i].until))
			return "leave: from and until are no two instants in order (RFC 3339)";
	}
	out->leave = leave;
	out->n_leave = json_array_size(list);
	return NULL;
}

static const char *full_name(struct arena *arena, const json_t *item)
{
	struct bytes title = json_view(item, "title");
	return arena_printf(arena, "%.*s%s%s %s", (int)title.len, (const char *)title.at, title.len > 0 ? " " : "",
			    json_string_value(json_object_get(item, "given")), json_string_value(json_object_get(item, "family")));
}

static const char *expert_members(struct arena *arena, const json_t *list, struct expert *out)
{
	struct expert_member *members = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *members);
	size_t i;
	json_t *m;

	json_array_foreach(list, i, m) {
		const char *wrong = CHECK(arena, m, member_keys);
		if (wrong != NULL)
			return arena_printf(arena, "members: %s", wrong);
		members[i] = (struct expert_member){json_view(m, "rpps"), bytes_of_text(full_name(arena, m)), texts(arena, m, "certificates")};
	}
	out->members = members;
	out->n_members = json_array_size(list);
	return NULL;
}

/* A day, the last one counted in or not; 0 when it is not told. */
static bool day_of(const json_t *item, const char *key, bool last, struct instant *out)
{
	struct bytes text = json_view(item, key);

	*out = (struct instant){0};
	if (text.len == 0)
		return true;
	return last ? expert_day_end(text, out) : expert_day(text, out);
}

/* Who is asked from when to when: from the council's validation on at the earliest. */
static const char *expert_validity(const json_t *item, struct expert *out)
{
	struct instant validated;
	struct bytes state = json_view(item, "state");

	out->state = state.len == 0 ? EXPERT_ACTIVE : expert_state_of_name(state);
	if (out->state == EXPERT_STATES)
		return "\"state\" is none of active, probation, candidate, suspended, ended";
	if (!day_of(item, "validated", false, &validated) || !day_of(item, "valid_from", false, &out->valid_from) ||
	    !day_of(item, "valid_until", true, &out->valid_until))
		return "\"validated\", \"valid_from\" and \"valid_until\" are days, YYYY-MM-DD";
	if (instant_before(out->valid_from, validated))
		out->valid_from = validated;
	return NULL;
}

static const char *expert_mailboxes(struct arena *arena, const json_t *item, struct expert *out)
{
	out->mailbox = json_view(item, "mailbox");
	out->delegates = texts(arena, item, "delegates");
	if (!sender_address_ok(out->mailbox))
		return "the value of \"mailbox\" is no address";
	for (size_t i = 0; i < out->delegates.n; i++)
		if (!sender_address_ok(out->delegates.at[i]) || sender_same_address(out->delegates.at[i], out->mailbox))
			return "\"delegates\" holds a text that is no address, or the expert's own";
	return NULL;
}

/* A team's id must never be taken for a person's number. */
static bool has_letter(struct bytes id)
{
	for (size_t i = 0; i < id.len; i++)
		if ((id.at[i] | 0x20) >= 'a' && (id.at[i] | 0x20) <= 'z')
			return true;
	return false;
}

const char *rules_expert(struct arena *arena, const json_t *item, struct expert *out)
{
	bool team = json_object_get(item, "members") != NULL;
	const char *wrong = team ? CHECK(arena, item, team_keys) : CHECK(arena, item, expert_keys);
	if (wrong != NULL)
		return wrong;
	*out = (struct expert){
		.rpps = json_view(item, team ? "id" : "rpps"), .name = team ? json_view(item, "name") : bytes_of_text(full_name(arena, item)),
		.organisation = json_view(item, "organisation_id"), .establishments = texts(arena, item, "establishments"),
		.pathologies = texts(arena, item, "pathologies"), .fingerprints = texts(arena, item, "certificates"),
		.capacity = number(item, "capacity", 0), .probation = number(item, "probation", 0),
	};
	if (team && !has_letter(out->rpps))
		return "the value of \"id\" has no letter: it could be taken for a person's number";
	if (!known_code(WRITE_SET_PRACTICE, item, "setting"))
		return "the value of \"setting\" is none of the value set JDV_J04";
	if (!word(item, "payee", "person", "organisation", &out->organisation_paid) || (team && json_view(item, "payee").len > 0 && !out->organisation_paid))
		return "\"payee\" is neither person nor organisation, or a person for a team";
	out->organisation_paid |= team;
	wrong = expert_mailboxes(arena, item, out);
	if (wrong == NULL)
		wrong = expert_validity(item, out);
	if (wrong == NULL && team)
		wrong = expert_members(arena, json_object_get(item, "members"), out);
	return wrong != NULL ? wrong : expert_leave(arena, json_object_get(item, "leave"), out);
}

/* ---------------------------------------------------------------- organisation */

static const struct key organisation_keys[] = {
	{"organisation", TEXT}, {"id", TEXT}, {"domains", TEXTS}, {"certificates", OPTIONAL_TEXTS}, {"subjects", OPTIONAL_TEXTS},
	{"classes", TEXTS}, {"signature", OPTIONAL_TEXT}, {"identities", TEXT},
};

static unsigned class_of(struct bytes name)
{
	static const struct {
		const char *name;
		enum sender_class class;
	} classes[] = {{"request", SENDER_REQUEST}, {"record", SENDER_RECORD}, {"replacement", SENDER_REPLACEMENT}, {"deletion", SENDER_DELETION}};
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
		if (bytes_equal_text(name, classes[i].name))
			return classes[i].class;
	return 0;
}

const char *rules_organisation(struct arena *arena, const json_t *item, struct organisation *out)
{
	const char *wrong = CHECK(arena, item, organisation_keys);
	if (wrong != NULL)
		return wrong;
	*out = (struct organisation){
		.name = json_view(item, "organisation"), .id = json_view(item, "id"),
		.domains = texts(arena, item, "domains"), .fingerprints = texts(arena, item, "certificates"),
		.subjects = texts(arena, item, "subjects"),
	};
	struct policy_texts classes = texts(arena, item, "classes");
	for (size_t i = 0; i < classes.n; i++) {
		unsigned class = class_of(classes.at[i]);
		if (class == 0)
			return "\"classes\" holds a word that is none of request, record, replacement, deletion";
		out->classes |= class;
	}
	if (!word(item, "signature", "required", "operator", &out->operator_link))
		return "\"signature\" is neither required nor operator";
	if (!word(item, "identities", "production", "test", &out->test))
		return "\"identities\" is neither test nor production";
	return NULL;
}

/* ---------------------------------------------------------------- recipient */

static const struct key recipient_keys[] = {{"recipient", TEXT}, {"form", OPTIONAL_TEXT}, {"limit_mb", OPTIONAL_NUMBER}, {"why", OPTIONAL_TEXT},
					     {"encrypt", OPTIONAL_TEXT}, {"content", OPTIONAL_TEXT}, {"certificate", OPTIONAL_TEXT}, {"certificate_until", OPTIONAL_TEXT}};

/* "@domain", or an address. */
static bool recipient_ok(struct arena *arena, struct bytes address)
{
	if (address.len > 0 && address.at[0] == '@')
		address = bytes_of_text(arena_printf(arena, "a%.*s", (int)address.len, (const char *)address.at));
	return sender_address_ok(address);
}

/* What the signer needs of it, it reads itself; a domain has no certificate of its own. */
static const char *check_encryption(const json_t *item, struct bytes address)
{
	struct bytes encrypt = json_view(item, "encrypt");
	bool certificate = json_view(item, "certificate").len > 0, enveloped;

	if (encrypt.len > 0 && !bytes_equal_text(encrypt, "never") && !bytes_equal_text(encrypt, "held") && !bytes_equal_text(encrypt, "required"))
		return "\"encrypt\" is none of never, held, required";
	if (!word(item, "content", "authenticated", "enveloped", &enveloped))
		return "\"content\" is neither authenticated nor enveloped";
	return certificate && address.at[0] == '@' ? "a \"certificate\" is a mailbox's, not a domain's" : NULL;
}

const char *rules_recipient(struct arena *arena, const json_t *item, struct recipient *out)
{
	const char *wrong = CHECK(arena, item, recipient_keys);
	if (wrong != NULL)
		return wrong;
	*out = (struct recipient){.address = json_view(item, "recipient"), .limit = (uint64_t)number(item, "limit_mb", 0) * 1000000};
	if (!recipient_ok(arena, out->address))
		return "the value of \"recipient\" is neither an address nor \"@domain\"";
	wrong = check_encryption(item, out->address);
	if (wrong != NULL)
		return wrong;
	if (out->limit != 0 && (out->limit < 2000000 || out->limit > LIMIT_COMPOSE_MAIL))
		return "\"limit_mb\" is not from 2 to 26";
	out->paper = bytes_equal_text(json_view(item, "form"), "paper");
	return out->paper || word(item, "form", "pdf+xdm", "pdf", &out->pdf_only) ? NULL : "\"form\" is none of pdf, pdf+xdm, paper";
}

/* ---------------------------------------------------------------- setting */

static const struct key setting_keys[] = {{"setting", TEXT}, {"value", TEXT}};

const char *rules_setting(struct arena *arena, const json_t *item, int version, struct deadline_settings *settings)
{
	const char *wrong = CHECK(arena, item, setting_keys);
	if (wrong != NULL)
		return wrong;
	switch (deadline_settings_set(settings, json_view(item, "setting"), json_view(item, "value"), version)) {
	case REASON_NONE:
		return NULL;
	case REASON_NOT_FOUND:
		return "no setting has that name: relais settings list";
	default:
		return "the \"value\" is none that this setting may have: \"12 h\", with min, h, d, wh, wd; of a window \"9:00-20:00\"; of fee.cents a number; of retention.… \"20 y\", with d, m, y; or \"default\"";
	}
}

/* ---------------------------------------------------------------- account */

static const struct key account_keys[] = {
	{"mailbox", TEXT}, {"name", TEXT}, {"kind", TEXT}, {"certificates", OPTIONAL_TEXTS}, {"subjects", OPTIONAL_TEXTS},
};

/* In lower case, so that one mailbox is written in one way, and of our own domain. */
static bool own_address(struct bytes address, const char *domain)
{
	for (size_t i = 0; i < address.len; i++)
		if (address.at[i] >= 'A' && address.at[i] <= 'Z')
			return false;
	return sender_address_ok(address) && bytes_equal_nocase(sender_domain(address), bytes_of_text(domain));
}

static const char *account_names(struct arena *arena, const json_t *item, struct account *out)
{
	struct policy_texts printed = texts(arena, item, "certificates");
	struct bytes *names = arena_alloc(arena, (printed.n + 1) * sizeof *names);

	for (size_t i = 0; i < printed.n; i++)
		if (name_of_text(arena, printed.at[i], &names[i]) != REASON_NONE)
			return arena_printf(arena, "\"certificates\" holds a name that cannot be read: %.*s", (int)printed.at[i].len,
					    (const char *)printed.at[i].at);
	out->names = (struct policy_texts){names, printed.n};
	return NULL;
}

/* A person's mailbox is opened by her token, an application's by its certificate (interoperability rules, ECO.1.2.1 and the
 * application family); an organisation's by either. */
static const char *account_kind(const struct account *a, struct bytes kind)
{
	if (bytes_equal_text(kind, "PER"))
		return a->names.n > 0 ? "a mailbox of kind PER has \"subjects\" and no \"certificates\"" : NULL;
	if (bytes_equal_text(kind, "APP"))
		return a->subjects.n > 0 ? "a mailbox of kind APP has \"certificates\" and no \"subjects\"" : NULL;
	return bytes_equal_text(kind, "ORG") ? NULL : "\"kind\" is none of PER, ORG, APP";
}

const char *rules_account(struct arena *arena, const json_t *item, const char *domain, struct account *out)
{
	const char *wrong = CHECK(arena, item, account_keys);
	if (wrong != NULL)
		return wrong;
	*out = (struct account){.mailbox = json_view(item, "mailbox"), .subjects = texts(arena, item, "subjects")};
	if (!own_address(out->mailbox, domain))
		return arena_printf(arena, "the value of \"mailbox\" is no address in %s, in lower case", domain);
	wrong = account_names(arena, item, out);
	return wrong != NULL ? wrong : account_kind(out, json_view(item, "kind"));
}

/* gateway/config.c - see config.h.
 *
 * Two walks: the file is held against the table (unknown keys), then the table against the file (values, defaults). */
#include "gateway/config.h"

#include "base/buf.h"
#include "base/limits.h"
#include "gateway/clamd.h"
#include "gateway/config_keys.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* libconfig has a function of our name. */
#define config_read libconfig_read
#include <libconfig.h>
#undef config_read

struct reader {
	struct arena *arena;
	const char *folder;
	struct config_problem *problem;
};

static enum reason problem(const struct reader *r, enum reason reason, const config_setting_t *at, const char *key,
			   const char *detail)
{
	int line = at == NULL ? 0 : (int)config_setting_source_line(at);
	*r->problem = (struct config_problem){reason, line, key, detail};
	return reason;
}

static const char *full_name(const struct reader *r, const char *group, const char *name)
{
	return group[0] == '\0' ? name : arena_printf(r->arena, "%s.%s", group, name);
}

/* --- what may stand in a value --------------------------------------------------------- */

static bool only(struct bytes text, const char *allowed)
{
	struct bytes set = bytes_of_text(allowed);
	for (size_t i = 0; i < text.len; i++)
		if (bytes_find_byte(set, text.at[i], 0) == set.len)
			return false;
	return text.len > 0;
}

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static bool is_name(struct bytes text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	return text.len <= 253 && only(text, allowed) && text.at[0] != '.' && text.at[0] != '-' &&
	       text.at[text.len - 1] != '.' && !bytes_contains(text, BYTES(".."));
}

static bool is_address(struct bytes text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._+";
	size_t at = bytes_find_byte(text, '@', 0);
	return at < text.len && only(bytes_slice(text, 0, at), allowed) && is_name(bytes_from(text, at + 1));
}

static bool is_oid(struct bytes text)
{
	return only(text, "0123456789.") && only(bytes_slice(text, 0, 1), "012") && text.at[text.len - 1] != '.' &&
	       !bytes_contains(text, BYTES("..")) && bytes_contains(text, BYTES("."));
}

static bool is_word(const struct reader *r, struct bytes word, const char *allowed)
{
	if (!only(word, letters) && !bytes_equal_text(word, "*"))
		return false;
	const char *spaced = arena_printf(r->arena, " %.*s ", (int)word.len, (const char *)word.at);
	return allowed != NULL && bytes_contains(bytes_of_text(allowed), bytes_of_text(spaced));
}

static bool are_words(const struct reader *r, struct bytes text, const char *allowed)
{
	struct cursor c = cursor_on(text);
	if (bytes_ends(text, BYTES(",")))
		return false;
	while (!cursor_done(&c))
		if (!is_word(r, cursor_until(&c, ','), allowed))
			return false;
	return text.len > 0;
}

/* scheme://host[:port][/path]: no user, no fragment, nothing that another reader could take for the end. */
static bool is_url(const struct reader *r, struct bytes url, const char *allowed)
{
	static const char marks[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?=&%+,[]";
	size_t end = bytes_find(url, BYTES("://"), 0);
	struct bytes rest = bytes_from(url, end + 3);
	const char *scheme = arena_printf(r->arena, " %.*s:// ", (int)end, (const char *)url.at);

	return end < url.len && bytes_contains(bytes_of_text(allowed), bytes_of_text(scheme)) && only(rest, marks) && rest.at[0] != '/' &&
	       rest.at[0] != ':' && rest.at[0] != '?';
}

static bool are_urls(const struct reader *r, struct bytes text, const char *allowed, long most)
{
	struct cursor c = cursor_on(text);
	long n = 0;

	while (!cursor_done(&c)) {
		struct bytes one = cursor_until(&c, ' ');
		if (one.len > 0 && (!is_url(r, one, allowed) || ++n > most))
			return false;
	}
	return true;
}

static bool is_printable(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < 0x20 || text.at[i] == 0x7f)
			return false;
	return text.len <= CONFIG_TEXT_MAX && bytes_utf8(text);
}

/* NULL when the value may stand, else what is wrong with it. */
static const char *objection(const struct reader *r, const struct config_key *key, struct bytes text)
{
	if (!is_printable(text))
		return "must be printable UTF-8 of at most 1000 bytes";
	switch (key->kind) {
	case CONFIG_NAME:
		return is_name(text) || is_word(r, text, key->allowed) ? NULL : "must be a domain name";
	case CONFIG_ADDRESS:
		return is_address(text) || (text.len == 0 && key->preset != NULL) ? NULL : "must be the address of a mailbox";
	case CONFIG_OID:
		return is_oid(text) ? NULL : "must be an OID";
	case CONFIG_WORD:
		return is_word(r, text, key->allowed) ? NULL
						      : arena_printf(r->arena, "must be one of:%s", key->allowed);
	case CONFIG_WORDS:
		return are_words(r, text, key->allowed)
			       ? NULL
			       : arena_printf(r->arena, "must be words, separated by commas, of:%s", key->allowed);
	case CONFIG_URLS:
		return are_urls(r, text, key->allowed, key->max)
			       ? NULL
			       : arena_printf(r->arena, "must be at most %ld addresses, separated by blanks, of:%s", key->max, key->allowed);
	case CONFIG_TEXT:
		return text.len == 0 && key->preset == NULL ? "must not be empty" : NULL;
	case CONFIG_KEY:
		return bytes_starts(text, BYTES(TOKEN)) && bytes_contains(text, BYTES("pin-")) ? "must not hold a PIN: name a file in pin_file" : NULL;
	case CONFIG_PATH:
	case CONFIG_NUMBER:
	case CONFIG_FLAG:
		return NULL;
	}
	return NULL;
}

/* --- one value --------------------------------------------------------------------------- */

static const char *resolved(const struct reader *r, const struct config_key *key, const char *text)
{
	bool path = key->kind == CONFIG_PATH || (key->kind == CONFIG_KEY && !bytes_starts(bytes_of_text(text), BYTES(TOKEN)));
	if (!path || text[0] == '\0' || text[0] == '/')
		return arena_text(r->arena, bytes_of_text(text));
	return arena_printf(r->arena, "%s/%s", r->folder, text);
}

static enum reason set_text(const struct reader *r, const struct config_key *key, const config_setting_t *s,
			    void *place)
{
	const char *text = s == NULL ? key->preset : config_setting_get_string(s);
	if (text == NULL)
		return problem(r, REASON_CONFIG_VALUE, s, full_name(r, key->group, key->name),
			       "must be a text in quotes");
	const char *trouble = objection(r, key, bytes_of_text(text));
	if (trouble != NULL)
		return problem(r, REASON_CONFIG_VALUE, s, full_name(r, key->group, key->name), trouble);
	*(const char **)place = resolved(r, key, text);
	return REASON_NONE;
}

/* Read as 64 bits: libconfig cuts what it is asked to give as int. */
static enum reason set_number(const struct reader *r, const struct config_key *key, const config_setting_t *s,
			      void *place)
{
	long long value = 0;
	bool number = true;

	if (s == NULL)
		value = strtoll(key->preset, NULL, 10);   /* ours */
	else if (config_setting_type(s) == CONFIG_TYPE_INT || config_setting_type(s) == CONFIG_TYPE_INT64)
		value = config_setting_get_int64(s);
	else
		number = false;
	if (!number || value < key->min || value > key->max)
		return problem(r, REASON_CONFIG_VALUE, s, full_name(r, key->group, key->name),
			       arena_printf(r->arena, "must be a number from %ld to %ld", key->min, key->max));
	*(int *)place = (int)value;
	return REASON_NONE;
}

static enum reason set_flag(const struct reader *r, const struct config_key *key, const config_setting_t *s,
			    void *place)
{
	if (s != NULL && config_setting_type(s) != CONFIG_TYPE_BOOL)
		return problem(r, REASON_CONFIG_VALUE, s, full_name(r, key->group, key->name), "must be true or false");
	*(bool *)place = s == NULL ? strcmp(key->preset, "true") == 0 : config_setting_get_bool(s) != 0;
	return REASON_NONE;
}

static enum reason set(const struct reader *r, const struct config_key *key, const config_setting_t *group, void *base)
{
	const config_setting_t *s = group == NULL ? NULL : config_setting_get_member(group, key->name);
	void *place = (char *)base + key->offset;

	if (s == NULL && key->preset == NULL)
		return problem(r, REASON_CONFIG_MISSING, group, full_name(r, key->group, key->name), "is required");
	if (key->kind == CONFIG_NUMBER)
		return set_number(r, key, s, place);
	if (key->kind == CONFIG_FLAG)
		return set_flag(r, key, s, place);
	return set_text(r, key, s, place);
}

/* --- unknown keys --------------------------------------------------------------------------- */

static bool known(const struct config_key *keys, size_t n, const char *group, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].group, group) == 0 && strcmp(keys[i].name, name) == 0)
			return true;
	return false;
}

static bool known_list(const char *group, const char *name)
{
	for (size_t i = 0; i < config_lists_n; i++)
		if (strcmp(config_lists[i].group, group) == 0 && strcmp(config_lists[i].name, name) == 0)
			return true;
	return false;
}

static bool known_group(const char *name)
{
	for (size_t i = 0; i < config_keys_n; i++)
		if (strcmp(config_keys[i].group, name) == 0)
			return true;
	for (size_t i = 0; i < config_lists_n; i++)
		if (strcmp(config_lists[i].group, name) == 0)
			return true;
	return false;
}

static enum reason unknown(const struct reader *r, const config_setting_t *s, const char *group)
{
	const char *name = full_name(r, group, config_setting_name(s));
	return problem(r, REASON_CONFIG_UNKNOWN, s, arena_text(r->arena, bytes_of_text(name)),
		       "is not a key of Relais");
}

static enum reason check_group(const struct reader *r, const config_setting_t *group, const char *name)
{
	for (unsigned i = 0; i < (unsigned)config_setting_length(group); i++) {
		const config_setting_t *s = config_setting_get_elem(group, i);
		if (!known(config_keys, config_keys_n, name, config_setting_name(s)) &&
		    !known_list(name, config_setting_name(s)))
			return unknown(r, s, name);
	}
	return REASON_NONE;
}

static enum reason check_top(const struct reader *r, const config_setting_t *top)
{
	for (unsigned i = 0; i < (unsigned)config_setting_length(top); i++) {
		const config_setting_t *s = config_setting_get_elem(top, i);
		const char *name = config_setting_name(s);
		enum reason reason = REASON_NONE;
		if (known_group(name) && config_setting_type(s) == CONFIG_TYPE_GROUP)
			reason = check_group(r, s, name);
		else if (known_group(name))
			reason = problem(r, REASON_CONFIG_VALUE, s, arena_text(r->arena, bytes_of_text(name)),
					 "must be a group: { ... }");
		else if (!known(config_keys, config_keys_n, "", name))
			reason = unknown(r, s, "");
		if (reason != REASON_NONE)
			return reason;
	}
	return REASON_NONE;
}

/* --- lists -------------------------------------------------------------------------------------- */

static enum reason set_element(const struct reader *r, const struct config_list *list, const config_setting_t *s,
			       void *base)
{
	if (config_setting_type(s) != CONFIG_TYPE_GROUP)
		return problem(r, REASON_CONFIG_VALUE, s, list->name, "must hold groups: ( { ... }, { ... } )");
	for (unsigned i = 0; i < (unsigned)config_setting_length(s); i++) {
		const config_setting_t *one = config_setting_get_elem(s, i);
		if (!known(list->keys, list->n_keys, "", config_setting_name(one)))
			return unknown(r, one, list->name);
	}
	enum reason reason = REASON_NONE;
	for (size_t i = 0; reason == REASON_NONE && i < list->n_keys; i++)
		reason = set(r, &list->keys[i], s, base);
	return reason;
}

static enum reason set_list(const struct reader *r, const struct config_list *list, const config_setting_t *group,
			    void *config)
{
	const config_setting_t *s = group == NULL ? NULL : config_setting_get_member(group, list->name);
	char *elements = NULL;
	size_t n = 0;

	if (s != NULL && config_setting_type(s) != CONFIG_TYPE_LIST)
		return problem(r, REASON_CONFIG_VALUE, s, list->name, "must be a list: ( { ... }, { ... } )");
	if (s != NULL)
		n = (size_t)config_setting_length(s);
	if (n > CONFIG_LIST_MAX)
		return problem(r, REASON_CONFIG_VALUE, s, list->name, "has more than 200 elements");
	if (n > 0)
		elements = arena_alloc(r->arena, n * list->size);
	for (size_t i = 0; i < n; i++) {
		enum reason reason =
			set_element(r, list, config_setting_get_elem(s, (unsigned)i), elements + i * list->size);
		if (reason != REASON_NONE)
			return reason;
	}
	memcpy((char *)config + list->offset, &elements, sizeof elements);
	memcpy((char *)config + list->offset_n, &n, sizeof n);
	return REASON_NONE;
}

/* --- the whole ------------------------------------------------------------------------------------- */

static const config_setting_t *group_of(const config_setting_t *top, const char *name)
{
	return name[0] == '\0' ? top : config_setting_get_member(top, name);
}

/* No database named: the instance's own (relais init). */
static void own_database(const struct reader *r, struct config *config)
{
	if (config->database[0] != '\0')
		return;
	struct buf quoted = buf_make(4096);
	for (const char *c = config->run_folder; *c != '\0'; c++) {
		if (*c == '\'' || *c == '\\')
			buf_text(&quoted, "\\");
		buf_u8(&quoted, (uint8_t)*c);
	}
	struct bytes path = buf_bytes(&quoted);
	config->database = arena_printf(r->arena, "host='%.*s/db' dbname=relais", (int)path.len, (const char *)path.at);
	buf_free(&quoted);
}

/* The file that auth asks for stands there, and no other: a password that nobody uses must not lie about. */
static enum reason check_mailboxes(const struct reader *r, const struct config *config)
{
	for (size_t i = 0; i < config->collector.n; i++) {
		const struct config_mailbox *m = &config->collector.mailboxes[i];
		bool password = strcmp(m->auth, "password") == 0, token = !password && strcmp(m->auth, "certificate") != 0;
		if (password != (m->password_file[0] != '\0'))
			return problem(r, REASON_CONFIG_VALUE, NULL, "mailboxes.password_file",
				       arena_printf(r->arena, "of %s: goes with auth = \"password\", and only with it", m->name));
		if (token != (m->token_file[0] != '\0'))
			return problem(r, REASON_CONFIG_VALUE, NULL, "mailboxes.token_file",
				       arena_printf(r->arena, "of %s: goes with xoauth2 and oauthbearer, and only with them", m->name));
	}
	return REASON_NONE;
}

/* Who logs in with a secret must say as whom and with which. */
static enum reason check_logins(const struct reader *r, const struct config *config)
{
	for (size_t i = 0; i < config->deliverer.n; i++) {
		const struct config_route *route = &config->deliverer.routes[i];
		bool secret = strcmp(route->auth, "none") != 0 && strcmp(route->auth, "certificate") != 0;
		if (secret && (route->user[0] == '\0' || route->token_file[0] == '\0'))
			return problem(r, REASON_CONFIG_MISSING, NULL, "routes", "auth by a secret needs user and token_file");
	}
	return REASON_NONE;
}

static enum reason check_former(const struct reader *r, const struct config *config)
{
	if (config->opener.n > LIMIT_FORMER_KEYS)
		return problem(r, REASON_CONFIG_VALUE, NULL, "opener.former", arena_printf(r->arena, "holds more than %d pairs", LIMIT_FORMER_KEYS));
	return config->opener.n == 0 || config->opener.certificate[0] != '\0'
		       ? REASON_NONE
		       : problem(r, REASON_CONFIG_MISSING, NULL, "opener.certificate", "former keys are read by relais-opener, which runs when there is a certificate of today");
}

/* Mail to a mailbox of our own domain would come in again as a stranger's. */
static bool is_ours(const struct config *config, const char *mailbox)
{
	const char *at = strchr(mailbox, '@');
	return at != NULL && strcasecmp(at + 1, config->domain) == 0;
}

static enum reason check_people(const struct reader *r, const struct config *config)
{
	const struct {
		const char *key, *mailbox;
	} people[] = {{"staff.nurses", config->staff.nurses}, {"staff.duty", config->staff.duty}, {"staff.operator", config->staff.operator},
		      {"staff.officer", config->staff.officer}, {"staff.manager", config->staff.manager}};
	static const char wrong[] = "must not be of service.domain: Relais would write to itself";

	for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
		if (is_ours(config, people[i].mailbox))
			return problem(r, REASON_CONFIG_VALUE, NULL, people[i].key, wrong);
	for (size_t i = 0; i < config->partners.n; i++)
		if (is_ours(config, config->partners.insurers[i].mailbox))
			return problem(r, REASON_CONFIG_VALUE, NULL, "insurers.mailbox", wrong);
	return REASON_NONE;
}

static enum reason check_antivirus(const struct reader *r, const struct config *config)
{
	if (config->antivirus.clamd[0] == '\0' || clamd_is_address(config->antivirus.clamd))
		return REASON_NONE;
	return problem(r, REASON_CONFIG_VALUE, NULL, "antivirus.clamd", "is not the whole path of a socket");
}

static enum reason take(const struct reader *r, const config_setting_t *top, struct config *config)
{
	enum reason reason = check_top(r, top);
	for (size_t i = 0; reason == REASON_NONE && i < config_keys_n; i++)
		reason = set(r, &config_keys[i], group_of(top, config_keys[i].group), config);
	for (size_t i = 0; reason == REASON_NONE && i < config_lists_n; i++)
		reason = set_list(r, &config_lists[i], group_of(top, config_lists[i].group), config);
	if (reason == REASON_NONE)
		reason = check_mailboxes(r, config);
	if (reason == REASON_NONE)
		reason = check_logins(r, config);
	if (reason == REASON_NONE)
		reason = check_former(r, config);
	if (reason == REASON_NONE)
		reason = check_people(r, config);
	if (reason == REASON_NONE)
		reason = check_antivirus(r, config);
	if (reason == REASON_NONE)
		own_database(r, config);
	return reason;
}

static enum reason read_file(const struct reader *r, config_t *file, const char *path)
{
	if (config_read_file(file, path) == CONFIG_TRUE)
		return REASON_NONE;
	if (config_error_type(file) != CONFIG_ERR_PARSE)
		return problem(r, REASON_CONFIG_SYNTAX, NULL, path,
			       arena_printf(r->arena, "cannot be read: %s", strerror(errno)));
	problem(r, REASON_CONFIG_SYNTAX, NULL, path, arena_text(r->arena, bytes_of_text(config_error_text(file))));
	r->problem->line = config_error_line(file);
	return REASON_CONFIG_SYNTAX;
}

enum reason config_read(struct arena *arena, const char *path, struct config **out, struct config_problem *found)
{
	char real[PATH_MAX];
	struct reader r = {.arena = arena, .problem = found};
	config_t file;

	*found = (struct config_problem){.reason = REASON_NONE};
	if (realpath(path, real) == NULL)
		return problem(&r, REASON_CONFIG_SYNTAX, NULL, path,
			       arena_printf(arena, "cannot be read: %s", strerror(errno)));
	char *slash = strrchr(real, '/');
	*(slash == real ? slash + 1 : slash) = '\0';
	r.folder = arena_text(arena, bytes_of_text(real));

	config_init(&file);
	struct config *config = arena_alloc(arena, sizeof *config);
	config->folder = r.folder;
	enum reason reason = read_file(&r, &file, path);
	if (reason == REASON_NONE)
		reason = take(&r, config_root_setting(&file), config);
	config_destroy(&file);
	if (reason == REASON_NONE)
		*out = config;
	return reason;
}

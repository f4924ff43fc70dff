/* gateway/gate.c - see gate.h. */
#include "gateway/gate.h"

#include <dirent.h>

#include "gateway/erasure_key.h"

enum { NUMBER_DIGITS = 4 };

int64_t gate_program(const char *folder)
{
	DIR *entries = opendir(folder);
	int64_t last = 0;

	for (struct dirent *e; entries != NULL && (e = readdir(entries)) != NULL;) {
		struct bytes name = bytes_of_text(e->d_name);
		uint64_t number;
		if (name.len > NUMBER_DIGITS && bytes_ends(name, BYTES(".sql")) && bytes_number(bytes_slice(name, 0, NUMBER_DIGITS), 9999, &number) && (int64_t)number > last)
			last = (int64_t)number;
	}
	if (entries != NULL)
		closedir(entries);
	return last;
}

enum gate_state gate_judge(int64_t schema, int64_t oldest, int64_t program, size_t erasures)
{
	if (program < oldest)
		return GATE_PROGRAM_OLD;
	if (schema < program)
		return GATE_SCHEMA_OLD;
	return erasures > 0 ? GATE_ERASURES : GATE_OPEN;
}

/* False: nobody knows. A database that knows of destroyed keys has a keeper with a list of them: none in the folder is another folder, or a medium that is
 * not there. */
static bool erasures_known(struct store *store, const char *folder, bool open, struct gate *gate)
{
	struct store_rows *rows = NULL;
	size_t n;
	enum reason reason = erasure_key_count(folder, &n);

	if (reason == REASON_NONE && n > 0)
		reason = erasure_key_unknown(store, folder, open, &rows);
	else if (reason == REASON_NONE)
		reason = STORE_RUN(store, &rows, "select 1::bigint from relais.erasure_list() where key ? 'n' and $1 limit 1", P_BOOL(true));
	size_t found = reason == REASON_NONE ? store_count(rows) : 0;
	gate->erasures = n > 0 ? found : 0;
	store_free(&rows);
	return reason == REASON_NONE && (n > 0 || found == 0);
}

struct gate gate_look(struct store *store, const char *schema_folder, const char *keeper_folder, bool open)
{
	struct gate gate = {.state = GATE_UNKNOWN, .program = gate_program(schema_folder)};
	struct store_rows *rows = NULL;
	enum reason reason = STORE_RUN(store, &rows, "select version::bigint, oldest::bigint, pg_postmaster_start_time() from relais.schema_state() where $1", P_BOOL(true));

	if (reason == REASON_NONE && store_count(rows) == 1) {
		gate.schema = store_int(rows, 0, 0);
		gate.oldest = store_int(rows, 0, 1);
		gate.server = store_instant(rows, 0, 2);
	}
	store_free(&rows);
	/* A database that knows no range is from before there was one, or has no tables yet. */
	if (reason != REASON_NONE && reason != REASON_STORE_REFUSED)
		return gate;
	gate.state = gate_judge(gate.schema, gate.oldest, gate.program, 0);
	/* What hides what was destroyed, whatever it is, closes: a list that cannot be read, a folder that is not the one. */
	if (gate.state == GATE_OPEN)
		gate.state = erasures_known(store, keeper_folder, open, &gate) ? gate_judge(gate.schema, gate.oldest, gate.program, gate.erasures) : GATE_UNKNOWN;
	return gate;
}

const char *gate_name(enum gate_state state)
{
	static const char *const names[GATE_STATES] = {
		[GATE_OPEN] = "open", [GATE_UNKNOWN] = "unknown", [GATE_SCHEMA_OLD] = "schema-old", [GATE_PROGRAM_OLD] = "program-old", [GATE_ERASURES] = "erasures",
	};

	return names[state];
}

const char *gate_words(enum gate_state state, const char *language)
{
	static const char *const words[GATE_STATES][2] = {
		[GATE_OPEN] = {"", ""},
		[GATE_UNKNOWN] = {"La base ne répond pas, la liste des effacements du gardien n'est pas là, ou elle ou un journal ne peut pas être lu : rien ne démarre, n'est décidé ni envoyé avant.",
				  "The database does not answer, the keeper's list of erasures is not there, or that list or a journal cannot be read: nothing starts, is decided or sent before."},
		[GATE_SCHEMA_OLD] = {"La base est plus ancienne que ce programme : lancez relais migrate.", "The database is older than this program: run relais migrate."},
		[GATE_PROGRAM_OLD] = {"Ce programme est trop ancien pour cette base, qui a été migrée : installez la nouvelle version sur ce nœud.",
				      "This program is too old for this database, which was migrated: install the new release on this node."},
		[GATE_ERASURES] = {"La base a été restaurée d'une sauvegarde plus ancienne que des effacements : lancez relais retention again, rien ne démarre avant.",
				   "The database was restored from a backup older than some erasures: run relais retention again, nothing starts before."},
	};

	return words[state][language[0] == 'e'];
}

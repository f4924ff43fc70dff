/* gateway/cli.c - relais VERB: the command line. One table; each verb stands in a file of its own. */
#include <stdio.h>
#include <string.h>

#include "gateway/cli_inspect.h"
#include "gateway/cli_instance.h"
#include "gateway/cli_verbs.h"
#include "gateway/cli_view.h"
#include "gateway/log.h"
#include "gateway/jail.h"

enum { BEFORE = 23, WORDS = 26 };   /* columns of the help, before and of a verb's words */

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *words, *what;
} verbs[] = {
	{"init", cli_init, "DIR", "create an instance"},
	{"start", cli_start, "[DIR]", "start it"},
	{"stop", cli_stop, "[DIR]", "stop it"},
	{"reload", cli_reload, "[DIR]", "read anchors, revocation lists and certificates again"},
	{"status", cli_status, "[DIR]", "what runs"},
	{"migrate", cli_migrate, "[DIR]", "bring the database to this version"},
	{"config", cli_config, "check FILE [--print]", "check a configuration"},
	{"inspect", cli_inspect, "[--json] FILE…", "what the gateway sees in a message, an archive or a document"},
	{"clock", cli_clock, "show | forward SPAN | until TIME", "the clock of a rehearsal"},
	{"tasks", cli_tasks, "[nurses|manager|operator|officer] | phone", "what people have to do, most pressing first"},
	{"alarms", cli_alarms, "", "what wants a person, and what to do"},
	{"trust", cli_trust, "import FILE | diff FILE | list [TEXT] | history | explain DOMAIN", "the white list"},
	{"directory", cli_directory, "import FILE | diff [FILE] | find NAME | show RPPS | status | prefer | confirm", "the directory of professionals"},
	{"certificate", cli_certificate, "list", "certificates, anchors, revocation lists: how long they last"},
	{"schematron", cli_schematron, "import DIR | list", "the agency's rules for documents"},
	{"sender", cli_sender, "import FILE | list", "who may send what"},
	{"recipient", cli_recipient, "import FILE | list", "how a mailbox wants its mail: PDF alone, a limit of size"},
	{"account", cli_account, "import FILE | list", "who may submit for a mailbox of ours"},
	{"questionnaire", cli_questionnaire, "import FILE… | list | check FILE…", "what is asked: FHIR R4 Questionnaires"},
	{"pathology", cli_pathology, "import FILE… | list | check FILE…", "what a file must hold, what alarms"},
	{"expert", cli_expert, "import FILE | list | load [PATHOLOGY] | lacking | leave [RPPS FROM UNTIL | end N]", "who gives opinions, how much each has, who is away"},
	{"settings", cli_settings, "import FILE | list", "when what falls due: spans and hours of the policy"},
	{"dossier", cli_dossier, "list | show|history|seen REF | export REF --to PLACE | triage|release|… REF", "a dossier: read it, decide on it, copy it (man relais-dossier)"},
	{"trace", cli_trace, "REF|MESSAGE-ID|R12|S34", "the path of a message"},
	{"audit", cli_audit, "verify | list | checkpoint | export FOLDER", "the trail: does it hold, who looked at what"},
	{"proof", cli_proof, "REF|MESSAGE-ID|R12|S34 [--out FOLDER]", "the evidence of a dossier or of one delivery, and a page for people"},
	{"recheck", cli_recheck, "R12 [FOLDER]", "the verdict on a message, judged again from what was kept"},
	{"queue", cli_queue, "[failed]", "mail under way, or what failed"},
	{"retry", cli_retry, "S34", "try a mail again now"},
	{"quarantine", cli_quarantine, "list | attach R12 REF | return|again|decline R12", "what a person has to look at"},
	{"template", cli_template, "list | render CODE", "the words of a message, with sample fields, as text, HTML or letter"},
	{"drill", cli_drill, "[--here] [--kills N] [--only STEP,STEP] [--report FOLDER]", "faults on purpose, and a report of what came of them"},
	{"fence", cli_fence, "[list | close WHY | lift | note R12 WORDS]", "after a restore: what is missing, what left; nothing leaves until it is lifted"},
	{"retention", cli_retention, "plan [REF] | run [REF] --confirm N | again | list | certificate N [--pdf FILE]", "what is kept how long, and its erasure"},
	{"hold", cli_hold, "list | set|lift REF|R12 --reason TEXT | confirm N", "legal holds: what must not be erased"},
	{"backup", cli_backup, "FOLDER --to CERTIFICATE|--plain [--keys FOLDER] | verify FOLDER [--key KEY]", "a backup of the running instance, or is this one whole?"},
	{"restore", cli_restore, "FOLDER [--key KEY] [--keys FOLDER]", "a backup into an empty instance"},
	{"fees", cli_fees, "[--month YYYY-MM] [--expert RPPS] [--csv]", "what experts have earned, line by line"},
	{"stats", cli_stats, "committee --year YYYY | partner CONTRACT|all --month YYYY-MM | day [--date YYYY-MM-DD] | answers TEXT [--csv]", "figures"},
	{"simulate", cli_simulate, "[SCENARIO] | past | replay [--rules FILE] [--settings FILE]", "the service played ahead, or a change rehearsed"},
	{"reconcile", cli_reconcile, "[--quick]", "does every message have its outcome? quick: sizes, not every byte"},
};

/* What it does stands beside its words, or under them where these are long. "…" has three bytes and one column. */
static void one_line(const struct verb *verb)
{
	int columns = 0;

	for (const char *c = verb->words; *c != '\0'; c++)
		columns += (*c & 0xc0) != 0x80;
	printf("  relais %-13s %s", verb->name, verb->words);
	if (columns > WORDS)
		printf("\n%*s%s\n", BEFORE + WORDS + 1, "", verb->what);
	else
		printf("%*s%s\n", WORDS + 1 - columns, "", verb->what);
}

static int help(void)
{
	printf("relais " RELAIS_VERSION "\n\n");
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		one_line(&verbs[i]);
	printf("\n--dir DIR or RELAIS_DIR names the instance; --json makes any answer readable by machines.\n");
	return CLI_OK;
}

int main(int argc, char **argv)
{
	jail_begin();   /* what it reads is medical, too: no core, no debugger */
	log_open("relais");
	if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0)
		return help();
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	fprintf(stderr, "relais: no verb \"%s\"; `relais help` lists them\n", argv[1]);
	return CLI_USAGE;
}

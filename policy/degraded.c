/* policy/degraded.c - see degraded.h. */
#include "policy/degraded.h"

#define ON(activity) (1u << (activity))

/* What waits. A level below OLD of a source makes nothing wait. */
static const struct {
	const char *alarm;
	unsigned waits;
	const char *fr, *en;
} rows[DEGRADED_SOURCES] = {
	[DEGRADED_LISTS] = {"crl.stale", ON(DEGRADED_PEERS) | ON(DEGRADED_SIGNED) | ON(DEGRADED_SENDING),
		"dès qu'une liste fraîche est en place (trust.crl_urls, ou à la main) : les opérateurs reviennent d'eux-mêmes, le courrier part, les messages tenus pour cette raison sont relus",
		"as soon as a fresh list is in place (trust.crl_urls, or by hand): operators come again by themselves, mail leaves, messages held for that reason are read again"},
	[DEGRADED_OPERATORS] = {"trust.list.stale", 0,
		"avec la liste du jour (relais trust import, ou trust.list_url) ; jusque-là la dernière bonne liste vaut : un opérateur nouveau est refusé, un ancien encore admis",
		"with today's list (relais trust import, or trust.list_url); until then the last good one holds: a new operator is refused, a former one still admitted"},
	[DEGRADED_DIRECTORY] = {"directory.stale", ON(DEGRADED_NEW_MAILBOXES),
		"avec l'extraction du jour (relais directory import) : ce qui attend est alors relu ; une personne peut se porter garante d'une boîte (relais directory confirm) ; les experts enregistrés restent",
		"with today's extract (relais directory import): what waits is then looked at again; a person may vouch for a mailbox (relais directory confirm); registered experts stay"},
	[DEGRADED_LOOKUP] = {"directory.lookup", ON(DEGRADED_NEW_MAILBOXES),
		"quand l'annuaire répond : ce qui est demandé le sera de nouveau ; une personne peut se porter garante d'une boîte (relais directory confirm)",
		"when the directory answers: what was asked is asked again; a person may vouch for a mailbox (relais directory confirm)"},
	[DEGRADED_KEEPER] = {"keeper.away", ON(DEGRADED_SIGNED) | ON(DEGRADED_DECIDING) | ON(DEGRADED_WRITING) | ON(DEGRADED_SENDING) | ON(DEGRADED_NEW_MAILBOXES),
		"quand le gardien des clés répond : tout reprend là où il en était", "when the keeper of keys answers: all goes on where it stood"},
};

enum degraded_level degraded_age(struct span age, int limit_days)
{
	if (age.us <= SPAN_DAYS(limit_days).us)
		return DEGRADED_FRESH;
	return age.us <= 2 * SPAN_DAYS(limit_days).us ? DEGRADED_AGEING : DEGRADED_OLD;
}

struct instant degraded_oldest(struct instant now, int limit_days)
{
	return (struct instant){now.us - 2 * SPAN_DAYS(limit_days).us};
}

bool degraded_waits(enum degraded_source source, enum degraded_level level, enum degraded_activity activity)
{
	return level == DEGRADED_OLD && (rows[source].waits & ON(activity)) != 0;
}

enum degraded_source degraded_of_alarm(struct bytes alarm)
{
	enum degraded_source s = 0;

	while (s < DEGRADED_SOURCES && !bytes_equal_text(alarm, rows[s].alarm))
		s++;
	return s;
}

const char *degraded_alarm(enum degraded_source source)
{
	return rows[source].alarm;
}

const char *degraded_activity_words(enum degraded_activity activity, const char *language)
{
	static const char *const words[DEGRADED_ACTIVITIES][2] = {
		[DEGRADED_KEEPING] = {"garder ce qui arrive", "keeping what comes in"},
		[DEGRADED_PEERS] = {"recevoir des opérateurs (451 : ils réessaient)", "taking mail from operators (451: they try again)"},
		[DEGRADED_SIGNED] = {"décider des messages signés (tenus à part)", "deciding on signed mail (held)"},
		[DEGRADED_DECIDING] = {"délais, actes, autres messages", "deadlines, acts, other mail"},
		[DEGRADED_WRITING] = {"composer et sceller", "composing and sealing"},
		[DEGRADED_SENDING] = {"remettre aux serveurs", "handing over to servers"},
		[DEGRADED_NEW_MAILBOXES] = {"écrire à une boîte encore inconnue", "writing to a mailbox not known yet"},
	};

	return words[activity][language[0] == 'e'];
}

const char *degraded_end_words(enum degraded_source source, const char *language)
{
	return language[0] == 'e' ? rows[source].en : rows[source].fr;
}

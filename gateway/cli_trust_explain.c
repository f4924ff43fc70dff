/* gateway/cli_trust_explain.c - relais trust explain DOMAIN: what would happen with mail from and to a domain, and why. */
#include "gateway/cli_trust.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "certs/inventory.h"
#include "certs/name.h"
#include "gateway/deliverer_route.h"
#include "gateway/json_view.h"

static struct instant now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (struct instant){(int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000};
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value == NULL ? "" : value;
}

/* --- gathering -------------------------------------------------------------------- */

/* {"import", "generated_at", "confirmed_at", "days", "stale"}; null without a list. */
static json_t *list_state(struct cli *cli)
{
	json_t *state = CLI_QUERY(cli, "select coalesce((select jsonb_build_object('import', t.import, 'generated_at', t.generated_at, 'confirmed_at', "
				       "t.confirmed_at, 'days', floor(extract(epoch from now() - t.confirmed_at) / 86400)::integer) "
				       "from relais.trust_state() t where $1), 'null')", P_BOOL(true));
	if (json_is_object(state))
		json_object_set_new(state, "stale", json_boolean(json_integer_value(json_object_get(state, "days")) >= cli->config->trust.stale_days));
	return state;
}

static json_t *route_of(const struct cli *cli, const char *domain)
{
	const struct config_route *routes = cli->config->deliverer.routes;
	size_t i = deliverer_route(routes, cli->config->deliverer.n, bytes_of_text(domain));

	if (bytes_equal_nocase(bytes_of_text(domain), bytes_of_text(cli->config->domain)))
		return json_pack("{s:s}", "kind", "own");
	if (i >= cli->config->deliverer.n)
		return json_pack("{s:s}", "kind", cli->config->deliverer.mx ? "mx" : "none");
	return json_pack("{s:s, s:s, s:i, s:s, s:s}", "kind", routes[i].lmtp ? "lmtp" : "smtp", "host", routes[i].host, "port", routes[i].port,
			 "server_name", routes[i].server_name, "route", routes[i].domain);
}

static json_t *mailboxes_of(const struct cli *cli, const char *domain)
{
	json_t *list = json_array();

	for (size_t i = 0; i < cli->config->collector.n; i++)
		if (bytes_equal_nocase(bytes_of_text(cli->config->collector.mailboxes[i].origin), bytes_of_text(domain)))
			json_array_append_new(list, json_string(cli->config->collector.mailboxes[i].name));
	return list;
}

/* --- a certificate ----------------------------------------------------------------- */

static bool is_listed(const json_t *row)
{
	return json_is_null(json_object_get(row, "ended_at"));
}

static json_t *differences(struct bytes given, struct bytes listed)
{
	struct name_difference list[NAME_DIFFERENCES];
	size_t n = name_differences(given, listed, list);
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, json_pack("{s:o, s:o, s:o}", "attribute", json_of(name_key(list[i].oid)), "given",
						     list[i].left.at == NULL ? json_null() : json_of(list[i].left), "listed",
						     list[i].right.at == NULL ? json_null() : json_of(list[i].right)));
	return all;
}

/* Puts "matches", and when it does not "nearest" and "differences". */
static void compare(json_t *out, const json_t *names, struct bytes canonical)
{
	json_t *best = NULL, *row;
	const char *nearest = NULL;
	size_t i;

	json_array_foreach(names, i, row) {
		json_t *found = is_listed(row) ? differences(canonical, json_view(row, "name")) : NULL;
		if (found != NULL && (best == NULL || json_array_size(found) < json_array_size(best))) {
			json_decref(best);
			best = json_incref(found);
			nearest = text(row, "shown");
		}
		json_decref(found);
	}
	json_object_set_new(out, "matches", json_boolean(best != NULL && json_array_size(best) == 0));
	if (best != NULL && json_array_size(best) > 0) {
		json_object_set_new(out, "nearest", json_string(nearest));
		json_object_set(out, "differences", best);
	}
	json_decref(best);
}

static bool is_verdict(enum reason reason)
{
	return reason == REASON_PEER_CERTIFICATE_UNTRUSTED || reason == REASON_PEER_REVOKED || reason == REASON_PEER_CRL;
}

/* {"shown", "matches", "trusted", "why", "reason", "accepted", "nearest", "differences"}; trusted is null for a name alone. NULL: it was said why. */
static json_t *judge(struct cli *cli, const json_t *names, const char *certificate)
{
	struct bytes canonical = BYTES_NONE, shown = bytes_of_text(certificate);
	const char *why = NULL;
	bool file = access(certificate, F_OK) == 0;
	enum reason reason = REASON_NONE;
	json_t *out = json_object();

	if (file) {
		reason = inventory_judge_peer(cli->arena, certificate, cli->config->receiver.client_anchors, cli->config->receiver.crls, now(), &canonical,
					      &shown, &why);
		json_object_set_new(out, "trusted", json_boolean(reason == REASON_NONE));
		json_object_set_new(out, "why", why == NULL ? json_null() : json_string(why));
		json_object_set_new(out, "reason", json_string(reason_code(reason)));
	} else {
		reason = name_of_text(cli->arena, shown, &canonical);
	}
	if (reason != REASON_NONE && !is_verdict(reason)) {
		fprintf(stderr, cli->french ? "relais : %s : ni un certificat lisible, ni un nom comme « CN=mx.exemple.fr,O=… »%s%s\n"
					    : "relais: %s: neither a certificate that can be read nor a name such as \"CN=mx.example.fr,O=...\"%s%s\n",
			certificate, why != NULL ? ": " : "", why != NULL ? why : "");
		json_decref(out);
		return NULL;
	}
	json_object_set_new(out, "shown", json_of(shown));
	compare(out, names, canonical);
	json_object_set_new(out, "accepted", json_boolean(json_truth(out, "matches") && reason == REASON_NONE));
	return out;
}

/* --- telling ------------------------------------------------------------------------- */

static void tell_list(const struct cli *cli, const json_t *list)
{
	if (!json_is_object(list)) {
		printf(cli->french ? "Liste blanche : aucune n'a été importée.\n" : "White list: none was imported.\n");
		return;
	}
	printf(cli->french ? "Liste blanche %lld, générée le %.19s, confirmée il y a %lld jour(s)%s.\n"
			   : "White list %lld, generated at %.19s, confirmed %lld day(s) ago%s.\n",
	       (long long)json_integer_value(json_object_get(list, "import")), text(list, "generated_at"),
	       (long long)json_integer_value(json_object_get(list, "days")),
	       !json_truth(list, "stale") ? "" : cli->french ? " : TROP ANCIENNE" : ": TOO OLD");
}

static void tell_names(const struct cli *cli, const char *domain, const json_t *names, bool listed)
{
	const json_t *row;
	size_t i;

	if (listed)
		printf(cli->french ? "%s est dans la liste blanche : un certificat à l'un de ces noms, émis par une de nos autorités, peut envoyer pour lui.\n"
				   : "%s is in the white list: a certificate with one of these names, issued by an authority of ours, may send for it.\n", domain);
	else
		printf(cli->french ? "%s n'est pas dans la liste blanche : son courrier serait refusé (550 5.7.1, peer.domain).\n"
				   : "%s is not in the white list: its mail would be refused (550 5.7.1, peer.domain).\n", domain);
	json_array_foreach(names, i, row) {
		if (is_listed(row))
			printf(cli->french ? "  %s\n      opérateur %s, depuis le %.19s (liste %lld)\n" : "  %s\n      operator %s, since %.19s (list %lld)\n",
			       text(row, "shown"), text(row, "operator"), text(row, "listed_at"), (long long)json_integer_value(json_object_get(row, "import")));
		else
			printf(cli->french ? "  autrefois : %s\n      du %.19s au %.19s\n" : "  formerly: %s\n      from %.19s to %.19s\n", text(row, "shown"),
			       text(row, "listed_at"), text(row, "ended_at"));
	}
}

static void tell_senders(const struct cli *cli, const json_t *uses)
{
	const json_t *senders = json_object_get(uses, "senders"), *row;
	size_t i, k;

	if (json_array_size(senders) == 0)
		printf(cli->french ? "Aucune organisation enregistrée n'a ce domaine : ses messages sont mis en attente (sender.unknown).\n"
				   : "No registered organisation has this domain: its messages are held (sender.unknown).\n");
	json_array_foreach(senders, i, row) {
		printf(cli->french ? "Organisation %s : peut envoyer" : "Organisation %s: may send", text(row, "organisation"));
		for (k = 0; k < json_array_size(json_object_get(row, "classes")); k++)
			printf(" %s", json_string_value(json_array_get(json_object_get(row, "classes"), k)));
		bool required = strcmp(text(row, "signature"), "required") == 0;
		printf(cli->french ? " ; signature %s ; identités %s\n" : "; signature %s; identities %s\n",
		       !required ? (cli->french ? "non exigée par SMTP" : "not required by SMTP") : cli->french ? "exigée" : "required", text(row, "identities"));
	}
}

static void tell_uses(const struct cli *cli, const json_t *uses, const json_t *mailboxes)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(uses, "experts"), i, row)
		printf(cli->french ? "Expert : %s\n" : "Expert: %s\n", text(row, "mailbox"));
	json_array_foreach(json_object_get(uses, "accounts"), i, row)
		printf(cli->french ? "Compte de chez nous : %s\n" : "Account of ours: %s\n", text(row, "mailbox"));
	long long dossiers = (long long)json_integer_value(json_object_get(uses, "dossiers"));
	if (dossiers > 0)
		printf(cli->french ? "Dossiers ouverts avec un correspondant de ce domaine : %lld\n" : "Open files with a correspondent of this domain: %lld\n", dossiers);
	json_array_foreach(mailboxes, i, row)
		printf(cli->french ? "Boîte relevée par IMAP : %s (la liste blanche n'y joue pas)\n" : "Mailbox fetched by IMAP: %s (the white list plays no part there)\n",
		       json_string_value(row));
}

static void tell_route(const struct cli *cli, const json_t *route)
{
	const char *kind = text(route, "kind");

	if (strcmp(kind, "own") == 0)
		printf(cli->french ? "C'est notre propre domaine : son courrier est reçu ici.\n" : "It is our own domain: its mail is received here.\n");
	else if (strcmp(kind, "none") == 0)
		printf(cli->french ? "Aucune route n'y mène : rien ne peut y être envoyé (deliver.route).\n" : "No route leads there: nothing can be sent to it (deliver.route).\n");
	else if (strcmp(kind, "mx") == 0)
		printf(cli->french ? "Courrier vers lui : SMTP, aux serveurs que nomme le DNS (MX) ; leur certificat doit être dans la liste pour ce domaine.\n"
				   : "Mail to it: SMTP, to the hosts that DNS names (MX); their certificate must be in the list for this domain.\n");
	else
		printf(cli->french ? "Courrier vers lui : %s à %s port %lld, certificat au nom de %s (route « %s »).\n"
				   : "Mail to it: %s to %s port %lld, certificate in the name of %s (route \"%s\").\n",
		       strcmp(kind, "lmtp") == 0 ? "LMTP" : "SMTP", text(route, "host"), (long long)json_integer_value(json_object_get(route, "port")),
		       text(route, "server_name"), text(route, "route"));
}

static void tell_difference(const struct cli *cli, const json_t *row)
{
	const char *given = text(row, "given"), *listed = text(row, "listed"), *attribute = text(row, "attribute");

	if (listed[0] == '\0')
		printf(cli->french ? "    %s « %s » n'est pas dans le nom listé\n" : "    %s \"%s\" is not in the listed name\n", attribute, given);
	else if (given[0] == '\0')
		printf(cli->french ? "    %s « %s » manque au certificat\n" : "    %s \"%s\" is missing from the certificate\n", attribute, listed);
	else
		printf(cli->french ? "    %s : « %s » au certificat, « %s » dans la liste\n" : "    %s: \"%s\" in the certificate, \"%s\" in the list\n", attribute, given,
		       listed);
}

static void tell_certificate(const struct cli *cli, const json_t *c)
{
	const json_t *row;
	size_t i;

	printf(cli->french ? "Certificat : %s\n" : "Certificate: %s\n", text(c, "shown"));
	if (json_truth(c, "accepted"))
		printf(cli->french ? "  Il serait accepté%s.\n" : "  It would be accepted%s.\n",
		       json_object_get(c, "trusted") != NULL ? "" : cli->french ? ", s'il est émis par une de nos autorités et valable" : ", if an authority of ours has issued it and it is valid");
	else
		printf(cli->french ? "  Il serait refusé :\n" : "  It would be refused:\n");
	if (json_is_false(json_object_get(c, "trusted")))
		printf(cli->french ? "    il n'est pas reconnu : %s (%s)\n" : "    it is not trusted: %s (%s)\n", text(c, "why"), text(c, "reason"));
	if (json_is_false(json_object_get(c, "matches")))
		printf(cli->french ? "    son nom n'est pas listé pour ce domaine (peer.domain)\n" : "    its name is not listed for this domain (peer.domain)\n");
	if (json_object_get(c, "nearest") != NULL)
		printf(cli->french ? "    le nom listé le plus proche : %s\n" : "    the nearest listed name: %s\n", text(c, "nearest"));
	json_array_foreach(json_object_get(c, "differences"), i, row)
		tell_difference(cli, row);
}

/* --- the whole -------------------------------------------------------------------------- */

static bool any_listed(const json_t *names)
{
	const json_t *row;
	size_t i;

	json_array_foreach(names, i, row) {
		if (is_listed(row))
			return true;
	}
	return false;
}

static void tell(const struct cli *cli, const char *domain, const json_t *all)
{
	tell_names(cli, domain, json_object_get(all, "names"), json_truth(all, "listed"));
	tell_list(cli, json_object_get(all, "list"));
	if (json_object_get(all, "certificate") != NULL)
		tell_certificate(cli, json_object_get(all, "certificate"));
	tell_senders(cli, json_object_get(all, "uses"));
	tell_uses(cli, json_object_get(all, "uses"), json_object_get(all, "mailboxes"));
	tell_route(cli, json_object_get(all, "route"));
}

int cli_trust_explain(struct cli *cli, const char *domain, const char *certificate)
{
	json_t *names = CLI_QUERY(cli, "select coalesce(jsonb_agg(t), '[]') from relais.trust_names($1) t", P_TEXT(domain));
	json_t *uses = names != NULL ? CLI_QUERY(cli, "select relais.trust_uses($1)", P_TEXT(domain)) : NULL;
	json_t *list = uses != NULL ? list_state(cli) : NULL;
	json_t *judged = list != NULL && certificate != NULL ? judge(cli, names, certificate) : NULL;
	int status = list == NULL ? CLI_FAILED : certificate != NULL && judged == NULL ? CLI_USAGE : CLI_OK;

	if (status != CLI_OK) {
		json_decref(names);
		json_decref(uses);
		json_decref(list);
		return status;
	}
	json_t *all = json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "domain", domain, "listed", any_listed(names), "names", names, "list", list, "uses", uses,
				"mailboxes", mailboxes_of(cli, domain), "route", route_of(cli, domain));
	if (judged != NULL) {
		json_object_set_new(all, "certificate", judged);
		status = json_truth(judged, "accepted") ? CLI_OK : CLI_FAILED;
	}
	if (!cli->json) {
		tell(cli, domain, all);
		json_decref(all);
		return status;
	}
	int shown = cli_show(cli, all, "");
	return status == CLI_OK ? shown : status;
}

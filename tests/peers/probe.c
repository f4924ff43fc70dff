/* tests/peers/probe.c - one SMTP or IMAP session with short limits against a peer of tests/deliver_peers.py; prints JSON.
 *
 * probe smtp HOST PORT NAME CERTIFICATE KEY ANCHORS MAILS SIZE FROM TO [lmtp] [implicit] [utf8] [MECHANISM:USER:FILE]
 * probe mx SERVERS DOMAIN private|public MILLISECONDS
 * probe imap HOST PORT NAME CERTIFICATE KEY ANCHORS USER AUTH SECRET FOLDER [starttls]
 * probe many-descriptors …  the same, with 1200 descriptors open before
 * probe patient …  the same, with the limits of the services */
#include <arpa/inet.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/digest.h"
#include "base/limits.h"
#include "gateway/collector_imap.h"
#include "gateway/log.h"
#include "gateway/resolve.h"
#include "gateway/smtp_client.h"

enum { COMMAND_MS = 1500, FETCH_MS = 4000, DATA_MS = 20000 };

/* With the limits of the services: for a case that is not about them, and whose peer has much to do. */
static bool patient;

static struct tls_context *context(char **file)
{
	struct tls_files files = {file[0], file[1], file[2], NULL, NULL};
	struct tls_context *tls = NULL;
	char detail[TLS_DETAIL] = "";
	if (tls_client_context(&files, &tls, detail) != REASON_NONE) {
		fprintf(stderr, "probe: %s\n", detail);
		exit(2);
	}
	return tls;
}

static int finish(json_t *out, int64_t start)
{
	struct rusage use;
	getrusage(RUSAGE_SELF, &use);
	/* VmHWM: ru_maxrss still holds what the process had before it became this program. */
	char status[8192] = "";
	FILE *file = fopen("/proc/self/status", "re");
	size_t len = file ? fread(status, 1, sizeof(status) - 1, file) : 0;
	if (file)
		fclose(file);
	status[len] = 0;
	const char *peak = strstr(status, "VmHWM:");
	json_object_set_new(out, "ms", json_integer(stream_now() - start));
	json_object_set_new(out, "rss_kb", json_integer(peak ? strtol(peak + 6, NULL, 10) : 0));
	json_object_set_new(out, "cpu_ms", json_integer(use.ru_utime.tv_sec * 1000 + use.ru_utime.tv_usec / 1000));
	json_dumpf(out, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(out);
	return 0;
}

/* --- SMTP ------------------------------------------------------------------- */

struct message {
	size_t size;
	bool lone;          /* with a bare LF in the middle */
};

/* Lines that begin with a dot, in pieces that cut lines, CRLF and dots anywhere. */
static enum reason give(void *context, smtp_client_sink *sink, void *sink_context)
{
	static const char line[] = ".leading dot\r\n..two\r\n.\r\nplain line of text, the rest of it\r\n";
	const struct message *m = context;
	unsigned char piece[4096];
	size_t done = 0, step = 1, size = m->size / (sizeof(line) - 1) * (sizeof(line) - 1);

	if (!sink(sink_context, BYTES("Subject: probe\r\n\r\n")))
		return REASON_IO;
	if (m->lone && !sink(sink_context, BYTES("a\n.\n")))
		return REASON_IO;
	while (done < size) {
		size_t n = step < size - done ? step : size - done;
		for (size_t i = 0; i < n; i++)
			piece[i] = (unsigned char)line[(done + i) % (sizeof(line) - 1)];
		if (!sink(sink_context, (struct bytes){piece, n}))
			return REASON_IO;
		done += n;
		step = step % sizeof(piece) + 1;
	}
	return sink(sink_context, BYTES("end\r\n")) ? REASON_NONE : REASON_IO;
}

static json_t *told(const struct smtp_client_result *r)
{
	return json_pack("{s:s, s:i, s:s, s:s, s:s}", "reason", reason_code(r->reason), "code", r->status.code, "enhanced",
			 r->status.enhanced, "text", r->status.text, "queue_id", r->queue_id);
}

/* lmtp, implicit, utf8, or MECHANISM:USER:FILE. */
static void option(char *word, struct smtp_client_hop *hop, bool *utf8)
{
	static const char *const kinds[] = {"none", "certificate", "xoauth2", "oauthbearer", "plain"};
	char *user = strchr(word, ':');

	hop->lmtp = hop->lmtp || strcmp(word, "lmtp") == 0;
	hop->implicit = hop->implicit || strcmp(word, "implicit") == 0;
	*utf8 = *utf8 || strcmp(word, "utf8") == 0;
	if (!user)
		return;
	*user++ = '\0';
	char *file = strchr(user, ':');
	*file++ = '\0';
	hop->login = (struct smtp_client_login){.user = user, .secret_file = file, .host = hop->server_name, .port = 587};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(word, kinds[i]) == 0)
			hop->login.kind = (enum smtp_client_auth)i;
}

static int smtp(int argc, char **argv)
{
	struct smtp_client_hop hop = {
		.server_name = argv[2], .own_name = "relais.exemple.mssante.fr", .tls = context(argv + 3),
		.limits = {2000, 1500, COMMAND_MS, 1500, DATA_MS, COMMAND_MS, 64 * 1024},
	};
	if (patient)
		hop.limits = smtp_client_limits_default;
	struct smtp_client *client = NULL;
	struct smtp_client_result result = {0};
	json_t *out = json_object(), *mails = json_array();
	struct message message = {strtoul(argv[7], NULL, 10), strcmp(argv[7], "lone") == 0};
	int64_t start = stream_now();
	bool utf8 = false;

	for (int i = 10; i < argc; i++)
		option(argv[i], &hop, &utf8);
	enum reason reason = stream_resolve(argv[0], (int)strtol(argv[1], NULL, 10), &hop.target);
	if (reason == REASON_NONE)
		reason = smtp_client_open(&hop, &client, &result);
	json_object_set_new(out, "open", json_string(reason_code(reason)));
	json_object_set_new(out, "why", told(&result));
	for (long i = strtol(argv[6], NULL, 10); client && i > 0; i--) {
		struct smtp_client_mail mail = {
			.return_path = bytes_of_text(argv[8]), .recipient = bytes_of_text(argv[9]), .envelope_id = BYTES("a+b=c"),
			.utf8 = utf8, .size = message.size + 25, .source = give, .source_context = &message,
		};
		smtp_client_send(client, &mail, &result);
		json_t *one = told(&result);
		json_object_set_new(one, "usable", json_boolean(smtp_client_usable(client)));
		json_object_set_new(one, "stage", json_integer(result.stage));
		json_object_set_new(one, "reports", json_boolean(result.reports));
		json_object_set_new(one, "begun", json_boolean(smtp_client_begun(client)));
		json_array_append_new(mails, one);
	}
	if (client) {
		struct bytes tls = smtp_client_tls(client);
		json_object_set_new(out, "tls", tls.len ? json_loadb((const char *)tls.at, tls.len, 0, NULL) : json_null());
	}
	json_object_set_new(out, "mails", mails);
	smtp_client_close(&client);
	tls_context_close(&hop.tls);
	return finish(out, start);
}

/* --- DNS -------------------------------------------------------------------- */

static const char *address_text(const struct sockaddr_storage *a, char out[64])
{
	const struct sockaddr_in *four = (const void *)a;
	const struct sockaddr_in6 *six = (const void *)a;
	return a->ss_family == AF_INET ? inet_ntop(AF_INET, &four->sin_addr, out, 64) : inet_ntop(AF_INET6, &six->sin6_addr, out, 64);
}

static json_t *addresses(struct resolve *resolve, const char *host, int64_t deadline)
{
	struct stream_target target;
	char text[64];
	enum reason reason = resolve_host(resolve, host, 25, deadline, &target);
	if (reason != REASON_NONE)
		return json_string(reason_code(reason));
	json_t *list = json_array();
	for (size_t i = 0; i < target.n; i++)
		json_array_append_new(list, json_string(address_text(&target.address[i], text)));
	return list;
}

/* mx SERVERS DOMAIN private|public MILLISECONDS */
static int mx(char **argv)
{
	struct resolve *resolve = NULL;
	struct resolve_hosts hosts = {0};
	json_t *out = json_object(), *list = json_array();
	int64_t start = stream_now(), deadline = start + strtol(argv[3], NULL, 10);

	enum reason reason = resolve_open(argv[0], strcmp(argv[2], "private") == 0, &resolve);
	if (reason == REASON_NONE)
		reason = resolve_mx(resolve, argv[1], "relais.exemple.mssante.fr", deadline, &hosts);
	for (size_t i = 0; reason == REASON_NONE && i < hosts.n; i++)
		json_array_append_new(list, json_pack("[s, o]", hosts.at[i].name, addresses(resolve, hosts.at[i].name, deadline)));
	json_object_set_new(out, "reason", json_string(reason_code(reason)));
	json_object_set_new(out, "hosts", list);
	json_object_set_new(out, "itself", json_boolean(hosts.itself));
	resolve_close(&resolve);
	return finish(out, start);
}

/* --- IMAP ------------------------------------------------------------------- */

struct got {
	struct digest_run run;
	size_t len;
};

static bool take(void *context, struct bytes piece)
{
	struct got *got = context;
	digest_add(&got->run, piece);
	got->len += piece.len;
	return true;
}

static enum reason one_message(struct collector_imap *imap, uint32_t uid, json_t *list)
{
	struct got got = {.run = digest_start()};
	unsigned char digest[DIGEST_SHA256];
	char text[DIGEST_SHA256_TEXT];
	uint64_t size = 0;
	bool known = false, found = false;

	enum reason reason = collector_imap_size(imap, uid, &size, &known);
	if (reason == REASON_NONE)
		reason = collector_imap_fetch(imap, uid, take, &got, &found);
	digest_end(&got.run, digest);
	digest_text(digest, text);
	json_array_append_new(list, json_pack("{s:i, s:I, s:b, s:b, s:I, s:s, s:s}", "uid", (int)uid, "announced", (json_int_t)size,
					      "known", known, "found", found, "len", (json_int_t)got.len, "sha256", text, "reason",
					      reason_code(reason)));
	return reason;
}

static enum reason read_all(struct collector_imap *imap, const char *folder, json_t *out)
{
	struct arena *arena = arena_create(4 * 1024 * 1024);
	struct collector_imap_folder state = {0};
	json_t *list = json_array();
	uint32_t *uids = NULL;
	size_t n = 0;

	enum reason reason = collector_imap_examine(imap, folder, &state);
	if (reason == REASON_NONE)
		reason = collector_imap_list(imap, arena, 1, state.uidnext ? state.uidnext - 1 : 0, &uids, &n);
	for (size_t i = 0; i < n && reason == REASON_NONE; i++)
		reason = one_message(imap, uids[i], list);
	if (reason == REASON_NONE && collector_imap_has_idle(imap)) {
		reason = collector_imap_idle(imap, -1, 1000);
		if (reason == REASON_NONE)
			reason = collector_imap_examine(imap, folder, &state);
	}
	json_object_set_new(out, "uidvalidity", json_integer(state.uidvalidity));
	json_object_set_new(out, "uidnext", json_integer(state.uidnext));
	json_object_set_new(out, "modseq", json_integer((json_int_t)state.modseq));
	json_object_set_new(out, "idle", json_boolean(collector_imap_has_idle(imap)));
	json_object_set_new(out, "messages", list);
	arena_destroy(&arena);
	return reason;
}

static int imap(int argc, char **argv)
{
	struct collector_imap_server server = {
		.server_name = argv[2], .port = (int)strtol(argv[1], NULL, 10), .tls = context(argv + 3), .user = argv[6],
		.auth = collector_imap_auth_of(bytes_of_text(argv[7])), .secret = argv[8],
		.starttls = argc > 10 && strcmp(argv[10], "starttls") == 0,
		.limits = {2000, 1500, COMMAND_MS, FETCH_MS, LIMIT_COLLECT_REPLY, LIMIT_MESSAGE},
	};
	if (patient)
		server.limits = collector_imap_limits_default;
	struct collector_imap *session = NULL;
	json_t *out = json_object();
	int64_t start = stream_now();

	enum reason reason = stream_resolve(argv[0], (int)strtol(argv[1], NULL, 10), &server.target);
	if (reason == REASON_NONE)
		reason = collector_imap_open(&server, &session);
	json_object_set_new(out, "open", json_string(reason_code(reason)));
	if (session)
		reason = read_all(session, argv[9], out);
	json_object_set_new(out, "read", json_string(reason_code(reason)));
	collector_imap_close(&session);
	tls_context_close(&server.tls);
	return finish(out, start);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	log_open("probe");
	if (argc > 2 && strcmp(argv[1], "many-descriptors") == 0) {
		for (int i = 0; i < 1200; i++)
			if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
				return 3;
		argc--;
		argv++;
	}
	if (argc > 2 && strcmp(argv[1], "patient") == 0) {
		patient = true;
		argc--;
		argv++;
	}
	if (argc == 6 && strcmp(argv[1], "mx") == 0)
		return mx(argv + 2);
	if (argc >= 12 && strcmp(argv[1], "smtp") == 0)
		return smtp(argc - 2, argv + 2);
	if (argc >= 12 && strcmp(argv[1], "imap") == 0)
		return imap(argc - 2, argv + 2);
	fprintf(stderr, "usage: see tests/peers/probe.c\n");
	return 64;
}

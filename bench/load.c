/* bench/load.c - sends a pool of distinct signed mails over kept connections and prints one JSON line.
 *
 * It stands in for ../shared/bench/smtpload beside a gateway that rightly swallows the same message sent twice: same options
 * where both have them, same output, same Message-ID form (smtpsink finds it again in In-Reply-To). The pool is a file
 * of MIME entities, each behind its length (u32, big-endian); they are signed before the clock starts.
 *
 * Build: cc -O2 -pthread -I SHARED_BENCH load.c -o smtpload -lssl -lcrypto     (io.h is the shared one) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <openssl/cms.h>
#include <openssl/pem.h>

#include "io.h"

enum { ENVELOPE = 1024, REPLY = 2048, STACK = 256 * 1024, TIMEOUT_SECONDS = 60, FAILURES_MAX = 20 };

struct mail {
	char *at;         /* as sent after DATA: dots doubled, ended by the lone dot; without Message-ID */
	size_t len;
};

struct options {
	const char *pool, *from, *to, *name, *certificate, *key, *anchors, *signer, *signer_key;
	int port;
	long n, connections;
	double rate;
};

/* Written by main before the threads start, then only read; the counters are atomic. */
static struct options opt = {.from = "sender@bench.invalid", .to = "rcpt@bench.invalid", .name = "localhost", .port = 25, .connections = 10};
static struct mail *mails;
static SSL_CTX *tls;
static uint64_t run_id, started;
static uint64_t *spans;
static atomic_long next_mail, accepted, refused, broken, n_spans;

_Noreturn static void fail(const char *what)
{
	perror(what);
	ERR_print_errors_fp(stderr);
	exit(2);
}

/* --- the pool -------------------------------------------------------------- */

static X509 *signer;
static EVP_PKEY *signer_key;
static STACK_OF(X509) *signer_chain;

static void read_signer(void)
{
	BIO *in = BIO_new_file(opt.signer, "r");
	if (in == NULL || (signer = PEM_read_bio_X509(in, NULL, NULL, NULL)) == NULL)
		fail(opt.signer);
	signer_chain = sk_X509_new_null();
	for (X509 *x; (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL;)
		sk_X509_push(signer_chain, x);
	BIO_free(in);
	ERR_clear_error();
	in = BIO_new_file(opt.signer_key, "r");
	if (in == NULL || (signer_key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL)) == NULL)
		fail(opt.signer_key);
	BIO_free(in);
}

/* The signature as base64 lines. */
static BIO *signature_of(const char *entity, size_t len)
{
	BIO *data = BIO_new_mem_buf(entity, (int)len), *out = BIO_new(BIO_s_mem()), *coder = BIO_new(BIO_f_base64());
	CMS_ContentInfo *cms = CMS_sign(signer, signer_key, signer_chain, data, CMS_DETACHED | CMS_BINARY);

	if (cms == NULL)
		fail("CMS_sign");
	BIO_push(coder, out);
	if (i2d_CMS_bio(coder, cms) != 1 || BIO_flush(coder) != 1)
		fail("i2d_CMS_bio");
	CMS_ContentInfo_free(cms);
	BIO_pop(coder);
	BIO_free(coder);
	BIO_free(data);
	return out;
}

/* CRLF line ends, dots doubled, the lone dot at the end. */
static struct mail on_the_wire(const char *text, size_t len)
{
	struct mail mail = {malloc(2 * len + 8), 0};
	bool begin = true;

	for (size_t i = 0; i < len; i++) {
		if (begin && text[i] == '.')
			mail.at[mail.len++] = '.';
		if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
			mail.at[mail.len++] = '\r';
		mail.at[mail.len++] = text[i];
		begin = text[i] == '\n';
	}
	memcpy(mail.at + mail.len, begin ? ".\r\n" : "\r\n.\r\n", begin ? 3 : 5);
	mail.len += begin ? 3 : 5;
	return mail;
}

static struct mail signed_mail(const char *entity, size_t len)
{
	static const char mark[] = "=_relais_bench_7f31";
	char *text = NULL, *p7s = NULL, date[64];
	size_t size = 0;
	time_t now = time(NULL);
	BIO *signature = signature_of(entity, len);
	long n = BIO_get_mem_data(signature, &p7s);
	FILE *f = open_memstream(&text, &size);

	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", gmtime(&now));
	fprintf(f, "From: %s\r\nTo: %s\r\nSubject: XDM/1.0/DDM+Compte rendu\r\nDate: %s\r\nMIME-Version: 1.0\r\n", opt.from, opt.to, date);
	fprintf(f, "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n",
		mark, mark);
	fwrite(entity, 1, len, f);
	fprintf(f, "\r\n--%s\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\nContent-Transfer-Encoding: base64\r\n"
		   "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n\r\n%.*s--%s--\r\n", mark, (int)n, p7s, mark);
	fclose(f);
	BIO_free(signature);
	struct mail mail = on_the_wire(text, size);
	free(text);
	return mail;
}

static void read_pool(void)
{
	FILE *f = fopen(opt.pool, "rb");
	uint32_t wire;
	long room = 0;

	if (f == NULL)
		fail(opt.pool);
	for (opt.n = 0; fread(&wire, sizeof wire, 1, f) == 1; opt.n++) {
		size_t len = ntohl(wire);
		char *entity = malloc(len + 1);
		if (fread(entity, 1, len, f) != len)
			fail(opt.pool);
		if (opt.n == room) {
			room = room == 0 ? 256 : 2 * room;
			mails = realloc(mails, (size_t)room * sizeof *mails);
		}
		mails[opt.n] = opt.signer != NULL ? signed_mail(entity, len) : on_the_wire(entity, len);
		free(entity);
	}
	fclose(f);
	if (opt.n == 0)
		fail("the pool is empty");
}

/* --- one connection --------------------------------------------------------- */

static int reply(conn_t *c)
{
	char line[REPLY];
	do {
		if (get_line(c, line, sizeof line) < 4)
			return -1;
	} while (line[3] == '-');
	return atoi(line);
}

static int ask(conn_t *c, const char *command)
{
	return raw_write(c, command, strlen(command)) != 0 ? -1 : reply(c);
}

static bool greet(conn_t *c)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {.tv_sec = TIMEOUT_SECONDS};
	int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(c->fd, (struct sockaddr *)&at, sizeof at) != 0 || reply(c) != 220 || ask(c, "EHLO client.bench.invalid\r\n") != 250 ||
	    ask(c, "STARTTLS\r\n") != 220)
		return false;
	c->ssl = SSL_new(tls);
	SSL_set_fd(c->ssl, c->fd);
	SSL_set_tlsext_host_name(c->ssl, opt.name);
	return SSL_connect(c->ssl) == 1 && ask(c, "EHLO client.bench.invalid\r\n") == 250;
}

/* The last reply's code; -1 when the connection broke. */
static int send_mail(conn_t *c, long i)
{
	char text[ENVELOPE], id[ENVELOPE];
	int n = snprintf(text, sizeof text, "MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\n", opt.from, opt.to);
	int idn = snprintf(id, sizeof id, "Message-ID: <load.%llx.%ld.%llu@bench.invalid>\r\n", (unsigned long long)run_id, i,
			   (unsigned long long)now_ns(CLOCK_REALTIME));

	if (raw_write(c, text, (size_t)n) != 0)
		return -1;
	int mail = reply(c), to = reply(c), data = reply(c);
	if (data != 354)
		return mail < 0 || to < 0 || data < 0 || ask(c, "RSET\r\n") < 0 ? -1 : mail >= 400 ? mail : to >= 400 ? to : data;
	if (raw_write(c, id, (size_t)idn) != 0 || raw_write(c, mails[i].at, mails[i].len) != 0)
		return -1;
	return reply(c);
}

static void keep_pace(long i)
{
	uint64_t due = opt.rate > 0 ? started + (uint64_t)((double)i * 1e9 / opt.rate) : 0, now = now_ns(CLOCK_MONOTONIC);
	if (due <= now)
		return;
	struct timespec span = {(time_t)((due - now) / 1000000000u), (long)((due - now) % 1000000000u)};
	nanosleep(&span, NULL);
}

static void *connection(void *unused)
{
	conn_t *c = calloc(1, sizeof *c);
	int failures = 0;

	(void)unused;
	c->fd = -1;
	for (long i; failures < FAILURES_MAX && (i = next_mail++) < opt.n;) {
		keep_pace(i);
		uint64_t begin = now_ns(CLOCK_MONOTONIC);
		int code = c->fd >= 0 || greet(c) ? send_mail(c, i) : -1;
		if (code / 100 == 2) {
			accepted++;
			spans[n_spans++] = now_ns(CLOCK_MONOTONIC) - begin;
		} else if (code > 0) {
			if (refused++ == 0)
				fprintf(stderr, "refused with %d\n", code);
		}
		if (code < 0 || code == 421) {
			broken += code < 0;
			failures++;
			hang_up(c, 0);
		}
	}
	if (c->fd >= 0) {
		(void)ask(c, "QUIT\r\n");
		hang_up(c, 1);
	}
	free(c);
	return NULL;
}

/* --- the run ------------------------------------------------------------------ */

static void prepare_tls(void)
{
	tls = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
	if (opt.certificate != NULL && (SSL_CTX_use_certificate_chain_file(tls, opt.certificate) != 1 ||
					SSL_CTX_use_PrivateKey_file(tls, opt.key, SSL_FILETYPE_PEM) != 1))
		fail(opt.certificate);
	if (opt.anchors != NULL && SSL_CTX_load_verify_locations(tls, opt.anchors, NULL) != 1)
		fail(opt.anchors);
	SSL_CTX_set_verify(tls, opt.anchors != NULL ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(tls), opt.name, 0);
}

static void print(double seconds, uint64_t start_ns)
{
	size_t n = (size_t)n_spans;
	struct rusage own;

	getrusage(RUSAGE_SELF, &own);
	double cpu = (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec) + (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec) / 1e6;
	qsort(spans, n, sizeof *spans, cmp_u64);
	printf("{\"tool\":\"bench-load\",\"start_ns\":%llu,\"conns\":%ld,\"bytes\":%zu,\"ok\":%ld,\"refused\":%ld,\"neterr\":%ld,"
	       "\"seconds\":%.3f,\"msgs_per_s\":%.2f,\"p50_ms\":%.2f,\"p95_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,\"own_cpu_s\":%.3f}\n",
	       (unsigned long long)start_ns, opt.connections, mails[0].len, (long)accepted, (long)refused, (long)broken, seconds,
	       (double)accepted / seconds, pct_ms(spans, n, .5), pct_ms(spans, n, .95), pct_ms(spans, n, .99), pct_ms(spans, n, 1), cpu);
}

static void run(void)
{
	pthread_t *threads = calloc((size_t)opt.connections, sizeof *threads);
	pthread_attr_t small;
	uint64_t start_ns = now_ns(CLOCK_REALTIME);

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK);
	started = now_ns(CLOCK_MONOTONIC);
	for (long i = 0; i < opt.connections; i++)
		if (pthread_create(&threads[i], &small, connection, NULL) != 0)
			fail("pthread_create");
	for (long i = 0; i < opt.connections; i++)
		pthread_join(threads[i], NULL);
	print((double)(now_ns(CLOCK_MONOTONIC) - started) / 1e9, start_ns);
	free(threads);
}

int main(int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "p:f:n:c:C:K:A:N:F:T:R:S:s:")) != -1)
		switch (o) {
		case 'p': opt.port = atoi(optarg); break;
		case 'f': opt.pool = optarg; break;
		case 'n': break;   /* relayrun.sh says it; the pool has the number */
		case 'c': opt.connections = atol(optarg); break;
		case 'C': opt.certificate = optarg; break;
		case 'K': opt.key = optarg; break;
		case 'A': opt.anchors = optarg; break;
		case 'N': opt.name = optarg; break;
		case 'F': opt.from = optarg; break;
		case 'T': opt.to = optarg; break;
		case 'R': opt.rate = atof(optarg); break;
		case 'S': opt.signer = optarg; break;
		case 's': opt.signer_key = optarg; break;
		default: opt.pool = NULL;
		}
	if (opt.pool == NULL || opt.connections < 1) {
		fputs("smtpload -f POOL -p PORT [-c CONNECTIONS] -C CERT -K KEY -A ANCHORS [-N SERVER_NAME] -F FROM -T TO [-R PER_SECOND]\n"
		      "  [-S CERT -s KEY]   sign each entity of the pool; without, the pool holds whole mails without Message-ID\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	prepare_tls();
	if (opt.signer != NULL)
		read_signer();
	read_pool();
	spans = calloc((size_t)opt.n, sizeof *spans);
	run_id = now_ns(CLOCK_REALTIME) / 1000 ^ (uint64_t)getpid() << 40;
	run();
	return accepted == opt.n ? 0 : 1;
}

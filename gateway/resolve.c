/* gateway/resolve.c - see resolve.h. */
#include "gateway/resolve.h"

#include <ares.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "gateway/resolve_answer.h"

enum { TRY_MS = 3000, TRIES = 3, POLL_MAX_MS = 500, OWN_MAX = 64, MEMORY = 16 * 1024 * 1024 };

struct resolve {
	ares_channel channel;
	bool private;
	struct {
		unsigned char at[16];
		size_t len;
	} own[OWN_MAX]; /* addresses of this machine */
	size_t n_own;
	struct arena *arena; /* this struct lies in it */
};

/* --- this machine ----------------------------------------------------------- */

static struct bytes address_of(const struct sockaddr *a)
{
	if (a != NULL && a->sa_family == AF_INET)
		return (struct bytes){(const unsigned char *)&((const struct sockaddr_in *)(const void *)a)->sin_addr, 4};
	if (a != NULL && a->sa_family == AF_INET6)
		return (struct bytes){(const unsigned char *)&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16};
	return BYTES_NONE;
}

static void read_own(struct resolve *r)
{
	struct ifaddrs *list = NULL;

	if (getifaddrs(&list) != 0)
		return;
	for (const struct ifaddrs *a = list; a != NULL && r->n_own < OWN_MAX; a = a->ifa_next) {
		struct bytes address = address_of(a->ifa_addr);
		if (address.len == 0)
			continue;
		memcpy(r->own[r->n_own].at, address.at, address.len);
		r->own[r->n_own++].len = address.len;
	}
	freeifaddrs(list);
}

static bool may_ask(const struct resolve *r, struct bytes address)
{
	if (r->private)
		return true;
	for (size_t i = 0; i < r->n_own; i++)
		if (bytes_equal((struct bytes){r->own[i].at, r->own[i].len}, address))
			return false;
	return mx_is_public(address);
}

/* --- opening ---------------------------------------------------------------- */

static bool open_channel(struct resolve *r, const char *servers)
{
	/* Names are whole: no search list, and no aliases from the environment. */
	struct ares_options options = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES, .timeout = TRY_MS, .tries = TRIES};

	if (ares_init_options(&r->channel, &options, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS)
		return false;
	if (servers[0] == '\0' || ares_set_servers_ports_csv(r->channel, servers) == ARES_SUCCESS)
		return true;
	ares_destroy(r->channel);
	return false;
}

enum reason resolve_open(const char *servers, bool private, struct resolve **out)
{
	struct arena *arena = arena_create(sizeof(struct resolve) + 4096);
	struct resolve *r = arena ? arena_try(arena, sizeof *r) : NULL;

	*out = NULL;
	if (r == NULL || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
		arena_destroy(&arena);
		return REASON_MEMORY;
	}
	*r = (struct resolve){.private = private, .arena = arena};
	if (!open_channel(r, servers)) {
		ares_library_cleanup();
		arena_destroy(&arena);
		return REASON_CONFIG_VALUE;
	}
	read_own(r);
	*out = r;
	return REASON_NONE;
}

void resolve_close(struct resolve **at)
{
	struct resolve *r = *at;

	if (r == NULL)
		return;
	*at = NULL;
	ares_destroy(r->channel);
	ares_library_cleanup();
	struct arena *arena = r->arena;
	arena_destroy(&arena);
}

/* --- one question ----------------------------------------------------------- */

struct question {
	struct arena *arena;
	struct bytes name;
	enum resolve_type type;
	bool done;
	enum reason reason;
	struct resolve_answer answer;
};

static void answered(void *argument, int status, int timeouts, unsigned char *packet, int len)
{
	struct question *q = argument;

	(void)timeouts;
	q->done = true;
	q->reason = REASON_DELIVER_DNS;
	/* The library's word that nothing is there counts only with an answer that says so itself: one that was cut says nothing. */
	if ((status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND) && packet != NULL && len > 0)
		q->reason = resolve_answer_read(q->arena, (struct bytes){packet, (size_t)len}, q->name, q->type, &q->answer);
	if (q->reason != REASON_NONE)
		q->answer.n = 0;
}

/* One round: waits for what the library waits for, and lets it read. */
static void turn(struct resolve *r, int64_t deadline)
{
	ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
	struct pollfd polled[ARES_GETSOCK_MAXNUM];
	unsigned bits = (unsigned)ares_getsock(r->channel, sockets, ARES_GETSOCK_MAXNUM);
	nfds_t n = 0;

	for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		/* The library's own macro shifts a signed one by 31. */
		short events = (short)((bits >> i & 1 ? POLLIN : 0) | (bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0));
		if (events != 0)
			polled[n++] = (struct pollfd){.fd = sockets[i], .events = events};
	}
	int64_t left = deadline - stream_now();
	(void)poll(polled, n, left < 0 ? 0 : left > POLL_MAX_MS ? POLL_MAX_MS : (int)left);
	for (nfds_t i = 0; i < n; i++)
		ares_process_fd(r->channel, polled[i].revents & (POLLIN | POLLERR | POLLHUP) ? polled[i].fd : ARES_SOCKET_BAD,
				polled[i].revents & POLLOUT ? polled[i].fd : ARES_SOCKET_BAD);
	/* Its own time limits, also while nothing is readable. */
	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/* All at once; each has its reason afterwards. */
static void ask(struct resolve *r, struct question *questions, size_t n, int64_t deadline)
{
	int64_t end = stream_now() + LIMIT_DNS_SECONDS * 1000;
	bool open = true;

	if (end > deadline)
		end = deadline;
	for (size_t i = 0; i < n; i++)
		ares_query(r->channel, (const char *)questions[i].name.at, 1 /* IN */, (int)questions[i].type, answered, &questions[i]);
	while (open && stream_now() < end) {
		open = false;
		for (size_t i = 0; i < n; i++)
			open = open || !questions[i].done;
		if (open)
			turn(r, end);
	}
	ares_cancel(r->channel);   /* what is still open is answered now: DELIVER_DNS */
}

/* --- public ----------------------------------------------------------------- */

enum reason resolve_mx(struct resolve *r, const char *domain, const char *own, int64_t deadline, struct resolve_hosts *out)
{
	struct arena *arena = arena_create(MEMORY);
	uint64_t seed = 0;

	*out = (struct resolve_hosts){0};
	if (arena == NULL)
		return REASON_MEMORY;
	struct question q = {.arena = arena, .name = bytes_of_text(domain), .type = RESOLVE_MX, .reason = REASON_DELIVER_DNS};
	/* Half a seed shuffles too. */
	(void)!getrandom(&seed, sizeof seed, 0);
	ask(r, &q, 1, deadline);
	enum reason reason = q.reason;
	if (reason == REASON_NONE) {
		out->itself = q.answer.n == 0;
		reason = mx_choose(q.answer.mx, q.answer.n, q.name, bytes_of_text(own), seed, out->at, &out->n);
	}
	arena_destroy(&arena);
	return reason;
}

static void add(struct stream_target *out, struct bytes address, int port)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};

	if (out->n == sizeof out->address / sizeof out->address[0])
		return;
	if (address.len == 4) {
		memcpy(&four.sin_addr, address.at, 4);
		memcpy(&out->address[out->n], &four, sizeof four);
		out->len[out->n++] = sizeof four;
		return;
	}
	memcpy(&six.sin6_addr, address.at, 16);
	memcpy(&out->address[out->n], &six, sizeof six);
	out->len[out->n++] = sizeof six;
}

enum reason resolve_host(struct resolve *r, const char *host, int port, int64_t deadline, struct stream_target *out)
{
	struct arena *arena = arena_create(2 * MEMORY);
	struct bytes name = bytes_of_text(host);

	*out = (struct stream_target){0};
	if (arena == NULL)
		return REASON_MEMORY;
	struct question q[2] = {
		{.arena = arena, .name = name, .type = RESOLVE_AAAA, .reason = REASON_DELIVER_DNS},
		{.arena = arena, .name = name, .type = RESOLVE_A, .reason = REASON_DELIVER_DNS},
	};
	ask(r, q, 2, deadline);
	for (size_t i = 0; i < LIMIT_MX_ADDRESSES; i++)
		for (size_t k = 0; k < 2; k++) {
			struct bytes address = {q[k].answer.address[i], k == 0 ? 16 : 4};
			if (i < q[k].answer.n && may_ask(r, address))
				add(out, address, port);
		}
	bool some = q[0].answer.n + q[1].answer.n > 0;
	bool unsure = q[0].reason == REASON_DELIVER_DNS || q[1].reason == REASON_DELIVER_DNS;
	arena_destroy(&arena);
	if (out->n > 0)
		return REASON_NONE;
	return unsure ? REASON_DELIVER_DNS : some ? REASON_DELIVER_MX : REASON_DELIVER_DOMAIN_NONE;
}

/* gateway/mailstream.h - one outgoing connection under libetpan: our own socket, our own TLS, our own bounds.
 *
 * The library's own streams verify no certificate, use select() and know no bound. This one waits with
 * poll(), verifies through gateway/tls.h, and ends a reply that is too long or too slow: whoever sends a
 * command arms the stream first. After any trouble it is dead: reads and writes fail, nothing more is
 * sent, in clear or not. SIGPIPE is to be ignored by the process. */
#ifndef RELAIS_GATEWAY_MAILSTREAM_H
#define RELAIS_GATEWAY_MAILSTREAM_H

#include <libetpan/mailstream.h>

#include "gateway/mailstream_connect.h"
#include "gateway/tls.h"

enum stream_trouble {
	STREAM_FINE,
	STREAM_TIME,              /* the deadline passed */
	STREAM_FLOOD,             /* more bytes than the budget */
	STREAM_CLOSED,            /* the peer closed or reset the connection */
	STREAM_FAILED,            /* anything else, a broken TLS record included */
};

struct stream;
/* Tries each address in turn, connect_ms for all of them. DELIVER_CONNECT: nobody answered. */
MUST_USE enum reason stream_open(const struct stream_target *target, unsigned connect_ms, struct stream **out);
/* Closes; a stream without trouble takes its leave in TLS, and waits for nothing. Accepts NULL, leaves NULL behind. */
void stream_close(struct stream **s);

/* For libetpan; owned by the stream: never give it to mailstream_close. NULL once libetpan has closed it. */
mailstream *stream_mail(struct stream *s);

/* From now on at most budget bytes may be read, and nothing after ms milliseconds. */
void stream_arm(struct stream *s, size_t budget, unsigned ms);
/* Gives back what was read and counted elsewhere: the bytes of a body that is streamed. */
void stream_refund(struct stream *s, size_t n);
/* Overwrites what the library keeps of what was sent: after a password or a token. */
void stream_forget(struct stream *s);
enum stream_trouble stream_trouble(const struct stream *s);
/* Kills the stream by our own decision (STREAM_FAILED). */
void stream_abandon(struct stream *s);

/*
 * Speaks TLS from here on: handshake, chain and name checked. What the peer sent in clear before
 * and nobody has read is an injection: refused.
 * DELIVER_CERTIFICATE: chain or name (stream_verify_text says what); DELIVER_DROPPED: cut within the handshake;
 * DELIVER_PROTOCOL: injection; DELIVER_TLS: time or another failure. The stream is dead after a refusal.
 */
MUST_USE enum reason stream_secure(struct stream *s, struct tls_context *context, const char *server_name, unsigned ms);
bool stream_is_secure(const struct stream *s);
const char *stream_verify_text(const struct stream *s);
/* tls_facts of the peer as a JSON object; empty without TLS. At most 64 KiB, borrowed from the stream. */
struct bytes stream_tls_facts(const struct stream *s);
/* Canonical subject name of the verified peer (certs/name.h), borrowed from the stream; empty without TLS. */
struct bytes stream_peer_name(const struct stream *s);

/* Waits at most ms until bytes can be read; true when there are some (also those decrypted but not yet
 * taken), or when the connection ended. also_fd (or -1) ends the wait too. */
bool stream_wait(struct stream *s, int also_fd, unsigned ms);

#endif

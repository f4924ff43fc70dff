/* smtp/server.h - one SMTP session as a machine: bytes in, replies and events out. No sockets, no clock, no files.
 *
 * The caller feeds bytes, sends the replies, does what an event asks and, where the event needs a decision,
 * gives it back with smtp_server_answer. Until then the machine takes no more bytes.
 *
 * 1. Nothing but EHLO, HELO, NOOP, STARTTLS and QUIT is heard before TLS (RFC 3207 4).
 * 2. Bytes that came before our reply where that is not allowed end the session (RFC 2920 3.1, RFC 3207 4.2, RFC 4954 4).
 * 3. A message is offered (SMTP_EVENT_MESSAGE) only after CRLF.CRLF or the last counted octet of BDAT LAST (RFC 3030), and only
 *    when it is whole, within the limit, free of bare CR, bare LF and NUL and its last line is ended; each message that was
 *    begun ends in MESSAGE, RESET or CLOSE.
 * 4. The octets of a chunk are counted and are never read as commands, refused or not: where they cannot be counted,
 *    the session ends.
 * 5. In submission (RFC 6409) no sender is asked about before AUTH succeeded or the peer gave a certificate.
 * 6. Each refusal's text is that of base/reason: "550 5.7.1 Sentence. (code)". */
#ifndef RELAIS_SMTP_SERVER_H
#define RELAIS_SMTP_SERVER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/reason.h"
#include "smtp/command.h"
#include "smtp/sasl.h"

enum smtp_mode {
	SMTP_MODE_TRANSFER,       /* between operators: no AUTH */
	SMTP_MODE_SUBMISSION,     /* from our own correspondents' software */
};

enum smtp_event_kind {
	SMTP_EVENT_NONE,          /* all bytes are used, or an answer is awaited */
	SMTP_EVENT_STARTTLS,      /* may there be TLS now? answer; after yes send the replies, speak TLS, then smtp_server_secured */
	SMTP_EVENT_AUTH,          /* is auth.token good, and may its owner act as auth.user? answer */
	SMTP_EVENT_SENDER,        /* may mail.from send? answer */
	SMTP_EVENT_RECIPIENT,     /* may recipient.to receive it? answer */
	SMTP_EVENT_DATA,          /* 354 was said or a first BDAT came: a message begins */
	SMTP_EVENT_BODY,          /* body: the next bytes of the message */
	SMTP_EVENT_MESSAGE,       /* the message is whole: keep it; answer */
	SMTP_EVENT_RESET,         /* forget sender, recipients and body */
	SMTP_EVENT_CLOSE,         /* send the replies, then close */
};

/* What a client says of itself within AUTH. Secret: views good until the answer, and wiped then. */
struct smtp_identity {
	enum smtp_sasl mechanism;
	struct bytes user;        /* the mailbox that it asks to act as; empty = not said */
	struct bytes token;
};

struct smtp_event {
	enum smtp_event_kind kind;
	struct smtp_identity auth;         /* AUTH */
	struct smtp_mail mail;             /* SENDER; views good until the answer */
	struct smtp_recipient recipient;   /* RECIPIENT; the same */
	struct bytes body;                 /* BODY; a view on the input */
	uint64_t size;                     /* MESSAGE */
	bool eight_bit;                    /* MESSAGE: has bytes over 127 */
	enum reason reason;                /* CLOSE: why; NONE after QUIT. RESET: why the message was refused, or NONE */
};

/* What the caller has to wait for: for its deadlines. DATA is a message under way, the pauses between its chunks too. */
enum smtp_phase { SMTP_PHASE_COMMAND, SMTP_PHASE_DATA, SMTP_PHASE_ANSWER, SMTP_PHASE_TLS, SMTP_PHASE_CLOSED };

struct smtp_server;

/* The server lives in the arena; smtp_server_close frees its buffers. hostname: borrowed, in the greeting and EHLO. */
struct smtp_server *smtp_server_open(struct arena *arena, const char *hostname, enum smtp_mode mode);
void smtp_server_close(struct smtp_server *server);

/* The greeting. waiting: the peer spoke before it, which ends the session: true = close after the replies. */
bool smtp_server_greet(struct smtp_server *server, bool waiting);

/* Reads from in; more: further bytes wait behind it. Returns how many bytes were used; one event at most a call:
 * call again with the rest until the event is NONE and nothing more is used. */
size_t smtp_server_read(struct smtp_server *server, struct bytes in, bool more, struct smtp_event *event);

/* The decision on STARTTLS, AUTH, SENDER, RECIPIENT or MESSAGE. detail: printable ASCII or NULL; for an accepted message its
 * queue id, for a refusal what is put before the code. Who may not authenticate is told one text, whatever the reason. The next smtp_server_read may give a RESET or CLOSE, with no input too. */
void smtp_server_answer(struct smtp_server *server, enum reason reason, const char *detail);

/* Something failed while the body comes (no room): read on, refuse at the end with this reason. */
void smtp_server_spoil(struct smtp_server *server, enum reason reason);

/* TLS is spoken from here on: everything said before is forgotten (RFC 3207 4.2). certificate: the peer gave one that is
 * trusted; in submission it may then name a sender without AUTH. */
void smtp_server_secured(struct smtp_server *server, bool certificate);

/* The session must end (SMTP_TIME, SMTP_STOPPING, SMTP_BUSY): adds the last reply; nothing is read any more. */
void smtp_server_end(struct smtp_server *server, enum reason reason);

enum smtp_phase smtp_server_phase(const struct smtp_server *server);
/* The name given in EHLO or HELO; borrowed until the next read. */
struct bytes smtp_server_helo(const struct smtp_server *server);
/* One refusal as a reply line, for a peer that gets no session. */
void smtp_server_refusal(struct buf *out, enum reason reason);
/* What is to be sent; the caller sends it all, then clears the buffer (buf_clear). */
struct buf *smtp_server_replies(struct smtp_server *server);

#endif

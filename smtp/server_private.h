/* smtp/server_private.h - the machine's state, for smtp/server*.c alone. */
#ifndef RELAIS_SMTP_SERVER_PRIVATE_H
#define RELAIS_SMTP_SERVER_PRIVATE_H

#include "smtp/data.h"
#include "smtp/server.h"

enum state {
	STATE_CLEAR,          /* no TLS; nothing or HELO said */
	STATE_CLEAR_EHLO,     /* no TLS; EHLO said: STARTTLS may come */
	STATE_TLS,            /* 220 said: the handshake is under way */
	STATE_SECURE,         /* TLS; nothing said yet */
	STATE_READY,          /* TLS and a name */
	STATE_AUTH,           /* 334 said: the next line is the client's message */
	STATE_AUTH_DENIED,    /* 334 with an error said: the next line, whatever it is, gets 535 (RFC 7628 3.2.3) */
	STATE_MAIL,           /* a sender */
	STATE_RCPT,           /* and a recipient */
	STATE_DATA,           /* 354 said: bytes are the message's */
	STATE_CHUNK,          /* BDAT said: chunk_left bytes are the message's */
	STATE_CHUNKS,         /* between the chunks of a message */
	STATE_CLOSED,
	STATES,
};

struct smtp_server {
	const char *hostname;
	enum smtp_mode mode;
	enum state state;
	enum smtp_event_kind awaiting;   /* an answer to this is due */
	bool secure, extended;           /* EHLO was said since the last start: PIPELINING is known when secure, too */
	bool certificate, authenticated;
	bool cr, line_done;              /* the line so far ends in CR; the line was read and its views may be in use */
	bool close_due;
	enum reason close_reason;
	struct buf line, helo, replies;
	size_t dropped;                  /* bytes of a line beyond its limit */
	unsigned errors, idle, recipients_tried, messages, auth_failures;
	bool smtputf8;                   /* of the transaction */
	enum smtp_sasl mechanism;
	struct buf user, secret;         /* of an AUTH under way */
	struct smtp_data data;
	uint64_t chunk_left;
	bool chunk_last;
	enum reason spoiled;             /* the message is refused at its end */
};

void server_say(struct smtp_server *s, const char *text);
/* A refusal that goes against the peer's account when it is a lasting one; 421 closes. */
void server_refuse(struct smtp_server *s, enum reason reason, const char *detail);
void server_fatal(struct smtp_server *s, enum reason reason);

/* server_auth.c */
void server_auth(struct smtp_server *s, struct bytes argument, struct smtp_event *event);
void server_auth_line(struct smtp_server *s, bool more, struct smtp_event *event);
void server_auth_answer(struct smtp_server *s, enum reason reason);
/* Overwrites and frees what a client may have said of its identity: the line, too. */
void server_auth_forget(struct smtp_server *s);

/* server_body.c */
void server_data(struct smtp_server *s, struct bytes argument, struct smtp_event *event);
void server_bdat(struct smtp_server *s, struct bytes argument, struct smtp_event *event);
/* A chunk whose bytes are all read is answered: before anything that follows it is looked at. */
void server_chunk_end(struct smtp_server *s, struct smtp_event *event);
size_t server_read_chunk(struct smtp_server *s, struct bytes in, struct smtp_event *event);
size_t server_read_data(struct smtp_server *s, struct bytes in, struct smtp_event *event);

#endif

/* policy/reply.h - what a server's reply that is not the wanted one means: one table of codes and reasons. Pure.
 *
 * RFC 5321 4.2 tells the classes, RFC 3463 and its registry the enhanced codes. A reply to the greeting says nothing about
 * a mail, and one about us nothing about its recipient: the stage decides with the code. */
#ifndef RELAIS_POLICY_REPLY_H
#define RELAIS_POLICY_REPLY_H

#include "base/reason.h"

/* To what the server answers. */
enum reply_stage {
	REPLY_GREETING,
	REPLY_HELLO,
	REPLY_STARTTLS,
	REPLY_AUTH,
	REPLY_SENDER,            /* RSET and MAIL */
	REPLY_RECIPIENT,
	REPLY_MESSAGE,           /* DATA, before a byte of the message has left */
	REPLY_END,               /* the message has begun to leave: the server may have it */
	REPLY_STAGES
};

/* code: 400 to 599; enhanced: "5.1.1" or empty. A DELIVER_… reason, never NONE. */
MUST_USE enum reason reply_reason(enum reply_stage stage, int code, struct bytes enhanced);

#endif

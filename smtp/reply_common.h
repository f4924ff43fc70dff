/* smtp/reply_common.h - what the readers of answers (smtp/reply_word.h) share. */
#ifndef RELAIS_SMTP_REPLY_COMMON_H
#define RELAIS_SMTP_REPLY_COMMON_H

#include "smtp/reply_token.h"

/* Behind the closing words ("cordialement") nothing is read any more, but a postscript. starts_line: the sentence is the first of its line;
 * begun: something stood before; closed: as it was for the sentence before. */
bool reply_is_closed(const struct reply_sentence *sentence, bool starts_line, bool begun, bool closed);
/* The only mail address of a text, borrowed; empty when there is none, or two that differ. */
struct bytes reply_only_address(struct bytes text);
/* A mail address around the "@" at this offset of a text; empty when it is none. */
struct bytes reply_address_around(struct bytes text, size_t sign);
/* The text behind a word of command that it opens with: "REFUSE : trop de dossiers" gives "trop de dossiers". Else the whole, trimmed. */
struct bytes reply_rest(struct bytes text);

#endif

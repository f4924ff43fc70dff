/* smtp/mime_flowed.h - text/plain; format=flowed (RFC 3676): the lines of a paragraph put together again, and cut. */
#ifndef RELAIS_SMTP_MIME_FLOWED_H
#define RELAIS_SMTP_MIME_FLOWED_H

#include "base/arena.h"

/* text has LF line ends. Soft breaks fall away, stuffing too; a paragraph never crosses quote depths, quote marks stay in front ("> ").
 * delsp: the parameter DelSp=yes. Never longer than twice the text and two bytes. In the arena. */
struct bytes mime_flowed_join(struct arena *arena, struct bytes text, bool delsp);

/* The reverse, for what we send: UTF-8 paragraphs with LF become lines of at most 76 characters (RFC 3676 4.2), broken at blanks, none
 * of which is lost; a word that is longer stays whole. A no-break space never breaks. In the arena; ends with LF unless text is empty. */
struct bytes mime_flowed_cut(struct arena *arena, struct bytes text);

#endif

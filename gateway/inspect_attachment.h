/* gateway/inspect_attachment.h - what becomes of an attached file that is no clinical document, by what its bytes are.
 *
 * What a reader of the dossier can open is taken. All else is set aside: the message keeps it, nobody is given it, and its sender is
 * told what he can do. Pure. */
#ifndef RELAIS_GATEWAY_INSPECT_ATTACHMENT_H
#define RELAIS_GATEWAY_INSPECT_ATTACHMENT_H

#include "base/arena.h"
#include "base/reason.h"
#include "cda/sniff.h"

/* NONE: a file of that type and name is taken; else ATTACHMENT_*, for which it is set aside. The name counts for one thing only: a text
 * whose ending would have a machine run it. within: it stands in an archive. */
enum reason inspect_attachment_reason(enum sniff type, struct bytes name, bool within);
/* What a file system leaves in an archive by itself: no one means to send it, and nobody is told of it. */
bool inspect_attachment_is_clutter(struct bytes path);
/* A path of an archive as one name, so that files of two folders stay apart: "CT/S1/I001" is "CT_S1_I001". In the arena. */
struct bytes inspect_attachment_name(struct arena *arena, struct bytes path);

#endif

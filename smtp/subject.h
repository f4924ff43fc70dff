/* smtp/subject.h - the national subject of a mail that holds a package: "XDM/1.0/DDM+Dossier d'avis PAT-TROIS DOMINIQUE 28/03/1979"
 * (MSSanté referential 2, ECO.2.1.3). Screens hide the prefix; software files by it. */
#ifndef RELAIS_SMTP_SUBJECT_H
#define RELAIS_SMTP_SUBJECT_H

#include "base/arena.h"

#define SUBJECT_PREFIX "XDM/1.0/DDM+"

/*
 * In the arena: one line of UTF-8 without control or unseen characters, whatever comes in. label is cut at 40 characters and each name at
 * 60; what is not UTF-8 in a name becomes "?". birth is YYYYMMDD or longer, left out when it is no date.
 */
struct bytes subject_national(struct arena *arena, struct bytes label, struct bytes family, struct bytes given, struct bytes birth);

#endif

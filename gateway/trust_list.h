/* gateway/trust_list.h - the trust space's white list (national XML form): which certificate may speak for which domain.
 *
 * Source: root ListeBlancheMSSante, namespace https://listeblanche.mssante.fr/schema, DateDeGeneration, one Domaine an entry
 * with Nom and DNCertificatOperateur; a domain may stand several times, each time with another certificate name, and the same
 * pair twice. There is no signature in the form: whoever fetches it checks the server (refresher), or knows whence it is.
 *
 * Domains are kept as written but for ASCII capitals, which are lowered: names that are not ASCII compare byte by byte
 * (PostgreSQL's lower() for their capitals), and an A-label is not its U-label: the list must have both, if both are used. */
#ifndef RELAIS_GATEWAY_TRUST_LIST_H
#define RELAIS_GATEWAY_TRUST_LIST_H

#include "base/arena.h"
#include "base/instant.h"
#include "base/reason.h"

enum { TRUST_LIST_TOLD = 100 };

/* An entry that cannot be read, by its number from 1. */
struct trust_list_bad {
	size_t entry;
	const char *why;            /* a sentence of ours, English, without content */
};

/* Four arrays of n texts in the arena, one pair of domain and certificate an index. */
struct trust_list {
	struct instant generated_at;
	size_t entries;             /* of the file, those that cannot be read too */
	size_t n;
	struct bytes *domains, *names /* canonical, certs/name.h */, *shown /* as the list writes it */, *operators /* its O */;
	size_t bad;
	struct trust_list_bad told[TRUST_LIST_TOLD];   /* the first of them */
};

/*
 * Reads the whole list. An entry that cannot be read is passed over, told and counted: one bad line does not cut off the country.
 * TRUST_UNREADABLE when it is more than one in a hundred; *out is then filled, to be told, not to be used.
 * TRUST_FORM: another root, no date, no entry, an end that is missing. DOCUMENT_…: what xml_parse refuses. TRUST_SIZE; MEMORY.
 * The arena must have room for some 400 bytes an entry.
 */
MUST_USE enum reason trust_list_read(struct arena *arena, struct bytes xml, struct trust_list *out);

#endif

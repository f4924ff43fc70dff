/* smtp/reply_emergency_list.h - the sayings of smtp/reply_emergency, as data; each group names its sources. */
#ifndef RELAIS_SMTP_REPLY_EMERGENCY_LIST_H
#define RELAIS_SMTP_REPLY_EMERGENCY_LIST_H

#include "smtp/reply_emergency.h"

struct reply_emergency_saying {
	const char *phrase;      /* smtp/reply_token.h */
	enum reply_emergency_kind kind;
	bool denies;             /* a denial is part of it, or changes nothing: "je ne veux plus vivre" */
};

extern const struct reply_emergency_saying reply_emergency_list[];
extern const size_t reply_emergency_list_length;

#endif

/* policy/mail.c - see mail.h. */
#include "policy/mail.h"

static const char *const parties[PARTIES] = {
	[PARTY_NONE] = "none",           [PARTY_PATIENT] = "patient",
	[PARTY_EXPERT] = "expert",       [PARTY_ATTENDING] = "attending",
	[PARTY_FIRST_OPINION] = "first_opinion", [PARTY_SENDER] = "sender",
	[PARTY_STANDBY] = "standby",     [PARTY_REQUESTER] = "requester",
	[PARTY_REPRESENTATIVE] = "representative", [PARTY_OTHER_PARENT] = "other_parent",
};

static const char *const codes[MAIL_CODES] = {
	[MAIL_NONE] = "",     [MAIL_M01] = "M01", [MAIL_M02] = "M02", [MAIL_M06] = "M06", [MAIL_M07] = "M07",
	[MAIL_M10] = "M10",   [MAIL_M11] = "M11", [MAIL_M12] = "M12", [MAIL_M13] = "M13",   [MAIL_M13B] = "M13B", [MAIL_M15] = "M15",
	[MAIL_M16] = "M16",   [MAIL_M21] = "M21", [MAIL_M30] = "M30", [MAIL_M31] = "M31", [MAIL_M64] = "M64",
	[MAIL_M70] = "M70",   [MAIL_M71] = "M71",
};

const char *party_name(enum party party)
{
	return parties[party];
}

enum party party_of_name(struct bytes name)
{
	for (enum party p = PARTY_PATIENT; p < PARTIES; p++)
		if (bytes_equal_text(name, parties[p]))
			return p;
	return PARTY_NONE;
}

const char *mail_code_name(enum mail_code code)
{
	return codes[code];
}

enum mail_code mail_code_of_name(struct bytes name)
{
	for (enum mail_code c = MAIL_M01; c < MAIL_CODES; c++)
		if (bytes_equal_text(name, codes[c]))
			return c;
	return MAIL_NONE;
}

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
	[MAIL_NONE] = "", [MAIL_M01] = "M01", [MAIL_M02] = "M02", [MAIL_M02B] = "M02B", [MAIL_M03] = "M03",
	[MAIL_M04] = "M04", [MAIL_M05] = "M05", [MAIL_M06] = "M06", [MAIL_M07] = "M07", [MAIL_M08] = "M08",
	[MAIL_M09] = "M09", [MAIL_M10] = "M10", [MAIL_M11] = "M11", [MAIL_M12] = "M12", [MAIL_M13] = "M13",
	[MAIL_M13B] = "M13B", [MAIL_M13C] = "M13C", [MAIL_M14] = "M14", [MAIL_M15] = "M15", [MAIL_M16] = "M16", [MAIL_M17] = "M17",
	[MAIL_M18] = "M18", [MAIL_M19] = "M19", [MAIL_M20] = "M20", [MAIL_M21] = "M21", [MAIL_M22] = "M22",
	[MAIL_M30] = "M30", [MAIL_M31] = "M31", [MAIL_M33] = "M33", [MAIL_M34] = "M34", [MAIL_M35] = "M35",
	[MAIL_M36] = "M36", [MAIL_M37] = "M37", [MAIL_M40] = "M40", [MAIL_M41] = "M41", [MAIL_M42] = "M42",
	[MAIL_M43] = "M43", [MAIL_M44] = "M44", [MAIL_M45] = "M45", [MAIL_M50] = "M50", [MAIL_M51] = "M51",
	[MAIL_M52] = "M52",
	[MAIL_M60] = "M60", [MAIL_M61] = "M61", [MAIL_M62] = "M62", [MAIL_M63] = "M63", [MAIL_M64] = "M64",
	[MAIL_M70] = "M70", [MAIL_M71] = "M71", [MAIL_M73] = "M73", [MAIL_M80] = "M80", [MAIL_M81] = "M81",
	[MAIL_M82] = "M82", [MAIL_M83] = "M83", [MAIL_M84] = "M84", [MAIL_M85] = "M85", [MAIL_M90] = "M90",
	[MAIL_M91] = "M91", [MAIL_M92] = "M92", [MAIL_M93] = "M93", [MAIL_M94] = "M94", [MAIL_M95] = "M95",
	[MAIL_M96] = "M96", [MAIL_M97] = "M97", [MAIL_M98] = "M98", [MAIL_M99] = "M99", [MAIL_M100] = "M100",
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

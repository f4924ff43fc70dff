/* policy/service.c - see service.h. */
#include "policy/service.h"

static const char *const names[SERVICE_PARTIES] = {
	[SERVICE_NURSES] = "nurses",   [SERVICE_DUTY] = "duty",     [SERVICE_OPERATOR] = "operator", [SERVICE_OFFICER] = "officer",
	[SERVICE_MANAGER] = "manager", [SERVICE_EXPERT] = "expert", [SERVICE_INSURER] = "insurer",
};

/* M93 goes to whoever owns what was kept apart, and to the manager when nobody decided. M81 is the nurses' where nobody is on duty. */
static const struct {
	enum service_party party;
	enum mail_code code;
} pairs[] = {
	{SERVICE_NURSES, MAIL_M80},   {SERVICE_NURSES, MAIL_M81},   {SERVICE_NURSES, MAIL_M82},   {SERVICE_NURSES, MAIL_M83},
	{SERVICE_NURSES, MAIL_M84},   {SERVICE_NURSES, MAIL_M85},   {SERVICE_NURSES, MAIL_M93},   {SERVICE_DUTY, MAIL_M81},
	{SERVICE_OPERATOR, MAIL_M90}, {SERVICE_OPERATOR, MAIL_M91}, {SERVICE_OPERATOR, MAIL_M92}, {SERVICE_OPERATOR, MAIL_M93},
	{SERVICE_OPERATOR, MAIL_M94}, {SERVICE_OPERATOR, MAIL_M95}, {SERVICE_OFFICER, MAIL_M93},  {SERVICE_OFFICER, MAIL_M96},
	{SERVICE_OFFICER, MAIL_M97},  {SERVICE_OFFICER, MAIL_M98},  {SERVICE_MANAGER, MAIL_M83},  {SERVICE_MANAGER, MAIL_M84},
	{SERVICE_MANAGER, MAIL_M93},  {SERVICE_EXPERT, MAIL_M17},   {SERVICE_INSURER, MAIL_M99},
};

const char *service_party_name(enum service_party party)
{
	return names[party];
}

enum service_party service_party_of_name(struct bytes name)
{
	enum service_party p = SERVICE_NURSES;
	while (p < SERVICE_PARTIES && !bytes_equal_text(name, names[p]))
		p++;
	return p;
}

bool service_may(enum service_party party, enum mail_code code)
{
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if (pairs[i].party == party && pairs[i].code == code)
			return true;
	return false;
}

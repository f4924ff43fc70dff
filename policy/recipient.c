/* policy/recipient.c - see recipient.h. */
#include "policy/recipient.h"

#include "base/limits.h"
#include "policy/rules.h"

enum { LINE = 76, LINE_WIRE = LINE + 2, PART_HEAD = 512 };

static bool is_domain_of(struct bytes rule, struct bytes mailbox)
{
	return rule.len > 1 && rule.at[0] == '@' && bytes_equal_nocase(bytes_from(rule, 1), sender_domain(mailbox));
}

static const struct recipient *find(const struct policy_rules *rules, struct bytes mailbox)
{
	const struct recipient *domain = NULL;

	for (size_t i = 0; i < rules->n_recipients; i++) {
		const struct recipient *r = &rules->recipients[i];
		if (sender_same_address(r->address, mailbox))
			return r;
		if (is_domain_of(r->address, mailbox))
			domain = r;
	}
	return domain;
}

struct recipient_profile recipient_profile(const struct policy_rules *rules, enum party party, struct bytes mailbox)
{
	const struct recipient *rule = find(rules, mailbox);
	struct recipient_profile p = {.limit = party == PARTY_PATIENT ? LIMIT_RECIPIENT_PATIENT : LIMIT_RECIPIENT_PROFESSIONAL};

	if (rule == NULL)
		return p;
	p.pdf_only = rule->pdf_only;
	p.paper = rule->paper;
	if (rule->limit > 0 && (party != PARTY_PATIENT || rule->limit < p.limit))
		p.limit = rule->limit;
	return p;
}

uint64_t recipient_encoded(uint64_t size)
{
	uint64_t characters = (size + 2) / 3 * 4;
	return (characters + LINE - 1) / LINE * LINE_WIRE + PART_HEAD;
}

size_t recipient_parts(const uint64_t *sizes, size_t n, uint64_t first_room, uint64_t room, size_t *part)
{
	uint64_t left = first_room;
	size_t mails = 1;

	for (size_t i = 0; i < n; i++) {
		part[i] = 0;
		if (sizes[i] > room && sizes[i] > left)
			continue;
		if (sizes[i] > left) {
			mails++;
			left = room;
		}
		left -= sizes[i];
		part[i] = mails;
	}
	return mails;
}

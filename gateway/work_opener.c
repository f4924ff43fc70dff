/* gateway/work_opener.c - see work_opener.h. */
#include "gateway/work_opener.h"

#include "gateway/open_message.h"
#include "gateway/work_away.h"

static void tell(struct work *work, bool away)
{
	work_away_tell(work, &work->opener_seen, "select relais.opener_state($1)", away);
}

/* False while it is known to be away; who was is asked first whether he is back, which takes no time. */
static bool may_ask(struct work *work)
{
	if (!work->opener_seen.away)
		return true;
	if (work_away_rests(&work->opener_seen))
		return false;
	bool back = opener_client_ping(work->opener);
	if (!back)
		tell(work, true);
	return back;
}

enum reason work_opener_open(struct work *work, int64_t body, struct bytes raw, struct bytes *message, bool *authenticated)
{
	if (!may_ask(work))
		return REASON_OPEN_AWAY;
	enum reason reason = open_message(work->verify, work->opener, work->arena, body, work->composing, raw, message, authenticated);
	tell(work, reason == REASON_OPEN_AWAY);
	return reason;
}

void work_opener_watch(struct work *work)
{
	if (work->opener_seen.away && may_ask(work))
		tell(work, false);
}

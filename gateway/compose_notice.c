/* gateway/compose_notice.c - see compose_notice.h. */
#include "gateway/compose_notice.h"

#include "base/limits.h"

enum { CODE = 64, ADDRESS = 320 };

#define NOTICE_KEYS "kind agent recipients envelope_id arrival failed status diagnostic error original"

static void read_original(struct compose_place notice, struct notice_write *out)
{
	struct compose_place o = compose_json_object(notice, "original", "message_id date from to", COMPOSE_OPTIONAL);
	size_t count = compose_json_count(o, "to", LIMIT_HEADER_ADDRESSES, COMPOSE_OPTIONAL);
	struct bytes *to = arena_alloc(notice.reader->arena, (count + 1) * sizeof *to);

	for (size_t i = 0; i < count; i++)
		to[i] = compose_json_line_at(o, "to", i, LIMIT_COMPOSE_LINE);
	out->original_id = compose_json_line(o, "message_id", LIMIT_COMPOSE_LINE, COMPOSE_OPTIONAL);
	out->date = compose_json_time(o, "date", COMPOSE_OPTIONAL);
	out->dated = out->date.us != 0;
	out->original_from = compose_json_line(o, "from", LIMIT_COMPOSE_LINE, COMPOSE_OPTIONAL);
	out->original_to = to;
	out->n_to = count;
}

bool compose_notice_read(struct compose_place request, int offset_minutes, struct notice_write *out)
{
	struct compose_place n = compose_json_object(request, "notice", NOTICE_KEYS, COMPOSE_OPTIONAL);
	size_t count = compose_json_count(n, "recipients", LIMIT_SMTP_RECIPIENTS, COMPOSE_OPTIONAL);
	struct notice_write_recipient *recipients = arena_alloc(request.reader->arena, (count + 1) * sizeof *recipients);

	if (n.object == NULL)
		return false;
	struct bytes kind = compose_json_line(n, "kind", CODE, COMPOSE_REQUIRED);
	bool mdn = bytes_equal_text(kind, "mdn");
	if (!mdn && !bytes_equal_text(kind, "dsn"))
		compose_json_fail(n, "kind");
	for (size_t i = 0; i < count; i++) {
		struct compose_place r = compose_json_item(n, "recipients", i, "final original");
		recipients[i] = (struct notice_write_recipient){compose_json_line(r, "final", ADDRESS, COMPOSE_REQUIRED),
								compose_json_line(r, "original", LIMIT_COMPOSE_LINE, COMPOSE_OPTIONAL)};
	}
	*out = (struct notice_write){
		.kind = mdn ? NOTICE_WRITE_MDN : NOTICE_WRITE_DSN,
		.agent = compose_json_line(n, "agent", LIMIT_COMPOSE_LINE, COMPOSE_REQUIRED),
		.recipients = recipients, .n = count,
		.envelope_id = compose_json_line(n, "envelope_id", LIMIT_COMPOSE_LINE, COMPOSE_OPTIONAL),
		.arrival = compose_json_time(n, "arrival", mdn ? COMPOSE_OPTIONAL : COMPOSE_REQUIRED),
		.failed = compose_json_true(n, "failed"),
		.status = compose_json_line(n, "status", CODE, mdn ? COMPOSE_OPTIONAL : COMPOSE_REQUIRED),
		.diagnostic = compose_json_line(n, "diagnostic", LIMIT_COMPOSE_LINE, COMPOSE_OPTIONAL),
		.error = compose_json_line(n, "error", LIMIT_COMPOSE_LINE, COMPOSE_OPTIONAL),
		.offset_minutes = offset_minutes,
	};
	read_original(n, out);
	return true;
}

/* gateway/collector_imap_read.c - the folder and its messages; see collector_imap.h. */
#include <stdlib.h>

#include "base/limits.h"
#include "gateway/collector_imap_private.h"

/* --- the folder ------------------------------------------------------------- */

enum reason collector_imap_examine(struct collector_imap *imap, const char *folder, struct collector_imap_folder *out)
{
	uint64_t modseq = 0;

	if (!collector_imap_sayable(folder))
		return REASON_COLLECT_FOLDER;
	collector_imap_arm(imap);
	int result = mailimap_has_condstore(imap->session) ? mailimap_examine_condstore(imap->session, folder, &modseq)
							   : mailimap_examine(imap->session, folder);
	collector_imap_hear(imap);
	if (!collector_imap_fine(result))
		return stream_trouble(imap->stream) == STREAM_FINE && result == MAILIMAP_ERROR_EXAMINE
			       ? REASON_COLLECT_FOLDER
			       : collector_imap_broken(imap);
	const struct mailimap_selection_info *info = imap->session->imap_selection_info;
	/* Without it UIDs mean nothing (RFC 3501 2.3.1.1). */
	if (!info || info->sel_uidvalidity == 0)
		return REASON_COLLECT_PROTOCOL;
	*out = (struct collector_imap_folder){
		.exists = info->sel_exists, .uidvalidity = info->sel_uidvalidity, .uidnext = info->sel_uidnext,
		.modseq = modseq <= INT64_MAX ? modseq : 0,
	};
	return REASON_NONE;
}

static int compare(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
	return one < two ? -1 : one > two;
}

/* Sorted, each once, and only what was asked for: "5:*" names the last message however old (RFC 3501 6.4.8). */
static size_t tidy(uint32_t *uids, size_t n, uint32_t first, uint32_t last)
{
	size_t kept = 0;

	qsort(uids, n, sizeof(*uids), compare);
	for (size_t i = 0; i < n; i++)
		if (uids[i] >= first && (last == 0 || uids[i] <= last) && (kept == 0 || uids[i] != uids[kept - 1]))
			uids[kept++] = uids[i];
	return kept;
}

enum reason collector_imap_list(struct collector_imap *imap, struct arena *arena, uint32_t first, uint32_t last,
				uint32_t **out, size_t *n)
{
	struct mailimap_set *set = mailimap_set_new_interval(first, last);
	struct mailimap_search_key *key = set ? mailimap_search_key_new_uid(set) : NULL;
	clist *found = NULL;
	size_t i = 0;

	*n = 0;
	if (!key)
		return REASON_MEMORY;
	stream_arm(imap->stream, LIMIT_COLLECT_LIST, imap->limits.command_ms);
	int result = mailimap_uid_search(imap->session, NULL, key, &found);
	mailimap_search_key_free(key);
	if (!collector_imap_fine(result))
		return collector_imap_broken(imap);
	if (!found)
		return REASON_NONE;
	uint32_t *uids = arena_alloc(arena, ((size_t)clist_count(found) + 1) * sizeof(*uids));
	for (clistiter *at = clist_begin(found); at; at = clist_next(at))
		uids[i++] = *(uint32_t *)clist_content(at);
	mailimap_search_result_free(found);
	*n = tidy(uids, i, first, last);
	*out = uids;
	return REASON_NONE;
}

/* --- fetching --------------------------------------------------------------- */

/* What one FETCH answer says of a message. */
struct answer {
	uint32_t uid;
	bool has_size;
	uint64_t size;
	size_t bodies;
	struct bytes body; /* of a body that did not come as a literal */
};

static void take_item(const struct mailimap_msg_att_static *item, struct answer *out)
{
	switch (item->att_type) {
	case MAILIMAP_MSG_ATT_UID:
		out->uid = item->att_data.att_uid;
		break;
	case MAILIMAP_MSG_ATT_RFC822_SIZE:
		out->has_size = true;
		out->size = item->att_data.att_rfc822_size;
		break;
	case MAILIMAP_MSG_ATT_BODY_SECTION:
		out->bodies++;
		if (item->att_data.att_body_section && item->att_data.att_body_section->sec_body_part)
			out->body = (struct bytes){(unsigned char *)item->att_data.att_body_section->sec_body_part,
						   item->att_data.att_body_section->sec_length};
		break;
	default:
		break;
	}
}

static struct answer read_answer(struct mailimap_msg_att *message)
{
	struct answer a = {0};

	for (clistiter *at = clist_begin(message->att_list); at; at = clist_next(at)) {
		const struct mailimap_msg_att_item *item = clist_content(at);
		if (item->att_type == MAILIMAP_MSG_ATT_ITEM_STATIC && item->att_data.att_static)
			take_item(item->att_data.att_static, &a);
	}
	return a;
}

/* UID and one thing more. */
static enum reason ask(struct collector_imap *imap, uint32_t uid, struct mailimap_fetch_att *what, clist **out)
{
	struct mailimap_set *set = mailimap_set_new_single(uid);
	struct mailimap_fetch_type *type = mailimap_fetch_type_new_fetch_att_list_empty();
	enum reason reason = REASON_MEMORY;

	*out = NULL;
	if (set && type && what &&
	    mailimap_fetch_type_new_fetch_att_list_add(type, mailimap_fetch_att_new_uid()) == MAILIMAP_NO_ERROR &&
	    mailimap_fetch_type_new_fetch_att_list_add(type, what) == MAILIMAP_NO_ERROR)
		reason = collector_imap_fine(mailimap_uid_fetch(imap->session, set, type, out))
				 ? REASON_NONE
				 : collector_imap_broken(imap);
	/* After a tagged NO the library has freed the list that it gives. */
	if (reason != REASON_NONE)
		*out = NULL;
	if (type)
		mailimap_fetch_type_free(type);
	if (set)
		mailimap_set_free(set);
	return reason;
}

enum reason collector_imap_size(struct collector_imap *imap, uint32_t uid, uint64_t *size, bool *found)
{
	clist *list = NULL;

	*found = false;
	collector_imap_arm(imap);
	enum reason reason = ask(imap, uid, mailimap_fetch_att_new_rfc822_size(), &list);
	if (reason != REASON_NONE || !list)
		return reason;
	/* Other messages may be told of in passing (flags of another client). */
	for (clistiter *at = clist_begin(list); at; at = clist_next(at)) {
		struct answer a = read_answer(clist_content(at));
		if (a.uid == uid && a.has_size) {
			*size = a.size;
			*found = true;
		}
	}
	mailimap_fetch_list_free(list);
	return REASON_NONE;
}

struct body {
	struct collector_imap *imap;
	collector_imap_sink *sink;
	void *context;
	uint64_t len;
	bool too_big, stopped;
};

/* False leaves the library's session unusable: the stream is cut too. */
static bool body_piece(int type, struct mailimap_msg_att_body_section *section, const char *at, size_t len,
		       void *context)
{
	struct body *b = context;
	(void)type;
	(void)section;

	b->len += len;
	stream_refund(b->imap->stream, len);
	b->too_big = b->len > b->imap->limits.message_bytes;
	if (!b->too_big)
		b->stopped = !b->sink(b->context, (struct bytes){(const unsigned char *)at, len});
	if (!b->too_big && !b->stopped)
		return true;
	stream_abandon(b->imap->stream);
	return false;
}

/* Exactly one body, and of the message that was asked for; else what the sink got may be of two messages. */
static enum reason body_end(struct body *b, clist *list, uint32_t uid, bool *found)
{
	struct answer a = {0};
	size_t bodies = 0;

	for (clistiter *at = clist_begin(list); at; at = clist_next(at)) {
		struct answer one = read_answer(clist_content(at));
		bodies += one.bodies;
		if (one.bodies > 0)
			a = one;
	}
	if (bodies == 0)
		return b->len == 0 ? REASON_NONE : REASON_COLLECT_PROTOCOL;
	if (bodies > 1 || a.uid != uid)
		return REASON_COLLECT_PROTOCOL;
	/* A short message may come as a quoted string: then the library has it, not the handler. */
	if (b->len == 0 && a.body.len > 0 && !body_piece(0, NULL, (const char *)a.body.at, a.body.len, b))
		return b->too_big ? REASON_COLLECT_TOO_BIG : REASON_IO;
	*found = b->len > 0;
	return REASON_NONE;
}

enum reason collector_imap_fetch(struct collector_imap *imap, uint32_t uid, collector_imap_sink *sink, void *context,
				 bool *found)
{
	struct body b = {.imap = imap, .sink = sink, .context = context};
	struct mailimap_section *whole = mailimap_section_new(NULL);
	clist *list = NULL;

	*found = false;
	if (!whole)
		return REASON_MEMORY;
	stream_arm(imap->stream, imap->limits.reply_bytes, imap->limits.fetch_ms);
	mailimap_set_msg_body_handler(imap->session, body_piece, &b);
	enum reason reason = ask(imap, uid, mailimap_fetch_att_new_body_peek_section(whole), &list);
	mailimap_set_msg_body_handler(imap->session, NULL, NULL);
	if (b.too_big)
		reason = REASON_COLLECT_TOO_BIG;
	else if (b.stopped)
		reason = REASON_IO;
	if (reason == REASON_NONE && list)
		reason = body_end(&b, list, uid, found);
	if (list)
		mailimap_fetch_list_free(list);
	return reason;
}

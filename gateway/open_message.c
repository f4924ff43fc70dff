/* gateway/open_message.c - see open_message.h. */
#include "gateway/open_message.h"

#include <string.h>

#include "base/frame.h"
#include "base/limits.h"
#include "base/secret.h"
#include "gateway/json_view.h"

bool open_message_wanted(const json_t *verified)
{
	struct bytes scan = json_view(json_object_get(verified, "scan"), "verdict"),
		     reason = json_view(json_object_get(verified, "signature"), "reason");

	return bytes_starts(scan, BYTES("accept")) && bytes_equal_text(json_view(json_object_get(verified, "signature"), "verdict"), "encrypted") &&
	       bytes_equal_text(reason, reason_code(REASON_SIG_ENCRYPTED));
}

/* The question with the key in it, to be wiped when it was asked. */
static struct bytes question(struct arena *arena, const unsigned char *key, size_t len)
{
	static const char digits[] = "0123456789abcdef", before[] = "{\"op\":\"content\",\"key\":\"", after[] = "\"}";
	char *text = arena_alloc(arena, sizeof before + 2 * len + sizeof after), *to = text;

	memcpy(to, before, sizeof before - 1);
	to += sizeof before - 1;
	for (size_t i = 0; i < len; i++) {
		*to++ = digits[key[i] >> 4];
		*to++ = digits[key[i] & 15];
	}
	memcpy(to, after, sizeof after);
	return bytes_of_text(text);
}

static enum reason read_answer(struct bytes answer, struct bytes *message, bool *authenticated)
{
	struct cursor c = cursor_on(answer);
	struct frame frame;

	*message = BYTES_NONE;
	if (!frame_next(&c, &frame) || !bytes_equal_text(frame.tag, FRAME_JSON))
		return REASON_FRAME;
	json_t *json = json_read(frame.payload);
	enum reason reason = reason_of_code(json_view(json, "reason"));
	*authenticated = json_truth(json, "authenticated");
	json_decref(json);
	if (reason == REASON_NONE && frame_next(&c, &frame) && bytes_equal_text(frame.tag, FRAME_BLOB))
		*message = frame.payload;
	if (!cursor_done(&c) || (reason == REASON_NONE) != (message->at != NULL))
		return REASON_FRAME;
	return reason == REASON_NONE || reason == REASON_SIG_MALFORMED || reason == REASON_OPEN_ALGORITHM ? reason : REASON_OPEN_FAILED;
}

enum reason open_message(struct oneshot *verify, struct opener_client *opener, struct arena *arena, int64_t body, int64_t mail, struct bytes raw,
			 struct bytes *message, bool *authenticated)
{
	unsigned char key[OPENER_KEY_MAX];
	struct bytes answer;
	size_t len;
	enum reason reason = opener == NULL ? REASON_SIG_ENCRYPTED : opener_client_ask(opener, body, mail, key, &len);

	*authenticated = false;
	if (reason != REASON_NONE)
		return reason;
	struct bytes request = question(arena, key, len);
	secret_wipe(key, sizeof key);
	reason = oneshot_call(verify, arena, request, raw, 2 * LIMIT_MESSAGE + LIMIT_INSPECT_ANSWER, LIMIT_INSPECT_SECONDS * 1000, &answer);
	secret_wipe((unsigned char *)(uintptr_t)request.at, request.len);
	/* One that kills its reader is told nothing else than one that does not open. */
	if (reason == REASON_MAIL_UNREADABLE || reason == REASON_MAIL_TIME)
		return REASON_OPEN_FAILED;
	return reason == REASON_NONE ? read_answer(answer, message, authenticated) : reason;
}

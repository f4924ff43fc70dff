/* gateway/identity_judge.c - what an introspection answer says of a token (RFC 7662 section 2.2). See identity.h. */
#include "gateway/identity.h"

#include <string.h>

#include "base/limits.h"
#include "gateway/json_view.h"

/* Seconds since 1970 at the end of the year 9999: beyond, the number is no time. */
#define LAST_SECOND 253402300799

/* NumericDate, as an integer (RFC 7662 2.2 exp, nbf). */
static bool second_of(const json_t *answer, const char *claim, int64_t *out)
{
	const json_t *value = json_object_get(answer, claim);

	if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > LAST_SECOND)
		return false;
	*out = json_integer_value(value);
	return true;
}

static bool is_live(const json_t *answer, struct instant now, struct instant *expires)
{
	int64_t second;

	if (!second_of(answer, "exp", &second))
		return false;
	expires->us = second * 1000000;
	return instant_before(now, *expires);
}

static bool has_begun(const json_t *answer, struct instant now)
{
	int64_t second;

	if (json_object_get(answer, "nbf") == NULL)
		return true;
	return second_of(answer, "nbf", &second) && second * 1000000 <= now.us;
}

/* One text, or a list of texts. */
static bool is_for(const json_t *answer, const char *audience)
{
	const json_t *value = json_object_get(answer, "aud");
	size_t i;
	json_t *one;

	if (json_is_string(value))
		return bytes_equal_text(json_text_view(value), audience);
	json_array_foreach(value, i, one) {
		if (bytes_equal_text(json_text_view(one), audience))
			return true;
	}
	return false;
}

static bool has_scope(const json_t *answer, const char *wanted)
{
	struct cursor c = cursor_on(json_view(answer, "scope"));

	while (!cursor_done(&c))
		if (bytes_equal_text(cursor_until(&c, ' '), wanted))
			return true;
	return false;
}

/* Some servers answer for their other tokens, too: none of these is made to be shown to a mail server. */
static bool is_access_token(const json_t *answer)
{
	struct bytes type = json_view(answer, "typ");
	return !bytes_equal_nocase(type, BYTES("Refresh")) && !bytes_equal_nocase(type, BYTES("Offline")) &&
	       !bytes_equal_nocase(type, BYTES("ID"));
}

static struct bytes subject_of(const json_t *answer, const char *claim)
{
	struct bytes subject = json_view(answer, claim[0] != '\0' ? claim : "SubjectNameID");

	if (claim[0] == '\0' && json_object_get(answer, "SubjectNameID") == NULL)
		subject = json_view(answer, "sub");
	return bytes_one_line(subject, LIMIT_IDENTITY_SUBJECT) ? subject : BYTES_NONE;
}

/* NULL when the person is known, else the name of the claim that says no. */
static const char *objection(const json_t *answer, const struct identity_settings *s, struct instant now,
			     struct identity_person *person)
{
	if (!json_truth(answer, "active"))
		return "active";
	if (!is_live(answer, now, &person->expires))
		return "exp";
	if (!has_begun(answer, now))
		return "nbf";
	if (!is_access_token(answer))
		return "typ";
	if (s->issuer[0] != '\0' && !bytes_equal_text(json_view(answer, "iss"), s->issuer))
		return "iss";
	if (s->audience[0] != '\0' && !is_for(answer, s->audience))
		return "aud";
	if (s->scope[0] != '\0' && !has_scope(answer, s->scope))
		return "scope";
	person->subject = subject_of(answer, s->subject_claim);
	return person->subject.len == 0 ? "subject" : NULL;
}

enum reason identity_judge(struct arena *arena, struct bytes answer, const struct identity_settings *settings, struct instant now,
			   struct identity_person *out, const char **claim)
{
	struct identity_person person = {0};
	json_t *object = json_read(answer);
	enum reason reason = REASON_AUTH_LATER;

	*claim = "";
	if (json_is_object(object) && json_is_boolean(json_object_get(object, "active"))) {
		*claim = objection(object, settings, now, &person);
		reason = *claim == NULL ? REASON_NONE : REASON_AUTH_TOKEN;
	}
	if (reason == REASON_NONE) {
		unsigned char *kept = arena_try(arena, person.subject.len);
		if (kept != NULL)
			*out = (struct identity_person){
				{memcpy(kept, person.subject.at, person.subject.len), person.subject.len}, person.expires};
		else
			reason = REASON_MEMORY;
	}
	json_decref(object);
	return reason;
}

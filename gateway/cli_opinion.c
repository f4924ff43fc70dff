/* gateway/cli_opinion.c - see cli_opinion.h. */
#include "gateway/cli_opinion.h"

#include "gateway/json_view.h"

static void copy_key(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);
	if (value != NULL)
		json_object_set(to, key, value);
}

static void add_mail(json_t *mails, const json_t *event, const json_t *data)
{
	json_t *mail = json_object();

	copy_key(mail, event, "inbox");
	copy_key(mail, event, "at");
	copy_key(mail, data, "digest");
	copy_key(mail, data, "signed");
	copy_key(mail, data, "signed_at");
	json_array_append_new(mails, mail);
}

static void add_annexes(json_t *annexes, const json_t *event, const json_t *data)
{
	static const char *const keys[] = {"name", "digest", "type", "title", "size"};
	size_t i;
	json_t *annex;

	json_array_foreach(json_object_get(data, "annexes"), i, annex) {
		json_t *o = json_object();
		copy_key(o, event, "inbox");
		for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
			copy_key(o, annex, keys[k]);
		json_array_append_new(annexes, o);
	}
}

static json_t *begin(void)
{
	return json_pack("{s:[], s:[]}", "mails", "annexes");
}

static json_t *replaced(json_t *old, json_t *with)
{
	json_decref(old);
	return with;
}

/* As policy/dossier folds them: mails gather in a draft until it is checked; a person's return voids the draft. */
json_t *cli_opinion(const json_t *events)
{
	json_t *draft = begin(), *whole = NULL, *event;
	size_t i;

	json_array_foreach(events, i, event) {
		const json_t *data = json_object_get(event, "data");
		struct bytes kind = json_view(event, "kind");
		if (bytes_equal_text(kind, "opinion_received")) {
			add_mail(json_object_get(draft, "mails"), event, data);
			add_annexes(json_object_get(draft, "annexes"), event, data);
		} else if (bytes_equal_text(kind, "opinion_checked")) {
			whole = replaced(whole, draft);
			draft = begin();
		} else if (bytes_equal_text(kind, "opinion_returned") && json_view(data, "id").len == 0) {
			draft = replaced(draft, begin());
		}
	}
	if (whole == NULL)
		return draft;
	json_decref(draft);
	return whole;
}

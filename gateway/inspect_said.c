/* gateway/inspect_said.c - see inspect_said.h. */
#include "gateway/inspect_said.h"

#include "gateway/json_view.h"

/* The day on which the mail was written, by the writer's clock. */
static struct date written_on(const struct mime_message *mail)
{
	return mail->head.has_date ? instant_date(mail->head.date, mail->head.date_offset) : (struct date){0};
}

void inspect_said_read(struct arena *arena, const struct mime_message *mail, const struct bytes *own, size_t n_own, bool english, struct inspect_said *out)
{
	*out = (struct inspect_said){.away = false};
	bool written = new_text_read(arena, mail->text, &out->new_text);
	struct bytes mine = written ? out->new_text : BYTES_NONE;

	reply_word_read(arena, mine, written_on(mail), &out->expert);
	reply_patient_read(arena, mine, &out->patient);
	reply_physician_read(arena, mine, &out->physician);
	/* Where his own words could not be told apart, all of them are looked at: an emergency is not to be missed. */
	out->n_emergencies = reply_emergency_read(arena, out->new_text, out->emergencies);
	out->folded = new_text_folded(arena, mail->text);
	reply_private_mask(arena, out->new_text, own, n_own, english, &out->masked);
}

void inspect_said_automatic(struct arena *arena, const struct mime_message *mail, struct inspect_said *said)
{
	said->expert = said->patient = said->physician = (struct reply){.word = REPLY_NONE};
	said->away = reply_leave_suggest(arena, said->new_text, written_on(mail), &said->absence) ||
		     reply_leave_suggest(arena, mail->head.subject, written_on(mail), &said->absence);
}

/* --- as facts ------------------------------------------------------------------------ */

static json_t *text(struct bytes value)
{
	return value.len == 0 ? json_null() : json_of(value);
}

static json_t *date_json(struct arena *arena, bool there, struct date date)
{
	return there ? json_string(arena_printf(arena, "%04d-%02d-%02d", date.year, date.month, date.day)) : json_null();
}

static json_t *reply_json(struct arena *arena, const struct inspect_said *said)
{
	const struct reply *r = &said->expert, *physician = &said->physician;
	struct bytes address = physician->address.len > 0 ? physician->address : r->address;

	return json_pack("{s:s, s:o, s:o, s:s, s:b, s:b, s:b, s:o, s:o, s:s, s:s}", "word", reply_word_name(r->word), "from", date_json(arena, r->has_from, r->from),
			 "until", date_json(arena, r->has_until, r->until), "motive", reply_motive_name(r->motive), "delegate", r->delegate, "on_behalf", r->on_behalf,
			 "more", r->more, "address", text(address), "rest", text(r->rest), "patient", reply_word_name(said->patient.word), "physician",
			 reply_word_name(physician->word));
}

static json_t *emergency_json(const struct inspect_said *said)
{
	json_t *array = json_array();
	for (size_t i = 0; i < said->n_emergencies; i++)
		json_array_append_new(array, json_pack("{s:s, s:o}", "kind", reply_emergency_name(said->emergencies[i].kind), "words",
						       text(said->emergencies[i].words)));
	return array;
}

static json_t *absence_json(struct arena *arena, const struct inspect_said *said)
{
	const struct reply_leave *a = &said->absence;
	if (!said->away)
		return json_null();
	return json_pack("{s:o, s:o}", "from", date_json(arena, a->has_from, a->from), "until", date_json(arena, a->has_until, a->until));
}

static json_t *folded_json(struct new_text_folded folded)
{
	return json_pack("{s:I, s:I, s:I}", "quoted", (json_int_t)folded.quoted, "signature", (json_int_t)folded.signature, "disclaimer",
			 (json_int_t)folded.disclaimer);
}

/* Without the text when nothing was masked: it is the new text. */
static json_t *relayed_json(const struct reply_private *masked)
{
	bool any = masked->addresses + masked->numbers > 0;
	return json_pack("{s:I, s:I, s:o}", "addresses", (json_int_t)masked->addresses, "numbers", (json_int_t)masked->numbers, "text",
			 any ? text(masked->text) : json_null());
}

void inspect_said_put(struct arena *arena, const struct inspect_said *said, bool is_mail, json_t *facts)
{
	json_object_set_new(facts, "new_text", is_mail ? json_of(said->new_text) : json_null());
	json_object_set_new(facts, "reply", reply_json(arena, said));
	json_object_set_new(facts, "emergency", emergency_json(said));
	json_object_set_new(facts, "absence", absence_json(arena, said));
	json_object_set_new(facts, "folded", folded_json(said->folded));
	json_object_set_new(facts, "relayed", relayed_json(&said->masked));
}

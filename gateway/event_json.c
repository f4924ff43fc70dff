/* gateway/event_json.c - see event_json.h. Writer and reader of a shape stand together: change both. */
#include "gateway/event_json.h"

#include "base/reason.h"
#include "gateway/json_view.h"

static void put(json_t *object, const char *key, struct bytes text)
{
	if (text.len > 0)
		json_object_set_new(object, key, json_of(text));
}

static struct bytes take(struct arena *arena, const json_t *object, const char *key)
{
	struct bytes view = json_view(object, key);
	return view.len == 0 ? BYTES_NONE : arena_copy(arena, view);
}

static int64_t take_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static enum reason take_reason(const json_t *object)
{
	enum reason reason = reason_of_code(json_view(object, "reason"));
	return reason == REASONS ? REASON_NONE : reason;
}

/* ---------------------------------------------------------------- patient */

json_t *event_write_patient(const struct policy_patient *p)
{
	json_t *o = json_object();
	put(o, "ins", p->ins);
	put(o, "oid", p->oid);
	put(o, "family_birth", p->family_birth);
	put(o, "given_birth_first", p->given_birth_first);
	put(o, "given_birth_all", p->given_birth_all);
	put(o, "birth_time", p->birth_time);
	put(o, "sex", p->sex);
	put(o, "birth_place", p->birth_place);
	put(o, "family_used", p->family_used);
	put(o, "given_used", p->given_used);
	return o;
}

static void read_patient(struct arena *arena, const json_t *o, struct policy_patient *p)
{
	*p = (struct policy_patient){
		.ins = take(arena, o, "ins"), .oid = take(arena, o, "oid"),
		.family_birth = take(arena, o, "family_birth"), .given_birth_first = take(arena, o, "given_birth_first"),
		.given_birth_all = take(arena, o, "given_birth_all"), .birth_time = take(arena, o, "birth_time"),
		.sex = take(arena, o, "sex"), .birth_place = take(arena, o, "birth_place"),
		.family_used = take(arena, o, "family_used"), .given_used = take(arena, o, "given_used"),
	};
}

/* ---------------------------------------------------------------- request */

static json_t *write_physician(const struct dossier_physician *p)
{
	json_t *o = json_object();
	put(o, "name", p->name);
	put(o, "mailbox", p->mailbox);
	json_object_set_new(o, "consent", json_boolean(p->consent));
	put(o, "when", bytes_of_text(share_when_name(p->when)));
	return o;
}

static void read_physician(struct arena *arena, const json_t *o, struct dossier_physician *p)
{
	enum share_when when = share_when_of_name(json_view(o, "when"));
	*p = (struct dossier_physician){take(arena, o, "name"), take(arena, o, "mailbox"), json_truth(o, "consent"),
					when == SHARE_WHENS ? SHARE_AFTER_READING : when};
}

static json_t *write_answers(const struct policy_answer *answers, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *o = json_object();
		put(o, "question", answers[i].question);
		put(o, "text", answers[i].text);
		put(o, "value", answers[i].value);
		put(o, "kind", bytes_of_text(policy_answer_kind_name(answers[i].kind)));
		put(o, "label", answers[i].label);
		put(o, "unit", answers[i].unit);
		put(o, "null", answers[i].null);
		put(o, "section", answers[i].section);
		json_array_append_new(list, o);
	}
	return list;
}

static void read_answers(struct arena *arena, const json_t *list, struct dossier_request *r)
{
	struct policy_answer *answers = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *answers);
	size_t i;
	json_t *a;
	json_array_foreach(list, i, a) {
		answers[i] = (struct policy_answer){
			.question = take(arena, a, "question"), .text = take(arena, a, "text"), .value = take(arena, a, "value"),
			.kind = policy_answer_kind_of_name(json_view(a, "kind")), .label = take(arena, a, "label"),
			.unit = take(arena, a, "unit"), .null = take(arena, a, "null"), .section = take(arena, a, "section"),
		};
	}
	r->answers = answers;
	r->n_answers = json_array_size(list);
}

static json_t *write_request(const struct dossier_request *r)
{
	json_t *o = json_object();
	json_object_set_new(o, "patient", event_write_patient(&r->patient));
	put(o, "mailbox", r->mailbox);
	put(o, "pathology", r->pathology);
	put(o, "version", r->version);
	put(o, "requester", bytes_of_text(requester_name(r->requester)));
	put(o, "organisation", r->organisation);
	put(o, "sender", r->sender);
	json_object_set_new(o, "consent_processing", json_boolean(r->consent_processing));
	json_object_set_new(o, "consent_expert", json_boolean(r->consent_expert));
	if (r->unqualified)
		json_object_set_new(o, "unqualified", json_true());
	put(o, "form", r->form);
	json_object_set_new(o, "attending", write_physician(&r->attending));
	json_object_set_new(o, "first_opinion", write_physician(&r->first_opinion));
	json_object_set_new(o, "answers", write_answers(r->answers, r->n_answers));
	return o;
}

static void read_request(struct arena *arena, const json_t *o, struct dossier_request *r)
{
	*r = (struct dossier_request){
		.mailbox = take(arena, o, "mailbox"), .pathology = take(arena, o, "pathology"), .version = take(arena, o, "version"),
		.requester = requester_of_name(json_view(o, "requester")),
		.organisation = take(arena, o, "organisation"), .sender = take(arena, o, "sender"),
		.consent_processing = json_truth(o, "consent_processing"), .consent_expert = json_truth(o, "consent_expert"),
		.unqualified = json_truth(o, "unqualified"), .form = take(arena, o, "form"),
	};
	read_patient(arena, json_object_get(o, "patient"), &r->patient);
	read_physician(arena, json_object_get(o, "attending"), &r->attending);
	read_physician(arena, json_object_get(o, "first_opinion"), &r->first_opinion);
	read_answers(arena, json_object_get(o, "answers"), r);
}

/* ---------------------------------------------------------------- document */

static json_t *write_author(const struct policy_author *a)
{
	json_t *o = json_object();
	put(o, "id", a->id);
	put(o, "name", a->name);
	put(o, "organisation", a->organisation);
	put(o, "place", a->place);
	return o;
}

static struct policy_author read_author(struct arena *arena, const json_t *o)
{
	return (struct policy_author){take(arena, o, "id"), take(arena, o, "name"), take(arena, o, "organisation"),
				      take(arena, o, "place")};
}

static json_t *write_document(const struct dossier_filing *f)
{
	const struct policy_document *d = &f->document;
	json_t *o = json_object(), *authors = json_array();

	json_object_set_new(o, "kind", json_integer(d->kind));
	put(o, "name", d->name);
	put(o, "id", d->id);
	put(o, "set_id", d->set_id);
	put(o, "version", d->version);
	put(o, "replaces", d->replaces);
	put(o, "type", d->type);
	put(o, "title", d->title);
	if (d->timed)
		json_object_set_new(o, "time", json_of_instant(d->time));
	put(o, "digest", d->digest);
	put(o, "part_of", d->part_of);
	if (d->labelled.extension.len > 0)
		json_object_set_new(o, "labelled", json_pack("{s:o, s:o}", "root", json_of(d->labelled.root), "extension", json_of(d->labelled.extension)));
	json_object_set_new(o, "size", json_integer((json_int_t)d->size));
	json_object_set_new(o, "realm_fr", json_boolean(d->realm_fr));
	if (d->has_patient)
		json_object_set_new(o, "patient", event_write_patient(&d->patient));
	for (size_t i = 0; i < d->n_authors; i++)
		json_array_append_new(authors, write_author(&d->authors[i]));
	json_object_set_new(o, "authors", authors);
	put(o, "entered_by", d->entered_by);
	json_object_set_new(o, "custodian", write_author(&d->custodian));
	if (d->masked_professionals)
		json_object_set_new(o, "masked_professionals", json_true());
	if (d->masked_patient)
		json_object_set_new(o, "masked_patient", json_true());
	if (d->masked_representatives)
		json_object_set_new(o, "masked_representatives", json_true());
	put(o, "organisation", f->organisation);
	json_object_set_new(o, "vouched", json_boolean(f->vouched));
	json_object_set_new(o, "confirmed", json_boolean(f->confirmed));
	return o;
}

static void read_document(struct arena *arena, const json_t *o, struct dossier_filing *f)
{
	const json_t *list = json_object_get(o, "authors"), *patient = json_object_get(o, "patient"), *labelled = json_object_get(o, "labelled");
	struct policy_author *authors = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *authors);
	size_t i;
	json_t *a;

	json_array_foreach(list, i, a) {
		authors[i] = read_author(arena, a);
	}
	*f = (struct dossier_filing){
		.document = {
			.kind = (enum policy_kind)take_number(o, "kind"), .name = take(arena, o, "name"), .id = take(arena, o, "id"),
			.set_id = take(arena, o, "set_id"), .version = take(arena, o, "version"), .replaces = take(arena, o, "replaces"),
			.type = take(arena, o, "type"), .title = take(arena, o, "title"), .digest = take(arena, o, "digest"),
			.part_of = take(arena, o, "part_of"), .labelled = {take(arena, labelled, "root"), take(arena, labelled, "extension")},
			.size = (uint64_t)take_number(o, "size"), .realm_fr = json_truth(o, "realm_fr"), .has_patient = patient != NULL,
			.authors = authors, .n_authors = json_array_size(list),
			.entered_by = take(arena, o, "entered_by"), .custodian = read_author(arena, json_object_get(o, "custodian")),
			.masked_professionals = json_truth(o, "masked_professionals"), .masked_patient = json_truth(o, "masked_patient"),
			.masked_representatives = json_truth(o, "masked_representatives"),
		},
		.organisation = take(arena, o, "organisation"), .vouched = json_truth(o, "vouched"), .confirmed = json_truth(o, "confirmed"),
	};
	f->document.timed = json_instant(o, "time", &f->document.time);
	if (patient != NULL)
		read_patient(arena, patient, &f->document.patient);
}

/* ---------------------------------------------------------------- offer, opinion, mail, consent, text */

static json_t *write_offer(const struct dossier_offer_data *d)
{
	json_t *o = json_object();
	put(o, "rpps", d->rpps);
	put(o, "name", d->name);
	put(o, "mailbox", d->mailbox);
	put(o, "organisation", d->organisation);
	put(o, "word", bytes_of_text(policy_word_name(d->word)));
	if (d->motive != POLICY_MOTIVE_UNSAID)
		json_object_set_new(o, "motive", json_string(policy_motive_name(d->motive)));
	put(o, "from", d->from);
	put(o, "until", d->until);
	if (d->why != TAKEN_UNSAID)
		json_object_set_new(o, "why", json_string(taken_back_name(d->why)));
	put(o, "text", d->text);
	if (d->load > 0)
		json_object_set_new(o, "load", json_integer(d->load));
	if (d->taken > 0)
		json_object_set_new(o, "taken", json_integer(d->taken));
	return o;
}

static void read_offer(struct arena *arena, const json_t *o, struct dossier_offer_data *d)
{
	*d = (struct dossier_offer_data){
		.rpps = take(arena, o, "rpps"), .name = take(arena, o, "name"), .mailbox = take(arena, o, "mailbox"),
		.organisation = take(arena, o, "organisation"), .word = policy_word_of_name(json_view(o, "word")),
		.motive = policy_motive_of_name(json_view(o, "motive")), .from = take(arena, o, "from"), .until = take(arena, o, "until"), .why = taken_back_of_name(json_view(o, "why")),
		.text = take(arena, o, "text"), .load = (unsigned)take_number(o, "load"), .taken = (unsigned)take_number(o, "taken"),
	};
}

static json_t *write_form(const struct policy_form *f)
{
	json_t *o = json_object(), *answers = json_array();

	put(o, "reference", f->reference);
	for (size_t i = 0; i < f->n_answers; i++)
		json_array_append_new(answers, json_pack("{s:I, s:o}", "number", (json_int_t)f->answers[i].number, "text", json_of(f->answers[i].text)));
	json_object_set_new(o, "answers", answers);
	put(o, "opinion", f->opinion);
	put(o, "convergence", f->convergence);
	put(o, "remark", f->remark);
	put(o, "advice", f->advice);
	put(o, "delay", f->delay);
	put(o, "summary", f->summary);
	put(o, "limits", f->limits);
	put(o, "help", f->help);
	put(o, "interests", f->interests);
	put(o, "document", f->document);
	return o;
}

static void read_form(struct arena *arena, const json_t *o, struct policy_form *f)
{
	const json_t *list = json_object_get(o, "answers");
	struct policy_form_answer *answers = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *answers);
	size_t i;
	json_t *a;

	json_array_foreach(list, i, a) {
		answers[i] = (struct policy_form_answer){(unsigned)take_number(a, "number"), take(arena, a, "text")};
	}
	*f = (struct policy_form){
		.found = true, .reference = take(arena, o, "reference"), .answers = answers, .n_answers = json_array_size(list),
		.opinion = take(arena, o, "opinion"), .convergence = take(arena, o, "convergence"), .remark = take(arena, o, "remark"),
		.advice = take(arena, o, "advice"), .delay = take(arena, o, "delay"), .summary = take(arena, o, "summary"),
		.limits = take(arena, o, "limits"), .help = take(arena, o, "help"), .interests = take(arena, o, "interests"),
		.document = take(arena, o, "document"),
	};
}

static json_t *write_annexes(const struct dossier_annex *annexes, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct dossier_annex *a = &annexes[i];
		json_t *o = json_pack("{s:i, s:I}", "kind", (int)a->kind, "size", (json_int_t)a->size);
		put(o, "name", a->name);
		put(o, "digest", a->digest);
		put(o, "type", a->type);
		put(o, "title", a->title);
		json_array_append_new(list, o);
	}
	return list;
}

static void read_annexes(struct arena *arena, const json_t *list, struct dossier_opinion_data *d)
{
	struct dossier_annex *annexes = arena_alloc(arena, (json_array_size(list) + 1) * sizeof *annexes);
	size_t i;
	json_t *a;

	json_array_foreach(list, i, a) {
		annexes[i] = (struct dossier_annex){
			.kind = (enum policy_kind)take_number(a, "kind"), .size = (uint64_t)take_number(a, "size"), .name = take(arena, a, "name"),
			.digest = take(arena, a, "digest"), .type = take(arena, a, "type"), .title = take(arena, a, "title"),
		};
	}
	d->annexes = annexes;
	d->n_annexes = json_array_size(list);
}

static json_t *write_opinion(const struct dossier_opinion_data *d)
{
	json_t *o = json_object();
	put(o, "rpps", d->rpps);
	put(o, "signer", d->signer);
	put(o, "digest", d->digest);
	json_object_set_new(o, "signed", json_boolean(d->is_signed));
	put(o, "fingerprint", d->fingerprint);
	if (d->timed)
		json_object_set_new(o, "signed_at", json_of_instant(d->signed_at));
	json_object_set_new(o, "form", write_form(&d->form));
	json_object_set_new(o, "annexes", write_annexes(d->annexes, d->n_annexes));
	return o;
}

static void read_opinion(struct arena *arena, const json_t *o, struct dossier_opinion_data *d)
{
	*d = (struct dossier_opinion_data){
		.rpps = take(arena, o, "rpps"), .signer = take(arena, o, "signer"), .digest = take(arena, o, "digest"), .is_signed = json_truth(o, "signed"),
		.fingerprint = take(arena, o, "fingerprint"),
	};
	read_form(arena, json_object_get(o, "form"), &d->form);
	read_annexes(arena, json_object_get(o, "annexes"), d);
	d->timed = json_instant(o, "signed_at", &d->signed_at);
}

static json_t *write_mail(const struct dossier_mail_data *d)
{
	json_t *o = json_object();
	put(o, "code", bytes_of_text(mail_code_name(d->code)));
	put(o, "party", bytes_of_text(party_name(d->party)));
	put(o, "mailbox", d->mailbox);
	json_object_set_new(o, "level", json_integer(d->level));
	put(o, "reason", bytes_of_text(reason_code(d->reason)));
	put(o, "status", d->status);
	return o;
}

static void read_mail(struct arena *arena, const json_t *o, struct dossier_mail_data *d)
{
	*d = (struct dossier_mail_data){
		.code = mail_code_of_name(json_view(o, "code")), .party = party_of_name(json_view(o, "party")),
		.mailbox = take(arena, o, "mailbox"), .level = (int)take_number(o, "level"), .reason = take_reason(o),
		.status = take(arena, o, "status"),
	};
}

static json_t *write_consent(const struct dossier_consent_data *d)
{
	json_t *o = json_object();
	put(o, "party", bytes_of_text(party_name(d->party)));
	json_object_set_new(o, "given", json_boolean(d->given));
	return o;
}

/* A set of parties as the list of their names. */
static json_t *write_parties(unsigned set)
{
	json_t *list = json_array();
	for (enum party p = PARTY_PATIENT; p < PARTIES; p++)
		if ((set & dossier_party_bit(p)) != 0)
			json_array_append_new(list, json_string(party_name(p)));
	return list;
}

static unsigned read_parties(const json_t *o, const char *key)
{
	unsigned set = 0;
	size_t i;
	json_t *name;
	json_array_foreach(json_object_get(o, key), i, name) {
		enum party p = party_of_name(json_text_view(name));
		if (p != PARTY_NONE)
			set |= dossier_party_bit(p);
	}
	return set;
}

static json_t *write_release(const struct dossier_release_data *d)
{
	json_t *o = json_object();
	json_object_set_new(o, "version", json_integer(d->version));
	json_object_set_new(o, "to", write_parties(d->to));
	json_object_set_new(o, "withheld", write_parties(d->withheld));
	return o;
}

static void read_release(const json_t *o, struct dossier_release_data *d)
{
	*d = (struct dossier_release_data){(unsigned)take_number(o, "version"), read_parties(o, "to"), read_parties(o, "withheld")};
}

static json_t *write_contact(const struct dossier_contact_data *d)
{
	json_t *o = json_object();
	put(o, "party", bytes_of_text(party_name(d->party)));
	put(o, "means", bytes_of_text(contact_means_name(d->means)));
	put(o, "result", bytes_of_text(contact_result_name(d->result)));
	put(o, "code", bytes_of_text(mail_code_name(d->code)));
	put(o, "text", d->text);
	return o;
}

static void read_contact(struct arena *arena, const json_t *o, struct dossier_contact_data *d)
{
	*d = (struct dossier_contact_data){
		.party = party_of_name(json_view(o, "party")), .means = contact_means_of_name(json_view(o, "means")),
		.result = contact_result_of_name(json_view(o, "result")), .code = mail_code_of_name(json_view(o, "code")),
		.text = take(arena, o, "text"),
	};
}

static json_t *write_channel(const struct dossier_channel_data *d)
{
	json_t *o = json_object();
	put(o, "party", bytes_of_text(party_name(d->party)));
	put(o, "channel", bytes_of_text(channel_name(d->channel)));
	put(o, "address", d->address);
	put(o, "why", d->why);
	return o;
}

static void read_channel(struct arena *arena, const json_t *o, struct dossier_channel_data *d)
{
	*d = (struct dossier_channel_data){
		.party = party_of_name(json_view(o, "party")), .channel = channel_of_name(json_view(o, "channel")),
		.address = take(arena, o, "address"), .why = take(arena, o, "why"),
	};
}

static json_t *write_representative(const struct dossier_representative_data *d)
{
	json_t *o = json_object();
	put(o, "id", d->id);
	put(o, "role", bytes_of_text(representative_role_name(d->role)));
	put(o, "name", d->name);
	put(o, "mailbox", d->mailbox);
	put(o, "proof", d->proof);
	if (d->timed_from)
		json_object_set_new(o, "from", json_of_instant(d->from));
	if (d->timed_until)
		json_object_set_new(o, "until", json_of_instant(d->until));
	json_object_set_new(o, "informed_only", json_boolean(d->informed_only));
	return o;
}

static void read_representative(struct arena *arena, const json_t *o, struct dossier_representative_data *d)
{
	*d = (struct dossier_representative_data){
		.id = take(arena, o, "id"), .role = representative_role_of_name(json_view(o, "role")), .name = take(arena, o, "name"),
		.mailbox = take(arena, o, "mailbox"), .proof = take(arena, o, "proof"), .informed_only = json_truth(o, "informed_only"),
	};
	d->timed_from = json_instant(o, "from", &d->from);
	d->timed_until = json_instant(o, "until", &d->until);
}

static json_t *write_text(const struct dossier_text_data *d)
{
	json_t *o = json_object();
	put(o, "id", d->id);
	put(o, "text", d->text);
	return o;
}

json_t *event_write(const struct dossier_event *event)
{
	switch (dossier_event_data(event->kind)) {
	case EVENT_DATA_REQUEST:
		return write_request(&event->request);
	case EVENT_DATA_DOCUMENT:
		return write_document(&event->document);
	case EVENT_DATA_OFFER:
		return write_offer(&event->offer);
	case EVENT_DATA_OPINION:
		return write_opinion(&event->opinion);
	case EVENT_DATA_MAIL:
		return write_mail(&event->mail);
	case EVENT_DATA_CONSENT:
		return write_consent(&event->consent);
	case EVENT_DATA_RELEASE:
		return write_release(&event->release);
	case EVENT_DATA_CONTACT:
		return write_contact(&event->contact);
	case EVENT_DATA_CHANNEL:
		return write_channel(&event->channel);
	case EVENT_DATA_REPRESENTATIVE:
		return write_representative(&event->representative);
	case EVENT_DATA_TEXT:
		return write_text(&event->text);
	case EVENT_DATA_NONE:
		break;
	}
	return json_object();
}

void event_read(struct arena *arena, const json_t *data, struct dossier_event *event)
{
	switch (dossier_event_data(event->kind)) {
	case EVENT_DATA_REQUEST:
		read_request(arena, data, &event->request);
		break;
	case EVENT_DATA_DOCUMENT:
		read_document(arena, data, &event->document);
		break;
	case EVENT_DATA_OFFER:
		read_offer(arena, data, &event->offer);
		break;
	case EVENT_DATA_OPINION:
		read_opinion(arena, data, &event->opinion);
		break;
	case EVENT_DATA_MAIL:
		read_mail(arena, data, &event->mail);
		break;
	case EVENT_DATA_CONSENT:
		event->consent = (struct dossier_consent_data){party_of_name(json_view(data, "party")), json_truth(data, "given")};
		break;
	case EVENT_DATA_RELEASE:
		read_release(data, &event->release);
		break;
	case EVENT_DATA_CONTACT:
		read_contact(arena, data, &event->contact);
		break;
	case EVENT_DATA_CHANNEL:
		read_channel(arena, data, &event->channel);
		break;
	case EVENT_DATA_REPRESENTATIVE:
		read_representative(arena, data, &event->representative);
		break;
	case EVENT_DATA_TEXT:
		event->text = (struct dossier_text_data){take(arena, data, "id"), take(arena, data, "text")};
		break;
	case EVENT_DATA_NONE:
		break;
	}
}

/* cda/xdm_compare.c - see xdm_compare.h. */
#include "cda/xdm_compare.h"

#include "base/instant.h"

#define INS BYTES("1.2.250.1.213.1.4.")

/* A rule looks at a pair. It holds where one of the two says nothing: what must be there is judged by the header's own rules. */
struct pair {
	struct arena *arena;
	const struct xdm_document *meta;
	const struct cda_document *cda;
};

typedef bool holds(const struct pair *p);

static bool same_or_silent(struct bytes a, struct bytes b)
{
	return a.len == 0 || b.len == 0 || bytes_equal_nocase(a, b);
}

/* --- the patient ------------------------------------------------------------------------ */

/* Numbers that can be compared: of one root, or both of the INS, where another root is another person or a test. */
static bool comparable(struct bytes a, struct bytes b)
{
	return bytes_equal(a, b) || (bytes_starts(a, INS) && bytes_starts(b, INS));
}

static bool patient(const struct pair *p)
{
	bool met = false;

	for (size_t i = 0; i < p->cda->patient.id_count; i++) {
		const struct cda_id *id = &p->cda->patient.ids[i];
		if (bytes_equal(id->root, p->meta->patient_root) && bytes_equal(id->extension, p->meta->patient_value))
			return true;
		met |= comparable(id->root, p->meta->patient_root);
	}
	return !met || p->meta->patient_value.len == 0;
}

static bool birth(const struct pair *p)
{
	return same_or_silent(bytes_slice(p->meta->source_birth, 0, 8), bytes_slice(p->cda->patient.birth_time, 0, 8));
}

static bool sex(const struct pair *p)
{
	return same_or_silent(p->meta->source_sex, p->cda->patient.sex);
}

static bool name(const struct pair *p)
{
	struct bytes family = bytes_slice(p->meta->source_name, 0, bytes_find_byte(p->meta->source_name, '^', 0));
	return same_or_silent(family, p->cda->patient.family_birth) || bytes_equal_nocase(family, p->cda->patient.family_used);
}

static bool patient_known(const struct pair *p)
{
	for (size_t i = 0; i < p->cda->patient.id_count; i++)
		if (comparable(p->cda->patient.ids[i].root, p->meta->patient_root))
			return true;
	return p->meta->patient_value.len == 0;
}

/* --- the document -------------------------------------------------------------------------- */

static bool id(const struct pair *p)
{
	return same_or_silent(p->meta->unique_id, cda_id_text(p->arena, p->cda->id));
}

static bool type(const struct pair *p)
{
	return same_or_silent(p->meta->type_code, p->cda->type);
}

static bool author(const struct pair *p)
{
	for (size_t i = 0; i < p->meta->author_count; i++)
		for (size_t k = 0; k < p->cda->author_count; k++)
			if (bytes_equal(p->meta->authors[i], p->cda->authors[k].id.extension))
				return true;
	return p->meta->author_count == 0 || p->cda->author_count == 0;
}

/* Digits before an offset: what is left out says how exact the time is. */
static size_t digits(struct bytes time)
{
	size_t n = 0;
	while (n < time.len && time.at[n] >= '0' && time.at[n] <= '9')
		n++;
	return n;
}

/* One instant, told twice: in UTC without saying so, and with an offset. To the minute; days alone may differ by their zones. */
static bool same_time(struct bytes meta, struct bytes cda)
{
	struct instant a, b;
	bool days = digits(meta) < 12 || digits(cda) < 12;

	if (!instant_read_hl7(meta, &a) || !instant_read_hl7(cda, &b))
		return meta.len == 0 || cda.len == 0;
	int64_t apart = instant_since(a, b).us;
	return (apart < 0 ? -apart : apart) < (days ? SPAN_HOURS(36) : SPAN_MINUTES(1)).us;
}

static bool creation(const struct pair *p)
{
	return same_time(p->meta->creation_time, p->cda->time);
}

static bool service(const struct pair *p)
{
	return same_time(p->meta->service_start, p->cda->service_start);
}

static bool language(const struct pair *p)
{
	return same_or_silent(p->meta->language, p->cda->language);
}

static bool confidentiality(const struct pair *p)
{
	return same_or_silent(p->meta->confidentiality, p->cda->confidentiality);
}

/* --- the metadata alone ----------------------------------------------------------------------- */

static bool has_uri(const struct pair *p)
{
	return p->meta->uri_told || p->meta->content.len == 0;
}

static bool has_hash(const struct pair *p)
{
	return p->meta->hash_told || p->meta->content.len == 0;
}

static bool has_size(const struct pair *p)
{
	return p->meta->size_told || p->meta->content.len == 0;
}

static bool has_id(const struct pair *p)
{
	return p->meta->unique_id.len > 0;
}

static bool is_member(const struct pair *p)
{
	return p->meta->member;
}

static bool media(const struct pair *p)
{
	return p->meta->media.len == 0 || p->meta->content.len == 0 || sniff_agrees(p->meta->type, p->meta->media);
}

static bool masks(const struct pair *p)
{
	return p->meta->codes <= XDM_MASKS;
}

static bool replaced(const struct pair *p)
{
	struct bytes told = p->cda != NULL ? cda_id_text(p->arena, p->cda->replaces) : BYTES_NONE;

	if (p->meta->action != XDM_ACTION_REPLACE)
		return true;
	return (told.len > 0 || p->meta->action_target.len > 0) && same_or_silent(told, p->meta->action_target);
}

static bool deleted(const struct pair *p)
{
	return p->meta->action != XDM_ACTION_DELETE ||
	       ((p->meta->unique_id.len > 0 || p->meta->action_target.len > 0) && same_or_silent(p->meta->unique_id, p->meta->action_target) &&
		(p->cda == NULL || same_or_silent(p->meta->unique_id, cda_id_text(p->arena, p->cda->id))));
}

static const struct {
	holds *holds;
	bool alone;              /* needs no CDA */
	enum reason danger;      /* what it is held for; NONE: it is told and no more */
	struct cda_finding finding;
} rules[] = {
	{patient, false, REASON_IDENTITY_DIFFERS, {"xdm.patient", CDA_LEVEL_ERROR, "METADATA.XML names another patient than the document.",
	  "METADATA.XML nomme un autre patient que le document.", "cda.md 4.3 patientId; attacks X9"}},
	{birth, false, REASON_IDENTITY_DIFFERS, {"xdm.patient.birth", CDA_LEVEL_ERROR, "METADATA.XML tells another date of birth than the document.",
	  "METADATA.XML donne une autre date de naissance que le document.", "cda.md 4.3 sourcePatientInfo, PID-7"}},
	{sex, false, REASON_IDENTITY_DIFFERS, {"xdm.patient.sex", CDA_LEVEL_ERROR, "METADATA.XML tells another sex than the document.",
	  "METADATA.XML donne un autre sexe que le document.", "cda.md 4.3 sourcePatientInfo, PID-8"}},
	{name, false, REASON_NONE, {"xdm.patient.name", CDA_LEVEL_WARNING, "METADATA.XML writes the patient's name otherwise than the document.",
	  "METADATA.XML écrit le nom du patient autrement que le document.", "cda.md 4.3 sourcePatientInfo, PID-5"}},
	{patient_known, false, REASON_NONE, {"xdm.patient.unknown", CDA_LEVEL_WARNING, "The document has no number that the patient number of METADATA.XML could be compared with.",
	  "Le document n'a aucun identifiant comparable à celui du patient dans METADATA.XML.", "cda.md 4.3 patientId"}},
	{replaced, true, REASON_ORDER_TARGET, {"xdm.action.replace", CDA_LEVEL_ERROR, "The replacement names no document, or METADATA.XML and the document name two.",
	  "Le remplacement ne nomme aucun document, ou METADATA.XML et le document en nomment deux.", "mssante.md M78; cda.md 4.3"}},
	{deleted, true, REASON_ORDER_TARGET, {"xdm.action.delete", CDA_LEVEL_ERROR, "The deletion does not name one document by its own id.",
	  "La suppression ne nomme pas un document, et un seul, par son identifiant.", "mssante.md M78; cda.md 4.3"}},
	{id, false, REASON_NONE, {"xdm.id", CDA_LEVEL_WARNING, "The uniqueId of METADATA.XML is not the id of the document.",
	  "Le uniqueId de METADATA.XML n'est pas l'identifiant du document.", "cda.md 4.3 uniqueId"}},
	{type, false, REASON_NONE, {"xdm.type", CDA_LEVEL_WARNING, "The typeCode of METADATA.XML is not the code of the document.",
	  "Le typeCode de METADATA.XML n'est pas le code du document.", "cda.md 4.3 typeCode"}},
	{author, false, REASON_NONE, {"xdm.author", CDA_LEVEL_WARNING, "No author of METADATA.XML is an author of the document.",
	  "Aucun auteur de METADATA.XML n'est auteur du document.", "cda.md 4.3 author"}},
	{creation, false, REASON_NONE, {"xdm.creation-time", CDA_LEVEL_WARNING, "The creationTime of METADATA.XML (UTC) is not the time of the document.",
	  "Le creationTime de METADATA.XML (UTC) n'est pas la date du document.", "cda.md 4.3 creationTime"}},
	{service, false, REASON_NONE, {"xdm.service-time", CDA_LEVEL_WARNING, "The serviceStartTime of METADATA.XML (UTC) is not the time of the documented act.",
	  "Le serviceStartTime de METADATA.XML (UTC) n'est pas la date de l'acte documenté.", "cda.md 4.3 serviceStartTime"}},
	{language, false, REASON_NONE, {"xdm.language", CDA_LEVEL_WARNING, "METADATA.XML tells another language than the document.",
	  "METADATA.XML donne une autre langue que le document.", "cda.md 4.3 languageCode"}},
	{confidentiality, false, REASON_NONE, {"xdm.confidentiality", CDA_LEVEL_WARNING, "METADATA.XML tells another confidentiality than the document.",
	  "METADATA.XML donne une autre confidentialité que le document.", "cda.md 4.3 confidentialityCode"}},
	{masks, true, REASON_NONE, {"xdm.confidentiality.many", CDA_LEVEL_WARNING, "METADATA.XML has more than four confidentiality codes.",
	  "METADATA.XML a plus de quatre codes de confidentialité.", "cda.md 4.3 confidentialityCode"}},
	{media, true, REASON_NONE, {"xdm.media", CDA_LEVEL_WARNING, "The mimeType of METADATA.XML is not what the bytes of the file are.",
	  "Le mimeType de METADATA.XML n'est pas celui des octets du fichier.", "cda.md 4.3; attacks X8"}},
	{has_id, true, REASON_NONE, {"xdm.id.none", CDA_LEVEL_WARNING, "METADATA.XML gives the document no uniqueId.",
	  "METADATA.XML ne donne pas de uniqueId au document.", "cda.md 4.3 uniqueId"}},
	{has_uri, true, REASON_NONE, {"xdm.uri.none", CDA_LEVEL_WARNING, "METADATA.XML does not tell the file of the document (URI).",
	  "METADATA.XML ne dit pas le fichier du document (URI).", "cda.md 4.1, 4.3 URI"}},
	{has_hash, true, REASON_NONE, {"xdm.hash.none", CDA_LEVEL_WARNING, "METADATA.XML does not tell the hash of the file.",
	  "METADATA.XML ne donne pas l'empreinte du fichier (hash).", "cda.md 4.1, 4.3 hash"}},
	{has_size, true, REASON_NONE, {"xdm.size.none", CDA_LEVEL_WARNING, "METADATA.XML does not tell the size of the file.",
	  "METADATA.XML ne donne pas la taille du fichier (size).", "cda.md 4.1, 4.3 size"}},
	{is_member, true, REASON_NONE, {"xdm.member", CDA_LEVEL_WARNING, "The submission set does not have the document as a member (HasMember).",
	  "Le lot de soumission n'a pas ce document parmi ses membres (HasMember).", "cda.md 4.3 associations"}},
};

enum { RULES = sizeof rules / sizeof *rules };
_Static_assert((int)RULES <= (int)XDM_FINDINGS, "out has room for every rule");

size_t xdm_compare(struct arena *arena, const struct xdm_document *meta, const struct cda_document *cda, struct cda_finding *out,
		   enum reason *reason)
{
	const struct pair p = {arena, meta, cda};
	size_t n = 0;

	*reason = REASON_NONE;
	for (size_t i = 0; i < RULES; i++) {
		if ((cda == NULL && !rules[i].alone) || rules[i].holds(&p))
			continue;
		if (*reason == REASON_NONE)
			*reason = rules[i].danger;
		out[n++] = rules[i].finding;
	}
	return n;
}

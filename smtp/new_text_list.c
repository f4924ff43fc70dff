/* smtp/new_text_list.c - see new_text_list.h. */
#include "smtp/new_text_list.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const verbs[] = {
	" wrote", " a ecrit", " schrieb", " escribio", " escreveu", " ha scritto", " napisal", " skrev", " schreef",
	" kirjoitti", " geschreven", " va escriure", " написал", " написала", " пишет", " yazdi", " har skrevet", " a scris",
};

static const char *const starts[] = {
	"on ", "le ", "am ", "el ", "em ", "il ", "den ", "op ", "w dniu ", "dnia ", "at ", "a la date du ", "vào ",
};

static const char *const separators[] = {
	"original message", "original appointment", "message d'origine", "message original", "message initial",
	"message transfere", "forwarded message", "ursprungliche nachricht", "urspruengliche nachricht", "originalnachricht",
	"mensaje original", "mensagem original", "messaggio originale", "oprindelig besked", "original besked", "opprinnelig melding",
	"originalmeddelande", "ursprungligt meddelande", "oorspronkelijk bericht", "original nachricht", "reply message",
	"message du ", "mail original", "e-mail d'origine", "mail d'origine", "courriel original", "message de depart", "исходное сообщение", "oryginalna wiadomosc", "reply above this line", "repondre au-dessus de cette ligne",
	"reponse au-dessus de cette ligne",
};

/* Separators that need no dashes. */
static const char *const bare_separators[] = {
	"debut du message reexpedie", "debut du message transfere", "begin forwarded message", "debut du message transmis",
};

static const char *const from_labels[] = {
	"from", "de", "von", "fra", "fran", "van", "da", "od", "от", "mittente", "expediteur", "remitente",
};

static const char *const other_labels[] = {
	"sent", "date", "to", "subject", "cc", "reply-to", "envoye", "envoye le", "a", "objet", "copie", "gesendet", "datum", "an",
	"betreff", "sendt", "dato", "til", "emne", "skickat", "till", "amne", "verzonden", "aan", "onderwerp", "data", "para",
	"assunto", "enviado", "enviado el", "enviado em", "asunto", "fecha", "inviato", "oggetto", "pour", "destinataire", "sujet",
	"message du", "copie a", "дата", "кому", "тема", "отправлено", "wyslano", "do", "temat", "importance", "envoye :", "le",
};

static const char *const devices[] = {
	"sent from ", "sent via ", "sent with ", "sent by ", "envoye de mon ", "envoye depuis ", "envoye a partir ", "envoye avec ",
	"provenance : ", "provenance: ", "telecharger outlook", "obtenir outlook", "get outlook for", "get [outlook", "von meinem ",
	"diese nachricht wurde von meinem ", "from my iphone", "from my mobile", "verzonden met ", "verstuurd vanaf ", "enviado desde ",
	"enviado do ", "inviato da ", "gesendet von ", "skickat fran ", "sendt fra ", "<<sent by ", "(sent from ", "(envoye ",
	"someone from mobile", "從我的 ",
};

/* How a paragraph of a disclaimer begins, and what it speaks of: two of the latter, so that a sentence of the writer is none. */
static const char *const disclaimers[] = {
	"ce message", "ce mail", "ce courriel", "ce courrier electronique", "cet e-mail", "cet email", "le present message", "les informations contenues", "le contenu de ce",
	"confidentialite", "avertissement", "message confidentiel", "this e-mail", "this email", "this message", "the information contained", "the contents of this",
	"confidentiality", "disclaimer", "this communication", "si vous n'etes pas", "if you are not", "if you have received", "si vous avez recu",
};

/* The short ones. */
static const char *const greens[] = {
	"avant d'imprimer", "pensez a l'environnement", "please consider the environment", "n'imprimez",
};

static const char *const disclaimer_words[] = {
	"confidentiel", "destinataire", "par erreur", "detrui", "supprim", "non autorise", "interdit", "integrite", "secret medical", "secret professionnel", "usage exclusif",
	"pieces jointes", "expediteur", "confidential", "intended", "addressee", "in error", "delete", "unauthori", "privileged", "disclos", "attachments", "imprim",
	"environnement", "environment", "print",
};

static const struct words {
	const char *const *at;
	size_t n;
} lists[] = {
	[LIST_VERBS] = {verbs, COUNT(verbs)},
	[LIST_STARTS] = {starts, COUNT(starts)},
	[LIST_SEPARATORS] = {separators, COUNT(separators)},
	[LIST_BARE_SEPARATORS] = {bare_separators, COUNT(bare_separators)},
	[LIST_FROM_LABELS] = {from_labels, COUNT(from_labels)},
	[LIST_OTHER_LABELS] = {other_labels, COUNT(other_labels)},
	[LIST_DEVICES] = {devices, COUNT(devices)},
	[LIST_DISCLAIMERS] = {disclaimers, COUNT(disclaimers)},
	[LIST_GREENS] = {greens, COUNT(greens)},
	[LIST_DISCLAIMER_WORDS] = {disclaimer_words, COUNT(disclaimer_words)},
};

bool new_text_list_has(enum new_text_list list, struct bytes word)
{
	for (size_t i = 0; i < lists[list].n; i++)
		if (bytes_equal_text(word, lists[list].at[i]))
			return true;
	return false;
}

bool new_text_list_begins(enum new_text_list list, struct bytes text)
{
	for (size_t i = 0; i < lists[list].n; i++)
		if (bytes_starts(text, bytes_of_text(lists[list].at[i])))
			return true;
	return false;
}

size_t new_text_list_count(enum new_text_list list, struct bytes text)
{
	size_t count = 0;
	for (size_t i = 0; i < lists[list].n; i++)
		count += bytes_contains(text, bytes_of_text(lists[list].at[i]));
	return count;
}

bool new_text_list_within(enum new_text_list list, struct bytes text)
{
	return new_text_list_count(list, text) > 0;
}

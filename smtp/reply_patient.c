/* smtp/reply_patient.c - what a patient wants, by her words (product.md 4.2 row 65, E04, E30, E31). See reply_word.h.
 *
 * The bare words that our mails offer count at the beginning of a sentence; anything longer is a saying of one's own wish. What is only a question about it
 * ("dois-je attendre ?") goes on to the expert like any other. */
#include "smtp/reply_common.h"
#include "smtp/reply_wish.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct reply_wish wishes[] = {
	{"partager|partage|partagez|share", REPLY_SHARE, WISH_FIRST},
	{"transmettre|transmettez|envoyez|adressez ?svp mon|le|l|cet|ce ?deuxieme|?second|?compte rapport|avis|rendu|resultat a|au|aux", REPLY_SHARE, WISH_FIRST},
	{"send|forward ?please my|the|this report|opinion|result to", REPLY_SHARE, WISH_FIRST},
	{"please share|forward|send ?my|?the|?it|?this ?report|?opinion ?second with|to", REPLY_SHARE, WISH_ASKED},
	{"pouvez|pourriez|voulez vous ?svp ?le ?l ?bien partager|transmettre|envoyer|adresser|communiquer mon|le|l|cet|ce|avec|a|au|aux ?deuxieme|?second|?compte "
	 "?rapport|?avis|?rendu ?a|?au|?aux|?avec", REPLY_SHARE, WISH_ASKED},
	{"merci de|d ?bien ?vouloir ?le ?l partager|transmettre|envoyer|adresser|communiquer ?mon|?le|?l|?cet|?ce ?deuxieme|?second ?rapport|?avis ?avec a|au|aux|mon|ma", REPLY_SHARE, WISH_ASKED},
	{"can|could|would you ?please share|send|forward ?my|?the|?it|?this ?report|?opinion to|with my|dr|doctor|the", REPLY_SHARE, WISH_ASKED},
	{"je|j|i souhaite|voudrais|veux|aimerais|would|d|want ?like ?to|?que ?vous ?le ?l partager|share|transmettre|transmettiez|partagiez", REPLY_SHARE, 0},
	{"je|i suis|agree ?d accord|to pour|share|partager ?le|?que|?partager|?partage|?transmettre", REPLY_SHARE, 0},

	{"ne partagez|transmettez|envoyez|communiquez|montrez pas|rien", REPLY_UNSHARE, WISH_DENYING},
	{"ne pas partager|transmettre|communiquer|envoyer", REPLY_UNSHARE, WISH_DENYING},
	{"do|please ?do not|don't share|forward|send|disclose", REPLY_UNSHARE, WISH_DENYING},
	{"don't share|forward|disclose", REPLY_UNSHARE, WISH_DENYING},
	{"ne souhaite|veux|voudrais pas|plus ?que ?vous partager|partagiez|transmettre|transmettiez|que", REPLY_UNSHARE, WISH_DENYING},
	{"ne suis pas|plus d accord pour|avec|que ?le ?partager|?partage|?transmettre|?transmission|?mon", REPLY_UNSHARE, WISH_DENYING},
	{"je|j|i retire|revoque|annule|m ?m ?oppose ?mon|?a|?au ?accord|?consentement|?la pour|au|a|du|de le|la|l ?partage|?transmission ?envoi|?mon", REPLY_UNSHARE, WISH_DENYING},
	{"m oppose a|au ?la ?ce partage|transmission|l envoi", REPLY_UNSHARE, WISH_DENYING},
	{"withdraw|revoke my consent|agreement to|for share|sharing|sending|the", REPLY_UNSHARE, WISH_DENYING},

	{"corriger|correction|rectifier|rectification|corrigez|correct", REPLY_CORRECT, WISH_FIRST},
	{"il ?y a une|des ?petite erreur*|faute*", REPLY_CORRECT, 0},
	{"there is|are|s a|an|some mistake*|error*", REPLY_CORRECT, 0},
	{"me suis trompe|trompee", REPLY_CORRECT, 0},
	{"i made a|an mistake|error", REPLY_CORRECT, 0},
	{"pouvez|pourriez vous corriger|rectifier|modifier", REPLY_CORRECT, WISH_ASKED},
	{"merci de corriger|rectifier|modifier", REPLY_CORRECT, WISH_ASKED},
	{"please|you correct|change|fix my|the", REPLY_CORRECT, WISH_ASKED},
	{"mon|ma|my nom|prenom|adresse|date|name|birth|address|date ?de ?of ?naissance ?birth est|is|a|was ?ete ?mal errone*|faux|fausse|inexact*|incorrect*|wrong|misspelt|misspelled|orthographie|ecrit",
	 REPLY_CORRECT, 0},

	{"stop", REPLY_STOP, WISH_FIRST | WISH_ENDS},
	{"stop|arretez|cessez de|d|sending|writing|these|les|vos ?m ?me ?ecrire|?envoyer|?messages|?mails|?courriels|?emails|?relances|?rappels", REPLY_STOP, WISH_FIRST},
	{"ne|n m ecrivez|envoyez|contactez|relancez plus|pas", REPLY_STOP, WISH_DENYING},
	{"ne souhaite|veux|desire plus|pas recevoir|etre|de contacte|contactee|mails|messages|vos|courriels|message|mail|de", REPLY_STOP, WISH_DENYING},
	{"ne souhaite|veux|desire plus continuer|poursuivre|d|de ?deuxieme ?second ?avis", REPLY_STOP, WISH_DENYING},
	{"annule|abandonne|arrete ma|la|cette demande|dossier|procedure", REPLY_STOP, 0},
	{"annulez|arretez tout|ma|la demande|procedure|dossier|$", REPLY_STOP, 0},
	{"cancel my|the|this request|file", REPLY_STOP, 0},
	{"no longer want|wish to|your|any|a", REPLY_STOP, WISH_DENYING},
	{"unsubscribe|desinscription|desabonner|desinscrire|desabonnez|desinscrivez", REPLY_STOP, 0},
	{"stop writing|emailing|contacting|sending|messaging", REPLY_STOP, 0},

	{"appelez|rappelez|telephonez|contactez moi", REPLY_CALL, WISH_ASKED},
	{"appelez|rappelez|telephonez nous", REPLY_CALL, WISH_ASKED},
	{"ne m appelez|rappelez|telephonez pas|plus", REPLY_UNCLEAR, WISH_DENYING},
	{"m|me appeler|rappeler|telephoner|joindre", REPLY_CALL, WISH_ASKED},
	{"etre rappele|rappelee|appele|appelee|contacte|contactee", REPLY_CALL, WISH_ASKED},
	{"call|phone|ring me|us ?back", REPLY_CALL, WISH_ASKED},
	{"give me a call|ring", REPLY_CALL, WISH_ASKED},
	{"parler|discuter|speak|talk a|avec|to|with une|quelqu|someone|a|somebody|un ?infirmiere|?nurse|?personne|?un", REPLY_CALL, WISH_ASKED},

	{"retire|revoque mon|le ?mon consentement|accord", REPLY_WITHDRAW, 0},
	{"retirer|revoquer mon|le consentement|accord", REPLY_WITHDRAW, 0},
	{"retire pas|plus mon|le consentement|accord", REPLY_UNCLEAR, WISH_DENYING},
	{"ne consens|consent plus|pas", REPLY_WITHDRAW, WISH_DENYING},
	{"ne donne plus|pas mon|d|de consentement|accord", REPLY_WITHDRAW, WISH_DENYING},
	{"retrait de|du mon|consentement ?consentement", REPLY_WITHDRAW, WISH_FIRST},
	{"withdraw|revoke|withdrawing|revoking|retract my consent", REPLY_WITHDRAW, 0},
	{"no longer consent|agree|give ?my ?consent", REPLY_WITHDRAW, WISH_DENYING},
	{"m oppose a|au ?l utilisation|traitement ?de mes|donnees|dossier ?de", REPLY_WITHDRAW, 0},
	{"effacez|supprimez|delete|erase toutes|tout|mes|mon|my|all ?mes ?my donnees|dossier|data|file", REPLY_WITHDRAW, 0},

	{"n existe|existent pas|plus", REPLY_NO_EXAM, WISH_DENYING | WISH_ANYBODY},
	{"n a|ont jamais|pas ete fait|faite|faits|faites|realise|realisee|prescrit|prescrite|pratique|pratiquee", REPLY_NO_EXAM, WISH_DENYING | WISH_ANYBODY},
	{"n ai jamais|pas ?encore passe|eu|fait|realise cet|ce|cette|d|de|l|la|le ?examen|?irm|?scanner|?radio*|?echo*|?mammo*|?biopsie|?document|?compte|?analyse*", REPLY_NO_EXAM, WISH_DENYING},
	{"n ai pas|plus cet|ce|cette|d|de|ces|l|le|la ?l examen*|irm|scanner|radio*|echo*|mammo*|biopsie|document*|compte|analyse*|resultat*|imagerie|piece*", REPLY_NO_EXAM, WISH_DENYING},
	{"je ne l|les ai|possede pas|plus", REPLY_NO_EXAM, WISH_DENYING},
	{"ne possede|dispose|retrouve pas|plus ?de cet|ce|cette|ces|d|l|le|la", REPLY_NO_EXAM, WISH_DENYING},
	{"doesn't|don't|not exist", REPLY_NO_EXAM, WISH_DENYING | WISH_ANYBODY},
	{"was|were never|not done|made|performed|prescribed", REPLY_NO_EXAM, WISH_DENYING | WISH_ANYBODY},
	{"don't|not have it|them|this|that|the|these|any|an|a ?mri|?scan|?exam|?examination|?test|?x|?biopsy|?report|?document|?$", REPLY_NO_EXAM, WISH_DENYING},
	{"never had this|that|an|a|the|any mri|scan|exam|examination|test|x|biopsy|mammogram|ultrasound", REPLY_NO_EXAM, WISH_DENYING},
	{"impossible|impossibles a|de|d ?l obtenir|avoir|retrouver|fournir", REPLY_NO_EXAM, WISH_ANYBODY},

	{"attendez|attendre|patientez|pause|wait", REPLY_WAIT, WISH_FIRST | WISH_ENDS},
	{"attendez|wait|patientez encore|un|une|que|jusqu*|avant|mon|ma|le|la|s|until|for|a|before|my|till|please|svp", REPLY_WAIT, WISH_FIRST},
	{"please wait|hold|pause", REPLY_WAIT, 0},
	{"hold on", REPLY_WAIT, WISH_FIRST},
	{"merci|prie|demande|pouvez|pourriez|possible de|d|vous ?d attendre|patienter|suspendre", REPLY_WAIT, WISH_ASKED},
	{"mettez|mettre|suspendez|put ?svp|?ma|?mon|?le|?la|?my|?the ?demande|?dossier|?request|?file ?en|?on pause|attente|hold|suspens", REPLY_WAIT, WISH_ASKED},
	{"suspendez ma|mon|la|le demande|dossier", REPLY_WAIT, 0},
	{"can|could you ?please wait|pause|hold", REPLY_WAIT, WISH_ASKED},
	{"besoin de|d ?plus|?un ?peu ?de temps|reflechir", REPLY_WAIT, 0},
	{"need more|some|a time|bit", REPLY_WAIT, 0},

	{"j|nous ai|avons fini|termine", REPLY_DONE, WISH_ENDS},
	{"fini|termine", REPLY_DONE, WISH_FIRST | WISH_ENDS},
	{"c est|etait tout|fini|termine|bon", REPLY_DONE, WISH_ENDS},
	{"n ai plus|pas ?d ?de autre|question|questions|rien|autres ?question|?questions ?a ?ajouter", REPLY_DONE, WISH_DENYING},
	{"pas|plus|aucune ?d ?de autre|autres|question|questions ?question|?questions", REPLY_DONE, WISH_FIRST | WISH_DENYING | WISH_ENDS},
	{"no more|further|other questions|question", REPLY_DONE, WISH_DENYING},
	{"don't|not have any|more more|further|other|questions ?questions", REPLY_DONE, WISH_DENYING},
	{"i|we am|m|are|have done|finished", REPLY_DONE, WISH_ENDS},
	{"that|this is|s|will ?be all", REPLY_DONE, WISH_ENDS},
	{"vous|you pouvez|may|can clore|cloturer|fermer|close", REPLY_DONE, 0},
};

void reply_patient_read(struct arena *arena, struct bytes new_text, struct reply *out)
{
	uint32_t set = reply_wishes(arena, new_text, wishes, COUNT(wishes));
	const uint32_t withdraw = 1u << REPLY_WITHDRAW, unshare = 1u << REPLY_UNSHARE, stop = 1u << REPLY_STOP, share = 1u << REPLY_SHARE, unclear = 1u << REPLY_UNCLEAR;

	/* Who withdraws is obeyed, whatever else is asked: only the contrary beside it makes a doubt. */
	if ((set & withdraw) != 0 && (set & (share | unclear)) == 0)
		set = withdraw;
	if ((set & unshare) != 0 && (set & (share | unclear | withdraw)) == 0)
		set = unshare;
	if (set == (stop | 1u << REPLY_CALL))
		set = stop;
	*out = (struct reply){.word = reply_wish_only(set), .rest = reply_rest(new_text), .address = reply_only_address(new_text)};
}

/* smtp/reply_sense.c - see reply_sense.h. Phrases in the manner of smtp/reply_token.h, folded; the longest counts, then the first. */
#include "smtp/reply_sense.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct entry {
	const char *phrase;
	enum reply_sense sense;
	enum reply_motive motive;
} lexicon[] = {
	/* --- what says nothing, though it looks as if ------------------------------------------- */
	{"pas|aucun|aucune|sans ?de|?d probleme*|souci*|objection*|inconvenient*|difficulte*|reserve*|hesitation*|hesiter", SENSE_IDLE, 0},
	{"no problem*|objection*|worries|issue|issues|later|trouble|hesitation", SENSE_IDLE, 0},
	{"not a problem", SENSE_IDLE, 0},
	{"n|ne hesite* pas", SENSE_IDLE, 0},
	{"n ?y ?en vois|voyant|voit ?pas aucun|d|de ?d|?de inconvenient*|objection*|probleme*", SENSE_IDLE, 0},
	{"don't|not mind|hesitate", SENSE_IDLE, 0},
	{"rien ne|n ?s|?m|?y oppose|empeche", SENSE_IDLE, 0},
	{"nothing prevents|against", SENSE_IDLE, 0},
	{"?je ?j n|ne ai|vois|declare|signale|presente pas|aucun|aucune ?de conflit*", SENSE_IDLE, 0},
	{"?je ?j n|ne ai|vois|declare|signale|presente pas|aucun|aucune ?de lien* ?d ?interet*", SENSE_IDLE, 0},
	{"pas|aucun|sans|ni ?de conflit*", SENSE_IDLE, 0},
	{"aucun|sans|ni ?de lien* ?d ?interet*", SENSE_IDLE, 0},
	{"?i ?have no|without ?any conflict*", SENSE_IDLE, 0},
	{"?i don't|not have ?a|?any conflict*", SENSE_IDLE, 0},
	{"pourquoi pas", SENSE_IDLE, 0},
	{"why not", SENSE_IDLE, 0},
	{"non|pas seulement", SENSE_IDLE, 0},
	{"not only", SENSE_IDLE, 0},
	{"accept|accepter|accepte|acceptez|agreer|recevoir mes|nos|my|our|toutes", SENSE_IDLE, 0},
	{"accepter|acceptez|agreer|recevoir l expression|assurance", SENSE_IDLE, 0},
	{"a mon avis", SENSE_IDLE, 0},
	{"in my opinion", SENSE_IDLE, 0},
	{"absence|absent|absente|absents|absentes d|de|du|des dossier|pieces|compte|metastase*|anomalie*|lesion*|signe*|recidive*|toute", SENSE_IDLE, 0},
	{"absence of|de", SENSE_IDLE, 0},
	{"cher|chere|chers|dear|bonjour|bonsoir|hello|hi ?cher|?chere docteur|dr|pr|professeur|prof|confrere|confreres|collegue|consoeur|doctor|colleague|team|equipe", SENSE_FILLER, 0},
	{"si|au besoin|necessaire $", SENSE_IDLE, 0},
	{"if needed|necessary|required", SENSE_IDLE, 0},
	{"leave|laisse it|this|that|soin", SENSE_IDLE, 0},
	{"aurais|serais|aurait ?bien ?volontiers accepte|voulu|aime|prefere|souhaite", SENSE_IDLE, 0},
	{"would|should|d have liked|loved|wished ?to ?accept", SENSE_IDLE, 0},
	{"des que possible", SENSE_IDLE, 0},

	/* --- neither yes nor no ------------------------------------------------------------------- */
	{"ne|n peux|puis|pouvons|peut qu|que accepter", SENSE_DOUBT, 0},
	{"ne|n dis|dirai|dirais|dit pas non", SENSE_DOUBT, 0},
	{"say|saying no|yes", SENSE_DOUBT, 0},
	{"ne|n vois pas|guere pourquoi|comment", SENSE_DOUBT, 0},
	{"don't|not see why|how", SENSE_DOUBT, 0},
	{"hesite|hesitant|hesitating|unsure|undecided", SENSE_DOUBT, 0},
	{"envoyez|adressez|transmettez moi le|les|ce|cette|l dossier|pieces|demande", SENSE_DOUBT, 0},
	{"send me the|this file|case|dossier|records", SENSE_DOUBT, 0},
	{"not sure|certain", SENSE_DOUBT, 0},
	{"pas sur|sure|certain|certaine", SENSE_DOUBT, 0},
	{"je ne sais pas", SENSE_DOUBT, 0},
	{"i don't know", SENSE_DOUBT, 0},
	{"vous reponds|repondrai|confirme|confirmerai|dirai", SENSE_DOUBT, 0},
	{"je reviens|reviendrai vers", SENSE_DOUBT, 0},
	{"let you know", SENSE_DOUBT, 0},
	{"get back to you", SENSE_DOUBT, 0},

	/* --- yes ------------------------------------------------------------------------------------ */
	{"accepte|jaccepte|acepte|accepete|accepterai|acceptons|accepterons", SENSE_ACCEPT, 0},
	{"accept|accepted|accepts", SENSE_ACCEPT, 0},
	{"acceptee|acceptes", SENSE_ACCEPT, 0},
	{"ai accepte", SENSE_ACCEPT, 0},
	{"have accepted", SENSE_ACCEPT, 0},
	{"avais|avait|avez|avons accepte", SENSE_DOUBT, 0},
	{"accepterais|accepteriez", SENSE_DOUBT, 0},
	{"accepter|accepting|acceptation|acceptance", SENSE_TO_ACCEPT, 0},
	{"accord|agree|agreed", SENSE_YES, 0},
	{"d accord", SENSE_YES, 0},
	{"donne mon accord", SENSE_ACCEPT, 0},
	{"confirme mon accord|acceptation", SENSE_ACCEPT, 0},
	{"mon|l accord ?du|?de|?des patient*|parents|famille", SENSE_IDLE, 0},
	{"oui|ok|okay|yes|yep|ouais|volontiers|gladly|certainly|entendu", SENSE_YES, 0},
	{"avec ?grand ?un ?le plaisir|joie", SENSE_YES, 0},
	{"with ?great pleasure", SENSE_YES, 0},
	{"bien sur|entendu|volontiers", SENSE_YES, 0},
	{"of course", SENSE_YES, 0},
	{"veux bien", SENSE_YES, 0},
	{"c est ?d ok|bon|accord ?pour ?moi", SENSE_YES, 0},
	{"suis partant|partante", SENSE_YES, 0},
	{"suis|serai|serais|am|would|d|be ?be ?very ?tres ravi|ravie|heureux|heureuse|happy|glad|pleased|delighted de|d|to ?vous accepter|accept|aider|help|take|prendre|do|donner|give|"
	 "provide|repondre|rendre|review", SENSE_YES, 0},
	{"happy|glad|pleased|delighted to accept|help|take|do|give|provide|review", SENSE_YES, 0},
	{"would|d love|like to", SENSE_YES, 0},
	{"count me in", SENSE_YES, 0},
	{"go ahead", SENSE_YES, 0},
	{"sure $", SENSE_YES, 0},
	{"prends|prendrai|prenons ?en ?charge le|ce|cette|votre|la dossier|demande|cas", SENSE_ACCEPT, 0},
	{"le|la prends|prendrai $", SENSE_ACCEPT, 0},
	{"m en charge|occupe|chargerai|occuperai", SENSE_ACCEPT, 0},
	{"will|ll|can take|do|review it|this|the ?on ?case|?file|?one|?dossier", SENSE_ACCEPT, 0},
	{"take it on", SENSE_TO_ACCEPT, 0},
	{"donnerai|rendrai|donne mon|un|cet|l avis", SENSE_ACCEPT, 0},
	{"dossier|demande|offre|proposition|mission ?est acceptee|accepte", SENSE_ACCEPT, 0},
	{"disponible|disponibles|dispo|available", SENSE_THERE, 0},
	{"disponible|available pour|for|to|si|if", SENSE_NONE, 0},

	/* --- what one can or cannot do ------------------------------------------------------------ */
	{"peux|puis|pouvons|pourrai|pourrons|souhaite|souhaitons|desire|veux|voulons|vais|compte|pense|can|able|want|wish|will|ll|possible", SENSE_CAN, 0},
	{"en mesure", SENSE_CAN, 0},
	{"in a position", SENSE_CAN, 0},
	{"pourrais|could|would|devrais|might|may", SENSE_IF, 0},
	{"cannot|can't|couldn't|won't|wouldn't|unable|impossible|cant|wont|incapable", SENSE_CANNOT, 0},
	{"can not", SENSE_CANNOT, 0},
	{"not able|possible", SENSE_CANNOT, 0},
	{"il ne|n ?m|?me est|sera ?malheureusement ?donc pas|guere ?malheureusement possible", SENSE_CANNOT, 0},
	{"il m est|sera ?malheureusement impossible", SENSE_CANNOT, 0},
	{"it is|s ?unfortunately not possible", SENSE_CANNOT, 0},
	{"ne|n peux|pourrai|puis|pouvons ?malheureusement ?pas|?rien ?vous ?m ?en ?le ?faire ?repondre ?occuper avant", SENSE_ABSENT, 0},
	{"peux|pourrai|puis|pouvons pas|rien ?vous ?m ?en ?le ?faire ?repondre ?occuper avant", SENSE_ABSENT, 0},
	{"cannot|can't|not|won't ?be ?able ?to ?do ?take ?it ?this ?available ?on before|until", SENSE_ABSENT, 0},
	{"m en charger|occuper", SENSE_TO_DO, 0},
	{"le|la|l faire|prendre|traiter|accepter|assurer|etudier|examiner", SENSE_TO_ACCEPT, 0},
	{"prendre|traiter|etudier|examiner|assurer|honorer|satisfaire|assumer ?en ?charge ce|cette|le|la|votre|de|d dossier*|demande|cas|avis|nouveau*", SENSE_TO_ACCEPT, 0},
	{"repondre ?favorablement|?positivement a ?votre|?cette|?la ?demande|?sollicitation", SENSE_TO_DO, 0},
	{"donner ?une suite ?favorable ?a ?votre|?cette ?demande", SENSE_TO_DO, 0},
	{"donner|rendre|formuler|give|provide|write un|mon|cet|an|my|l avis|opinion", SENSE_TO_DO, 0},
	{"vous|you aider|help", SENSE_TO_DO, 0},
	{"do|take|review|handle it|this|that|the ?on ?case|?file|?one|?dossier|?request|?referral", SENSE_TO_DO, 0},
	{"take on|any|more", SENSE_TO_DO, 0},
	{"do so", SENSE_TO_DO, 0},
	{"help|aider|participer|intervenir", SENSE_TO_DO, 0},
	{"help you", SENSE_TO_DO, 0},

	/* --- no --------------------------------------------------------------------------------------- */
	{"refuse|refuserai|refused|refusons|refusee|decline|declined|declining|refusing|refus", SENSE_REFUSE, 0},
	{"refuser|decliner|renoncer", SENSE_TO_REFUSE, 0},
	{"dois|devons|devrai|prefere|vais|must|have|regret|need|will|oblige*|contraint*|contrainte* ?to ?de ?d ?malheureusement ?vous refuser|decliner|renoncer|decline|refuse|pass", SENSE_REFUSE, 0},
	{"dossier|demande|offre|proposition ?est refusee|refuse|declinee", SENSE_REFUSE, 0},
	{"passe|pass ?mon tour|$", SENSE_REFUSE, 0},
	{"ll|will|must pass ?on ?this ?one", SENSE_REFUSE, 0},
	{"suis au regret", SENSE_REFUSE, 0},
	{"afraid not", SENSE_REFUSE, 0},
	{"rather not", SENSE_REFUSE, 0},
	{"prefere|prefererais ne|m pas|abstenir", SENSE_REFUSE, 0},
	{"hors de question", SENSE_REFUSE, 0},
	{"not for me", SENSE_REFUSE, 0},
	{"pas pour moi", SENSE_REFUSE, 0},
	{"not interested", SENSE_REFUSE, 0},
	{"pas interesse|interessee", SENSE_REFUSE, 0},
	{"donne|donnerai pas suite", SENSE_REFUSE, 0},
	{"sans moi", SENSE_REFUSE, 0},
	{"a la retraite", SENSE_REFUSE, 0},
	{"am retired", SENSE_REFUSE, 0},
	{"non|no|nope", SENSE_NO, 0},
	{"ne|n|pas|not|jamais|never|aucunement|nullement|personne|nor|neither", SENSE_NOT, 0},
	{"don't|doesn't|didn't|isn't|aren't|wasn't|haven't|hasn't|shouldn't|shan't", SENSE_NOT, 0},

	/* --- why ------------------------------------------------------------------------------------------ */
	{"?n ?est pas|not ?tout ?a ?fait ?du ?tout ?vraiment ?really ?quite ?de|?dans|?in ?within mon|ma|my ?own domaine|specialite|specialty|speciality|competence*|champ|field|area|expertise|surspecialite|rayon",
	 SENSE_MOTIVE, REPLY_MOTIVE_FIELD},
	{"?n ?est pas|plus|not ?really ?vraiment ?de ?dans ?of ?within mon|ma|mes|my champ|field|area|domaine|domaines ?de|?d|?of competence*|expertise", SENSE_MOTIVE, REPLY_MOTIVE_FIELD},
	{"hors ?de|?du ?mon|?ma ?champ ?de|?domaine specialite|domaine|competence*|champ", SENSE_MOTIVE, REPLY_MOTIVE_FIELD},
	{"outside|beyond ?of my ?own ?area|?field ?of field|area|expertise|specialty|scope|competence", SENSE_MOTIVE, REPLY_MOTIVE_FIELD},
	{"ne|n releve|releve* pas", SENSE_MOTIVE, REPLY_MOTIVE_FIELD},
	{"pas ?un ?assez ?suffisamment ?le|?la ?bon specialiste|competent|competente|expert|experte|specialise*", SENSE_MOTIVE, REPLY_MOTIVE_FIELD},
	{"not ?a|?an|?the ?right ?sufficiently specialist|expert|qualified|competent", SENSE_MOTIVE, REPLY_MOTIVE_FIELD},
	{"autre specialite", SENSE_MOTIVE, REPLY_MOTIVE_FIELD},
	{"?n ?ai pas|plus|not|no ?assez|?enough ?de|?le|?the|?have temps|time|disponibilite*|creneau*|capacity", SENSE_MOTIVE, REPLY_MOTIVE_TIME},
	{"don't|not have ?the|?enough time|capacity", SENSE_MOTIVE, REPLY_MOTIVE_TIME},
	{"manque|faute|lack de|of temps|time|disponibilite*", SENSE_MOTIVE, REPLY_MOTIVE_TIME},
	{"trop de|d travail|dossiers|activite|consultations|demandes|cas|patients|choses", SENSE_MOTIVE, REPLY_MOTIVE_TIME},
	{"trop occupe|occupee|charge|chargee|pris|prise", SENSE_MOTIVE, REPLY_MOTIVE_TIME},
	{"deborde|debordee|surcharge|surchargee|submerge|submergee|overloaded|overwhelmed|swamped", SENSE_MOTIVE, REPLY_MOTIVE_TIME},
	{"too busy", SENSE_MOTIVE, REPLY_MOTIVE_TIME},
	{"too many|much work|cases|files|requests|patients", SENSE_MOTIVE, REPLY_MOTIVE_TIME},
	{"delai|delais|deadline|notice ?est|?is ?sont ?bien trop|too court*|serre*|short|tight", SENSE_MOTIVE, REPLY_MOTIVE_TIME},
	{"agenda|planning|schedule|emploi ?du ?temps ?est|?is ?trop|?too|?deja complet|plein|charge|full|packed", SENSE_MOTIVE, REPLY_MOTIVE_TIME},
	{"dossier|pieces|elements|images|imagerie|donnees|informations ?est|?sont ?trop ?tres insuffisant*|incomplet*|illisible*|inexploitable*", SENSE_MOTIVE, REPLY_MOTIVE_FILE},
	{"file|records|data|information|dossier|images ?is|?are ?too insufficient|incomplete|unreadable|poor", SENSE_MOTIVE, REPLY_MOTIVE_FILE},
	{"insufficient|incomplete file|records|data|information|dossier|material", SENSE_MOTIVE, REPLY_MOTIVE_FILE},
	{"pas|not|manque ?assez|?enough d|de|information|data|material|records elements|informations|pieces|donnees|$", SENSE_MOTIVE, REPLY_MOTIVE_FILE},

	/* --- conflict ----------------------------------------------------------------------------------- */
	{"conflit*|conflict*", SENSE_CONFLICT, 0},
	{"lien* d interet*", SENSE_CONFLICT, 0},
	{"conflict* of interest*", SENSE_CONFLICT, 0},
	{"me recuse", SENSE_CONFLICT, 0},
	{"recuse myself", SENSE_CONFLICT, 0},
	{"c est|etait ma|mon ?propre patient|patiente", SENSE_CONFLICT, 0},
	{"is|was my ?own patient", SENSE_CONFLICT, 0},
	{"je suis|soigne|traite|connais ?deja ?bien ?personnellement cette|ce|la|le patient|patiente", SENSE_CONFLICT, 0},
	{"j ai ?deja vu|vue|opere|operee|suivi|suivie|traite|traitee cette|ce|la|le patient|patiente", SENSE_CONFLICT, 0},
	{"l ai ?deja vu|vue|opere|operee|suivi|suivie|traite|traitee", SENSE_CONFLICT, 0},
	{"i ?have ?already treated|operated|followed|saw|seen|know ?on this|that|her|him|the ?patient", SENSE_CONFLICT, 0},
	{"meme service|equipe|hopital|etablissement|clinique|departement", SENSE_CONFLICT, 0},
	{"same department|team|hospital|unit|clinic", SENSE_CONFLICT, 0},
	{"de ma famille", SENSE_CONFLICT, 0},
	{"relative of mine", SENSE_CONFLICT, 0},

	/* --- absence ---------------------------------------------------------------------------------- */
	{"absent|absente|absence|conge|conges|vacances|indisponible|indisponibles|away|unavailable|vacation|holiday|holidays|travelling|traveling", SENSE_ABSENT, 0},
	{"on|annual|my|maternity|sick|parental|sabbatical ?annual|?maternity|?sick|?parental leave", SENSE_ABSENT, 0},
	{"out of ?the office|town|country", SENSE_ABSENT, 0},
	{"de retour", SENSE_ABSENT, 0},
	{"retour ?prevu le|lundi|mardi|mercredi|jeudi|vendredi|en", SENSE_ABSENT, 0},
	{"plus|pas|not ?encore ?la ?plus disponible|dispo|available avant|before|until", SENSE_ABSENT, 0},
	{"je reviens|rentre|reprends|reviendrai|rentrerai|reprendrai", SENSE_ABSENT, 0},
	{"back|returning on|next|in|the|monday|tuesday|wednesday|thursday|friday", SENSE_ABSENT, 0},
	{"en|a|au conges|conge|deplacement|congres|mission|stage", SENSE_ABSENT, 0},
	{"arret de|maladie ?travail", SENSE_ABSENT, 0},
	{"plus|pas|not ?encore ?la ?plus disponible|disponibles|dispo|available|joignable|reachable", SENSE_ABSENT, 0},

	/* --- conditions --------------------------------------------------------------------------------- */
	{"si|if|reserve|reserves|condition|conditions|maybe|perhaps|provided|unless|sauf|depends|depend|eventuellement|possibly|probablement|probably", SENSE_IF, 0},
	{"peut etre", SENSE_IF, 0},
	{"a moins", SENSE_IF, 0},
	{"a priori", SENSE_IF, 0},
	{"plus tard", SENSE_IF, 0},
	{"en attente", SENSE_IF, 0},
	{"mais|but|cependant|toutefois|neanmoins|however|though|although|although|malheureusement|unfortunately|helas|sadly|seulement|only|uniquement", SENSE_BUT, 0},

	/* --- the dossier that he has ------------------------------------------------------------------ */
	{"complement|complements", SENSE_MORE, 0},
	{"il ?me|?nous manque|manquerait|faudrait", SENSE_MORE, 0},
	{"il me|nous faut", SENSE_MORE, 0},
	{"ai|aurais|aurai besoin d|de|des|du", SENSE_MORE, 0},
	{"pourriez|pouvez|pourrait|peut vous|on ?me|?m envoyer|adresser|transmettre|fournir|communiquer|preciser|obtenir|faire|avoir", SENSE_MORE, 0},
	{"merci de|d ?bien ?vouloir me|m envoyer|adresser|transmettre|fournir|communiquer|faire", SENSE_MORE, 0},
	{"could|can|would you ?please send|provide|forward|ask|get|obtain", SENSE_MORE, 0},
	{"please send|provide|forward me|the|a|an|us", SENSE_MORE, 0},
	{"i need|require ?to ?see the|more|an|a|another|additional", SENSE_MORE, 0},
	{"more|additional|further|missing information|details|documents|imaging|images|exam*", SENSE_MORE, 0},
	{"is|are missing", SENSE_MORE, 0},
	{"rendre", SENSE_TO_RETURN, 0},
	{"give back", SENSE_TO_RETURN, 0},
	{"je|i|vous|dois|must|peux|veux|souhaite ?vous ?dois|?must|?have ?to rends|rendre|restitue|restituer|retourne|return ?vous ce|cette|le|la|the|this|it ?dossier|?demande|?file|?case", SENSE_RETURN, 0},
	{"give|hand|send it|this|the ?file|?case|?dossier back", SENSE_RETURN, 0},
	{"me desiste|desister", SENSE_RETURN, 0},
	{"i withdraw", SENSE_RETURN, 0},
	{"voici ?donc mon|notre|l avis", SENSE_OPINION, 0},
	{"ci|veuillez|trouverez joint|trouver ?ci|?joint ?ci ?joint mon|notre|l avis|compte", SENSE_OPINION, 0},
	{"mon|notre avis ?est ci|en|attache ?joint", SENSE_OPINION, 0},
	{"my|our opinion|report ?is attached|below|enclosed|follows", SENSE_OPINION, 0},
	{"please find ?attached|?enclosed ?below my|our|the opinion|report", SENSE_OPINION, 0},
	{"here is|s my|our opinion|report", SENSE_OPINION, 0},

	/* --- others --------------------------------------------------------------------------------------- */
	{"delegue|delegation|deleguer", SENSE_DELEGATE, 0},
	{"transmets|confie|passe|transfere ?le|?ce|?la|?cette ?dossier|?demande a|au mon|ma|un|une|dr|docteur|pr ?confrere|?collegue|?consoeur", SENSE_DELEGATE, 0},
	{"voyez|voir|contactez|contacter|sollicitez|demandez|adressez ?vous ?plutot ?avec|?a mon|ma|le|la|dr|docteur|pr|professeur ?confrere|?collegue|?consoeur|?dr|?docteur|?pr|?professeur", SENSE_DELEGATE, 0},
	{"suggere|conseille|recommande|propose ?de|?vous|?plutot ?contacter|?solliciter|?voir le|la|mon|ma dr|docteur|pr|professeur|confrere|collegue|consoeur", SENSE_DELEGATE, 0},
	{"please contact|ask|try|see dr|prof|professor|my", SENSE_DELEGATE, 0},
	{"suggest|recommend ?asking|?contacting|?you ?ask|?contact dr|prof|professor|my ?colleague", SENSE_DELEGATE, 0},
	{"my colleague will|can|would", SENSE_DELEGATE, 0},
	{"forwarded|passing|passed ?it|?this ?on to dr|prof|professor|my", SENSE_DELEGATE, 0},
	{"pour le|la|mon|ma pr|dr|docteur|professeur|prof", SENSE_BEHALF, 0},
	{"secretariat|secretaire", SENSE_BEHALF, 0},
	{"on behalf of", SENSE_BEHALF, 0},
	{"par delegation|ordre|interim", SENSE_BEHALF, 0},
	{"p o $", SENSE_BEHALF, 0},
	{"secretary ?to|?of|$", SENSE_BEHALF, 0},

	/* --- who ---------------------------------------------------------------------------------------------- */
	{"je|j|i|nous|we|im", SENSE_SELF, 0},
	{"patient|patiente|patients|il|elle|ils|elles|he|she|they|mari|epoux|epouse|mere|pere|fille|fils|famille|medecin|docteur|dr|pr|professeur|prof|"
	 "chirurgien|confrere|collegue|colleague|gynecologue|oncologue|equipe|team|doctor|surgeon|husband|wife|assurance|mutuelle", SENSE_OTHER, 0},

	/* --- fillers ------------------------------------------------------------------------------------------- */
	{"merci|moi|me|m|bonjour|bonsoir|cher|chere|chers|hello|hi|dear|thank|thanks|you|sorry|desole|desolee|very|much|so|tres|beaucoup|confrere,|donc|alors|bien|then|"
	 "vous|ce|cette|cet|le|la|les|l|dossier|demande|cas|the|this|it|file|case|request|one|offer|offre|afraid|am|s|en|y|pour|for|at|a|an|de|d|du|time|fois|ci|"
	 "moment|actuellement|currently|presently|right|now|well|semaine|jours|also|aussi|encore|votre|your|therefore|please|svp|hereby|to|de|cas|invitation|"
	 "opinion|avis|avec|with|plaisir|pleasure|grand|great|rendez|ma|mon|my|part|cela|ca|c|est|is|that|faire|tout|all|afin|kind|regret*|suis|sommes|are|be|"
	 "favorablement|suite|personnellement|personally|regretfully|actually|really|vraiment|helas|malheur", SENSE_FILLER, 0},
};

/* The longest entry at a place, the first of those; NULL for none. */
static const struct entry *entry_at(const struct reply_index *index, const struct reply_sentence *sentence, size_t at, size_t *len)
{
	unsigned char first = sentence->tokens[at].word.at[0];
	const struct entry *found = NULL;

	*len = 1;
	for (size_t i = 0; i < index->n[first]; i++) {
		const struct entry *entry = &lexicon[index->of[first][i]];
		size_t words = reply_phrase(sentence, at, entry->phrase);
		if (words == 0 || (found != NULL && words <= *len))
			continue;
		found = entry;
		*len = words;
	}
	return found;
}

static const char *phrase_at(const void *list, size_t i)
{
	return ((const struct entry *)list)[i].phrase;
}

void reply_sense_index(struct arena *arena, struct reply_index *out)
{
	reply_index_make(arena, phrase_at, lexicon, COUNT(lexicon), out);
}

size_t reply_senses(const struct reply_index *index, const struct reply_sentence *sentence, struct reply_said out[])
{
	size_t n = 0, len;

	for (size_t at = 0; at < sentence->n; at += len) {
		const struct entry *entry = entry_at(index, sentence, at, &len);
		out[n++] = (struct reply_said){
			.sense = entry == NULL ? SENSE_NONE : entry->sense,
			.motive = entry == NULL ? REPLY_MOTIVE_UNSAID : entry->motive,
			.at = at,
			.opens = sentence->tokens[at].opens,
		};
	}
	return n;
}

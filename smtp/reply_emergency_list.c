/* smtp/reply_emergency_list.c - see reply_emergency_list.h.
 *
 * Sources of what calls for 15, 112 or 999; the words are ours, those in which patients write it. The service's physicians review this list.
 *   [samu]   chu-toulouse.fr, "Quand appeler le SAMU ?" and "Quand recourir aux urgences ?": unconscious, short of breath, heavy bleeding, pain in the chest
 *            or left arm, sudden partial paralysis, poisoning, sudden allergic swelling, sharp sudden pain, burns
 *   [gouv]   gouvernement.fr on the number 15, as the press quotes it: malaise, coma, haemorrhage, chest pain, breathing, burns, poisoning
 *   [999]    swast.nhs.uk, "When to call 999": the same, loss of consciousness, confusion, fits, stroke, severe allergic reaction
 *   [fast]   leedsccg.nhs.uk, "When to seek emergency care": face, arms, speech
 *   [3114]   monparcourshandicap.gouv.fr, "Crise suicidaire : prévenir et agir", and the MSD manual, "Comportement suicidaire": ideas and intentions that are expressed
 *   [neuro]  Oxford University Hospitals, "Cauda equina syndrome": no control of bladder or bowel, numbness, legs that do not move; one of our pathologies is the spine
 *   [sepsis] NICE CG151 for the public: above 38 degrees under anticancer treatment
 *   [ours]   no source but prudence: pregnancy
 *   [E01]    product.md E01: an operation within days is no case for a second opinion by mail */
#include "smtp/reply_emergency_list.h"

const struct reply_emergency_saying reply_emergency_list[] = {
	/* [samu] [gouv] [999] */
	{"douleur*|mal|oppression|serrement|brulure|pression|poids|etau ?tres ?forte ?forte ?intense ?atroce dans|a|au|sur ?la ?le ?ma ?niveau ?de ?la ?ma poitrine|thorax|coeur|sternum", EMERGENCY_CHEST, false},
	{"douleur*|oppression ?dans thoracique*|retrosternale*|precordiale*", EMERGENCY_CHEST, false},
	{"poitrine|thorax qui|me|est|se ?me serre|brule|fait|oppresse*|serree", EMERGENCY_CHEST, false},
	{"douleur*|mal|engourdissement dans|au|a|du ?le bras gauche", EMERGENCY_CHEST, false},
	{"chest pain*|tightness|pressure|hurts|hurting|discomfort|ache", EMERGENCY_CHEST, false},
	{"pain*|tightness|pressure ?in ?on ?across my|the chest|left", EMERGENCY_CHEST, false},
	{"tight|heavy chest", EMERGENCY_CHEST, false},
	{"infarctus", EMERGENCY_CHEST, false},
	{"crise cardiaque", EMERGENCY_CHEST, false},
	{"heart attack", EMERGENCY_CHEST, false},

	{"essouffle*|etouffe|etouffer|suffoque*|dyspnee", EMERGENCY_BREATH, false},
	{"detresse|insuffisance respiratoire", EMERGENCY_BREATH, false},
	{"mal|peine|difficulte*|gene|du ?a ?pour ?de ?mal ?a respirer|respiratoire*", EMERGENCY_BREATH, false},
	{"n arrive|arrivons|parviens|peux|peut plus|pas ?a ?bien respirer", EMERGENCY_BREATH, true},
	{"respire mal|difficilement|plus|pas", EMERGENCY_BREATH, true},
	{"manque d air|oxygene", EMERGENCY_BREATH, false},
	{"souffle court|coupe", EMERGENCY_BREATH, false},
	{"short|shortness of breath", EMERGENCY_BREATH, false},
	{"can't|cannot|hardly|barely|struggling|struggle|unable|trouble|difficulty|difficulties|hard ?with ?to ?catch ?my breathe|breathing|breath", EMERGENCY_BREATH, true},
	{"breathless|breathlessness|choking|suffocating|gasping", EMERGENCY_BREATH, false},
	{"levres|lips bleues|blue|bleuatres", EMERGENCY_BREATH, false},

	{"saigne|saignes|saignons|saignait", EMERGENCY_BLEEDING, false},
	{"saignement*|hemorragie*|hemorragique", EMERGENCY_BLEEDING, false},
	{"perd|perds|perte* ?beaucoup ?de ?du sang", EMERGENCY_BLEEDING, false},
	{"crache|tousse|vomi|vomis|urine|selles|caillot*|sang ?du ?de ?dans ?avec ?des ?les ?mes sang|urines|selles|crachats|caillots", EMERGENCY_BLEEDING, false},
	{"sang rouge|noir|partout", EMERGENCY_BLEEDING, false},
	{"selles|stools|stool noires|black|tarry|bloody", EMERGENCY_BLEEDING, false},
	{"bleed|bleeding|bleeds|haemorrhage*|hemorrhage*|haemorrhaging|hemorrhaging", EMERGENCY_BLEEDING, false},
	{"losing|lost|coughing|vomiting|passing|spitting ?a ?lot ?up ?of blood|clots", EMERGENCY_BLEEDING, false},
	{"blood in|from my|the urine|stool|stools|vomit|wound", EMERGENCY_BLEEDING, false},

	/* [fast] */
	{"accident vasculaire", EMERGENCY_STROKE, false},
	{"avc", EMERGENCY_STROKE, false},
	{"stroke", EMERGENCY_STROKE, false},
	{"visage|bouche|face|paupiere ?est ?qui ?se ?est ?is paralyse*|deforme*|tombe*|tordue|asymetrique|drooping|droops|numb", EMERGENCY_STROKE, false},
	{"bras|jambe|main|moitie|cote|membre ?droit* ?gauche ?du ?corps ?est ?sont ?qui ?soudain* ?ne ?est paralyse*|engourdi*|inerte", EMERGENCY_STROKE, false},
	{"paralyse|paralysee|paralysie|hemiplegie", EMERGENCY_STROKE, false},
	{"n arrive|parviens|peux plus|pas ?a parler|articuler", EMERGENCY_STROKE, true},
	{"trouble*|difficulte*|mal ?de ?a ?la parole|parler|elocution|langage", EMERGENCY_STROKE, false},
	{"slurred|slurring ?my speech|words", EMERGENCY_STROKE, false},
	{"can't|cannot speak|talk|move", EMERGENCY_STROKE, true},
	{"paralysed|paralyzed|paralysis", EMERGENCY_STROKE, false},
	{"ne|n vois|voit plus|rien ?rien|?clair|?d $", EMERGENCY_STROKE, true},
	{"perte|perdu ?brutale ?soudaine ?de ?la vue|vision", EMERGENCY_STROKE, false},
	{"sudden|suddenly ?lost ?loss ?of ?my blind|vision|sight", EMERGENCY_STROKE, false},
	{"mal|douleur*|maux de|a tete|crane ?tres ?soudain* ?brutal* ?atroce* ?violent* ?insupportable* ?terrible* soudain*|brutal*|atroce*|violent*|insupportable*|terrible*|jamais", EMERGENCY_STROKE, false},
	{"sudden|worst|severe|thunderclap ?severe headache", EMERGENCY_STROKE, false},

	/* [samu] [999] */
	{"evanoui*|inconscient*|syncope*|coma|convuls*", EMERGENCY_CONSCIOUSNESS, false},
	{"perte|perdu|perds|perd ?de connaissance", EMERGENCY_CONSCIOUSNESS, false},
	{"tombe|tombee dans|en les|syncope pommes", EMERGENCY_CONSCIOUSNESS, false},
	{"malaise|malaises", EMERGENCY_CONSCIOUSNESS, false},
	{"crise d|de epilepsie|convulsions", EMERGENCY_CONSCIOUSNESS, false},
	{"ne|n repond|reagit|reveille plus|pas", EMERGENCY_CONSCIOUSNESS, true},
	{"fainted|fainting|unconscious|collapsed|seizure*|unresponsive", EMERGENCY_CONSCIOUSNESS, false},
	{"passed out", EMERGENCY_CONSCIOUSNESS, false},
	{"lost|loss ?of consciousness", EMERGENCY_CONSCIOUSNESS, false},
	{"having|had a fit|seizure", EMERGENCY_CONSCIOUSNESS, false},
	{"desoriente|desorientee|delire|disoriented|delirious", EMERGENCY_CONSCIOUSNESS, false},

	/* [3114] */
	{"suicid*", EMERGENCY_SUICIDE, false},
	{"idee*|pensee* ?tres noire*|suicidaire*|morbide*", EMERGENCY_SUICIDE, false},
	{"idee*|pensee* de|d ?en mourir|mort|suicide|finir", EMERGENCY_SUICIDE, false},
	{"me|m ?me|en tuer|suicider|foutre|pendre|finir|supprimer", EMERGENCY_SUICIDE, true},
	{"en finir", EMERGENCY_SUICIDE, true},
	{"mettre fin a|avec mes|ma|tout|la jours|vie", EMERGENCY_SUICIDE, true},
	{"envie|veux|voudrais|prefere*|prefererais|souhaite|besoin de|d ?en ?etre mourir|mort|morte|disparaitre|finir", EMERGENCY_SUICIDE, true},
	{"veux|voudrais|prefere*|prefererais|souhaite mourir|disparaitre", EMERGENCY_SUICIDE, true},
	{"plus|pas ?la ?le envie|gout|raison|force|courage de|a|d ?la vivre|vie|continuer", EMERGENCY_SUICIDE, true},
	{"veux|peux|supporte plus|pas vivre|continuer", EMERGENCY_SUICIDE, true},
	{"vie ne|n vaut|a plus|pas ?la ?de|?d peine|sens", EMERGENCY_SUICIDE, true},
	{"autant mourir", EMERGENCY_SUICIDE, true},
	{"etre|serais|serait mieux|mieux ?etre mort|morte", EMERGENCY_SUICIDE, true},
	{"faire du mal", EMERGENCY_SUICIDE, true},
	{"adieu a|tous|tout", EMERGENCY_SUICIDE, true},
	{"kill|hurt|harm|hang|harming|killing myself", EMERGENCY_SUICIDE, true},
	{"end|ending ?it ?my all|life|it", EMERGENCY_SUICIDE, true},
	{"want|wish|rather|better ?to ?i ?was ?be ?off die|dead|disappear", EMERGENCY_SUICIDE, true},
	{"don't|not|no ?want ?reason ?point ?to ?in live|living|alive ?anymore", EMERGENCY_SUICIDE, true},
	{"can't|cannot go on", EMERGENCY_SUICIDE, true},
	{"self harm*", EMERGENCY_SUICIDE, false},

	/* [samu] [999] */
	{"anaphyla*|quincke", EMERGENCY_ALLERGY, false},
	{"reaction ?tres allergique ?grave", EMERGENCY_ALLERGY, false},
	{"severe|serious|bad allergic reaction", EMERGENCY_ALLERGY, false},
	{"allergic reaction", EMERGENCY_ALLERGY, false},
	{"visage|gorge|langue|levres|face|throat|tongue|lips ?qui ?est ?sont ?a ?ont ?is ?are ?se ?s gonfle*|enfle*|swollen|swelling", EMERGENCY_ALLERGY, false},
	{"gonflement|swelling du|de|of ?la ?my ?the visage|gorge|langue|levres|face|throat|tongue|lips", EMERGENCY_ALLERGY, false},

	{"overdose*|surdosage|surdose*|intoxication|empoisonne*|poisoned|poisoning", EMERGENCY_POISON, false},
	{"avale|pris|prise|swallowed|took|taken trop|toute|tous|too|all|plusieurs ?la ?les ?boite ?de ?d|?des medicament*|comprime*|cachet*|boite*|pills|tablets|many|much", EMERGENCY_POISON, false},
	{"trop|too de|d|many|much medicament*|comprime*|cachet*|pills|tablets|medication", EMERGENCY_POISON, false},

	/* [ours] */
	{"enceinte|grossesse|pregnant|pregnancy _ ?_ ?_ ?_ saigne*|contraction*|bleeding|contractions|pertes", EMERGENCY_PREGNANCY, false},
	{"perdu|perds|rompu|rupture|broke|broken ?de|?mes|?la ?poche|?les|?des eaux|waters", EMERGENCY_PREGNANCY, false},
	{"bebe|baby ne|n|isn't|not|stopped ?s bouge|moving|move|kicking ?plus|?pas", EMERGENCY_PREGNANCY, true},
	{"fausse couche", EMERGENCY_PREGNANCY, false},
	{"miscarriage|miscarrying", EMERGENCY_PREGNANCY, false},

	/* [neuro] */
	{"ne|n sens|sent|bouge|marche|tiens|peux|peut plus ?bouger ?mes|?les|?mon|?ma|?me jambe*|pied*|bras|main*|lever|bouger", EMERGENCY_NEURO, true},
	{"ne|n peux|peut|arrive|parviens plus|pas ?a uriner|bouger", EMERGENCY_NEURO, true},
	{"ne|n peux|peut|arrive|parviens plus|pas ?a marcher depuis|soudain*|brutal*|du", EMERGENCY_NEURO, true},
	{"perte|perdu|plus ?de ?le controle|incontinence ?de ?des ?urinaire ?fecale ?ma ?la|?les vessie|sphincter*|selles|urine*", EMERGENCY_NEURO, true},
	{"incontinence|incontinent|incontinente ?urinaire ?fecale soudain*|brutal*|depuis", EMERGENCY_NEURO, false},
	{"jambe*|legs|leg qui|ne|lachent|lache|give|gave|giving|suddenly|gone ?me ?way ?lachent numb|lache*|repondent|way|weak", EMERGENCY_NEURO, false},
	{"can't|cannot feel|move|walk|urinate|pee|control", EMERGENCY_NEURO, true},
	{"lost|no|losing control|feeling of|in my bladder|bowel*|legs|leg|arm|arms", EMERGENCY_NEURO, true},
	{"queue de cheval", EMERGENCY_NEURO, false},
	{"cauda equina", EMERGENCY_NEURO, false},

	/* [sepsis] */
	{"choc septique", EMERGENCY_INFECTION, false},
	{"septicemie|sepsis|septic", EMERGENCY_INFECTION, false},
	{"fievre|temperature ?a|?de|?est ?tres ?plus ?de ?monte* ?a forte|elevee|39*|40*|41*|frissons", EMERGENCY_INFECTION, false},
	{"39*|40*|41* ?_ de|of fievre|fever|temperature", EMERGENCY_INFECTION, false},
	{"high|raging fever|temperature", EMERGENCY_INFECTION, false},
	{"fever ?of ?and 39*|40*|41*|102*|103*|104*|chills|shaking|shivering", EMERGENCY_INFECTION, false},
	{"fievre|fever|temperature ?_ ?_ ?_ ?_ chimio*|chemo*|operation|intervention|surgery|aplasie", EMERGENCY_INFECTION, false},
	{"chimio*|chemo* ?_ ?_ ?_ ?_ ?_ fievre|fever", EMERGENCY_INFECTION, false},
	{"cicatrice|plaie|wound|scar ?qui ?s ?est ?is ?a ?du coule*|ouverte|rouverte|pus|suinte*|oozing|opened|infected|infectee", EMERGENCY_INFECTION, false},

	/* [samu] */
	{"douleur*|souffrance*|mal ?est ?sont ?tres ?vraiment ?devenue* insupportable*|intolerable*|atroce*|insoutenable*|horrible*|terrible*", EMERGENCY_PAIN, false},
	{"douleur*|pain ?tres|?very soudain*|brutal*|sudden|aigue*", EMERGENCY_PAIN, false},
	{"souffre le martyre", EMERGENCY_PAIN, false},
	{"unbearable|excruciating|agonising|agonizing|intolerable ?pain*", EMERGENCY_PAIN, false},
	{"sudden|worst ?severe ?sharp pain*", EMERGENCY_PAIN, false},
	{"pain is|has ?become ?really ?so unbearable|excruciating", EMERGENCY_PAIN, false},
	{"can't|cannot bear|stand|take the|this pain", EMERGENCY_PAIN, true},
	{"supporte|supporter|tiens plus|pas ?la|?cette douleur*", EMERGENCY_PAIN, true},
	{"brulure* ?tres grave*|severe*|etendue*", EMERGENCY_PAIN, false},
	{"severe|serious burn*", EMERGENCY_PAIN, false},

	/* [E01] */
	{"operation|intervention|chirurgie|bloc|operee|opere|operer|operent|hospitalisee|hospitalise ?est ?a ?lieu ?prevue|?prevu|?programmee|?fixee ?pour ?des "
	 "demain|aujourd|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche", EMERGENCY_SURGERY_SOON, true},
	{"operation|intervention|chirurgie|bloc|operee|opere|operer|operent|hospitalisee|hospitalise ?est ?a ?lieu ?prevue|?prevu|?programmee|?fixee ?pour ce|cet|cette "
	 "matin|soir|apres|jour|nuit|semaine", EMERGENCY_SURGERY_SOON, true},
	{"operation|intervention|chirurgie|bloc|operee|opere|operer|operent|hospitalisee|hospitalise ?est ?a ?lieu ?prevue|?prevu|?programmee|?fixee dans|d|sous ?ici ?les "
	 "un|une|deux|trois|quatre|cinq|1|2|3|4|5|24|48|72|quelques|prochains|prochaines ?prochaines heure|heures|jour|jours", EMERGENCY_SURGERY_SOON, true},
	{"opere|operent|operer|operee|operation|intervention|chirurgie _ ?_ ?_ ?_ demain|aujourd|lendemain", EMERGENCY_SURGERY_SOON, true},
	{"demain|aujourd|soir ?hui ?matin ?_ ?_ ?_ opere|operee|operation|intervention|bloc|operent", EMERGENCY_SURGERY_SOON, true},
	{"surgery|operation|operated|procedure ?is ?has ?been ?scheduled|?planned|?booked ?for ?on tomorrow|today|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday",
	 EMERGENCY_SURGERY_SOON, true},
	{"surgery|operation|operated|procedure ?is ?has ?been ?scheduled|?planned|?booked in|within ?a ?the ?next one|two|three|four|five|few|1|2|3|4|5|24|48|72 day|days|hour|hours",
	 EMERGENCY_SURGERY_SOON, true},
	{"surgery|operation|operated|operating _ ?_ ?_ ?_ tomorrow|today|tonight", EMERGENCY_SURGERY_SOON, true},
	{"tomorrow|today|tonight ?morning ?_ ?_ ?_ surgery|operation|operated|operating", EMERGENCY_SURGERY_SOON, true},

	{"aux|service|services ?des ?d urgences", EMERGENCY_HELP, false},
	{"c est ?une ?tres urgent|urgence ?vitale", EMERGENCY_HELP, false},
	{"tres|extremement|vraiment urgent|urgente", EMERGENCY_HELP, false},
	{"urgence vitale|absolue|extreme", EMERGENCY_HELP, false},
	{"en toute|extreme urgence", EMERGENCY_HELP, false},
	{"au secours", EMERGENCY_HELP, true},
	{"a l aide $", EMERGENCY_HELP, true},
	{"aidez moi $", EMERGENCY_HELP, true},
	{"vais|va mourir", EMERGENCY_HELP, true},
	{"je meurs", EMERGENCY_HELP, true},
	{"appele|appeler|appelle ?le ?les 15|112|18|samu|pompiers", EMERGENCY_HELP, true},
	{"it ?is ?s an|very emergency|urgent", EMERGENCY_HELP, false},
	{"in|to ?the ?an|?a emergency|er ?room|?department $", EMERGENCY_HELP, false},
	{"in|at|to a e $", EMERGENCY_HELP, false},
	{"emergency room|department", EMERGENCY_HELP, false},
	{"help me ?please $", EMERGENCY_HELP, true},
	{"dying", EMERGENCY_HELP, false},
	{"going to die", EMERGENCY_HELP, true},
	{"called|call|calling ?an 999|911|112|ambulance", EMERGENCY_HELP, true},
};

const size_t reply_emergency_list_length = sizeof reply_emergency_list / sizeof reply_emergency_list[0];

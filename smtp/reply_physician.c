/* smtp/reply_physician.c - how a physician wants his letters, and what he says of the patient's agreement (product.md E24, 4.2 row 67, M60). See reply_word.h. */
#include "smtp/reply_common.h"
#include "smtp/reply_wish.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct reply_wish wishes[] = {
	{"pdf seul|seulement|uniquement|only", REPLY_PDF_ONLY, WISH_ASKED},
	{"seulement|uniquement|only|just|que ?le|?les|?the|?a|?du|?en pdf", REPLY_PDF_ONLY, WISH_ASKED | WISH_DENYING},
	{"pdf", REPLY_PDF_ONLY, WISH_FIRST | WISH_ENDS},
	{"sans|without|pas|no|not ?de|?d|?the|?le|?any xdm|zip|xml|archive|ihe_xdm|cda|hl7", REPLY_PDF_ONLY, WISH_DENYING | WISH_ASKED},
	{"n arrive|peux|parviens pas ?a ouvrir|lire le|les|l|vos zip|xdm|xml|archive|fichiers", REPLY_PDF_ONLY, WISH_DENYING},
	{"en|as|in|au ?format ?a pdf", REPLY_PDF_ONLY, WISH_ASKED},

	{"papier|paper|courrier", REPLY_PAPER, WISH_FIRST | WISH_ENDS},
	{"par courrier|la|poste|voie ?poste ?postal*|?papier", REPLY_PAPER, WISH_ASKED},
	{"sur|en|format|version papier", REPLY_PAPER, WISH_ASKED},
	{"papier seulement|uniquement", REPLY_PAPER, 0},
	{"by|via ?regular ?ordinary post|letter", REPLY_PAPER, WISH_ASKED},
	{"on paper", REPLY_PAPER, WISH_ASKED},
	{"paper copy|only|letter|letters|please|version", REPLY_PAPER, WISH_ASKED},
	{"pas|ni de|par mail|mails|messagerie|courriel|email", REPLY_PAPER, WISH_DENYING},
	{"no e|email|mail|mails", REPLY_PAPER, WISH_FIRST | WISH_DENYING},

	{"autre|nouvelle|bonne adresse", REPLY_ADDRESS, WISH_ASKED},
	{"another|other|new|correct|right ?e ?email ?mail address", REPLY_ADDRESS, WISH_ASKED},
	{"mon|ma|my ?nouvelle|?new|?e adresse|address|mail ?est|?is", REPLY_ADDRESS, WISH_ASKED},
	{"ecrivez|envoyez|adressez|repondez ?moi ?le|?les|?vos|?tout|?plutot|?desormais ?courriers|?rapport|?messages|?avis a|au|sur|vers|l", REPLY_ADDRESS, WISH_ASKED},
	{"write|send|reply ?it|?to|?them|?me|?your|?the ?report ?me ?at|?to ?instead", REPLY_ADDRESS, WISH_FIRST | WISH_ASKED},
	{"change|changement d|of|de adresse|address", REPLY_ADDRESS, WISH_ASKED},

	{"accord|agree|agreed|agreement", REPLY_AGREE, WISH_FIRST | WISH_ENDS},
	{"?je ?i confirme|confirm", REPLY_AGREE, WISH_FIRST | WISH_ENDS},
	{"refuse", REPLY_REFUSE, WISH_FIRST | WISH_ENDS | WISH_DENYING},
	{"accord|consentement ?ecrit|?oral ?du|?de|?la patient|patiente|famille|parents ?est|?a ?bien|?ete ?bien ?confirme*|?recueilli|?obtenu|?donne|?ok|?oui|?signe $", REPLY_AGREE, WISH_FIRST | WISH_ANYBODY},
	{"patient|patiente|il|elle est|a ?bien ?tout ?a ?fait ?donne d|son|ok|consentant*|accepte accord|ok|consentement|$", REPLY_AGREE, WISH_ANYBODY},
	{"patient|patiente|il|elle accepte|consent|agree|agrees|consents|agreed|consented ?$", REPLY_AGREE, WISH_ANYBODY},
	{"ai|avons ?bien recueilli|obtenu|recu ?bien son|l|le accord|consentement", REPLY_AGREE, WISH_ANYBODY},
	{"patient|he|she ?has ?is agrees|agreed|consents|consented|consent|agreeable|willing", REPLY_AGREE, WISH_ANYBODY},
	{"consent|agreement ?has ?was ?is obtained|confirmed|given|signed|been ?obtained ?given", REPLY_AGREE, WISH_ANYBODY},
	{"i confirm the|that|my ?the ?patient s ?agreement|?consent|?agrees", REPLY_AGREE, WISH_ANYBODY},
	{"je|j confirme l|le|son|que|avoir accord|consentement|la|le", REPLY_AGREE, WISH_ANYBODY},
	{"d accord", REPLY_AGREE, WISH_FIRST | WISH_ENDS},

	{"patient|patiente|il|elle|he|she ne|n est|accepte|consent|veut|souhaite pas|plus", REPLY_REFUSE, WISH_DENYING | WISH_ANYBODY},
	{"patient|patiente|il|elle refuse|s ?oppose", REPLY_REFUSE, WISH_DENYING | WISH_ANYBODY},
	{"patient|he|she refuses|refused|declines|declined|doesn't|does|disagrees ?not ?agree|?want|?consent|?wish", REPLY_REFUSE, WISH_DENYING | WISH_ANYBODY},
	{"pas|sans ?d|?l|?son accord|consentement", REPLY_REFUSE, WISH_DENYING | WISH_ANYBODY},
	{"refus du|de patient|la|patiente ?patiente", REPLY_REFUSE, WISH_ANYBODY | WISH_FIRST},
	{"no agreement|consent", REPLY_REFUSE, WISH_DENYING | WISH_ANYBODY | WISH_FIRST},
	{"n ai pas ?encore ?recueilli|?obtenu ?son|?l|?d accord|consentement", REPLY_UNCLEAR, WISH_DENYING | WISH_ANYBODY},
};

void reply_physician_read(struct arena *arena, struct bytes new_text, struct reply *out)
{
	uint32_t set = reply_wishes(arena, new_text, wishes, COUNT(wishes));
	struct bytes address = reply_only_address(new_text);

	/* "PDF seul, à mon adresse x@y": both are wished, and a person writes them down. Without an address there is no other one. */
	if (set == 1u << REPLY_ADDRESS && address.len == 0)
		set = 1u << REPLY_UNCLEAR;
	*out = (struct reply){.word = reply_wish_only(set), .rest = reply_rest(new_text)};
	if (out->word == REPLY_ADDRESS)
		out->address = address;
}

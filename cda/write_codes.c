/* cda/write_codes.c - see write_codes.h. */
#include "cda/write_codes.h"

static const struct row {
	enum write_set set;
	struct bytes code, name;
} rows[] = {
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10"), BYTES_OF("Médecin")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM01"), BYTES_OF("Médecin - Anatomie et Cytologie pathologiques (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM02"), BYTES_OF("Médecin - Anesthésie-réanimation (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM03"), BYTES_OF("Médecin - Biologie médicale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM04"), BYTES_OF("Médecin - Cardiologie et maladies vasculaires (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM05"), BYTES_OF("Médecin - Chirurgie générale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM06"), BYTES_OF("Médecin - Chirurgie maxillo-faciale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM07"), BYTES_OF("Médecin - Chirurgie maxillo-faciale et Stomatologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM08"), BYTES_OF("Médecin - Chirurgie orthopédique et Traumatologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM09"), BYTES_OF("Médecin - Chirurgie infantile (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM10"), BYTES_OF("Médecin - Chirurgie plastique reconstruct et esthétique (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM11"), BYTES_OF("Médecin - Chirurgie thoracique et cardio-vasculaire (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM12"), BYTES_OF("Médecin - Chirurgie urologique (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM13"), BYTES_OF("Médecin - Chirurgie vasculaire (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM14"), BYTES_OF("Médecin - Chirurgie viscérale et digestive (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM15"), BYTES_OF("Médecin - Dermatologie et Vénéréologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM16"), BYTES_OF("Médecin - Endocrinologie et métabolisme (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM17"), BYTES_OF("Médecin - Génétique médicale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM18"), BYTES_OF("Médecin - Gériatrie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM19"), BYTES_OF("Médecin - Gynécologie médicale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM20"), BYTES_OF("Médecin - Gynécologie-obstétrique (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM21"), BYTES_OF("Médecin - Hématologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM22"), BYTES_OF("Médecin - Hématologie, opt Maladie du sang (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM23"), BYTES_OF("Médecin - Hématologie, opt Onco-hématologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM24"), BYTES_OF("Médecin - Gastro-entérologie et hépatologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM25"), BYTES_OF("Médecin - Médecine du travail (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM26"), BYTES_OF("Médecin - Qualifié en Médecine Générale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM27"), BYTES_OF("Médecin - Médecine interne (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM28"), BYTES_OF("Médecin - Médecine nucléaire (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM29"), BYTES_OF("Médecin - Médecine physique et réadaptation (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM30"), BYTES_OF("Médecin - Néphrologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM31"), BYTES_OF("Médecin - Neuro-chirurgie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM32"), BYTES_OF("Médecin - Neurologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM33"), BYTES_OF("Médecin - Neuro-psychiatrie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM34"), BYTES_OF("Médecin - ORL et Chirurgie cervico-faciale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM35"), BYTES_OF("Médecin - Oncologie, opt Onco-hématologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM36"), BYTES_OF("Médecin - Oncologie, opt médicale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM37"), BYTES_OF("Médecin - Oncologie, opt radiothérapie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM38"), BYTES_OF("Médecin - Ophtalmologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM39"), BYTES_OF("Médecin - Oto-rhino-laryngologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM40"), BYTES_OF("Médecin - Pédiatrie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM41"), BYTES_OF("Médecin - Pneumologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM42"), BYTES_OF("Médecin - Psychiatrie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM43"), BYTES_OF("Médecin - Psychiatrie, opt enfant et adolescent (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM44"), BYTES_OF("Médecin - Radio-diagnostic (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM45"), BYTES_OF("Médecin - Radio-thérapie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM46"), BYTES_OF("Médecin - Médecine intensive-réanimation (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM47"), BYTES_OF("Médecin - Recherche médicale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM48"), BYTES_OF("Médecin - Rhumatologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM49"), BYTES_OF("Médecin - Santé publique et Médecine sociale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM50"), BYTES_OF("Médecin - Stomatologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM51"), BYTES_OF("Médecin - Gynéco-obstétrique et Gynéco méd, opt Gyn-obs (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM52"), BYTES_OF("Médecin - Gynéco-obstétrique et Gynéco méd, opt Gyn-méd (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM53"), BYTES_OF("Médecin - Spécialiste en Médecine Générale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM54"), BYTES_OF("Médecin - Médecine Générale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM55"), BYTES_OF("Médecin - Radio-diagnostic et Radio-Thérapie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM56"), BYTES_OF("Médecin - Chirurgie orale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM57"), BYTES_OF("Médecin - Allergologie (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM58"), BYTES_OF("Médecin - Maladies infectieuses et tropicales (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM59"), BYTES_OF("Médecin - Médecine d'urgence (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM60"), BYTES_OF("Médecin - Médecine légale et expertises médicales (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM61"), BYTES_OF("Médecin - Médecine vasculaire (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM62"), BYTES_OF("Médecin - Endocrinologie, diabétologie, nutrition (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM68"), BYTES_OF("Médecin - Chirurgie maxillo-faciale (réforme 2017) (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM69"), BYTES_OF("Médecin - Chirurgie pédiatrique option chirurgie viscérale pédiatrique (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM70"), BYTES_OF("Médecin - Chirurgie pédiatrique option orthopédie pédiatrique (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM71"), BYTES_OF("Médecin - Hématologie (réforme 2017) (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM72"), BYTES_OF("Médecin - Médecine interne et immunologie clinique (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM73"), BYTES_OF("Médecin - Médecine cardiovasculaire (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM74"), BYTES_OF("Médecin - Radiologie et imagerie médicale (SM)")},
	{WRITE_SET_PROFESSION, BYTES_OF("G15_10/SM75"), BYTES_OF("Médecin - Santé publique (SM)")},
	{WRITE_SET_FACILITY, BYTES_OF("SA01"), BYTES_OF("Etablissement public de santé")},
	{WRITE_SET_FACILITY, BYTES_OF("SA02"), BYTES_OF("Hôpital militaire du Service de santé des armées")},
	{WRITE_SET_FACILITY, BYTES_OF("SA03"), BYTES_OF("Etablissement privé PSPH")},
	{WRITE_SET_FACILITY, BYTES_OF("SA04"), BYTES_OF("Etablissement privé non PSPH")},
	{WRITE_SET_FACILITY, BYTES_OF("SA05"), BYTES_OF("Centre de santé")},
	{WRITE_SET_FACILITY, BYTES_OF("SA07"), BYTES_OF("Cabinet individuel")},
	{WRITE_SET_FACILITY, BYTES_OF("SA08"), BYTES_OF("Cabinet de groupe")},
	{WRITE_SET_FACILITY, BYTES_OF("SA09"), BYTES_OF("Exercice en société")},
	{WRITE_SET_FACILITY, BYTES_OF("SA36"), BYTES_OF("Centre anti-cancer")},
	{WRITE_SET_FACILITY, BYTES_OF("SA51"), BYTES_OF("Structure de coopération avec autorisation de soins")},
	{WRITE_SET_FACILITY, BYTES_OF("SA52"), BYTES_OF("Maison de santé ou Pôle de santé")},
	{WRITE_SET_FACILITY, BYTES_OF("SA57"), BYTES_OF("Structure de coopération avec mission de coordination de soins")},
	{WRITE_SET_FACILITY, BYTES_OF("SA63"), BYTES_OF("Communauté professionnelle territoriale de santé et équipe de soins spécialisés")},
	{WRITE_SET_FACILITY, BYTES_OF("SA64"), BYTES_OF("Société de téléconsultation")},
	{WRITE_SET_PRACTICE, BYTES_OF("AMBULATOIRE"), BYTES_OF("Ambulatoire")},
	{WRITE_SET_PRACTICE, BYTES_OF("DEPISTAGE"), BYTES_OF("Dépistage")},
	{WRITE_SET_PRACTICE, BYTES_OF("ESSMS"), BYTES_OF("Etablissement ou Service Social ou Médico-Social")},
	{WRITE_SET_PRACTICE, BYTES_OF("ETABLISSEMENT"), BYTES_OF("Etablissement de santé")},
	{WRITE_SET_PRACTICE, BYTES_OF("HAD"), BYTES_OF("Hospitalisation à domicile")},
	{WRITE_SET_PRACTICE, BYTES_OF("MAD"), BYTES_OF("Maintien à domicile")},
	{WRITE_SET_PRACTICE, BYTES_OF("PALLIATIF"), BYTES_OF("Soins palliatifs")},
	{WRITE_SET_PRACTICE, BYTES_OF("SAD"), BYTES_OF("Soins à domicile")},
	{WRITE_SET_PRACTICE, BYTES_OF("SAMU_SMUR"), BYTES_OF("SAMU/SMUR")},
	{WRITE_SET_TITLE, BYTES_OF("DR"), BYTES_OF("Docteur")},
	{WRITE_SET_TITLE, BYTES_OF("MC"), BYTES_OF("Médecin chef")},
	{WRITE_SET_TITLE, BYTES_OF("MG"), BYTES_OF("Médecin général")},
	{WRITE_SET_TITLE, BYTES_OF("PC"), BYTES_OF("Pharmacien chef")},
	{WRITE_SET_TITLE, BYTES_OF("PG"), BYTES_OF("Pharmacien général")},
	{WRITE_SET_TITLE, BYTES_OF("PR"), BYTES_OF("Professeur")},
	{WRITE_SET_ACT, BYTES_OF("TE1"), BYTES_OF("Acte de téléexpertise de niveau 1 d'un médecin sollicité par un autre médecin")},
	{WRITE_SET_ACT, BYTES_OF("TE2"), BYTES_OF("Acte de téléexpertise de niveau 2 d'un médecin sollicité par un autre médecin")},
	{WRITE_SET_SEX, BYTES_OF("F"), BYTES_OF("Féminin")},
	{WRITE_SET_SEX, BYTES_OF("M"), BYTES_OF("Masculin")},
	{WRITE_SET_SEX, BYTES_OF("UN"), BYTES_OF("Inconnu")},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

struct bytes write_code_name(enum write_set set, struct bytes code)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].set == set && bytes_equal(rows[i].code, code))
			return rows[i].name;
	return BYTES_NONE;
}

struct bytes write_code_title(struct bytes words)
{
	struct bytes word = bytes_trim(words);
	if (word.len > 0 && word.at[word.len - 1] == '.')
		word = bytes_slice(word, 0, word.len - 1);
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].set == WRITE_SET_TITLE && (bytes_equal_nocase(rows[i].code, word) || bytes_equal_nocase(rows[i].name, word)))
			return rows[i].code;
	return BYTES_NONE;
}

bool write_code_row(size_t i, enum write_set *set, struct bytes *code, struct bytes *name)
{
	if (i >= ROWS)
		return false;
	*set = rows[i].set;
	*code = rows[i].code;
	*name = rows[i].name;
	return true;
}

/* gateway/template_code.h - which mails there are and which fields each has: the table of template.h. For template*.c alone. */
#ifndef RELAIS_GATEWAY_TEMPLATE_CODE_H
#define RELAIS_GATEWAY_TEMPLATE_CODE_H

#include "base/bytes.h"

struct template_code {
	const char *code;
	const char *to;                    /* whom it goes to: "patient", "expert"… */
	const char *required, *optional;   /* names parted by one space */
};

enum { TEMPLATE_CODES = 67, TEMPLATE_LANGUAGES = 2 };

extern const struct template_code template_codes[TEMPLATE_CODES];
extern const char *const template_languages[TEMPLATE_LANGUAGES];

/* TEMPLATE_CODES or TEMPLATE_LANGUAGES when there is none. */
size_t template_code_find(struct bytes code);
size_t template_language_find(struct bytes language);
/* True when the code has easy-to-read texts: what goes to patients and to those who act for them. */
bool template_code_easy(size_t code);

/* True when the name is in a list of names. */
bool template_names_have(const char *names, struct bytes name);
/* False when the vocabulary does not have the name. *lines: it may have several lines. */
MUST_USE bool template_name_find(struct bytes name, bool *lines);

#endif

/* certs/key.h - a private key: a PEM file, or a token by PKCS#11 (RFC 7512), which never gives it out.
 *
 * A token is reached by the OpenSSL engine "pkcs11" (libp11) and the maker's module. The PIN stands in a file of its owner alone, never in
 * the URI, which is logged and printed. Everything is opened before the jail: what the module then still needs (its folder, a local socket) the
 * caller allows (gateway/jail.h). Linked by those who hold a key only. */
#ifndef RELAIS_CERTS_KEY_H
#define RELAIS_CERTS_KEY_H

#include "base/bytes.h"

struct key_source {
	const char *key;         /* path of a PEM file without passphrase, or "pkcs11:token=…;object=…" */
	const char *module;      /* of a URI: the PKCS#11 module, an absolute path */
	const char *pin_file;    /* of a URI: the PIN, on one line */
};

/* Does the text name a key of a token, and no file? Inline, so that who asks it need not link what opens keys. */
static inline bool key_is_token(const char *key)
{
	return bytes_starts(bytes_of_text(key), BYTES("pkcs11:"));
}

/*
 * An EVP_PKEY (for certs/ alone, hence void), to be freed with key_close; or NULL with *why, a sentence without content. The PIN is wiped
 * as soon as the token is open: our buffer and the engine's copy. libp11 keeps one of its own until the session ends (it would log in
 * again after a fork). A PIN file that others may read, a URI with a PIN in it, and a module path that is not absolute are refused.
 */
MUST_USE void *key_open(const struct key_source *source, const char **why);
void key_close(void *key);

#endif

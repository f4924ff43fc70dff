/* certs/private_key.h - a private key from its file into memory that is locked, and left out of every dump. */
#ifndef RELAIS_CERTS_PRIVATE_KEY_H
#define RELAIS_CERTS_PRIVATE_KEY_H

#include <openssl/types.h>

#include "base/bytes.h"

/* PEM without passphrase. NULL when it cannot be opened, is none, or has one: a service cannot be asked. The caller frees it.
 * From the first call on, what OpenSSL knows to be secret lies in a heap of its own: locked, between guard pages, overwritten when it is freed.
 * The file's text is overwritten here. A child that is forked has the key in its copy, which is not locked. */
EVP_PKEY *private_key_read(const char *path);
/* That heap is locked: the system's limit (RLIMIT_MEMLOCK) may be too small for it. */
bool private_key_locked(void);

#endif

/* certs/private_key.c - see private_key.h. */
#include "certs/private_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include "base/limits.h"

/* Ephemeral keys of handshakes under way and the random generator lie there, too. */
enum { HEAP = 1024 * 1024, SMALLEST = 64, LOCKED = 1 };

/* Set once, with the heap itself, which is the library's and the whole process's. */
static int heap_state;

static int no_passphrase(char *to, int room, int writing, void *unused)
{
	(void)to;
	(void)room;
	(void)writing;
	(void)unused;
	return -1;
}

static size_t read_whole(const char *path, unsigned char *to)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	while (file >= 0 && len < LIMIT_KEY_FILE && (n = read(file, to + len, LIMIT_KEY_FILE - len)) > 0)
		len += (size_t)n;
	if (file >= 0)
		close(file);
	return n < 0 || len == LIMIT_KEY_FILE ? 0 : len;
}

EVP_PKEY *private_key_read(const char *path)
{
	EVP_PKEY *key = NULL;

	if (!CRYPTO_secure_malloc_initialized())
		heap_state = CRYPTO_secure_malloc_init(HEAP, SMALLEST);
	unsigned char *text = OPENSSL_secure_zalloc(LIMIT_KEY_FILE);
	size_t len = text == NULL ? 0 : read_whole(path, text);
	BIO *bio = len == 0 ? NULL : BIO_new_mem_buf(text, (int)len);
	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	OPENSSL_secure_clear_free(text, LIMIT_KEY_FILE);
	return key;
}

bool private_key_locked(void)
{
	return heap_state == LOCKED;
}

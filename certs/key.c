/* certs/key.c - see key.h. */
#define OPENSSL_SUPPRESS_DEPRECATED   /* engines: Debian 12 has no other way to a token (its OpenSSL knows no pkcs11 provider) */
#include "certs/key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/engine.h>
#include <openssl/err.h>

#include "base/secret.h"
#include "certs/private_key.h"

enum { PIN_MAX = 256 };

/* --- a file --------------------------------------------------------------------- */

static EVP_PKEY *open_file(const char *path, const char **why)
{
	EVP_PKEY *key = private_key_read(path);

	*why = key != NULL ? NULL : "the key cannot be read: it must be PEM without passphrase";
	return key;
}

/* --- a token -------------------------------------------------------------------- */

/* The first line of a file that is its owner's alone, as a C string. */
static const char *read_pin(const char *path, char pin[PIN_MAX])
{
	struct stat about;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t len = -1;
	const char *why = NULL;

	if (file < 0 || fstat(file, &about) != 0 || !S_ISREG(about.st_mode))
		why = "the PIN file cannot be opened";
	else if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		why = "the PIN file may be read by others";
	else if ((len = read(file, pin, PIN_MAX - 1)) <= 0)
		why = "the PIN file is empty";
	if (file >= 0)
		close(file);
	if (why != NULL)
		return why;
	struct bytes line = {(const unsigned char *)pin, (size_t)len};
	line = bytes_trim(bytes_slice(line, 0, bytes_find_byte(line, '\n', 0)));
	pin[line.len] = '\0';
	return line.len == 0 || line.at != (const unsigned char *)pin || bytes_find_byte(line, '\0', 0) < line.len ? "the PIN file holds no PIN" : NULL;
}

/* Given by control commands: a PIN in the URI would stand in logs. */
static ENGINE *open_engine(const struct key_source *source, const char **why)
{
	char pin[PIN_MAX] = "";
	ENGINE *engine = NULL;

	*why = read_pin(source->pin_file, pin);
	if (*why == NULL) {
		engine = ENGINE_by_id("pkcs11");
		*why = engine == NULL ? "the PKCS#11 engine of OpenSSL is not installed" : NULL;
	}
	if (*why == NULL && (ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", source->module, 0) != 1 || ENGINE_init(engine) != 1))
		*why = "the PKCS#11 module cannot be loaded";
	else if (*why == NULL && ENGINE_ctrl_cmd_string(engine, "PIN", pin, 0) != 1)
		*why = "the PIN is not taken";
	secret_wipe(pin, sizeof pin);
	if (*why == NULL)
		return engine;
	ENGINE_free(engine);
	return NULL;
}

static EVP_PKEY *open_token(const struct key_source *source, const char **why)
{
	struct bytes uri = bytes_of_text(source->key);

	*why = bytes_contains(uri, BYTES("pin-")) ? "a PIN may not stand in the key's URI" : source->module[0] != '/' ? "the PKCS#11 module is not named" : NULL;
	ENGINE *engine = *why == NULL ? open_engine(source, why) : NULL;
	if (engine == NULL)
		return NULL;
	EVP_PKEY *key = ENGINE_load_private_key(engine, source->key, NULL, NULL);
	if (key == NULL)
		*why = "the token has no such key, or does not take the PIN";
	/* The engine wipes the PIN that it holds when it is told another. */
	(void)ENGINE_ctrl_cmd_string(engine, "PIN", "", 0);
	ENGINE_finish(engine);   /* the key holds the engine from here on */
	ENGINE_free(engine);
	return key;
}

void *key_open(const struct key_source *source, const char **why)
{
	EVP_PKEY *key = key_is_token(source->key) ? open_token(source, why) : open_file(source->key, why);

	ERR_clear_error();
	return key;
}

void key_close(void *key)
{
	EVP_PKEY_free(key);
}

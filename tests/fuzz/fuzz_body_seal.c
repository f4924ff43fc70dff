/* tests/fuzz/fuzz_body_seal.c - what is read of sealed bytes: chunks, keys in both forms, the file of the public key, a question to the keeper.
 *
 * The input is taken for each of them. Nothing that was not sealed opens; what is read lies within what it promises. */
#include <string.h>

#include "base/limits.h"
#include "gateway/keeper_work.h"

static void expect(bool truth)
{
	if (!truth)
		__builtin_trap();
}

static void read_question(struct bytes data)
{
	struct keeper_question q;

	for (enum keeper_role role = 0; role < KEEPER_ROLES; role++)
		if (keeper_question_read(data, role, &q)) {
			expect(q.body >= 0 && q.mail >= 0 && q.role == role && strlen(q.purpose) <= KEEPER_PURPOSE);
			expect(strpbrk(q.purpose, "\"\\\n\r\t") == NULL);
		}
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t len)
{
	static unsigned char out[LIMIT_CHUNK];
	struct bytes data = {at, len < LIMIT_CHUNK ? len : LIMIT_CHUNK};
	struct body_key key = {{1}}, opened;
	struct body_bound bound = {{0}};
	struct keeper_public public_half;

	/* A key and a bound of the input's own, so that the fuzzer may find what opens: only with the right tag. */
	memcpy(key.at, at, len < sizeof key.at ? len : sizeof key.at);
	enum reason chunk = body_chunk_open(&key, len, (len & 1) != 0, data, out);
	enum reason sealed = body_key_open(data, &key, &bound, &opened), wrapped = body_key_unwrap(data, &key, data, &opened);
	expect(chunk == REASON_BODY_SEAL && sealed == REASON_BODY_SEAL && wrapped == REASON_BODY_SEAL);
	if (keeper_public_parse(data, &public_half))
		expect(strlen(public_half.name) < KEEPER_NAME);
	read_question(data);
	return 0;
}

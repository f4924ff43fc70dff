/* tests/fuzz/fuzz_status.c - replies of SMTP servers. */
#include <stdlib.h>
#include <string.h>

#include "smtp/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes reply = {data, size};
	struct status s;
	struct status_offer offer;
	char id[STATUS_QUEUE_ID];

	status_offer_read(reply, &offer);
	if (status_read(reply, &s) != REASON_NONE)
		return 0;
	status_queue_id(&s, id);
	/* What is shown to people is clean and ends where it should. */
	if (s.code < 200 || s.code > 599 || !memchr(s.text, 0, sizeof(s.text)) || !memchr(s.enhanced, 0, sizeof(s.enhanced)))
		abort();
	for (const char *c = s.text; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			abort();
	return 0;
}

/* gateway/cli_letter.c - see cli_letter.h. */
#include "gateway/cli_letter.h"

#include <stdint.h>
#include <stdio.h>

#include "base/frame.h"
#include "base/limits.h"
#include "gateway/cli_view.h"
#include "gateway/json_view.h"
#include "gateway/oneshot.h"

/* JSON, then the PDF; or JSON alone, which says why there is none. */
static bool read_answer(struct bytes answer, struct bytes *pdf)
{
	struct cursor c = cursor_on(answer);
	struct frame json, blob;

	if (!frame_next(&c, &json))
		return false;
	if (frame_next(&c, &blob) && cursor_done(&c)) {
		*pdf = blob.payload;
		return true;
	}
	fprintf(stderr, "relais: %.*s\n", (int)json.payload.len, (const char *)json.payload.at);
	return false;
}

bool cli_letter(struct arena *arena, const char *templates, json_t *request, struct bytes *pdf)
{
	const char *compose = cli_beside(arena, "relais-compose");
	char *argv[] = {(char *)(uintptr_t)compose, (char *)(uintptr_t)"--templates", (char *)(uintptr_t)templates, NULL};
	struct oneshot *reader = compose == NULL ? NULL : oneshot_spawn(compose, argv);
	struct bytes answer;
	enum reason reason = reader == NULL ? REASON_IO : oneshot_call(reader, arena, json_write(arena, request), BYTES_NONE, LIMIT_COMPOSE_ANSWER,
								       LIMIT_INSPECT_SECONDS * 1000, &answer);

	oneshot_close(&reader);
	if (reason != REASON_NONE)
		fprintf(stderr, "relais: relais-compose: %s\n", reason_code(reason));
	return reason == REASON_NONE && read_answer(answer, pdf);
}

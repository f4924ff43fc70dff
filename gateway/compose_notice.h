/* gateway/compose_notice.h - the key "notice" of a request to compose (compose_request.h): a report to write. */
#ifndef RELAIS_GATEWAY_COMPOSE_NOTICE_H
#define RELAIS_GATEWAY_COMPOSE_NOTICE_H

#include "gateway/compose_json.h"
#include "smtp/notice_write.h"

/* False when the request has none. offset_minutes: zone in which dates are shown. What is wrong is told to the reader. */
bool compose_notice_read(struct compose_place request, int offset_minutes, struct notice_write *out);

#endif

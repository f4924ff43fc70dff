/* gateway/oneshot_wire.h - the datagrams between the two ends of oneshot.h. For oneshot*.c alone. */
#ifndef RELAIS_GATEWAY_ONESHOT_WIRE_H
#define RELAIS_GATEWAY_ONESHOT_WIRE_H

#include <fcntl.h>
#include <sys/socket.h>

/* What travels with a request, in this order. */
enum { WIRE_PAYLOAD, WIRE_ANSWER, WIRE_DESCRIPTORS };
/* A payload that nobody can change while it is read. */
enum { WIRE_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };
enum { WIRE_STATUS = 4 };   /* bytes of the wait status, big-endian */

union wire_control {
	struct cmsghdr align;
	char room[CMSG_SPACE(WIRE_DESCRIPTORS * sizeof(int))];
};

#endif

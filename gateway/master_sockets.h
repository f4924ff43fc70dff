/* gateway/master_sockets.h - the sockets that relais-master opens and hands on. */
#ifndef RELAIS_GATEWAY_MASTER_SOCKETS_H
#define RELAIS_GATEWAY_MASTER_SOCKETS_H

#include "gateway/instance.h"

/* Listening SEQPACKET socket at path, which the worker's user alone may connect to; -1 (logged). */
int master_local_socket(const struct instance *instance, const char *path);
/* Listening TCP socket at a numeric address; -1 (logged). */
int master_tcp_socket(const char *host, int port);

#endif

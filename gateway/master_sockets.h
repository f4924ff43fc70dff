/* gateway/master_sockets.h - the sockets that relais-master opens and hands on. */
#ifndef RELAIS_GATEWAY_MASTER_SOCKETS_H
#define RELAIS_GATEWAY_MASTER_SOCKETS_H

#include "gateway/instance.h"

/* Listening SEQPACKET socket at path, which that user alone may connect to; -1 (logged). */
int master_local_socket(const struct instance *instance, const char *path, enum instance_user who);
/* The same for the owner of the instance. */
int master_own_socket(const char *path);
/* Listening TCP socket at a numeric address; -1 (logged). */
int master_tcp_socket(const char *host, int port);

#endif

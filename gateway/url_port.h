/* gateway/url_port.h - to which TCP port an address leads: for the walls of who connects (gateway/jail.h). */
#ifndef RELAIS_GATEWAY_URL_PORT_H
#define RELAIS_GATEWAY_URL_PORT_H

#include "base/bytes.h"

/* The port that scheme://host[:port][/path] names, else the one of https, http or ldaps; 0 for "" and what is no such address. */
int url_port(struct bytes url);

#endif

/* gateway/url_port.c - see url_port.h. */
#include "gateway/url_port.h"

static int of_scheme(struct bytes scheme)
{
	static const struct {
		const char *name;
		int port;
	} known[] = {{"https", 443}, {"http", 80}, {"ldaps", 636}};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (bytes_equal_text(scheme, known[i].name))
			return known[i].port;
	return 0;
}

int url_port(struct bytes url)
{
	struct bytes mark = BYTES("://");
	size_t at = bytes_find(url, mark, 0);
	uint64_t port;

	if (at >= url.len)
		return 0;
	struct bytes host = bytes_from(url, at + mark.len);
	host = bytes_slice(host, 0, bytes_find_byte(host, '/', 0));
	/* The colons of an IPv6 address stand in its brackets. */
	size_t bracket = bytes_find_byte(host, ']', 0), colon = bytes_find_byte(host, ':', bracket < host.len ? bracket : 0);
	if (colon >= host.len)
		return of_scheme(bytes_slice(url, 0, at));
	return bytes_number(bytes_from(host, colon + 1), 65535, &port) ? (int)port : 0;
}

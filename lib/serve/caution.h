/* Who may ask: the tests of a request's headers, apart from the server that gathers them. */
#ifndef INDUCT_LIB_SERVE_CAUTION_H
#define INDUCT_LIB_SERVE_CAUTION_H

#include <stdbool.h>

/* Headers of one request; NULL = not sent. */
struct ind_request_headers {
    const char *host, *origin;
    const char *fetch_site, *fetch_mode, *fetch_dest; /* Sec-Fetch-*, W3C Fetch Metadata */
};

/* Does the Host header name this server: its address (any numeric one if it listens on all of
 * them) or localhost, and its port? A name that merely resolves here does not. */
bool ind_host_is_ours(const char *host, const char *address, int port);

/* May this request be answered? On refusal *why says which header. */
bool ind_request_allowed(const struct ind_request_headers *headers, const char *address, int port,
                         const char **why);

#endif

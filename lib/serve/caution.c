#include "serve/caution.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 64 };

/* "[::1]:80" and "127.0.0.1:80" -> the name without brackets, the port's text; false if there is no
 * port or no room. */
static bool take_apart(const char *host, char name[NAME_ROOM], const char **port)
{
    const char *colon = strrchr(host, ':');
    if (!colon)
        return false;
    const bool bracketed = host[0] == '[' && colon > host && colon[-1] == ']';
    const char *first = host + (bracketed ? 1 : 0), *end = colon - (bracketed ? 1 : 0);
    const size_t length = (size_t)(end - first);
    if (end <= first || length >= NAME_ROOM)
        return false;
    memcpy(name, first, length);
    name[length] = '\0';
    *port = colon + 1;
    return true;
}

static bool is_numeric(const char *name)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static bool is_everywhere(const char *address)
{
    return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

bool ind_host_is_ours(const char *host, const char *address, int port)
{
    char name[NAME_ROOM], wanted[16];
    const char *said;
    snprintf(wanted, sizeof wanted, "%d", port);
    if (!host || !take_apart(host, name, &said) || strcmp(said, wanted) != 0)
        return false;
    return strcmp(name, address) == 0 || strcmp(name, "localhost") == 0 ||
           (is_everywhere(address) && is_numeric(name));
}

static bool origin_is_ours(const char *origin, const char *host)
{
    static const char scheme[] = "http://";
    return strncmp(origin, scheme, sizeof scheme - 1) == 0 &&
           strcmp(origin + sizeof scheme - 1, host) == 0;
}

/* A link followed from elsewhere is the user's own act, and what it opens no other site can read;
 * frames are refused by the page's policy. */
static bool is_followed_link(const struct ind_request_headers *headers)
{
    return headers->fetch_mode && strcmp(headers->fetch_mode, "navigate") == 0 &&
           headers->fetch_dest && strcmp(headers->fetch_dest, "document") == 0;
}

bool ind_request_allowed(const struct ind_request_headers *headers, const char *address, int port,
                         const char **why)
{
    if (!ind_host_is_ours(headers->host, address, port)) {
        *why = "the Host header names another server\n";
        return false;
    }
    if (headers->origin && !origin_is_ours(headers->origin, headers->host)) {
        *why = "a request from another origin\n";
        return false;
    }
    const char *site = headers->fetch_site;
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0 &&
        !is_followed_link(headers)) {
        *why = "a request from another site\n";
        return false;
    }
    return true;
}

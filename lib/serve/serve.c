#include <induct/serve/serve.h>

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <induct/base/memory.h>

#include "serve/caution.h"
#include "serve/events.h"

/* A silent connection is closed after so many seconds; a connection's headers and buffers fit in
 * so many bytes; between two looks at the events at most so many milliseconds pass. */
enum { SILENCE = 15, CONNECTION_MEMORY = 32768, TICK = 50 };

struct ind_serve {
    struct ind_serve_settings settings;
    struct MHD_Daemon *daemon;
    struct ind_events events;
    int port;
};

/* ---- One request ----------------------------------------------------------------------------- */

/* What every answer says. */
static void add_head(struct MHD_Response *response, void *context)
{
    const struct ind_serve *serve = context;
    MHD_add_response_header(response, "Content-Security-Policy", serve->settings.policy);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "X-Frame-Options", "DENY");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    MHD_add_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
}

static enum MHD_Result queue(const struct ind_serve *serve, struct MHD_Connection *connection,
                             unsigned status, struct MHD_Response *response, const char *type)
{
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    add_head(response, (void *)(uintptr_t)serve);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    const enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* A refusal in words; `text` is static. */
static enum MHD_Result refuse(const struct ind_serve *serve, struct MHD_Connection *connection,
                              unsigned status, const char *text)
{
    return queue(serve, connection, status,
                 MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
                                                 MHD_RESPMEM_PERSISTENT),
                 "text/plain; charset=utf-8");
}

static enum MHD_Result answer(const struct ind_serve *serve, struct MHD_Connection *connection,
                              const char *path)
{
    struct ind_serve_reply reply = {0};
    const int status = serve->settings.answer(serve->settings.context, path, &reply);
    if (status == MHD_HTTP_NOT_FOUND)
        return refuse(serve, connection, MHD_HTTP_NOT_FOUND, "there is no such thing here\n");
    if (status != MHD_HTTP_OK)
        return refuse(serve, connection, MHD_HTTP_SERVICE_UNAVAILABLE, "not there yet\n");
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply.size, reply.bytes, MHD_RESPMEM_MUST_FREE);
    if (!response)
        free(reply.bytes);
    return queue(serve, connection, MHD_HTTP_OK, response, reply.type);
}

static bool allowed(const struct ind_serve *serve, struct MHD_Connection *connection,
                    const char **why)
{
    const char *(*header)(struct MHD_Connection *, enum MHD_ValueKind, const char *) =
        MHD_lookup_connection_value;
    const struct ind_request_headers headers = {
        .host = header(connection, MHD_HEADER_KIND, "Host"),
        .origin = header(connection, MHD_HEADER_KIND, "Origin"),
        .fetch_site = header(connection, MHD_HEADER_KIND, "Sec-Fetch-Site"),
        .fetch_mode = header(connection, MHD_HEADER_KIND, "Sec-Fetch-Mode"),
        .fetch_dest = header(connection, MHD_HEADER_KIND, "Sec-Fetch-Dest")};
    return ind_request_allowed(&headers, serve->settings.address, serve->port, why);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **state)
{
    (void)version, (void)upload, (void)upload_size, (void)state;
    struct ind_serve *serve = context;
    const char *why;
    if (!allowed(serve, connection, &why))
        return refuse(serve, connection, MHD_HTTP_FORBIDDEN, why);
    const bool head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    if (!head && strcmp(method, MHD_HTTP_METHOD_GET) != 0)
        return refuse(serve, connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (strcmp(path, serve->settings.events) != 0)
        return answer(serve, connection, path);
    if (!head && ind_events_open(&serve->events, connection, add_head, serve) == MHD_YES)
        return MHD_YES;
    return refuse(serve, connection, head ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
                  head ? "" : "too many pages are open\n");
}

/* ---- The server ------------------------------------------------------------------------------ */

/* A socket address from its text; 0 for text that is none. */
static socklen_t parse_address(const char *text, int port, struct sockaddr_storage *out)
{
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    *out = (struct sockaddr_storage){0};
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)port);
        return sizeof *four;
    }
    if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        return sizeof *six;
    }
    return 0;
}

static int listen_on(struct ind_serve *serve, struct ind_error *err)
{
    const struct ind_serve_settings *s = &serve->settings;
    struct sockaddr_storage address;
    if (parse_address(s->address, s->port, &address) == 0)
        return ind_fail(err, "'%s' is no numeric address", s->address);
    const unsigned flags =
        MHD_ALLOW_SUSPEND_RESUME | (address.ss_family == AF_INET6 ? MHD_USE_IPv6 : MHD_NO_FLAG);
    errno = 0;
    serve->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, serve, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->connections, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)SILENCE, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    if (!serve->daemon)
        return ind_fail_errno(err, "cannot listen on %s port %d", s->address, s->port);
    serve->port = MHD_get_daemon_info(serve->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return IND_OK;
}

int ind_serve_start(struct ind_serve **out, const struct ind_serve_settings *settings,
                    struct ind_error *err)
{
    struct ind_serve *serve;
    *out = NULL;
    if (ind_alloc_into(&serve, 1, sizeof *serve, err) != IND_OK)
        return IND_FAILED;
    serve->settings = *settings;
    ind_events_init(&serve->events);
    if (listen_on(serve, err) != IND_OK) {
        ind_serve_stop(serve);
        return IND_FAILED;
    }
    *out = serve;
    return IND_OK;
}

void ind_serve_stop(struct ind_serve *serve)
{
    if (!serve)
        return;
    if (serve->daemon) {
        ind_events_wake(&serve->events, 1); /* a suspended connection cannot be closed */
        MHD_stop_daemon(serve->daemon);
    }
    ind_events_release(&serve->events);
    free(serve);
}

int ind_serve_port(const struct ind_serve *serve)
{
    return serve->port;
}

int ind_serve_run(struct ind_serve *serve, int milliseconds, struct ind_error *err)
{
    while (milliseconds > 0) {
        const int step = milliseconds < TICK ? milliseconds : TICK;
        if (MHD_run_wait(serve->daemon, step) != MHD_YES)
            return ind_fail_errno(err, "the server stopped");
        ind_events_wake(&serve->events, 0);
        milliseconds -= step;
    }
    return IND_OK;
}

void ind_serve_push(struct ind_serve *serve, const char *data)
{
    ind_events_push(&serve->events, data);
}

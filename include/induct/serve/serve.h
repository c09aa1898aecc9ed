/*
 * A small HTTP server for one page on one machine: libmicrohttpd, and the caution that a port open
 * to every page in the user's browser asks for.
 *
 * - GET and HEAD only; anything else is 405, before its body is read.
 * - The Host header must name the address served and its port, or localhost (else 403): a hostile
 *   page whose name was made to resolve to 127.0.0.1 (DNS rebinding) says its own.
 * - A request with an Origin, or a Sec-Fetch-Site, of another site is refused (403), but for a link
 *   that is followed to the page itself.
 * - Every answer carries a Content-Security-Policy, nosniff, no-referrer, same-origin resource
 *   policy and no-store.
 * - A limited number of connections; one that is silent for a quarter of a minute is closed.
 * - No file is ever opened here: paths are words that `answer` knows, and nothing else is there.
 *
 * The caller's thread serves, in ind_serve_run(): answers are made one at a time, in it. Events may
 * be pushed by any thread.
 */
#ifndef INDUCT_SERVE_SERVE_H
#define INDUCT_SERVE_SERVE_H

#include <stddef.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What `answer` fills in. `bytes` is from malloc() and becomes the server's; `type` is static. */
struct ind_serve_reply {
    const char *type; /* "application/json" */
    char *bytes;
    size_t size;
};

struct ind_serve_settings {
    const char *address; /* numeric, "127.0.0.1" unless the user wants another */
    int port;            /* 0 = any that is free */
    int connections;     /* at most so many at once; those beyond are closed */
    const char *policy;  /* Content-Security-Policy of every answer */
    const char *events;  /* path of the event stream, "/events" */
    /* 200 with *reply, 404 for what is not there, 503 for what is not there yet. `path` is decoded,
     * begins with '/', and holds no query. */
    int (*answer)(void *context, const char *path, struct ind_serve_reply *reply);
    void *context;
};

struct ind_serve;

/* Begins to listen. The settings are copied, their strings borrowed. */
IND_CHECKED int ind_serve_start(struct ind_serve **serve, const struct ind_serve_settings *settings,
                                struct ind_error *err);
void ind_serve_stop(struct ind_serve *serve); /* NULL is fine; open connections are closed */

/* The port that is listened on. */
int ind_serve_port(const struct ind_serve *serve);

/* Serves for at most so many milliseconds, then returns. */
IND_CHECKED int ind_serve_run(struct ind_serve *serve, int milliseconds, struct ind_error *err);

/*
 * One server-sent event (WHATWG HTML, "Server-sent events"), `data` being one line, to every
 * stream that is open. A stream that opens later does not see it: its page asks for the state
 * first. A reader that is slower than 64 events behind loses the oldest. Any thread.
 */
void ind_serve_push(struct ind_serve *serve, const char *data);

#ifdef __cplusplus
}
#endif
#endif

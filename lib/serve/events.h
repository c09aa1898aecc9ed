/* The event stream: what was pushed last, and who reads it. */
#ifndef INDUCT_LIB_SERVE_EVENTS_H
#define INDUCT_LIB_SERVE_EVENTS_H

#include <microhttpd.h>
#include <pthread.h>

enum { EVENT_RING = 64, STREAM_MOST = 16 };

struct ind_events;

/* One open connection. */
struct ind_stream {
    struct ind_events *events; /* NULL: the place is free */
    struct MHD_Connection *connection;
    unsigned long next; /* event to be sent */
    size_t sent;        /* bytes of it */
    int suspended;
};

struct ind_events {
    pthread_mutex_t mutex;
    char *ring[EVENT_RING]; /* event e is ring[e % EVENT_RING], "data: ...\n\n" */
    unsigned long count;    /* pushed so far */
    double last;            /* seconds, monotonic, of the last one */
    struct ind_stream streams[STREAM_MOST];
};

void ind_events_init(struct ind_events *events);
void ind_events_release(struct ind_events *events);

/* Any thread. */
void ind_events_push(struct ind_events *events, const char *data);

/* Queues an endless answer; MHD_NO if there are too many already, or no memory. The server's
 * thread, as the two below. */
enum MHD_Result ind_events_open(struct ind_events *events, struct MHD_Connection *connection,
                                void (*head)(struct MHD_Response *response, void *context),
                                void *context);

/* Wakes the streams for which there is something; with `all`, every one, so that they may end. */
void ind_events_wake(struct ind_events *events, int all);

#endif

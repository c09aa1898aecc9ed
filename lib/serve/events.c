#include "serve/events.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <induct/base/file.h>

/* So often something is said to a silent stream: it is how one that went away is noticed. */
static const double HEARTBEAT = 15.0;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void ind_events_init(struct ind_events *events)
{
    *events = (struct ind_events){.last = seconds()};
    pthread_mutex_init(&events->mutex, NULL);
}

void ind_events_release(struct ind_events *events)
{
    for (int i = 0; i < EVENT_RING; i++)
        free(events->ring[i]);
    pthread_mutex_destroy(&events->mutex);
}

/* An event without memory for it is dropped: the next one says the same state anew. */
static void push_text(struct ind_events *events, char *text)
{
    if (!text)
        return;
    pthread_mutex_lock(&events->mutex);
    char **place = &events->ring[events->count % EVENT_RING];
    free(*place);
    *place = text;
    events->count++;
    events->last = seconds();
    pthread_mutex_unlock(&events->mutex);
}

void ind_events_push(struct ind_events *events, const char *data)
{
    push_text(events, ind_text("data: %s\n\n", data));
}

/* The stream's next event, or NULL; with the mutex held. A reader that was overtaken goes on with
 * the oldest that is left, from its beginning. */
static const char *pending(struct ind_stream *stream)
{
    const struct ind_events *events = stream->events;
    if (stream->next == events->count)
        return NULL;
    if (events->count - stream->next > EVENT_RING && stream->sent == 0)
        stream->next = events->count - EVENT_RING;
    return events->ring[stream->next % EVENT_RING];
}

static ssize_t take(struct ind_stream *stream, char *out, size_t room)
{
    const char *text = pending(stream);
    if (!text)
        return 0;
    const size_t length = strlen(text), left = length - stream->sent;
    const size_t size = left < room ? left : room;
    memcpy(out, text + stream->sent, size);
    stream->sent += size;
    if (stream->sent == length) {
        stream->sent = 0;
        stream->next++;
    }
    return (ssize_t)size;
}

static ssize_t read_stream(void *context, uint64_t position, char *out, size_t room)
{
    (void)position;
    struct ind_stream *stream = context;
    pthread_mutex_lock(&stream->events->mutex);
    const ssize_t size = take(stream, out, room);
    pthread_mutex_unlock(&stream->events->mutex);
    if (size == 0) {
        stream->suspended = 1;
        MHD_suspend_connection(stream->connection);
    }
    return size;
}

static void close_stream(void *context)
{
    *(struct ind_stream *)context = (struct ind_stream){0};
}

static struct ind_stream *free_place(struct ind_events *events)
{
    for (int i = 0; i < STREAM_MOST; i++)
        if (!events->streams[i].events)
            return &events->streams[i];
    return NULL;
}

enum MHD_Result ind_events_open(struct ind_events *events, struct MHD_Connection *connection,
                                void (*head)(struct MHD_Response *response, void *context),
                                void *context)
{
    struct ind_stream *stream = free_place(events);
    if (!stream)
        return MHD_NO;
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, 4096, read_stream, stream, close_stream);
    if (!response)
        return MHD_NO;
    pthread_mutex_lock(&events->mutex);
    *stream =
        (struct ind_stream){.events = events, .connection = connection, .next = events->count};
    pthread_mutex_unlock(&events->mutex);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
    head(response, context);
    const enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

void ind_events_wake(struct ind_events *events, int all)
{
    if (seconds() - events->last > HEARTBEAT)
        push_text(events, ind_text(": still here\n\n"));
    for (int i = 0; i < STREAM_MOST; i++) {
        struct ind_stream *stream = &events->streams[i];
        if (!stream->events || !stream->suspended)
            continue;
        pthread_mutex_lock(&events->mutex);
        const bool due = all || pending(stream) != NULL;
        pthread_mutex_unlock(&events->mutex);
        if (!due)
            continue;
        stream->suspended = 0;
        MHD_resume_connection(stream->connection);
    }
}

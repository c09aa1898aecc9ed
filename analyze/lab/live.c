/*
 * What a served page may ask for:
 *
 *   /                the page
 *   /manifest.json   see manifest.c
 *   /block/NAME      see pack.h
 *   /events          {"shrunk": bool, "appeared": [[run, epoch]...], "measured": [[run, epoch]...],
 *                     "totals": [[checkpoints, measured]...]}
 *
 * A page counts along, and asks for the manifest again where its sums are not the totals.
 */
#include "live.h"

#include <stdlib.h>
#include <string.h>

#include <induct/base/file.h>
#include <induct/format/json.h>
#include <induct/serve/serve.h>
#include <induct/tool/stop.h>
#include <induct/tool/watch.h>

#include "html.h"
#include "manifest.h"
#include "pack.h"

enum {
    CONNECTIONS = 64,
    TICK = 50,      /* milliseconds between two looks at folders and news */
    NICENESS = 5,   /* of the threads that measure, beside a training that uses all processors */
    NEWS_MOST = 512 /* items of one event */
};

struct live {
    struct ind_tool *tool;
    struct store *store;
    const struct choices *choices;
    struct ind_bytes page;
};

/* ---- Blocks ---------------------------------------------------------------------------------- */

/* "3/maps/100-900": run, what, and epochs; false if the text has another form. */
struct block_name {
    int run;
    char what[16];
    long from, to;
};

static bool parse_name(const char *text, const struct store *store, struct block_name *name)
{
    int used = 0;
    *name = (struct block_name){.from = -1, .to = -1};
    if (sscanf(text, "%4d/%15[a-z]%n", &name->run, name->what, &used) != 2 || name->run < 0 ||
        name->run >= store->run_count)
        return false;
    text += used;
    if (*text == '\0')
        return true;
    used = 0;
    if (sscanf(text, "/%9ld%n", &name->from, &used) != 1 || name->from < 0)
        return false;
    text += used;
    name->to = name->from;
    if (*text == '\0')
        return true;
    used = 0;
    return sscanf(text, "-%10ld%n", &name->to, &used) == 1 && name->to >= name->from &&
           text[used] == '\0';
}

static bool has_epoch(const struct lab_run *run, long epoch)
{
    for (int i = 0; i < run->count; i++)
        if (run->checkpoints[i].epoch == epoch)
            return true;
    return false;
}

/* 200, 404 or 503. A checkpoint that cannot be read is not there. */
static int answer_block(struct live *live, const char *text, struct ind_serve_reply *reply)
{
    struct block_name name;
    struct ind_bytes bytes = {0};
    struct store *store = live->store;
    if (!parse_name(text, store, &name))
        return 404;
    const struct lab_run *run = &store->runs[name.run];
    int status = IND_FAILED;
    pthread_mutex_lock(&store->mutex);
    if (strcmp(name.what, "scalars") == 0 && name.from >= 0)
        status = pack_scalars(run, name.from, name.to, &bytes, NULL);
    else if (strcmp(name.what, "maps") == 0 && name.from >= 0)
        status = pack_maps(run, name.from, name.to, &bytes, NULL);
    const bool weights =
        strcmp(name.what, "weights") == 0 && name.from == name.to && has_epoch(run, name.from);
    pthread_mutex_unlock(&store->mutex);
    if (weights)
        status = pack_weights(&run->plan, name.from, &bytes, NULL);
    else if (strcmp(name.what, "metrics") == 0 && name.from < 0)
        status = pack_metrics(&run->plan, &bytes, NULL);
    else if (strcmp(name.what, "sequences") == 0 && name.from < 0)
        status = pack_sequences(&run->plan, &bytes, NULL);
    if (status != IND_OK) {
        ind_bytes_release(&bytes);
        return 404;
    }
    *reply = (struct ind_serve_reply){"application/octet-stream", bytes.data, bytes.size};
    return 200;
}

/* ---- The rest -------------------------------------------------------------------------------- */

static int answer_page(const struct live *live, struct ind_serve_reply *reply)
{
    char *copy = malloc(live->page.size);
    if (!copy)
        return 503;
    memcpy(copy, live->page.data, live->page.size);
    *reply = (struct ind_serve_reply){"text/html; charset=windows-1252", copy, live->page.size};
    return 200;
}

static int answer_manifest(struct live *live, struct ind_serve_reply *reply)
{
    char *text = manifest_text(live->store, live->choices, NULL);
    if (!text)
        return 503;
    *reply = (struct ind_serve_reply){"application/json", text, strlen(text)};
    return 200;
}

static int answer(void *context, const char *path, struct ind_serve_reply *reply)
{
    static const char block[] = "/block/";
    struct live *live = context;
    if (strcmp(path, "/") == 0)
        return answer_page(live, reply);
    if (strcmp(path, "/manifest.json") == 0)
        return answer_manifest(live, reply);
    if (strncmp(path, block, sizeof block - 1) == 0)
        return answer_block(live, path + sizeof block - 1, reply);
    return 404;
}

/* ---- News ------------------------------------------------------------------------------------ */

static json_t *totals(struct store *store)
{
    json_t *array = json_array();
    pthread_mutex_lock(&store->mutex);
    for (int r = 0; r < store->run_count; r++) {
        const struct lab_run *run = &store->runs[r];
        ind_json_append(&array, json_pack("[i,i]", run->count, run->ready + run->broken));
    }
    pthread_mutex_unlock(&store->mutex);
    return array;
}

static json_t *items(const struct news *news, bool measured)
{
    json_t *array = json_array();
    for (size_t i = 0; i < news->count && i < NEWS_MOST; i++)
        if (news->items[i].measured == measured)
            ind_json_append(
                &array, json_pack("[i,I]", news->items[i].run, (json_int_t)news->items[i].epoch));
    return array;
}

static void push_news(struct live *live, struct ind_serve *serve)
{
    struct news news = store_news(live->store);
    if (news.count > 0 || news.shrunk) {
        json_t *event = json_pack("{s:b, s:o, s:o, s:o}", "shrunk", news.shrunk, "appeared",
                                  items(&news, false), "measured", items(&news, true), "totals",
                                  totals(live->store));
        char *text = event ? ind_json_dump(event, JSON_COMPACT) : NULL;
        if (text)
            ind_serve_push(serve, text);
        free(text);
        json_decref(event);
    }
    free(news.items);
}

/* A broken checkpoint is told once and shown as missing; the others are none the worse. */
static void warn_of_broken(struct live *live)
{
    struct ind_error error;
    pthread_mutex_lock(&live->store->mutex);
    error = live->store->error;
    live->store->error.text[0] = '\0';
    pthread_mutex_unlock(&live->store->mutex);
    if (error.text[0] != '\0')
        ind_tool_warn(live->tool, "%s", error.text);
}

/* ---- Serving --------------------------------------------------------------------------------- */

static int loop(struct live *live, struct ind_serve *serve)
{
    struct ind_watch watch;
    int status = IND_OK;
    ind_watch_open(&watch);
    for (int r = 0; r < live->store->run_count; r++)
        ind_watch_add(&watch, live->store->runs[r].plan.path);
    while (!ind_stop_signal() && status == IND_OK) {
        status = ind_serve_run(serve, TICK, &live->tool->error);
        if (ind_watch_due(&watch))
            store_refresh(live->store);
        push_news(live, serve);
        warn_of_broken(live);
    }
    ind_watch_close(&watch);
    return status;
}

static void say_address(const struct live *live, const struct ind_serve *serve)
{
    const char *address = live->choices->address;
    const bool six = strchr(address, ':') != NULL;
    printf("http://%s%s%s:%d/\n", six ? "[" : "", address, six ? "]" : "", ind_serve_port(serve));
    fflush(stdout);
    ind_tool_warn(live->tool, "Ctrl-C ends it");
}

static int serve_page(struct live *live, const char *policy)
{
    struct ind_serve *serve;
    const struct ind_serve_settings settings = {.address = live->choices->address,
                                                .port = live->choices->port,
                                                .connections = CONNECTIONS,
                                                .policy = policy,
                                                .events = "/events",
                                                .answer = answer,
                                                .context = live};
    if (ind_serve_start(&serve, &settings, &live->tool->error) != IND_OK)
        return IND_FAILED;
    live->store->newest_first = true;
    int status = store_start(live->store, NICENESS, &live->tool->error);
    if (status == IND_OK) {
        say_address(live, serve);
        status = loop(live, serve);
    }
    ind_serve_stop(serve);
    return status;
}

/* The page's own, and what only a header may say. */
static int header_policy(const char *nonce, char **policy, struct ind_error *err)
{
    char *own = html_policy(nonce, true);
    *policy = own ? ind_text("%s; frame-ancestors 'none'", own) : NULL;
    free(own);
    return *policy ? IND_OK : ind_fail(err, "out of memory");
}

int live_serve(struct ind_tool *tool, struct store *store, const struct choices *choices)
{
    struct live live = {.tool = tool, .store = store, .choices = choices};
    struct ind_bytes blocks = {0};
    char nonce[IND_NONCE_SIZE], *policy = NULL;
    int status = ind_page_nonce(nonce, &tool->error);
    if (status == IND_OK)
        status = html_write(&live.page, nonce, true, &blocks, &tool->error);
    if (status == IND_OK)
        status = header_policy(nonce, &policy, &tool->error);
    if (status == IND_OK)
        status = serve_page(&live, policy);
    free(policy);
    ind_bytes_release(&blocks);
    ind_bytes_release(&live.page);
    return status;
}

/*
 * Power cuts, played on paper: a log of record.c is carried out up to a point, and what a disk may
 * then hold is laid out as a folder.
 *
 *   torture-power LOG                    prints how many operations the log has
 *   torture-power LOG POINT MODE FOLDER  lays out what is left after POINT operations
 *
 * The model is POSIX's, no more: bytes are on the disk once their file was synced, a name (made,
 * changed or removed) once its folder was. MODE says what becomes of the rest:
 *
 *   lost    none of it is there
 *   names   every name is there, the bytes behind it are not
 *   zeros   every name and every length is there, the bytes are zeros
 *   N       a number: of the names an arbitrary first part, folder by folder; of each file's bytes
 *           all, none, zeros or an arbitrary first part of those that were not synced
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_FDS = 1024 };

struct bytes {
    char *at;
    size_t size;
};

/* A file or a folder, whatever it is called. */
struct node {
    bool folder;
    struct bytes now, synced;
};

/* A name given (node) or taken away (NULL). */
struct naming {
    char *path;
    struct node *node;
    bool synced;
    bool with_next; /* the first half of a rename, which is one with the second */
};

struct disk {
    struct naming *namings;
    size_t count, room;
    struct node *open[MOST_FDS];
    char *open_path[MOST_FDS];
};

static _Noreturn void fail(const char *what, const char *name)
{
    fprintf(stderr, "torture-power: %s: %s\n", what, name);
    exit(EXIT_FAILURE);
}

static void *grown(void *old, size_t size)
{
    void *memory = realloc(old, size ? size : 1);
    if (!memory)
        fail("out of memory", "");
    return memory;
}

static void resize(struct bytes *bytes, size_t size)
{
    bytes->at = grown(bytes->at, size);
    if (size > bytes->size)
        memset(bytes->at + bytes->size, 0, size - bytes->size);
    bytes->size = size;
}

static void name(struct disk *disk, const char *path, struct node *node, bool with_next)
{
    if (disk->count == disk->room) {
        disk->room = disk->room * 2 + 64;
        disk->namings = grown(disk->namings, disk->room * sizeof *disk->namings);
    }
    disk->namings[disk->count++] =
        (struct naming){.path = strdup(path), .node = node, .with_next = with_next};
}

static struct node *find(const struct disk *disk, const char *path)
{
    for (size_t i = disk->count; i-- > 0;)
        if (strcmp(disk->namings[i].path, path) == 0)
            return disk->namings[i].node;
    return NULL;
}

static struct node *new_node(bool folder)
{
    struct node *node = grown(NULL, sizeof *node);
    *node = (struct node){.folder = folder};
    return node;
}

/* "" for the root's own entries. */
static size_t parent_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) : 0;
}

static bool lies_in(const char *path, const char *folder)
{
    size_t length = parent_length(path);
    if (strcmp(folder, ".") == 0)
        return length == 0;
    return length == strlen(folder) && strncmp(path, folder, length) == 0;
}

/* ---- The operations -------------------------------------------------------------------------- */

/* The folders that were there before the log begins are there for good. */
static void open_file(struct disk *disk, int fd, const char *flags, const char *path)
{
    struct node *node = find(disk, path);
    if (!node) {
        node = new_node(*flags != 'c');
        if (*flags == 'c')
            name(disk, path, node, false);
    }
    if (*flags == 't')
        resize(&node->now, 0);
    disk->open[fd] = node;
    free(disk->open_path[fd]);
    disk->open_path[fd] = strdup(path);
}

static void sync_node(struct disk *disk, int fd)
{
    struct node *node = disk->open[fd];
    if (node->folder) {
        for (size_t i = 0; i < disk->count; i++)
            disk->namings[i].synced |= lies_in(disk->namings[i].path, disk->open_path[fd]);
    } else {
        resize(&node->synced, node->now.size);
        memcpy(node->synced.at, node->now.at, node->now.size);
    }
}

static void append(struct node *node, FILE *log, size_t size)
{
    size_t before = node->now.size;
    resize(&node->now, before + size);
    if (fread(node->now.at + before, 1, size, log) != size || fgetc(log) != '\n')
        fail("a write is cut short", "the log");
}

static void do_rename(struct disk *disk, char *paths)
{
    char *to = strchr(paths, '\t');
    if (!to)
        fail("no second name", paths);
    *to++ = '\0';
    struct node *node = find(disk, paths);
    if (!node)
        fail("renamed, but never made", paths);
    name(disk, paths, NULL, true);
    name(disk, to, node, false);
}

/* False at the end of the log. */
static bool do_next(struct disk *disk, FILE *log)
{
    static char line[2 * PATH_MAX + 64];
    char flags[4];
    int fd = 0, used = 0;
    size_t size = 0;
    if (!fgets(line, sizeof line, log))
        return false;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "open %d %3s %n", &fd, flags, &used) == 2)
        open_file(disk, fd, flags, line + used);
    else if (sscanf(line, "write %d %zu", &fd, &size) == 2)
        append(disk->open[fd], log, size);
    else if (sscanf(line, "cut %d %zu", &fd, &size) == 2)
        resize(&disk->open[fd]->now, size);
    else if (sscanf(line, "sync %d", &fd) == 1)
        sync_node(disk, fd);
    else if (sscanf(line, "close %d", &fd) == 1)
        disk->open[fd] = NULL;
    else if (strncmp(line, "mkdir ", 6) == 0)
        name(disk, line + 6, new_node(true), false);
    else if (strncmp(line, "unlink ", 7) == 0)
        name(disk, line + 7, NULL, false);
    else if (strncmp(line, "rename ", 7) == 0)
        do_rename(disk, line + 7);
    else
        fail("no operation", line);
    return true;
}

/* ---- What is left ---------------------------------------------------------------------------- */

struct mode {
    bool names;
    char bytes; /* synced: only what is; zeros; random */
    uint64_t state;
};

static uint64_t draw(struct mode *mode, uint64_t below)
{
    mode->state ^= mode->state >> 12;
    mode->state ^= mode->state << 25;
    mode->state ^= mode->state >> 27;
    return (mode->state * UINT64_C(0x2545F4914F6CDD1D) >> 16) % below;
}

static struct mode parse_mode(const char *text)
{
    if (strcmp(text, "lost") == 0)
        return (struct mode){.names = false, .bytes = 's'};
    if (strcmp(text, "names") == 0)
        return (struct mode){.names = true, .bytes = 's'};
    if (strcmp(text, "zeros") == 0)
        return (struct mode){.names = true, .bytes = 'z'};
    struct mode mode = {.bytes = 'r', .state = strtoull(text, NULL, 10) * 2 + 1};
    for (int i = 0; i < 20; i++)
        draw(&mode, 2);
    return mode;
}

/* Which namings have reached the disk: in each folder, those up to the last synced one, and of what
 * follows a first part (or all, or none). */
static bool *reached(const struct disk *disk, struct mode *mode)
{
    bool *there = grown(NULL, disk->count + 1);
    for (size_t i = 0; i < disk->count; i++)
        there[i] = disk->namings[i].synced || mode->names;
    if (mode->bytes != 'r')
        return there;
    for (size_t i = 0; i < disk->count; i++) {
        if (there[i])
            continue;
        bool before = true; /* the unsynced ones before it in the same folder */
        for (size_t j = 0; j < i; j++)
            if (parent_length(disk->namings[j].path) == parent_length(disk->namings[i].path) &&
                strncmp(disk->namings[j].path, disk->namings[i].path,
                        parent_length(disk->namings[i].path)) == 0)
                before &= there[j];
        bool tied = i > 0 && disk->namings[i - 1].with_next;
        there[i] = tied ? there[i - 1] : before && draw(mode, 3) != 0;
    }
    return there;
}

/* Bytes from the beginning that were synced and are still the same: no cut takes them. */
static size_t kept(const struct node *node)
{
    const size_t size = node->synced.size < node->now.size ? node->synced.size : node->now.size;
    size_t same = 0;
    while (same < size && node->synced.at[same] == node->now.at[same])
        same++;
    return same;
}

static struct bytes content(const struct node *node, struct mode *mode)
{
    struct bytes left = {0};
    resize(&left, node->synced.size);
    if (left.size)
        memcpy(left.at, node->synced.at, left.size);
    const bool differs = node->now.size != node->synced.size ||
                         (left.size && memcmp(left.at, node->now.at, left.size) != 0);
    if (!differs || mode->bytes == 's')
        return left;
    const uint64_t fate = mode->bytes == 'z' ? 1 : draw(mode, 4);
    if (fate == 0)
        return left;
    if (fate == 1) { /* the length alone */
        resize(&left, node->now.size);
        return left;
    }
    const size_t most = node->now.size - kept(node);
    resize(&left, kept(node) + (fate == 2 ? most : (size_t)draw(mode, most + 1)));
    memcpy(left.at, node->now.at, left.size);
    return left;
}

static void lay_out(const char *folder, const char *path, const struct node *node,
                    struct mode *mode)
{
    char full[PATH_MAX];
    if (snprintf(full, sizeof full, "%s/%s", folder, path) >= (int)sizeof full)
        fail("too long", path);
    if (node->folder) {
        if (mkdir(full, 0777) != 0)
            fail(strerror(errno), full);
        return;
    }
    struct bytes left = content(node, mode);
    FILE *file = fopen(full, "wb");
    if (!file || fwrite(left.at, 1, left.size, file) != left.size || fclose(file) != 0)
        fail(strerror(errno), full);
    free(left.at);
}

/* The last naming of a path that is there decides; what lies in a folder that is not there is
 * not. */
static void lay_all_out(const struct disk *disk, struct mode *mode, const char *folder)
{
    bool *there = reached(disk, mode);
    for (size_t i = 0; i < disk->count; i++) {
        const struct naming *naming = &disk->namings[i];
        bool last = there[i] && naming->node;
        for (size_t j = i + 1; j < disk->count && last; j++)
            last = !there[j] || strcmp(disk->namings[j].path, naming->path) != 0;
        char parent[PATH_MAX];
        struct stat st;
        snprintf(parent, sizeof parent, "%s/%.*s", folder, (int)parent_length(naming->path),
                 naming->path);
        if (last && stat(parent, &st) == 0)
            lay_out(folder, naming->path, naming->node, mode);
    }
    free(there);
}

int main(int argc, char **argv)
{
    static struct disk disk;
    FILE *log = argc == 2 || argc == 5 ? fopen(argv[1], "rb") : NULL;
    if (!log)
        fail("torture-power LOG [POINT MODE FOLDER]", argc > 1 ? argv[1] : "usage");
    long point = argc == 5 ? strtol(argv[2], NULL, 10) : LONG_MAX, done = 0;
    while (done < point && do_next(&disk, log))
        done++;
    fclose(log);
    if (argc == 5) {
        struct mode mode = parse_mode(argv[3]);
        lay_all_out(&disk, &mode, argv[4]);
    } else {
        printf("%ld\n", done);
    }
    return 0;
}

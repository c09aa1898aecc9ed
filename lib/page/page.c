#include <induct/page/page.h>

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <induct/base/memory.h>

int ind_bytes_add(struct ind_bytes *bytes, const void *data, size_t size, struct ind_error *err)
{
    if (ind_grow(&bytes->data, &bytes->room, bytes->size + size, 1, err) != IND_OK)
        return IND_FAILED;
    if (size > 0)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return IND_OK;
}

void ind_bytes_release(struct ind_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct ind_bytes){0};
}

int ind_page_deflate(const void *data, size_t size, struct ind_bytes *out, struct ind_error *err)
{
    uLongf room = compressBound((uLong)size);
    if (ind_grow(&out->data, &out->room, out->size + room, 1, err) != IND_OK)
        return IND_FAILED;
    const int code = compress2((Bytef *)out->data + out->size, &room, data, (uLong)size, 6);
    if (code != Z_OK)
        return code == Z_MEM_ERROR ? ind_fail(err, IND_NO_MEMORY)
                                   : ind_fail(err, "cannot compress %zu bytes", size);
    out->size += room;
    return IND_OK;
}

static int add_text(struct ind_bytes *page, const char *text, struct ind_error *err)
{
    return ind_bytes_add(page, text, strlen(text), err);
}

static bool is_name(const char *name)
{
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr("/-.", *name))
            return false;
    return true;
}

/* Room for the worst case is made first, so that the loop is one over bytes. */
static int add_escaped(struct ind_bytes *page, const struct ind_bytes *data, struct ind_error *err)
{
    if (ind_grow(&page->data, &page->room, page->size + 2 * data->size, 1, err) != IND_OK)
        return IND_FAILED;
    char *out = page->data + page->size;
    for (size_t i = 0; i < data->size; i++) {
        const unsigned char byte = (unsigned char)data->data[i];
        const bool escaped = byte == '\0' || byte == '\r' || byte == '<' || byte == '=';
        if (escaped)
            *out++ = '=';
        *out++ = (char)(escaped ? byte + 64 : byte);
    }
    page->size = (size_t)(out - page->data);
    return IND_OK;
}

int ind_page_block_deflated(struct ind_bytes *page, const char *name, const struct ind_bytes *data,
                            struct ind_error *err)
{
    assert(is_name(name));
    return add_text(page, "<script type=\"application/octet-stream\" id=\"block:", err) ||
                   add_text(page, name, err) || add_text(page, "\">", err) ||
                   add_escaped(page, data, err) || add_text(page, "</script>\n", err)
               ? IND_FAILED
               : IND_OK;
}

int ind_page_block(struct ind_bytes *page, const char *name, const void *data, size_t size,
                   struct ind_error *err)
{
    struct ind_bytes deflated = {0};
    const int status = ind_page_deflate(data, size, &deflated, err) ||
                               ind_page_block_deflated(page, name, &deflated, err)
                           ? IND_FAILED
                           : IND_OK;
    ind_bytes_release(&deflated);
    return status;
}

/* ---- The template ---------------------------------------------------------------------------- */

struct mark {
    const char *word;
    const void *bytes;
    size_t size;
    int seen;
};

/* The mark that begins at `at`, or NULL. */
static struct mark *mark_at(struct mark *marks, int count, const char *at, size_t left)
{
    for (int m = 0; m < count; m++) {
        const size_t length = strlen(marks[m].word);
        if (left >= length && memcmp(at, marks[m].word, length) == 0)
            return &marks[m];
    }
    return NULL;
}

static int fill(struct ind_bytes *page, const char *text, size_t size, struct mark *marks,
                int count, struct ind_error *err)
{
    size_t plain = 0;
    for (size_t i = 0; i < size; i++) {
        struct mark *mark = text[i] == '@' ? mark_at(marks, count, text + i, size - i) : NULL;
        if (!mark)
            continue;
        mark->seen++;
        if (ind_bytes_add(page, text + plain, i - plain, err) ||
            ind_bytes_add(page, mark->bytes, mark->size, err))
            return IND_FAILED;
        i += strlen(mark->word) - 1;
        plain = i + 1;
    }
    return ind_bytes_add(page, text + plain, size - plain, err);
}

int ind_page_fill(struct ind_bytes *page, const char *template_text, size_t template_size,
                  const char *nonce, const char *policy, const struct ind_bytes *blocks,
                  struct ind_error *err)
{
    struct mark marks[] = {{"@NONCE@", nonce, strlen(nonce), 0},
                           {"@POLICY@", policy, strlen(policy), 0},
                           {"@BLOCKS@", blocks->data, blocks->size, 0}};
    enum { MARKS = sizeof marks / sizeof *marks };
    if (fill(page, template_text, template_size, marks, MARKS, err) != IND_OK)
        return IND_FAILED;
    for (int m = 0; m < MARKS; m++)
        if (marks[m].seen == 0)
            return ind_fail(err, "the page's template has no %s", marks[m].word);
    return IND_OK;
}

/*
 * One HTML file that holds everything: a page whose markup, style and script are given, and named
 * blocks of binary data after them.
 *
 * The template is ASCII and holds, each once: `@NONCE@` wherever a script or style is let in by the
 * page's policy (any number of times), `@POLICY@` in the Content-Security-Policy's meta element,
 * and `@BLOCKS@` where the data go.
 *
 * A block is an inert element, <script type="application/octet-stream" id="block:NAME">, whose text
 * is its bytes as the characters of windows-1252, the encoding that the template declares: in it
 * every byte is a character, and a page finds the byte again (the 27 of them above 255 by a table).
 * Four bytes could not stand in a script's text (NUL, CR, '<' which might end it, and '=' itself):
 * each is written '=' and the byte plus 64. That costs 1.6 % where base64 costs 33 %.
 *
 * Blocks are compressed (zlib, RFC 1950: DecompressionStream("deflate") in the page).
 */
#ifndef INDUCT_PAGE_PAGE_H
#define INDUCT_PAGE_PAGE_H

#include <stddef.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A growing string of bytes. Zero-initialise; release frees. */
struct ind_bytes {
    char *data;
    size_t size, room;
};
IND_CHECKED int ind_bytes_add(struct ind_bytes *bytes, const void *data, size_t size,
                              struct ind_error *err);
void ind_bytes_release(struct ind_bytes *bytes);

/* zlib's level 6 (9 takes several times as long for 3 %) into a fresh buffer. */
IND_CHECKED int ind_page_deflate(const void *data, size_t size, struct ind_bytes *out,
                                 struct ind_error *err);

/* Appends one block. NAME: letters, digits, '/', '-' and '.' (asserted). */
IND_CHECKED int ind_page_block(struct ind_bytes *page, const char *name, const void *data,
                               size_t size, struct ind_error *err);

/* The same of data that are compressed already. */
IND_CHECKED int ind_page_block_deflated(struct ind_bytes *page, const char *name,
                                        const struct ind_bytes *data, struct ind_error *err);

/* A nonce for the page's policy. Of a page that is served: drawn from the system. Of a report: the
 * checksum of its blocks, so that the same data give the same file; it need be no secret, since
 * nothing enters the file after it. */
enum { IND_NONCE_SIZE = 33 };
IND_CHECKED int ind_page_nonce(char nonce[IND_NONCE_SIZE], struct ind_error *err);
void ind_page_nonce_of(const struct ind_bytes *blocks, char nonce[IND_NONCE_SIZE]);

/* Appends the template with nonce and policy filled in (both without quotes) and `blocks` in its
 * place. Fails if the template lacks one of its marks. */
IND_CHECKED int ind_page_fill(struct ind_bytes *page, const char *template_text,
                              size_t template_size, const char *nonce, const char *policy,
                              const struct ind_bytes *blocks, struct ind_error *err);

#ifdef __cplusplus
}
#endif
#endif

/* The page itself, which the build puts together from analyze/lab/page/ and links in. */
#ifndef INDUCT_ANALYZE_LAB_HTML_H
#define INDUCT_ANALYZE_LAB_HTML_H

#include <stdbool.h>

#include <induct/page/page.h>

/* Content-Security-Policy of a page whose scripts and styles carry this nonce. `served`: it may ask
 * its server for data, and nobody else; a report asks nobody. Freed with free(). */
char *html_policy(const char *nonce, bool served);

/* The whole page around the blocks given, to which the model (WebAssembly) is added here. */
IND_CHECKED int html_write(struct ind_bytes *page, const char *nonce, bool served,
                           struct ind_bytes *blocks, struct ind_error *err);

/* False if it was built without the model, for want of a compiler. */
bool html_has_model(void);

#endif

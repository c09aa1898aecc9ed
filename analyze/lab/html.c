#include "html.h"

#include <stdlib.h>

#include <induct/base/file.h>

/* The build names the two files; an assembler takes them in as they are. The names are global: on
   arm64 local ones are reached through a table in which all were the start of their section. */
__asm__(".globl lab_html, lab_html_end, lab_wasm, lab_wasm_end\n"
        ".hidden lab_html, lab_html_end, lab_wasm, lab_wasm_end\n"
        ".section .rodata\n"
        ".balign 16\n"
        "lab_html: .incbin \"" LAB_HTML "\"\n"
        "lab_html_end:\n"
        ".balign 16\n"
        "lab_wasm: .incbin \"" LAB_WASM "\"\n"
        "lab_wasm_end: .byte 0\n"
        ".text\n");
extern const char lab_html[], lab_html_end[], lab_wasm[], lab_wasm_end[];

bool html_has_model(void)
{
    return &lab_wasm_end[0] != &lab_wasm[0];
}

char *html_policy(const char *nonce, bool served)
{
    return ind_text("default-src 'none'; script-src 'nonce-%s' 'wasm-unsafe-eval'; "
                    "style-src 'nonce-%s'; img-src data: blob:; connect-src %s; base-uri 'none'; "
                    "form-action 'none'",
                    nonce, nonce, served ? "'self'" : "'none'");
}

int html_write(struct ind_bytes *page, const char *nonce, bool served, struct ind_bytes *blocks,
               struct ind_error *err)
{
    char *policy = html_policy(nonce, served);
    if (!policy)
        return ind_fail(err, "out of memory");
    int status = IND_OK;
    if (html_has_model())
        status = ind_page_block(blocks, "wasm", lab_wasm, (size_t)(lab_wasm_end - lab_wasm), err);
    if (status == IND_OK)
        status = ind_page_fill(page, lab_html, (size_t)(lab_html_end - lab_html), nonce, policy,
                               blocks, err);
    free(policy);
    return status;
}

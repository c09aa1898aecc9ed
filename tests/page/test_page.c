/* Blocks in a page: what comes out of an HTML parser is what went in, and templates are filled. */
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <induct/page/page.h>

static const char TEMPLATE[] = "<meta content=\"@POLICY@\"><script nonce=\"@NONCE@\">@</script>"
                               "<style nonce=\"@NONCE@\">@BLOCKS@";

/* Every pair of bytes, incompressible or not: what is deflated holds all of them. */
static void every_byte_comes_back(void **state)
{
    (void)state;
    struct ind_error err;
    struct ind_bytes page = {0}, plain = {0};
    unsigned char all[256], out[256];
    for (int i = 0; i < 256; i++)
        all[i] = (unsigned char)i;
    assert_int_equal(ind_bytes_add(&plain, all, sizeof all, &err), 0);
    assert_int_equal(ind_page_block_deflated(&page, "0/x-1", &plain, &err), 0);
    assert_int_equal(ind_bytes_add(&page, "", 1, &err), 0);
    const char *at = strstr(page.data, "id=\"block:0/x-1\">");
    assert_non_null(at);
    at = strchr(at, '>') + 1;
    size_t count = 0;
    for (; *at != '<'; at++, count++) {
        assert_true(*at != '\0' && *at != '\r');
        const bool escaped = *at == '=';
        at += escaped;
        assert_true(count < sizeof out);
        out[count] = (unsigned char)(*at - (escaped ? 64 : 0));
    }
    assert_int_equal(count, 256);
    assert_memory_equal(out, all, 256);
    assert_memory_equal(at, "</script>", 9);
    ind_bytes_release(&page);
    ind_bytes_release(&plain);
}

static void deflated_is_zlib(void **state)
{
    (void)state;
    struct ind_error err;
    struct ind_bytes out = {0};
    char text[1000], back[1000];
    memset(text, 'a', sizeof text);
    assert_int_equal(ind_page_deflate(text, sizeof text, &out, &err), 0);
    assert_true(out.size < 50);
    uLongf size = sizeof back;
    assert_int_equal(uncompress((Bytef *)back, &size, (Bytef *)out.data, (uLong)out.size), Z_OK);
    assert_int_equal(size, sizeof text);
    assert_memory_equal(text, back, sizeof text);
    ind_bytes_release(&out);
}

static void templates_are_filled(void **state)
{
    (void)state;
    struct ind_error err;
    struct ind_bytes page = {0}, blocks = {0};
    assert_int_equal(ind_bytes_add(&blocks, "@NONCE@ stays", 13, &err), 0);
    assert_int_equal(
        ind_page_fill(&page, TEMPLATE, sizeof TEMPLATE - 1, "abc", "none", &blocks, &err), 0);
    assert_int_equal(ind_bytes_add(&page, "", 1, &err), 0);
    assert_string_equal(page.data, "<meta content=\"none\"><script nonce=\"abc\">@</script>"
                                   "<style nonce=\"abc\">@NONCE@ stays");
    page.size = 0;
    assert_int_equal(ind_page_fill(&page, "@NONCE@@POLICY@", 15, "a", "b", &blocks, &err), -1);
    assert_string_equal(err.text, "the page's template has no @BLOCKS@");
    ind_bytes_release(&page);
    ind_bytes_release(&blocks);
}

static void nonces(void **state)
{
    (void)state;
    struct ind_error err;
    char one[IND_NONCE_SIZE], two[IND_NONCE_SIZE], same[IND_NONCE_SIZE], again[IND_NONCE_SIZE];
    assert_int_equal(ind_page_nonce(one, &err), 0);
    assert_int_equal(ind_page_nonce(two, &err), 0);
    assert_int_equal(strlen(one), IND_NONCE_SIZE - 1);
    assert_string_not_equal(one, two);
    char data[] = "data";
    struct ind_bytes blocks = {data, 4, 4};
    ind_page_nonce_of(&blocks, same);
    ind_page_nonce_of(&blocks, again);
    assert_string_equal(same, again);
    blocks.size = 3;
    ind_page_nonce_of(&blocks, again);
    assert_string_not_equal(same, again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_comes_back), cmocka_unit_test(deflated_is_zlib),
        cmocka_unit_test(templates_are_filled), cmocka_unit_test(nonces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

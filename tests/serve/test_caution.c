/* Who may ask: Host, Origin and where a request comes from. */
#include <cmocka.h>
#include <stdbool.h>

#include "serve/caution.h"

static void names_of_this_server(void **state)
{
    (void)state;
    assert_true(ind_host_is_ours("127.0.0.1:80", "127.0.0.1", 80));
    assert_true(ind_host_is_ours("localhost:80", "127.0.0.1", 80));
    assert_true(ind_host_is_ours("[::1]:8080", "::1", 8080));
    assert_true(ind_host_is_ours("10.1.2.3:80", "0.0.0.0", 80));
    assert_true(ind_host_is_ours("[fe80::1]:80", "::", 80));
}

static void other_names(void **state)
{
    (void)state;
    static const char *const hosts[] = {"evil.example:80",
                                        "127.0.0.1",
                                        "127.0.0.1:81",
                                        "127.0.0.1:080",
                                        "127.0.0.2:80",
                                        "127.0.0.1:80.evil.example",
                                        ":",
                                        "",
                                        ":80",
                                        "[]:80",
                                        "[127.0.0.1:80",
                                        "127.0.0.1:80 ",
                                        "localhost.evil.example:80"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        assert_false(ind_host_is_ours(hosts[i], "127.0.0.1", 80));
    assert_false(ind_host_is_ours(NULL, "127.0.0.1", 80));
    assert_false(ind_host_is_ours("evil.example:80", "0.0.0.0", 80));
}

static bool allowed(struct ind_request_headers headers)
{
    const char *why = NULL;
    headers.host = "127.0.0.1:80";
    const bool yes = ind_request_allowed(&headers, "127.0.0.1", 80, &why);
    assert_int_equal(yes, why == NULL);
    return yes;
}

static void origins(void **state)
{
    (void)state;
    assert_true(allowed((struct ind_request_headers){0}));
    assert_true(allowed((struct ind_request_headers){.origin = "http://127.0.0.1:80"}));
    assert_false(allowed((struct ind_request_headers){.origin = "http://127.0.0.1:81"}));
    assert_false(allowed((struct ind_request_headers){.origin = "https://127.0.0.1:80"}));
    assert_false(allowed((struct ind_request_headers){.origin = "null"}));
    assert_false(allowed((struct ind_request_headers){.origin = ""}));
}

static void sites(void **state)
{
    (void)state;
    assert_true(allowed((struct ind_request_headers){.fetch_site = "same-origin"}));
    assert_true(allowed((struct ind_request_headers){.fetch_site = "none"}));
    assert_false(allowed((struct ind_request_headers){.fetch_site = "same-site"}));
    assert_false(allowed((struct ind_request_headers){.fetch_site = "cross-site"}));
    assert_false(allowed((struct ind_request_headers){
        .fetch_site = "cross-site", .fetch_mode = "navigate", .fetch_dest = "iframe"}));
    assert_true(allowed((struct ind_request_headers){
        .fetch_site = "cross-site", .fetch_mode = "navigate", .fetch_dest = "document"}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_of_this_server),
                                       cmocka_unit_test(other_names), cmocka_unit_test(origins),
                                       cmocka_unit_test(sites)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

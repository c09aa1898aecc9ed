/*
 * The library from a program of one's own: at every checkpoint of a run, the pair of heads with the
 * strongest K-composition (what the later head's keys read of what the earlier one writes).
 *
 *   cc -std=c11 example.c $(pkg-config --cflags --libs induct) -o example && ./example runs/RUN
 *
 * or in a CMakeLists.txt: find_package(induct 0.2 REQUIRED), add_executable(example example.c) and
 * target_link_libraries(example PRIVATE induct::induct).
 */
#include <stdio.h>
#include <stdlib.h>

#include <induct/circuit/compose.h>
#include <induct/run/series.h>

static void must(int status, const struct ind_error *err)
{
    if (status != IND_OK && fprintf(stderr, "%s\n", err->text))
        exit(1);
}

int main(int argc, char **argv)
{
    struct ind_error err;
    struct ind_series run;
    struct ind_params weights;
    struct ind_composer composer;
    must(ind_series_open(&run, argc > 1 ? argv[1] : ".", &err), &err);
    must(ind_params_init(&weights, &run.layout, &err), &err);
    must(ind_composer_init(&composer, &run.recipe.model, IND_FOLD_NORM, &err), &err);
    const size_t count = ind_composition_count(&run.recipe.model);
    struct ind_composition *all = calloc(count + 1, sizeof *all), *best;
    for (int i = 0; i < run.count && all; i++) {
        must(ind_series_read(&run, i, &weights, &err), &err);
        must(ind_composer_run(&composer, &weights, NULL, all, &err), &err);
        best = all + IND_COMPOSE_K; /* of every pair q, k and v stand in a row */
        for (struct ind_composition *k = best; k < all + count; k += IND_COMPOSITION_KINDS)
            best = k->score > best->score ? k : best;
        printf("%ld\tL%dH%d\tL%dH%d\t%.4f\n", run.epochs[i], best->writer.layer, best->writer.head,
               best->reader.layer, best->reader.head, best->score);
    }
    return all ? 0 : 1;
}

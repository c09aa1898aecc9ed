/* A whole file through induct-import's library: layout, state dicts, configuration, tables,
 * weights. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <induct/base/file.h>
#include <induct/exchange/import.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void import_file(const char *path)
{
    const struct ind_import_options options = {.heads = 2, .context = 6};
    struct ind_import from;
    struct ind_layout layout;
    struct ind_params params;
    struct ind_error err;
    if (ind_import_open(&from, &path, 1, &options, NULL, &err) != IND_OK)
        return;
    if (ind_layout_init(&layout, &from.config, &err) == IND_OK) {
        if (layout.total < 1 << 22 && ind_params_init(&params, &layout, &err) == IND_OK) {
            for (int i = 0; i < from.count && i < 4; i++)
                (void)(ind_import_read(&from, i, &params, &err) == IND_OK);
            ind_params_release(&params);
        }
        ind_layout_release(&layout);
    }
    ind_import_close(&from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memfd_create("import", 0);
    if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    import_file(path);
    close(fd);
    return 0;
}

#include "tool/provenance.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <induct/base/file.h>
#include <induct/base/version.h>
#include <induct/format/json.h>

int ind_provenance_write(const struct ind_tool *tool, struct ind_error *err)
{
    if (tool->format != IND_JSONL || tool->output == NULL)
        return IND_OK;
    json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "program", tool->about.name, "version",
                               ind_version(), "revision", ind_revision(), "command", tool->command);
    char *text = object ? ind_json_text(object, JSON_INDENT(2)) : NULL;
    char *line = text ? ind_text("%s\n", text) : NULL;
    char *path = ind_text("%s.provenance.json", tool->output);
    int status = line && path
                     ? ind_file_write(path, line, strlen(line), false, err)
                     : ind_fail(err, "%s: no room or no UTF-8 for what made it", tool->output);
    json_decref(object);
    free(text);
    free(line);
    free(path);
    return status;
}

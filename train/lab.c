#include "lab.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include <induct/tool/stop.h>

void lab_begin(struct ind_child *lab, const char *run, const struct ind_tool *tool)
{
    struct ind_error error;
    char *const argv[] = {(char *)(uintptr_t) "induct-lab", (char *)(uintptr_t)run, NULL};
    if (ind_child_start(lab, argv, false, &error) != IND_OK)
        ind_tool_warn(tool, "no lab: %s", error.text);
}

void lab_end(struct ind_child *lab, bool done, const struct ind_tool *tool)
{
    if (lab->pid == 0)
        return;
    struct ind_error error;
    int status;
    if (ind_child_ended(lab, &status, &error))
        return;
    if (done && ind_stop_signal() == 0)
        ind_tool_warn(tool, "training is done; the page is served until Ctrl-C");
    else
        kill(lab->pid, SIGTERM);
    int status_of_signal = ind_child_wait(lab, &error);
    (void)status_of_signal; /* ended by a signal, as it is meant to be */
}

#include <induct/tool/stop.h>

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    if (stop_signal)
        _exit(128 + number);
    stop_signal = number;
}

static void install(int number)
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_IGN)
        return;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART; /* a write in progress is finished, not failed */
    sigaction(number, &action, NULL);
}

void ind_stop_install(void)
{
    install(SIGINT);
    install(SIGTERM);
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is told as a write error is */
}

int ind_stop_signal(void)
{
    return stop_signal;
}

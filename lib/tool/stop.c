#include <induct/tool/stop.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include <induct/base/file.h>

/* A second is what is promised; the rest is for ending, and for giving back gigabytes. */
enum { GRACE_MICROSECONDS = 700000 };

static atomic_int stop_signal;
static void (*_Atomic restore_terminal)(void);

static bool is_requeue(int number)
{
    return number == SIGUSR1 || number == SIGUSR2;
}

int ind_stop_status(void)
{
    const int number = atomic_load(&stop_signal);
    if (number == 0)
        return 0;
    return is_requeue(number) ? EX_TEMPFAIL : 128 + number;
}

static _Noreturn void end_now(void)
{
    void (*restore)(void) = atomic_load(&restore_terminal);
    if (restore)
        restore();
    ind_new_files_unlink();
    _exit(ind_stop_status());
}

static void start_grace(void)
{
    const struct itimerval grace = {.it_value = {.tv_usec = GRACE_MICROSECONDS}};
    setitimer(ITIMER_REAL, &grace, NULL);
}

/* A process that saves because it was asked to make room may be asked to stop as well; launchers
 * send SIGUSR1 to a whole step, more than once. */
static void on_signal(int number)
{
    const int before = atomic_exchange(&stop_signal, number);
    if (before && !is_requeue(before))
        end_now();
    start_grace();
}

/* A core is what is asked for, and is given: but nothing half written is left beside it. */
static void on_quit(int number)
{
    void (*restore)(void) = atomic_load(&restore_terminal);
    if (restore)
        restore();
    ind_new_files_unlink();
    signal(number, SIG_DFL);
    raise(number);
}

static void on_requeue(int number)
{
    int none = 0;
    atomic_compare_exchange_strong(&stop_signal, &none, number);
}

/* An alarm that was set before exec(), a time limit of whoever began this, is no success either. */
static void on_grace_over(int number)
{
    int none = 0;
    atomic_compare_exchange_strong(&stop_signal, &none, number);
    end_now();
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART; /* a write in progress is finished, not failed */
    sigaction(number, &action, NULL);
}

static void install(int number, void (*handler)(int))
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        handle(number, handler);
}

void ind_stop_install(void)
{
    handle(SIGALRM, on_grace_over);
    install(SIGINT, on_signal);
    install(SIGTERM, on_signal);
    install(SIGHUP, on_signal);
    install(SIGQUIT, on_quit);
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is told as a write error is */
}

void ind_stop_install_requeue(void)
{
    install(SIGUSR1, on_requeue);
    install(SIGUSR2, on_requeue);
}

void ind_stop_request_requeue(void)
{
    on_requeue(SIGUSR1);
}

void ind_stop_withdraw_requeue(void)
{
    int number = atomic_load(&stop_signal);
    if (is_requeue(number))
        atomic_compare_exchange_strong(&stop_signal, &number, 0);
}

void ind_stop_restore_with(void (*restore)(void))
{
    atomic_store(&restore_terminal, restore);
}

int ind_stop_signal(void)
{
    return atomic_load(&stop_signal);
}

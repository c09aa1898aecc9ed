#include <induct/base/error.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <induct/base/printable.h>

bool ind_error_is_memory(const struct ind_error *err)
{
    return strstr(err->text, IND_NO_MEMORY) != NULL;
}

bool ind_errno_is_of_machine(int reason)
{
    return reason == ENOMEM || reason == EIO || reason == EACCES || reason == EPERM ||
           reason == EMFILE || reason == ENFILE;
}

int ind_fail(struct ind_error *err, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        ind_make_printable(err->text);
    }
    return IND_FAILED;
}

/* Appends ": reason" to whatever fitted. strerror's text is the thread's own, in glibc since
 * 2.32. */
static void append_reason(struct ind_error *err, int number)
{
    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, ": %s",
             number == ENOMEM ? IND_NO_MEMORY : strerror(number));
}

int ind_fail_errno(struct ind_error *err, const char *format, ...)
{
    int number = errno;
    if (err) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        ind_make_printable(err->text);
        append_reason(err, number);
    }
    errno = number;
    return IND_FAILED;
}

int ind_error_context(struct ind_error *err, const char *format, ...)
{
    if (err) {
        char before[sizeof err->text];
        va_list args;
        memcpy(before, err->text, sizeof before);
        va_start(args, format);
        int length = vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        size_t used = length < 0 ? 0 : (size_t)length;
        if (used + 3 < sizeof err->text) {
            size_t room = sizeof err->text - used - 3;
            size_t keep = strnlen(before, room);
            memcpy(err->text + used, ": ", 2);
            memcpy(err->text + used + 2, before, keep);
            err->text[used + 2 + keep] = '\0';
        }
        ind_make_printable(err->text);
    }
    return IND_FAILED;
}

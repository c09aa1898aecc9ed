/*
 * Errors as values.
 *
 * A function that can fail returns IND_OK or IND_FAILED and, on failure, writes one line of text
 * into a struct that its caller owns. The text says what is wrong ("checksum differs"); callers add
 * where on the way up
 * ("runs/a/epoch-00000900.safetensors: checksum differs"), so the program prints one line and
 * nobody else prints.
 *
 * Why not errno, exit() or a thread-local message: checkpoints are read in parallel, and one bad
 * file must neither kill the other two hundred nor leave its message in another thread.
 *
 * Kernels (products, softmax, scores) cannot fail: they assert their shapes and return nothing.
 */
#ifndef INDUCT_BASE_ERROR_H
#define INDUCT_BASE_ERROR_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { IND_OK = 0, IND_FAILED = -1 };

/* Room for a path and a sentence; longer text is cut, never overrun. Control characters (from a
 * name in a hostile file) become '?', so that it is one line and no terminal escape. */
struct ind_error {
    char text[1024];
};

/* Before a prototype: what it returns must be looked at, or the compiler warns (a cast to void does
 * not quieten gcc). Stands before whatever takes a `struct ind_error *` and returns a status. */
#if defined(__GNUC__)
#define IND_CHECKED __attribute__((warn_unused_result))
#else
#define IND_CHECKED
#endif

/* What every message of a lack of memory holds, and no other does. */
#define IND_NO_MEMORY "out of memory"

/* Is that what it says? For those who go on without what cannot be read: not for that reason. */
bool ind_error_is_memory(const struct ind_error *err);

/* Writes the message. Returns IND_FAILED, so that a body can say `return ind_fail(err, ...)`. `err`
 * may be NULL. */
int ind_fail(struct ind_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with ": " and strerror(errno) after it; errno is read before anything else is
 * called. */
int ind_fail_errno(struct ind_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Of an errno that was 0 before something was read: is it the machine, and not what there is to
 * read, that the failure is the fault of? Another time it may be read. */
bool ind_errno_is_of_machine(int reason);

/* Puts "CONTEXT: " before the text that is already there. Returns IND_FAILED. */
int ind_error_context(struct ind_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif
#endif

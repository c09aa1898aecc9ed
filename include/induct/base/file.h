/*
 * Files, whole.
 *
 * A reader that sees a file sees all of it: what is written goes under a temporary name in the same
 * folder, `NAME.PID-N.tmp`, and takes its own name by rename() once every byte is there. A process
 * that is killed leaves at most such a `.tmp` file; a full disk leaves nothing at all.
 */
#ifndef INDUCT_BASE_FILE_H
#define INDUCT_BASE_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/uio.h>

#include <induct/base/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A file on its way to PATH. Owner: ends in commit or abandon, either of which frees. */
struct ind_new_file {
    int fd;
    char *path, *temporary;
    int place;    /* private: in the list of temporary files; -1 = in none */
    bool durable; /* fsync file and folder on commit: survives power loss (about 7 ms) */
};

IND_CHECKED int ind_new_file_open(struct ind_new_file *file, const char *path, bool durable,
                                  struct ind_error *err);

/* Appends all bytes. After a failure ("runs/a/x: cannot write: No space left on device") the file
 * can only be abandoned. */
IND_CHECKED int ind_new_file_write(struct ind_new_file *file, const void *bytes, size_t size,
                                   struct ind_error *err);

/* The same of bytes that lie in several places, one after the other, with one system call: a
 * second one costs a small file a tenth of its time. What the parts hold afterwards is not said. */
IND_CHECKED int ind_new_file_write_parts(struct ind_new_file *file, struct iovec *parts, int count,
                                         struct ind_error *err);

/* Gives the file its name, replacing what had it. On failure the temporary file is removed and
 * PATH is what it was. */
IND_CHECKED int ind_new_file_commit(struct ind_new_file *file, struct ind_error *err);

/* Removes the temporary file. Harmless on one that was committed, abandoned or zeroed. */
void ind_new_file_abandon(struct ind_new_file *file);

/* Removes the temporary files of all that are open, for a signal handler to call before _exit():
 * none of them can be committed any more. */
void ind_new_files_unlink(void);

/* The three steps at once. */
IND_CHECKED int ind_file_write(const char *path, const void *bytes, size_t size, bool durable,
                               struct ind_error *err);

/*
 * The whole of a regular file of at most `limit` bytes (0 = whatever memory holds), followed by a
 * zero byte that `size` does not count. Freed with free(). One read() into memory rather than a
 * mapping: a file that shrinks meanwhile gives an error, not a SIGBUS.
 */
IND_CHECKED int ind_file_read(const char *path, size_t limit, char **bytes, size_t *size,
                              struct ind_error *err);

/*
 * open() of a file in a folder got from others: no link is followed out of that folder (the part of
 * PATH before its last slash, which is the caller's and may lead anywhere), nor is anything but a
 * regular file opened, nor one waited for. The descriptor, or -1 and an error that begins with the
 * path.
 */
IND_CHECKED int ind_file_open_within(const char *path, int flags, struct ind_error *err);

/* ind_file_read() of such a file. */
IND_CHECKED int ind_file_read_within(const char *path, size_t limit, char **bytes, size_t *size,
                                     struct ind_error *err);

/* The same of one that is open; the error names no path. */
IND_CHECKED int ind_file_read_open(int fd, size_t limit, char **bytes, size_t *size,
                                   struct ind_error *err);

/* `size` bytes from `at` on, all of them. */
IND_CHECKED int ind_file_read_at(int fd, size_t at, void *bytes, size_t size,
                                 struct ind_error *err);

/* Memory for what a file holds and a zero byte, at a multiple of 64 bytes (free): every byte is
 * overwritten, and files of one series reuse one block. */
char *ind_file_memory(size_t size);

/* May a file that a user names take the place of what PATH is now? Not that of a folder, a device, a
 * FIFO or a link to nothing, nor of what stands for a descriptor (/dev/stdout): said before the
 * work, not after it, and never renamed over. */
IND_CHECKED int ind_file_check_target(const char *path, struct ind_error *err);

/* Is something called NAME in the folder, be it a link to nothing? Fails where that cannot be
 * told. */
IND_CHECKED int ind_file_exists(const char *folder, const char *name, bool *exists,
                                struct ind_error *err);

/* What PATH is, links followed. Fails where that cannot be told, which is not the same as that
 * there is nothing. */
enum ind_file_kind { IND_FILE_NONE, IND_FILE_REGULAR, IND_FILE_FOLDER, IND_FILE_OTHER };
IND_CHECKED int ind_file_look(const char *path, enum ind_file_kind *kind, struct ind_error *err);

/* /dev/stdout, /dev/fd/3 and the like: a regular file behind it has been opened by somebody else,
 * who may have written to it, and will. */
bool ind_file_stands_for_descriptor(const char *path);

/* Does the name end like the temporary files above? */
bool ind_file_is_temporary(const char *name);

/* Is there a folder of this name? */
bool ind_is_folder(const char *path);

/* Does another process hold an exclusive flock() on FOLDER/NAME? Asks for a shared one and lets go of
 * it at once: who takes the exclusive one tries for longer than that. A file that is not there, or
 * that this user may not open, is held by nobody; fails where the machine does (memory, descriptors,
 * the disk). */
IND_CHECKED int ind_file_is_locked(const char *folder, const char *name, bool *locked,
                                   struct ind_error *err);

/* PATH and its missing parents become folders; existing ones are fine. If `durable`, each one's
 * name is synced in its parent before what lies below it is made. */
IND_CHECKED int ind_folder_make(const char *path, bool durable, struct ind_error *err);

/* The next name in a folder that was opened as PATH, "." and ".." included; NULL at its end, and an
 * error where the rest of it cannot be read. Valid until the next call. */
IND_CHECKED int ind_folder_next(DIR *folder, const char *path, const char **name,
                                struct ind_error *err);

/* fsync() of a folder, so that the names in it survive power loss. */
IND_CHECKED int ind_folder_sync(const char *path, struct ind_error *err);

/* 20000 -> "20,000", in text [32]; returns it. */
char *ind_with_commas(long long number, char text[32]);

/* printf into fresh memory (freed with free), NULL only when memory ran out. */
char *ind_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What a path leads to is called so where it lies: the last part of it, links, "." and ".." followed;
 * of one that leads nowhere its own last part. Freed with free(), NULL only when memory ran out. */
char *ind_path_name(const char *path);

/* A stream whose text is *text (free), *size bytes and a zero byte, once ind_text_close() has closed
 * it; NULL without memory. (Not open_memstream: glibc's leaves out what it has no room for, and
 * neither ferror() nor fclose() says so.) */
FILE *ind_text_open(char **text, size_t *size);

/* Closes what ind_text_open() opened into *text (NULL: it could not): true if all that was printed
 * is there. Otherwise *text is freed and NULL. */
IND_CHECKED bool ind_text_close(FILE *stream, char **text);

#ifdef __cplusplus
}
#endif
#endif

#ifndef INDUCT_BASE_VERSION_H
#define INDUCT_BASE_VERSION_H

/*
 * Which induct this is. Every program prints all of it in --version, and every run stores release and
 * revision in its config.json, so that a result can be traced to the code that made it.
 */

/* The release, "MAJOR.MINOR.PATCH". A static string, nothing to free. */
const char *ind_version(void);

/*
 * The revision it was built from as `git describe --always --dirty` names it, e.g. "bb58c6d" or
 * "bb58c6d-dirty"; "unknown" when it was not built from a git working tree (a release tarball).
 * A static string, nothing to free.
 */
const char *ind_revision(void);

/*
 * What compiled this library and for what kind of processor, e.g. "gcc 12.2.0 for x86_64". A static
 * string, nothing to free.
 */
const char *ind_compiler(void);

#endif

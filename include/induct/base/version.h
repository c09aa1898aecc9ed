#ifndef INDUCT_BASE_VERSION_H
#define INDUCT_BASE_VERSION_H

/*
 * Which induct this is. Every program prints both in --version, and every run stores both in its
 * config.json, so that a result can be traced to the code that made it.
 */

/* The release, "MAJOR.MINOR.PATCH". A static string, nothing to free. */
const char *ind_version(void);

/*
 * The revision it was built from as `git describe --always --dirty` names it, e.g. "bb58c6d" or
 * "bb58c6d-dirty"; "unknown" when it was not built from a git working tree (a release tarball).
 * A static string, nothing to free.
 */
const char *ind_revision(void);

#endif

#include <induct/base/version.h>

#include "revision.h" /* generated in the build folder */

#define TEXT_OF(value) #value
#define TEXT(value)    TEXT_OF(value)

#if defined(__clang__)
#define COMPILER \
    "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." TEXT(__clang_patchlevel__)
#elif defined(__GNUC__)
#define COMPILER "gcc " TEXT(__GNUC__) "." TEXT(__GNUC_MINOR__) "." TEXT(__GNUC_PATCHLEVEL__)
#else
#define COMPILER "an unknown compiler"
#endif

#if defined(__x86_64__)
#define PROCESSOR "x86_64"
#elif defined(__aarch64__)
#define PROCESSOR "arm64"
#else
#define PROCESSOR "another processor"
#endif

const char *ind_version(void)
{
    return IND_VERSION;
}

const char *ind_revision(void)
{
    return IND_REVISION;
}

const char *ind_compiler(void)
{
    return COMPILER " for " PROCESSOR;
}

#include <induct/base/version.h>

#include "revision.h" /* generated in the build folder */

const char *ind_version(void)
{
    return IND_VERSION;
}

const char *ind_revision(void)
{
    return IND_REVISION;
}

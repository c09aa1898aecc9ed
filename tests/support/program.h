/*
 * A test that is also a program: it runs itself again in another role, as what ends a process
 * (usage errors, --help, signals) and what is global in one (the current directory, the standard
 * streams) can only be tested.
 *
 *     int main(int argc, char **argv)
 *     {
 *         if (program_role())
 *             return the_program(argc, argv);
 *         ...cmocka...
 *     }
 */
#ifndef INDUCT_TESTS_SUPPORT_PROGRAM_H
#define INDUCT_TESTS_SUPPORT_PROGRAM_H

/* The role this process was started in, NULL for the test itself. */
const char *program_role(void);

struct program_result {
    int status; /* as a shell has it: 128 + number after a signal */
    char *out, *err;
};

/*
 * Runs this program in `role`, in folder `cwd` with `argv` (argv[0] included, NULL-terminated).
 * `environment`: "NAME=VALUE" strings that are set, "NAME" ones that are unset, NULL-terminated, or
 * NULL. Stdout goes to the file `out_path` if that is not NULL, and to result.out otherwise.
 */
struct program_result program_run(const char *role, const char *cwd, const char *const *argv,
                                  const char *const *environment, const char *out_path);
void program_result_release(struct program_result *result);

#endif

/*
 * A terminal as a whole: a picture that is drawn over and over in place, keys, and the terminal as
 * it was before at any end.
 *
 * The picture stands on the terminal's other screen, so that what was there before is there again
 * afterwards, and no window size can make lines of an old picture run into the scrollback. The
 * terminal is put back when the screen is closed, when the process exits or is ended by a signal,
 * and while it is stopped (Ctrl-Z); only SIGKILL leaves no time for it. In the background nothing is
 * drawn: a process that is brought to the foreground goes on drawing.
 *
 * One screen at a time: see tool/stop.h on global state.
 */
#ifndef INDUCT_TOOL_SCREEN_H
#define INDUCT_TOOL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a terminal can show: colours unless $NO_COLOR is set or $TERM is dumb, Unicode if the locale's
 * character set is UTF-8. `rows` and `columns` as they are now; 24 x 80 if nobody knows. */
struct ind_terminal {
    bool is_terminal; /* and one whose cursor can be moved: $TERM is set and is not dumb */
    bool colour, utf8;
    int rows, columns;
};
struct ind_terminal ind_terminal_of(int fd);

enum ind_key {
    IND_KEY_NONE,
    IND_KEY_LEFT = 256, /* others are the characters themselves */
    IND_KEY_RIGHT,
    IND_KEY_UP,
    IND_KEY_DOWN,
    IND_KEY_HOME,
    IND_KEY_END
};

/* Owner of the terminal's state. */
struct ind_screen {
    int fd;
    bool on, keys;
    unsigned char pending[16]; /* read and not yet understood */
    int pending_count;
};

/* Takes the terminal that fd is. With `keys` standard input, if it is a terminal too, gives each key
 * at once, unseen. False, and nothing is changed, where fd is no terminal that can be drawn on. */
bool ind_screen_open(struct ind_screen *screen, int fd, bool keys);

/* Puts the terminal back and, if there is a last picture, leaves it standing. Harmless on a zeroed
 * one. */
void ind_screen_close(struct ind_screen *screen, const char *last);

/* Shows `picture`: lines, each ended by '\n'. In one write, so that no half picture is seen. The
 * cursor stands on the terminal's last line afterwards. Does nothing in the background. */
void ind_screen_draw(struct ind_screen *screen, const char *picture);

/* Waits for a key or at most `seconds`; less if the window was resized, the process went on after
 * Ctrl-Z or another signal came (then IND_KEY_NONE). */
int ind_screen_key(struct ind_screen *screen, double seconds);

#ifdef __cplusplus
}
#endif
#endif

#include "player.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <induct/base/memory.h>
#include <induct/run/checkpoint.h>

void player_init(struct player *player, struct ind_tool *tool)
{
    *player = (struct player){.back = -2};
    source_init(&player->source, tool);
}

static void forget(struct player *player)
{
    if (player->on)
        ind_live_release(&player->live);
    player->on = false;
    player->seen_count = 0;
}

void player_release(struct player *player)
{
    forget(player);
    free(player->seen);
    free(player->broken);
    source_release(&player->source);
}

/* Which periods it was trained on may not be known of a model trained elsewhere. */
static int begin(struct player *player, struct ind_error *err)
{
    struct ind_tool *tool = player->source.tool;
    const struct ind_recipe *recipe = &player->source.series.recipe;
    if (ind_live_init(&player->live, recipe, err))
        return ind_error_context(err, "%s", tool->run);
    player->on = true;
    if (!ind_recipe_trained_known(recipe))
        ind_tool_warn(tool,
                      "%s: which periods it was trained on is not known: %d taken (import it with "
                      "--trained)",
                      tool->run, player->live.history.periods[0]);
    return IND_OK;
}

/* What was seen and is there no more, and all after it, is forgotten: a training that was killed
 * and resumed makes it again, and one whose window is trained again has others in between. */
static bool go_back(struct player *player)
{
    const struct source *source = &player->source;
    int same = 0;
    while (same < player->seen_count && same < source->count &&
           player->seen[same] == source_epoch(source, same))
        same++;
    if (same == player->seen_count)
        return false;
    player->back = same > 0 ? player->seen[same - 1] : -1;
    player->seen_count = same;
    if (player->on)
        ind_live_history_cut(&player->live.history, player->back);
    return true;
}

int player_refresh(struct player *player, bool *changed, struct ind_error *err)
{
    enum source_news news;
    player->back = -2;
    if (source_look(&player->source, &news, err))
        return IND_FAILED;
    *changed = news != SOURCE_SAME;
    if (news == SOURCE_ANOTHER && player->seen_count > 0) {
        forget(player);
        player->back = -1;
    }
    if (!player->source.there)
        return IND_OK;
    if (!player->on && begin(player, err))
        return IND_FAILED;
    if (news != SOURCE_SAME)
        go_back(player);
    return IND_OK;
}

int player_pending(const struct player *player)
{
    return player->source.count - player->seen_count;
}

/* Whether its name is still there: one that cannot be read for another reason is none to look for
 * again. */
static bool is_gone(const struct source *source, long epoch)
{
    char *path = ind_checkpoint_path(source->series.path, epoch);
    struct stat st;
    const bool gone = path && lstat(path, &st) != 0 && errno == ENOENT;
    free(path);
    return gone;
}

void player_tell(struct player *player)
{
    for (int i = 0; i < player->broken_count; i++)
        ind_tool_complain(player->source.tool, "%s: passed over", player->broken[i].text);
    player->broken_count = 0;
}

static int pass_over(struct player *player, const struct ind_error *broken, struct ind_error *err)
{
    if (ind_error_is_memory(broken))
        return ind_fail(err, IND_NO_MEMORY); /* the checkpoint may be well */
    if (ind_grow(&player->broken, &player->broken_room, (size_t)player->broken_count + 1,
                 sizeof *player->broken, err))
        return IND_FAILED;
    player->broken[player->broken_count++] = *broken;
    player->source.tool->passed_over++;
    if (!player->tells_later)
        player_tell(player);
    return IND_OK;
}

int player_step(struct player *player, struct ind_error *err)
{
    struct source *source = &player->source;
    struct ind_error broken;
    if (player_pending(player) == 0)
        return IND_OK;
    const long epoch = source_epoch(source, player->seen_count);
    if (ind_grow(&player->seen, &player->room, (size_t)player->seen_count + 1, sizeof *player->seen,
                 err))
        return IND_FAILED;
    if (ind_series_read(&source->series, source->wanted[player->seen_count], &source->params,
                        &broken) != IND_OK) {
        if (is_gone(source, epoch)) { /* taken back: the next look says so */
            source->looked = false;
            return IND_OK;
        }
        if (pass_over(player, &broken, err))
            return IND_FAILED;
    } else if (ind_live_look(&player->live, &source->params, epoch, err)) {
        return IND_FAILED;
    }
    player->seen[player->seen_count++] = epoch;
    return IND_OK;
}

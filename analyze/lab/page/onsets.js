/*
 * When something began or ended: crossings, which use no future. The first
 * epoch from which three measured checkpoints in a row lie above (below) a level fixed beforehand:
 * accuracy .5; a score, three times its value under uniform attention.
 */
import { groups } from './draw.js';
import { set, state } from './store.js';

const ROW = 3;
const LEVEL = 0.5;
const TIMES = 3;
const known = new Map();

export function crossing(epochs, values, above, from = 0) {
  let row = 0;
  for (let i = from; i < epochs.length; i++) {
    row = above(values[i]) ? row + 1 : 0;
    if (row === ROW) return i - ROW + 1;
  }
  return -1;
}

function accuracyMarks(run) {
  return run.periods.flatMap((period, p) => {
    const values = run.sorted.map((epoch) => run.accuracy(epoch, p));
    const rise = crossing(run.sorted, values, (v) => v > LEVEL);
    if (rise < 0) return [];
    const fall = crossing(run.sorted, values, (v) => v < LEVEL, rise);
    const mark = (at, word, sign) => ({ epoch: run.sorted[at],
      text: `accuracy at period ${period} ${word} ${sign} 50 %: epoch ${groups(run.sorted[at])}` });
    const list = run.isTrained(period) && period !== run.period ? [] : [mark(rise, 'rises', 'above')];
    return fall < 0 ? list : [...list, mark(fall, 'falls', 'below')];
  });
}

function headMarks(run) {
  return ['prev_token', 'induction'].flatMap((name) => {
    const s = run.scoreIndex(name);
    if (s < 0) return [];
    const level = TIMES * run.scores[s].uniform;
    return run.heads.flatMap((head, h) => {
      const at = crossing(run.sorted, run.sorted.map((epoch) => run.score(epoch, h, s)),
        (v) => v > level);
      return at < 0 ? [] : [{ epoch: run.sorted[at],
        text: `${head}: ${name} above ${TIMES} x chance from epoch ${groups(run.sorted[at])}` }];
    });
  });
}

/* [{epoch, text}] in time order; those of one epoch are one mark. */
export function onsets(run) {
  const kept = known.get(run);
  if (kept && kept.measured === run.sorted.length) return kept.marks;
  const byEpoch = new Map();
  for (const mark of [...accuracyMarks(run), ...headMarks(run)])
    byEpoch.set(mark.epoch, [...(byEpoch.get(mark.epoch) || []), mark.text]);
  const marks = [...byEpoch].sort((a, b) => a[0] - b[0])
    .map(([epoch, texts]) => ({ epoch, text: texts.join('\n') }));
  known.set(run, { measured: run.sorted.length, marks });
  return marks;
}

/* The next mark after (before) the epoch shown. */
export function toOnset(run, forward) {
  const marks = onsets(run).map((mark) => mark.epoch);
  const next = forward ? marks.find((e) => e > state.epoch)
    : marks.reverse().find((e) => e < state.epoch);
  if (next !== undefined) set({ epoch: next, follow: false, playing: false });
}

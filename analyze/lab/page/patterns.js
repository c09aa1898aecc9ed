/* Which pattern a head has in the present state: the model's where it was asked (tokens typed,
 * something changed), the stored one otherwise. */
import { paintMatrix, paintTriangle } from './draw.js';
import { manifest, run } from './runs.js';
import { state } from './store.js';

const LEVELS = { sample: 255, mean: 63 };

/* Is what the model computed to be shown rather than what is stored? A mean is over the stored
 * sequences, and only there while nothing is changed. */
export function isComputed() {
  const { result } = state;
  if (!result || result.run !== state.run) return false;
  return state.ops.length > 0 || state.tokens !== null;
}

export const patternsAt = () => ['run', 'epoch', 'data', 'map', 'tokens', 'ops', 'result', 'means'];

const hasMeans = () => state.map === 'mean' && !state.tokens && state.means &&
  state.means.run === state.run && state.means.ops === state.ops &&
  state.means.epoch === state.result.epoch;

/* {length, value(i, j), paint(canvas)} of a head; null if it is not known (yet). */
export function patternOf(head, which = {}) {
  if (which.arm === undefined && isComputed()) return computed(head, 'after');
  if (which.arm) return state.result ? computed(head, which.arm) : null;
  const each = which.run ?? run();
  const epoch = which.epoch ?? state.epoch;
  const maps = each.maps.get(epoch);
  if (!maps) {
    each.needMaps(epoch);
    return null;
  }
  const from = head * each.triangle;
  const top = LEVELS[state.map];
  const bytes = maps[state.map];
  return {
    length: each.length,
    value: (i, j) => bytes[from + (i * (i + 1)) / 2 + j] / top,
    paint: (canvas) => paintTriangle(canvas, bytes, from, each.length, top),
  };
}

function computed(head, arm) {
  const shownPass = arm === 'after' && hasMeans() ? state.means : state.result[arm];
  const { length, patterns } = shownPass;
  const from = head * length * length;
  return {
    length,
    value: (i, j) => patterns[from + i * length + j],
    paint: (canvas) => paintMatrix(canvas, patterns, from, length),
  };
}

/* The period of what is shown, 0 if it has none that is known. */
export const shownPeriod = () => (state.tokens ? state.period : run().period);

/* What is shown, in words. */
export function whatIsShown() {
  const each = run();
  if (isComputed()) {
    if (hasMeans())
      return `mean of 32 sequences of period ${each.period}, changed, at epoch ${state.means.epoch}`;
    const typed = state.tokens ? 'tokens typed' : `evaluation sequence ${each.index}`;
    return `${typed}, computed at epoch ${state.result.epoch}`;
  }
  return state.map === 'mean'
    ? `mean of ${each.sequences} sequences of period ${each.period}`
    : `evaluation sequence ${each.index} of period ${each.period}, seed ${manifest.seed}`;
}

/*
 * What the model says of the state: one sequence at once, many sequences after it in small pieces,
 * so that the page stays quick. Both with the interventions, and without for comparison.
 *
 *   state.result    {epoch, tokens, length, before, after}: forward passes (model.js); `after` is
 *                   `before` where nothing is changed
 *   state.means     {epoch, ops, length, patterns}: means over evaluation sequences of the run's
 *                   period with the interventions, where these and means are shown
 *   state.accuracy  {epoch, periods: [{period, before, after, sequences}]}, filled in as it comes
 */
import { Model, hasModule } from './model.js';
import { needsDonor } from './operations.js';
import { run } from './runs.js';
import { set, state, watch } from './store.js';

const SLICE = 10;      /* milliseconds of work before the page has its turn */
const TOGETHER = 4;    /* sequences of one call */
const REFERENCE = 16;  /* sequences behind a mean */

const models = new Map();
export function modelOf(each) {
  if (!models.has(each)) models.set(each, new Model(each));
  return models.get(each);
}

/* Inputs of the sequence shown: all but the last of a full context. */
export function shownTokens() {
  const each = run();
  const tokens = state.tokens || each.tokens;
  return tokens.slice(0, Math.min(tokens.length, each.config.n_ctx - 1));
}

export const milliseconds = { forward: [] };

/* ---- One sequence ---- */

let wanted = 0;

async function refresh() {
  if (!hasModule()) return;
  const mine = ++wanted;
  const each = run();
  const epoch = each.weightsEpoch(state.epoch);
  if (each.regime) {
    set({ result: null, accuracy: null, problem: `This run was trained under ${each.regime}: what is ` +
      'stored was measured under it as well, but the page\u2019s model cannot replay it.' });
    return;
  }
  try {
    const model = modelOf(each);
    const donor = needsDonor() ? each.weightsEpoch(state.donor) : null;
    const reference = state.ops.some((op) => op.how === 'mean') ? await referenceOf(each) : null;
    await model.use(epoch, donor);
    if (mine !== wanted) return;
    set({ result: look(model, epoch, reference), problem: '' });
    startMany(each, model, epoch, donor, reference);
  } catch (error) {
    if (mine === wanted) set({ result: null, accuracy: null, problem: error.message });
  }
}

function look(model, epoch, reference) {
  const began = performance.now();
  const tokens = shownTokens();
  model.apply([], null);
  const before = model.forward(tokens);
  let after = before;
  if (state.ops.length > 0) {
    model.apply(state.ops, reference);
    after = model.forward(tokens);
  }
  milliseconds.forward.push(performance.now() - began);
  return { epoch, run: state.run, tokens, length: tokens.length, before, after, ops: state.ops };
}

/* Runs again what is shown, so that the model's last pass is that one: for whoever asks it more. */
export function again() {
  const { result } = state;
  const model = modelOf(run());
  if (!result || model.loaded[0] !== result.epoch) return null;
  model.apply(result.ops, model.referenceTokens || null);
  model.forward(result.tokens);
  return model;
}

async function referenceOf(each) {
  const p = each.periods.findIndex((period) => period === each.period);
  const tokens = await each.evaluationTokens(p < 0 ? 0 : p);
  /* The last ones: not those on which accuracies begin. */
  const from = Math.max(0, each.sequences - REFERENCE) * each.config.n_ctx;
  modelOf(each).referenceTokens = tokens.subarray(from);
  return tokens.subarray(from);
}

/* ---- Many sequences ---- */

const cleanOf = new Map(); /* "run epoch period" -> sums without interventions */
let many = 0;

const sums = () => ({ n: 0, predictions: 0, correct: 0, loss: 0, candidates: 0, margin: 0 });

function add(sum, part, sequences) {
  sum.n += sequences;
  sum.predictions += part.predictions;
  sum.correct += part.accuracy * part.predictions;
  sum.loss += part.loss * part.predictions;
  sum.candidates += part.candidates;
  if (part.candidates > 0) sum.margin += part.margin * part.candidates;
}

const mean = (sum) => ({ accuracy: sum.correct / sum.predictions, loss: sum.loss / sum.predictions,
  margin: sum.margin / sum.candidates, predictions: sum.predictions, sequences: sum.n });

/* Period after period a few sequences, then again, until all are done. */
async function startMany(each, model, epoch, donor, reference) {
  const mine = ++many;
  const ops = state.ops;
  const rows = each.periods.map((period, p) => {
    const key = `${each.number} ${epoch} ${p}`;
    if (!cleanOf.has(key)) cleanOf.set(key, sums());
    return { period, p, clean: cleanOf.get(key), changed: sums(), tokens: null };
  });
  for (const row of rows) row.tokens = await each.evaluationTokens(row.p);
  if (mine === many) set({ accuracy: null });
  let began = performance.now();
  for (let first = 0; first < each.sequences; first += TOGETHER) {
    for (const row of rows) {
      if (performance.now() - began > SLICE) {
        publish(epoch, rows, ops);
        await new Promise((resolve) => setTimeout(resolve, 0));
        began = performance.now();
      }
      if (mine !== many || model.loaded[0] !== epoch) return;
      evaluateSome(model, each, row, first, ops, reference);
    }
  }
  publish(epoch, rows, ops);
  showMeans(each, model, epoch, ops, reference);
}

const MEANS = 32; /* sequences behind mean patterns of a changed model */

function showMeans(each, model, epoch, ops, reference) {
  const row = each.periods.indexOf(each.period);
  if (state.map !== 'mean' || ops.length === 0 || state.tokens || row < 0) return;
  each.evaluationTokens(row).then((tokens) => {
    if (model.loaded[0] !== epoch || state.ops !== ops) return;
    model.apply(ops, reference);
    const patterns = model.meanPatterns(tokens.subarray(0, MEANS * each.config.n_ctx));
    set({ means: { run: state.run, epoch, ops, length: each.config.n_ctx - 1, patterns } });
  });
}

function evaluateSome(model, each, row, first, ops, reference) {
  const context = each.config.n_ctx;
  const count = Math.min(TOGETHER, each.sequences - first);
  const tokens = row.tokens.subarray(first * context, (first + count) * context);
  if (row.clean.n <= first) {
    model.apply([], null);
    add(row.clean, model.evaluate(tokens, row.period), count);
  }
  if (ops.length === 0) return;
  model.apply(ops, reference);
  add(row.changed, model.evaluate(tokens, row.period), count);
}

function publish(epoch, rows, ops) {
  set({ accuracy: { epoch, ops, periods: rows.filter((row) => row.clean.n > 0).map((row) => {
    const changed = ops.length > 0 ? row.changed : row.clean;
    return { period: row.period, before: mean(row.clean), after: mean(changed),
      sequences: Math.min(row.clean.n, changed.n) };
  }) } });
}

/* While the slider moves, the model runs once it rests: stored patterns are shown meanwhile. */
const REST = 60;
let resting = 0;

export function startLens() {
  watch(['run', 'epoch', 'tokens', 'ops', 'donor', 'model', 'map'], (names) => {
    clearTimeout(resting);
    if (names.has('epoch') && !names.has('ops')) resting = setTimeout(refresh, REST);
    else refresh();
  });
}

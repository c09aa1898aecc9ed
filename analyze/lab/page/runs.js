/*
 * Runs as they are known so far: scalars of all measured checkpoints in typed arrays, patterns in
 * pieces that are fetched from where one looks outwards, weights on demand.
 */
import { floatsFromHalves, readEpochs, readHalves, readMaps } from './codec.js';
import { source } from './source.js';
import { set, state } from './store.js';

const PERIOD_FIELDS = 4;
const WEIGHTS_KEPT = 24;

export const runs = [];
export const manifest = {};
export const run = () => runs[state.run];

const touched = () => set({ data: state.data + 1 });

export class Run {
  constructor(described, number) {
    Object.assign(this, described);
    this.number = number;
    this.heads = described.heads;
    this.layers = this.config.n_layers;
    this.perLayer = this.config.n_heads;
    this.triangle = (this.length * (this.length + 1)) / 2;
    this.headFields = this.scores.length;
    this.scalarCount = this.periods.length * PERIOD_FIELDS + this.heads.length * this.headFields;
    this.scalars = new Map();     // epoch -> Float32Array
    this.maps = new Map();        // epoch -> {sample, mean, profile}
    this.halves = new Map();      // epoch -> Uint16Array of a report's weights
    this.weightsKept = new Map(); // epoch -> Promise of Float32Array
    this.asked = new Set();
    this.sorted = [];             // measured epochs, ascending
    this.isBroken = new Set(this.broken);
  }

  /* ---- What is measured ---- */

  addScalars(buffer) {
    const epochs = readEpochs(buffer);
    let from = 4 + 4 * epochs.length;
    for (const epoch of epochs) {
      this.scalars.set(epoch, new Float32Array(buffer, from, this.scalarCount));
      from += 4 * this.scalarCount;
    }
    this.sorted = [...this.scalars.keys()].sort((a, b) => a - b);
    touched();
  }

  async loadScalars(from, to) {
    this.addScalars(await source.block(`${this.number}/scalars/${from}-${to}`));
  }

  accuracy(epoch, period, field = 0) {
    const scalars = this.scalars.get(epoch);
    return scalars ? scalars[period * PERIOD_FIELDS + field] : NaN;
  }

  score(epoch, head, score) {
    const scalars = this.scalars.get(epoch);
    if (!scalars) return NaN;
    return scalars[this.periods.length * PERIOD_FIELDS + head * this.headFields + score];
  }

  scoreIndex(name) {
    return this.scores.findIndex((score) => score.name === name);
  }

  isTrained(period) {
    return !!this.trained && period >= this.trained[0] && period <= this.trained[1];
  }

  /* ---- Epochs ---- */

  get last() {
    return this.epochs[this.epochs.length - 1];
  }

  /* Index of the checkpoint nearest to an epoch. */
  indexOf(epoch) {
    return nearest(this.epochs, epoch);
  }

  /* The nearest epoch whose weights the page can have. */
  weightsEpoch(epoch) {
    const list = this.weights.epochs || this.epochs.filter((e) => !this.isBroken.has(e));
    return list[nearest(list, epoch)];
  }

  /* The nearest epoch that has been measured; -1 if there is none yet. */
  measuredEpoch(epoch) {
    if (this.scalars.has(epoch)) return epoch;
    return this.sorted.length ? this.sorted[nearest(this.sorted, epoch)] : -1;
  }

  appeared(epoch) {
    const at = lowerBound(this.epochs, epoch);
    if (this.epochs[at] !== epoch) this.epochs.splice(at, 0, epoch);
  }

  /* ---- Patterns ---- */

  addMaps(buffer) {
    const epochs = readEpochs(buffer);
    const places = this.heads.length * this.triangle;
    const profile = this.heads.length * this.length;
    let from = 4 + 4 * epochs.length;
    const profiles = [];
    for (let e = 0; e < epochs.length; e++, from += 2 * profile)
      profiles.push(new Uint16Array(buffer, from, profile));
    if (epochs.length === 0) return 0;
    const size = places * epochs.length;
    const samples = readMaps(new Uint8Array(buffer, from, size), places, epochs.length);
    const means = readMaps(new Uint8Array(buffer, from + size, size), places, epochs.length);
    epochs.forEach((epoch, e) => {
      this.maps.set(epoch, { sample: samples[e], mean: means[e], profile: profiles[e] });
    });
    return epochs.length;
  }

  async loadMaps(from, to) {
    const name = `${this.number}/maps/${from}-${to}`;
    if (this.asked.has(name)) return;
    this.asked.add(name);
    try {
      this.addMaps(await source.block(name));
      touched();
    } catch (error) {
      this.asked.delete(name);
      throw error;
    }
  }

  /* The piece that holds an epoch: a report's own, or those of 32 measured checkpoints
   * that are not here yet: of a live run mostly the newest alone. */
  piece(epoch) {
    if (this.chunks) return this.chunks.find(([from, to]) => epoch >= from && epoch <= to);
    const at = Math.floor(lowerBound(this.sorted, epoch) / 32) * 32;
    const missing = this.sorted.slice(at, at + 32).filter((each) => !this.maps.has(each));
    return missing.length ? [missing[0], missing[missing.length - 1]] : null;
  }

  needMaps(epoch) {
    if (this.maps.has(epoch) || !this.scalars.has(epoch)) return Promise.resolve();
    const piece = this.piece(epoch);
    return piece ? this.loadMaps(piece[0], piece[1]).catch(() => {}) : Promise.resolve();
  }

  /* A measured epoch without patterns, the nearest to `epoch`; undefined if there is none. */
  missingMaps(epoch) {
    let best;
    for (const e of this.sorted)
      if (!this.maps.has(e) && (best === undefined || Math.abs(e - epoch) < Math.abs(best - epoch)))
        best = e;
    return best;
  }

  /* Mean of A[i,i-o] over i of one head. */
  profile(epoch, head) {
    const maps = this.maps.get(epoch);
    if (!maps) return null;
    return floatsFromHalves(maps.profile.subarray(head * this.length, (head + 1) * this.length));
  }

  /* ---- Weights ---- */

  loadWeights(epoch) {
    if (!this.weightsKept.has(epoch)) {
      if (this.weightsKept.size >= WEIGHTS_KEPT)
        this.weightsKept.delete(this.weightsKept.keys().next().value);
      this.weightsKept.set(epoch, this.fetchWeights(epoch));
    }
    return this.weightsKept.get(epoch);
  }

  async fetchWeights(epoch) {
    if (this.weights.type === 'f32')
      return new Float32Array(await source.block(`${this.number}/weights/${epoch}`));
    const floats = new Float32Array(this.weights.total);
    floatsFromHalves(await this.halvesOf(this.weights.epochs.indexOf(epoch)), floats);
    floats.set(new Float32Array(await source.block(`${this.number}/fixed`)), this.weights.trained);
    return floats;
  }

  /* From the last whole ones on, difference after difference. */
  async halvesOf(index) {
    const epoch = this.weights.epochs[index];
    if (this.halves.has(epoch)) return this.halves.get(epoch);
    const before = index % this.weights.key === 0 ? null : await this.halvesOf(index - 1);
    const bytes = new Uint8Array(await source.block(`${this.number}/weights/${epoch}`));
    const halves = readHalves(bytes, before);
    this.halves.set(epoch, halves);
    return halves;
  }

  /* Evaluation sequences of the p-th period: Int32Array [sequences, context]. */
  async evaluationTokens(p) {
    if (!this.sequencesRead) this.sequencesRead = source.block(`${this.number}/sequences`);
    const buffer = await this.sequencesRead;
    const parts = this.config.d_vocab > 65536 ? new Uint32Array(buffer) : new Uint16Array(buffer);
    const period = this.periods[p];
    const context = this.config.n_ctx;
    const start = this.periods.slice(0, p).reduce((sum, each) => sum + each * this.sequences, 0);
    const tokens = new Int32Array(this.sequences * context);
    for (let s = 0; s < this.sequences; s++)
      for (let i = 0; i < context; i++)
        tokens[s * context + i] = parts[start + s * period + (i % period)];
    return tokens;
  }

  /* metrics.tsv: {name: [numbers]}; null if there is none. A torn last line is left out. */
  async loadMetrics() {
    const text = new TextDecoder().decode(await source.block(`${this.number}/metrics`));
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
      .filter((line) => line && line[0] !== '#').map((line) => line.split('\t'));
    if (lines.length < 2) return;
    this.metrics = Object.fromEntries(lines[0].map((name, c) =>
      [name, lines.slice(1).map((cells) => parseFloat(cells[c]))]));
    touched();
  }
}

export function lowerBound(list, value) {
  let lo = 0;
  let hi = list.length;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (list[middle] < value) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}

export function nearest(list, value) {
  const at = lowerBound(list, value);
  if (at === 0) return 0;
  if (at === list.length) return at - 1;
  return value - list[at - 1] <= list[at] - value ? at - 1 : at;
}

/* ---- All of them ---- */

export async function openRuns() {
  Object.assign(manifest, await source.manifest());
  runs.length = 0;
  manifest.runs.forEach((described, number) => runs.push(new Run(described, number)));
  await Promise.all(runs.map((each) => each.loadScalars(0, each.last).catch(() => {})));
  for (const each of runs) each.loadMetrics().catch(() => {});
}

/* Fills in patterns between frames, the shown run's first, from the shown epoch outwards. */
export async function fillIn() {
  for (;;) {
    const order = [run(), ...runs.filter((each) => each !== run())];
    const next = order.map((each) => [each, each.missingMaps(state.epoch)])
      .find(([, epoch]) => epoch !== undefined);
    if (next) await next[0].needMaps(next[1]);
    await new Promise((resolve) => setTimeout(resolve, next ? 0 : 300));
  }
}

/* ---- What is new ---- */

/* Events overlap with the answers that they ask for: one may know of more than an older event. */
function agree(totals) {
  return totals.every(([count], r) => runs[r] && runs[r].epochs.length >= count);
}

async function catchUp() {
  const fresh = await source.manifest();
  for (const described of fresh.runs) {
    const each = runs[fresh.runs.indexOf(described)];
    each.epochs = described.epochs;
    each.isBroken = new Set(described.broken);
    const known = new Set(described.epochs);
    for (const epoch of [...each.scalars.keys()]) if (!known.has(epoch)) each.scalars.delete(epoch);
    for (const epoch of [...each.maps.keys()]) if (!known.has(epoch)) each.maps.delete(epoch);
    each.asked.clear();
    each.weightsKept.clear();
    await each.loadScalars(0, each.last);
  }
}

export function listen() {
  source.listen(async (event) => {
    if (!event || event.shrunk) return catchUp();
    for (const [r, epoch] of event.appeared) runs[r].appeared(epoch);
    for (let r = 0; r < runs.length; r++) {
      const epochs = event.measured.filter(([of]) => of === r).map(([, epoch]) => epoch);
      if (epochs.length === 0) continue;
      await runs[r].loadScalars(Math.min(...epochs), Math.max(...epochs)).catch(() => {});
      if (event.appeared.length > 0) runs[r].loadMetrics().catch(() => {});
    }
    if (!agree(event.totals)) return catchUp();
    if (state.follow) set({ epoch: run().measuredEpoch(run().last) });
    touched();
  });
}

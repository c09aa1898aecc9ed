/*
 * The model: the library itself, compiled to WebAssembly (lib/lab/lab.h says what each function
 * does). Here are only its memory, its words and its sets of weights.
 */
import { source } from './source.js';

const SHOWN = 0;
const DONOR = 1;
const SETS = 4;
const BEST = 5;
const RESULTS = 6; /* predictions, accuracy, loss, margin, pseudo, candidates */
const SOURCES = { own: -1, uniform: -2, previous: -3 };
const GRAFTS = { head: 0, qk: 1, ov: 2 };

let instance = null;
let missing = false;

/* WASI, of which the module asks only what a failed assertion would call. */
const refuse = () => 52;
const wasi = new Proxy({}, { get: () => refuse });

export async function openModule() {
  const bytes = await source.wasm();
  if (!bytes) {
    missing = true;
    return false;
  }
  const module = await WebAssembly.compile(bytes);
  const imports = {};
  for (const { module: from } of WebAssembly.Module.imports(module)) imports[from] = wasi;
  const names = WebAssembly.Module.imports(module).map((each) => each.name);
  imports.wasi_snapshot_preview1 = Object.fromEntries(names.map((name) => [name, refuse]));
  instance = await WebAssembly.instantiate(module, imports);
  if (instance.exports._initialize) instance.exports._initialize();
  return true;
}

export const hasModule = () => instance !== null;
export const isMissing = () => missing;

const memory = () => instance.exports.memory.buffer;
const floats = (at, count) => new Float32Array(memory(), at, count);

function text(at) {
  const bytes = new Uint8Array(memory(), at);
  return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
}

export class Model {
  constructor(run) {
    const c = run.config;
    const { exports } = instance;
    this.lab = exports;
    this.run = run;
    this.loaded = new Array(SETS).fill(null);
    this.spaces = new Map();
    this.it = exports.ind_lab_open(c.n_layers, c.n_heads, c.d_model, c.d_head, c.d_vocab, c.n_ctx,
      this.word('ind_lab_positions', c.positional_embedding_type === 'standard' ? 'learned'
        : c.positional_embedding_type),
      c.normalization_type ? this.word('ind_lab_norm', c.normalization_type) : 0,
      c.bias ? 1 : 0, c.attn_scale || 0, c.eps || 1e-5, c.rotary_dim || 0,
      c.rotary_base || 10000, c.rotary_adjacent_pairs ? 1 : 0);
    this.check(this.it && !text(exports.ind_lab_error(this.it)) ? 0 : -1);
    this.total = exports.ind_lab_total(this.it);
  }

  word(name, value) {
    const bytes = new TextEncoder().encode(value + '\0');
    const at = this.lab.ind_lab_alloc(bytes.length);
    new Uint8Array(memory(), at, bytes.length).set(bytes);
    const number = this.lab[name](at);
    this.lab.ind_lab_free(at);
    return number;
  }

  check(status) {
    if (status !== 0)
      throw new Error(this.it ? text(this.lab.ind_lab_error(this.it)) : 'no memory for the model');
  }

  /* Room for arguments and results of a name, kept from call to call. */
  space(name, bytes) {
    const kept = this.spaces.get(name);
    if (kept && kept.bytes >= bytes) return kept.at;
    if (kept) this.lab.ind_lab_free(kept.at);
    const at = this.lab.ind_lab_alloc(bytes);
    if (!at) throw new Error('no memory for the model');
    this.spaces.set(name, { at, bytes });
    return at;
  }

  put(name, tokens) {
    const at = this.space(name, 4 * tokens.length);
    new Int32Array(memory(), at, tokens.length).set(tokens);
    return at;
  }

  load(set, epoch, weights) {
    if (this.loaded[set] === epoch) return;
    const at = this.lab.ind_lab_weights(this.it, set);
    if (!at) throw new Error('no memory for the weights');
    floats(at, this.total).set(weights);
    this.loaded[set] = epoch;
  }

  /* The epoch shown, and the donor's where one is needed. */
  async use(epoch, donor) {
    const weights = await this.run.loadWeights(epoch);
    const others = donor === null ? null : await this.run.loadWeights(donor);
    this.load(SHOWN, epoch, weights);
    if (others) this.load(DONOR, donor, others);
  }

  /* Puts the interventions in force; `reference`: sequences for means. */
  apply(ops, reference) {
    const { lab, it } = this;
    lab.ind_lab_reset(it);
    if (ops.some((op) => op.how === 'mean'))
      this.check(lab.ind_lab_reference(it, this.put('reference', reference),
        reference.length / this.run.config.n_ctx));
    for (const op of ops) {
      const [layer, head] = this.place(op.head);
      if (op.kind === 'off')
        this.check(op.how === 'zero' ? lab.ind_lab_zero(it, layer, head)
          : lab.ind_lab_mean(it, layer, head));
      else if (op.kind === 'pattern')
        this.check(lab.ind_lab_freeze(it, layer, head, SOURCES[op.how] ?? DONOR));
      else if (op.kind === 'graft')
        this.check(lab.ind_lab_graft(it, DONOR, GRAFTS[op.how], layer, head));
    }
    this.drop(ops.filter((op) => op.kind === 'drop'));
  }

  drop(ops) {
    const bits = { cc: 1, cp: 2, pc: 4, pp: 8 };
    const { perLayer, heads } = this.run;
    for (let h = 0; h < heads.length; h++) {
      const terms = ops.filter((op) => op.head === h || (op.head < 0 && h >= perLayer))
        .reduce((set, op) => set | bits[op.how], 0);
      if (terms)
        this.check(this.lab.ind_lab_drop(this.it, Math.floor(h / perLayer), h % perLayer, terms));
    }
  }

  /* One sequence: patterns [heads, length, length] and logits [length, vocab], copied; and the most
   * probable tokens after each position. */
  forward(tokens) {
    const length = tokens.length;
    this.check(this.lab.ind_lab_run(this.it, SHOWN, this.put('tokens', tokens), length));
    const { perLayer, layers } = this.run;
    const block = perLayer * length * length;
    const patterns = new Float32Array(layers * block);
    for (let layer = 0; layer < layers; layer++)
      patterns.set(floats(this.lab.ind_lab_pattern(this.it, layer, 0), block), layer * block);
    const logits = floats(this.lab.ind_lab_logits(this.it), length * this.run.config.d_vocab).slice();
    const best = Math.min(BEST, this.run.config.d_vocab);
    return { length, patterns, logits, top: tokens.map((_, row) => this.top(row, best)) };
  }

  /* Of the last forward: the most probable tokens at a row. */
  top(row, count) {
    const tokens = this.space('top', 4 * count);
    const shares = this.space('shares', 4 * count);
    this.check(this.lab.ind_lab_top(this.it, row, count, tokens, shares));
    const words = new Int32Array(memory(), tokens, count);
    return Array.from(floats(shares, count), (share, i) => ({ token: words[i], share }));
  }

  /* Of the last forward: scores [length, length] of a head, and its terms CC, CP, PC, PP. */
  scores(head, length) {
    return floats(this.lab.ind_lab_scores(this.it, ...this.place(head)), length * length).slice();
  }

  split(head, length) {
    const out = this.space('split', 16 * length * length);
    if (this.lab.ind_lab_split(this.it, ...this.place(head), out) !== 0) return null;
    return floats(out, 4 * length * length).slice();
  }

  /* Of the last forward, all of a head or about a row; shapes in lib/lab/lab.h. */

  place(head) {
    return [Math.floor(head / this.run.perLayer), head % this.run.perLayer];
  }

  /* Names of what queries and keys of a head are sums of; [] where scores cannot be split. */
  sourceNames(head) {
    const [layer] = this.place(head);
    return Array.from({ length: this.lab.ind_lab_source_count(this.it, layer) }, (_, source) =>
      text(this.lab.ind_lab_source_name(this.it, layer, source)));
  }

  /* [sources, sources, row + 1] */
  sources(head, row) {
    const count = this.sourceNames(head).length ** 2 * (row + 1);
    const out = this.space('sources', 4 * count);
    const failed = this.lab.ind_lab_sources(this.it, ...this.place(head), row, out) !== 0;
    return failed ? null : floats(out, count).slice();
  }

  /* [{name, value}] that sum to logit(token) minus the mean logit. */
  components(row, token) {
    const count = this.lab.ind_lab_component_count(this.it);
    const out = this.space('components', 8 * count);
    this.check(this.lab.ind_lab_attribution(this.it, row, token, out));
    return Array.from(new Float64Array(memory(), out, count).slice(), (value, i) =>
      ({ name: text(this.lab.ind_lab_component_name(this.it, i)), value }));
  }

  /* [row + 1]: a head's part of that by the position looked at. */
  writes(head, row, token) {
    const out = this.space('writes', 8 * (row + 1));
    this.check(this.lab.ind_lab_writes(this.it, ...this.place(head), row, token, out));
    return new Float64Array(memory(), out, row + 1).slice();
  }

  /* {predictions, accuracy, loss, margin, candidates} over sequences [n, context] of a period. */
  evaluate(tokens, period) {
    const out = this.space('results', 8 * RESULTS);
    const [lo, hi] = this.run.trained || [0, 0];
    this.check(this.lab.ind_lab_evaluate(this.it, SHOWN, this.put('many', tokens),
      tokens.length / this.run.config.n_ctx, period, lo, hi, out));
    const [predictions, accuracy, loss, margin, , candidates] = new Float64Array(memory(), out, RESULTS);
    return { predictions, accuracy, loss, margin, candidates };
  }

  /* Mean patterns [heads, inputs, inputs] over sequences [n, context]. */
  meanPatterns(tokens) {
    const { config, heads } = this.run;
    const count = heads.length * (config.n_ctx - 1) ** 2;
    const out = this.space('means', 4 * count);
    this.check(this.lab.ind_lab_mean_patterns(this.it, SHOWN, this.put('many', tokens),
      tokens.length / config.n_ctx, out));
    return floats(out, count).slice();
  }
}

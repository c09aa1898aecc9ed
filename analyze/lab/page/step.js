/*
 * One prediction, step by step: the scores of a head that reads other heads, taken apart by content
 * and position and by source; softmax; what each looked-at position writes; and what every part of
 * the model adds to the logit. Every sum is shown beside what it should be.
 */
import { differenceColours, cssColour, inkOn, lineColour, make, onTheme, percent, signed } from './draw.js';
import { again } from './lens.js';
import { isMissing } from './model.js';
import { cannotSplit } from './operate.js';
import { currentHead } from './pattern.js';
import { panel } from './panel.js';
import { shownPeriod } from './patterns.js';
import { run } from './runs.js';
import { shownToken, state, watchNear } from './store.js';

const KEYS = 6;
const number = (x) => signed(x, 3);

/* The head looked into: the current one if it reads others, else the strongest that does. */
function readingHead() {
  const each = run();
  const head = currentHead();
  if (head >= each.perLayer || each.layers === 1) return head;
  const s = each.scoreIndex('induction');
  const epoch = each.measuredEpoch(state.epoch);
  let best = each.perLayer;
  for (let h = best; h < each.heads.length; h++)
    if (each.score(epoch, h, s) > each.score(epoch, best, s)) best = h;
  return best;
}

/* The position looked at: the shown one, else the first of which an earlier copy is seen whole. */
function row(result) {
  const shown = shownToken();
  const usual = Math.min(result.length - 1, (shownPeriod() || 0) + 5);
  return shown >= 0 && shown < result.length ? shown : usual;
}

/* All numbers of the present step; null while there are none. */
function gather() {
  const { result } = state;
  if (!result || result.run !== state.run) return null;
  const model = again();
  if (!model) return null;
  const head = readingHead();
  const i = row(result);
  const n = result.length;
  const full = state.tokens || run().tokens;
  const next = result.tokens[i + 1] ?? full[i + 1] ?? result.tokens[i];
  const pattern = result.after.patterns.subarray((head * n + i) * n, (head * n + i) * n + i + 1);
  const scores = model.scores(head, n).subarray(i * n, i * n + i + 1);
  const split = model.split(head, n);
  const terms = split && [0, 1, 2, 3].map((t) => split.subarray((t * n + i) * n, (t * n + i) * n + i + 1));
  const names = model.sourceNames(head);
  return { head, i, next, pattern, scores, terms, names, sources: model.sources(head, i),
    writes: model.writes(head, i, next), components: model.components(i, next),
    own: ownLogit(result, i, next), token: result.tokens[i], tokens: result.tokens };
}

/* logit(token) minus the mean, straight from the logits. */
function ownLogit(result, i, token) {
  const vocab = run().config.d_vocab;
  const logits = result.after.logits.subarray(i * vocab, (i + 1) * vocab);
  return logits[token] - logits.reduce((sum, x) => sum + x, 0) / vocab;
}

/* The keys worth a row: most attended, and the one that an induction head would look at. */
function strongest({ pattern, i }) {
  const target = shownPeriod() > 0 ? i - shownPeriod() + 1 : -1;
  const keys = Array.from(pattern.keys()).sort((a, b) => pattern[b] - pattern[a]).slice(0, KEYS);
  if (target >= 0 && !keys.includes(target)) keys.push(target);
  return { keys: keys.sort((a, b) => a - b), target };
}

const sum = (list) => Array.from(list).reduce((total, x) => total + x, 0);

/* "adds up to" with its proof: what the parts give, and what the model itself has. */
function proof(parts, whole, unit) {
  const off = Math.abs(parts - whole) > 1e-3 * Math.max(1, Math.abs(whole));
  return make('p', { class: off ? 'note problem' : 'note' }, `Adds up to ${number(parts)}` +
    `${unit}; the model\u2019s own: ${number(whole)}${unit}${off ? ' \u2013 these differ' : ' \u2713'}`);
}

/* ---- Parts of the view ---- */

function scoreTable(step) {
  const { keys, target } = strongest(step);
  const columns = step.terms ? ['CC', 'CP', 'PC', 'PP', 'sum'] : [];
  const shown = sum(keys.map((j) => step.pattern[j]));
  return make('div', { class: 'scroll' }, make('table', {},
    make('caption', { text: `1. Scores of ${run().heads[step.head]} at position ${step.i} (token ` +
      `${step.token}), softmax, and what is written towards ${step.next}` }),
    make('thead', {}, make('tr', {}, ['key', 'token', ...columns, 'score', 'softmax %',
      'writes'].map((text) => make('th', { scope: 'col', text })))),
    make('tbody', {}, keys.map((j) => make('tr', { class: j === target ? 'target' : '' },
      make('th', { scope: 'row', text: `${j}${j === target ? ' \u25c2' : ''}` }),
      make('td', { text: String(step.tokens[j]) }),
      step.terms ? [...step.terms, null].map((term) => make('td', { text: number(term ? term[j]
        : sum(step.terms.map((each) => each[j]))) })) : [],
      make('td', { text: number(step.scores[j]) }),
      make('td', { text: percent(step.pattern[j]) }),
      make('td', { text: number(step.writes[j]) })))),
    make('tfoot', {}, make('tr', {}, make('th', { scope: 'row', text: 'all keys' }),
      make('td', { text: `${step.i + 1}` }), columns.map(() => make('td')), make('td'),
      make('td', { text: percent(sum(step.pattern)) }),
      make('td', { text: number(sum(step.writes)) })))),
  make('p', { class: 'note', text: `These ${keys.length} keys have ${percent(shown)} % of the ` +
    `attention; scores are in units of softmax${state.ops.some((op) => op.kind === 'drop')
      ? ', the score without what was dropped' : ''}.${target >= 0
      ? ' \u25c2: what came after the earlier copy.' : ''}` }));
}

function sourceTable(step) {
  const { keys, target } = strongest(step);
  const j = target >= 0 ? target : keys.reduce((a, b) => (step.pattern[a] > step.pattern[b] ? a : b));
  const count = step.names.length;
  const value = (a, b) => step.sources[(a * count + b) * (step.i + 1) + j];
  const all = step.names.map((_, a) => step.names.map((__, b) => value(a, b)));
  const most = Math.max(...all.flat().map(Math.abs), 1e-9);
  const colours = differenceColours();
  const cell = (x) => {
    const td = make('td', { text: number(x), class: 'heat' });
    td.style.background = cssColour(colours, 0.5 + x / most / 2);
    td.style.color = inkOn(colours, 0.5 + x / most / 2);
    return td;
  };
  return make('div', { class: 'scroll' }, make('table', { class: 'sources' },
    make('caption', { text: `2. The score of key ${j} by source of the query (rows) and of the key` }),
    make('thead', {}, make('tr', {}, make('th', { scope: 'col', text: 'query \\ key' }),
      [...step.names, 'sum'].map((text) => make('th', { scope: 'col', text })))),
    make('tbody', {}, all.map((values, a) => make('tr', {},
      make('th', { scope: 'row', text: step.names[a] }), values.map(cell),
      make('td', { text: number(sum(values)) }))))),
  proof(sum(all.flat()), sum(step.terms.map((term) => term[j])), ''));
}

function componentBars(step) {
  const most = Math.max(...step.components.map(({ value }) => Math.abs(value)), 1e-9);
  return make('div', {}, make('p', { class: 'caption', text:
    `3. What each part adds to the logit of ${step.next}, over the mean logit` }),
  make('ul', { class: 'components' }, step.components.map(({ name, value }) => {
    const bar = make('span', { class: value < 0 ? 'minus' : 'plus' });
    bar.style.width = `${(50 * Math.abs(value)) / most}%`;
    bar.style.background = lineColour(value < 0 ? 1 : 0);
    return make('li', {}, make('span', { text: name }), make('span', { class: 'zero' }, bar),
      make('span', { class: 'number', text: number(value) }));
  })), proof(sum(step.components.map(({ value }) => value)), step.own, ' (logit \u2212 mean)'));
}

export function makeStep() {
  let step = null;
  const view = panel({ id: 'step', title: 'One prediction, step by step',
    help: 'Of the token and the head shown; with what was changed.',
    rows: () => {
      if (!step) return [['key']];
      const names = step.terms ? ['cc', 'cp', 'pc', 'pp'] : [];
      return [['key', 'token', ...names, 'score', 'attention', 'writes'],
        ...Array.from(step.pattern, (share, j) => [j, step.tokens[j],
          ...(step.terms || []).map((term) => term[j]), step.scores[j], share, step.writes[j]])];
    } });

  function draw() {
    try {
      step = gather();
    } catch (error) {
      step = null;
      view.body.replaceChildren(make('p', { class: 'note', text: error.message }));
      return;
    }
    if (!step) {
      view.body.replaceChildren(make('p', { class: 'note', text: isMissing()
        ? 'This page was built without the model.' : state.problem || 'The model is being asked \u2026' }));
      return;
    }
    view.body.replaceChildren(make('div', { class: 'steps' }, scoreTable(step),
      step.terms && step.sources ? sourceTable(step)
        : make('p', { class: 'note', text: cannotSplit(run()) || 'There is nothing to split here.' }),
      componentBars(step)));
    view.refresh();
  }

  watchNear(view.section, ['result', 'problem', 'token', 'point', 'head', 'hover', 'run'], draw);
  onTheme(draw);
  return view.section;
}

/* The shown head's pattern, large, with its positions, the row and column of the shown token, and
 * what stands under the pointer; beside it how attention falls off with distance. */
import { lineColour, make, makeSvg, onTheme, percent } from './draw.js';
import { chart } from './chart.js';
import { diagonals } from './grid.js';
import { matrixPicture, panel } from './panel.js';
import { isComputed, patternOf, patternsAt, shownPeriod } from './patterns.js';
import { run } from './runs.js';
import { set, shownHead, shownToken, state, watch, watchNear } from './store.js';

function meanByDistance({ length, value }) {
  return Array.from({ length }, (_, o) => {
    let sum = 0;
    for (let i = o; i < length; i++) sum += value(i, i - o);
    return sum / (length - o);
  });
}

/* The head to show where none is locked or hovered: the strongest induction head. */
export function currentHead() {
  if (shownHead() >= 0) return shownHead();
  const each = run();
  const s = each.scoreIndex('induction');
  const from = each.layers > 1 ? each.perLayer : 0;
  const epoch = each.measuredEpoch(state.epoch);
  let best = from;
  for (let h = from; h < each.heads.length; h++)
    if (each.score(epoch, h, s) > each.score(epoch, best, s)) best = h;
  return best;
}

export const inputTokens = () => (state.result && state.result.run === state.run
  ? state.result.tokens : (state.tokens || run().tokens).slice(0, run().config.n_ctx - 1));

export function makePattern() {
  const canvas = make('canvas', { class: 'pattern large', role: 'img' });
  const over = make('div', { class: 'over' });
  const square = make('div', { class: 'square', tabIndex: 0, role: 'application',
    'aria-label': 'pattern: arrows move over it', id: 'pattern-square' }, canvas, over);
  const read = make('p', { class: 'read', 'aria-live': 'polite' });
  const fall = make('div', { class: 'fall' });
  const view = panel({
    id: 'pattern', title: 'Pattern',
    rows: () => {
      const pattern = patternOf(currentHead());
      const rows = [['query', 'key', 'attention']];
      for (let i = 0; pattern && i < pattern.length; i++)
        for (let j = 0; j <= i; j++) rows.push([i, j, pattern.value(i, j)]);
      return rows;
    },
    svg: () => matrixPicture(canvas, `${run().heads[currentHead()]}, epoch ${state.epoch}`),
  });
  const heading = view.section.querySelector('h2');
  view.body.append(make('div', { class: 'axes' },
    make('span', { class: 'y-name', text: 'destination (query)' }), square,
    make('span', { class: 'x-name', text: 'source position (key) \u2192' })), read, fall);

  let cursor = null; /* [row, column] under the pointer */

  const cellAt = (event) => {
    const box = square.getBoundingClientRect();
    const length = canvas.width;
    const at = (value, size) => Math.max(0, Math.min(length - 1, Math.floor((value / size) * length)));
    return [at(event.clientY - box.top, box.height), at(event.clientX - box.left, box.width)];
  };
  square.addEventListener('pointermove', (event) => {
    cursor = cellAt(event);
    set({ point: cursor[0] });
    drawOver();
  });
  square.addEventListener('pointerleave', () => {
    cursor = null;
    set({ point: -1 });
    drawOver();
  });
  square.addEventListener('click', (event) => {
    cursor = cellAt(event);
    set({ token: cursor[0] });
  });
  square.addEventListener('keydown', (event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (by) {
      const [i, j] = cursor || [Math.max(0, shownToken()), 0];
      const clamp = (x) => Math.max(0, Math.min(canvas.width - 1, x));
      cursor = [clamp(i + by[0]), clamp(j + by[1])];
      set({ point: cursor[0] });
      drawOver();
    } else if (event.key === 'Enter' && cursor) set({ token: cursor[0] });
    else return;
    event.preventDefault();
  });

  function draw() {
    const head = currentHead();
    const pattern = patternOf(head);
    const lock = state.head >= 0 && state.head === head ? ', locked' : '';
    heading.textContent = `Pattern of ${run().heads[head]}${lock}`;
    if (pattern) pattern.paint(canvas);
    square.classList.toggle('waiting', !pattern);
    canvas.setAttribute('aria-label', `attention pattern of ${run().heads[head]} at epoch ` +
      `${state.epoch}, ${canvas.width} positions`);
    drawOver();
    drawFall(head);
    view.refresh();
  }

  function drawOver() {
    const n = canvas.width;
    const row = shownToken();
    const parts = state.marks ? [...diagonals(n, shownPeriod()).childNodes] : [];
    if (row >= 0 && row < n) parts.push(
      makeSvg('rect', { x: 0, y: row, width: row + 1, height: 1, class: 'row' }),
      makeSvg('rect', { x: row, y: row, width: 1, height: n - row, class: 'column' }));
    if (cursor) parts.push(makeSvg('rect', { x: cursor[1], y: cursor[0], width: 1, height: 1,
      class: 'cell' }));
    over.replaceChildren(makeSvg('svg', { class: 'marks', viewBox: `0 0 ${n} ${n}`,
      preserveAspectRatio: 'none', 'aria-hidden': 'true' }, parts));
    read.textContent = cursor ? readOut() : 'Point at a place, or use the arrows in the pattern.';
  }

  function readOut() {
    const [i, j] = cursor;
    const pattern = patternOf(currentHead());
    const tokens = inputTokens();
    if (j > i) return `row ${i}, column ${j}: not visible (the future)`;
    if (!pattern) return '';
    return `position ${i} (token ${tokens[i] ?? '?'}) attends to ${j} (token ${tokens[j] ?? '?'}), ` +
      `${i - j} back: ${percent(pattern.value(i, j))} %`;
  }

  /* Mean attention by distance; stored for every checkpoint. */
  function drawFall(head) {
    const values = isComputed() ? meanByDistance(patternOf(head)) : run().profile(state.epoch, head);
    if (!values) return;
    const points = Array.from(values, (y, x) => [x, y]);
    fall.replaceChildren(chart({ width: 420, height: 130, x: [0, Math.max(1, points.length - 1)], y: [0, 1],
      xName: `distance to the source (positions)${isComputed() ? ', this sequence' : ''}`,
      yName: 'mean attention',
      label: `mean attention of ${run().heads[head]} by distance`,
      lines: [{ points, colour: lineColour(0) }] }));
  }

  watchNear(view.section, [...patternsAt(), 'head', 'hover', 'marks', 'period'], draw);
  watch(['token', 'point'], drawOver);
  onTheme(draw);
  return view.section;
}

/*
 * Two of anything side by side: the shown pattern and that of another epoch, another run, or the
 * model before it was changed; and their difference.
 */
import { groups, make, onTheme, paintMatrix, signed, three } from './draw.js';
import { currentHead } from './pattern.js';
import { isComputed, patternOf, patternsAt } from './patterns.js';
import { matrixPicture, panel } from './panel.js';
import { run, runs } from './runs.js';
import { set, state, watch, watchNear } from './store.js';

/* What is compared with: another arm, or a run and an epoch. */
function otherPattern(head) {
  const other = state.other || { run: state.run, epoch: run().epochs[0] };
  if (other.arm === 'before') return patternOf(head, { arm: 'before' });
  const each = runs[other.run] || run();
  if (head >= each.heads.length) return null;
  return patternOf(head, { run: each, epoch: each.measuredEpoch(other.epoch), arm: '' });
}

export function makeCompare() {
  const canvases = ['here', 'there', 'difference'].map((name) => make('canvas',
    { class: 'pattern large', id: 'compare-' + name, role: 'img' }));
  const captions = canvases.map(() => make('figcaption'));
  const view = panel({ id: 'compare', title: 'Side by side',
    rows: () => {
      const [a, b] = [patternOf(currentHead()), otherPattern(currentHead())];
      const rows = [['query', 'key', 'here', 'there', 'difference']];
      for (let i = 0; a && b && i < Math.min(a.length, b.length); i++)
        for (let j = 0; j <= i; j++)
          rows.push([i, j, a.value(i, j), b.value(i, j), a.value(i, j) - b.value(i, j)]);
      return rows;
    },
    svg: () => matrixPicture(canvases[2], captions[2].textContent) });
  const what = make('select', { id: 'other', 'aria-label': 'compare with' });
  const epoch = make('input', { type: 'number', id: 'other-epoch', min: '0', step: 'any',
    'aria-label': 'epoch to compare with' });
  const pin = make('button', { type: 'button', class: 'small', text: 'pin this epoch',
    onclick: () => set({ other: { run: state.run, epoch: state.epoch } }) });
  const scores = make('div', { class: 'scores-beside' });
  view.controls.append(make('label', {}, 'with ', what), make('label', {}, 'epoch ', epoch), pin);
  view.body.append(make('div', { class: 'beside' }, canvases.map((canvas, i) =>
    make('figure', {}, make('span', { class: 'square' }, canvas), captions[i]))), scores);

  const chosen = () => {
    const at = what.value;
    const wanted = Number(epoch.value);
    if (at === 'before') set({ other: { run: state.run, epoch: state.epoch, arm: 'before' } });
    else {
      const each = runs[Number(at)];
      set({ other: { run: Number(at), epoch: each.epochs[each.indexOf(wanted)] } });
    }
  };
  what.addEventListener('change', chosen);
  epoch.addEventListener('change', chosen);

  function drawChoice() {
    what.replaceChildren(...runs.map((each, r) => make('option', { value: String(r),
      text: runs.length === 1 ? 'another epoch' : each.name })),
    make('option', { value: 'before', text: 'before the change', disabled: state.ops.length === 0 }));
    const other = state.other || { run: state.run, epoch: run().epochs[0] };
    what.value = other.arm || String(other.run);
    if (document.activeElement !== epoch) epoch.value = String(other.epoch);
    epoch.disabled = !!other.arm;
  }

  function draw() {
    const head = currentHead();
    const [a, b] = [patternOf(head), otherPattern(head)];
    const other = state.other || { run: state.run, epoch: run().epochs[0] };
    const name = run().heads[head];
    if (a) a.paint(canvases[0]);
    if (b) b.paint(canvases[1]);
    const there = other.arm ? 'before the change'
      : `${runs[other.run] === run() ? '' : runs[other.run].name + ', '}epoch ${groups(other.epoch)}`;
    captions[0].textContent = `${name} here, epoch ${groups(state.epoch)}` +
      (isComputed() && state.ops.length ? ', changed' : '');
    captions[1].textContent = `${name}, ${there}`;
    captions[2].textContent = difference(a, b);
    canvases.forEach((canvas, i) => canvas.setAttribute('aria-label', captions[i].textContent));
    drawScores(head, other);
    view.refresh();
  }

  function difference(a, b) {
    if (!a || !b || a.length !== b.length) return 'no difference: not of the same length, or not there yet';
    const n = a.length;
    const values = new Float32Array(n * n);
    let most = 0;
    let sum = 0;
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        values[i * n + j] = a.value(i, j) - b.value(i, j);
        most = Math.max(most, Math.abs(values[i * n + j]));
        sum += Math.abs(values[i * n + j]);
      }
    paintMatrix(canvases[2], values, 0, n, true);
    return `difference, \u22121 to 1; mean moved ${three(sum / n / 2)} a row, most ${three(most)}`;
  }

  function drawScores(head, other) {
    const each = runs[other.run] || run();
    const e = each.measuredEpoch(other.epoch);
    const here = run().measuredEpoch(state.epoch);
    if (head >= each.heads.length) return scores.replaceChildren();
    return scores.replaceChildren(make('table', {},
      make('thead', {}, make('tr', {}, ['score', 'here', 'there', 'difference'].map((text) =>
        make('th', { scope: 'col', text })))),
      make('tbody', {}, run().scores.map((score, s) => {
        const [x, y] = [run().score(here, head, s), each.score(e, head, each.scoreIndex(score.name))];
        return Number.isFinite(x) ? make('tr', {},
          make('th', { scope: 'row', text: score.name.replace(/_/g, ' ') }),
          make('td', { text: three(x) }), make('td', { text: three(y) }),
          make('td', { text: signed(x - y) })) : null;
      }))));
  }

  watch(['run', 'other', 'ops', 'data'], drawChoice);
  watchNear(view.section, [...patternsAt(), 'other', 'head', 'hover'], draw);
  onTheme(draw);
  return view.section;
}

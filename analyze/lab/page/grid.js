/*
 * All heads at once, layer by layer. Hover or focus shows a head in the other views, a click or
 * Enter locks it, Esc unlocks. Diagonals where a previous-token and an induction head look.
 */
import { make, makeSvg, onTheme, three } from './draw.js';
import { matrixPicture, panel } from './panel.js';
import { patternOf, patternsAt, shownPeriod, whatIsShown } from './patterns.js';
import { run } from './runs.js';
import { set, shownHead, state, watch, watchNear } from './store.js';

/* Lines over a pattern of `length` positions, in its own units. */
export function diagonals(length, period) {
  const line = (offset, name) => (offset < length ? [makeSvg('line', { x1: 0, y1: offset,
    x2: length - offset, y2: length, class: name })] : []);
  const copies = [];
  for (let k = 1; period > 0 && k * period - 1 < length; k++)
    copies.push(...line(k * period - 1, 'induction'));
  return makeSvg('svg', { class: 'marks', viewBox: `0 0 ${length} ${length}`,
    preserveAspectRatio: 'none', 'aria-hidden': 'true' }, line(1, 'previous'), copies);
}

export const headScore = (head, name) => {
  const each = run();
  return each.score(state.epoch, head, each.scoreIndex(name));
};

/* The role that a head plays at an epoch: its strongest score among these, beside chance. */
const ROLES = [['prev_token', 'previous token'], ['induction', 'induction'], ['duplicate', 'duplicate'],
  ['self', 'self'], ['first', 'first']];
export function roleOf(head) {
  const each = run();
  const best = ROLES.map(([name, words]) => ({ words, s: each.scoreIndex(name),
    value: headScore(head, name) })).filter((role) => role.s >= 0 && role.value > 0.2 &&
    role.value > 3 * each.scores[role.s].uniform).sort((a, b) => b.value - a.value)[0];
  return best ? { words: best.words, value: best.value } : null;
}

/* Heads of a layer in the order asked for: previous-token heads first, then induction, then others. */
function order(layer) {
  const each = run();
  const heads = Array.from({ length: each.perLayer }, (_, h) => layer * each.perLayer + h);
  if (state.order === 'index') return heads;
  const rank = (head) => {
    const role = roleOf(head);
    return role ? ROLES.findIndex(([, words]) => words === role.words) - role.value : ROLES.length;
  };
  return heads.sort((a, b) => rank(a) - rank(b) || a - b);
}

export function makeGrid() {
  let cells = [];
  const view = panel({
    id: 'heads', title: 'Heads',
    help: 'Rows are destinations, columns sources. Hover or Tab shows a head everywhere, click ' +
      'or Enter locks it, Esc lets go.',
    rows: () => [['head', 'role', ...run().scores.map((score) => score.name)],
      ...run().heads.map((name, h) => [name, roleOf(h)?.words || '-',
        ...run().scores.map((_, s) => run().score(state.epoch, h, s))])],
    svg: () => gridPicture(cells),
  });
  const rows = make('div', { class: 'rows' });
  const note = make('p', { class: 'note' });
  view.body.append(rows, note);
  view.controls.append(
    choice('map', [['sample', 'one sequence'], ['mean', 'mean']], 'patterns of'),
    choice('order', [['index', 'by index'], ['role', 'by role']], 'order of heads'),
    toggle('marks', 'diagonals'));

  function build() {
    cells = [];
    rows.replaceChildren(...Array.from({ length: run().layers }, (_, layer) => {
      const list = order(layer).map((head) => cell(head));
      return make('div', { class: 'layer', role: 'group', 'aria-label': `layer ${layer}` },
        make('span', { class: 'layer-name', text: `layer ${layer}` }), list);
    }));
    draw();
  }

  function cell(head) {
    const canvas = make('canvas', { class: 'pattern', 'aria-hidden': 'true' });
    const marks = make('div', { class: 'over' });
    const score = make('span', { class: 'role' });
    const name = run().heads[head];
    const button = make('button', { type: 'button', class: 'head', 'data-head': String(head),
      'aria-pressed': 'false' }, make('span', { class: 'square' }, canvas, marks),
    make('span', { class: 'name', text: name }), score);
    button.addEventListener('pointerenter', (event) => {
      if (event.pointerType !== 'touch') set({ hover: head });
    });
    button.addEventListener('pointerleave', () => set({ hover: -1 }));
    button.addEventListener('focus', () => {
      if (button.matches(':focus-visible')) set({ hover: head });
    });
    button.addEventListener('blur', () => set({ hover: -1 }));
    button.addEventListener('click', () => set({ head: state.head === head ? -1 : head }));
    button.addEventListener('keydown', (event) => move(event, head));
    cells.push({ head, canvas, marks, score, button, name });
    return button;
  }

  /* Arrows go from head to head. */
  function move(event, head) {
    const { perLayer } = run();
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -perLayer, ArrowDown: perLayer }[event.key];
    const to = by && cells.find((each) => each.head === head + by);
    if (!to) return;
    to.button.focus();
    set({ hover: to.head });
    event.preventDefault();
  }

  function draw() {
    for (const each of cells) {
      const pattern = patternOf(each.head);
      if (pattern) pattern.paint(each.canvas);
      each.button.classList.toggle('waiting', !pattern);
      const role = roleOf(each.head);
      each.score.textContent = role ? `${role.words} ${three(role.value)}` : '\u00a0';
    }
    note.textContent = whatIsShown() + (state.ops.length ? '; roles as trained.' : '.');
    view.refresh();
  }

  function drawMarks() {
    const length = patternOf(0)?.length || run().length;
    for (const each of cells)
      each.marks.replaceChildren(...(state.marks ? [diagonals(length, shownPeriod())] : []));
  }

  function drawChoice() {
    for (const each of cells) {
      each.button.setAttribute('aria-pressed', String(each.head === state.head));
      each.button.classList.toggle('shown', each.head === shownHead());
      const off = state.ops.some((op) => op.head === each.head || (op.head < 0 &&
        each.head >= run().perLayer));
      each.button.classList.toggle('changed', off);
      each.button.setAttribute('aria-label', `${each.name}${off ? ', changed' : ''}` +
        `${roleOf(each.head) ? ', ' + each.score.textContent : ''}`);
    }
  }

  let built = '';
  watchNear(view.section, patternsAt(), () => {
    const wanted = `${state.run} ${state.order} ${Array.from({ length: run().layers },
      (_, layer) => order(layer)).join()}`;
    if (wanted !== built) {
      built = wanted;
      build();
      drawMarks();
    } else draw();
    drawChoice();
  });
  watch(['order', 'run'], () => {
    if (document.activeElement?.classList.contains('head')) return;
    build();
    drawMarks();
    drawChoice();
  });
  watch(['marks', 'tokens', 'period', 'result'], drawMarks);
  watch(['head', 'hover', 'ops'], drawChoice);
  onTheme(draw);
  return view.section;
}

function gridPicture(cells) {
  const size = 160;
  const { perLayer, layers } = run();
  const parts = cells.map((each, i) => {
    const group = makeSvg('g', { transform:
      `translate(${(i % perLayer) * (size + 16) + 10} ${Math.floor(i / perLayer) * (size + 40) + 30})` });
    const picture = matrixPicture(each.canvas, '', size).querySelector('image');
    picture.setAttribute('x', 0);
    picture.setAttribute('y', 0);
    const text = makeSvg('text', { x: 0, y: -8 });
    text.textContent = `${each.name} ${each.score.textContent}`;
    group.append(picture, text);
    return group;
  });
  return makeSvg('svg', { class: 'picture', viewBox:
    `0 0 ${perLayer * (size + 16) + 20} ${layers * (size + 40) + 20}` }, parts);
}

/* A choice of a few words, as radio buttons that look like one row of buttons. */
export function choice(name, options, label) {
  const group = make('div', { class: 'choice', role: 'radiogroup', 'aria-label': label });
  const buttons = options.map(([value, text]) => make('button', { type: 'button', role: 'radio',
    class: 'small', text, 'data-value': value, onclick: () => set({ [name]: value }) }));
  group.append(...buttons);
  group.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    const at = options.findIndex(([value]) => value === state[name]);
    const to = (at + by + options.length) % options.length;
    set({ [name]: options[to][0] });
    buttons[to].focus();
    event.preventDefault();
  });
  watch([name], () => buttons.forEach((button) => {
    const chosen = button.dataset.value === state[name];
    button.setAttribute('aria-checked', String(chosen));
    button.tabIndex = chosen ? 0 : -1;
  }));
  return group;
}

export function toggle(name, text) {
  const button = make('button', { type: 'button', class: 'small', text, onclick: () =>
    set({ [name]: !state[name] }) });
  watch([name], () => button.setAttribute('aria-pressed', String(state[name])));
  return button;
}

/*
 * The operating room: heads off, frozen, grafted; score terms taken away; what it costs or brings
 * in and outside the trained periods, before and after, at once.
 */
import { groups, make, percent, signed } from './draw.js';
import { isMissing } from './model.js';
import { HEAD_CHOICES, TERMS, chooseHead, describe, headChoice, isDropped, needsDonor, reset,
  toggleTerm } from './operations.js';
import { currentHead } from './pattern.js';
import { panel } from './panel.js';
import { run } from './runs.js';
import { set, state, watch } from './store.js';

const TERM_TEXT = { cc: 'content of the query by content of the key', cp: 'content by position',
  pc: 'position by content', pp: 'position by position: a prior over distances' };

/* Why terms cannot be taken away here; '' if they can. */
export function cannotSplit(each) {
  if (each.config.normalization_type) return 'scores cannot be split: the model has a LayerNorm';
  if (!['sinusoidal', 'standard', 'learned'].includes(each.config.positional_embedding_type))
    return 'scores cannot be split: no positions are added to the residual';
  return each.layers < 2 ? 'there is one layer only' : '';
}

export function makeOperate() {
  const view = panel({
    id: 'operate', title: 'Operate',
    help: 'Take a term out of the scores of layer 1 and later, or change heads; several together. ' +
      'Everything else stays as it is.',
    rows: () => [['period', 'trained', 'accuracy', 'accuracy_changed', 'loss', 'loss_changed',
      'margin', 'margin_changed', 'sequences'], ...(state.accuracy?.periods || []).map((row) => [row.period,
      run().isTrained(row.period) ? 'yes' : 'no', row.before.accuracy, row.after.accuracy,
      row.before.loss, row.after.loss, row.before.margin, row.after.margin, row.sequences])],
  });
  const legend = make('p', { class: 'note', text: '* not trained. Margin: log p of the right token ' +
    'less that of the best token at a trained distance; below 0 the positional rule wins.' });
  const said = make('p', { class: 'sentence', 'aria-live': 'polite', id: 'sentence' });
  const table = make('div', { class: 'outcome' });
  const undo = make('button', { type: 'button', id: 'reset', text: 'Reset', title: 'undo all (r)',
    onclick: reset });
  view.body.append(terms(), heads(), make('div', { class: 'summary' }, said, undo), table, legend);

  function drawSentence() {
    said.textContent = describe();
    undo.disabled = state.ops.length === 0;
  }

  function drawTable() {
    const { accuracy } = state;
    if (!accuracy) {
      table.replaceChildren(make('p', { class: 'note', text: isMissing()
        ? 'This page was built without the model: nothing can be changed here.'
        : state.problem || 'The model is being asked \u2026' }));
      return;
    }
    const changed = state.ops.length > 0;
    const head = ['period', 'before', changed ? 'after' : '', changed ? 'difference' : '', 'loss',
      'margin'];
    const all = run().sequences;
    const done = Math.min(...accuracy.periods.map((row) => row.sequences));
    table.replaceChildren(make('table', { class: 'accuracies' },
      make('caption', { text: `Accuracy (%), loss and margin (nats) at epoch ${groups(accuracy.epoch)}, ` +
        (done < all ? `${done} of ${all} sequences so far` : `${all} sequences a period`) }),
      make('thead', {}, make('tr', {}, head.map((text) => make('th', { scope: 'col', text })))),
      make('tbody', {}, accuracy.periods.map((row) => tableRow(row, changed)))));
    view.refresh();
  }

  watch(['ops', 'run', 'donor', 'epoch'], drawSentence);
  watch(['accuracy', 'ops', 'run', 'problem', 'model'], drawTable);
  return view.section;
}

function tableRow({ period, before, after }, changed) {
  const trained = run().isTrained(period);
  const bar = make('span', { class: 'meter' }, make('span', { class: 'was' }),
    make('span', { class: 'is' }));
  bar.children[0].style.width = `${100 * before.accuracy}%`;
  bar.children[1].style.width = `${100 * after.accuracy}%`;
  const loss = changed ? `${before.loss.toFixed(2)} \u2192 ${after.loss.toFixed(2)}`
    : before.loss.toFixed(2);
  return make('tr', { 'data-period': String(period), class: trained ? 'trained' : 'outside' },
    make('th', { scope: 'row', title: trained ? 'a trained period' : 'outside the trained periods',
      text: `${period}${trained ? '' : ' *'}` }),
    make('td', { class: 'before', text: percent(before.accuracy) }),
    make('td', { class: 'after' }, changed ? percent(after.accuracy) : '', bar),
    make('td', { class: 'delta', text: changed ? signed(100 * (after.accuracy - before.accuracy), 1)
      : '' }),
    make('td', { text: loss }),
    make('td', { text: changed ? `${signed(before.margin, 1)} \u2192 ${signed(after.margin, 1)}`
      : signed(before.margin, 1) }));
}

/* Four buttons, of every later head or of the one shown. */
function terms() {
  const buttons = TERMS.map((term) => make('button', { type: 'button', class: 'term',
    id: 'drop-' + term, text: 'drop ' + term.toUpperCase(), title: TERM_TEXT[term],
    onclick: () => toggleTerm(term, target()) }));
  const whose = make('select', { id: 'dropped', 'aria-label': 'whose scores' },
    make('option', { value: 'all', text: 'of every head after layer 0' }),
    make('option', { value: 'head' }));
  whose.addEventListener('change', () => set({ dropped: whose.value }));
  const why = make('span', { class: 'note' });
  const target = () => (state.dropped === 'all' ? -1 : currentHead());
  watch(['ops', 'run', 'head', 'dropped', 'model'], () => {
    const reason = cannotSplit(run());
    why.textContent = reason;
    whose.children[1].textContent = `of ${run().heads[currentHead()]} alone`;
    whose.value = state.dropped;
    buttons.forEach((button, t) => {
      button.disabled = reason !== '' || isMissing();
      button.setAttribute('aria-pressed', String(isDropped(TERMS[t], target())));
    });
  });
  return make('div', { class: 'terms', role: 'group', 'aria-label': 'terms of the scores' },
    buttons, whose, why);
}

function heads() {
  const list = make('div', { class: 'head-choices' });
  const donor = make('input', { type: 'number', id: 'donor', min: '0', step: 'any',
    'aria-label': 'donor epoch' });
  donor.addEventListener('change', () => {
    const wanted = Number(donor.value);
    if (Number.isFinite(wanted)) set({ donor: run().weightsEpoch(wanted) });
  });
  const field = make('label', { class: 'donor' }, 'donor epoch ', donor);
  let menus = [];
  watch(['run', 'model'], () => {
    menus = run().heads.map((name, h) => {
      const menu = make('select', { id: 'op-' + name, 'aria-label': `what is done to ${name}`,
        disabled: isMissing() }, HEAD_CHOICES.map(([value, text]) => make('option', { value, text })));
      menu.addEventListener('change', () => chooseHead(h, menu.value));
      return menu;
    });
    list.replaceChildren(...menus.map((menu, h) =>
      make('label', { class: 'head-choice' }, make('span', { text: run().heads[h] }), menu)));
    showChoices();
  });
  const showChoices = () => {
    menus.forEach((menu, h) => {
      menu.value = headChoice(h);
      menu.classList.toggle('changed', menu.value !== '');
    });
    if (document.activeElement !== donor) donor.value = String(run().weightsEpoch(state.donor));
    field.classList.toggle('needed', needsDonor());
  };
  watch(['ops', 'donor'], showChoices);
  return make('div', { class: 'heads-ops' }, list, field);
}

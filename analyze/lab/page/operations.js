/*
 * Interventions as data: what is done, in which words, and how it stands in an address.
 *
 *   {kind: 'off', how: 'zero' | 'mean', head}
 *   {kind: 'pattern', how: 'own' | 'uniform' | 'previous' | 'donor', head}
 *   {kind: 'graft', how: 'head' | 'qk' | 'ov', head}       from the donor's epoch
 *   {kind: 'drop', how: 'cc' | 'cp' | 'pc' | 'pp', head}   head -1: every head after layer 0
 *
 * One of the first three for each head; any number of terms. Several work together.
 */
import { groups } from './draw.js';
import { run } from './runs.js';
import { set, state } from './store.js';

export const TERMS = ['cc', 'cp', 'pc', 'pp'];
export const HEAD_CHOICES = [
  ['', 'as it is'],
  ['off.zero', 'off (zero)'],
  ['off.mean', 'off (its mean)'],
  ['pattern.own', 'pattern frozen (clean run)'],
  ['pattern.uniform', 'pattern uniform'],
  ['pattern.previous', 'pattern exact previous token'],
  ['pattern.donor', 'pattern of the donor epoch'],
  ['graft.head', 'whole head of the donor epoch'],
  ['graft.qk', 'its QK of the donor epoch'],
  ['graft.ov', 'its OV of the donor epoch'],
];

export const headChoice = (head) => {
  const op = state.ops.find((each) => each.head === head && each.kind !== 'drop');
  return op ? `${op.kind}.${op.how}` : '';
};

export function chooseHead(head, choice) {
  const ops = state.ops.filter((op) => op.head !== head || op.kind === 'drop');
  const [kind, how] = choice.split('.');
  set({ ops: choice ? [...ops, { kind, how, head }] : ops });
}

export const isDropped = (term, head) =>
  state.ops.some((op) => op.kind === 'drop' && op.how === term && op.head === head);

export function toggleTerm(term, head) {
  const same = (op) => op.kind === 'drop' && op.how === term && op.head === head;
  const without = state.ops.filter((op) => !same(op));
  set({ ops: without.length < state.ops.length ? without
    : [...without, { kind: 'drop', how: term, head }] });
}

export const reset = () => set({ ops: [] });
export const needsDonor = () => state.ops.some((op) => op.kind === 'graft' || op.how === 'donor');

/* ---- In words ---- */

const LONG = { cc: 'content-content', cp: 'content-position', pc: 'position-content',
  pp: 'position-position' };

function phrase(op) {
  const name = op.head < 0 ? 'every head after layer 0' : run().heads[op.head];
  const donor = `epoch ${groups(run().weightsEpoch(state.donor))}`;
  const words = {
    'off.zero': `${name} switched off (zero)`,
    'off.mean': `${name} replaced by its mean output`,
    'pattern.own': `${name} keeps the pattern of the clean run`,
    'pattern.uniform': `${name} attends uniformly`,
    'pattern.previous': `${name} attends exactly to the previous token`,
    'pattern.donor': `${name} has the pattern of ${donor}`,
    'graft.head': `${name} grafted whole from ${donor}`,
    'graft.qk': `QK of ${name} grafted from ${donor}`,
    'graft.ov': `OV of ${name} grafted from ${donor}`,
  };
  if (op.kind === 'drop')
    return `${op.how.toUpperCase()} (${LONG[op.how]}) taken from the scores of ${name}`;
  return words[`${op.kind}.${op.how}`];
}

export const describe = () => (state.ops.length === 0
  ? 'Nothing is changed: the model as trained.'
  : state.ops.map(phrase).join('; ').replace(/^./, (c) => c.toUpperCase()) + '.');

/* ---- In the address ---- */

export const opsText = (ops, heads) => ops.map((op) =>
  `${op.kind}.${op.how}.${op.head < 0 ? 'all' : heads[op.head]}`).join('_');

export function parseOps(text, heads) {
  return text.split('_').flatMap((part) => {
    const [kind, how, name] = part.split('.');
    const head = name === 'all' ? -1 : heads.indexOf(name);
    const known = kind === 'drop' ? TERMS.includes(how)
      : head >= 0 && HEAD_CHOICES.some(([choice]) => choice === `${kind}.${how}`);
    return known && (head >= 0 || name === 'all') ? [{ kind, how, head }] : [];
  });
}

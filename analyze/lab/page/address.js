/* The whole state in the address, so that a link is a finding: #epoch=60000&head=L1H1&ops=... */
import { opsText, parseOps } from './operations.js';
import { periodOf } from './tokens.js';
import { run, runs } from './runs.js';
import { set, state, watch } from './store.js';

const DEFAULTS = { map: 'sample', order: 'index', score: 'prev_token', across: 'prev_token',
  up: 'induction', dropped: 'all' };
const WAIT = 200;

function parts() {
  const each = run();
  const list = [];
  const put = (name, value) => list.push(`${name}=${encodeURIComponent(value)}`);
  if (runs.length > 1) put('run', each.name);
  put('epoch', state.epoch);
  if (state.log) put('log', 1);
  if (state.head >= 0) put('head', each.heads[state.head]);
  if (state.token >= 0) put('token', state.token);
  for (const [name, usual] of Object.entries(DEFAULTS))
    if (state[name] !== usual) put(name, state[name]);
  if (!state.marks) put('marks', 0);
  if (state.tokens) put('tokens', state.tokens.join('.'));
  if (state.ops.length) put('ops', opsText(state.ops, each.heads));
  if (state.ops.length && state.donor) put('donor', state.donor);
  if (state.other) put('with', `${state.other.run}.${state.other.arm || state.other.epoch}`);
  return list.join('&');
}

export const stateText = () => '#' + parts();

function otherFrom(text) {
  const [r, what] = text.split('.');
  const each = runs[Number(r)];
  if (!each) return null;
  if (what === 'before') return { run: Number(r), epoch: state.epoch, arm: 'before' };
  const epoch = Number(what);
  return Number.isFinite(epoch) ? { run: Number(r), epoch: each.epochs[each.indexOf(epoch)] } : null;
}

/* What cannot be meant is left out: an address may come from anywhere. */
export function readAddress() {
  const given = new Map(location.hash.slice(1).split('&').filter(Boolean).map((part) => {
    const at = part.indexOf('=');
    try {
      return [part.slice(0, at), decodeURIComponent(part.slice(at + 1))];
    } catch {
      return ['', ''];
    }
  }));
  const r = Math.max(0, runs.findIndex((each) => each.name === given.get('run')));
  const each = runs[r];
  const values = { run: r, marks: given.get('marks') !== '0', log: given.get('log') === '1' };
  const epoch = Number(given.get('epoch') ?? NaN);
  values.epoch = Number.isFinite(epoch) ? each.epochs[each.indexOf(epoch)] : each.last;
  values.head = each.heads.indexOf(given.get('head') || '');
  const token = Number(given.get('token') ?? NaN);
  values.token = Number.isInteger(token) && token >= 0 && token < each.config.n_ctx - 1 ? token : -1;
  const words = { map: ['sample', 'mean'], order: ['index', 'role'], dropped: ['all', 'head'] };
  const names = each.scores.map((score) => score.name);
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    const word = given.get(name);
    values[name] = (words[name] || names).includes(word) ? word : usual;
  }
  const tokens = (given.get('tokens') || '').split('.').filter(Boolean).map(Number);
  const sound = tokens.length > 1 && tokens.length <= each.config.n_ctx &&
    tokens.every((t) => Number.isInteger(t) && t >= 0 && t < each.config.d_vocab);
  values.tokens = sound ? tokens : null;
  values.period = sound ? periodOf(tokens) : 0;
  values.ops = parseOps(given.get('ops') || '', each.heads);
  const donor = Number(given.get('donor') ?? NaN);
  values.donor = Number.isFinite(donor) ? donor : middleEpoch(each);
  values.other = given.has('with') ? otherFrom(given.get('with')) : null;
  set(values);
}

const middleEpoch = (each) => each.weightsEpoch(each.last / 2);

let written = '';
let timer = 0;
export function keepAddress() {
  watch(['run', 'epoch', 'log', 'head', 'token', 'map', 'order', 'marks', 'tokens', 'ops', 'donor',
    'dropped', 'score', 'across', 'up', 'other'], () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (state.follow || state.playing) return;
      written = stateText();
      if (location.hash !== written) history.replaceState(null, '', written);
    }, WAIT);
  });
  addEventListener('hashchange', () => {
    if (location.hash !== written) readAddress();
  });
}

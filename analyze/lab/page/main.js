/* The page put together: views in their places, keys for all of it, and the order of beginning. */
import { keepAddress, readAddress, stateText } from './address.js';
import { groups, make } from './draw.js';
import { makeCompare } from './compare.js';
import { makeCurves } from './curves.js';
import { makeGrid } from './grid.js';
import { milliseconds, startLens } from './lens.js';
import { isMissing, openModule } from './model.js';
import { toOnset } from './onsets.js';
import { makeOperate } from './operate.js';
import { reset } from './operations.js';
import { naming } from './panel.js';
import { makePattern } from './pattern.js';
import { fillIn, listen, manifest, openRuns, run, runs } from './runs.js';
import { makeScatter } from './scatter.js';
import { makeSlider, sliderKey } from './slider.js';
import { drawAll, frames, set, state, watch } from './store.js';
import { makeStep } from './step.js';
import { makeTokens } from './tokens.js';

const byId = (id) => document.getElementById(id);

/* ---- The head of the page ---- */

function makeTop() {
  const { slider, number, play, log, follow } = makeSlider();
  const which = make('select', { id: 'run', 'aria-label': 'run' },
    runs.map((each, r) => make('option', { value: String(r), text: each.name })));
  which.addEventListener('change', () => {
    const r = Number(which.value);
    const each = runs[r];
    set({ run: r, epoch: each.epochs[each.indexOf(state.epoch)], ops: [], tokens: null, period: 0,
      head: Math.min(state.head, each.heads.length - 1) });
  });
  const about = make('span', { class: 'about' });
  const link = make('button', { type: 'button', id: 'link', text: 'link',
    title: 'copy a link to exactly this', onclick: () => copyLink(link) });
  byId('top').append(
    make('div', { class: 'what' }, make('h1', { text: 'induct lab' }), runs.length > 1 ? which
      : make('span', { class: 'run-name', text: run().name }), about),
    make('div', { class: 'when' }, play, slider, number, log, follow, link));
  watch(['run'], () => { which.value = String(state.run); });
  watch(['run', 'epoch', 'data'], () => { about.textContent = whereWeAre(); });
}

/* What the checkpoint shown is, and what of it is here. */
function whereWeAre() {
  const each = run();
  const weights = each.weightsEpoch(state.epoch);
  const measured = each.sorted.length < each.epochs.length
    ? `; ${each.sorted.length} of ${each.epochs.length} checkpoints measured so far` : '';
  const of = `epoch ${groups(state.epoch)} of ${groups(each.last)}`;
  return (weights === state.epoch ? of
    : `${of}; nearest weights in this file: epoch ${groups(weights)}`) + measured;
}

async function copyLink(button) {
  const address = location.href.split('#')[0] + stateText();
  history.replaceState(null, '', stateText());
  try {
    await navigator.clipboard.writeText(address);
    button.textContent = 'copied';
  } catch {
    button.textContent = 'in the address bar';
  }
  setTimeout(() => { button.textContent = 'link'; }, 1500);
}

/* ---- The foot ---- */

function fillFoot() {
  const each = run();
  const c = each.config;
  const trained = (each.imported ? ', imported' : '') +
    (each.trained ? `, trained on periods ${each.trained.join(' to ')}` : '');
  byId('provenance').replaceChildren(
    make('p', { text: `${each.path}: ${c.n_layers} layer${c.n_layers > 1 ? 's' : ''} of ` +
      `${c.n_heads} heads, d_model ${c.d_model}, d_head ${c.d_head}, vocabulary ${c.d_vocab}, ` +
      `context ${c.n_ctx}, ${c.positional_embedding_type} positions${trained}` +
      (each.recipe ? `, seed ${each.recipe.seed}` : '') +
      (each.regime ? `, under ${each.regime}` : '') + '.' }),
    make('p', { text: `Measured on ${each.sequences} evaluation sequences a period, seed ` +
      `${manifest.seed}; 95 % intervals from ${each.resamples} bootstrap resamples of sequences; ` +
      `scores on period ${each.period}.` }),
    make('p', {}, 'Made by induct ', `${manifest.version} (${manifest.revision}): `,
      make('code', { text: manifest.command })));
}

/* ---- Keys ---- */

/* Keys that belong to what has the focus are left to it. */
function isTaken(target) {
  return target.closest('input, select, textarea, [role=slider], [role=application]') !== null;
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === 'Escape') {
    if (event.target.closest('input')) event.target.blur();
    set(state.token >= 0 || state.point >= 0 ? { token: -1, point: -1 } : { head: -1, hover: -1 });
    return;
  }
  if (isTaken(event.target)) return;
  const within = event.target.closest('button, [role=option]') !== null;
  const keys = {
    l: () => set({ log: !state.log }), r: reset, m: () => set({ marks: !state.marks }),
    n: () => toOnset(run(), true), p: () => toOnset(run(), false), '?': showKeys,
  };
  if (event.key === ' ' && !within) set({ playing: !state.playing });
  else if (keys[event.key]) keys[event.key]();
  else if (within || !['ArrowLeft', 'ArrowRight'].includes(event.key) || !sliderKey(event)) return;
  event.preventDefault();
}

const showKeys = () => { byId('keys').open = !byId('keys').open; };

/* ---- Beginning ---- */

const MEASURED_FIRST = 300; /* milliseconds between two looks for the first measured checkpoint */

async function begin() {
  await openRuns();
  while (runs.every((each) => each.sorted.length === 0)) {
    await new Promise((resolve) => setTimeout(resolve, MEASURED_FIRST));
    await openRuns();
  }
  readAddress();
  const pinned = /[#&]epoch=/.test(location.hash);
  if (manifest.live && !pinned) set({ follow: true, epoch: run().measuredEpoch(run().last) });
  naming.file = () => `${run().name}-epoch-${state.epoch}`;
  naming.origin = () => `induct-lab ${manifest.version} (${manifest.revision}): ` +
    `${manifest.command} ${stateText()}`;
  makeTop();
  byId('views').append(makeGrid(), makePattern(), makeOperate(), makeTokens(), makeStep(), ...makeCurves(),
    makeScatter(), makeCompare());
  byId('waiting').remove();
  watch(['run'], fillFoot);
  watch(['run'], () => { document.title = `${run().name} \u2013 induct lab`; });
  document.addEventListener('keydown', onKey);
  addEventListener('beforeprint', drawAll);
  keepAddress();
  listen();
  fillIn();
  await openModule().catch((error) => set({ problem: `no model: ${error.message}` }));
  set({ model: state.model + 1 });
  if (isMissing()) document.body.classList.add('no-model');
  startLens();
}

/* For whoever measures or tests the page. */
globalThis.lab = { state, set, runs, frames, milliseconds, drawAll };

begin().catch((error) => {
  byId('waiting').textContent = `The page cannot begin: ${error.message}`;
  console.error(error);
});

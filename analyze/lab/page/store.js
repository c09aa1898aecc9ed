/*
 * The one store of state. Views subscribe to the names they read and are called once, in the next
 * frame, however often these changed; nothing else is shared between views.
 *
 *   run, epoch       which run (index), which checkpoint
 *   log, playing     the slider's scale; is it moving by itself
 *   follow           a live run's newest checkpoint is shown, until the slider is touched
 *   head, hover      index of the locked head or -1; of the one under the pointer or -1
 *   token, point     input position that is locked or -1; under the pointer or -1
 *   map              'sample' or 'mean'
 *   order            of heads: 'index' or 'role'
 *   marks            are the diagonals drawn
 *   tokens           null: the run's sample; else the tokens typed
 *   period           of the tokens shown, 0: none known
 *   ops              interventions, see operations.js
 *   donor            the epoch that grafts and borrowed patterns come from
 *   dropped          'all' or 'head': whose score terms the buttons take
 *   score, across, up  measures of the curves and of the scatter's two axes
 *   other            {run, epoch, arm}: what is compared with, or null
 *   model            counts up when the model is there; problem: why it failed, or ''
 *   data             counts up when more of a run is known
 *   result           what the model gave, see lens.js
 *   accuracy         what evaluation gave, see lens.js
 *   means            mean patterns with the interventions, see lens.js
 */
export const state = {
  run: 0, epoch: 0, log: false, playing: false, follow: false,
  head: -1, hover: -1, token: -1, point: -1,
  map: 'sample', order: 'index', marks: true,
  tokens: null, period: 0, ops: [], donor: 0, dropped: 'all',
  score: 'prev_token', across: 'prev_token', up: 'induction', other: null,
  data: 0, model: 0, problem: '', result: null, accuracy: null, means: null,
};

const watchers = [];
const changed = new Set();
let frame = 0;

/* Calls `update` in the first frame, and in each after one of `names` changed. */
export function watch(names, update) {
  const watcher = { names, update, due: true };
  watchers.push(watcher);
  request();
}

export function set(values) {
  for (const [name, value] of Object.entries(values)) {
    if (state[name] === value) continue;
    state[name] = value;
    changed.add(name);
  }
  if (changed.size > 0) request();
}

function request() {
  if (!frame) frame = requestAnimationFrame(flush);
}

/* A watcher that fails must not take the others with it. */
function flush() {
  frame = 0;
  const names = new Set(changed);
  changed.clear();
  const began = performance.now();
  for (const watcher of watchers) {
    if (!watcher.due && !watcher.names.some((name) => names.has(name))) continue;
    watcher.due = false;
    try {
      watcher.update(names);
    } catch (error) {
      console.error(error);
    }
  }
  frames.push(performance.now() - began);
  if (frames.length > 2000) frames.splice(0, 1000);
}

/*
 * The same for a view in a section of the page: while that is out of sight nothing is drawn, and
 * what is due is drawn when it comes near.
 */
const places = new Map(); /* section -> {near, due: updates} */
const sight = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const at = places.get(entry.target);
    at.near = entry.isIntersecting;
    if (at.near) drawDue(at);
  }
}, { rootMargin: '150px' });

export function watchNear(section, names, update) {
  if (!places.has(section)) {
    places.set(section, { near: true, due: new Set() });
    sight.observe(section);
  }
  const at = places.get(section);
  watch(names, (which) => {
    if (at.near) update(which);
    else at.due.add(update);
  });
}

function drawDue(at) {
  const due = [...at.due];
  at.due.clear();
  for (const update of due) update(new Set());
}

/* Everything, wherever it stands: before something is saved or printed. */
export const drawAll = () => places.forEach(drawDue);

/* Milliseconds that the views took in each frame: for whoever measures the page. */
export const frames = [];

export const shownHead = () => (state.hover >= 0 ? state.hover : state.head);
export const shownToken = () => (state.point >= 0 ? state.point : state.token);

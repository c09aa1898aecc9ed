/*
 * The one slider: which checkpoint every view shows. Linear or logarithmic, by pointer, keyboard and
 * number; it plays; marks show where something began, and which epochs have their weights here.
 */
import { make, makeSvg, groups, lessMotion, tickText, ticks } from './draw.js';
import { run } from './runs.js';
import { onsets } from './onsets.js';
import { set, state, watch } from './store.js';

const FRAMES_A_STEP = 3;

/* Where an epoch stands between 0 and 1. Zero has no logarithm: it stands where 1 would, less a bit. */
export function place(epoch, last, log) {
  if (last <= 0) return 0;
  if (!log) return epoch / last;
  return Math.log1p(epoch) / Math.log1p(last);
}

export function placed(share, last, log) {
  return log ? Math.expm1(share * Math.log1p(last)) : share * last;
}

export function showEpoch(epoch) {
  set({ epoch, follow: false });
}

/* So many checkpoints on or back. */
export function step(by) {
  const { epochs } = run();
  const at = Math.max(0, Math.min(epochs.length - 1, run().indexOf(state.epoch) + by));
  showEpoch(epochs[at]);
}

export function makeSlider() {
  const track = makeSvg('svg', { class: 'track', 'aria-hidden': 'true' });
  const knob = make('div', { class: 'knob' });
  const slider = make('div', { id: 'slider', class: 'slider', role: 'slider', tabindex: '0',
    'aria-label': 'epoch', 'aria-orientation': 'horizontal' }, track, knob);
  const number = make('input', { id: 'epoch', type: 'number', min: '0', step: 'any',
    inputmode: 'numeric', 'aria-label': 'epoch, as a number' });
  const play = make('button', { id: 'play', type: 'button', text: '\u25b6', 'aria-label': 'play',
    'aria-pressed': 'false', title: 'play (space)' });
  const log = make('button', { id: 'log', type: 'button', text: 'log', 'aria-pressed': 'false',
    title: 'logarithmic scale (l)', 'aria-label': 'logarithmic scale' });
  const follow = make('button', { id: 'follow', type: 'button', text: 'live', 'aria-pressed': 'false',
    title: 'show the newest checkpoint', 'aria-label': 'follow the newest checkpoint', hidden: true });

  const at = (event) => {
    const box = slider.getBoundingClientRect();
    const share = Math.max(0, Math.min(1, (event.clientX - box.left - 10) / (box.width - 20)));
    const { epochs, last } = run();
    showEpoch(epochs[run().indexOf(placed(share, last, state.log))]);
  };
  slider.addEventListener('pointerdown', (event) => {
    slider.setPointerCapture(event.pointerId);
    set({ playing: false });
    at(event);
  });
  slider.addEventListener('pointermove', (event) => {
    if (slider.hasPointerCapture(event.pointerId)) at(event);
  });
  slider.addEventListener('keydown', (event) => {
    if (sliderKey(event)) event.preventDefault();
  });
  number.addEventListener('change', () => {
    const wanted = Number(number.value);
    if (Number.isFinite(wanted)) showEpoch(run().epochs[run().indexOf(wanted)]);
    drawState();
  });
  play.addEventListener('click', () => set({ playing: !state.playing }));
  log.addEventListener('click', () => set({ log: !state.log }));
  follow.addEventListener('click', () => {
    set({ follow: !state.follow });
    if (state.follow) set({ epoch: run().measuredEpoch(run().last) });
  });

  function drawState() {
    const { last } = run();
    const share = place(state.epoch, last, state.log);
    knob.style.left = `calc(10px + ${share} * (100% - 20px))`;
    slider.setAttribute('aria-valuemin', String(run().epochs[0]));
    slider.setAttribute('aria-valuemax', String(last));
    slider.setAttribute('aria-valuenow', String(state.epoch));
    slider.setAttribute('aria-valuetext', valueText());
    if (document.activeElement !== number) number.value = String(state.epoch);
    play.textContent = state.playing ? '\u23f8\ufe0e' : '\u25b6\ufe0e';
    play.setAttribute('aria-pressed', String(state.playing));
    play.setAttribute('aria-label', state.playing ? 'pause' : 'play');
    log.setAttribute('aria-pressed', String(state.log));
    follow.setAttribute('aria-pressed', String(state.follow));
    slider.classList.toggle('live', state.follow);
  }

  function valueText() {
    const each = run();
    const nearest = each.weightsEpoch(state.epoch);
    const index = each.indexOf(state.epoch) + 1;
    const weights = nearest === state.epoch ? '' : `, weights of epoch ${groups(nearest)}`;
    const measured = each.scalars.has(state.epoch) ? '' : ', not measured yet';
    return `epoch ${groups(state.epoch)} of ${groups(each.last)}, checkpoint ${index} of ` +
      `${each.epochs.length}${weights}${measured}`;
  }

  function drawTrack() {
    const each = run();
    const width = Math.max(100, slider.clientWidth);
    const x = (epoch) => 10 + place(epoch, each.last, state.log) * (width - 20);
    const line = (epoch, y, height, name) => makeSvg('rect',
      { x: x(epoch) - 0.5, y, width: 1, height, class: name });
    const scale = state.log
      ? [1, 10, 100, 1000, 10000, 100000].filter((e) => e <= each.last)
      : ticks(0, each.last, width / 90);
    const held = each.weights.epochs || [];
    const marks = onsets(each);
    track.setAttribute('viewBox', `0 0 ${width} 44`);
    track.setAttribute('width', String(width));
    track.replaceChildren(
      makeSvg('rect', { x: 10, y: 19, width: width - 20, height: 3, class: 'rail' }),
      ...(held.length ? held.map((epoch) => line(epoch, 23, 5, 'held')) : []),
      ...missing(each).map((epoch) => line(epoch, 19, 3, 'missing')),
      ...scale.flatMap((epoch) => [line(epoch, 28, 3, 'tick'), label(x(epoch), epoch, width)]),
      ...marks.map((mark) => makeSvg('path', { class: 'onset', d:
        `M${x(mark.epoch)} 15l-4 -8h8z` }, titled(mark.text))));
  }

  const titled = (text) => {
    const title = makeSvg('title', {});
    title.textContent = text;
    return title;
  };
  const label = (x, epoch, width) => {
    const text = makeSvg('text', { x: Math.max(12, Math.min(width - 14, x)), y: 41,
      'text-anchor': 'middle' });
    text.textContent = tickText(epoch);
    return text;
  };
  const missing = (each) => each.epochs.filter((epoch) => !each.scalars.has(epoch)).slice(0, 2000);

  new ResizeObserver(drawTrack).observe(slider);
  watch(['run', 'epoch', 'log', 'playing', 'follow', 'data'], drawState);
  watch(['run', 'log', 'data'], () => {
    follow.hidden = run().weights.type !== 'f32';
    drawTrack();
  });
  watch(['playing'], () => { if (state.playing) animate(); });
  return { slider, number, play, log, follow };
}

/* One checkpoint, ten, the ends. */
export function sliderKey(event) {
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10,
    Home: -Infinity, End: Infinity };
  if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return false;
  set({ playing: false });
  if (event.key === 'Home') showEpoch(run().epochs[0]);
  else if (event.key === 'End') showEpoch(run().last);
  else step(steps[event.key]);
  return true;
}

/* A checkpoint every few frames, so many at once that a series takes ten seconds or so; with less
 * motion asked for, two in a second. */
function animate() {
  const each = run();
  if (each.indexOf(state.epoch) === each.epochs.length - 1) showEpoch(each.epochs[0]);
  let count = 0;
  let last = 0;
  const tick = (now) => {
    if (!state.playing) return;
    const due = lessMotion.matches ? now - last > 500 : ++count % FRAMES_A_STEP === 0;
    if (due) {
      last = now;
      step(Math.max(1, Math.round(run().epochs.length / 200)));
    }
    if (run().indexOf(state.epoch) === run().epochs.length - 1) set({ playing: false });
    else requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

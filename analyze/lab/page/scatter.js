/* Heads in the plane of any two measures, with the way they came. */
import { lineColour, make, onTheme } from './draw.js';
import { chart } from './chart.js';
import { measureMenu, rangeOf } from './curves.js';
import { panel } from './panel.js';
import { run } from './runs.js';
import { state, watchNear } from './store.js';

export function makeScatter() {
  const view = panel({ id: 'scatter', title: 'Heads in two measures',
    help: 'A dot is a head at this epoch, its line the way from the first checkpoint.',
    rows: () => [['epoch', 'head', state.across, state.up], ...run().heads.map((name, h) => [
      state.epoch, name, run().score(state.epoch, h, run().scoreIndex(state.across)),
      run().score(state.epoch, h, run().scoreIndex(state.up))])],
    svg: () => view.body.querySelector('svg')?.cloneNode(true) });
  view.controls.append(make('label', {}, 'across ', measureMenu('across', 'measure across')),
    make('label', {}, 'up ', measureMenu('up', 'measure up')));
  let kept = { key: '', x: [0, 1], y: [0, 1] };

  /* Axes are those of the whole run: dots move, the ground does not. */
  function ranges(each, x, y) {
    const key = [state.run, x, y, each.sorted.length].join();
    if (kept.key === key) return kept;
    const all = (s) => rangeOf(each.sorted.flatMap((epoch) =>
      each.heads.map((_, h) => each.score(epoch, h, s))));
    kept = { key, x: all(x), y: all(y) };
    return kept;
  }

  function draw() {
    const each = run();
    const x = Math.max(0, each.scoreIndex(state.across));
    const y = Math.max(0, each.scoreIndex(state.up));
    const range = ranges(each, x, y);
    const passed = each.sorted.filter((epoch) => epoch <= state.epoch);
    const thin = Math.max(1, Math.ceil(passed.length / 80));
    const way = passed.filter((_, i) => i % thin === 0 || i === passed.length - 1);
    const at = (epoch, h, s) => each.score(epoch, h, s);
    const shown = each.heads.map((name, h) => ({ name, h }))
      .filter(({ h }) => Number.isFinite(at(each.measuredEpoch(state.epoch), h, x)) &&
        Number.isFinite(at(each.measuredEpoch(state.epoch), h, y)));
    view.body.replaceChildren(chart({ width: 480, height: 360, x: range.x, y: range.y,
      xName: state.across.replace(/_/g, ' '), yName: state.up.replace(/_/g, ' '),
      label: `heads by ${state.across} and ${state.up} at epoch ${state.epoch}`,
      lines: shown.map(({ h }) => ({ colour: lineColour(h),
        points: way.map((epoch) => [at(epoch, h, x), at(epoch, h, y)]) })),
      dots: shown.map(({ name, h }) => ({ name, colour: lineColour(h),
        x: at(each.measuredEpoch(state.epoch), h, x),
        y: at(each.measuredEpoch(state.epoch), h, y) })) }));
    if (shown.length === 0)
      view.body.append(make('p', { class: 'note', text: 'No head has both measures.' }));
    view.refresh();
  }

  watchNear(view.section, ['run', 'epoch', 'across', 'up', 'data'], draw);
  onTheme(draw);
  return view.section;
}

/* Everything over training: loss and accuracy of the training batches, accuracy by period with
 * intervals, any score of every head. A click takes the slider there. */
import { lineColour, make, onTheme } from './draw.js';
import { chart, legend } from './chart.js';
import { currentHead } from './pattern.js';
import { panel } from './panel.js';
import { run } from './runs.js';
import { showEpoch } from './slider.js';
import { set, state, watch, watchNear } from './store.js';

const DASHES = [null, '6 3', '2 2', '8 2 2 2'];
const dashOf = (i) => DASHES[Math.floor(i / 8) % DASHES.length];
const WIDTH = 480;
const HEIGHT = 240;

const pick = (epoch) => showEpoch(run().epochs[run().indexOf(epoch)]);
const extent = () => [0, Math.max(1, run().last)];

/* A chart in a panel that is drawn anew when `names` change, its cursor alone when the epoch does. */
function curve(view, names, draw) {
  let svg = null;
  const redraw = () => {
    const { picture, entries } = draw();
    svg = picture;
    view.body.replaceChildren(picture, legend(entries));
    view.refresh();
  };
  watchNear(view.section, ['run', 'data', 'log', ...names], redraw);
  watch(['epoch'], () => svg && svg.moveCursor(state.epoch));
  onTheme(redraw);
}

const common = (label) => ({ width: WIDTH, height: HEIGHT, x: extent(), log: state.log,
  xName: 'epoch (optimizer steps)', cursor: state.epoch, pick, label });

function makeTraining() {
  const view = panel({ id: 'training', title: 'Training',
    help: 'Of each logged batch, from metrics.tsv.',
    rows: () => {
      const metrics = run().metrics || {};
      const names = Object.keys(metrics);
      return [names, ...(metrics.epoch || []).map((_, i) => names.map((n) => metrics[n][i]))];
    },
    svg: () => view.body.querySelector('svg')?.cloneNode(true) });
  curve(view, [], () => {
    const metrics = run().metrics;
    const list = metrics ? ['loss', 'accuracy', 'induction_accuracy'].filter((n) => metrics[n]) : [];
    const lines = list.map((name, i) => ({ name, colour: lineColour(i), dash: DASHES[i],
      points: metrics.epoch.map((epoch, at) => [epoch, metrics[name][at]]) }));
    const top = Math.max(1, ...lines.flatMap(({ points }) => points.map(([, y]) => y || 0)));
    return { picture: chart({ ...common('loss and accuracy over training'), lines, y: [0, top],
      yName: 'loss (nats), share right' }), entries: metrics ? lines.map(({ name, colour, dash }) =>
      [name.replace('_', ' ') + (name === 'loss' ? ' (nats)' : ''), colour, dash])
      : [['this run has no metrics.tsv', 'none']] };
  });
  return view.section;
}

function makeAccuracy() {
  const view = panel({ id: 'accuracy', title: 'Accuracy by period',
    help: 'Share right at positions i \u2265 period; bands: 95 % over sequences. Trained periods ' +
      'whole, others dashed.',
    rows: () => [['epoch', 'period', 'accuracy', 'accuracy_lo', 'accuracy_hi', 'loss'],
      ...run().sorted.flatMap((epoch) => run().periods.map((period, p) => [epoch, period,
        ...[0, 1, 2, 3].map((field) => run().accuracy(epoch, p, field))]))],
    svg: () => view.body.querySelector('svg')?.cloneNode(true) });
  curve(view, [], () => {
    const each = run();
    const lines = each.periods.map((period, p) => ({
      name: `period ${period}${each.isTrained(period) ? '' : ' (not trained)'}`,
      colour: lineColour(p), dash: each.isTrained(period) ? null : '5 3',
      points: each.sorted.map((epoch) => [epoch, each.accuracy(epoch, p)]),
      band: each.sorted.map((epoch) => [epoch, each.accuracy(epoch, p, 1), each.accuracy(epoch, p, 2)]),
    }));
    return { picture: chart({ ...common('accuracy by period over training'), y: [0, 1],
      yName: 'share right', lines }), entries: lines.map(({ name, colour, dash }) =>
      [name, colour, dash]) };
  });
  return view.section;
}

/* A menu of the run's measures, bound to a name of the state. */
export function measureMenu(name, label) {
  const menu = make('select', { 'aria-label': label, id: 'measure-' + name });
  menu.addEventListener('change', () => set({ [name]: menu.value }));
  watch(['run', name], () => {
    menu.replaceChildren(...run().scores.map((score) => make('option', { value: score.name,
      text: score.name.replace(/_/g, ' '), title: score.description })));
    menu.value = state[name];
  });
  return menu;
}

export const rangeOf = (values) => {
  const known = values.filter(Number.isFinite);
  const [lo, hi] = [Math.min(0, ...known), Math.max(0, ...known)];
  if (lo >= 0 && hi <= 1) return [0, 1];
  return lo === hi ? [lo, lo + 1] : [lo, hi + (hi - lo) * 0.05];
};

function makeScores() {
  const view = panel({ id: 'scores', title: 'Scores by head', help: ' ',
    rows: () => [['epoch', 'head', ...run().scores.map((score) => score.name)],
      ...run().sorted.flatMap((epoch) => run().heads.map((head, h) => [epoch, head,
        ...run().scores.map((_, s) => run().score(epoch, h, s))]))],
    svg: () => view.body.querySelector('svg')?.cloneNode(true) });
  view.controls.append(measureMenu('score', 'score shown'));
  const help = view.section.querySelector('.help');
  curve(view, ['score', 'head', 'hover'], () => {
    const each = run();
    const s = Math.max(0, each.scoreIndex(state.score));
    const { formula, uniform, name } = each.scores[s];
    const head = currentHead();
    const lines = each.heads.map((text, h) => ({ name: text, colour: lineColour(h), dash: dashOf(h),
      thick: h === head, points: each.sorted.map((epoch) => [epoch, each.score(epoch, h, s)]) }))
      .filter((line) => line.points.some(([, y]) => Number.isFinite(y)));
    help.textContent = `${name}: ${formula}` +
      (uniform === null ? '.' : `; chance ${uniform.toPrecision(3)}.`);
    const unit = name === 'bump' ? 'score units' : 'share';
    return { picture: chart({ ...common(`${name} of every head over training`), lines,
      y: rangeOf(lines.flatMap(({ points }) => points.map(([, y]) => y))),
      yName: `${name.replace(/_/g, ' ')} (${unit})` }),
    entries: lines.map(({ name: text, colour, dash }) => [text, colour, dash]) };
  });
  return view.section;
}

export const makeCurves = () => [makeTraining(), makeAccuracy(), makeScores()];

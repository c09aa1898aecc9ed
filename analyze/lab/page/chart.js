/*
 * A line chart as SVG, the one kind that the page has.
 *
 *   chart({width, height, x: [lo, hi], y: [lo, hi], log, xName, yName, label,
 *          lines: [{points: [[x, y]...], colour, name, dash, band: [[x, lo, hi]...]}],
 *          dots: [{x, y, colour, name, size}], cursor: x, pick(x)})
 *
 * NaN breaks a line. `log` is log1p, as on the slider. `pick` is called with the x of a click.
 */
import { makeSvg, tickText, ticks } from './draw.js';

const MARGIN = { left: 46, right: 12, top: 10, bottom: 36 };

export function chart(options) {
  const { width, height, lines = [], dots = [] } = options;
  const scale = scales(options);
  spread(dots, scale);
  const svg = makeSvg('svg', { class: 'chart picture', viewBox: `0 0 ${width} ${height}`,
    role: 'img', 'aria-label': options.label });
  svg.append(...axes(options, scale), ...lines.flatMap((line) => drawLine(line, scale)),
    ...dots.map((dot) => drawDot(dot, scale)));
  if (options.cursor !== undefined) svg.append(cursorAt(options.cursor, scale, height));
  if (options.pick) pickable(svg, options, scale);
  svg.moveCursor = (x) => {
    const line = svg.querySelector('.cursor');
    if (line) line.setAttribute('transform', `translate(${scale.x(x)} 0)`);
  };
  return svg;
}

function scales({ width, height, x, y, log }) {
  const inner = width - MARGIN.left - MARGIN.right;
  const tall = height - MARGIN.top - MARGIN.bottom;
  const warp = log ? Math.log1p : (v) => v;
  const unwarp = log ? Math.expm1 : (v) => v;
  const [from, to] = [warp(x[0]), warp(x[1])];
  const span = to - from || 1;
  return {
    x: (v) => MARGIN.left + ((warp(v) - from) / span) * inner,
    y: (v) => MARGIN.top + (1 - (v - y[0]) / (y[1] - y[0] || 1)) * tall,
    back: (px) => unwarp(from + ((px - MARGIN.left) / inner) * span),
    bottom: MARGIN.top + tall,
  };
}

function words(x, y, text, attributes) {
  const element = makeSvg('text', { x, y, ...attributes });
  element.textContent = text;
  return element;
}

function axes({ width, x, y, log, xName, yName, height }, scale) {
  const along = log ? [0, 10, 100, 1000, 10000, 100000, 1000000].filter((v) => v <= x[1])
    : ticks(x[0], x[1], width / 90);
  const up = ticks(y[0], y[1], height / 45);
  return [
    ...up.map((v) => makeSvg('line', { x1: MARGIN.left, x2: width - MARGIN.right, y1: scale.y(v),
      y2: scale.y(v), class: 'grid' })),
    ...up.map((v) => words(MARGIN.left - 6, scale.y(v) + 4, tickText(v), { 'text-anchor': 'end' })),
    ...along.map((v) => words(scale.x(v), scale.bottom + 15, tickText(v),
      { 'text-anchor': scale.x(v) > width - 24 ? 'end' : 'middle' })),
    words(width - MARGIN.right, height - 4, xName, { 'text-anchor': 'end', class: 'axis' }),
    words(12, MARGIN.top + (scale.bottom - MARGIN.top) / 2, yName, { 'text-anchor': 'middle',
      class: 'axis', transform: `rotate(-90 12 ${MARGIN.top + (scale.bottom - MARGIN.top) / 2})` }),
  ];
}

function path(points, scale) {
  let d = '';
  let pen = 'M';
  for (const [x, y] of points) {
    if (!Number.isFinite(y)) {
      pen = 'M';
      continue;
    }
    d += `${pen}${scale.x(x).toFixed(1)} ${scale.y(y).toFixed(1)}`;
    pen = 'L';
  }
  return d;
}

function drawLine({ points, colour, name, dash, band, thick }, scale) {
  const line = makeSvg('path', { d: path(points, scale), class: thick ? 'line thick' : 'line',
    stroke: colour, 'stroke-dasharray': dash || null });
  if (name) {
    const title = makeSvg('title', {});
    title.textContent = name;
    line.append(title);
  }
  const known = (band || []).filter(([, lo, hi]) => Number.isFinite(lo) && Number.isFinite(hi));
  if (known.length < 2) return [line];
  const there = known.map(([x, lo]) => `${scale.x(x).toFixed(1)} ${scale.y(lo).toFixed(1)}`);
  const back = known.map(([x, , hi]) => `${scale.x(x).toFixed(1)} ${scale.y(hi).toFixed(1)}`);
  return [makeSvg('path', { d: `M${there.join('L')}L${back.reverse().join('L')}z`, class: 'band',
    fill: colour }), line];
}

/* Names of dots that lie close together stand one under the other. */
const NAME = [46, 13]; /* width and height of a name, in the picture's units */
function spread(dots, scale) {
  const placed = [];
  for (const dot of [...dots].sort((a, b) => scale.y(a.y) - scale.y(b.y))) {
    dot.nameAt = scale.y(dot.y) - 6;
    const near = placed.filter((each) => Math.abs(scale.x(each.x) - scale.x(dot.x)) < NAME[0]);
    const lowest = Math.max(...near.map((each) => each.nameAt), -Infinity);
    dot.nameAt = Math.max(dot.nameAt, Math.min(lowest + NAME[1], scale.bottom + 8));
    placed.push(dot);
  }
}

function drawDot({ x, y, colour, name, size, nameAt }, scale) {
  const group = makeSvg('g', { class: 'dot' }, makeSvg('circle', { cx: scale.x(x), cy: scale.y(y),
    r: size || 5, fill: colour }));
  if (name) group.append(words(scale.x(x) + 8, nameAt, name, { class: 'dot-name' }));
  return group;
}

const cursorAt = (x, scale) => makeSvg('line', { class: 'cursor', x1: 0, x2: 0, y1: MARGIN.top,
  y2: scale.bottom, transform: `translate(${scale.x(x)} 0)` });

function pickable(svg, options, scale) {
  svg.classList.add('pickable');
  svg.addEventListener('click', (event) => {
    const box = svg.getBoundingClientRect();
    const px = ((event.clientX - box.left) / box.width) * options.width;
    options.pick(Math.max(options.x[0], Math.min(options.x[1], scale.back(px))));
  });
}

/* What the lines are called, in their colours: [[name, colour, dash]...]. */
export function legend(entries) {
  const list = document.createElement('ul');
  list.className = 'legend';
  for (const [name, colour, dash] of entries) {
    const item = document.createElement('li');
    const mark = makeSvg('svg', { viewBox: '0 0 20 8', 'aria-hidden': 'true' },
      makeSvg('line', { x1: 0, x2: 20, y1: 4, y2: 4, stroke: colour, 'stroke-dasharray': dash || null }));
    item.append(mark, name);
    list.append(item);
  }
  return list;
}

/*
 * The frame of a view: heading, what it shows in words, its controls, and the ways out of it: a
 * picture (PNG, SVG), its numbers (TSV), and those numbers as a table on the page.
 *
 *   panel({id, title, help, svg, rows})
 *     svg()   an SVG element of its own, as large as it is to be printed; or null
 *     rows()  [[column names], [values]...], what the picture shows
 */
import { make, makeSvg } from './draw.js';
import { drawAll } from './store.js';

const TABLE_ROWS = 400;
export const panels = new Map();

export function panel({ id, title, help, svg, rows }) {
  const body = make('div', { class: 'body' });
  const controls = make('div', { class: 'controls' });
  const shown = make('div', { class: 'table', hidden: true, tabIndex: 0, role: 'region',
    'aria-label': title + ', as a table' });
  const ways = make('div', { class: 'ways', role: 'group', 'aria-label': title + ': save' });
  const file = (ending) => `${fileName()}-${id}.${ending}`;
  const way = (text, about, act) =>
    ways.append(make('button', { type: 'button', class: 'small', title: about, 'aria-label':
      `${title}: ${about}`, text, onclick: act }));
  const picture = () => {
    drawAll();
    return (svg && svg()) || tablePicture(title, rows());
  };
  way('PNG', 'save as PNG', async () => save(await toPng(picture()), file('png')));
  way('SVG', 'save as SVG', () => save(new Blob([svgText(picture())], { type: 'image/svg+xml' }),
    file('svg')));
  way('TSV', 'save the numbers', () => save(new Blob([toTsv(rows())],
    { type: 'text/tab-separated-values' }), file('tsv')));
  const toggle = make('button', { type: 'button', class: 'small', title: 'show the numbers',
    'aria-label': `${title}: show the numbers`, 'aria-expanded': 'false', text: 'Table' });
  toggle.addEventListener('click', () => {
    shown.hidden = !shown.hidden;
    toggle.setAttribute('aria-expanded', String(!shown.hidden));
    frame.refresh();
  });
  ways.append(toggle);
  const heading = make('h2', { id: 'h-' + id, text: title });
  const section = make('section', { class: 'panel', id, 'aria-labelledby': 'h-' + id },
    make('header', {}, heading, controls, ways),
    help ? make('p', { class: 'help', text: help }) : null, body, shown);
  const frame = {
    section, body, controls, rows, svg,
    /* The table beside the picture, if it is open; views call it when they have drawn. */
    refresh() {
      if (!shown.hidden) shown.replaceChildren(htmlTable(rows()));
    },
  };
  panels.set(id, frame);
  return frame;
}

/* Set by the page: what files are called, and the line that says where numbers come from. */
export const naming = { file: () => 'lab', origin: () => '' };
const fileName = () => naming.file();

/* ---- Tables ---- */

const cellText = (value) => (typeof value === 'number' && !Number.isInteger(value)
  ? (Number.isFinite(value) ? String(+value.toPrecision(6)) : 'nan') : String(value));

export function htmlTable(rows, limit = TABLE_ROWS) {
  const [names, ...values] = rows;
  const body = values.slice(0, limit).map((row) =>
    make('tr', {}, row.map((cell) => make('td', { text: cellText(cell) }))));
  const more = values.length - limit;
  return make('table', {},
    more > 0 ? make('caption', { text: `the first ${limit} of ${values.length} rows; TSV has all` })
      : null,
    make('thead', {}, make('tr', {}, names.map((text) => make('th', { scope: 'col', text })))),
    make('tbody', {}, body));
}

export function toTsv(rows) {
  return `# ${naming.origin()}\n` + rows.map((row) => row.map(cellText).join('\t') + '\n').join('');
}

/* ---- Pictures ---- */

export function save(blob, name) {
  const link = make('a', { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export function svgText(svg) {
  const copy = svg.cloneNode(true);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.removeAttribute('tabindex');
  inline(svg, copy);
  const title = makeSvg('desc', {});
  title.textContent = naming.origin();
  copy.prepend(title);
  return new XMLSerializer().serializeToString(copy);
}

/* A file has no style sheet of the page: what it gives is written into each element. */
const STYLED = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'font-size', 'font-family',
  'text-anchor', 'opacity', 'fill-opacity', 'dominant-baseline', 'font-weight'];
function inline(from, to) {
  const attached = from.isConnected ? null : document.body.appendChild(makeSvg('svg',
    { width: 0, height: 0, class: 'offstage' }, from));
  const all = [from, ...from.querySelectorAll('*')];
  const copies = [to, ...to.querySelectorAll('*')];
  all.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of STYLED) {
      const value = style.getPropertyValue(name);
      if (value) copies[i].setAttribute(name, value);
    }
  });
  if (attached) {
    from.remove();
    attached.remove();
  }
  const ground = getComputedStyle(document.body).backgroundColor;
  const box = to.getAttribute('viewBox').split(' ');
  to.setAttribute('width', box[2]);
  to.setAttribute('height', box[3]);
  to.prepend(makeSvg('rect', { x: box[0], y: box[1], width: box[2], height: box[3], fill: ground }));
}

export async function toPng(svg) {
  const [, , width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
  const image = new Image();
  image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(svgText(svg));
  await image.decode();
  const canvas = make('canvas', { width: 2 * width, height: 2 * height });
  canvas.getContext('2d').drawImage(image, 0, 0, 2 * width, 2 * height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

/* Numbers that have no picture, set as one. */
function tablePicture(title, rows) {
  const widths = rows[0].map((_, c) => 14 + 7 * Math.max(...rows.map((row) =>
    cellText(row[c] ?? '').length)));
  const starts = widths.map((_, c) => 12 + widths.slice(0, c).reduce((a, b) => a + b, 0));
  const width = Math.max(240, 12 + widths.reduce((a, b) => a + b, 0));
  const height = 46 + 18 * rows.length;
  const text = (x, y, words, weight) => {
    const element = makeSvg('text', { x, y, 'font-weight': weight || 'normal' });
    element.textContent = words;
    return element;
  };
  return makeSvg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'picture' },
    text(12, 24, title, 'bold'),
    rows.flatMap((row, r) => row.map((cell, c) =>
      text(starts[c], 50 + 18 * r, cellText(cell), r === 0 ? 'bold' : ''))));
}

/* A canvas of pixels as a crisp SVG image with axes of positions. */
export function matrixPicture(canvas, title, size = 480) {
  const big = make('canvas', { width: size, height: size });
  const context = big.getContext('2d');
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, size, size);
  const text = (x, y, words, anchor, turn) => {
    const element = makeSvg('text', { x, y, 'text-anchor': anchor,
      transform: turn ? `rotate(-90 ${x} ${y})` : null });
    element.textContent = words;
    return element;
  };
  const n = canvas.width;
  const places = [0, 20, 40, 60, 80, 100, 120].filter((at) => at < n);
  return makeSvg('svg', { viewBox: `0 0 ${size + 70} ${size + 80}`, class: 'picture' },
    makeSvg('image', { x: 55, y: 30, width: size, height: size, href: big.toDataURL() }),
    text(55, 20, title, 'start'),
    places.map((at) => text(55 + ((at + 0.5) / n) * size, size + 46, String(at), 'middle')),
    places.map((at) => text(50, 34 + ((at + 0.5) / n) * size, String(at), 'end')),
    text(55 + size / 2, size + 66, 'source position (key)', 'middle'),
    text(16, 30 + size / 2, 'destination position (query)', 'middle', true));
}

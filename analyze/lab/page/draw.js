/* Colours, elements and numbers as every view shows them. */

/* Stops of the colour maps, [r, g, b]; each runs evenly in lightness and is told apart by the
 * colour-blind: attention from the page's ground to its far end, differences through grey. */
const STOPS = {
  light: [[255, 255, 255], [214, 230, 244], [147, 196, 222], [74, 146, 199], [24, 91, 163], [8, 35, 86]],
  dark: [[24, 26, 32], [53, 50, 104], [44, 104, 142], [32, 158, 134], [129, 208, 80], [253, 231, 37]],
};
const DIFFERENCE = {
  light: [[178, 88, 6], [241, 163, 64], [247, 247, 247], [153, 142, 195], [84, 39, 136]],
  dark: [[253, 184, 99], [178, 98, 14], [40, 42, 48], [110, 90, 180], [190, 174, 245]],
};

const dark = matchMedia('(prefers-color-scheme: dark)');
export const isDark = () => dark.matches;
export const onTheme = (update) => dark.addEventListener('change', update);
export const lessMotion = matchMedia('(prefers-reduced-motion: reduce)');

function table(stops) {
  const colours = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const [r, g, b] = [0, 1, 2].map((c) =>
      Math.round(stops[low][c] + (at - low) * (stops[low + 1][c] - stops[low][c])));
    colours[i] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  return colours;
}

const tables = {
  light: table(STOPS.light), dark: table(STOPS.dark),
  lightDifference: table(DIFFERENCE.light), darkDifference: table(DIFFERENCE.dark),
};
export const attentionColours = () => tables[isDark() ? 'dark' : 'light'];
export const differenceColours = () => tables[isDark() ? 'darkDifference' : 'lightDifference'];

export function cssColour(colours, share) {
  const c = colours[Math.max(0, Math.min(255, Math.round(share * 255)))];
  return `rgb(${c & 255} ${(c >> 8) & 255} ${(c >> 16) & 255})`;
}

/* Okabe and Ito's palette, lightened where the page is dark. */
const LINES = {
  light: ['#0072b2', '#d55e00', '#007a5a', '#a8467f', '#8a6d00', '#2f7fb8', '#5a5a5a', '#7b3fa0'],
  dark: ['#56b4e9', '#ff8c42', '#2ec9a0', '#e69ac4', '#f0e442', '#8fc7ff', '#b8b8b8', '#c79bff'],
};
export const lineColour = (i) => LINES[isDark() ? 'dark' : 'light'][i % 8];

/* Ink that can be read on that colour: the one of the two with the greater contrast. */
export function inkOn(colours, share) {
  const c = colours[Math.max(0, Math.min(255, Math.round(share * 255)))];
  const [r, g, b] = [c & 255, (c >> 8) & 255, (c >> 16) & 255].map((v) =>
    (v <= 10 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#000000' : '#ffffff';
}

/* A lower triangle of bytes (levels 0..top) into a canvas of length x length pixels. */
export function paintTriangle(canvas, bytes, from, length, top) {
  paint(canvas, length, attentionColours(), (put) => {
    const scale = 255 / top;
    let at = from;
    for (let i = 0; i < length; i++)
      for (let j = 0; j <= i; j++) put(i * length + j, (bytes[at++] * scale) | 0);
  });
}

/* A [length, length] matrix of shares, or of differences between -1 and 1. */
export function paintMatrix(canvas, values, from, length, difference = false) {
  paint(canvas, length, difference ? differenceColours() : attentionColours(), (put) => {
    for (let i = 0; i < length; i++)
      for (let j = 0; j <= i; j++) {
        const value = values[from + i * length + j];
        put(i * length + j, Math.round(255 * (difference ? (value + 1) / 2 : value)));
      }
  });
}

function paint(canvas, length, colours, fill) {
  if (canvas.width !== length || canvas.height !== length) {
    canvas.width = length;
    canvas.height = length;
    canvas.image = null;
  }
  const context = canvas.getContext('2d');
  const image = canvas.image || (canvas.image = context.createImageData(length, length));
  const pixels = new Uint32Array(image.data.buffer);
  fill((at, level) => { pixels[at] = colours[level < 0 ? 0 : level > 255 ? 255 : level]; });
  context.putImageData(image, 0, 0);
}

/* ---- Elements ---- */

const SVG = 'http://www.w3.org/2000/svg';

function fillElement(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'text') element.textContent = value;
    else if (name in element && typeof value !== 'string' && !(element instanceof SVGElement))
      element[name] = value;
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function make(name, attributes, ...children) {
  return fillElement(document.createElement(name), attributes, children);
}

export function makeSvg(name, attributes, ...children) {
  return fillElement(document.createElementNS(SVG, name), attributes, children);
}

/* ---- Numbers ---- */

export const groups = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
export const percent = (x) => (Number.isFinite(x) ? (100 * x).toFixed(1) : '\u2013');
export const three = (x) =>
  (Number.isFinite(x) ? x.toFixed(3).replace('-', '\u2212') : '\u2013');
export const signed = (x, digits = 3) =>
  (Number.isFinite(x) ? (x < 0 ? '\u2212' : '+') + Math.abs(x).toFixed(digits) : '\u2013');

/* "Nice" numbers from lo to hi, about `count` of them. */
export function ticks(lo, hi, count) {
  const rough = (hi - lo) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) || power;
  const list = [];
  for (let t = Math.ceil(lo / step) * step; t <= hi + step / 1e6; t += step)
    list.push(Math.abs(t) < step / 1e6 ? 0 : t);
  return list;
}

export const tickText = (t) =>
  (Math.abs(t) >= 1000 ? groups(t).replace(/,000$/, 'k') : String(+t.toPrecision(4)));

/* Bytes: the text of a block back into bytes, inflating, and numbers out of them. */

/* Where windows-1252 has a character above 255 in the place of a byte (WHATWG Encoding). */
const HIGH = new Map([
  0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0,
  0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a,
  0x153, 0, 0x17e, 0x178].map((code, i) => [code, 0x80 + i]).filter(([code]) => code));

/* include/induct/page/page.h: '=' and the byte plus 64 stand for bytes that could not be written. */
export function unescapeBytes(text) {
  const bytes = new Uint8Array(text.length);
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    let less = 0;
    if (code === 0x3d) {
      code = text.charCodeAt(++i);
      less = 64;
    }
    bytes[count++] = (code > 255 ? HIGH.get(code) : code) - less;
  }
  return bytes.subarray(0, count);
}

export async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).arrayBuffer();
}

const unfold = (byte) => (byte >> 1) ^ -(byte & 1);

/* RUN/scalars and the head of RUN/maps: how many, and the epochs. */
export function readEpochs(buffer) {
  const count = new DataView(buffer).getUint32(0, true);
  return new Uint32Array(buffer, 4, count);
}

/* Patterns of `count` epochs, each [places], out of [places, count] differences. */
export function readMaps(bytes, places, count) {
  const maps = Array.from({ length: count }, () => new Uint8Array(places));
  let at = 0;
  for (let place = 0; place < places; place++) {
    let value = bytes[at++];
    maps[0][place] = value;
    for (let e = 1; e < count; e++) {
      value = (value + unfold(bytes[at++])) & 255;
      maps[e][place] = value;
    }
  }
  return maps;
}

/* The bits of halves out of low bytes, high bytes, each a difference to `before` (or null). */
export function readHalves(bytes, before) {
  const count = bytes.length / 2;
  const halves = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    const folded = bytes[i] | (bytes[count + i] << 8);
    const difference = (folded >> 1) ^ -(folded & 1);
    halves[i] = (before ? before[i] : 0) + difference;
  }
  return halves;
}

/* Every half's value: a table, made when it is first asked for. */
let halfTable = null;
export function floatsFromHalves(halves, out) {
  if (!halfTable) halfTable = Float32Array.from({ length: 65536 }, (_, bits) => halfValue(bits));
  const floats = out || new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = halfTable[halves[i]];
  return floats;
}

function halfValue(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -24 * fraction;
}

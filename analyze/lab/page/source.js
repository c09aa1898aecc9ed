/*
 * Where data come from: the page itself, or the server that handed it over. Nobody else knows which.
 *
 *   manifest()          what there is
 *   block(name)         Promise of an ArrayBuffer; rejected if there is no such block
 *   wasm()              Promise of the model's bytes, or null if it was built without
 *   listen(news)        calls news(event) for what is new; `event` null: begin anew
 */
import { inflate, unescapeBytes } from './codec.js';

const element = (name) => document.getElementById('block:' + name);

function carried(name) {
  const found = element(name);
  if (!found) return Promise.reject(new Error('no block ' + name));
  return inflate(unescapeBytes(found.textContent));
}

async function fetched(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(path + ': ' + response.status);
  return response.arrayBuffer();
}

const parse = (buffer) => JSON.parse(new TextDecoder().decode(buffer));

const report = {
  manifest: async () => parse(await carried('manifest')),
  block: carried,
  listen: () => {},
};

const server = {
  manifest: async () => parse(await fetched('/manifest.json')),
  block: (name) => fetched('/block/' + name),
  listen(news) {
    const events = new EventSource('/events');
    let lost = false;
    events.onmessage = (message) => news(JSON.parse(message.data));
    events.onerror = () => { lost = true; };
    events.onopen = () => {
      if (lost) news(null);
      lost = false;
    };
  },
};

export const source = {
  ...(element('manifest') ? report : server),
  wasm: () => (element('wasm') ? carried('wasm') : Promise.resolve(null)),
};

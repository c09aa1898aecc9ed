/*
 * The sequence, token by token: what the shown head attends to from the shown token (its row) and
 * who attends to it (its column), what the model predicts there, and whether it is right. Tokens can
 * be typed, drawn with any period, and one can be planted twice in a period.
 */
import { attentionColours, cssColour, inkOn, lineColour, make, onTheme, percent, signed } from './draw.js';
import { isMissing } from './model.js';
import { currentHead, inputTokens } from './pattern.js';
import { patternOf, patternsAt, shownPeriod } from './patterns.js';
import { panel } from './panel.js';
import { run } from './runs.js';
import { set, shownToken, state, watch, watchNear } from './store.js';

/* ---- Sequences of one's own ---- */

/* Small and seeded, so that an address says which tokens: mulberry32. The run's own evaluation data
 * come from the library; this one only fills a page. */
function drawer(seed) {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function repeated(period, seed) {
  const { d_vocab: vocab, n_ctx: context } = run().config;
  const draw = drawer(seed);
  const part = Array.from({ length: period }, () => 1 + Math.floor(draw() * (vocab - 1)));
  return Array.from({ length: context }, (_, i) => part[i % period]);
}

/* The smallest period that the tokens keep to the end, 0 if none does. */
export function periodOf(tokens) {
  for (let p = 1; p <= tokens.length / 2; p++)
    if (tokens.every((token, i) => i < p || token === tokens[i - p])) return p;
  return 0;
}

const use = (tokens, period = periodOf(tokens)) => set({ tokens, period, token: -1, point: -1 });
const current = () => (state.tokens || run().tokens).slice();

/* ---- The view ---- */

export function makeTokens() {
  let seed = 1;
  let chips = [];
  const view = panel({
    id: 'tokens', title: 'Tokens and predictions',
    help: 'Colour: how much the shown token attends to each (bar above) and is attended to (bar ' +
      'below) in the shown head. Arrows go from token to token, Enter locks, Esc lets go, e edits.',
    rows: tokenRows,
  });
  const strip = make('div', { class: 'strip', role: 'listbox', 'aria-label': 'tokens',
    'aria-orientation': 'horizontal' });
  const said = make('div', { class: 'said', 'aria-live': 'polite' });
  const typed = make('input', { type: 'text', id: 'typed', 'aria-label': 'tokens, numbers with blanks',
    placeholder: 'numbers: 5 17 203 5 17 203', spellcheck: 'false', autocomplete: 'off' });
  const period = make('input', { type: 'range', id: 'period', min: '2', max: '40', step: '1',
    'aria-label': 'period of a new sequence' });
  const periodText = make('output', { for: 'period' });
  const button = (text, title, onclick) => make('button', { type: 'button', text, title, onclick,
    id: 'tokens-' + text.split(' ')[0] });
  const own = button('sample again', 'back to the run\u2019s own sample', () => use(null, 0));
  const problem = make('span', { class: 'problem', role: 'alert' });

  period.addEventListener('input', () => use(repeated(Number(period.value), seed),
    Number(period.value)));
  typed.addEventListener('change', () => {
    const tokens = typed.value.split(/[\s,]+/).filter(Boolean).map(Number);
    const { d_vocab: vocab, n_ctx: context } = run().config;
    const wrong = tokens.find((t) => !Number.isInteger(t) || t < 0 || t >= vocab);
    problem.textContent = wrong !== undefined ? `tokens are whole numbers from 0 to ${vocab - 1}`
      : tokens.length > context ? `at most ${context} tokens: the first ${context} are used`
        : tokens.length === 1 ? 'two tokens at least' : '';
    if (wrong === undefined && tokens.length > 1) use(tokens.slice(0, context));
  });
  view.body.append(
    make('div', { class: 'typing' }, make('label', {}, 'period ', period, ' ', periodText),
      button('another draw', 'other tokens of this period', () => {
        seed++;
        use(repeated(Number(period.value), seed), Number(period.value));
      }),
      button('plant a repeat', 'the shown token a second time within its period', plant),
      typed, own, problem),
    make('div', { class: 'scroll' }, strip), said);

  /* Where the token is repeated its next one is ambiguous: what one token of context cannot tell. */
  function plant() {
    const tokens = current();
    const p = shownPeriod() || tokens.length;
    const at = Math.max(0, shownToken()) % p;
    const to = (at + 1 + Math.floor(p / 2)) % p;
    if (to === at) return;
    use(tokens.map((token, i) => (i % p === to ? tokens[at] : token)), shownPeriod());
    set({ token: at });
  }

  function edit(i) {
    const field = make('input', { type: 'number', class: 'edit', min: '0',
      value: String(inputTokens()[i]), 'aria-label': `token at position ${i}` });
    const done = () => {
      const value = Number(field.value);
      const { d_vocab: vocab } = run().config;
      const tokens = current();
      if (Number.isInteger(value) && value >= 0 && value < vocab && tokens[i] !== value) {
        tokens[i] = value;
        use(tokens);
        set({ token: i });
      } else field.replaceWith(chips[i]);
      setTimeout(() => chips[i] && chips[i].focus());
    };
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') field.blur();
      if (event.key === 'Escape') field.value = String(inputTokens()[i]);
      event.stopPropagation();
    });
    field.addEventListener('blur', done, { once: true });
    chips[i].replaceWith(field);
    field.focus();
    field.select();
  }

  function build() {
    chips = Array.from(inputTokens(), (token, i) => {
      const chip = make('div', { class: 'chip', role: 'option', tabIndex: -1, 'data-token': String(i) },
        make('span', { class: 'bar up' }), make('span', { class: 'id', text: String(token) }),
        make('span', { class: 'bar down' }), make('span', { class: 'place', text: String(i) }));
      chip.addEventListener('pointerenter', (event) => {
        if (event.pointerType !== 'touch') set({ point: i });
      });
      chip.addEventListener('pointerleave', () => set({ point: -1 }));
      chip.addEventListener('click', () => set({ token: state.token === i ? -1 : i }));
      chip.addEventListener('dblclick', () => edit(i));
      chip.addEventListener('keydown', (event) => onKey(event, i));
      return chip;
    });
    strip.replaceChildren(...chips);
  }

  function onKey(event, i) {
    const to = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: chips.length - 1 }[event.key];
    if (to !== undefined && chips[to]) {
      chips[to].focus();
      set({ token: to });
    } else if (event.key === 'Enter' || event.key === ' ') set({ token: i });
    else if (event.key === 'e') edit(i);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /* Row up, column down; the outline says right or wrong. */
  function draw() {
    const shown = shownToken();
    const pattern = patternOf(currentHead());
    const colours = attentionColours();
    const at = Math.max(0, state.token);
    const p = shownPeriod();
    const passes = passOf();
    chips.forEach((chip, i) => {
      const inside = pattern && shown >= 0 && shown < pattern.length && i < pattern.length;
      const row = inside && i <= shown ? pattern.value(shown, i) : 0;
      const column = inside && i >= shown ? pattern.value(i, shown) : 0;
      chip.children[0].style.height = `${(14 * row).toFixed(1)}px`;
      chip.children[2].style.height = `${(14 * column).toFixed(1)}px`;
      chip.style.background = row > 0.005 ? cssColour(colours, row) : '';
      chip.style.color = row > 0.005 ? inkOn(colours, row) : '';
      chip.classList.toggle('shown', i === shown);
      const next = inputTokens()[i + 1];
      const best = passes ? passes.top[i]?.[0].token : undefined;
      const judged = best !== undefined && next !== undefined && i >= (p || 0);
      chip.classList.toggle('right', judged && best === next);
      chip.classList.toggle('wrong', judged && best !== next);
      chip.classList.toggle('copy', p > 0 && Math.floor(i / p) % 2 === 1);
      chip.tabIndex = i === at ? 0 : -1;
      chip.setAttribute('aria-selected', String(i === state.token));
      chip.setAttribute('aria-label', `position ${i}, token ${inputTokens()[i]}` +
        (judged ? (best === next ? ', next one predicted right' : ', next one predicted wrong') : ''));
    });
    say(shown, passes);
    view.refresh();
  }

  const passOf = () => (state.result && state.result.run === state.run ? state.result.after : null);

  function say(shown, passes) {
    if (shown < 0) return said.replaceChildren(make('p', { class: 'read',
      text: 'Point at a token, or choose one with the arrows, to see what comes next.' }));
    if (!passes) return said.replaceChildren(make('p', { class: 'read', text: isMissing()
      ? 'This page was built without the model: no predictions.' : state.problem || '\u2026' }));
    const tokens = inputTokens();
    const next = tokens[shown + 1] ?? (state.tokens || run().tokens)[shown + 1];
    const before = state.ops.length > 0 ? state.result.before.top[shown] : null;
    said.replaceChildren(
      make('p', { class: 'read' }, `After position ${shown} (token ${tokens[shown]}) comes `,
        make('b', { text: next === undefined ? 'nothing more' : String(next) }),
        `. Top 5 at epoch ${state.result.epoch}${before ? ', changed (before)' : ''}:`),
      make('ol', { class: 'top' }, passes.top[shown].map(({ token, share }) => {
        const old = before && before.find((each) => each.token === token);
        const bar = make('span', { class: 'share' });
        bar.style.width = `${(100 * share).toFixed(1)}%`;
        bar.style.background = token === next ? lineColour(2) : lineColour(1);
        return make('li', { class: token === next ? 'hit' : '' },
          make('span', { class: 'word', text: String(token) }),
          make('span', { class: 'rail' }, bar),
          make('span', { class: 'number', text: `${percent(share)} %` +
            (before ? ` (${old ? percent(old.share) + ' %' : 'not in top 5'})` : '') +
            (token === next ? ' \u2713' : '') }));
      })));
    return undefined;
  }

  function tokenRows() {
    const pattern = patternOf(currentHead());
    const shown = shownToken();
    const passes = passOf();
    return [['position', 'token', 'attended_from_shown', 'attends_to_shown', 'predicted',
      'probability'], ...Array.from(inputTokens(), (token, i) => {
      const best = passes?.top[i]?.[0];
      const known = pattern && shown >= 0 && i < pattern.length && shown < pattern.length;
      return [i, token, known && i <= shown ? pattern.value(shown, i) : NaN,
        known && i >= shown ? pattern.value(i, shown) : NaN, best ? best.token : '-',
        best ? best.share : NaN];
    })];
  }

  let built = '';
  watchNear(view.section, [...patternsAt(), 'head', 'hover', 'token', 'point', 'problem'], () => {
    const wanted = Array.from(inputTokens()).join();
    if (wanted !== built) {
      built = wanted;
      build();
    }
    draw();
  });
  watch(['run', 'period', 'tokens'], () => {
    period.max = String(Math.max(2, Math.floor(run().config.n_ctx / 2)));
    const p = shownPeriod();
    if (p) period.value = String(p);
    periodText.textContent = p ? String(p) : 'none';
    own.disabled = state.tokens === null;
    if (document.activeElement !== typed) typed.value = state.tokens ? state.tokens.join(' ') : '';
  });
  onTheme(draw);
  return view.section;
}

export const difference = (before, after) => signed(100 * (after - before), 1);

import { byId, html, svg, write } from './elements.js';
import { count, percent } from './format.js';
import { text } from './strings.js';

const outer = 96;
const inner = 60;
const middle = (outer + inner) / 2;
const labelledFrom = 5; // percent; a smaller slice has no room for its label

// Shares shows what part of the day's posts each category has, as a ring and as a list.
export class Shares {
  #rows = new Map(); // tag to elements
  #palette;
  #state = null;
  #view = null;
  #chosen = null;

  constructor(contest, palette) {
    this.#palette = palette;
    const legend = byId('legend');
    legend.replaceChildren();
    for (const { tag } of contest.categories) {
      const swatch = svg('svg', { class: 'swatch', viewBox: '0 0 20 20', 'aria-hidden': 'true' },
        svg('rect', { width: 20, height: 20, rx: 5, fill: palette.categories[tag].fill }));
      const part = html('span', { class: 'legend-percent' });
      const posts = html('span', { class: 'legend-count' });
      const row = html('li', { class: 'legend-row' }, swatch, html('span', { class: 'legend-tag' }, tag), part, posts);
      row.addEventListener('pointerenter', () => this.#choose(tag));
      row.addEventListener('pointerleave', () => this.#choose(null));
      legend.append(row);
      this.#rows.set(tag, { part, posts });
    }
  }

  #choose(tag) {
    this.#chosen = tag;
    if (this.#state) this.#draw();
  }

  show({ state, view }) {
    if (this.#view?.percent === view.percent && this.#view?.posts === view.posts) return;
    this.#state = state;
    this.#view = view;
    for (const [tag, { part, posts }] of this.#rows) {
      write(part, percent(view.percent[tag]));
      write(posts, count(view.posts.categories[tag]));
    }
    this.#draw();
  }

  #draw() {
    const { contest } = this.#state;
    const { posts, percent: percents } = this.#view;
    const ring = byId('donut');
    const all = contest.categories.reduce((sum, c) => sum + posts.categories[c.tag], 0);
    const labels = [];
    const slices = [];
    let from = 0;
    for (const { tag } of contest.categories) {
      const part = all === 0 ? 0 : posts.categories[tag] / all;
      if (part === 0) continue;
      const slice = svg('path', { d: arc(from, from + part), fill: this.#palette.categories[tag].fill, class: 'slice', 'fill-rule': 'evenodd' });
      if (this.#chosen !== null && this.#chosen !== tag) slice.classList.add('faded');
      slice.addEventListener('pointerenter', () => { if (this.#chosen !== tag) this.#choose(tag); });
      slices.push(slice);
      if (percents[tag] >= labelledFrom) labels.push(label(from + part / 2, `${Math.round(percents[tag])} %`));
      from += part;
    }
    if (slices.length === 0) slices.push(svg('path', { d: arc(0, 1), class: 'slice-empty', 'fill-rule': 'evenodd' }));

    const largest = contest.categories.reduce((a, b) => (posts.categories[b.tag] > posts.categories[a.tag] ? b : a)).tag;
    const tag = this.#chosen ?? largest;
    const described = contest.categories.map((c) => `${c.tag} ${percent(percents[c.tag])}`).join(', ');
    ring.replaceChildren(
      svg('title', { id: 'donut-title' }, text.soFar[this.#state.today]), svg('desc', { id: 'donut-desc' }, described),
      ...slices, ...labels,
      svg('text', { class: 'donut-value', y: 3 }, all === 0 ? '–' : `${Math.round(percents[tag])} %`),
      svg('text', { class: 'donut-name', y: 20 }, all === 0 ? '' : shortened(tag)));
    ring.onpointerleave = () => this.#choose(null);
  }
}

const shortened = (tag) => (tag.length > 18 ? `${tag.slice(0, 17)}…` : tag);

const at = (turn, radius) => {
  const angle = 2 * Math.PI * turn;
  return `${(radius * Math.sin(angle)).toFixed(2)} ${(-radius * Math.cos(angle)).toFixed(2)}`;
};

// arc is the ring's part between two fractions of a turn, clockwise from the top.
function arc(from, to) {
  if (to - from > 0.9999) {
    const circle = (r) => `M0 ${-r}A${r} ${r} 0 1 1 0 ${r}A${r} ${r} 0 1 1 0 ${-r}Z`;
    return circle(outer) + circle(inner);
  }
  const wide = to - from > 0.5 ? 1 : 0;
  return `M${at(from, outer)}A${outer} ${outer} 0 ${wide} 1 ${at(to, outer)}L${at(to, inner)}A${inner} ${inner} 0 ${wide} 0 ${at(from, inner)}Z`;
}

function label(turn, words) {
  const [x, y] = at(turn, middle).split(' ').map(Number);
  const group = svg('g', { class: 'slice-label', transform: `translate(${x} ${y})`, 'aria-hidden': 'true' });
  const width = 9 + 6.4 * words.length;
  group.append(svg('rect', { x: -width / 2, y: -8.5, width, height: 17, rx: 8.5 }), svg('text', { y: 4.1 }, words));
  return group;
}

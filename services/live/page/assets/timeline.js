import { byId, html, svg, write } from './elements.js';
import { count, halfHour, short, text } from './strings.js';

const buckets = 48;
const margin = { top: 20, right: 2, bottom: 26, left: 46 };

// Timeline shows the day in columns of half an hour, each stacked by category. Columns, because a half hour is a span
// and not a moment: a line between two of them would claim numbers that nobody counted.
export class Timeline {
  #contest;
  #palette;
  #state = null;
  #chosen = null; // index of the half hour that is looked at
  #step = 0;

  constructor(contest, palette) {
    this.#contest = contest;
    this.#palette = palette;
  }

  // listen connects pointer and keyboard; once for the page's life, with the timeline that is current then.
  static listen(current) {
    const chart = byId('timeline');
    new ResizeObserver(() => current()?.draw()).observe(byId('plot'));
    chart.addEventListener('pointermove', (event) => current()?.point(event.clientX - chart.getBoundingClientRect().left));
    chart.addEventListener('pointerdown', (event) => current()?.point(event.clientX - chart.getBoundingClientRect().left));
    chart.addEventListener('pointerleave', () => current()?.choose(null));
    chart.addEventListener('blur', () => current()?.choose(null));
    chart.addEventListener('keydown', (event) => current()?.press(event));
  }

  show(state) {
    this.#state = state;
    this.draw();
  }

  point(x) {
    const i = Math.floor((x - margin.left) / this.#step);
    this.choose(i >= 0 && i < buckets ? i : null);
  }

  press(event) {
    const from = this.#chosen ?? nowIndex(this.#state);
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: buckets - 1, Escape: null }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.choose(to === null ? null : Math.max(0, Math.min(buckets - 1, to)));
    if (this.#chosen !== null) write(byId('timeline-spoken'), this.#described(this.#chosen).join(', '));
  }

  choose(index) {
    if (index === this.#chosen) return;
    this.#chosen = index;
    this.draw();
  }

  #described(i) {
    const name = bucketName(i);
    return [halfHour(name), ...this.#contest.categories.map((c) => `${c.tag} ${count(this.#state.timeline[c.tag][name])}`)];
  }

  draw() {
    if (!this.#state) return;
    const chart = byId('timeline');
    const { width, height } = chart.getBoundingClientRect();
    if (width === 0) return;
    const plotHeight = height - margin.top - margin.bottom;
    this.#step = (width - margin.left - margin.right) / buckets;

    const columns = Array.from({ length: buckets }, (_, i) => this.#contest.categories.map((c) => this.#state.timeline[c.tag][bucketName(i)]));
    const highest = Math.max(...columns.map((parts) => parts.reduce((a, b) => a + b, 0)));
    const ticks = niceTicks(highest);
    const y = (n) => margin.top + plotHeight * (1 - n / ticks.at(-1));
    const x = (i) => margin.left + i * this.#step;

    const grid = ticks.flatMap((n) => [
      svg('line', { class: n === 0 ? 'axis' : 'grid', x1: margin.left, x2: width - margin.right, y1: y(n), y2: y(n) }),
      svg('text', { class: 'tick tick-y', x: margin.left - 8, y: y(n) }, short(n)),
    ]);
    const everyHours = width < 520 ? 6 : 3;
    for (let h = 0; h <= 24; h += everyHours) {
      const anchor = h === 24 ? 'end' : h === 0 ? 'start' : 'middle';
      grid.push(svg('text', { class: 'tick', x: x(2 * h), y: height - 6, 'text-anchor': anchor }, `${String(h).padStart(2, '0')}:00`));
    }
    const bars = [];
    if (this.#chosen !== null) {
      bars.push(svg('rect', { class: 'chosen', x: x(this.#chosen), width: this.#step, y: margin.top, height: plotHeight }));
    }
    const gap = Math.max(1, this.#step * 0.16);
    columns.forEach((parts, i) => {
      let base = 0;
      parts.forEach((n, c) => {
        if (n === 0) return;
        const top = y(base + n);
        bars.push(svg('rect', {
          x: x(i) + gap / 2, width: this.#step - gap, y: top, height: Math.max(0.5, y(base) - top - (base > 0 ? 0.75 : 0)),
          fill: this.#palette.categories[this.#contest.categories[c].tag].fill,
        }));
        base += n;
      });
    });
    const now = margin.left + nowPart(this.#state) * this.#step * buckets;
    const marker = svg('g', { class: 'now' },
      svg('line', { x1: now, x2: now, y1: margin.top, y2: margin.top + plotHeight }),
      svg('text', { x: now, y: margin.top - 7, 'text-anchor': now > width - 40 ? 'end' : now < 70 ? 'start' : 'middle' }, text.now));
    chart.replaceChildren(...grid, ...bars, marker);
    this.#tip(width, x);
  }

  #tip(width, x) {
    const tip = byId('tooltip');
    tip.hidden = this.#chosen === null;
    if (tip.hidden) return;
    const name = bucketName(this.#chosen);
    const rows = this.#contest.categories.map((c) => html('li', {},
      svg('svg', { class: 'swatch', viewBox: '0 0 20 20' }, svg('rect', { width: 20, height: 20, rx: 5, fill: this.#palette.categories[c.tag].fill })),
      html('span', {}, c.tag), html('b', {}, count(this.#state.timeline[c.tag][name]))));
    tip.replaceChildren(html('p', {}, halfHour(name)), html('ul', {}, ...rows.reverse()));
    const centre = x(this.#chosen + 0.5);
    const left = centre > width / 2 ? centre - tip.offsetWidth - this.#step : centre + this.#step;
    tip.style.transform = `translate(${Math.max(0, Math.min(width - tip.offsetWidth, left)).toFixed(1)}px, 0)`;
  }
}

export const bucketName = (i) => `${String(Math.floor(i / 2)).padStart(2, '0')}:${i % 2 === 0 ? '00' : '30'}`;

// nowPart is how much of the day has passed on the clocks of the contest's zone, 0 to 1.
function nowPart(state) {
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone: state.timezone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const [h, m] = clock.format(new Date(state.now)).split(':').map(Number);
  return (h * 60 + m) / 1440;
}

export const nowIndex = (state) => Math.floor(nowPart(state) * buckets);

// niceTicks runs from 0 to a round number above highest, in three to five steps of 1, 2 or 5 times a power of ten.
function niceTicks(highest) {
  const rough = Math.max(1, highest / 4);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
  return Array.from({ length: Math.max(2, Math.ceil(highest / step) + 1) }, (_, i) => i * step);
}

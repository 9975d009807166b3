import { byId, html, svg, write } from './elements.js';
import { clock, count, short } from './format.js';
import { scaled, ticks as niceTicks, unit } from './scale.js';
import { halfHour, text } from './strings.js';

const buckets = 48;
const shownInSteps = 6; // half hours; the axis begins and ends at a full three hours
const fewestShown = 12;
const margins = { top: 22, right: 2, bottom: 26, left: 46 };

// Timeline shows the day in columns of half an hour, each stacked by category. Columns, because a half hour is a span
// and not a moment: a line between two of them would claim numbers that nobody counted.
export class Timeline {
  #contest;
  #palette;
  #state = null;
  #timeline = null; // the counts that are drawn
  #drawn = '';
  #chosen = null; // index of the half hour that is looked at
  #step = 0;
  #margin = margins;
  #from = 0; // the half hours that are shown, the last one excluded
  #to = buckets;

  constructor(contest, palette) {
    this.#contest = contest;
    this.#palette = palette;
    const chart = byId('timeline');
    // Set, not added: the newest timeline takes the place of the one before.
    chart.onpointermove = chart.onpointerdown = (event) => this.#point(event.clientX - chart.getBoundingClientRect().left);
    chart.onpointerleave = chart.onblur = () => this.#choose(null);
    chart.onkeydown = (event) => this.#press(event);
  }

  show({ state, view }) {
    const drawn = `${state.day} ${state.today && clock(state.now, state.timezone)}`;
    // A patch leaves what it does not touch the same object.
    if (view.timeline === this.#timeline && drawn === this.#drawn) return;
    [this.#state, this.#timeline, this.#drawn] = [state, view.timeline, drawn];
    this.resize();
  }

  #point(x) {
    const i = this.#from + Math.floor((x - this.#margin.left) / this.#step);
    this.#choose(i >= this.#from && i < this.#to ? i : null);
  }

  #press(event) {
    if (!this.#timeline) return;
    const from = this.#chosen ?? nowIndex(this.#state);
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: this.#from, End: this.#to - 1, Escape: null }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#choose(to === null ? null : Math.max(this.#from, Math.min(this.#to - 1, to)));
    if (this.#chosen !== null) write(byId('timeline-spoken'), this.#described(this.#chosen).join(', '));
  }

  #choose(index) {
    if (index === this.#chosen || !this.#timeline) return;
    this.#chosen = index;
    this.resize();
  }

  #described(i) {
    const name = bucketName(i);
    return [halfHour(name), ...this.#contest.categories.map((c) => `${c.tag} ${count(this.#timeline[c.tag][name])}`)];
  }

  resize() {
    if (!this.#timeline) return;
    const chart = byId('timeline');
    const { width, height } = chart.getBoundingClientRect();
    if (width === 0) return;
    const margin = (this.#margin = scaled(margins));
    const plotHeight = height - margin.top - margin.bottom;

    const columns = Array.from({ length: buckets }, (_, i) => this.#contest.categories.map((c) => this.#timeline[c.tag][bucketName(i)]));
    [this.#from, this.#to] = range(columns, nowIndex(this.#state));
    this.#step = (width - margin.left - margin.right) / (this.#to - this.#from);
    const highest = Math.max(...columns.map((parts) => parts.reduce((a, b) => a + b, 0)));
    const ticks = niceTicks(highest);
    const y = (n) => margin.top + plotHeight * (1 - n / ticks.at(-1));
    const x = (i) => margin.left + (i - this.#from) * this.#step;

    const grid = ticks.flatMap((n) => [
      svg('line', { class: n === 0 ? 'axis' : 'grid', x1: margin.left, x2: width - margin.right, y1: y(n), y2: y(n) }),
      svg('text', { class: 'tick tick-y', x: margin.left - 8 * unit(), y: y(n) }, short(n)),
    ]);
    const hours = (this.#to - this.#from) / 2;
    const everyHours = [1, 3, 6].find((n) => width / (hours / n) > 64 * unit()) ?? 12;
    for (let h = this.#from / 2; h <= this.#to / 2; h += everyHours) {
      const anchor = 2 * h === this.#to ? 'end' : 2 * h === this.#from ? 'start' : 'middle';
      grid.push(svg('text', { class: 'tick', x: x(2 * h), y: height - 6 * unit(), 'text-anchor': anchor }, `${String(h).padStart(2, '0')}:00`));
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
    chart.replaceChildren(...grid, ...bars, ...this.#marker(width, plotHeight));
    this.#tip(width, x);
  }

  #marker(width, plotHeight) {
    const margin = this.#margin;
    if (!this.#state.today) return [];
    const now = margin.left + (nowPart(this.#state) * buckets - this.#from) * this.#step;
    return [ svg('g', { class: 'now' },
      svg('line', { x1: now, x2: now, y1: margin.top, y2: margin.top + plotHeight }),
      svg('text', { x: now, y: margin.top - 7 * unit(), 'text-anchor': now > width - 40 ? 'end' : now < 70 ? 'start' : 'middle' }, text.now))];
  }

  #tip(width, x) {
    const tip = byId('tooltip');
    tip.hidden = this.#chosen === null;
    if (tip.hidden) return;
    const name = bucketName(this.#chosen);
    const rows = this.#contest.categories.map((c) => html('li', {},
      svg('svg', { class: 'swatch', viewBox: '0 0 20 20' }, svg('rect', { width: 20, height: 20, rx: 5, fill: this.#palette.categories[c.tag].fill })),
      html('span', {}, c.tag), html('b', {}, count(this.#timeline[c.tag][name]))));
    tip.replaceChildren(html('p', {}, halfHour(name)), html('ul', {}, ...rows.reverse()));
    const centre = x(this.#chosen + 0.5);
    const left = centre > width / 2 ? centre - tip.offsetWidth - this.#step : centre + this.#step;
    tip.style.transform = `translate(${Math.max(0, Math.min(width - tip.offsetWidth, left)).toFixed(1)}px, 0)`;
  }
}

// range is the part of the day that has something to show: from the first posts to the end of the running half hour, and
// not so little that a column would be a block. A day of which there is only the evening does not leave the rest blank.
function range(columns, now) {
  const counted = columns.findIndex((parts) => parts.some((n) => n > 0));
  const first = Math.floor(Math.max(0, Math.min(counted, now)) / shownInSteps) * shownInSteps;
  const to = Math.min(buckets, Math.max(first + fewestShown, Math.ceil((now + 1) / shownInSteps) * shownInSteps));
  return [Math.min(first, to - fewestShown), to];
}

export const bucketName = (i) => `${String(Math.floor(i / 2)).padStart(2, '0')}:${i % 2 === 0 ? '00' : '30'}`;

// nowPart is how much of the day has passed on the clocks of the contest's zone, 0 to 1.
function nowPart(state) {
  if (!state.today) return 1;
  const [h, m] = clock(state.now, state.timezone).split(':').map(Number);
  return (h * 60 + m) / 1440;
}

// nowIndex is the half hour that is running; of a day that is over the last.
export const nowIndex = (state) => Math.min(buckets - 1, Math.floor(nowPart(state) * buckets));

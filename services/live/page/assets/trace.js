import { byId, svg, write } from './elements.js';
import { clock, count, decimal, short } from './format.js';
import { scaled, ticks, unit } from './scale.js';
import { text, traced, traceNote } from './strings.js';
import { fillTable } from './tables.js';

const longest = 300; // seconds that the server tells
const margins = { top: 8, right: 2, bottom: 24, left: 36 };
const smoothOver = 10; // seconds of the line's mean

// Trace shows the posts of each second. Two teams stand back to back on one line, so that they differ by place and not
// only by colour; more have a lane each. Only whole seconds are shown: the running one would look like a fall.
export class Trace {
  #contest;
  #palette;
  #last = 0; // the newest second that is shown
  #series = null; // by team: posts of each second, oldest first
  #zone = 'UTC';
  #trace = null;

  constructor(contest, palette) {
    this.#contest = contest;
    this.#palette = palette;
    byId('trace-table').ontoggle = () => this.#table();
  }

  show({ state, view }) {
    if (!state.today) return;
    const last = Math.floor(Date.parse(state.now) / 1000) - 1;
    if (last === this.#last && view.trace === this.#trace) return;
    [this.#last, this.#trace, this.#zone] = [last, view.trace, state.timezone];
    this.#series = this.#contest.teams.map(({ id }) => {
      const counted = view.trace[id] ?? {};
      return Array.from({ length: longest }, (_, i) => counted[last - longest + 1 + i] ?? 0);
    });
    const total = this.#series.flat().reduce((a, b) => a + b, 0);
    write(byId('trace-note'), traceNote(total, longest));
    this.resize();
    this.#table();
  }

  resize() {
    if (!this.#series) return;
    const chart = byId('trace');
    const { width, height } = chart.getBoundingClientRect();
    if (width === 0) return;
    const margin = scaled(margins);
    const plot = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
    // A column thinner than two pixels is a smear.
    const seconds = Math.min(longest, 60 * Math.max(1, Math.floor(plot.width / 2 / 60)));
    const series = this.#series.map((s) => s.slice(-seconds));
    const lanes = layout(series.length, plot.height);
    const levels = ticks(Math.max(1, ...series.flat()), lanes.steps);
    const step = plot.width / seconds;

    const drawn = [...this.#minutes(seconds, step, plot, margin)];
    series.forEach((values, t) => {
      const { base, up, size } = lanes.of[t];
      const y = (n) => margin.top + base + (up ? -1 : 1) * size * (n / levels.at(-1));
      for (const n of levels.slice(1)) {
        drawn.push(svg('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: y(n), y2: y(n) }));
        // Lanes of many teams are too low for figures; the table has them.
        if (n === levels.at(-1) && lanes.of.length <= 3) drawn.push(svg('text', { class: 'tick tick-y', x: margin.left - 6, y: y(n) + (up ? 5 : -5) * unit() }, short(n)));
      }
      const { fill } = this.#palette.teams[this.#contest.teams[t].id];
      drawn.push(svg('path', { class: 'columns', fill, d: columns(values, y, step, margin.left) }));
      drawn.push(svg('path', { class: 'mean-halo', d: mean(values, y, step, margin.left) }), svg('path', { class: 'mean', d: mean(values, y, step, margin.left) }));
    });
    series.forEach((_, t) => {
      const y = margin.top + lanes.of[t].base;
      const { up, size } = lanes.of[t];
      drawn.push(svg('line', { class: 'axis', x1: margin.left, x2: width - margin.right, y1: y, y2: y }));
      const { emoji, name } = this.#contest.teams[t];
      drawn.push(svg('text', { class: 'lane', x: margin.left - 6, y: y + (up ? -1 : 1) * size * 0.4 + 5 * unit() }, emoji || [...name].slice(0, 2).join('')));
    });
    chart.replaceChildren(...drawn);
    chart.setAttribute('aria-label', traced(this.#contest.teams.map((team, t) => ({
      name: team.name, mean: decimal(series[t].reduce((a, b) => a + b, 0) / seconds), peak: count(Math.max(...series[t])),
    })), seconds / 60));
  }

  // #minutes marks the full minutes with their times.
  *#minutes(seconds, step, plot, margin) {
    const first = this.#last - seconds + 1;
    for (let s = Math.ceil(first / 60) * 60; s <= this.#last; s += 60) {
      const x = margin.left + (s - first) * step;
      yield svg('line', { class: 'grid', x1: x, x2: x, y1: margin.top, y2: margin.top + plot.height });
      if (x < margin.left + 18 * unit() || x > margin.left + plot.width - 52 * unit()) continue;
      yield svg('text', { class: 'tick', x, y: margin.top + plot.height + 17 * unit(), 'text-anchor': 'middle' }, clock(s * 1000, this.#zone));
    }
    yield svg('text', { class: 'tick', x: margin.left + plot.width, y: margin.top + plot.height + 17 * unit(), 'text-anchor': 'end' }, text.now);
  }

  #table() {
    if (!byId('trace-table').open || !this.#series) return;
    const rows = [];
    // Full tens of seconds by the clock, so that a row stays what it is while time goes on.
    const first = this.#last - longest + 1;
    for (let s = Math.floor((this.#last + 1) / 10) * 10 - 10; s >= first; s -= 10) {
      const sums = this.#series.map((v) => v.slice(s - first, s - first + 10).reduce((a, b) => a + b, 0));
      rows.push([clock(s * 1000, this.#zone, true), ...sums.map(count)]);
    }
    fillTable(byId('trace-body'), [text.tenSeconds, ...this.#contest.teams.map((t) => t.name)], rows);
  }
}

// layout places a lane for each team: base is its zero line, size its height.
function layout(teams, height) {
  if (teams === 2) {
    const half = height / 2;
    return { steps: 2, of: [{ base: half, up: true, size: half }, { base: half, up: false, size: half }] };
  }
  const lane = height / teams;
  return { steps: 1, of: Array.from({ length: teams }, (_, i) => ({ base: lane * (i + 1), up: true, size: lane - 6 })) };
}

function columns(values, y, step, left) {
  // One outline: columns of their own would leave seams where their edges fall between two pixels.
  const steps = values.map((n, i) => `V${y(n).toFixed(1)}H${(left + (i + 1) * step).toFixed(1)}`);
  return `M${left} ${y(0).toFixed(1)}${steps.join('')}V${y(0).toFixed(1)}Z`;
}

function mean(values, y, step, left) {
  let sum = 0;
  const points = [];
  values.forEach((n, i) => {
    sum += n - (values[i - smoothOver] ?? 0);
    if (i >= smoothOver - 1) points.push(`${(left + (i + 1) * step).toFixed(1)} ${y(sum / smoothOver).toFixed(1)}`);
  });
  return `M${points.join('L')}`;
}

import { byId, html, write } from './elements.js';
import * as strings from './strings.js';

const spokenEveryMs = 20_000;
const turnEveryMs = 5_000; // a change of the lead is worth an interruption, though not four a second
const titleEveryMs = 2_000;
const staleAfterS = 5;

// Status tells in words who leads, how old the numbers are, and whether the posts are real.
export class Status {
  #stream;
  #choice;
  #shown = null;
  #problem = null;
  #spoken = '';
  #spokenKind = '';
  #spokenAt = -Infinity;
  #titleAt = -Infinity;

  constructor(stream, choice) {
    this.#stream = stream;
    this.#choice = choice;
    setInterval(() => this.connection(), 500);
    this.connection();
  }

  show(shown, { teams }) {
    this.#shown = shown;
    this.#problem = null;
    const { state, view } = shown;
    const { phase, percent } = state.progress;
    document.body.classList.toggle('provisional', phase !== 'live');
    const progress = byId('progress');
    progress.hidden = phase !== 'catching_up';
    progress.value = percent;

    this.#headline(view.headline, teams);
    this.#simulated(view.posts);
    if (byId('day')) write(byId('day'), strings.day(state));
    if (phase === 'live') this.#speak(shown);
    this.connection();
  }

  // problem says why a day is not shown: a key of strings.text.problem, or null.
  problem(kind) {
    this.#problem = kind;
    if (kind === 'unknown') this.#say([{ text: strings.text.problem.unknown }], '', {});
    if (kind) write(byId('spoken'), strings.text.problem[kind]);
    document.body.classList.toggle('unknown', kind === 'unknown');
    this.connection();
  }

  // repaint lets the headline take new colours.
  repaint() {
    byId('headline').replaceChildren();
  }

  #headline({ kind, parts, text }, teams) {
    this.#say(parts, strings.text.kind[kind] ?? '', teams);
    byId('kind').dataset.kind = kind;
    if (performance.now() - this.#titleAt > titleEveryMs) {
      this.#titleAt = performance.now();
      document.title = `${text} · ${this.#shown.state.contest.name}`;
    }
  }

  // #say writes the sentence; what follows its first semicolon is the quieter half. The semicolon itself is only heard.
  #say(parts, kind, teams) {
    const headline = byId('headline');
    const chip = byId('kind');
    chip.hidden = kind === '';
    write(chip, kind);
    // A percent sign must not begin a line.
    const kept = parts.map((p) => ({ ...p, text: p.text.replaceAll(' %', '\u00a0%') }));
    const words = kept.map((p) => p.text).join('');
    if (headline.textContent === words) return;
    const halves = [html('span', { class: 'first' }), html('span', { class: 'rest' })];
    let half = 0;
    const add = (text, team) => {
      if (text === '') return;
      const span = html('span', {}, text);
      const ink = team && teams[team]?.[half === 0 ? 'ink' : 'word'];
      if (ink) span.style.color = ink;
      halves[half].append(span);
    };
    for (const { text, team } of kept) {
      const end = half === 0 ? text.indexOf('; ') : -1;
      if (end < 0) {
        add(text, team);
        continue;
      }
      add(text.slice(0, end), team);
      halves[0].append(html('span', { class: 'unseen' }, '; '));
      half = 1;
      add(text.slice(end + 2), team);
    }
    headline.replaceChildren(...halves.filter((h) => h.hasChildNodes()));
    headline.classList.toggle('long', halves[0].textContent.length > 34);
  }

  #simulated({ simulated, total }) {
    const badge = byId('simulated');
    badge.hidden = simulated === 0;
    if (badge.hidden) return;
    write(badge, simulated === total ? strings.text.simulated : strings.text.partlySimulated);
    badge.title = strings.text.simulatedMore;
  }

  // #speak is for those who hear the page: often enough to follow, rarely enough to think.
  #speak(shown) {
    const now = performance.now();
    const { kind } = shown.view.headline;
    const turn = kind !== this.#spokenKind && ['lead_change', 'upset', 'record', 'tie'].includes(kind);
    if (now - this.#spokenAt < (turn ? turnEveryMs : spokenEveryMs)) return;
    const words = strings.spoken(shown);
    if (words === this.#spoken) return;
    [this.#spoken, this.#spokenKind, this.#spokenAt] = [words, kind, now];
    write(byId('spoken'), words);
  }

  // connection says how the numbers come and how old they are.
  connection() {
    const [words, kind] = this.#freshness();
    write(byId('connection'), words);
    byId('dot').dataset.kind = kind;
  }

  #freshness() {
    const { connected, failed, paused, heardAt } = this.#stream;
    const { connection, text } = strings;
    if (this.#problem) return [text.problem[this.#problem], 'lost'];
    if (this.#choice.day !== null) return [connection.past, 'wait'];
    const old = heardAt === null ? null : Math.max(0, (Date.now() - heardAt) / 1000);
    document.body.classList.toggle('stale', !connected && !paused && old !== null && old > staleAfterS);
    if (paused) return [connection.paused(old), 'wait'];
    if (!connected) return heardAt === null && !failed ? [connection.connecting, 'wait'] : [connection.lost(old), 'lost'];
    if (!this.#shown) return [connection.connecting, 'wait'];
    const { progress, newest_post: newest, now } = this.#shown.state;
    if (progress.phase === 'waiting') return [connection.waiting, 'wait'];
    if (progress.phase === 'catching_up') return [connection.catchingUp, 'wait'];
    const since = newest === '' ? null : (Date.parse(now) - Date.parse(newest)) / 1000 + old;
    return [connection.live(since), 'live'];
  }
}

import { byId, html, write } from './elements.js';
import * as strings from './strings.js';

const spokenEveryMs = 20_000;
const turnEveryMs = 5_000; // a change of the lead is worth an interruption, though not four a second
const titleEveryMs = 2_000;
const staleAfterS = 5;
const shortestHalf = 10; // characters; what is shorter before a colon, as Upset, belongs to the rest
const thinLead = 25; // posts
const thinLeadPart = 0.02; // of all posts

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

    const headline = (shown.by === 'popularity' && view.headline_popularity) || view.headline;
    this.#headline(headline, teams);
    this.#simulated(view.posts);
    if (byId('day')) write(byId('day'), strings.day(state));
    const covered = byId('covered');
    if (covered) {
      write(covered, strings.covered(state));
      covered.hidden = covered.textContent === '';
    }
    if (phase === 'live') this.#speak(shown, headline);
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
    const { lead, posts } = this.#shown.view;
    // A change of the lead is news while the lead is thin.
    const old = kind === 'lead_change' && lead.by > Math.max(thinLead, posts.total * thinLeadPart);
    this.#say(parts, old ? '' : strings.text.kind[kind] ?? '', teams);
    byId('kind').dataset.kind = kind;
    if (performance.now() - this.#titleAt > titleEveryMs) {
      this.#titleAt = performance.now();
      document.title = `${text} · ${this.#shown.state.contest.name}`;
    }
  }

  // #say writes the sentence; what follows its first semicolon, or the colon of one without, is the quieter half. The sign
  // itself is only heard.
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
    // A title has no full stop; whoever hears it needs one.
    const sign = words.includes('; ') ? '; ' : words.indexOf(': ') >= shortestHalf ? ': ' : null;
    const stop = sign === null && words.endsWith('.') ? '.' : '';
    if (stop) kept[kept.length - 1].text = kept.at(-1).text.slice(0, -1);
    for (const { text, team } of kept) {
      const end = half === 0 && sign !== null ? text.indexOf(sign) : -1;
      if (end < 0) {
        add(text, team);
        continue;
      }
      add(text.slice(0, end), team);
      halves[0].append(html('span', { class: 'unseen' }, sign));
      half = 1;
      add(text.slice(end + 2), team);
    }
    if (stop) halves[0].append(html('span', { class: 'unseen' }, stop));
    headline.replaceChildren(...halves.filter((h) => h.hasChildNodes()));
    headline.classList.toggle('long', halves[0].textContent.length > 34);
    headline.classList.toggle('longer', halves[0].textContent.length > 52);
  }

  #simulated({ simulated, total }) {
    const badge = byId('simulated');
    badge.hidden = simulated === 0;
    if (badge.hidden) return;
    write(badge, simulated === total ? strings.text.simulated : strings.text.partlySimulated);
    badge.title = strings.text.simulatedMore;
  }

  // #speak is for those who hear the page: often enough to follow, rarely enough to think.
  #speak(shown, headline) {
    const now = performance.now();
    const { kind } = headline;
    const turn = kind !== this.#spokenKind && ['lead_change', 'upset', 'record', 'tie'].includes(kind);
    if (now - this.#spokenAt < (turn ? turnEveryMs : spokenEveryMs)) return;
    const words = strings.spoken(shown, headline);
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
    const cutOff = this.#cutOff();
    document.body.classList.toggle('stale', !paused && (connected ? cutOff !== null : old !== null && old > staleAfterS));
    if (paused) return [connection.paused(old), 'wait'];
    if (!connected) return heardAt === null && !failed ? [connection.connecting, 'wait'] : [connection.lost(old), 'lost'];
    if (!this.#shown) return [connection.connecting, 'wait'];
    const { progress, newest_post: newest } = this.#shown.state;
    if (progress.phase === 'waiting') return [connection.waiting, 'wait'];
    if (cutOff !== null) return [connection.cutOff(cutOff), 'lost'];
    if (progress.phase === 'catching_up') return [connection.catchingUp, 'wait'];
    const since = newest === '' ? null : this.#since(newest);
    return [connection.live(since), 'live'];
  }

  // #cutOff is for how many seconds the server has not heard of new posts, or null while it does.
  #cutOff() {
    const since = this.#shown?.state.cut_off?.since;
    return since === undefined ? null : this.#since(since);
  }

  // #since is the age of an instant in seconds by the server's clock, because this computer's may be wrong.
  #since(instant) {
    return Math.max(0, (this.#stream.now - Date.parse(instant)) / 1000);
  }
}

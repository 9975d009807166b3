import { byId, html, write } from './elements.js';
import * as strings from './strings.js';

const spokenEveryMs = 20_000;
const titleEveryMs = 2_000;

// Status tells in words who leads, how old the numbers are, and whether the posts are real.
export class Status {
  #stream;
  #state = null;
  #leader = null;
  #spokenAt = -Infinity;
  #titleAt = -Infinity;

  constructor(stream) {
    this.#stream = stream;
    setInterval(() => this.#connection(), 500);
    this.#connection();
  }

  show(state, { teams }) {
    this.#state = state;
    const live = state.progress.phase === 'live';
    byId('main').classList.toggle('provisional', !live);
    const progress = byId('progress');
    progress.hidden = state.progress.phase !== 'catching_up';
    progress.value = state.progress.percent;
    progress.setAttribute('aria-labelledby', 'headline');

    this.#headline(strings.headline(state), teams);
    this.#simulated(state.posts);
    write(byId('day'), strings.day(state));
    if (live) this.#speak(state);
    this.#connection();
  }

  #headline(parts, teams) {
    const headline = byId('headline');
    const words = strings.plain(parts);
    if (headline.textContent !== words) {
      headline.replaceChildren(...parts.map(({ text, team }) => {
        const span = html('span', {}, text);
        if (team) span.style.color = teams[team.id].ink;
        return span;
      }));
    }
    if (performance.now() - this.#titleAt > titleEveryMs) {
      this.#titleAt = performance.now();
      document.title = `${words} · ${this.#state.contest.name}`;
    }
  }

  // repaint lets the headline take new colours.
  repaint() {
    byId('headline').replaceChildren();
  }

  #simulated({ simulated, total }) {
    const badge = byId('simulated');
    badge.hidden = simulated === 0;
    if (badge.hidden) return;
    const all = simulated === total;
    write(badge, all ? strings.text.simulated : strings.text.partlySimulated);
    badge.title = strings.text.simulatedMore;
  }

  // #speak is for those who hear the page: often enough to follow, rarely enough to think.
  #speak(state) {
    const now = performance.now();
    const leader = strings.leader(state);
    const changed = this.#leader !== null && leader !== this.#leader;
    if (!changed && now - this.#spokenAt < spokenEveryMs) return;
    this.#leader = leader;
    this.#spokenAt = now;
    write(byId('spoken'), strings.spoken(state));
  }

  #connection() {
    const { connected, paused, heardAt } = this.#stream;
    const old = heardAt === null ? null : (performance.now() - heardAt) / 1000;
    const phase = this.#state?.progress.phase;
    let words = strings.connection.connecting();
    let kind = 'wait';
    if (paused) {
      words = strings.connection.paused(old);
    } else if (!connected) {
      if (heardAt !== null) [words, kind] = [strings.connection.lost(old), 'lost'];
    } else if (phase === 'waiting') {
      words = strings.connection.waiting();
    } else if (phase === 'catching_up') {
      words = strings.connection.catchingUp();
    } else {
      const newest = this.#state.newest_post;
      const atState = newest === '' ? null : (Date.parse(this.#state.now) - Date.parse(newest)) / 1000;
      [words, kind] = [strings.connection.live(atState === null ? null : atState + old), 'live'];
    }
    write(byId('connection'), words);
    byId('dot').dataset.kind = kind;
  }
}

import { byId, html, write } from './elements.js';
import { share } from './format.js';
import { mood } from './strings.js';

const kinds = ['negative', 'neutral', 'positive'];

// Sentiment shows for each team how its posts sound: unkind to the left, kind to the right, and the mean in figures.
export class Sentiment {
  #teams = new Map(); // id to elements
  #sentiment = null;

  constructor(contest, { teams }) {
    const moods = byId('moods');
    moods.replaceChildren();
    moods.classList.toggle('many', contest.teams.length > 3);
    for (const team of contest.teams) {
      const value = html('b', { title: mood.meanTitle });
      const bar = html('div', { class: 'mood-bar', 'aria-hidden': 'true' });
      const parts = Object.fromEntries(kinds.map((kind) => [kind, html('span', { class: `mood-${kind}` })]));
      bar.append(...Object.values(parts));
      bar.style.setProperty('--fill', teams[team.id].fill);
      const note = html('span', { class: 'mood-note' });
      const name = html('dt', {}, html('span', { class: 'fact-emoji', 'aria-hidden': 'true' }, team.emoji), team.name);
      moods.append(html('div', { class: 'mood' }, name, html('dd', {}, value, bar, note)));
      this.#teams.set(team.id, { value, note, parts });
    }
  }

  show({ state, view }) {
    if (view.sentiment === this.#sentiment) return;
    this.#sentiment = view.sentiment;
    for (const { id } of state.contest.teams) {
      const counted = view.sentiment[id];
      const { value, note, parts } = this.#teams.get(id);
      const judged = kinds.reduce((sum, kind) => sum + counted[kind], 0);
      write(value, mood.mean(counted.mean));
      for (const kind of kinds) parts[kind].style.flexGrow = judged === 0 ? 0 : counted[kind] / judged;
      const shares = judged === 0 ? [mood.none] : kinds.map((kind) => `${share(counted[kind], judged)} ${mood[kind]}`);
      if (counted.unknown > 0) shares.push(mood.unknown(counted.unknown));
      write(note, shares.join(' · '));
    }
  }
}

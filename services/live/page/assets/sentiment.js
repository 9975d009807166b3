import { byId, html, write } from './elements.js';
import { roundShare } from './format.js';
import { mood } from './strings.js';

const kinds = ['negative', 'neutral', 'positive'];

// Sentiment shows for each team how its posts sound: unkind to the left, kind to the right, and the mean in figures.
export class Sentiment {
  #teams = new Map(); // id to elements
  #sentiment = null;
  #today = true;

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
      const unknown = html('span', { class: 'mood-unknown' });
      const name = html('dt', {}, html('span', { class: 'fact-emoji', 'aria-hidden': 'true' }, team.emoji), team.name);
      moods.append(html('div', { class: 'mood' }, name, html('dd', {}, unknown, value, bar, note)));
      this.#teams.set(team.id, { value, note, unknown, parts });
    }
  }

  show({ state, view }) {
    if (view.sentiment === this.#sentiment && state.today === this.#today) return;
    [this.#sentiment, this.#today] = [view.sentiment, state.today];
    for (const { id } of state.contest.teams) {
      const counted = view.sentiment[id];
      const { value, note, unknown, parts } = this.#teams.get(id);
      const judged = kinds.reduce((sum, kind) => sum + counted[kind], 0);
      write(value, mood.mean(counted.mean));
      for (const kind of kinds) parts[kind].style.flexGrow = judged === 0 ? 0 : counted[kind] / judged;
      const shares = judged === 0 ? [mood.none[state.today]] : kinds.map((kind) => `${roundShare(counted[kind], judged)} ${mood[kind]}`);
      write(unknown, counted.unknown > 0 ? mood.unknown(counted.unknown) : '');
      write(note, shares.join(' · '));
    }
  }
}

import { byId, html, write } from './elements.js';
import { share } from './format.js';
import { beside, besideLabel } from './strings.js';

// Beside shows the measure that the large numbers do not: popularity beside posts, and posts beside popularity. A team
// may be ahead in one and behind in the other.
export class Beside {
  #teams = new Map(); // id to elements
  #root;
  #label = html('p', { class: 'beside-label' });

  constructor(contest, { teams }) {
    const root = byId('beside');
    const two = contest.teams.length === 2;
    root.classList.toggle('two', two);
    this.#root = root;
    const bar = html('div', { class: 'beside-bar', 'aria-hidden': 'true' });
    const notes = contest.teams.map((team) => {
      const part = html('b');
      const pace = html('span');
      const side = html('span');
      side.style.setProperty('--fill', teams[team.id].fill);
      bar.append(side);
      this.#teams.set(team.id, { part, pace, side });
      const name = html('span', { class: two ? 'unseen' : 'beside-name' }, team.name);
      return html('p', { class: 'beside-note' }, name, ' ', part, ' ', pace);
    });
    root.replaceChildren(...(two ? [notes[0], bar, notes[1]] : [bar, this.#label, ...notes]));
  }

  show({ state: { contest }, view, by }) {
    const of = ({ id }) => (by === 'posts' ? view.popularity[id].score : view.posts.teams[id]);
    const all = contest.teams.reduce((sum, t) => sum + of(t), 0);
    this.#root.hidden = all === 0;
    write(this.#label, besideLabel[by]);
    const two = contest.teams.length === 2;
    for (const team of contest.teams) {
      const { part, pace, side } = this.#teams.get(team.id);
      const [first, second] = beside[by](share(of(team), all), two, view.popularity[team.id], view.pace[team.id]);
      write(part, first);
      write(pace, second);
      side.style.flexGrow = all === 0 ? 1 : of(team) / all;
    }
  }
}

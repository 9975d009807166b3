import { byId, html, write } from './elements.js';
import { run } from './counter.js';
import { count, percent, rate, several, share, text } from './strings.js';

// Scores shows the totals and, below them, the tug of war: a bar that each team has its share of.
export class Scores {
  #teams = new Map(); // id to elements
  #total;

  constructor(contest, { teams }) {
    const scores = byId('scores');
    const tug = byId('tug');
    scores.replaceChildren();
    tug.replaceChildren();
    const two = contest.teams.length === 2;
    scores.classList.toggle('two', two);
    tug.classList.toggle('two', two);

    this.#total = score(text.total, '', 'score total');
    const tiles = contest.teams.map((team) => {
      const tile = score(text.teamTotal(team), team.emoji, 'score');
      tile.root.style.setProperty('--ink', teams[team.id].ink);
      const side = html('div', { class: 'side' }, html('span', { class: 'side-emoji' }, team.emoji));
      side.style.setProperty('--fill', teams[team.id].fill);
      tug.append(side);
      this.#teams.set(team.id, { ...tile, side });
      return tile.root;
    });
    // With two teams the total stands between them.
    scores.append(...(two ? [tiles[0], this.#total.root, tiles[1]] : [this.#total.root, ...tiles]));
  }

  show(state) {
    const { posts, contest } = state;
    run(this.#total.value, posts.total, count);
    write(this.#total.note, [rate(state.rate.last_10s), several(state)].filter(Boolean).join(' · '));
    byId('scores').style.setProperty('--digits', count(posts.total).length);
    const all = contest.teams.reduce((sum, t) => sum + posts.teams[t.id], 0);
    for (const team of contest.teams) {
      const n = posts.teams[team.id];
      const { value, note, side } = this.#teams.get(team.id);
      run(value, n, count);
      write(note, share(n, all));
      side.style.flexGrow = all === 0 ? 1 : n / all;
    }
    byId('tug').setAttribute('aria-label', contest.teams
      .map((t) => `${t.name} ${all === 0 ? percent(0) : share(posts.teams[t.id], all)}`).join(', '));
  }
}

function score(label, emoji, className) {
  const value = html('span', { class: 'score-value' });
  const note = html('span', { class: 'score-note' });
  const name = html('dt', { class: 'score-label' });
  if (emoji) name.append(html('span', { class: 'score-emoji', 'aria-hidden': 'true' }, emoji));
  name.append(label);
  return { root: html('div', { class: className }, name, html('dd', {}, value, note)), value, note };
}

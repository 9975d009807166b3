import { byId, html, write } from './elements.js';
import { count, percent, share } from './format.js';
import { explained, rate, scoreNote, several, teamTotal, text } from './strings.js';

// Scores shows the totals and, below them, the tug of war: a bar that each team has its share of. It counts posts or
// popularity.
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
    scores.style.setProperty('--tiles', contest.teams.length + 1);
    tug.classList.toggle('two', two);

    this.#total = score('', 'score total');
    const tiles = contest.teams.map((team) => {
      const tile = score(team.emoji, 'score');
      tile.root.style.setProperty('--ink', teams[team.id].ink);
      const side = html('div', { class: 'side' }, html('span', { class: 'side-emoji' }, team.emoji || team.name));
      side.style.setProperty('--fill', teams[team.id].fill);
      side.style.setProperty('--on', teams[team.id].on);
      tug.append(side);
      this.#teams.set(team.id, { ...tile, side });
      return tile.root;
    });
    // With two teams the total stands between them.
    scores.append(...(two ? [tiles[0], this.#total.root, tiles[1]] : [this.#total.root, ...tiles]));
  }

  show(shown) {
    const { state: { contest }, view, by } = shown;
    const of = (team) => (by === 'posts' ? view.posts.teams[team.id] : view.popularity[team.id].score);
    const all = contest.teams.reduce((sum, t) => sum + of(t), 0);
    const total = by === 'posts' ? view.posts.total : all;
    const highest = Math.max(...contest.teams.map(of));
    write(this.#total.label, text.total[by]);
    write(this.#total.value, count(total));
    write(this.#total.note, by === 'posts' ? [rate(shown), several(shown)].filter(Boolean).join(' · ') : '');
    byId('scores').style.setProperty('--digits', Math.max(4, count(total).length));
    for (const team of contest.teams) {
      const n = of(team);
      const { label, value, note, side, root } = this.#teams.get(team.id);
      write(label, teamTotal(team, by, contest.teams.length));
      write(value, count(n));
      write(note, scoreNote(share(n, all), by, view.popularity[team.id]));
      root.classList.toggle('ahead', n > 0 && n === highest);
      side.style.flexGrow = all === 0 ? 1 : n / all;
    }
    byId('tug').setAttribute('aria-label', contest.teams.map((t) => `${t.name} ${all === 0 ? percent(0) : share(of(t), all)}`).join(', '));
    const note = byId('explained');
    if (!note) return;
    note.hidden = by === 'posts';
    write(note, explained[by] ?? '');
  }
}

function score(emoji, className) {
  const value = html('span', { class: 'score-value' });
  const note = html('span', { class: 'score-note' });
  const label = html('span');
  const name = html('dt', { class: 'score-label' });
  if (emoji) name.append(html('span', { class: 'score-emoji', 'aria-hidden': 'true' }, emoji));
  name.append(label);
  return { root: html('div', { class: className }, name, html('dd', {}, value, note)), label, value, note };
}

import { byId, html } from './elements.js';
import { count } from './format.js';
import { plain } from './strangers.js';
import { tagged, text } from './strings.js';

// Hashtags lists the day's most used ones; a team's own stand in its colour and with its emoji.
export class Hashtags {
  #contest;
  #palette;
  #hashtags = null;
  #today = true;

  constructor(contest, palette) {
    this.#contest = contest;
    this.#palette = palette;
  }

  show({ state: { today }, view: { hashtags } }) {
    if (hashtags === this.#hashtags && today === this.#today) return;
    [this.#hashtags, this.#today] = [hashtags, today];
    const most = hashtags[0]?.posts ?? 1;
    const rows = hashtags.slice(0, 8).map(({ tag, posts, team }) => {
      const owner = this.#contest.teams.find((t) => t.id === team);
      const bar = html('span', { class: 'bar-fill', 'aria-hidden': 'true' });
      bar.style.width = `${(100 * posts) / most}%`;
      if (owner) bar.style.setProperty('--fill', this.#palette.teams[owner.id].fill);
      const name = html('span', { class: 'bar-name', dir: 'auto' }, html('bdi', {}, `#${plain(tag)}`));
      if (owner) name.append(html('span', { class: 'bar-owner', title: owner.name }, ` ${owner.emoji}`));
      return html('li', {}, bar, name, html('span', { class: 'bar-value', title: tagged(posts) }, count(posts)));
    });
    byId('hashtags').replaceChildren(...(rows.length > 0 ? rows : [html('li', { class: 'none' }, text.hashtagsNone[today])]));
  }
}

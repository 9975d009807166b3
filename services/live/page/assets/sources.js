import { byId, html, write } from './elements.js';
import { count, share } from './format.js';
import { freshness, text } from './strings.js';

// Sources shows where the posts come from and how long they take to get here.
export class Sources {
  #sources = null;
  #today = true;

  show({ state, view: { sources } }) {
    write(byId('freshness'), state.today ? freshness(state) : '');
    if (sources === this.#sources && state.today === this.#today) return;
    [this.#sources, this.#today] = [sources, state.today];
    const entries = Object.entries(sources).filter(([, n]) => n > 0).sort(([, a], [, b]) => b - a);
    const all = entries.reduce((sum, [, n]) => sum + n, 0);
    const rows = entries.map(([source, n]) => {
      const bar = html('span', { class: source === 'simulator' ? 'bar-fill made-up' : 'bar-fill', 'aria-hidden': 'true' });
      bar.style.width = `${(100 * n) / all}%`;
      return html('li', {}, bar, html('span', { class: 'bar-name' }, text.source[source] ?? source), html('span', { class: 'bar-value' }, `${share(n, all)} · ${count(n)}`));
    });
    byId('sources').replaceChildren(...(rows.length > 0 ? rows : [html('li', { class: 'none' }, text.sourcesNone[state.today])]));
  }
}

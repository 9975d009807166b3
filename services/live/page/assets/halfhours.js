import { byId, html, write } from './elements.js';
import { count, halfHour, text } from './strings.js';
import { bucketName, nowIndex } from './timeline.js';

// HalfHours is the timeline as a table. It is made when it is opened and kept right while it is open.
export class HalfHours {
  #contest;
  #state = null;

  constructor(contest) {
    this.#contest = contest;
    byId('table').ontoggle = () => this.#draw();
  }

  show(state) {
    this.#state = state;
    this.#draw();
  }

  #draw() {
    if (!byId('table').open || !this.#state) return;
    const tags = this.#contest.categories.map((c) => c.tag);
    const body = byId('table-body');
    const rows = [];
    for (let i = nowIndex(this.#state); i >= 0; i--) {
      const numbers = tags.map((tag) => this.#state.timeline[tag][bucketName(i)]);
      rows.push([halfHour(bucketName(i)), ...[...numbers, numbers.reduce((a, b) => a + b, 0)].map(count)]);
    }
    // Cells are written in place while their number stays the same, so that a selection and a screen reader's place
    // in the table survive a tick.
    if (body.querySelectorAll('tbody tr').length !== rows.length || body.dataset.tags !== tags.join()) {
      body.dataset.tags = tags.join();
      const head = [text.halfHour, ...tags, text.all].map((name) => html('th', { scope: 'col' }, name));
      body.replaceChildren(html('table', {}, html('thead', {}, html('tr', {}, ...head)), html('tbody', {},
        ...rows.map((cells) => html('tr', {}, html('th', { scope: 'row' }, cells[0]), ...cells.slice(1).map(() => html('td')))))));
    }
    const shown = body.querySelectorAll('tbody tr');
    rows.forEach((cells, i) => cells.forEach((cell, j) => write(shown[i].children[j], cell)));
  }
}

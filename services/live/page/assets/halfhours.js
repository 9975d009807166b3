import { byId } from './elements.js';
import { count } from './format.js';
import { halfHour, text } from './strings.js';
import { fillTable } from './tables.js';
import { bucketName, nowIndex } from './timeline.js';

// HalfHours is the timeline as a table. It is made when it is opened and kept right while it is open.
export class HalfHours {
  #contest;
  #state = null;
  #timeline = null;

  constructor(contest) {
    this.#contest = contest;
    byId('table').ontoggle = () => this.#draw();
  }

  show({ state, view }) {
    this.#state = state;
    this.#timeline = view.timeline;
    this.#draw();
  }

  #draw() {
    if (!byId('table').open || !this.#state) return;
    const tags = this.#contest.categories.map((c) => c.tag);
    const rows = [];
    for (let i = nowIndex(this.#state); i >= 0; i--) {
      const numbers = tags.map((tag) => this.#timeline[tag][bucketName(i)]);
      rows.push([halfHour(bucketName(i)), ...[...numbers, numbers.reduce((a, b) => a + b, 0)].map(count)]);
    }
    fillTable(byId('table-body'), [text.halfHour, ...tags, text.all], rows);
  }
}

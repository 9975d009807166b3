// Choice is what the reader wants to see. It stands in the address, so that a link shows the same:
// ?day=2026-11-22&by=popularity&promotional=out.
export class Choice {
  day = null; // null is today
  by = 'posts';
  promotional = true;

  #onChange;

  constructor(onChange) {
    this.#onChange = onChange;
    this.#read();
    window.addEventListener('popstate', () => {
      this.#read();
      this.#onChange();
    });
  }

  // today says that the chosen day is still going on: its address is the one of today.
  today() {
    this.day = null;
    this.set({});
  }

  // set changes what is given. Another day is a step in the browser's history; a switch is not.
  set(changes) {
    const otherDay = 'day' in changes && changes.day !== this.day;
    Object.assign(this, changes);
    const query = new URLSearchParams();
    if (this.day) query.set('day', this.day);
    if (this.by !== 'posts') query.set('by', this.by);
    if (!this.promotional) query.set('promotional', 'out');
    const address = query.size > 0 ? `/?${query}` : '/';
    if (otherDay) history.pushState(null, '', address);
    else history.replaceState(null, '', address);
    this.#onChange();
  }

  #read() {
    const query = new URLSearchParams(location.search);
    this.day = query.get('day') || null;
    this.by = query.get('by') === 'popularity' ? 'popularity' : 'posts';
    this.promotional = query.get('promotional') !== 'out';
  }
}

import { byId, html, write } from './elements.js';
import { dayOption, text } from './strings.js';

// Days is the list of days that there are, with the one before and the one after at hand.
export class Days {
  #choice;
  #days = []; // newest first
  #of = ''; // the epoch and day that the list was read at
  #state = null;

  constructor(choice) {
    this.#choice = choice;
    const select = byId('day-choice');
    select.addEventListener('change', () => choice.set({ day: select.value || null }));
    select.addEventListener('focus', () => this.#read());
    for (const [id, step, sign, name] of [['day-before', 1, '‹', text.dayBefore], ['day-after', -1, '›', text.dayAfter]]) {
      const button = byId(id);
      write(button, sign);
      button.setAttribute('aria-label', name);
      button.title = name;
      button.addEventListener('click', () => {
        const to = this.#days[this.#place() + step];
        if (to) choice.set({ day: to.today ? null : to.day });
      });
    }
    if (choice.day !== null) this.#read();
  }

  show(state) {
    if (state) {
      this.#state = state;
      const of = state.today ? `${state.epoch} ${state.day} ${state.progress.phase === 'live'}` : this.#of;
      if (of !== this.#of) {
        this.#of = of;
        this.#read();
      }
    }
    this.#draw();
  }

  async #read() {
    try {
      const answer = await fetch('/api/v1/days', { signal: AbortSignal.timeout(10_000) });
      if (!answer.ok) return;
      this.#days = (await answer.json()).days;
      this.#draw();
    } catch { /* the list stays as it is; it is read again when it is opened */ }
  }

  #place() {
    const { day } = this.#choice;
    return day === null ? 0 : this.#days.findIndex((d) => d.day === day);
  }

  #draw() {
    const select = byId('day-choice');
    const teams = this.#state?.contest.teams ?? [];
    const options = this.#days.map((d) => [d.today ? '' : d.day, dayOption(d, teams)]);
    if (options.length === 0) options.push(['', text.today]);
    const { day } = this.#choice;
    if (day !== null && !options.some(([value]) => value === day)) options.push([day, day]);
    const drawn = JSON.stringify(options);
    if (select.dataset.drawn !== drawn) {
      select.dataset.drawn = drawn;
      select.replaceChildren(...options.map(([value, name]) => html('option', { value }, name)));
    }
    select.value = day ?? '';
    const place = this.#place();
    byId('day-before').disabled = place < 0 || place >= this.#days.length - 1;
    byId('day-after').disabled = place <= 0;
  }
}

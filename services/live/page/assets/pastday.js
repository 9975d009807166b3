const againMs = 60_000; // late versions and deletions still change a day that is over
const firstRetryMs = 2_000;

// PastDay reads a day that is over, and again every minute while it is looked at.
export class PastDay {
  #day = null;
  #timer = 0;
  #onState;
  #onProblem;

  // onState gets the day's state, onProblem 'unknown' (there is no such day) or 'unreachable' (it is tried again).
  constructor(onState, onProblem) {
    this.#onState = onState;
    this.#onProblem = onProblem;
  }

  // show reads a day, YYYY-MM-DD; null stops.
  show(day) {
    clearTimeout(this.#timer);
    this.#day = day;
    if (day !== null) this.#read(day, firstRetryMs);
  }

  async #read(day, retryMs) {
    const later = (ms, retry) => {
      if (this.#day === day) this.#timer = setTimeout(() => this.#read(day, retry), ms);
    };
    try {
      const answer = await fetch(`/api/v1/contest?day=${encodeURIComponent(day)}`, { signal: AbortSignal.timeout(15_000) });
      if (this.#day !== day) return;
      if (answer.status === 400 || answer.status === 404) {
        this.#onProblem('unknown');
        return;
      }
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const state = await answer.json();
      if (this.#day !== day) return;
      this.#onState(state);
      later(againMs, firstRetryMs);
    } catch {
      if (this.#day !== day) return;
      this.#onProblem('unreachable');
      later(retryMs, Math.min(2 * retryMs, againMs));
    }
  }
}

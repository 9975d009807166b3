import { merged } from './mergepatch.js';

// The server sends a tick at least every 10 s (idleTickEvery; its comments are not shown to a page). A connection that has been silent for longer than this is dead, whatever the
// browser believes.
const silenceMs = 25_000;
const firstRetryMs = 1_000;
const lastRetryMs = 30_000;

// Stream follows the contest. It calls onState with each new state. It is off while the tab is hidden, because a browser
// allows few connections to one host and nobody is looking; every connection begins with the whole state, so nothing is
// missed by that.
export class Stream {
  connected = false;
  paused = false;
  heardAt = null; // performance.now() of the last event

  #source = null;
  #state = null;
  #retryMs = firstRetryMs;
  #timer = 0;
  #onState;

  constructor(onState) {
    this.#onState = onState;
    document.addEventListener('visibilitychange', () => this.#update());
    window.addEventListener('online', () => { this.#close(); this.#update(); });
    // A page in the back-forward cache must not hold its connection.
    window.addEventListener('pagehide', () => this.#close());
    window.addEventListener('pageshow', () => this.#update());
    setInterval(() => {
      if (this.#source && performance.now() - this.#openedOrHeard > silenceMs) this.#lost();
    }, 1_000);
    this.#update();
  }

  setPaused(paused) {
    this.paused = paused;
    this.#update();
  }

  #openedOrHeard = 0;

  #update() {
    const wanted = !this.paused && !document.hidden;
    if (!wanted) this.#close();
    else if (!this.#source) this.#open();
  }

  #open() {
    clearTimeout(this.#timer);
    this.#openedOrHeard = performance.now();
    const source = new EventSource('/events');
    this.#source = source;
    source.addEventListener('snapshot', (event) => this.#heard(JSON.parse(event.data)));
    source.addEventListener('tick', (event) => this.#heard(merged(this.#state, JSON.parse(event.data))));
    source.addEventListener('error', () => {
      if (this.#source !== source) return;
      this.connected = false;
      // CONNECTING: the browser tries again by itself. CLOSED: the server refused, and we have to.
      if (source.readyState === EventSource.CLOSED) this.#lost();
    });
  }

  #heard(state) {
    this.connected = true;
    this.#retryMs = firstRetryMs;
    this.heardAt = this.#openedOrHeard = performance.now();
    this.#state = state;
    this.#onState(state);
  }

  #lost() {
    this.#close();
    // Spread out, so that thousands of pages do not come back in the same moment.
    this.#timer = setTimeout(() => this.#update(), this.#retryMs * (0.5 + Math.random()));
    this.#retryMs = Math.min(2 * this.#retryMs, lastRetryMs);
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.connected = false;
  }
}

// The server sends a heartbeat after 10 s without another event. A connection that has been silent for longer than this
// is dead, whatever the browser believes: after a night's sleep sockets look open for minutes.
const silenceMs = 25_000;
const firstRetryMs = 1_000;
const lastRetryMs = 30_000;

// Follower holds the one connection to /events. It needs no document, so that it runs in a worker too. tell gets
//   { kind: 'snapshot', state }, { kind: 'change', patch }, { kind: 'heartbeat', now }, { kind: 'lost' }.
// Times are Date.now(): a monotonic clock may stand still while the computer sleeps.
export class Follower {
  heardAt = 0; // of the connection that is open; 0 before its first event

  #tell;
  #source = null;
  #openedAt = 0;
  #retryMs = firstRetryMs;
  #retry = 0;
  #watch = 0;

  constructor(tell) {
    this.#tell = tell;
  }

  get following() {
    return this.#source !== null || this.#retry !== 0;
  }

  start() {
    if (this.following) return;
    this.#watch = setInterval(() => this.check(), 1_000);
    this.#open();
  }

  stop() {
    clearInterval(this.#watch);
    this.#close();
    this.#retryMs = firstRetryMs;
  }

  // again does not wait any longer: the network is back, or somebody has come to look.
  again() {
    if (this.#retry === 0) return;
    this.#close();
    this.#open();
  }

  // check gives a silent connection up. Called as well when a tab awakes, before its timers have.
  check() {
    if (this.#source && Date.now() - Math.max(this.#openedAt, this.heardAt) > silenceMs) this.#lost();
  }

  #open() {
    this.#openedAt = Date.now();
    const source = new EventSource('/events');
    this.#source = source;
    const on = (kind, message) => source.addEventListener(kind, (event) => {
      this.heardAt = Date.now();
      this.#retryMs = firstRetryMs;
      this.#tell({ kind, ...message(event) });
    });
    on('snapshot', (event) => ({ state: JSON.parse(event.data) }));
    on('change', (event) => ({ patch: JSON.parse(event.data) }));
    on('heartbeat', (event) => ({ now: JSON.parse(event.data).now }));
    // The browser would try again by itself, but every page at the same interval and some never after a refusal.
    source.addEventListener('error', () => {
      if (this.#source === source) this.#lost();
    });
  }

  #lost() {
    this.#close();
    this.#tell({ kind: 'lost' });
    // Spread out, so that thousands of pages do not come back in the same moment.
    this.#retry = setTimeout(() => {
      this.#retry = 0;
      this.#open();
    }, this.#retryMs * (0.5 + Math.random()));
    this.#retryMs = Math.min(2 * this.#retryMs, lastRetryMs);
  }

  #close() {
    clearTimeout(this.#retry);
    this.#retry = 0;
    this.#source?.close();
    this.#source = null;
    this.heardAt = 0;
  }
}

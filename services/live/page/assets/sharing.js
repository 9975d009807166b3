import { Follower } from './follower.js';
import { merged } from './mergepatch.js';

const goneMs = 45_000; // a tab that follows says so every 10 s; one that crashed says nothing
const lingerMs = 5_000; // a reload must not cost a connection

// Sharing lets any number of tabs follow over one connection, because a browser allows six to one host over HTTP/1.1: a
// seventh tab would wait for ever. A tab says follow, alive or leave; it is told hello, then what Follower tells. A tab
// that begins gets the whole state first.
export class Sharing {
  #tabs = new Map(); // port to when it was heard last; those that follow
  #state = null;
  #linger = 0;
  #follower = new Follower((message) => this.#told(message));

  constructor() {
    setInterval(() => this.#forget(), 15_000);
    self.addEventListener('online', () => this.#follower.again());
  }

  add(port) {
    port.onmessage = ({ data }) => {
      if (data === 'leave') this.#leave(port);
      else this.#here(port, data === 'follow');
    };
    port.postMessage({ kind: 'hello' });
  }

  #here(port, begins) {
    const known = this.#tabs.has(port);
    this.#tabs.set(port, Date.now());
    clearTimeout(this.#linger);
    this.#follower.check();
    if (begins) this.#follower.again();
    this.#follower.start();
    if ((begins || !known) && this.#follower.heardAt > 0 && this.#state) {
      port.postMessage({ kind: 'snapshot', state: this.#state, agoMs: Date.now() - this.#follower.heardAt });
    }
  }

  #leave(port) {
    this.#tabs.delete(port);
    if (this.#tabs.size > 0) return;
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.#follower.stop(), lingerMs);
  }

  #forget() {
    for (const [port, heardAt] of this.#tabs) {
      if (Date.now() - heardAt > goneMs) this.#leave(port);
    }
  }

  #told(message) {
    if (message.kind === 'snapshot') this.#state = message.state;
    else if (message.kind === 'change') this.#state = merged(this.#state, message.patch);
    else if (message.kind === 'heartbeat' && this.#state) this.#state = { ...this.#state, now: message.now };
    else if (message.kind === 'lost') this.#state = null; // the next connection begins with a whole one
    for (const port of this.#tabs.keys()) port.postMessage(message);
  }
}

import { merged } from './mergepatch.js';
import { Sharing } from './sharing.js';

const helloMs = 3_000; // a worker that has not said hello by then does not run
const aliveMs = 10_000;

// The page's policy wants it said which strings may be run; this is the only one.
const workerScript = '/assets/worker.js';
const workerAddress = globalThis.trustedTypes?.createPolicy('worker', { createScriptURL: () => workerScript }).createScriptURL('') ?? workerScript;

// Stream is this tab's view of the connection that all tabs share. It follows while it is wanted, not paused and seen;
// each return begins with the whole state, so nothing is missed by being away.
export class Stream {
  connected = false;
  failed = false; // the newest attempt to connect
  paused = false;
  heardAt = null; // Date.now() of the newest numbers

  #port = null;
  #state = null;
  #now = null; // what the server's clock said at #nowAt, both in milliseconds
  #nowAt = 0;
  #onState;
  #onChange;
  #wanted = false;
  #following = false;

  // onState gets each new state; onChange is called when the connection is lost or back.
  constructor(onState, onChange) {
    this.#onState = onState;
    this.#onChange = onChange;
    document.addEventListener('visibilitychange', () => this.#update());
    window.addEventListener('pagehide', () => this.#say('leave')); // also of a page that may come back from the cache
    window.addEventListener('pageshow', (event) => { if (event.persisted) this.#begin(); });
    setInterval(() => { if (this.#following) this.#say('alive'); }, aliveMs);
    this.#connect();
  }

  // now is what the server's clock says, in milliseconds; null before its first word.
  get now() {
    return this.#now === null ? null : this.#now + Date.now() - this.#nowAt;
  }

  want(wanted) {
    this.#wanted = wanted;
    this.#update();
  }

  setPaused(paused) {
    this.paused = paused;
    this.#update();
  }

  #update() {
    const follow = this.#wanted && !this.paused && !document.hidden;
    if (follow === this.#following) return;
    this.#following = follow;
    if (follow) this.#begin();
    else this.#end();
  }

  #begin() {
    if (this.#following) this.#say('follow');
  }

  #end() {
    this.#say('leave');
    this.connected = false;
  }

  #say(what) {
    this.#port?.postMessage(what);
  }

  #connect() {
    let greeted = false;
    const own = () => {
      if (greeted) return;
      greeted = true;
      const { port1, port2 } = new MessageChannel();
      this.#use(port2, () => {});
      new Sharing().add(port1);
      this.#begin();
    };
    try {
      // The version keeps an old worker, which lives as long as any old tab, away from a newer page.
      const worker = new SharedWorker(workerAddress, { type: 'module', name: document.documentElement.dataset.version });
      const fallback = setTimeout(own, helloMs);
      worker.addEventListener('error', () => { clearTimeout(fallback); own(); });
      this.#use(worker.port, () => {
        if (greeted) return;
        greeted = true;
        clearTimeout(fallback);
      });
    } catch {
      own(); // there are none (Chrome on Android), or not in a frame of another site
    }
  }

  #use(port, onHello) {
    if (this.#port) this.#port.onmessage = null;
    this.#port = port;
    port.onmessage = ({ data }) => {
      if (data.kind === 'hello') onHello();
      else if (this.#following) this.#told(data);
    };
  }

  #told({ kind, state, patch, now = state?.now ?? patch?.now, agoMs = 0 }) {
    this.connected = kind !== 'lost';
    this.failed = !this.connected;
    if (this.connected) this.heardAt = Date.now() - agoMs;
    if (now) [this.#now, this.#nowAt] = [Date.parse(now), this.heardAt];
    if (kind === 'snapshot') this.#state = state;
    else if (kind === 'change' && this.#state) this.#state = merged(this.#state, patch);
    if (kind === 'snapshot' || kind === 'change') this.#onState(this.#state);
    this.#onChange();
  }
}

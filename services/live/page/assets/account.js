import { byId, html, write } from './elements.js';
import { count } from './format.js';
import { account as words } from './strings.js';

const oldAfterS = 30;

// Account shows what the ledger says of every record: how many there are at each station, and whether each is there once.
export class Account {
  #values = new Map();

  constructor() {
    byId('stations')?.replaceChildren(); // the page is built anew when the colours change
    // They stand there before the first account, so that nothing moves when it comes.
    if (byId('stations')) for (const [station, name] of Object.entries(words.stations)) this.#station(station, name);
  }

  show({ state: { account, now, today, timezone } }) {
    const verdict = byId('verdict');
    if (!verdict || !today) return;
    verdict.className = `verdict ${account ? (account.balanced ? 'balanced' : 'unbalanced') : ''}`;
    if (!account) {
      write(verdict, words.none);
      return;
    }
    const old = (Date.parse(now) - Date.parse(account.at)) / 1000 > oldAfterS;
    write(verdict, words.verdict(account) + (old ? words.asOf(account.at, timezone) : ''));
    for (const [station, value] of this.#values) write(value, station in account.stations ? count(account.stations[station]) : words.unknown);
  }

  #station(station, name) {
    const value = html('dd', {}, words.unknown);
    byId('stations').append(html('div', {}, html('dt', {}, name), value));
    this.#values.set(station, value);
  }
}

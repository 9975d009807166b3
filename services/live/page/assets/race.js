import { byId, html } from './elements.js';
import { clock } from './format.js';
import { change, facts, text } from './strings.js';

const mostChanges = 4;

// Race tells what happened on the day: the pace of each team, the best minutes, and who overtook whom.
export class Race {
  #palette;
  #told = '';

  constructor(contest, palette) {
    this.#palette = palette;
  }

  show({ state, view }) {
    const told = JSON.stringify([state.day, state.today, view.pace, view.records, view.lead_changes, view.lead_changed]);
    if (told === this.#told) return;
    this.#told = told;
    const { contest, timezone } = state;
    const team = (id) => contest.teams.find((t) => t.id === id) ?? { id, name: id, emoji: '' };
    const rows = [];
    const paced = contest.teams.filter((t) => view.pace[t.id]);
    if (paced.length > 0) {
      rows.push([facts.pace, ...paced.map((t) => html('span', { class: 'fact' }, badge(t), facts.paceOf(view.pace[t.id])))]);
    }
    const { minute, minute_of_days: ever } = view.records;
    if (minute) rows.push([facts.minute, html('span', { class: 'fact' }, facts.minuteOf(minute, timezone))]);
    if (ever && ever.at !== minute?.at) rows.push([facts.minuteEver, html('span', { class: 'fact' }, facts.minuteEverOf(ever, timezone))]);
    byId('facts').replaceChildren(...rows.map(([name, ...values]) => html('div', {}, html('dt', {}, name), html('dd', {}, ...values))));

    const title = byId('changes-title');
    title.replaceChildren(text.changes, html('span', { class: 'changes-count' }, view.lead_changed > 0 ? ` ${facts.changed(view.lead_changed)}` : ''));
    const changes = view.lead_changes.slice(0, mostChanges).map((c) => this.#change(c, team, timezone, contest.teams.length === 2));
    byId('changes').replaceChildren(...(changes.length > 0 ? changes : [html('li', { class: 'none' }, text.changesNone[state.today])]));
  }

  #change({ at, from, to, overcame, upset }, team, zone, two) {
    const name = (id) => html('b', {}, badge(team(id)), team(id).name);
    // Of two teams it is plain whom the one overtook.
    const whom = two ? [] : [change.overtook, name(from)];
    const item = html('li', {}, html('time', { datetime: at }, clock(at, zone)), html('span', {}, name(to), ...whom, ' ', html('span', { class: 'behind' }, change.behind(overcame))));
    if (upset) item.append(html('span', { class: 'upset' }, change.upset));
    return item;
  }
}

const badge = (team) => html('span', { class: 'fact-emoji', role: 'img', 'aria-label': team.name }, team.emoji || team.name);

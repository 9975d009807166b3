import { byId, write } from './elements.js';
import { HalfHours } from './halfhours.js';
import { palette, patterns } from './palette.js';
import { Scores } from './scores.js';
import { Shares } from './shares.js';
import { Status } from './status.js';
import { Stream } from './stream.js';
import { text } from './strings.js';
import { Timeline } from './timeline.js';

let state = null;
let parts = null; // what shows the contest; made anew when the contest or the colour scheme changes

write(byId('shares-title'), text.soFar);
write(byId('timeline-title'), text.timeline);
write(byId('timeline-note'), text.timelineNote);
write(byId('timeline-help'), text.timelineHelp);
write(byId('table-summary'), text.table);
write(byId('api'), text.api);

function build(contest) {
  const style = getComputedStyle(document.documentElement);
  const colours = palette(contest, style.getPropertyValue('--surface').trim());
  document.querySelector('.patterns')?.remove();
  document.body.append(patterns(colours.categories));
  contest.teams.forEach((team, i) => document.documentElement.style.setProperty(`--team-${i}`, colours.teams[team.id].fill));
  status.repaint();
  return {
    contest: JSON.stringify(contest), colours,
    scores: new Scores(contest, colours), shares: new Shares(contest, colours),
    timeline: new Timeline(contest, colours), halfHours: new HalfHours(contest),
  };
}

function show(next) {
  state = next;
  if (parts?.contest !== JSON.stringify(state.contest)) parts = build(state.contest);
  status.show(state, parts.colours);
  parts.scores.show(state);
  parts.shares.show(state);
  parts.timeline.show(state);
  parts.halfHours.show(state);
}

const stream = new Stream(show);
const status = new Status(stream);
Timeline.listen(() => parts?.timeline);

window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  parts = null;
  if (state) show(state);
});

const pause = byId('pause');
write(pause, text.pause);
pause.addEventListener('click', () => {
  stream.setPaused(!stream.paused);
  write(pause, stream.paused ? text.resume : text.pause);
});

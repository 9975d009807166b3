import { Account } from './account.js';
import { Beside } from './beside.js';
import { Choice } from './choice.js';
import { Controls } from './controls.js';
import { Days } from './days.js';
import { byId } from './elements.js';
import { HalfHours } from './halfhours.js';
import { Hashtags } from './hashtags.js';
import { label } from './labels.js';
import { palette, patterns } from './palette.js';
import { PastDay } from './pastday.js';
import { Race } from './race.js';
import { Scores } from './scores.js';
import { Sentiment } from './sentiment.js';
import { Shares } from './shares.js';
import { Sources } from './sources.js';
import { Status } from './status.js';
import { Stream } from './stream.js';
import { onSystemChange, surface } from './theme.js';
import { Timeline } from './timeline.js';
import { TopPost } from './toppost.js';
import { Trace } from './trace.js';

let state = null;
let built = null; // what shows the contest; made anew when the contest or the colours change
let frame = 0;

label();
const choice = new Choice(chosen);
const stream = new Stream(arrived, () => status.connection());
const past = new PastDay(arrived, (problem) => status.problem(problem));
const status = new Status(stream, choice);
const days = new Days(choice);
const controls = new Controls(choice, stream, repaint);
onSystemChange(repaint);
new ResizeObserver(() => built?.parts.forEach((part) => part.resize?.())).observe(byId('cards'));
chosen();

function arrived(next) {
  if (choice.day !== null && next.today && next.day === choice.day) {
    choice.today();
    return;
  }
  state = next;
  draw();
}

// draw shows the newest state with the next frame, however many have arrived by then.
function draw() {
  if (frame !== 0 || !state) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    show();
  });
}

function chosen() {
  status.problem(null);
  stream.want(choice.day === null);
  past.show(choice.day);
  controls.show();
  days.show(state);
  if (state && (choice.day === null ? state.today : state.day === choice.day)) draw();
}

function repaint() {
  built = null;
  draw();
}

function build(contest) {
  const colours = palette(contest, surface());
  document.querySelector('.patterns')?.remove();
  document.body.append(patterns(colours.categories));
  contest.teams.forEach((team, i) => document.documentElement.style.setProperty(`--team-${i}`, colours.teams[team.id].fill));
  status.repaint();
  return {
    contest: JSON.stringify(contest), colours,
    parts: [
      new Scores(contest, colours), new Beside(contest, colours), new Trace(contest, colours), new Timeline(contest, colours), new HalfHours(contest),
      new TopPost(contest, colours), new Shares(contest, colours), new Sentiment(contest, colours),
      new Hashtags(contest, colours), new Race(contest, colours), new Sources(), new Account(),
    ],
  };
}

function show() {
  // What arrived for another day than the one that is chosen now came too late.
  if (choice.day === null ? !state.today : state.day !== choice.day) return;
  if (built?.contest !== JSON.stringify(state.contest)) built = build(state.contest);
  const shown = { state, view: choice.promotional ? state : state.organic, by: choice.by };
  document.body.classList.toggle('past', !state.today);
  // A day that is over and has no post has nothing to show below its headline.
  document.body.classList.toggle('blank', !state.today && state.posts.total === 0);
  label(state.today);
  status.show(shown, built.colours);
  days.show(state);
  for (const part of built.parts) part.show(shown);
}

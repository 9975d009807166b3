import { Choice } from './choice.js';
import { byId, write } from './elements.js';
import { palette } from './palette.js';
import { Scores } from './scores.js';
import { Status } from './status.js';
import { Stream } from './stream.js';
import { text } from './strings.js';
import { onSystemChange, surface } from './theme.js';

// The card for other sites: today's headline and score, and the way to the whole page.
let state = null;
let built = null;

const choice = new Choice(() => {});
choice.day = null;
const stream = new Stream((next) => {
  state = next;
  requestAnimationFrame(show);
}, () => status.connection());
const status = new Status(stream, choice);
write(byId('whole'), text.whole);
onSystemChange(() => {
  built = null;
  if (state) show();
});
stream.want(true);

function show() {
  if (built?.contest !== JSON.stringify(state.contest)) {
    const colours = palette(state.contest, surface());
    built = { contest: JSON.stringify(state.contest), colours, scores: new Scores(state.contest, colours) };
    status.repaint();
  }
  const shown = { state, view: choice.promotional ? state : state.organic, by: choice.by };
  status.show(shown, built.colours);
  built.scores.show(shown);
}

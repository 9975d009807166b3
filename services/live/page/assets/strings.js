// Every word that people read on the page, and how numbers and times are written.

const whole = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact' });
const oneDigit = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const count = (n) => whole.format(n);
export const short = (n) => compact.format(n); // 60K, where there is no room for more
export const percent = (p) => `${oneDigit.format(p)} %`;

export const text = {
  soFar: 'So Far Today',
  timeline: 'Tweet timeline today',
  timelineNote: 'Tweets per 30 minutes',
  timelineHelp: 'Columns of tweets per 30 minutes by category. Left and right arrow move from half hour to half hour; the table below holds the same numbers.',
  table: 'Show as a table',
  halfHour: 'Half hour',
  all: 'All',
  total: 'Total Tweets',
  teamTotal: (team) => `Total ${team.singular} Tweets`,
  now: 'now',
  api: 'These numbers as JSON',
  pause: 'Pause',
  resume: 'Resume',
  simulated: 'Simulated posts',
  simulatedMore: 'Simulated posts: made up by a program, nobody wrote them',
  partlySimulated: 'Some posts are simulated',
};

export const day = (state) => {
  const date = new Date(`${state.day}T12:00:00Z`);
  const name = date.toLocaleDateString('en', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return `${name}, midnight to midnight, ${state.timezone}`;
};

// headline returns parts; a part with a team is written in the team's colour.
export function headline(state) {
  const { phase, percent: done } = state.progress;
  if (phase === 'waiting') return [{ text: 'Waiting for the first numbers…' }];
  if (phase === 'catching_up') return [{ text: `Catching up with today’s tweets: ${done} %` }];
  const ranked = ranking(state);
  const [first, second] = ranked;
  if (first.posts === 0) return [{ text: 'No tweets yet today' }];
  const tied = ranked.filter((t) => t.posts === first.posts);
  if (tied.length > 1) {
    const names = tied.flatMap((team, i) => [{ text: i === 0 ? '' : i === tied.length - 1 ? ' and ' : ', ' }, { text: team.name, team }]);
    return [...names, { text: ` are level at ${count(first.posts)}` }];
  }
  return [{ text: first.name, team: first }, { text: ` lead by ${count(first.posts - second.posts)}` }];
}

export const plain = (parts) => parts.map((p) => p.text).join('');

// spoken is the headline with the score, for those who hear the page.
export function spoken(state) {
  const scores = ranking(state).map((t) => `${t.name} ${count(t.posts)}`).join(', ');
  return `${plain(headline(state))}. ${scores}.`;
}

export function ranking(state) {
  return state.contest.teams.map((t) => ({ ...t, posts: state.posts.teams[t.id] })).sort((a, b) => b.posts - a.posts);
}

export const leader = (state) => {
  const [first, second] = ranking(state);
  return first.posts > second.posts ? first.id : '';
};

export function rate(perSecond) {
  if (perSecond >= 10) return `${whole.format(perSecond)} a second`;
  if (perSecond >= 1) return `${oneDigit.format(perSecond)} a second`;
  return `${whole.format(Math.round(perSecond * 60))} a minute`;
}

export function several(state) {
  const n = state.posts.several_teams;
  return n === 0 ? '' : `${count(n)} for ${state.contest.teams.length === 2 ? 'both' : 'several'}`;
}

export const share = (part, whole_) => (whole_ === 0 ? '–' : percent((100 * part) / whole_));

export function age(seconds) {
  if (seconds < 10) return `${oneDigit.format(Math.max(0.1, seconds))} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

export const connection = {
  connecting: () => 'Connecting…',
  waiting: () => 'Waiting for the broker',
  catchingUp: () => 'Catching up',
  live: (lastPost) => (lastPost === null ? 'Live, no tweet yet today' : `Live, last tweet ${age(lastPost)} ago`),
  lost: (old) => (old === null ? 'No connection, trying again' : `Reconnecting, numbers are ${age(old)} old`),
  paused: (old) => `Paused, numbers are ${age(old ?? 0)} old`,
};

// halfHour names the half hour that begins at HH:MM.
export function halfHour(begin) {
  const [h, m] = begin.split(':').map(Number);
  return `${begin} to ${m === 0 ? `${begin.slice(0, 3)}30` : `${String(h + 1).padStart(2, '0')}:00`}`;
}

// Every word that people read on the page, but for the headline, which the server writes. How numbers and times are
// written: format.js.
import { age, clock, count, longDay, perSecond, percent, shortDay, signed } from './format.js';

export const text = {
  skip: 'Skip to the numbers',
  soFar: { true: 'So Far Today', false: 'That Day' },
  timeline: { true: 'Tweet timeline today', false: 'Tweet timeline' },
  timelineNote: 'per 30 minutes',
  timelineHelp: 'Columns of posts per 30 minutes by category. Left and right arrow move from half hour to half hour; the table below holds the same numbers.',
  trace: 'Second by second',
  table: 'Show as a table',
  halfHour: 'Half hour',
  tenSeconds: 'Ten seconds from',
  all: 'All',
  total: { posts: 'Total Tweets', popularity: 'Total popularity' },
  now: 'now',
  pause: 'Pause',
  resume: 'Resume',
  day: 'Day',
  dayBefore: 'The day before',
  dayAfter: 'The day after',
  today: 'Today',
  fullscreen: 'Full screen',
  theme: { system: 'Colours: as the system has it. Change', light: 'Colours: light. Change', dark: 'Colours: dark. Change' },
  by: 'What decides',
  byPosts: 'Posts',
  byPopularity: 'Popularity',
  promotional: 'With promotional posts',
  top: { hour: 'Most popular this hour', day: { true: 'Most popular today', false: 'Most popular that day' } },
  topLabel: 'Most popular of',
  topHour: 'Hour',
  topDay: 'Day',
  topNone: { hour: 'No post of the last hour has been liked, shared or answered yet.', day: 'No post of the day has been liked, shared or answered yet.' },
  topBefore: 'More popular',
  topAfter: 'Less popular',
  madeUp: 'Made up by the simulator',
  madeUpMore: 'Nobody wrote this.',
  promotionalPost: 'Promotional',
  cut: 'The post goes on.',
  original: 'Read it there',
  madeBy: { image: 'with a picture', video: 'with a video' },
  sentiment: 'How they sound',
  sentimentNote: 'English posts, by a word list',
  hashtags: 'Hashtags',
  hashtagsNone: 'No hashtag yet.',
  race: { true: 'The race today', false: 'The race that day' },
  changes: 'Lead changes',
  changesNone: 'Nobody has been overtaken yet.',
  sources: 'Where posts come from',
  sourcesNone: 'No post yet.',
  source: { x: 'X', bluesky: 'Bluesky', simulator: 'Simulator (made up)', other: 'Elsewhere' },
  simulated: 'Simulated posts',
  simulatedMore: 'Simulated posts: made up by a program, nobody wrote them',
  partlySimulated: 'Some posts are simulated',
  embed: 'As a card for your site',
  api: 'These numbers as JSON',
  whole: 'See everything',
  kind: { lead_change: 'Lead change', upset: 'Upset', record: 'Record', surge: 'Surge', drought: 'Silence', tie: 'Level', final: 'Final', final_tie: 'Final' },
  problem: {
    unknown: 'There are no numbers of that day.',
    unreachable: 'The numbers of that day cannot be read right now; trying again.',
  },
};

export const teamTotal = (team, by) => (by === 'posts' ? `Total ${team.singular} Tweets` : `${team.singular} popularity`);

export const explained = {
  popularity: 'Popularity: each post adds the logarithm of its shares, answers, likes and bookmarks, so that one viral post decides nothing. Counts as last seen.',
};

export const day = ({ day: date, timezone }) => `${longDay(date)}, midnight to midnight, ${timezone}`;

// dayOption names a day in the list, with who had most posts.
export function dayOption({ day: date, today, posts }, teams) {
  if (today) return text.today;
  const leader = teams.find((t) => t.id === posts.leader);
  return leader ? `${shortDay(date)} ${leader.emoji || leader.name}` : shortDay(date);
}

// spoken is the headline with the score, for those who hear the page.
export const spoken = ({ state, view }) =>
  `${view.headline.text} ${state.contest.teams.map((t) => `${t.name} ${count(view.posts.teams[t.id])}`).join(', ')}.`;

export const rate = ({ state, view }) => (state.today ? perSecond(view.rate.last_10s) : '');

export function several({ state, view }) {
  const n = view.posts.several_teams;
  return n === 0 ? '' : `${count(n)} for ${state.contest.teams.length === 2 ? 'both' : 'several'}`;
}

export const traceNote = (total, seconds) => `${perSecond(total / seconds)} over ${Math.round(seconds / 60)} min`;

export const traced = (teams, minutes) =>
  `Posts a second over the last ${minutes} minutes. ${teams.map((t) => `${t.name}: ${t.mean} a second on average, ${t.peak} at most`).join('. ')}.`;

export const mood = {
  positive: 'kind', neutral: 'neutral', negative: 'unkind',
  mean: (m) => (m === undefined ? '–' : signed(m)),
  meanTitle: 'Mean, from −1 (unkind) to +1 (kind)',
  unknown: (n) => `${count(n)} not judged`,
  none: 'No post judged yet',
};

export const tagged = (n) => (n === 1 ? '1 post' : `${count(n)} posts`);

export const facts = {
  pace: 'Last ten minutes',
  paceOf: ({ last_10m: last, change_percent: change }) => (change === undefined ? count(last) : `${count(last)} (${change > 0 ? '+' : change < 0 ? '−' : ''}${percent(Math.abs(change))})`),
  minute: 'Best minute',
  minuteEver: 'Best of all days',
  minuteOf: ({ at, posts }, zone) => `${count(posts)} at ${clock(at, zone)}`,
  minuteEverOf: ({ at, posts }, zone) => `${count(posts)} on ${shortDay(at.slice(0, 10))}, ${clock(at, zone)}`,
  changed: (n) => (n === 1 ? 'once' : `${count(n)} times`),
};

export const change = {
  overtook: ' overtook ',
  behind: (n) => (n > 0 ? `from ${count(n)} behind` : ''),
  upset: 'Upset',
};

export const post = {
  place: (i, n) => `${i + 1} of ${n}`,
  author: 'The author’s page',
  on: { x: 'X', bluesky: 'Bluesky' },
  metrics: { likes: 'likes', retweets: 'reposts', replies: 'replies', quotes: 'quotes', bookmarks: 'bookmarks', impressions: 'views' },
};

export const freshness = ({ behind_records: behind, source_to_page_ms: latency }) => [
  latency ? `From source to page ${age(latency.p50 / 1000)}, 95 % within ${age(latency.p95 / 1000)}.` : '',
  behind > 0 ? `${count(behind)} records behind.` : '',
].filter(Boolean).join(' ');

export const connection = {
  connecting: 'Connecting…',
  waiting: 'Waiting for the broker',
  catchingUp: 'Catching up',
  live: (lastPost) => (lastPost === null ? 'Live, no post yet today' : `Live, last post ${age(lastPost)} ago`),
  lost: (old) => (old === null ? 'No connection, trying again' : `Reconnecting, numbers are ${age(old)} old`),
  paused: (old) => `Paused, numbers are ${age(old ?? 0)} old`,
  past: 'A day that is over',
};

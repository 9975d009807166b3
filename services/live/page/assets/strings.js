// Every word that people read on the page, but for the headline, which the server writes (headline/words.go). Digits,
// clocks and dates: format.js.
import { clock, count, decimal, longDay, percent, shortDay, signed } from './format.js';

export const text = {
  // These two stand in index.html as well, for whoever runs no script; a test holds them together.
  description: 'which side is more popular right now, counted as it happens.',
  noScript: ['This page needs JavaScript to move.', 'The numbers', 'are here without it.'],
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
  toToday: 'Go to today',
  byPosts: 'Posts',
  byPopularity: 'Popularity',
  promotional: 'Promotional posts',
  top: { true: 'Most popular', false: 'Most popular that day' },
  topLabel: 'Most popular of',
  topHour: 'Hour',
  topDay: 'Day',
  topNone: {
    hour: { true: 'No post of the last hour has been liked, shared or answered yet.' },
    day: { true: 'No post of the day has been liked, shared or answered yet.', false: 'No post of that day was liked, shared or answered.' },
  },
  topBefore: 'More popular',
  topAfter: 'Less popular',
  madeUp: 'Made up by the simulator',
  madeUpMore: 'Nobody wrote this.',
  promotionalPost: 'Promotional',
  cut: 'The post goes on.',
  original: 'Read it there',
  engagement: 'engagement',
  madeBy: { image: 'picture', video: 'video' },
  sentiment: 'How they sound',
  sentimentNote: 'English, by a word list',
  hashtags: 'Hashtags',
  hashtagsNone: { true: 'No hashtag yet.', false: 'No hashtag that day.' },
  race: { true: 'The race today', false: 'The race that day' },
  changes: 'Lead changes',
  changesNone: { true: 'Nobody has been overtaken yet.', false: 'Nobody was overtaken.' },
  sources: 'Where posts come from',
  sourcesNone: { true: 'No post yet.', false: 'No post that day.' },
  source: { x: 'X', bluesky: 'Bluesky', simulator: 'Simulator (made up)', other: 'Elsewhere' },
  account: 'Every record accounted for',
  simulated: 'Simulated posts',
  simulatedMore: 'Simulated posts: made up by a program, nobody wrote them',
  partlySimulated: 'Partly simulated',
  embed: 'As a card for your site',
  api: 'These numbers as JSON',
  whole: 'See everything',
  kind: { lead_change: 'Lead change', upset: 'Upset', record: 'Record', surge: 'Surge', drought: 'Silence', tie: 'Level', final: 'Final', final_tie: 'Final' },
  problem: {
    unknown: 'There are no numbers of that day.',
    unreachable: 'The numbers of that day cannot be read right now; trying again.',
  },
};

// teamTotal names a team's number; of many teams by nothing but its name.
export const teamTotal = (team, by, teams) => {
  if (teams > 2) return team.name;
  return by === 'posts' ? `Total ${team.singular} Tweets` : `${team.singular} popularity`;
};

export const explained = {
  popularity: 'Popularity: each post adds the logarithm of its shares, answers, likes and bookmarks, so that one viral post decides nothing. Counts as last seen.',
};

const anHour = (growth) => `${growth > 0 ? '+' : growth < 0 ? '−' : '±'}${count(Math.abs(growth))} an hour`;

// scoreNote stands under a team's number: its share, and of popularity how fast it grows.
export const scoreNote = (part, by, { growth_per_hour: growth }) =>
  (by === 'posts' || growth === undefined ? part : `${part} · ${text.engagement} ${anHour(growth)}`);

// besideLabel names the measure that the large numbers do not show; beside tells it of a team, with its name or without.
export const besideLabel = { posts: 'Popularity', popularity: 'Posts' };
export const beside = {
  posts: (part, named, { growth_per_hour: growth }) => [named ? `${part} of popularity` : part, growth === undefined ? '' : anHour(growth)],
  popularity: (part, named, _, pace) => [named ? `${part} of posts` : part, pace === undefined ? '' : `${count(pace.last_10m)} in ten minutes`],
};

// covered says from when on a day was counted, where that is not midnight.
export const covered = ({ coverage, timezone }) =>
  (coverage?.day === 'partial' && coverage.from ? `Counted from ${clock(coverage.from, timezone)} on; what came before is not known.` : '');

export const day = ({ day: date, timezone }) => `${longDay(date)}, midnight to midnight, ${timezone}`;

// dayOption names a day in the list, with who had most posts.
export function dayOption({ day: date, today, posts, coverage }, teams) {
  if (today) return text.today;
  const leader = teams.find((t) => t.id === posts.leader);
  const named = leader ? `${shortDay(date)} ${leader.emoji || leader.name}` : shortDay(date);
  return { partial: `${named} (part of it)`, none: `${named} (no numbers)` }[coverage?.day] ?? named;
}

// spoken is the headline with the score, for those who hear the page.
export const spoken = ({ state, view, by }, headline) =>
  `${headline.text} ${state.contest.teams.map((t) => `${t.name} ${count(by === 'posts' ? view.posts.teams[t.id] : view.popularity[t.id].score)}`).join(', ')}.`;

export function perSecond(n) {
  if (n >= 10) return `${count(n)} a second`;
  if (n >= 1) return `${decimal(n)} a second`;
  return `${count(n * 60)} a minute`;
}

export function age(seconds) {
  if (seconds < 10) return `${decimal(Math.max(0.1, seconds))} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

// halfHour names the half hour that begins at HH:MM.
export function halfHour(begin) {
  const [h, m] = begin.split(':').map(Number);
  return `${begin} to ${m === 0 ? `${begin.slice(0, 3)}30` : `${String(h + 1).padStart(2, '0')}:00`}`;
}

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
  none: { true: 'No post judged yet', false: 'No post judged' },
};

export const tagged = (n) => (n === 1 ? '1 post' : `${count(n)} posts`);

export const facts = {
  pace: 'Last ten minutes',
  paceOf: ({ last_10m: last, change_percent: change }) => (change === undefined ? count(last) : `${count(last)} (${change > 0 ? '+' : change < 0 ? '−' : ''}${percent(Math.abs(change))})`),
  minute: 'Best minute',
  minuteEver: 'Of all days',
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
  // X wants a post's words shown with the author's name, or not at all.
  withheld: 'Its author’s name is not known here, so neither are its words shown.',
  readOn: (platform) => `Read it on ${platform}`,
  growth: (n) => anHour(n),
  looked: (at, ago) => `counted at ${at}, ${age(ago)} ago`,
  arrival: 'counts as it arrived',
  metrics: { likes: 'likes', retweets: 'reposts', replies: 'replies', quotes: 'quotes', bookmarks: 'bookmarks', impressions: 'views' },
};

export const freshness = ({ freshness: { behind_records: behind, source_to_page_ms: latency }, settled_before: settled, timezone }) => [
  latency ? `From source to page ${age(latency.p50 / 1000)}, 95 % within ${age(latency.p95 / 1000)}.` : '',
  behind > 0 ? `${count(behind)} records behind.` : '',
  settled ? `Posts from before ${clock(settled, timezone)} are settled: late edits and deletions no longer change them.` : '',
].filter(Boolean).join(' ');

// account tells of the ledger: stations are named in the order in which a record passes them.
export const account = {
  stations: { handed_over: 'handed over', raw: 'raw', enriched: 'enriched', dead_letters: 'dead letters', posts: 'posts in the index', archived: 'archived' },
  none: 'is being drawn up',
  unknown: '–',
  verdict({ balanced, pending, findings }) {
    if (!balanced) return findings === 1 ? '1 finding' : `${count(findings)} findings`;
    return pending === 0 ? 'balanced' : `balanced, ${count(pending)} in flight`;
  },
  asOf: (at, timezone) => `, as of ${clock(at, timezone, true)}`,
};

export const connection = {
  connecting: 'Connecting…',
  waiting: 'Waiting for the broker',
  catchingUp: 'Catching up',
  live: (lastPost) => (lastPost === null ? 'Live, no post yet today' : `Live, last post ${age(lastPost)} ago`),
  lost: (old) => (old === null ? 'No connection, trying again' : `Reconnecting, numbers are ${age(old)} old`),
  cutOff: (old) => `Cut off from the broker, numbers are ${age(old)} old`,
  paused: (old) => `Paused, numbers are ${age(old ?? 0)} old`,
  past: 'A day that is over',
};

// twitter-api-v2 against the simulator: rules, stream, search with pages, counts, look-up, users, 429, disconnects.
import { Agent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { ETwitterStreamEvent, TwitterApi } from 'twitter-api-v2';

const [host, port] = process.env.SIMULATOR.split(':');

// The client has X's host fixed, and an agent for proxies and the like: this one goes to the simulator.
class ToSimulator extends Agent {
  createConnection(options, done) {
    return super.createConnection({ ...options, host, port: Number(port) }, done);
  }
}
const agent = new ToSimulator();
const api = new TwitterApi('a-token', { httpAgent: agent }).v2;

let failed = 0;
const check = (name, holds, seen) => {
  console.log(holds ? 'ok  ' : 'FAIL', name, holds ? '' : JSON.stringify(seen)?.slice(0, 300) ?? '');
  if (!holds) failed++;
};
const wait = async (name, holds) => {
  for (const until = Date.now() + 30_000; !holds() && Date.now() < until;) await sleep(50);
  check(name, holds());
};
const refusal = async (ask) => {
  try {
    return { answer: await ask() };
  } catch (e) {
    return e;
  }
};
const order = async (name, body = {}) => {
  const answer = await fetch(`https://${host}:${port}/simulator/v1/faults/${name}`, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
};

check('no rules at first', !(await api.streamRules()).data);
check('no rules are a 409', (await refusal(() => api.searchStream())).code === 409);
const added = await api.updateStreamRules({ add: [{ value: '(#cat OR #dog) has:images', tag: 'a' }, { value: '#kitty has:videos', tag: 'b' }] });
check('two rules are added', added.meta.summary.created === 2, added);
const bad = await refusal(() => api.updateStreamRules({ add: [{ value: '((', tag: 'a' }] }));
check('a rule that is none', bad.answer?.errors?.length === 1 || bad.code === 400, bad);
check('both are listed', (await api.streamRules()).data.map((r) => r.tag).join() === 'a,b');

const stream = await api.searchStream({
  'tweet.fields': ['created_at', 'public_metrics', 'entities'], expansions: ['author_id', 'attachments.media_keys'], 'user.fields': ['username'],
});
const posts = [];
let alive = 0, reconnects = 0, told = 0;
stream.autoReconnect = true;
stream.autoReconnectRetries = Infinity;
stream.on(ETwitterStreamEvent.Data, (post) => posts.push(post));
stream.on(ETwitterStreamEvent.DataKeepAlive, () => alive++);
stream.on(ETwitterStreamEvent.DataError, () => told++);
stream.on(ETwitterStreamEvent.Reconnected, () => reconnects++);
stream.on(ETwitterStreamEvent.TweetParseError, () => {});
await wait('posts come', () => posts.length >= 100);
check('a post has its fields', posts[0].data.created_at && posts[0].data.public_metrics && posts[0].matching_rules.length, posts[0]);
check('the author comes along', posts[0].includes.users[0].id === posts[0].data.author_id, posts[0]);
await order('stall_with_heartbeats', { for: '3s' });
await wait('a silence has keep-alives', () => alive > 0);
const busy = await refusal(() => api.searchStream());
check('a second connection is a 429', busy.code === 429 && busy.data?.connection_issue === 'TooManyConnections', busy);
let before = posts.length;
await order('operational_disconnect');
await wait('a disconnect is told', () => told > 0);
await wait('it connects again by itself', () => reconnects >= 1 && posts.length > before);
before = posts.length;
await order('reset');
await wait('a reset does not end it', () => reconnects >= 2 && posts.length > before);

await sleep(2000); // until search finds what has come
const page = await api.search('#cat has:images', { max_results: 10 });
check('search finds posts', page.tweets.length === 10, page.tweets.length);
await page.fetchNext();
await page.fetchNext();
const ids = page.tweets.map((t) => t.id);
check('search has pages', new Set(ids).size === 30 && page.rateLimit.limit > page.rateLimit.remaining, ids.length);
const counts = await api.tweetCountRecent('#cat', { granularity: 'minute' });
check('counts add up', counts.meta.total_tweet_count > 0 && counts.meta.total_tweet_count === counts.data.reduce((n, c) => n + c.tweet_count, 0), counts.meta);
const one = await api.singleTweet(ids[0], { expansions: ['author_id', 'attachments.media_keys'], 'user.fields': ['username'] });
check('look-up finds one', one.data.id === ids[0] && one.includes.users.length === 1, one);
const some = await api.tweets([ids[0], '20']);
check('look-up finds one of two', some.data.length === 1 && some.errors[0].resource_id === '20', some);
await order('deletions', {});
const streamed = posts.slice(-100).map((p) => p.data.id);
const gone = ((await api.tweets(streamed)).errors ?? []).filter((e) => e.type.endsWith('/resource-not-found')).map((e) => e.resource_id);
const job = await api.sendComplianceJob({ type: 'tweets', ids: streamed });
const results = await api.complianceJobResult(job.data);
check('a compliance job names the deleted posts', gone.length >= 5 && results.map((r) => r.id).sort().join() === [...gone].sort().join(), { gone, results });
const author = one.includes.users[0];
check('an author is found by name', (await api.userByUsername(author.username)).data.id === author.id);
check('an author is found by id', (await api.user(author.id)).data.username === author.username);
const nowhere = await refusal(() => api.searchSpaces({ query: 'cats', state: 'live' }));
check('what is not served is a 404', nowhere.code === 404 && nowhere.data?.type === 'about:blank', nowhere);

let made = 0, limit;
for (; made < 400 && !limit; made++) {
  const said = await refusal(() => api.tweetCountRecent('#cat', { granularity: 'day' }));
  if (said.code) limit = said;
}
check('a rate limit counts', made === 300 && limit?.code === 429 && limit.rateLimit?.remaining === 0, { made, limit });

stream.close();
await api.updateStreamRules({ delete: { ids: (await api.streamRules()).data.map((r) => r.id) } });
check('no rules at last', !(await api.streamRules()).data);
agent.destroy();
process.exit(failed ? 1 : 0);

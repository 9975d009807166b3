import { byId, html, write } from './elements.js';
import { moment, short } from './format.js';
import { post as words, text } from './strings.js';

// TopPost shows the most popular posts, one at a time. A real one is shown as the platforms' display rules ask: its text
// unchanged, the author, the time and the platform's name linked to the original. A made-up one says so first and looks
// like a note of ours, because nothing of the kind exists on a platform.
export class TopPost {
  #contest;
  #place = 0;
  #shown = null;
  #drawn = '';

  constructor(contest) {
    this.#contest = contest;
    for (const radio of document.querySelectorAll('input[name=top]')) {
      radio.onchange = () => {
        this.#place = 0;
        this.#draw();
      };
    }
    for (const [id, step, sign, name] of [['pager-before', -1, '‹', text.topBefore], ['pager-after', 1, '›', text.topAfter]]) {
      const button = byId(id);
      write(button, sign);
      button.setAttribute('aria-label', name);
      button.onclick = () => {
        this.#place += step;
        this.#draw();
      };
    }
  }

  show(shown) {
    this.#shown = shown;
    this.#draw();
  }

  #draw() {
    if (!this.#shown) return;
    const { state, view } = this.#shown;
    const of = state.today ? document.querySelector('input[name=top]:checked').value : 'day';
    write(byId('top-title'), of === 'hour' ? text.top.hour : text.top.day[state.today]);
    const posts = view.top[of].map((id) => state.top_posts[id]).filter(Boolean);
    this.#place = Math.max(0, Math.min(this.#place, posts.length - 1));
    byId('pager').hidden = posts.length < 2;
    write(byId('pager-place'), words.place(this.#place, posts.length));
    byId('pager-before').disabled = this.#place === 0;
    byId('pager-after').disabled = this.#place >= posts.length - 1;
    const post = posts[this.#place];
    // What stands there already is left alone, so that a link under the pointer or a selection survives.
    const drawn = JSON.stringify([of, post, state.timezone]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    byId('top-post').replaceChildren(post ? this.#card(post, state.timezone) : html('p', { class: 'none' }, text.topNone[of]));
  }

  #card(post, zone) {
    const url = secure(post.url);
    const platform = words.on[post.source];
    const real = !post.simulated && platform !== undefined;
    const teams = html('span', { class: 'post-teams' }, ...post.teams.map((id) => {
      const team = this.#contest.teams.find((t) => t.id === id);
      return html('span', { role: 'img', 'aria-label': team?.name ?? id }, team?.emoji || (team?.name ?? id));
    }));
    const head = real
      ? html('p', { class: 'post-head' }, author(post), html('span', { class: 'post-platform' }, link(url, platform)), teams)
      : html('p', { class: 'post-head' }, html('b', { class: 'made-up-label' }, post.simulated ? text.madeUp : text.source.other), post.simulated ? html('span', {}, text.madeUpMore) : '', teams);
    const body = html('p', { class: 'post-text', dir: 'auto', tabindex: 0, role: 'group', 'aria-labelledby': 'top-title', ...(post.lang && { lang: post.lang }) }, post.text);
    const time = html('time', { datetime: post.created_at }, moment(post.created_at, zone));
    const foot = html('p', { class: 'post-foot' }, real ? link(url, time) : time, ...post.media.map((m) => html('span', {}, text.madeBy[m] ?? m)));
    if (post.promotional) foot.append(html('span', { class: 'promotional' }, text.promotionalPost));
    const card = html('div', { class: real ? 'post' : 'post simulated' }, head, body);
    if (post.cut) card.append(html('p', { class: 'post-cut' }, `${text.cut} `, url ? link(url, text.original) : ''));
    card.append(foot, metrics(post.metrics));
    return card;
  }
}

const metrics = (counted) => html('dl', { class: 'post-metrics' }, ...Object.entries(words.metrics)
  .filter(([name]) => counted[name] !== undefined)
  .map(([name, called]) => html('div', {}, html('dt', {}, called), html('dd', {}, short(counted[name])))));

function author({ source, author_id: id }) {
  const at = { x: 'https://x.com/i/user/', bluesky: 'https://bsky.app/profile/' }[source];
  return html('span', { class: 'post-author' }, link(id ? secure(at + encodeURIComponent(id).replaceAll('%3A', ':')) : null, words.author));
}

// secure returns an address that a link may have: text from outside must not become a javascript: link.
function secure(address) {
  try {
    return new URL(address).protocol === 'https:' ? address : null;
  } catch {
    return null;
  }
}

const link = (address, content) => (address ? html('a', { href: address, target: '_blank', rel: 'noopener nofollow' }, content) : html('span', {}, content));

import { byId, html, write } from './elements.js';
import { clock, moment, short } from './format.js';
import { authorOf, link, linked, plain, secure } from './strangers.js';
import { post as words, text } from './strings.js';

const lengths = [90, 200]; // characters up to which a text is written large, and middling

// TopPost shows the most popular posts, one at a time. A real one is shown as the platforms' display rules ask: the author's
// name and handle, the text unchanged with its links, the time and the platform's name linked to the original; there is no
// avatar because the page asks no other host for anything. A post of X whose author's name is not known is shown without
// its text. A made-up one says so first and looks like a note of ours, because nothing of the kind exists on a platform.
export class TopPost {
  #contest;
  #place = 0;
  #chosen = false; // hour or day, by the reader
  #shown = null;
  #drawn = '';

  constructor(contest) {
    this.#contest = contest;
    for (const radio of document.querySelectorAll('input[name=top]')) {
      radio.onchange = () => {
        this.#chosen = true;
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

  // #of is hour or day: what the reader has chosen, and until then the hour if it has a post to show.
  #of({ today }, { top }) {
    if (!today) return 'day';
    const radios = [...document.querySelectorAll('input[name=top]')];
    if (!this.#chosen) {
      const of = top.hour.length === 0 && top.day.length > 0 ? 'day' : 'hour';
      for (const radio of radios) radio.checked = radio.value === of;
    }
    return radios.find((radio) => radio.checked).value;
  }

  #draw() {
    if (!this.#shown) return;
    const { state, view } = this.#shown;
    const of = this.#of(state, view);
    write(byId('top-title'), text.top[state.today]);
    const posts = view.top[of].map((id) => state.top_posts[id]).filter(Boolean);
    this.#place = Math.max(0, Math.min(this.#place, posts.length - 1));
    byId('pager').hidden = posts.length < 2;
    write(byId('pager-place'), words.place(this.#place, posts.length));
    byId('pager-before').disabled = this.#place === 0;
    byId('pager-after').disabled = this.#place >= posts.length - 1;
    const post = posts[this.#place];
    // What stands there already is left alone, so that a link under the pointer or a selection survives.
    const ago = post?.refreshed_at ? Math.round((Date.parse(state.now) - Date.parse(post.refreshed_at)) / 60_000) : 0;
    const drawn = JSON.stringify([of, post, state.timezone, state.today, ago]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    byId('top-post').replaceChildren(post ? this.#card(post, state) : html('p', { class: 'none' }, text.topNone[of][state.today]));
  }

  #card(post, state) {
    const platform = words.on[post.source];
    if (post.simulated || platform === undefined) return this.#note(post, state);
    const url = secure(post.url);
    const withheld = post.source === 'x' && !(post.author_name && post.author_username);
    const head = html('p', { class: 'post-head' }, author(post), html('span', { class: 'post-platform' }, link(url, platform)));
    const card = html('div', { class: 'post' }, head);
    if (withheld) {
      card.append(html('p', { class: 'post-withheld' }, words.withheld, ' ', url ? link(url, words.readOn(platform)) : ''));
    } else {
      const goesOn = post.cut ? [html('p', { class: 'post-cut', lang: 'en' }, `${text.cut} `, url ? link(url, text.original) : '')] : [];
      card.append(body(post, [...linked(plain(post.text), post.source), ...goesOn]));
    }
    card.append(this.#foot(post, link(url, time(post, state))), metrics(post, state));
    return card;
  }

  // #note is how a post looks that is none of a platform's.
  #note(post, state) {
    const said = post.simulated ? [html('b', { class: 'made-up-label' }, text.madeUp), html('span', {}, text.madeUpMore)] : [html('b', { class: 'made-up-label' }, text.source.other)];
    const card = html('div', { class: 'post simulated' }, html('p', { class: 'post-head' }, ...said), body(post, [plain(post.text), ...(post.cut ? [html('p', { class: 'post-cut', lang: 'en' }, text.cut)] : [])]));
    card.append(this.#foot(post, time(post, state)), metrics(post, state));
    return card;
  }

  #foot(post, when) {
    const foot = html('p', { class: 'post-foot' }, when, ...post.media.map((m) => html('span', {}, text.madeBy[m] ?? m)));
    if (post.promotional) foot.append(html('span', { class: 'promotional' }, text.promotionalPost));
    foot.append(html('span', { class: 'post-teams' }, ...post.teams.map((id) => {
      const team = this.#contest.teams.find((t) => t.id === id);
      return html('span', { role: 'img', 'aria-label': team?.name ?? id }, team?.emoji || (team?.name ?? id));
    })));
    return foot;
  }
}

function body({ text: written, lang }, content) {
  const size = ['large', 'middling'][lengths.findIndex((most) => [...written].length <= most)] ?? 'small';
  return html('div', { class: `post-text ${size}`, dir: 'auto', tabindex: 0, role: 'group', 'aria-labelledby': 'top-title', ...(lang && { lang }) }, ...content);
}

const time = ({ created_at: at }, { timezone }) => html('time', { datetime: at }, moment(at, timezone));

function metrics(post, { now, timezone }) {
  const counted = html('dl', { class: 'post-metrics' }, ...Object.entries(words.metrics)
    .filter(([name]) => post.metrics[name] !== undefined)
    .map(([name, called]) => html('div', {}, html('dt', {}, called), html('dd', {}, short(post.metrics[name])))));
  const { refreshed_at: at, growth_per_hour: growth } = post;
  const ago = at ? Math.max(0, (Date.parse(now) - Date.parse(at)) / 1000) : 0;
  const looked = html('p', { class: 'post-looked' }, at ? words.looked(clock(at, timezone), ago) : words.arrival);
  if (growth !== undefined) looked.prepend(html('b', {}, words.growth(growth)), ' · ');
  return html('div', { class: 'post-counts' }, counted, looked);
}

function author(post) {
  const { author_name: name, author_username: handle } = post;
  const shown = name ? [html('b', {}, html('bdi', {}, plain(name)))] : handle ? [] : [words.author];
  if (handle) shown.push(' ', html('span', { class: 'post-handle' }, `@${plain(handle)}`));
  return html('span', { class: 'post-author' }, link(authorOf(post), ...shown));
}

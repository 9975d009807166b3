import { html } from './elements.js';

// What strangers wrote, made fit to stand among the page's own words. It stays text: nothing here makes markup.

// Characters that turn the direction of what follows them (https://www.unicode.org/reports/tr9/ 2.1 to 2.4): an address
// could be read backwards, and an unbalanced one reaches over the end of the text. Others that nobody sees go with them.
const unseen = /[\u202A-\u202E\u2066-\u2069\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFEFF]/g;
const blankLines = /(?:[ \t\u00A0\u200B\u2800\u3164]*\r?\n){3,}/g;
// More marks on one letter than any language writes.
const piled = /(\p{M}{4})\p{M}+/gu;

// plain is the text without what turns or hides it; of blank lines in a row one stays.
export const plain = (text) => text.replace(unseen, '').replace(blankLines, '\n\n').replace(piled, '$1');

// secure returns an address that a link may have: text from outside must not become a javascript: link.
export function secure(address) {
  try {
    return new URL(address).protocol === 'https:' ? address : null;
  } catch {
    return null;
  }
}

export const link = (address, ...content) => (address
  ? html('a', { href: address, target: '_blank', rel: 'noopener nofollow' }, ...content)
  : html('span', {}, ...content));

const places = {
  x: { hashtag: 'https://x.com/hashtag/', author: 'https://x.com/', mention: /^@\w{1,15}$/ },
  bluesky: { hashtag: 'https://bsky.app/hashtag/', author: 'https://bsky.app/profile/', mention: /^@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i },
};
const entity = /(?<![\p{L}\p{N}_&@#/])(?:https:\/\/[^\s<>"]*[^\s<>"'.,;:!?…)\]}’”]|[#＃][\p{L}\p{M}\p{N}_]*[\p{L}_][\p{L}\p{M}\p{N}_]*|@[\w-]+(?:\.[\w-]+)*)/gu;

// linked is the text with its hashtags, mentions and addresses as links to the platform, as the platforms' display rules
// ask (https://docs.x.com/developer-terms/display-requirements).
export function linked(text, source) {
  const nodes = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(entity)) {
    const address = addressOf(found, places[source]);
    if (!address) continue;
    nodes.push(text.slice(from, index), link(address, found));
    from = index + found.length;
  }
  return [...nodes, text.slice(from)];
}

function addressOf(found, place) {
  if (found.startsWith('https://')) return secure(found);
  if (found.startsWith('@')) return place.mention.test(found) ? secure(place.author + encodeURIComponent(found.slice(1))) : null;
  return secure(place.hashtag + encodeURIComponent(found.slice(1)));
}

// authorOf is the address of the author's page: by the name that people know, or else by the id.
export function authorOf({ source, author_username: name, author_id: id }) {
  if (name && places[source].mention.test(`@${name}`)) return secure(places[source].author + encodeURIComponent(name));
  if (!id) return null;
  return secure({ x: 'https://x.com/i/user/', bluesky: 'https://bsky.app/profile/' }[source] + encodeURIComponent(id).replaceAll('%3A', ':'));
}

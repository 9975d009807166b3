import { against, isDark, mixed } from './contrast.js';
import { svg } from './elements.js';

// palette chooses from the teams' colours those that can be told apart on this background:
//   teams[id] = { fill: for areas, on: text on them, ink: for large text (3:1, WCAG 2.2 1.4.3; more on dark, where deep
//     colours sink), word: for text of any size (4.5:1, also on the page's tinted background) }
//   categories[tag] = { fill: a colour or a pattern }
// A team's first category is solid; each further one is lighter and striped in a direction of its own, so that they
// differ without colour as well. Areas keep to 2:1, so that a bright colour stays itself on white: the same numbers
// always stand beside them as text.
export function palette(contest, surface) {
  const teams = Object.create(null); // a team may be called constructor
  for (const team of contest.teams) {
    const fill = against(team.color, surface, 2);
    teams[team.id] = { fill, ink: against(team.color, surface, isDark(surface) ? 4.6 : 3.2), word: against(team.color, surface, 5.4), on: isDark(fill) ? '#ffffff' : '#14161c' };
  }
  const categories = Object.create(null);
  const seen = Object.create(null);
  contest.categories.forEach((category, i) => {
    const nth = (seen[category.team] = (seen[category.team] ?? -1) + 1);
    const fill = teams[category.team].fill;
    categories[category.tag] = nth === 0
      ? { fill }
      : { fill: `url(#stripes-${i})`, id: `stripes-${i}`, stripe: fill, light: mixed(fill, '#ffffff', 0.6), angle: 45 * nth };
  });
  return { teams, categories };
}

// patterns holds the stripes that the categories' fills refer to; it has to be in the document, once.
export function patterns(categories) {
  const defs = svg('svg', { class: 'patterns', width: 0, height: 0, 'aria-hidden': 'true' });
  for (const { id, light, stripe, angle } of Object.values(categories)) {
    if (!id) continue;
    defs.append(svg('pattern', { id, width: 5, height: 5, patternUnits: 'userSpaceOnUse', patternTransform: `rotate(${angle})` },
      svg('rect', { width: 5, height: 5, fill: light }),
      svg('rect', { width: 1.6, height: 5, fill: stripe })));
  }
  return defs;
}

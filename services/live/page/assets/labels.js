import { byId, write } from './elements.js';
import { text } from './strings.js';

// label writes the words that depend on nothing but whether the day goes on.
export function label(today = true) {
  const words = {
    'skip': text.skip, 'to-today': text.toToday, 'day-label': text.day, 'by-label': text.by, 'by-posts': text.byPosts, 'by-popularity': text.byPopularity,
    'promotional-label': text.promotional, 'shares-title': text.soFar[today], 'timeline-title': text.timeline[today],
    'timeline-note': text.timelineNote, 'timeline-help': text.timelineHelp, 'table-summary': text.table,
    'trace-title': text.trace, 'trace-summary': text.table, 'top-label': text.topLabel, 'top-hour': text.topHour, 'top-day': text.topDay,
    'sentiment-title': text.sentiment, 'sentiment-note': text.sentimentNote, 'hashtags-title': text.hashtags,
    'race-title': text.race[today], 'changes-title': text.changes, 'sources-title': text.sources, 'api': text.api, 'embed': text.embed,
    'account-title': text.account,
  };
  for (const [id, words_] of Object.entries(words)) {
    if (byId(id)) write(byId(id), words_); // the account has a place only where one is kept
  }
}

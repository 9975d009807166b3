// How digits, clocks and dates are written; the words around them are in strings.js.

const whole = new Intl.NumberFormat('en');
const compact = new Intl.NumberFormat('en', { notation: 'compact' });
const oneDigit = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export const count = (n) => whole.format(Math.round(n));
export const short = (n) => compact.format(n); // 60K, where there is no room for more
export const decimal = (n) => oneDigit.format(n);
export const percent = (p) => `${oneDigit.format(p)} %`;
export const share = (part, all) => (all === 0 ? '–' : percent((100 * part) / all));
export const roundShare = (part, all) => `${Math.round((100 * part) / all)} %`;
export const signed = (n) => `${n > 0 ? '+' : n < 0 ? '−' : ''}${twoDigits.format(Math.abs(n))}`;

const dated = (date, options) => {
  const noon = new Date(`${date}T12:00:00Z`);
  return Number.isNaN(noon.getTime()) ? date : noon.toLocaleDateString('en-GB', { ...options, timeZone: 'UTC' });
};
export const longDay = (date) => dated(date, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
export const shortDay = (date) => dated(date, { weekday: 'short', day: 'numeric', month: 'short' });

const clocks = new Map(); // making one costs far more than using it
function clockOf(timeZone, seconds) {
  const key = `${timeZone} ${seconds}`;
  if (!clocks.has(key)) {
    clocks.set(key, new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(seconds && { second: '2-digit' }) }));
  }
  return clocks.get(key);
}

// clock is the instant's time of day in the zone: HH:MM, or HH:MM:SS.
export const clock = (instant, zone, seconds = false) => clockOf(zone, seconds).format(new Date(instant));

export const moment = (instant, zone) => `${clock(instant, zone)}, ${new Date(instant).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: zone })}`;

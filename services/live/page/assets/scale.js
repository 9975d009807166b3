// ticks runs from 0 to a round number not below highest, in at most `steps` + 1 steps of 1, 2 or 5 times a power of ten.
export function ticks(highest, steps = 4) {
  const rough = Math.max(1, highest / steps);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
  return Array.from({ length: Math.max(2, Math.ceil(highest / step) + 1) }, (_, i) => i * step);
}

// unit is how many pixels a chart has for one on a plain screen: labels grow with the text on a wall.
export const unit = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

// scaled is the margin in pixels.
export function scaled(margin) {
  const per = unit();
  return Object.fromEntries(Object.entries(margin).map(([side, pixels]) => [side, pixels * per]));
}

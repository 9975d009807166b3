// A number that runs to its new value instead of jumping: calm enough to read, quick enough to be done before the next.

const durationMs = 200; // below the quarter of a second between two ticks, so that the numbers on the page agree
const still = window.matchMedia('(prefers-reduced-motion: reduce)');
const running = new Map(); // element to { from, to, begin, format }

export function run(element, to, format) {
  const now = running.get(element);
  const from = now ? valueAt(now, performance.now()) : Number(element.dataset.value ?? to);
  element.dataset.value = to;
  if (from === to || still.matches) {
    running.delete(element);
    element.textContent = format(to);
    return;
  }
  if (running.size === 0) requestAnimationFrame(step);
  running.set(element, { from, to, begin: performance.now(), format });
}

const valueAt = ({ from, to, begin }, now) => {
  const left = 1 - Math.min(1, Math.max(0, (now - begin) / durationMs));
  return from + (to - from) * (1 - left ** 3);
};

function step(now) {
  for (const [element, motion] of running) {
    const done = now - motion.begin >= durationMs;
    element.textContent = motion.format(done ? motion.to : Math.round(valueAt(motion, now)));
    if (done) running.delete(element);
  }
  if (running.size > 0) requestAnimationFrame(step);
}

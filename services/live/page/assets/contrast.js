// Colours by how they look: OKLCH (https://bottosson.github.io/posts/oklab/) and the contrast ratio of WCAG 2.2
// (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio). Colours come and go as #RRGGBB.

const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);
const toLinear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const fromLinear = (c) => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);

function luminance(hex) {
  const [r, g, b] = channels(hex).map(toLinear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function toOklab(hex) {
  const [r, g, b] = channels(hex).map(toLinear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([L, a, b]) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map(fromLinear);
  return rgb.every((c) => c > -0.001 && c < 1.001) ? rgb : null;
}

const hexOf = (rgb) => `#${rgb.map((c) => Math.round(255 * Math.min(1, Math.max(0, c))).toString(16).padStart(2, '0')).join('')}`;

// lightened returns the colour with lightness L (0 to 1), with as much of its colourfulness as the screen can show.
function lightened(hex, L) {
  const [, a, b] = toOklab(hex);
  for (let keep = 1; keep > 0; keep -= 0.05) {
    const rgb = fromOklab([L, a * keep, b * keep]);
    if (rgb) return hexOf(rgb);
  }
  return hexOf([L, L, L]);
}

// hexOfRGB reads what getComputedStyle gives: rgb(1, 2, 3).
export const hexOfRGB = (rgb) => hexOf(rgb.match(/[\d.]+/g).slice(0, 3).map((c) => c / 255));

export const isDark = (hex) => luminance(hex) < 0.18;

// against returns the colour, made lighter or darker until its contrast with the background is at least ratio.
export function against(hex, background, ratio) {
  const step = isDark(background) ? 0.01 : -0.01;
  let [L] = toOklab(hex);
  let colour = hex;
  while (contrast(colour, background) < ratio && L > 0 && L < 1) {
    L += step;
    colour = lightened(hex, L);
  }
  return colour;
}

// mixed returns a colour between a (part 0) and b (part 1).
export function mixed(a, b, part) {
  const from = toOklab(a);
  const to = toOklab(b);
  return hexOf(fromOklab(from.map((x, i) => x + (to[i] - x) * part)) ?? channels(a));
}

import { hexOfRGB } from './contrast.js';

const system = window.matchMedia('(prefers-color-scheme: dark)');

// theme is what was chosen: system, light or dark.
export const theme = () => document.documentElement.dataset.theme ?? 'system';

export function setTheme(chosen) {
  if (chosen === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  try {
    if (chosen === 'system') localStorage.removeItem('theme');
    else localStorage.setItem('theme', chosen);
  } catch { /* storage is refused: the choice lasts as long as the page */ }
}

export const nextTheme = () => ({ system: system.matches ? 'light' : 'dark', light: 'dark', dark: 'light' })[theme()];

// surface is the colour that charts are drawn on, as #RRGGBB, as the style sheet has it now.
export const surface = () => hexOfRGB(getComputedStyle(document.querySelector('.card')).backgroundColor);

export const onSystemChange = (f) => system.addEventListener('change', f);

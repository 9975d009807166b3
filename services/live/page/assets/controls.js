import { byId, svg } from './elements.js';
import { text } from './strings.js';
import { nextTheme, setTheme, theme } from './theme.js';

// Drawn, because not every system has such letters.
const signs = {
  pause: 'M8.5 5v14M15.5 5v14',
  resume: 'M7 4.5v15l12-7.5Z',
  system: 'M12 3a9 9 0 1 0 0 18ZM12 3a9 9 0 0 1 0 18',
  light: 'M12 7.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9ZM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3L19 19M5 19l1.7-1.7M17.3 6.7L19 5',
  dark: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z',
  fullscreen: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
};

// Controls are the buttons and switches that belong to the whole page.
export class Controls {
  #choice;
  #stream;

  // repaint is called when the colours have changed.
  constructor(choice, stream, repaint) {
    this.#choice = choice;
    this.#stream = stream;
    const pause = byId('pause');
    pause.addEventListener('click', () => {
      stream.setPaused(!stream.paused);
      this.show();
    });
    byId('theme').addEventListener('click', () => {
      setTheme(nextTheme());
      this.show();
      repaint();
    });
    const fullscreen = byId('fullscreen');
    named(fullscreen, 'fullscreen', text.fullscreen);
    fullscreen.hidden = !document.fullscreenEnabled;
    fullscreen.addEventListener('click', () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen().catch(() => { fullscreen.hidden = true; });
    });
    for (const radio of document.querySelectorAll('input[name=by]')) {
      radio.addEventListener('change', () => choice.set({ by: radio.value }));
    }
    byId('promotional').addEventListener('change', (event) => choice.set({ promotional: event.target.checked }));
  }

  show() {
    const next = this.#stream.paused ? 'resume' : 'pause';
    named(byId('pause'), next, text[next]);
    byId('pause').hidden = this.#choice.day !== null;
    named(byId('theme'), theme(), text.theme[theme()]);
    for (const radio of document.querySelectorAll('input[name=by]')) radio.checked = radio.value === this.#choice.by;
    byId('promotional').checked = this.#choice.promotional;
  }
}

function named(button, sign, name) {
  if (button.dataset.sign !== sign) {
    button.dataset.sign = sign;
    button.replaceChildren(svg('svg', { class: 'sign', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d: signs[sign] })));
  }
  button.setAttribute('aria-label', name);
  button.title = name;
}

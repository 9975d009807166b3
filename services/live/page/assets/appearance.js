// Not a module, so that it runs before the first paint: a page chosen to be dark must not flash white. A card in another
// site is told by its address (?theme=dark); there is no storage to ask there.
(() => {
  let theme = new URLSearchParams(location.search).get('theme');
  try {
    theme ??= localStorage.getItem('theme');
  } catch { /* storage is refused: the system's choice holds */ }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();

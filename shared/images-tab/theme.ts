/**
 * Says in `data-theme` whether the page around the tab is dark, by the background that its theme gives; without a theme
 * the style sheet goes by what the browser prefers.
 */
export function followTheme(): void {
  window.addEventListener('themeApplied', applyTheme);
  applyTheme();
}

function applyTheme(): void {
  const root = document.documentElement;
  const given = getComputedStyle(root).getPropertyValue('--background-color').trim();
  if (given === '') return;
  root.dataset['theme'] = isDark(getComputedStyle(document.body).backgroundColor)
    ? 'dark'
    : 'light';
}

/** Whether light text belongs on a computed colour, `rgb(31, 31, 31)`. */
function isDark(colour: string): boolean {
  const [red = 255, green = 255, blue = 255] = [...colour.matchAll(/[\d.]+/g)].map(Number);
  // Weights of luma, which are near enough to tell two themes apart.
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

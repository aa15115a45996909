// Runs before the first paint, so that a dark page never flashes white.
// The reader's choice is in the cookie `theme`; without one the system's preference holds.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = root.dataset.theme;
    root.dataset.bsTheme = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
  };
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("sandglass:theme", apply);
})();

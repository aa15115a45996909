// What every page has: the switch of the theme, menus that close, and times that tick.
import { startTimes } from "./times.js";

const THEMES = ["auto", "light", "dark"];
const YEAR = 365 * 24 * 3600;

function startThemeSwitch() {
  const button = document.querySelector("[data-theme-switch]");
  if (!button) return; // a page within another site's page has no header
  const label = document.querySelector("[data-theme-label]");
  const root = document.documentElement;
  const show = () => {
    const named = `Colours: ${root.dataset.theme === "auto" ? "as the system" : root.dataset.theme}`;
    label.textContent = named;
    button.title = named;
  };
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
    root.dataset.theme = next;
    const secure = window.location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${next}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
    document.dispatchEvent(new Event("sandglass:theme"));
    show();
  });
  show();
  button.hidden = false;
}

function startMenus() {
  const close = (menu) => {
    menu.open = false;
  };
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) close(menu);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      close(menu);
      menu.querySelector("summary").focus();
    }
  });
}

startThemeSwitch();
startMenus();
startTimes();

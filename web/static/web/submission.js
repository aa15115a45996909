// The page of a submission: it watches while something happens, and marks the file that is shown.
import { watch } from "./live.js";

function startTabs() {
  const tabs = Array.from(document.querySelectorAll(".file-tabs a"));
  for (const tab of tabs) {
    tab.addEventListener("click", () => {
      for (const other of tabs) other.removeAttribute("aria-current");
      tab.setAttribute("aria-current", "true");
    });
  }
}

startTabs();
watch();

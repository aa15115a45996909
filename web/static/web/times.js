// Times in the reader's own zone, and countdowns.
//
// `<time datetime data-local>` gets the reader's own time behind it where it differs from the
// course's; `<time datetime data-countdown>` counts down. What is written by the server stays
// right without this.

const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DATE = { weekday: "short", day: "numeric", month: "short" };
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// The minutes that a zone is ahead of UTC at a moment.
function offset(moment, timeZone) {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone, hourCycle: "h23",
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric",
  }).formatToParts(moment);
  const part = (type) => Number(parts.find((each) => each.type === type).value);
  const shown = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
  return Math.round((shown - Math.floor(moment / 60_000) * 60_000) / 60_000);
}

// The reader's own time, with its day only where that is another one.
function ownTime(moment, zone) {
  const dayIn = (timeZone) => new Intl.DateTimeFormat("en-GB", { ...DATE, timeZone }).format(moment);
  const day = dayIn(undefined) === dayIn(zone) ? "" : `${dayIn(undefined)}, `;
  return day + new Intl.DateTimeFormat("en-GB", CLOCK).format(moment);
}

function addLocal(time) {
  const moment = new Date(time.dateTime);
  const zone = time.dataset.local;
  if (time.dataset.told || !zone || offset(moment, zone) === -moment.getTimezoneOffset()) return;
  time.dataset.told = "yes";
  const own = document.createElement("span");
  own.className = "own-time";
  own.textContent = `(${ownTime(moment, zone)} your time)`;
  time.after(" ", own);
}

function count(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

// As `web.wording.span` says it; under an hour with seconds, because they tick.
function span(seconds) {
  const days = Math.floor(seconds / DAY);
  const hours = Math.floor((seconds % DAY) / HOUR);
  const minutes = Math.floor((seconds % HOUR) / MINUTE);
  if (days) return hours ? `${count(days, "day")} ${count(hours, "hour")}` : count(days, "day");
  if (hours) return minutes ? `${count(hours, "hour")} ${count(minutes, "minute")}` : count(hours, "hour");
  return `${minutes}:${String(seconds % MINUTE).padStart(2, "0")} min`;
}

function tick() {
  for (const time of document.querySelectorAll("time[data-countdown]")) {
    const seconds = Math.floor((new Date(time.dateTime) - Date.now()) / 1000);
    const text = seconds > 0 ? span(seconds) : "no time";
    if (time.textContent !== text) time.textContent = text;
  }
}

// For parts of a page that arrive later.
export function refreshTimes(part = document) {
  part.querySelectorAll("time[data-local]").forEach(addLocal);
  tick();
}

export function startTimes() {
  refreshTimes();
  window.setInterval(tick, 1000);
}

// A submission on its way: its place in the queue, each check as it ends, then the report.
//
// The stream may tell everything twice, after a reconnection: rows are known by their numbers.
import { refreshTimes } from "./times.js";

class Live {
  constructor(outcome) {
    this.outcome = outcome;
    this.part = (name) => outcome.querySelector(`[data-live-${name}]`);
    this.section = outcome.querySelector(".live");
    this.attempt = Number(this.section.dataset.attempt);
    this.total = 0;
    this.source = new EventSource(outcome.dataset.live);
    for (const name of ["state", "starting", "loading", "checking", "check", "finished"]) {
      this.source.addEventListener(name, (event) => this[name](JSON.parse(event.data)));
    }
    this.source.addEventListener("error", () => {
      if (this.source.readyState === EventSource.CLOSED) this.lost();
    });
  }

  state({ words, attempt, state }) {
    if (words) this.part("words").textContent = words;
    if (attempt !== this.attempt || state === "queued") this.reset();
    this.attempt = attempt;
  }

  reset() {
    for (const row of this.outcome.querySelectorAll(".live-check")) row.remove();
    for (const problem of this.outcome.querySelectorAll(".live-problem")) problem.hidden = true;
    this.total = 0;
    this.part("bar").hidden = true;
    this.part("count").hidden = true;
  }

  starting() {
    this.count("Starting Python.");
  }

  loading({ total }) {
    this.total = total;
    this.show();
    if (!this.rows().length) this.count("Reading the submission.");
  }

  checking() {
    this.show();
  }

  check({ number, problem, row }) {
    const place = Array.from(this.outcome.querySelectorAll(".live-problem"))
      .find((each) => each.dataset.problem === problem);
    if (!place) return;
    place.hidden = false;
    this.part("problems").hidden = false;
    const template = document.createElement("template");
    template.innerHTML = row;
    const list = place.querySelector("ol");
    const old = list.querySelector(`[data-number="${Number(number)}"]`);
    if (old) old.replaceWith(template.content);
    else list.append(template.content);
    this.show();
  }

  rows() {
    return this.outcome.querySelectorAll(".live-check");
  }

  show() {
    const done = this.rows().length;
    const bar = this.part("bar");
    bar.hidden = !this.total;
    if (this.total) bar.max = this.total;
    bar.value = done;
    if (done) this.count(this.total ? `${done} of ${this.total} checks have ended.` : `${done} checks have ended.`);
  }

  count(words) {
    const line = this.part("count");
    line.hidden = false;
    line.textContent = words;
  }

  async finished() {
    this.source.close();
    const answer = await fetch(this.outcome.dataset.report, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) {
      window.location.reload();
      return;
    }
    this.outcome.innerHTML = await answer.text();
    refreshTimes(this.outcome);
    this.outcome.querySelector("[data-announce]")?.focus({ preventScroll: true });
  }

  lost() {
    this.part("help").textContent = "The live view has ended. Reload this page to see where the submission stands; nothing is lost.";
  }
}

export function watch() {
  const outcome = document.querySelector("[data-live]");
  if (outcome) new Live(outcome);
}

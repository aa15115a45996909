// Handing in: drag and drop, a look at the files before they travel, and a bar while they do.
//
// Without this the form is sent as a plain form and means the same.

const form = document.querySelector("[data-upload]");
const MOST_FILES = 200;
// Whether the page asks questions, too: then a form without files means something.
const asks = Boolean(form?.hasAttribute("data-questions"));

function part(name) {
  return form.querySelector(`[${name}]`);
}

function megabytes(bytes) {
  return bytes < 100_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function newToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// What is wrong with the chosen files, as a sentence; nothing when all is well.
function fault(files) {
  const limit = Number(form.dataset.maxBytes);
  const suffixes = form.dataset.suffixes.split(" ");
  const archives = [".zip", ".tar.gz", ".tgz", ".tar"];
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const empty = files.find((file) => file.size === 0);
  const known = (file) => suffixes.some((suffix) => file.name.toLowerCase().endsWith(suffix));
  const archive = files.find((file) => archives.some((end) => file.name.toLowerCase().endsWith(end)));
  const names = files.map((file) => file.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (!files.length && asks) return "";
  if (!files.length) return "No file is chosen: choose the files of this homework, then upload.";
  if (files.length > MOST_FILES) return `These are ${files.length} files: upload at most ${MOST_FILES}, or one archive.`;
  if (empty) return `${empty.name} is empty: save your work in it, or leave it out.`;
  if (twice) return `Two of the chosen files are named ${twice}: keep one of them.`;
  if (archive && files.length > 1) return `${archive.name} is an archive: upload it alone, or the files themselves.`;
  if (!files.some(known)) return `This homework takes files that end in ${suffixes.join(", ")}: none of the chosen ones does.`;
  if (total > limit) return `These are ${megabytes(total)}, and this homework takes ${megabytes(limit)}: leave out data, models and outputs.`;
  return "";
}

class Upload {
  constructor() {
    this.input = part("type=file");
    this.button = part("type=submit");
    this.bar = part("data-upload-bar");
    this.status = part("data-upload-status");
    this.error = part("data-upload-error");
    this.list = part("data-chosen");
    this.drop = form.querySelector(".drop");
    form.querySelector(".drop-hint").hidden = false;
    this.input.addEventListener("change", () => this.chosen());
    form.addEventListener("submit", (event) => this.send(event));
    for (const kind of ["dragover", "dragleave", "drop"]) {
      this.drop.addEventListener(kind, (event) => this.dragged(event));
    }
    window.addEventListener("pageshow", (event) => { if (event.persisted) { this.busy(false); this.chosen(); } });
  }

  files() {
    return Array.from(this.input.files);
  }

  dragged(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.drop.classList.toggle("drop-over", event.type === "dragover");
    if (event.type !== "drop" || this.button.disabled) return;
    this.input.files = event.dataTransfer.files;
    this.chosen();
  }

  // Other files are another upload: they get a token of their own. A page that was told to wait has
  // a ticket for its token, which says nothing of files.
  chosen() {
    if (!part("name=ticket")) form.elements.token.value = newToken();
    this.list.replaceChildren(...this.files().map((file) => {
      const row = document.createElement("li");
      const name = document.createElement("span");
      const size = document.createElement("span");
      name.textContent = file.name;
      size.textContent = megabytes(file.size);
      size.className = "quiet nowrap";
      row.append(name, size);
      return row;
    }));
    this.list.hidden = this.files().length === 0;
    this.tell(this.files().length ? fault(this.files()) : "");
  }

  tell(sentence) {
    this.error.textContent = sentence;
    this.error.hidden = sentence === "";
  }

  busy(is, words = "") {
    this.button.disabled = is;
    this.bar.hidden = !is;
    this.status.textContent = words;
  }

  send(event) {
    event.preventDefault();
    if (this.button.disabled) return;
    const wrong = fault(this.files());
    this.tell(wrong);
    if (!wrong) this.post(new FormData(form));
  }

  post(data) {
    // The page may be older than the session: the cookie always has the token of today.
    const cookie = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/);
    if (cookie) data.delete("csrfmiddlewaretoken");
    const request = new XMLHttpRequest();
    request.open("POST", form.action || window.location.href);
    request.setRequestHeader("Accept", "application/json");
    if (cookie) request.setRequestHeader("X-CSRFToken", cookie[1]);
    request.upload.addEventListener("progress", (step) => this.progress(step));
    request.addEventListener("load", () => this.answered(request, data));
    request.addEventListener("error", () => this.failed("The connection broke, and it is not known whether the upload arrived. Press Upload again: the same upload is never taken twice."));
    this.busy(true, "Uploading …");
    request.send(data);
  }

  progress(step) {
    if (!step.lengthComputable) return;
    this.bar.value = (100 * step.loaded) / step.total;
    this.status.textContent = step.loaded === step.total ? "Looking through it …" : `Uploading, ${Math.round(this.bar.value)} %`;
  }

  // What is wrong with how an answer was written, beside its question.
  complain(sentences) {
    for (const place of document.querySelectorAll("[data-answer-error]")) {
      const sentence = sentences[place.dataset.answerError] ?? "";
      place.textContent = sentence;
      place.hidden = sentence === "";
      for (const field of place.closest("fieldset").querySelectorAll("input")) {
        field.toggleAttribute("aria-invalid", sentence !== "");
        if (sentence) field.setAttribute("aria-invalid", "true");
      }
    }
    document.querySelector("[aria-invalid]")?.focus();
  }

  failed(sentence) {
    this.busy(false);
    this.tell(sentence);
    this.error.scrollIntoView({ block: "nearest" });
  }

  // Many uploads within a minute: the same again, by itself. The ticket keeps its arrival.
  later(data, answer) {
    this.busy(true, `${answer.error} This one is sent again by itself then, and counts as sent now: keep this page open.`);
    this.bar.hidden = true;
    data.set("ticket", answer.ticket);
    window.setTimeout(() => this.post(data), 1000 * answer.retry_after);
  }

  answered(request, data) {
    const answer = parsed(request.responseText);
    if (request.status === 200 && answer.url) {
      this.status.textContent = "Received.";
      window.location.assign(answer.url);
    } else if (request.status === 429 && answer.ticket) {
      this.later(data, answer);
    } else if (answer.error) {
      this.failed(answer.error);
      this.complain(answer.answers ?? {});
    } else if (request.status === 403) {
      this.failed("This page is too old to upload from. Reload it, choose your files again, and upload.");
    } else if (request.status >= 500) {
      this.failed("The service could not take the upload. Press Upload again in a moment: the same upload is never taken twice.");
    } else {
      this.failed("The upload was not taken. Reload this page and try again.");
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

if (form) new Upload();

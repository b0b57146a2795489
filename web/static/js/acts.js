// Acts: forms are sent by script, so that the live picture and the sound go on. Twice tapped is sent once.
import { wentAnew } from "./anew.js";
import { play } from "./sounds.js";
import { refreshAll } from "./regions.js";
import { say, hush } from "./say.js";
import { ask } from "./station-fetch.js";

export function startActs() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !("act" in form.dataset)) return;
    event.preventDefault();
    if (form.getAttribute("aria-busy") !== "true") send(form, event.submitter);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-send]") && event.target.files.length) event.target.form.requestSubmit();
  });
  for (const form of document.querySelectorAll("[data-drop]")) acceptDrops(form);
}

// Reading a cassette takes a while on a small computer; giving up early would leave everybody guessing.
const PATIENCE_MS = 60000;

async function send(form, submitter) {
  const body = new FormData(form, submitter);
  form.setAttribute("aria-busy", "true");
  const resting = submitter?.dataset.busy ? submitter.textContent : null;
  if (resting !== null) submitter.textContent = submitter.dataset.busy;
  try {
    const signal = AbortSignal.timeout(Number(form.dataset.patience) * 1000 || PATIENCE_MS);
    const answer = await ask(form.getAttribute("action"), { method: "POST", body, signal });
    if (answer.status === 401) return;
    if (!answer.ok) {
      const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
      say(told?.word ?? document.body.dataset.sayFailed, told?.do ?? document.body.dataset.sayFailedDo);
      play("refused");
      form.dispatchEvent(new CustomEvent("act-refused", { detail: told, bubbles: true }));
      await refreshAll();
      return;
    }
    hush();
    form.closest("dialog")?.close();
    if (form.matches("[data-drop]")) form.reset();
    form.dispatchEvent(new CustomEvent("act-done", { bubbles: true }));
    const told = answer.status === 204 ? null : await answer.json();
    if (told?.run) await wentAnew(told.run, told.go);
    else if (told?.go) location.assign(told.go);
    else await refreshAll();
  } catch {
    say(document.body.dataset.sayFailed, document.body.dataset.sayFailedDo);
    play("refused");
  } finally {
    form.removeAttribute("aria-busy");
    if (resting !== null) submitter.textContent = resting;
  }
}

function acceptDrops(form) {
  const input = form.querySelector("[type=file]");
  const over = (on) => (event) => {
    event.preventDefault();
    form.classList.toggle("over", on);
  };
  form.addEventListener("dragover", over(true));
  form.addEventListener("dragleave", over(false));
  form.addEventListener("drop", (event) => {
    over(false)(event);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });
}

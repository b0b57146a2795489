// A hand scanner types what it reads, fast, and ends with Enter. Fingers are slower, and typing into a field is left alone.
// At the gate it is a traveller's code; at the bench it is a kit's, and goes into the lot's field.
import { say } from "./say.js";
import { refreshAll } from "./regions.js";
import { play } from "./sounds.js";
import { ask } from "./station-fetch.js";

const FASTEST_FINGERS_MS = 60;
const SHORTEST = 8;

export function startScanner() {
  if (!document.querySelector(".gate, .bench")) return;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-scan]")) return;
    event.preventDefault(); // the scanner's Enter starts no test: the drops may not be on yet
    event.target.form.querySelector("button.act")?.focus();
  });
  let keys = "";
  let last = 0;
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea, dialog")) return;
    const now = event.timeStamp; // when the key was pressed, however late this busy page hears of it
    if (now - last > FASTEST_FINGERS_MS) keys = "";
    last = now;
    if (event.key === "Enter" && keys.length >= SHORTEST) {
      event.preventDefault();
      send(keys);
      keys = "";
    } else if (event.key.length === 1) {
      keys += event.key;
      if (keys.length > 2) event.preventDefault(); // a burst must not press buttons or scroll
    }
  }, { capture: true });
}

async function send(text) {
  const lot = document.querySelector(".bench [data-scan]");
  if (lot) {
    lot.value = text;
    lot.dispatchEvent(new Event("input", { bubbles: true }));
    play("seen");
    return;
  }
  if (!document.querySelector(".gate")) return;
  const body = new FormData();
  body.set("text", text);
  try {
    const answer = await ask(document.body.dataset.scanned, { method: "POST", body });
    if (!answer.ok && answer.status !== 401) {
      const told = await answer.json();
      say(told.word, told.do);
    }
    await refreshAll();
  } catch {
    say(document.body.dataset.sayFailed, document.body.dataset.sayFailedDo);
  }
}

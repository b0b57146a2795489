// A hand scanner types what it reads, fast, and ends with Enter. Fingers are slower, and typing into a field is left alone.
import { say } from "./say.js";
import { refreshAll } from "./regions.js";
import { ask } from "./station-fetch.js";

const FASTEST_FINGERS_MS = 60;
const SHORTEST = 8;

export function startScanner() {
  if (!document.querySelector(".gate")) return;
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

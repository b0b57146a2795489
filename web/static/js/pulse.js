// The pulse of the station: what changed, and whether it is still there.
import { lock, refreshAll, topicChanged, unlock } from "./regions.js";
import { ask } from "./station-fetch.js";

const SILENCE_MS = 3000;
const POLL_MS = 1000;
const STREAM_AGAIN_MS = 20000;

let versions = JSON.parse(document.body.dataset.versions ?? "null");
let lastHeard = performance.now();
let stream = null;
let streamAgainAt = 0;

export function startPulse() {
  openStream();
  setInterval(watch, 500);
  setInterval(poll, POLL_MS);
}

function openStream() {
  stream = new EventSource(document.body.dataset.events);
  stream.addEventListener("message", (message) => heard(JSON.parse(message.data)));
  stream.addEventListener("error", () => {
    // Refused or broken: the page asks by itself until the next attempt.
    stream?.close();
    stream = null;
    streamAgainAt = performance.now() + STREAM_AGAIN_MS;
  });
}

async function poll() {
  if (document.hidden) return;
  if (stream?.readyState === EventSource.OPEN && performance.now() - lastHeard < 2 * POLL_MS) return;
  try {
    const answer = await ask(document.body.dataset.pulse, { signal: AbortSignal.timeout(2500) });
    if (answer.ok) heard(await answer.json());
  } catch {
    /* still silent: watch() says so */
  }
}

function heard(now) {
  lastHeard = performance.now();
  const before = versions;
  versions = now;
  if (document.body.dataset.reach === "lost") found();
  else if (before) for (const topic of Object.keys(now)) if (before[topic] !== now[topic]) topicChanged(topic);
}

function watch() {
  if (document.hidden) {
    lastHeard = performance.now(); // a sleeping tablet hears nothing; it asks again when it wakes
    return;
  }
  if ("anew" in document.body.dataset) return; // expected: the page waits and says so
  if (!stream && performance.now() > streamAgainAt) openStream();
  if (performance.now() - lastHeard > SILENCE_MS && document.body.dataset.reach !== "lost") lost();
}

function lost() {
  document.body.dataset.reach = "lost";
  const sign = document.getElementById("lost");
  sign.textContent = document.body.dataset.sayLost;
  sign.hidden = false;
  lock(document);
}

function found() {
  delete document.body.dataset.reach;
  document.getElementById("lost").hidden = true;
  unlock(document);
  refreshAll();
}

// Regions: parts of a page that the station renders anew whenever their topic changes.
import { cue } from "./sounds.js";
import { startClocksIn } from "./clocks.js";
import { ask } from "./station-fetch.js";

const MOST_WAIT_MS = 8000;
const running = new WeakMap();

export function startRegions() {
  for (const region of regions()) {
    cueIn(region, true);
    const every = Number(region.dataset.every);
    if (every) setInterval(() => document.hidden || refresh(region), every * 1000);
  }
  document.addEventListener("time-is-up", (event) => event.detail.forEach(refreshNamed));
  document.addEventListener("click", followLink);
  document.addEventListener("visibilitychange", () => document.hidden || refreshAll());
}

export function topicChanged(topic) {
  for (const region of regions()) if (region.dataset.topic.split(" ").includes(topic)) refresh(region);
}

export function refreshAll() {
  return Promise.all([...regions()].map(refresh));
}

export function refreshNamed(id) {
  const region = document.getElementById(id);
  if (region) refresh(region);
}

// At most one request a region is under way; a change meanwhile asks once more afterwards.
export async function refresh(region) {
  const state = running.get(region);
  if (state) {
    state.again = true;
    return state.done;
  }
  const mine = { again: false, done: null };
  running.set(region, mine);
  mine.done = (async () => {
    try {
      do {
        mine.again = false;
        const answer = await ask(region.dataset.region, { signal: AbortSignal.timeout(MOST_WAIT_MS) });
        if (answer.ok) swap(region, await answer.text());
      } while (mine.again);
    } catch {
      /* out of reach: the pulse says so */
    } finally {
      running.delete(region);
    }
  })();
  return mine.done;
}

// What an officer is typing, the focus and the open parts survive the new rendering.
function swap(region, html) {
  const typed = new Map();
  for (const field of region.querySelectorAll("input[id], select[id]")) {
    if (field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue) typed.set(field.id, field.type === "radio" ? field.checked : field.value);
  }
  const chosen = [...region.querySelectorAll("input[type=radio]:checked")].filter((r) => !r.defaultChecked).map((r) => [r.name, r.value]);
  const open = [...region.querySelectorAll("details")].map((d) => d.open);
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  const selection = focused && "selectionStart" in focused ? focused.selectionStart : null;
  region.innerHTML = html;
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (field && field.type !== "radio") field.value = value;
  }
  for (const [name, value] of chosen) {
    const radio = region.querySelector(`input[type=radio][name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`);
    if (radio) radio.checked = true;
  }
  region.querySelectorAll("details").forEach((d, i) => { if (open[i]) d.open = true; });
  if (focused?.id) {
    const again = document.getElementById(focused.id);
    again?.focus({ preventScroll: true });
    if (selection !== null && again?.setSelectionRange) again.setSelectionRange(selection, selection);
  }
  startClocksIn(region);
  cueIn(region, false);
  if (document.body.dataset.reach === "lost") lock(region);
  region.dispatchEvent(new CustomEvent("region-swapped", { bubbles: true }));
}

export function lock(root) {
  for (const button of root.querySelectorAll("form[data-act] button:not(:disabled), [data-open]:not(:disabled)")) {
    button.disabled = true;
    button.dataset.locked = "";
  }
}

export function unlock(root) {
  for (const button of root.querySelectorAll("[data-locked]")) {
    button.disabled = false;
    delete button.dataset.locked;
  }
}

function cueIn(region, first) {
  for (const element of region.querySelectorAll("[data-cue]")) cue(region.id, element.dataset.cue, element.dataset.cueKey, first);
}

// Another person of the vehicle, another slot: only the region changes, the live picture goes on.
async function followLink(event) {
  const link = event.target.closest("[data-seat-link], [data-panel-link]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(null, "", link.href);
  if (link.dataset.seatLink) {
    const region = link.closest("[data-region]");
    region.dataset.region = withQuery(region.dataset.region, "seat", link.dataset.seatLink);
    refresh(region);
    return;
  }
  const person = new URLSearchParams(document.getElementById("panel").dataset.region.split("?")[1] ?? "").get("person");
  const panel = document.getElementById("panel");
  panel.dataset.region = person ? withQuery(link.dataset.panelLink, "person", person) : link.dataset.panelLink;
  const board = document.getElementById("board");
  board.dataset.region = withQuery(board.dataset.region, "slot", link.dataset.slot);
  for (const tile of board.querySelectorAll("[aria-current]")) tile.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  await refresh(panel);
  if (panel.getBoundingClientRect().top > innerHeight * 0.7) panel.scrollIntoView({ block: "start" });
}

function withQuery(url, name, value) {
  const made = new URL(url, location.href);
  made.searchParams.set(name, value);
  return made.pathname + made.search;
}

function regions() {
  return document.querySelectorAll("[data-region]");
}

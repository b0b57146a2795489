// Clocks: spans that run on between two looks at the station. They count from when they arrived, never by the tablet's
// own wall clock, which may be wrong. One that has run out says so (`time-is-up`); the regions it names are asked for anew.

const started = new WeakMap();
const told = new WeakSet();

export function startClocks() {
  startClocksIn(document);
  setInterval(tick, 250);
}

export function startClocksIn(root) {
  const now = performance.now();
  const station = root.querySelector("[data-now]");
  if (station) for (const clock of document.querySelectorAll("[data-clock]")) {
    clock.dataset.clock = station.dataset.now;
    started.set(clock, now);
  }
  for (const clock of root.querySelectorAll("[data-left], [data-ago], [data-clock], [data-neutral-in]")) started.set(clock, now);
  tick();
}

function tick() {
  const now = performance.now();
  const words = document.body.dataset;
  const passed = (clock) => (now - (started.get(clock) ?? now)) / 1000;
  for (const clock of document.querySelectorAll("[data-left]")) {
    const left = Math.max(0, Number(clock.dataset.left) - passed(clock));
    write(clock, mmss(left));
    if (left === 0 && !told.has(clock)) {
      told.add(clock);
      setTimeout(() => sayTimeIsUp("board", "panel"), 150);
    }
  }
  for (const clock of document.querySelectorAll("[data-ago]")) {
    const seconds = Number(clock.dataset.ago) + passed(clock);
    const [form, n] = seconds < 60 ? [words.saySeconds, seconds] : seconds < 3600 ? [words.sayMinutes, seconds / 60] : [words.sayHours, seconds / 3600];
    write(clock, form.replace("{n}", Math.floor(n)));
  }
  for (const clock of document.querySelectorAll("[data-clock]")) {
    write(clock, timeOfDay(Number(clock.dataset.clock) + passed(clock) * 1000, words.timezone));
  }
  for (const verdict of document.querySelectorAll("[data-neutral-in]")) {
    // The page lets go of a verdict by itself even if the station cannot be asked any more: an old green is nobody's.
    if (passed(verdict) < Number(verdict.dataset.neutralIn) + 1 || told.has(verdict)) continue;
    told.add(verdict);
    verdict.classList.add("verdict-over");
    sayTimeIsUp("gate-card");
  }
}

function sayTimeIsUp(...regions) {
  document.dispatchEvent(new CustomEvent("time-is-up", { detail: regions }));
}

function write(clock, text) {
  if (clock.textContent !== text) clock.textContent = text;
}

export function mmss(seconds) {
  const whole = Math.floor(seconds);
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

const formats = new Map();
function timeOfDay(ms, timeZone) {
  if (!formats.has(timeZone)) {
    formats.set(timeZone, new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" }));
  }
  return formats.get(timeZone).format(ms);
}

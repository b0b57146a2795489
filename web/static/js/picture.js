// Live pictures: asked for one by one, so that no thread of the station is held, and never faster than they arrive.
import { ask } from "./station-fetch.js";

const EVERY_MS = 250;
const AFTER_FAULT_MS = 1000;
const STALE_MS = 3000;

export function startPictures() {
  for (const figure of document.querySelectorAll("[data-live]")) follow(figure);
}

async function follow(figure) {
  const image = figure.querySelector("img");
  let number = -1;
  let changedAt = performance.now();
  for (;;) {
    let wait = EVERY_MS;
    if (!document.hidden && figure.checkVisibility()) {
      try {
        const answer = await ask(`${figure.dataset.live}?seq=${number}`, { signal: AbortSignal.timeout(3000) });
        if (answer.status === 401) return;
        const about = JSON.parse(answer.headers.get("X-Picture") ?? "{}");
        if (answer.status === 200) {
          await showPicture(image, await answer.blob());
          number = about.number;
          changedAt = performance.now();
        }
        if (about.fault) wait = AFTER_FAULT_MS;
        describe(figure, about, performance.now() - changedAt > STALE_MS);
      } catch {
        wait = AFTER_FAULT_MS;
        describe(figure, {}, true);
      }
    }
    await new Promise((done) => setTimeout(done, wait));
  }
}

async function showPicture(image, blob) {
  const before = image.src;
  image.src = URL.createObjectURL(blob);
  await image.decode();
  image.hidden = false;
  if (before) URL.revokeObjectURL(before);
}

function describe(figure, about, stale) {
  const nothing = figure.querySelector(".live-nothing");
  const hint = figure.querySelector(".live-hint");
  const svg = figure.querySelector("svg");
  const image = figure.querySelector("img");
  figure.classList.toggle("live-fault", Boolean(about.fault));
  nothing.textContent = about.fault || figure.dataset.sayStarting;
  nothing.hidden = !about.fault && !image.hidden;
  const text = stale && !about.fault && !image.hidden ? figure.dataset.sayStale : (about.hints ?? []).join(" · ");
  if (hint.textContent !== text) hint.textContent = text;
  hint.hidden = !text;
  if (about.size?.[0]) svg.setAttribute("viewBox", `0 0 ${about.size[0]} ${about.size[1]}`);
  svg.setAttribute("preserveAspectRatio", "xMidYMid meet");
  svg.replaceChildren(...(about.outlines ?? []).map(polygon));
}

function polygon(corners) {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
  shape.setAttribute("points", corners.map(([x, y]) => `${x},${y}`).join(" "));
  return shape;
}

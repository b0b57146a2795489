// Keeps the parts of a page marked data-live up to date, and says so where it cannot.
// Headquarters tells by server-sent events that something changed; where no stream is to be had, the page asks.
"use strict";
(() => {
  const ASK_MS = 2000, AGE_MS = 20000, CALM_MS = 3000;
  const parts = [...document.querySelectorAll("[data-live]")];
  const stale = document.querySelector("[data-stale]");
  const title = document.title;
  let refreshed = 0, told = {}, again = null;

  async function refresh(part) {
    if (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) return;
    const answer = await fetch(part.dataset.live, { headers: { "X-Requested-With": "live" }, redirect: "manual" });
    if (answer.type === "opaqueredirect") { location.reload(); return; }
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    if (part.lastText === text) return;
    const link = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.innerHTML = text;
    part.lastText = text;
    if (link) part.querySelector(`[href="${CSS.escape(link)}"]`)?.focus();
  }

  async function round() {
    clearTimeout(again);
    try {
      if (!document.hidden) {
        refreshed = Date.now();
        await Promise.all(parts.map(refresh));
        const news = document.querySelector("[data-new]")?.dataset.new ?? "0";
        document.title = news === "0" ? title : `(${news}) ${title}`;
      }
      if (stale) stale.hidden = true;
    } catch {
      if (stale) stale.hidden = false;
    }
    again = setTimeout(round, streaming() ? AGE_MS : ASK_MS);
  }

  let stream = null;
  const streaming = () => stream?.readyState === EventSource.OPEN;
  function listen() {
    stream = new EventSource("/events");
    stream.addEventListener("message", (event) => {
      const now = JSON.parse(event.data);
      if (now.cases !== told.cases) round();
      else if (now.stations !== told.stations && Date.now() - refreshed >= CALM_MS) round();
      else return;
      told = now;
    });
  }

  // On a narrow screen the pages stand in a row that runs on: the one that is open is in view.
  // Scrolled by hand: after scrollIntoView some browsers begin at that link with the Tab key, past the way to the content.
  const here = document.querySelector(".pages [aria-current]"), row = here?.parentElement;
  if (row) row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
  if (parts.length) { listen(); round(); }
  document.addEventListener("visibilitychange", () => { if (!document.hidden && parts.length) round(); });
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
  // A menu closes when something else is wanted.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.me[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.me[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
  });
})();

// Keeps the parts of a page marked data-live up to date, and says so where it cannot.
"use strict";
(() => {
  const EVERY_MS = 2000;
  const parts = [...document.querySelectorAll("[data-live]")];
  const stale = document.querySelector("[data-stale]");
  const title = document.title;

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
    try {
      if (!document.hidden) {
        await Promise.all(parts.map(refresh));
        const news = document.querySelector("[data-new]")?.dataset.new ?? "0";
        document.title = news === "0" ? title : `(${news}) ${title}`;
      }
      if (stale) stale.hidden = true;
    } catch {
      if (stale) stale.hidden = false;
    }
    setTimeout(round, EVERY_MS);
  }
  if (parts.length) round();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) parts.forEach((part) => refresh(part).catch(() => {})); });
})();

// The log: filters apply at once, and older entries follow when the list's end comes into view.
import { ask } from "./station-fetch.js";

export function startLog() {
  document.querySelector("[data-print]")?.addEventListener("click", () => print());
  const filters = document.querySelector("[data-filters]");
  filters?.addEventListener("change", () => filters.requestSubmit());
  const list = document.querySelector("[data-endless]");
  if (!list) return;
  const watcher = new IntersectionObserver((seen) => {
    if (seen.some((s) => s.isIntersecting)) more();
  }, { rootMargin: "600px" });
  const watch = () => {
    const older = list.querySelector("[data-older]");
    if (older) watcher.observe(older);
  };
  list.addEventListener("click", (event) => {
    if (!event.target.closest("[data-older]")) return;
    event.preventDefault();
    more();
  });
  let loading = false;
  async function more() {
    const older = list.querySelector("[data-older]");
    if (!older || loading) return;
    loading = true;
    try {
      const answer = await ask(older.href);
      if (!answer.ok) return;
      watcher.disconnect();
      older.parentElement.remove();
      list.insertAdjacentHTML("beforeend", await answer.text());
      watch();
    } catch {
      /* the button stays: tap it to try again */
    } finally {
      loading = false;
    }
  }
  watch();
}

// The set-up: a focus meter beside each live picture, and the invitation that is held before the camera.
import { ask } from "./station-fetch.js";

const FOCUS_MS = 400;
const LOOK_MS = 700;

export function startSettings() {
  for (const part of document.querySelectorAll("[data-focus]")) follow(part);
  const form = document.querySelector("[data-invitation]");
  if (form) lookForInvitation(form);
}

// The best value seen is the scale: only one scene's values compare.
async function follow(part) {
  let best = 0;
  for (;;) {
    if (!document.hidden) {
      const told = await answerOf(part.dataset.focus);
      if (told === "over") return;
      const now = told?.sharpness ?? null;
      if (now !== null) best = Math.max(best, now);
      part.querySelector("[data-focus-now]").value = best ? (now ?? 0) / best : 0;
      part.querySelector("[data-focus-value]").textContent = now === null ? "–" : now.toFixed(1);
      part.querySelector("[data-focus-best]").textContent = best ? best.toFixed(1) : "–";
    }
    await new Promise((done) => setTimeout(done, FOCUS_MS));
  }
}

async function lookForInvitation(form) {
  const field = form.elements.invitation;
  for (;;) {
    if (!document.hidden && !field.value.trim()) {
      const told = await answerOf(form.dataset.invitation);
      if (told === "over") return;
      if (told?.invitation && !field.value.trim()) {
        field.value = told.invitation;
        form.querySelector("[data-invitation-said]").hidden = false;
      }
    }
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
}

async function answerOf(url) {
  try {
    const answer = await ask(url);
    if (answer.status === 401 || answer.status === 403) return "over";
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

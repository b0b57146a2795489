// A box that is scanned fills the delivery form in: a hand scanner types its code and ends with Enter.
import { say } from "./say.js";
import { ask } from "./station-fetch.js";

export function startKits() {
  const form = document.querySelector("[data-kit-form]");
  if (!form) return;
  const code = form.querySelector("[data-kit-code]");
  const said = form.querySelector("[data-kit-said]");
  code.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // the scanner's Enter must not record a delivery of nothing
    look(form, code, said).then(() => form.elements.quantity.focus());
  });
  code.addEventListener("change", () => look(form, code, said));
  form.addEventListener("act-done", () => {
    form.reset();
    said.hidden = true;
    code.focus();
  });
}

async function look(form, code, said) {
  const text = code.value.trim();
  said.hidden = true;
  if (!text) return;
  const answer = await ask(`${form.dataset.code}?text=${encodeURIComponent(text)}`).catch(() => null);
  if (!answer || code.value.trim() !== text) return;
  const told = await answer.json();
  if (!answer.ok) {
    say(told.word, told.do);
    return;
  }
  said.textContent = told.said;
  said.hidden = false;
  if (told.expires) form.elements.expires.value = told.expires;
  if (told.brand) form.elements.brand.value = told.brand;
  if (told.cassette_type) form.elements.cassette_type.value = told.cassette_type;
}

// Log-in: the keypad, and words for a wrong PIN without losing the chosen name.
import { startActs } from "./acts.js";
import { startKeypads } from "./keypad.js";

startKeypads();
startActs();
const form = document.querySelector("form[data-login]");
if (form) {
  form.dataset.act = "";
  const pin = form.elements.pin;
  form.addEventListener("change", (event) => {
    if (event.target.name !== "name") return;
    pin.value = "";
    pin.focus();
  });
  form.addEventListener("act-refused", () => {
    pin.value = "";
    pin.focus();
  });
}

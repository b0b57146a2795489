// Keypads for gloves: PIN, numbers, and number plates with the province's character.
export function startKeypads() {
  for (const pad of document.querySelectorAll("[data-keypad]")) {
    pad.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const field = target(pad);
      if ("key" in button.dataset) field.value = (field.value + button.dataset.key).slice(0, field.maxLength > 0 ? field.maxLength : undefined);
      else if ("back" in button.dataset) field.value = [...field.value].slice(0, -1).join("");
      else if ("clear" in button.dataset) field.value = "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    const provinces = pad.querySelector(".keys-province");
    if (!provinces) continue;
    const scope = pad.closest("dialog");
    const update = () => provinces.toggleAttribute("data-done", target(pad).value.length > 0);
    for (const event of ["input", "focusin", "dialog-opened"]) scope.addEventListener(event, update);
  }
  document.addEventListener("focusin", (event) => {
    const scope = event.target.closest("dialog");
    if (!scope || !event.target.matches(".plate-field")) return;
    scope.dataset.field = event.target.id;
  });
}

// The plate's keys write where the officer last was: tractor or trailer.
function target(pad) {
  const chosen = pad.closest("dialog")?.dataset.field;
  return document.getElementById(chosen || pad.dataset.keypad);
}

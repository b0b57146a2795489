// Dialogs: opened for the vehicle and person that are on the page at that moment, and for no other.
export function startDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) open(document.getElementById(opener.dataset.open));
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    const menu = document.querySelector("details.menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector("details.menu[open]");
    if (event.key === "Escape" && menu) menu.open = false;
  });
}

function open(dialog) {
  const state = document.querySelector(".gate-state, .panel-state")?.dataset ?? {};
  const form = dialog.querySelector("form");
  form.reset();
  for (const field of dialog.querySelectorAll("[data-fill]")) field.value = state[field.dataset.fill] ?? "";
  if (form.dataset.fillAction) form.setAttribute("action", state[form.dataset.fillAction]);
  dialog.dataset.category = state.category ?? "";
  dialog.dataset.outcome = state.outcome ?? "";
  dialog.showModal();
  dialog.dispatchEvent(new CustomEvent("dialog-opened"));
}

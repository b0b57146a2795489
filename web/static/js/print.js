// Paper: what stands on the page, without its buttons.
export function startPrinting() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });
}

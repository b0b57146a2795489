// The lot of the last test is the lot of the next: a box holds twenty. Remembered on this tablet for the day.
const KEY = "checkpoint-lot";

export function startRemembering() {
  document.addEventListener("submit", (event) => {
    const field = event.target.querySelector?.("[data-remember]");
    if (field?.value.trim()) sessionStorage.setItem(KEY, field.value.trim());
  });
  document.addEventListener("region-swapped", (event) => fillIn(event.target));
  fillIn(document);
}

function fillIn(root) {
  const lot = sessionStorage.getItem(KEY);
  if (lot) for (const field of root.querySelectorAll("[data-remember]")) if (!field.value) field.value = lot;
}

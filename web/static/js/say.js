// Messages: what did not happen, and what to do. They stay until closed or until the next act succeeds.
const box = document.getElementById("say");
let timer = 0;

export function say(word, advice = "") {
  const text = box.querySelector(".say-text");
  const strong = document.createElement("b");
  strong.textContent = word;
  const rest = document.createElement("span");
  rest.textContent = advice;
  text.replaceChildren(strong, rest);
  // A dialog covers all that is not in it, and its backdrop would dim the message.
  (document.querySelector("dialog[open]") ?? document.body).append(box);
  box.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(hush, 12000);
}

export function hush() {
  box.hidden = true;
}

box.querySelector(".say-close").addEventListener("click", hush);

// Asking the station: one place for the marks that tell the page's script from a browser, and for a session's end.
const TIMEOUT_MS = 15000;
let leaving = false;
const token = () => document.querySelector("meta[name=csrf-token]").content;

export async function ask(url, options = {}) {
  const answer = await fetch(url, {
    ...options,
    headers: { "X-Page": "1", "X-CSRFToken": token(), ...options.headers },
    credentials: "same-origin",
    cache: "no-store",
    signal: options.signal ?? AbortSignal.timeout(TIMEOUT_MS),
  });
  // While an act is under way its own answer says where to go: a hand-over ends the very session that polls.
  const acting = options.method !== "POST" && document.querySelector("form[aria-busy=true]");
  if (answer.status === 401 && !leaving && !acting) {
    leaving = true;
    const back = encodeURIComponent(location.pathname + location.search);
    location.assign(`${document.body.dataset.login}?next=${back}`);
  }
  return answer;
}

// The page that stands in for a station out of reach: it asks every five seconds, and comes back with the real one.
const AGAIN_MS = 5000;
const { run } = document.body.dataset;

async function look() {
  try {
    const answer = await fetch(run, { cache: "no-store", signal: AbortSignal.timeout(AGAIN_MS) });
    if (answer.ok) return location.reload();
  } catch {
    /* still out of reach */
  }
  setTimeout(look, AGAIN_MS);
}

setTimeout(look, AGAIN_MS);

// The station begins anew: the page waits until another run of it answers, and goes on from there.
const LOOK_MS = 700;
const LONG_MS = 45000;

export async function wentAnew(run, go) {
  const { sayAnew, sayAnewLong, run: url } = document.body.dataset;
  document.body.dataset.anew = "";
  const sign = document.getElementById("anew");
  sign.hidden = false;
  sign.textContent = sayAnew;
  const since = performance.now();
  for (;;) {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    if ((await runNow(url, run)) !== run) return location.assign(go);
    if (performance.now() - since > LONG_MS) sign.textContent = sayAnewLong;
  }
}

// Out of reach is expected here, and counts as the old run.
async function runNow(url, old) {
  try {
    const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(3000) });
    return answer.ok ? (await answer.json()).run : old;
  } catch {
    return old;
  }
}

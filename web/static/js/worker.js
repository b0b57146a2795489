// Installable: the worker needs a secure line (HTTPS, or the station's own screen); without it the page works as ever.
export function startWorker() {
  if ("serviceWorker" in navigator && window.isSecureContext) navigator.serviceWorker.register("/worker.js").catch(() => {});
}

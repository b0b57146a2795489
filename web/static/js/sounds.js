// Sounds, made by the page itself: each verdict its own melody, so that it is known without looking.
const MELODIES = {
  // [start s, frequency Hz, length s, wave]
  admit: [[0, 660, 0.11, "sine"], [0.12, 990, 0.2, "sine"]],
  hold: [[0, 440, 0.18, "triangle"], [0.26, 440, 0.18, "triangle"]],
  refuse: [[0, 180, 0.55, "sawtooth"], [0.1, 120, 0.5, "sawtooth"]],
  seen: [[0, 880, 0.05, "sine"], [0.09, 880, 0.05, "sine"], [0.18, 880, 0.05, "sine"]],
  fault: [[0, 330, 0.15, "square"], [0.2, 247, 0.15, "square"], [0.4, 330, 0.15, "square"], [0.6, 247, 0.15, "square"]],
  ready: [[0, 784, 0.12, "sine"], [0.15, 784, 0.12, "sine"], [0.3, 1175, 0.3, "sine"]],
  refused: [[0, 220, 0.12, "square"]],
};
const VOLUME = 0.25;
const heard = new Map();
let audio = null;

export function startSounds() {
  for (const event of ["pointerdown", "keydown"]) addEventListener(event, wake, { capture: true });
  wake();
  document.querySelector("[data-sound-test]")?.addEventListener("click", () => {
    ["admit", "hold", "refuse", "seen", "fault", "ready"].forEach((name, i) => setTimeout(() => play(name), i * 1100));
  });
}

function wake() {
  if (!navigator.userActivation?.hasBeenActive) return; // browsers let a page sound only after a touch
  audio ??= "AudioContext" in window ? new AudioContext() : null;
  if (audio?.state === "suspended") audio.resume().catch(() => {});
}

// A cue is heard once for its key; what stood on the page before it was opened is not news.
export function cue(place, name, key, first) {
  const before = heard.get(place);
  heard.set(place, key);
  if (first || before === key || !name || !key?.trim() || name === "neutral") return;
  play(name);
}

export function play(name) {
  document.body.dataset.heard = name;
  if (!audio || audio.state !== "running") return;
  for (const [start, frequency, length, wave] of MELODIES[name] ?? []) {
    const tone = audio.createOscillator();
    const loud = audio.createGain();
    const at = audio.currentTime + start;
    tone.type = wave;
    tone.frequency.value = frequency;
    loud.gain.setValueAtTime(0, at);
    loud.gain.linearRampToValueAtTime(VOLUME, at + 0.015);
    loud.gain.setValueAtTime(VOLUME, at + length - 0.03);
    loud.gain.linearRampToValueAtTime(0, at + length);
    tone.connect(loud).connect(audio.destination);
    tone.start(at);
    tone.stop(at + length);
  }
}

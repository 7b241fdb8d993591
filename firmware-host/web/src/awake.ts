// The screen stays on while a flight goes on, where the browser can (over https, or on this computer itself).

interface Lock {
  released: boolean;
}

let lock: Lock | null = null;
let wanted = false;

async function hold(): Promise<void> {
  if (!wanted || document.hidden || (lock && !lock.released)) return;
  const keeper = (navigator as { wakeLock?: { request(kind: "screen"): Promise<Lock> } }).wakeLock;
  lock = (await keeper?.request("screen").catch(() => null)) ?? null;
}

/** Keeps the screen on from now on; a browser lets go of it whenever the page is hidden. */
export function stay_awake(): void {
  if (wanted) return;
  wanted = true;
  document.addEventListener("visibilitychange", () => void hold());
  void hold();
}

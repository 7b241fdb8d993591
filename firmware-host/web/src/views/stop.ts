// Stop: always at hand, never disabled; also by `s`, or Escape twice.

import { by_id, el, mark, say } from "../dom.ts";
import { is_typing } from "../keys.ts";
import type { Stopper } from "../stopper.ts";

const TWICE_MS = 1000;
const HINT = "Homing off at once: key s, or Escape twice";

export function stop_button(stopper: Stopper): { node: HTMLElement; show: () => void } {
  const word = el("strong", {}, "STOP");
  const told = el("span", { class: "told" }, "s · Esc Esc");
  const node = el("button", { id: "stop", type: "button", "aria-label": "Stop homing", "aria-keyshortcuts": "s",
    title: HINT }, word, told);
  const live = el("span", { class: "unseen", role: "alert" });
  const missed = by_id("missed");
  const stop = () => void stopper.stop();
  let pressed_ms = -Infinity;
  // at the touch, not at its end: a finger that slides off has meant it
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pressed_ms = performance.now();
    stop();
  });
  // keys and readers of the screen click without a touch before
  node.addEventListener("click", () => performance.now() - pressed_ms > TWICE_MS && stop());
  let escaped_ms = -Infinity;
  addEventListener("keydown", (event) => {
    if (event.repeat) return;
    if (event.key === "Escape") {
      if (performance.now() - escaped_ms < TWICE_MS) stop();
      escaped_ms = performance.now();
    } else if (event.key.toLowerCase() === "s" && !event.ctrlKey && !event.metaKey && !event.altKey && !is_typing(event)) {
      stop();
    }
  }, { capture: true });
  const show = () => {
    const { state } = stopper;
    mark(node, "data-stop", state.kind);
    say(told, words(stopper));
    const why = (state.kind === "sending" && state.why !== "") || state.kind === "failed" ? state.why : "";
    mark(node, "title", why === "" ? HINT : `Stop was not taken: ${why}`);
    missed.hidden = why === "";
    if (why !== "") say(missed, `STOP HAS NOT ARRIVED (${why}). Take over by the pilot's radio.`);
    if (state.kind === "stopped") say(live, "Stop was taken.");
    else if (state.kind === "failed" || (state.kind === "sending" && state.tries > 1)) say(live, "Stop has not arrived. Take over by the pilot's radio.");
  };
  return { node: el("div", { class: "stopping" }, node, live), show };
}

function words({ state }: Stopper): string {
  switch (state.kind) {
    case "idle": return "s · Esc Esc";
    case "stopped": return `taken in ${Math.max(1, Math.round(state.took_ms))} ms`;
    case "sending": return state.why === "" ? "sending…" : `NOT TAKEN, try ${state.tries}: use the radio`;
    case "failed": return "NOT TAKEN: use the radio";
  }
}

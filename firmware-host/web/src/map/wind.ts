// The wind beside north: an arrow that goes with it, and how fast it is; a dash where it is unknown.

import type { VehicleStatus } from "../api.ts";
import { el, mark, say, svg } from "../dom.ts";
import { number } from "../format.ts";
import { wind_text } from "../heading.ts";

export function wind_rose(): { node: HTMLElement; show: (vehicle: VehicleStatus | undefined) => void } {
  const arrow = svg("svg", { viewBox: "-12 -12 24 24", width: 24, height: 24, "aria-hidden": "true" }, svg("path", { d: "M0 10 V-9 M-5 -3 L0 -9 L5 -3" }));
  const speed = el("span", {});
  const node = el("div", { class: "wind", role: "img" }, arrow, speed);
  return {
    node,
    show: (vehicle) => {
      const [from_deg, mps] = [vehicle?.wind_from_deg ?? null, vehicle?.wind_mps ?? null];
      const known = from_deg !== null && mps !== null;
      arrow.style.transform = known ? `rotate(${from_deg + 180}deg)` : "";
      arrow.style.display = known ? "" : "none";
      say(speed, known ? number(mps, mps < 9.95 ? 1 : 0, "m/s") : "wind –");
      const words = vehicle && known ? `Wind ${wind_text(vehicle)}; the arrow goes with it` : "Wind unknown";
      mark(node, "aria-label", words);
      mark(node, "title", words);
    },
  };
}

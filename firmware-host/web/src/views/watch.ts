// The view of a flight: map, where the beacon is, signal, spectrum, and what else there is to know.

import type { Door } from "../door.ts";
import { el } from "../dom.ts";
import { MapView } from "../map/view.ts";
import type { Picture } from "../picture.ts";
import { KeptPlace, truth_key } from "../kept_place.ts";
import { detections_panel } from "./detections.ts";
import { health_panel, troubles } from "./health.ts";
import { locks_panel } from "./locks.ts";
import { log_panel } from "./log.ts";
import { signal_panel } from "./signal.ts";
import { spectrum_panel } from "./spectrum.ts";
import { tabs } from "./tabs.ts";
import { where_panel } from "./where.ts";

export class WatchView {
  readonly node: HTMLElement;
  readonly map: MapView;
  readonly truth: KeptPlace;
  readonly show_tab: (id: string) => void;

  /** `above` all of it; `beside` the signal, where it takes room of what else there is. */
  constructor(door: Door, picture: Picture, watcher: KeptPlace, { above = null, beside = null }: { above?: HTMLElement | null; beside?: HTMLElement | null } = {}) {
    const prefix = picture.is_replay ? "replay-" : "live-";
    // of the flight that goes on it is known in exercises only, and the next one is another
    const truth = new KeptPlace(truth_key(picture.flight), picture.is_replay ? "browser" : "tab");
    this.truth = truth;
    this.map = new MapView(door, picture, watcher, truth);
    const list = el("div", { class: "tabs", "aria-label": "More of the flight" });
    const panels = [
      { id: `${prefix}locks`, title: "Interlocks", panel: el("div", { class: "tabpanel", tabindex: 0 }, locks_panel(picture)) },
      { id: `${prefix}log`, title: "Log", panel: el("div", { class: "tabpanel", tabindex: 0 }, log_panel(picture)) },
      { id: `${prefix}heard`, title: "Heard", panel: el("div", { class: "tabpanel", tabindex: 0 }, detections_panel(door, picture)) },
      { id: `${prefix}health`, title: "Health", panel: el("div", { class: "tabpanel", tabindex: 0 }, health_panel(picture)) },
    ];
    const more = el("section", { class: "panel more", "aria-label": "More of the flight" }, list, ...panels.map(({ panel }) => panel));
    this.show_tab = tabs(list, panels);
    // where there is room the interlocks are always to be seen, and the log beside them
    const room = matchMedia("(min-width: 1500px)");
    const lay_out = () => {
      const tab = list.firstElementChild as HTMLElement;
      tab.hidden = room.matches;
      if (room.matches) more.prepend(panels[0]!.panel);
      else list.after(panels[0]!.panel);
      this.show_tab(`${prefix}${room.matches ? "log" : "locks"}`);
      if (room.matches) panels[0]!.panel.hidden = false;
    };
    room.addEventListener("change", lay_out);
    lay_out();
    this.node = el("div", { class: picture.is_replay ? "watch replaying" : "watch" }, el("h1", { class: "unseen" }, picture.is_replay ? `Replay of flight ${picture.flight}` : "The flight that goes on"), above,
      el("div", { class: "left" }, this.map.node, where_panel(picture, watcher, truth)),
      el("div", { class: "right" }, signal_panel(picture), spectrum_panel(picture), beside, more));
    // numbers on the tabs: what wants a look without being open
    picture.on(["state", "detections"], () => {
      const status = picture.status;
      const counts = [status?.missing.length ?? 0, 0, picture.detections.length, status ? troubles(status).length : 0];
      counts.forEach((number, index) => {
        const tab = list.children[index] as HTMLElement;
        if (number > 0) tab.dataset["count"] = String(number);
        else delete tab.dataset["count"];
      });
    });
  }

  /** Opens the interlocks, where it is told why homing cannot. */
  explain(): void {
    const tab = this.node.querySelector<HTMLElement>("[role=tab][id$=locks]");
    if (!tab?.hidden) tab?.click();
    this.node.querySelector(".more")?.scrollIntoView({ block: "nearest" });
  }
}

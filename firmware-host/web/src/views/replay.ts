// A past flight, played.

import type { Flight } from "../api.ts";
import type { Door } from "../door.ts";
import { el, mark, say, swap } from "../dom.ts";
import { clock } from "../format.ts";
import { Picture } from "../picture.ts";
import { SPEEDS } from "../replay/clock.ts";
import { Player } from "../replay/player.ts";
import type { KeptPlace } from "../kept_place.ts";
import { flying_strip } from "./flying.ts";
import { WatchView } from "./watch.ts";
import { WhatIfPanel } from "./whatif.ts";

const SEEK_US = 10_000_000;
const STEP_US = 100_000;
const DRAWN = ["IDLE", "SEARCHING", "DETECTING", "HOMING", "HOLDING"];

export class ReplayView {
  readonly node = el("div", { class: "page" });
  private player: Player | null = null;
  private watch: WatchView | null = null;
  private what_if: WhatIfPanel | null = null;
  private readonly what_if_button = el("button", { type: "button", title: "What if a setting had been another", click: () => this.turn_what_if() }, "What if");
  private turn = 0;

  constructor(private readonly door: Door, private readonly watcher: KeptPlace) {
    swap(this.node, el("p", { class: "empty" }, "No flight is replayed. Choose one under Flights."));
  }

  async open(flight: Flight): Promise<void> {
    const turn = ++this.turn;
    this.close();
    swap(this.node, el("p", { class: "empty", role: "status" }, `Reading flight ${flight.name}…`));
    const picture = new Picture(flight.name, true);
    const strip = el("div", { class: "strip", role: "group" });
    const transport = el("div", { class: "transport", role: "group", "aria-label": "Replay" });
    try {
      let shown = () => {};
      const player = await Player.open(this.door, flight.name, picture, () => shown());
      if (turn !== this.turn) return player.close();
      this.player = player;
      const what_if = new WhatIfPanel(this.door, picture, player.whole, {
        truth: () => this.watch?.truth.place ?? null,
        shows: (other) => this.watch?.map.show_other(other),
        seek: (at_us) => {
          player.clock.seek(at_us, performance.now());
          player.show();
        },
        closed: () => this.turn_what_if(),
      });
      this.what_if = what_if;
      this.watch = new WatchView(this.door, picture, this.watcher, { above: el("div", { class: "panel above" }, el("div", { class: "stripline" }, strip, this.what_if_button), transport), beside: what_if.node });
      const show_strip = flying_strip(strip, "State of the replayed flight");
      picture.on(["state"], () => show_strip(picture));
      const show_controls = this.controls(transport, player);
      shown = () => {
        show_controls();
        what_if.seek(player.clock.at_us(performance.now()));
      };
      swap(this.node, this.watch.node);
      shown();
      this.watch.map.fit();
    } catch (cause) {
      if (turn !== this.turn) return;
      swap(this.node, el("p", { class: "empty bad", role: "alert" }, `Flight ${flight.name} cannot be replayed: ${(cause as Error).message}`));
    }
  }

  turn_follow(): void {
    this.watch?.map.turn_follow();
  }

  key(key: string): void {
    const player = this.player;
    if (!player || this.node.hidden) return;
    const now = performance.now();
    const at_us = player.clock.at_us(now);
    if (key === " ") player.clock.is_playing ? player.clock.pause(now) : player.clock.play(now);
    else if (key === "ArrowLeft") player.clock.seek(at_us - SEEK_US, now);
    else if (key === "ArrowRight") player.clock.seek(at_us + SEEK_US, now);
    else player.clock.step(key === "," ? -STEP_US : STEP_US, now);
    player.show();
  }

  /** Opens what is asked of other settings, or closes it. */
  private turn_what_if(): void {
    const { what_if, watch } = this;
    if (!what_if || !watch) return;
    const opens = what_if.node.hidden !== false;
    watch.node.classList.toggle("comparing", opens);
    mark(this.what_if_button, "aria-pressed", String(opens));
    if (opens) what_if.open();
    else {
      what_if.close();
      this.what_if_button.focus();
    }
  }

  private close(): void {
    this.player?.close();
    this.watch?.map.remove();
    [this.player, this.watch, this.what_if] = [null, null, null];
  }

  /** Fills the bar; answers what shows the player's moment in it. */
  private controls(bar: HTMLElement, player: Player): () => void {
    const { whole } = player;
    const length_s = (whole.last_us - whole.first_us) / 1e6;
    const play = el("button", { type: "button", class: "main play", click: () => this.key(" ") });
    const line = el("input", { type: "range", min: 0, max: Math.max(1, Math.round(length_s * 10)), step: 1, "aria-label": "Moment of the flight" });
    const speed = el("select", { "aria-label": "Speed" }, ...SPEEDS.map((times) => el("option", { value: times }, `${times} ×`)));
    const time = el("span", { class: "time" });
    const told = el("span", { class: "soft", role: "status" });
    line.addEventListener("input", () => {
      player.clock.seek(whole.first_us + Number(line.value) * 1e5, performance.now());
      player.show();
    });
    speed.addEventListener("change", () => player.clock.set_speed(Number(speed.value), performance.now()));
    const button = (word: string, title: string, key: string) => el("button", { type: "button", title, "aria-label": title, click: () => this.key(key) }, word);
    swap(bar, el("strong", { class: "past" }, "REPLAY"), play, button("−10 s", "Back by 10 s", "ArrowLeft"), button("‹", "A step back", ","), button("›", "A step on", "."),
      button("+10 s", "On by 10 s", "ArrowRight"), speed, el("div", { class: "timeline" }, states_bar(player), line), time, told);
    mark(this.what_if_button, "aria-pressed", "false");
    return () => {
      const at_s = (player.clock.at_us(performance.now()) - whole.first_us) / 1e6;
      say(play, player.clock.is_playing ? "Pause" : "Play");
      const value = String(Math.round(at_s * 10));
      if (line.value !== value) line.value = value;
      mark(line, "aria-valuetext", `${clock(at_s)} of ${clock(length_s)}`);
      say(time, `${clock(at_s, 1)} / ${clock(length_s)}`);
      const utc = whole.started_utc ? new Date(Date.parse(`${whole.started_utc.replace(/Z?$/, "Z")}`) + player.clock.at_us(performance.now()) / 1000) : null;
      say(told, player.trouble ? `not read: ${player.trouble}` : player.is_loading ? "reading…" : utc && !Number.isNaN(utc.getTime()) ? `${utc.toISOString().slice(11, 19)} UTC` : "");
    };
  }
}

/** Our states along the whole flight, behind the line. */
function states_bar({ whole }: Player): HTMLElement {
  const length_us = Math.max(1, whole.last_us - whole.first_us);
  const bar = el("div", { class: "states", "aria-hidden": "true" });
  const changes = [{ at_us: whole.first_us, to_state: "IDLE" }, ...whole.states, { at_us: whole.last_us, to_state: "" }];
  for (let index = 0; index + 1 < changes.length; index += 1) {
    const [from, until] = [changes[index]!, changes[index + 1]!];
    const piece = el("span", { "data-state": DRAWN.includes(from.to_state) ? from.to_state : "IDLE", title: from.to_state });
    piece.style.left = `${((from.at_us - whole.first_us) / length_us) * 100}%`;
    piece.style.width = `${((until.at_us - from.at_us) / length_us) * 100}%`;
    bar.append(piece);
  }
  return bar;
}

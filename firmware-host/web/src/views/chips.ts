// The small ones in the bar: the link and its age, who controls, dark or light.

import type { Door } from "../door.ts";
import { by_id, el, mark, say } from "../dom.ts";
import { age } from "../format.ts";
import { keep, kept } from "../kept.ts";
import { STALE_MS, type Live } from "../live.ts";
import { turn_theme } from "../theme.ts";
import { ask, failed, toast } from "./toast.ts";

const NAME_KEY = "name";

export class Chips {
  private readonly link = el("span", { class: "chip link", role: "status" });
  private readonly control = el("button", { type: "button", class: "chip", click: () => void this.turn_control() });
  private was_mine = false;

  constructor(private readonly door: Door, private readonly live: Live, host: HTMLElement, keys: () => void) {
    host.append(this.link, this.control,
      el("button", { type: "button", class: "chip", title: "Dark or light (d)", "aria-label": "Dark or light", click: turn_theme }, "◐"),
      el("button", { type: "button", class: "chip keys", title: "Keys (?)", "aria-label": "Keys", click: keys }, "?"));
    live.picture.on(["link", "state"], () => this.show());
  }

  show(): void {
    const { live } = this;
    const age_ms = live.age_ms();
    const state = live.picture.state;
    const is_stale = live.is_stale();
    const words = age_ms === null ? (live.link.state === "lost" ? "no link" : "connecting") : is_stale ? `${age(age_ms / 1000)} old` : state?.live ? "live" : "past only";
    say(this.link, words);
    mark(this.link, "data-link", is_stale ? "lost" : "open");
    mark(this.link, "title", live.link.reason || null);
    this.show_stale(age_ms, is_stale);
    const mine = !!state?.you_control;
    say(this.control, !state?.live ? "no control" : mine ? "you control" : state.controlled_by ? `${state.controlled_by} controls` : "take control");
    mark(this.control, "aria-pressed", String(mine));
    mark(this.control, "title", "Who controls may enable homing and change the profile; Stop is everybody's (c)");
    mark(this.control, "disabled", !state?.live);
    if (this.was_mine && !mine && state?.live) toast(state.controlled_by ? `${state.controlled_by} took control` : "You control no more", true);
    this.was_mine = mine;
  }

  /** Greys the picture and says how old it is. */
  private show_stale(age_ms: number | null, is_stale: boolean): void {
    const banner = by_id("stale");
    const is_shown = is_stale && (age_ms !== null || this.live.link.state === "lost");
    document.body.classList.toggle("is-stale", is_stale && age_ms !== null);
    banner.hidden = !is_shown;
    if (!is_shown) return;
    // spoken once, not each quarter second
    const link = this.live.link.state === "open" && this.live.link.silent_ms() < STALE_MS
      ? "Skyhound's server answers, but the flight's state stands still" : `No link to Skyhound (${this.live.link.reason || "nothing is heard"}); trying again`;
    const seconds = age_ms === null ? "" : `This picture is ${age(Math.floor(age_ms / 1000))} old. `;
    banner.setAttribute("aria-live", (age_ms ?? 0) < STALE_MS + 1000 ? "assertive" : "off");
    say(banner, `${seconds}${link}. Stop is still tried; the pilot's radio always works.`);
  }

  /** Takes control or gives it up; who takes it from another says so twice. */
  async turn_control(): Promise<void> {
    const state = this.live.picture.state;
    if (!state?.live) return;
    try {
      if (state.you_control) {
        await this.door.control(false, kept(NAME_KEY) ?? "");
        return;
      }
      const text = state.controlled_by ? `${state.controlled_by} controls now, and will be told that you took over.` : "Others see this name while you control.";
      const name = await ask({ title: "Take control", text, label: "Your name", value: kept(NAME_KEY) ?? "", yes: state.controlled_by ? "Take over" : "Take control" });
      if (name === null || name === "") return;
      keep(NAME_KEY, name);
      const answer = await this.door.control(true, name);
      if (!answer.ok) failed("control", new Error(answer.said ?? "refused"));
    } catch (cause) {
      failed("control", cause);
    }
  }
}

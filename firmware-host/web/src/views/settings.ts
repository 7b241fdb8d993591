// Profiles to fly by, and the settings in force (to read: they are changed by file and by profile, not here).

import type { Profile } from "../api.ts";
import type { Door } from "../door.ts";
import { el, say, swap } from "../dom.ts";
import type { Picture } from "../picture.ts";
import { ask, failed, toast } from "./toast.ts";

export class SettingsView {
  readonly node: HTMLElement;
  private readonly profiles = el("div", { class: "profiles" });
  private readonly toml = el("pre", { class: "toml scroll", tabindex: 0, role: "region", "aria-label": "Settings in force" });
  private readonly hash = el("span", { class: "soft" });
  private readonly wanted = el("input", { type: "search", placeholder: "in a profile", "aria-label": "Find profiles" });
  private found: Profile[] = [];

  constructor(private readonly door: Door, private readonly picture: Picture) {
    this.wanted.addEventListener("input", () => this.show());
    this.node = el("div", { class: "page settings" },
      el("section", { class: "scroll" }, el("div", { class: "row head" }, el("h1", {}, "Profiles"), this.wanted), this.profiles),
      el("section", { class: "column" }, el("div", { class: "row head" }, el("h1", {}, "Settings in force"), this.hash), this.toml));
    let mine = false;
    let profile: string | null = null;
    picture.on(["state"], () => {
      const state = picture.state;
      const now = state?.status?.profile ?? null;
      if (mine === !!state?.you_control && profile === now) return;
      const is_other = profile !== now;
      [mine, profile] = [!!state?.you_control, now];
      if (this.node.hidden) return;
      if (is_other) void this.look();
      else this.show();
    });
  }

  async look(): Promise<void> {
    await Promise.all([
      this.door.profiles().then((profiles) => {
        this.found = profiles;
        this.show();
      }).catch((cause: Error) => swap(this.profiles, el("p", { class: "bad" }, `The profiles cannot be listed: ${cause.message}`))),
      this.door.settings().then(({ toml, sha256 }) => {
        say(this.toml, toml);
        say(this.hash, `SHA-256 ${sha256.slice(0, 16)}…`);
        this.hash.title = sha256;
      }).catch((cause: Error) => say(this.toml, `The settings cannot be read: ${cause.message}`)),
    ]);
  }

  private show(): void {
    const text = this.wanted.value.trim().toLowerCase();
    const mine = !!this.picture.state?.you_control;
    const shown = this.found.filter(({ name, description }) => `${name} ${description}`.toLowerCase().includes(text));
    swap(this.profiles, !mine && el("p", { class: "soft" }, "Who controls may change the profile: take control first."),
      ...shown.map((profile) => el("article", { class: profile.in_force ? "panel profile in-force" : "panel profile" },
        el("div", { class: "row" }, el("h2", {}, profile.name), profile.in_force && el("span", { class: "chip", "data-link": "open" }, "in force"),
          !profile.built_in && el("span", { class: "chip" }, "your own"),
          el("button", { type: "button", disabled: !mine, click: () => void this.fly_by(profile) }, profile.in_force ? "Fly by it with changes" : "Fly by it")),
        el("p", {}, profile.description))),
      shown.length === 0 && el("p", { class: "soft" }, "No profile is so."));
  }

  private async fly_by(profile: Profile): Promise<void> {
    const sets = await ask({ title: `Seek by ${profile.name}`, text: "What is in force before is over. Changes of single keys go here, with ; between them, or nothing.",
      label: "Changes, like beacon.0.frequency_hz=121.5e6", required: false, yes: "Seek by it" });
    if (sets === null) return;
    try {
      const answer = await this.door.profile(profile.name, sets.split(";").map((set) => set.trim()).filter((set) => set !== ""));
      if (answer.ok) toast(answer.said ?? `Seeking by ${profile.name}`);
      else failed(profile.name, new Error(answer.said ?? "refused"));
      await this.look();
    } catch (cause) {
      failed(profile.name, cause);
    }
  }
}

// A search drawn and weighed before it is flown: area, pattern, and at once its route, length, time and how likely it finds.

import type { Plan } from "../api.ts";
import { Refusal, type Door } from "../door.ts";
import { el, mark, say, swap } from "../dom.ts";
import { save_blob } from "../download.ts";
import { clock, metres, number } from "../format.ts";
import { degrees_text, type Place } from "../geo.ts";
import { keep, kept } from "../kept.ts";
import { PlanMap } from "../map/plan_map.ts";
import type { FenceArea, Picture } from "../picture.ts";
import { asked_of, chance, field_of, NEW_DRAFT, read_centre, read_corners, with_corner, type Draft, type Field } from "../plan.ts";
import { ask_home, search_area } from "../tables.ts";
import { labelled, type Labelled } from "./fields.ts";
import { failed } from "./toast.ts";

const KEY = "plan";
/** Asked once nothing was changed for so long. */
const QUIET_MS = 350;
const BUSY_MS = 1000;
/** Refusals that speak of what was asked. */
const SPOKEN = [400, 409, 422];

const PATTERN_WORDS = [["ps", "parallel track"], ["cs", "creeping line"], ["ss", "expanding square"], ["vs", "sectors"], ["spiral", "spiral"]] as const;
const FORMS = ["waypoints", "kml", "geojson"];
const NUMBERS: [keyof Draft, string, string, string][] = [
  ["spacing_m", "Track spacing", "m", "by the power"], ["power_dbm", "Beacon's power", "dBm", "unknown"], ["height_m", "Height over home", "m", "40"],
  ["speed_mps", "Speed", "m/s", "of the settings"], ["heading_deg", "First heading", "°", "by the area"],
];

function kept_draft(): Draft {
  try {
    return { ...NEW_DRAFT, ...(JSON.parse(kept(KEY) ?? "{}") as Partial<Draft>) };
  } catch {
    return NEW_DRAFT;
  }
}

export class PlanView {
  readonly node: HTMLElement;
  private readonly draft: Draft = kept_draft();
  private readonly map: PlanMap;
  private readonly inputs = new Map<keyof Draft, HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>();
  private readonly fields = new Map<Field, Labelled>();
  private readonly area_trouble = el("p", { class: "trouble", role: "alert" });
  private readonly told = el("p", { class: "outcome", role: "status" });
  private readonly facts = el("dl", { class: "worth" });
  private readonly words = el("pre", {});
  private readonly result: HTMLElement;
  private readonly downloads: HTMLButtonElement[];
  private readonly shapes: HTMLInputElement[];
  private plan: Plan | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | null = null;
  private is_looked = false;

  constructor(private readonly door: Door, private readonly picture: Picture) {
    this.map = new PlanMap(door, picture, { tapped: (place) => this.tapped(place), dragged: (index, place) => this.dragged(index, place) });
    this.shapes = (["polygon", "disc"] as const).map((shape) => el("input", { type: "radio", name: "plan-shape", value: shape, change: () => this.choose_shape(shape) }));
    this.downloads = FORMS.map((form) => el("button", { type: "button", disabled: true, click: () => void this.download(form) }, `.${form}`));
    this.result = el("section", { class: "result", "aria-label": "What the search is worth" }, this.told, this.facts,
      el("div", { class: "row" }, el("span", { class: "soft" }, "Save as"), ...this.downloads));
    this.node = el("div", { class: "page planning" }, this.map.node, this.form());
    this.choose_shape(this.draft.shape);
  }

  /** The view is seen: what was drawn last is weighed again, and the map begins somewhere. */
  async look(): Promise<void> {
    if (this.is_looked) return;
    this.is_looked = true;
    this.changed(0);
    if (this.draft.corners !== "" || this.draft.centre !== "") return this.map.fit();
    if (this.picture.home) return;
    // where nothing flies: where the last flight began
    const [newest] = (await this.door.flights().catch(() => [])).sort((a, b) => (b.started_utc ?? "").localeCompare(a.started_utc ?? ""));
    if (newest) this.map.begin(await ask_home(this.door, newest.name).catch(() => null));
  }

  private form(): HTMLElement {
    const text = (key: keyof Draft, input: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement) => {
      input.value = this.draft[key];
      input.addEventListener("input", () => {
        (this.draft as unknown as Record<string, string>)[key] = input.value;
        this.changed();
      });
      this.inputs.set(key, input);
      return input;
    };
    const field = (key: keyof Draft, label: string, unit: string, input: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement, class_name?: string) => {
      const made = labelled(`plan-${key}`, label, unit, text(key, input), class_name);
      this.fields.set(key, made);
      return made.node;
    };
    const line = (placeholder: string) => el("input", { type: "text", inputmode: "decimal", autocomplete: "off", placeholder, maxlength: 20 });
    const place = el("input", { type: "text", autocomplete: "off", spellcheck: "false", maxlength: 80, placeholder: "lat/lon, UTM or MGRS" });
    const corners = el("textarea", { rows: 4, spellcheck: "false", autocapitalize: "off", placeholder: "47.3977, 8.5456\n32T 466000 5249000\n32T MT 66000 49000" });
    const pattern = el("select", {}, ...PATTERN_WORDS.map(([value, words]) => el("option", { value, title: value.toUpperCase() }, words)));
    return el("form", { class: "panel plan scroll", submit: (event: Event) => {
      event.preventDefault();
      this.changed(0);
    } }, el("h1", {}, "Search plan"),
      el("fieldset", {}, el("legend", {}, "Area"),
        el("div", { class: "row" }, el("label", { class: "choice" }, this.shapes[0]!, "corners"), el("label", { class: "choice" }, this.shapes[1]!, "round")),
        field("corners", "Corners, one a line: tapped on the map, or typed", "", corners, "of-polygon"),
        field("centre", "Middle: tapped on the map, or typed", "", place, "of-disc"), field("radius_m", "Radius", "m", line("300"), "of-disc"),
        el("div", { class: "row" }, el("button", { type: "button", class: "of-polygon", click: () => this.take_back() }, "Take back"),
          el("button", { type: "button", click: () => this.clear() }, "Clear"), el("button", { type: "button", title: "That of [search] in the settings in force", click: () => void this.in_force() }, "Area of the settings")),
        this.area_trouble),
      el("div", { class: "fields" }, field("pattern", "Pattern", "", pattern), ...NUMBERS.map(([key, label, unit, placeholder]) => field(key, label, unit, line(placeholder)))),
      this.result, el("details", {}, el("summary", {}, "In full"), this.words));
  }

  private set(key: keyof Draft, value: string): void {
    (this.draft as unknown as Record<string, string>)[key] = value;
    const input = this.inputs.get(key);
    if (input) input.value = value;
  }

  private choose_shape(shape: Draft["shape"]): void {
    this.set("shape", shape);
    for (const input of this.shapes) input.checked = input.value === shape;
    for (const part of this.node.querySelectorAll<HTMLElement>(".of-polygon, .of-disc")) part.hidden = !part.classList.contains(`of-${shape}`);
    this.changed();
  }

  private tapped(place: Place): void {
    if (this.draft.shape === "disc") this.set("centre", degrees_text(place));
    else this.set("corners", with_corner(this.draft.corners, Infinity, place));
    this.changed();
  }

  private dragged(index: number, place: Place): void {
    if (this.draft.shape === "disc") this.set("centre", degrees_text(place));
    else this.set("corners", with_corner(this.draft.corners, index, place));
    this.changed();
  }

  private take_back(): void {
    this.set("corners", this.draft.corners.trimEnd().split("\n").slice(0, -1).join("\n"));
    this.changed();
  }

  private clear(): void {
    for (const key of ["corners", "centre"] as const) this.set(key, "");
    this.changed();
  }

  private async in_force(): Promise<void> {
    try {
      const area = search_area((await this.door.settings()).toml);
      if (!area) return failed("Area of the settings", new Error("[search] has none"));
      this.set("corners", area.radius_m === null ? area.corners.map(degrees_text).join("\n") : "");
      this.set("centre", area.radius_m === null ? "" : degrees_text(area.corners[0]!));
      if (area.radius_m !== null) this.set("radius_m", String(area.radius_m));
      this.choose_shape(area.radius_m === null ? "polygon" : "disc");
      this.map.fit();
    } catch (cause) {
      failed("Area of the settings", cause);
    }
  }

  /** Draws what there is, and asks for the route once it is left alone for a moment. */
  private changed(wait_ms = QUIET_MS): void {
    keep(KEY, JSON.stringify(this.draft));
    clearTimeout(this.timer);
    this.asking?.abort();
    const { asked, troubles } = asked_of(this.draft);
    this.map.show_area(this.drawn(), this.draft.shape === "disc" ? this.drawn() !== null : (this.drawn()?.corners.length ?? 0) >= 3);
    for (const [key, field] of this.fields) field.tell(troubles.get(key) ?? "");
    say(this.area_trouble, "");
    if (!asked) return this.show(null, troubles.get("all") ?? "", false);
    this.show(this.plan, this.plan ? "" : "reckoning…", true);
    this.timer = setTimeout(() => void this.ask(), wait_ms);
  }

  private drawn(): FenceArea | null {
    if (this.draft.shape === "polygon") {
      const { places } = read_corners(this.draft.corners);
      return places.length > 0 ? { inside: true, corners: places, radius_m: null } : null;
    }
    const { place } = read_centre(this.draft.centre);
    const radius_m = Number(this.draft.radius_m);
    return place ? { inside: true, corners: [place], radius_m: radius_m > 0 ? radius_m : 0 } : null;
  }

  private async ask(): Promise<void> {
    const { asked } = asked_of(this.draft);
    if (!asked) return;
    const turn = new AbortController();
    this.asking = turn;
    try {
      const plan = await this.door.plan(asked, turn.signal);
      if (!turn.signal.aborted) this.show(plan, "", false);
    } catch (cause) {
      if (turn.signal.aborted) return;
      if (cause instanceof Refusal && cause.is_busy) {
        this.timer = setTimeout(() => void this.ask(), BUSY_MS);
        return;
      }
      this.refused(cause as Error);
    }
  }

  private refused(cause: Error): void {
    const field = cause instanceof Refusal && SPOKEN.includes(cause.status) ? field_of(cause.message) : "all";
    const at = this.fields.get(field);
    if (at) at.tell(cause.message);
    else if (field === "area") say(this.area_trouble, cause.message);
    this.show(null, field === "all" ? cause.message : "No route: see what is marked.", false, true);
  }

  private show(plan: Plan | null, words: string, is_old: boolean, is_bad = false): void {
    this.plan = plan;
    say(this.told, words);
    this.told.hidden = words === "";
    this.told.classList.toggle("bad", is_bad);
    mark(this.result, "data-old", is_old);
    for (const button of this.downloads) button.disabled = !plan || is_old;
    this.map.show_route(plan?.route ?? [], is_old);
    const facts: [string, string][] = plan ? [["length", metres(plan.length_m)], ["time", clock(plan.duration_s)], ["spacing", metres(plan.spacing_m)], ["points", String(plan.route.length)],
      ["coverage", number(plan.coverage, (plan.coverage ?? 0) < 99.5 ? 2 : 0)], ["POD", chance(plan.pod)], ["POS", chance(plan.pos)]] : [];
    swap(this.facts, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
    say(this.words, plan?.said ?? "");
    this.words.parentElement!.hidden = !plan;
  }

  private async download(form: string): Promise<void> {
    const { asked } = asked_of(this.draft);
    if (!asked) return;
    const name = `search-${asked.pattern}.${form}`;
    try {
      save_blob(await this.door.plan_file(asked, form), name);
    } catch (cause) {
      failed(name, cause);
    }
  }
}

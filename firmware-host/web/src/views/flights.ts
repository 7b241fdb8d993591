// Which flights there are: found by text and state, replayed, asked, downloaded, reported.

import type { Flight } from "../api.ts";
import type { Door } from "../door.ts";
import { el, say, swap } from "../dom.ts";
import { save, save_blob } from "../download.ts";
import { bytes, clock, UNKNOWN } from "../format.ts";
import { about_form } from "./about.ts";
import { COMPARED_MAX, show_compared } from "./compare.ts";
import { failed } from "./toast.ts";

/** Reports of a flight, by the ending that the server makes them for. */
const REPORTS = ["html", "pdf", "json", "csv", "xlsx", "kml", "kmz", "geojson", "gpx", "parquet", "mcap", "cot"];

export interface FlightDoors {
  replay: (flight: Flight) => void;
  ask: (flight: string) => void;
}

/** What is wanted of the list. */
export interface Wanted {
  text: string;
  state: string;
  tag: string;
  /** Those in whose record the server found the text; null: it was not asked. */
  found: Set<string> | null;
}

/** Whether a flight is in this state, has the tag, and has every word of the text, or was found by it. */
export function fits(flight: Flight, { text, state, tag, found }: Wanted): boolean {
  if (state !== "" && (state === "live" ? !flight.is_live : flight.state !== state)) return false;
  if (tag !== "" && !(flight.tags ?? []).includes(tag)) return false;
  if (found?.has(flight.name)) return true;
  const whole = [flight.name, flight.started_utc ?? "", flight.state, flight.note ?? "", ...(flight.tags ?? []), ...(flight.heard ?? [])].join(" ").toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => whole.includes(word));
}

/** The server is asked for a text once nothing was typed for so long. */
const QUIET_MS = 400;

export class FlightsView {
  readonly node: HTMLElement;
  private flights: Flight[] = [];
  private found: Wanted["found"] = null;
  /** Why the server could not look for the text. */
  private trouble = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly list = el("div", { class: "flights" });
  private readonly chosen = new Set<string>();
  private readonly compare = el("button", { type: "button", disabled: true, click: () => void show_compared(this.door, this.beside, [...this.chosen]) });
  private readonly beside = el("div", {});
  private readonly told = el("p", { class: "soft", role: "status" });
  private readonly text = el("input", { type: "search", placeholder: "words to find", "aria-label": "Find flights by name, date, tag, note or what was heard" });
  private readonly state = el("select", { "aria-label": "Flights in this state" });
  private readonly tag = el("select", { "aria-label": "Flights with this tag" });

  constructor(private readonly door: Door, private readonly doors: FlightDoors) {
    for (const input of [this.state, this.tag]) input.addEventListener("input", () => this.show());
    this.text.addEventListener("input", () => this.typed());
    this.node = el("div", { class: "page scroll" },
      el("div", { class: "row head" }, el("h1", {}, "Flights"), this.text, this.tag, this.state, el("button", { type: "button", click: () => void this.look() }, "Look again"), this.compare, this.told),
      this.beside, this.list);
    this.show_chosen();
  }

  async look(): Promise<void> {
    const before = JSON.stringify(this.flights);
    try {
      this.flights = await this.door.flights();
    } catch (cause) {
      say(this.told, `The flights cannot be listed: ${(cause as Error).message}`);
      return;
    }
    // what is the same is left as it is: an opened report stays open
    if (before === JSON.stringify(this.flights) && this.list.childElementCount > 0) return;
    const states = [...new Set(this.flights.map((flight) => flight.state))].sort();
    options(this.state, [["", "any state"], ["live", "being recorded"], ...states.map((state): [string, string] => [state, state])]);
    options(this.tag, [["", "any tag"], ...this.tags().map((tag): [string, string] => [tag, tag])]);
    this.tag.hidden = this.tags().length === 0;
    this.show();
  }

  private tags(): string[] {
    return [...new Set(this.flights.flatMap(({ tags }) => tags ?? []))].sort();
  }

  /** By what is known here at once; then by what the server finds in its records. */
  private typed(): void {
    [this.found, this.trouble] = [null, ""];
    clearTimeout(this.timer);
    this.show();
    const text = this.text.value.trim();
    if (text === "") return;
    this.timer = setTimeout(() => void this.find(text), QUIET_MS);
  }

  private async find(text: string): Promise<void> {
    let [found, trouble]: [Wanted["found"], string] = [null, ""];
    try {
      found = new Set((await this.door.flights(text)).map(({ name }) => name));
    } catch (cause) {
      trouble = `; the server did not look for it: ${(cause as Error).message}`;
    }
    if (this.text.value.trim() !== text) return;
    [this.found, this.trouble] = [found, trouble];
    this.show();
  }

  private show(): void {
    const wanted = { text: this.text.value.trim(), state: this.state.value, tag: this.tag.value, found: this.found };
    const found = this.flights.filter((flight) => fits(flight, wanted))
      .sort((a, b) => (b.started_utc ?? b.name).localeCompare(a.started_utc ?? a.name));
    const words = found.length === this.flights.length ? `${found.length} ${found.length === 1 ? "flight" : "flights"}` : `${found.length} of ${this.flights.length} flights`;
    say(this.told, `${words}${this.trouble}`);
    swap(this.list, ...found.map((flight) => this.card(flight)), found.length === 0 && el("p", { class: "soft" }, "No flight is so. Clear the words, the tag or the state."));
  }

  private choose(name: string, box: HTMLInputElement): void {
    if (!box.checked) this.chosen.delete(name);
    else if (this.chosen.size < COMPARED_MAX) this.chosen.add(name);
    else box.checked = false;
    this.show_chosen();
  }

  private show_chosen(): void {
    const { size } = this.chosen;
    this.compare.disabled = size < 2;
    say(this.compare, size < 2 ? "Compare" : `Compare ${size}`);
    this.compare.title = `Mark two to ${COMPARED_MAX} flights`;
  }

  private only(tag: string): void {
    this.tag.value = this.tag.value === tag ? "" : tag;
    this.show();
  }

  private card(flight: Flight): HTMLElement {
    const path = this.door.flight_path(flight.name);
    const box = el("input", { type: "checkbox", "aria-label": `Compare ${flight.name}` });
    box.checked = this.chosen.has(flight.name);
    box.addEventListener("change", () => this.choose(flight.name, box));
    return el("article", { class: "panel flight" },
      el("div", { class: "row" }, el("h2", {}, flight.name), flight.is_live && el("span", { class: "chip", "data-link": "open" }, "being recorded"),
        ...(flight.tags ?? []).map((tag) => el("button", { type: "button", class: "chip tag", title: `Only flights with the tag ${tag}`, click: () => this.only(tag) }, tag)),
        el("label", { class: "mark-it" }, box, "compare")),
      el("p", { class: "soft" }, [flight.started_utc ? `${flight.started_utc.replace("T", " ").slice(0, 19)} UTC` : UNKNOWN,
        flight.duration_s === null ? UNKNOWN : clock(flight.duration_s), bytes(flight.file_bytes), flight.state].join(" · ")),
      flight.note && el("p", { class: "note" }, flight.note),
      (flight.heard?.length ?? 0) > 0 && el("p", { class: "soft" }, `heard: ${flight.heard!.join(", ")}`),
      (flight.copies?.length ?? 0) > 0 && el("p", { class: "soft" }, `copies: ${flight.copies!.join(", ")}`),
      el("div", { class: "row" },
        el("button", { type: "button", class: "main", click: () => this.doors.replay(flight) }, "Replay"),
        el("button", { type: "button", click: () => this.doors.ask(flight.name) }, "SQL"),
        this.link("File", `${path}/file`, `${flight.name}.duckdb`),
        this.link("Estimate", `${path}/estimate`, `${flight.name}.estimate.geojson`),
        about_form(this.door, flight, this.tags(), () => this.look()),
        el("details", {}, el("summary", {}, "Report"),
          el("div", { class: "row" }, ...REPORTS.map((ending) => this.link(ending, `${path}/report.${ending}`, `${flight.name}.${ending}`))))));
  }

  private link(word: string, path: string, name: string): HTMLElement {
    return el("a", { href: this.door.base + path, download: name, class: "button", click: (event: Event) => {
      event.preventDefault();
      void this.fetch(path, name);
    } }, word);
  }

  /** The file itself is fetched by the browser, which goes on where it was cut off; a report, and all where a token is wanted, by ourselves. */
  private async fetch(path: string, name: string): Promise<void> {
    try {
      if (path.endsWith("/file") && !this.door.token) {
        // its first byte is asked for here, so that a refusal is told and is not saved as if it were the file
        await (await this.door.request(path, { headers: { Range: "bytes=0-0" } })).body?.cancel();
        return save(this.door.base + path, name);
      }
      save_blob(await (await this.door.request(path, {}, 0)).blob(), name);
    } catch (cause) {
      failed(name, cause);
    }
  }
}

/** Fills a select; what was chosen stays so where it still is there. */
function options(select: HTMLSelectElement, entries: [string, string][]): void {
  const before = select.value;
  swap(select, ...entries.map(([value, word]) => el("option", { value }, word)));
  select.value = entries.some(([value]) => value === before) ? before : "";
}

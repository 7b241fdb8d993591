// Which flights there are: found by text and state, replayed, asked, downloaded, reported.

import type { Flight } from "../api.ts";
import type { Door } from "../door.ts";
import { el, say, swap } from "../dom.ts";
import { bytes, clock, UNKNOWN } from "../format.ts";
import { COMPARED_MAX, show_compared } from "./compare.ts";
import { failed } from "./toast.ts";

/** Reports of a flight, by the ending that the server makes them for. */
const REPORTS = ["html", "pdf", "json", "csv", "xlsx", "kml", "kmz", "geojson", "gpx", "parquet", "mcap"];

export interface FlightDoors {
  replay: (flight: Flight) => void;
  ask: (flight: string) => void;
}

/** Whether a flight has every word of the text in its name, tags, notes, state or date. */
export function fits(flight: Flight, text: string, state: string): boolean {
  if (state !== "" && (state === "live" ? !flight.is_live : flight.state !== state)) return false;
  const whole = [flight.name, flight.started_utc ?? "", flight.state, ...(flight.notes ?? []), ...(flight.tags ?? [])].join(" ").toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => whole.includes(word));
}

export class FlightsView {
  readonly node: HTMLElement;
  private flights: Flight[] = [];
  private readonly list = el("div", { class: "flights" });
  private readonly chosen = new Set<string>();
  private readonly compare = el("button", { type: "button", disabled: true, click: () => void show_compared(this.door, this.beside, [...this.chosen]) });
  private readonly beside = el("div", {});
  private readonly told = el("p", { class: "soft", role: "status" });
  private readonly text = el("input", { type: "search", placeholder: "name, date, tag or note", "aria-label": "Find flights by name, date, tag or note" });
  private readonly state = el("select", { "aria-label": "Flights in this state" });

  constructor(private readonly door: Door, private readonly doors: FlightDoors) {
    for (const input of [this.text, this.state]) input.addEventListener("input", () => this.show());
    this.node = el("div", { class: "page scroll" },
      el("div", { class: "row head" }, el("h1", {}, "Flights"), this.text, this.state, el("button", { type: "button", click: () => void this.look() }, "Look again"), this.compare, this.told),
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
    const kept = this.state.value;
    const states = [...new Set(this.flights.map((flight) => flight.state))].sort();
    swap(this.state, el("option", { value: "" }, "any state"), el("option", { value: "live" }, "being recorded"), ...states.map((state) => el("option", { value: state }, state)));
    this.state.value = kept;
    this.show();
  }

  private show(): void {
    const found = this.flights.filter((flight) => fits(flight, this.text.value.trim(), this.state.value))
      .sort((a, b) => (b.started_utc ?? b.name).localeCompare(a.started_utc ?? a.name));
    say(this.told, found.length === this.flights.length ? `${found.length} ${found.length === 1 ? "flight" : "flights"}` : `${found.length} of ${this.flights.length} flights`);
    swap(this.list, ...found.map((flight) => this.card(flight)), found.length === 0 && el("p", { class: "soft" }, "No flight is so. Clear the words or the state."));
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

  private card(flight: Flight): HTMLElement {
    const path = this.door.flight_path(flight.name);
    const box = el("input", { type: "checkbox", "aria-label": `Compare ${flight.name}` });
    box.checked = this.chosen.has(flight.name);
    box.addEventListener("change", () => this.choose(flight.name, box));
    return el("article", { class: "panel flight" },
      el("div", { class: "row" }, el("h2", {}, flight.name), flight.is_live && el("span", { class: "chip", "data-link": "open" }, "being recorded"),
        ...(flight.tags ?? []).map((tag) => el("span", { class: "chip" }, tag)),
        el("label", { class: "mark-it" }, box, "compare")),
      el("p", { class: "soft" }, [flight.started_utc ? `${flight.started_utc.replace("T", " ").slice(0, 19)} UTC` : UNKNOWN,
        flight.duration_s === null ? UNKNOWN : clock(flight.duration_s), bytes(flight.file_bytes), flight.state].join(" · ")),
      ...(flight.notes ?? []).map((note) => el("p", {}, note)),
      el("div", { class: "row" },
        el("button", { type: "button", class: "main", click: () => this.doors.replay(flight) }, "Replay"),
        el("button", { type: "button", click: () => this.doors.ask(flight.name) }, "SQL"),
        this.link("File", `${path}/file`, `${flight.name}.duckdb`),
        this.link("Estimate", `${path}/estimate`, `${flight.name}.estimate.geojson`),
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
      const url = URL.createObjectURL(await (await this.door.request(path, {}, 0)).blob());
      save(url, name);
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (cause) {
      failed(name, cause);
    }
  }
}

export function save(url: string, name: string): void {
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

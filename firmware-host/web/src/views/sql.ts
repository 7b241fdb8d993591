// Any question to a flight, and the ready ones of the cookbook.

import type { Cell, Flight, Recipe, Row } from "../api.ts";
import type { Door } from "../door.ts";
import { el, say, swap, table } from "../dom.ts";
import { save_blob } from "../download.ts";
import { failed } from "./toast.ts";

const SHOWN = 500;

export class SqlView {
  readonly node: HTMLElement;
  private readonly flight = el("select", { "aria-label": "Flight that is asked" });
  private readonly recipe = el("select", { "aria-label": "Ready questions" });
  private readonly about = el("span", { class: "soft" });
  private readonly sql = el("textarea", { "aria-label": "Question in SQL; Ctrl and Enter asks it", rows: 7, spellcheck: "false", autocapitalize: "off" });
  private readonly told = el("p", { class: "soft", role: "status" });
  private readonly answer = el("div", { class: "answer scroll", tabindex: 0, role: "region", "aria-label": "Answer" });
  private wanted = "";
  private recipes: Recipe[] = [];
  private looking: Promise<void> | null = null;

  constructor(private readonly door: Door) {
    this.sql.value = "SELECT * FROM detections";
    this.recipe.addEventListener("change", () => {
      const found = this.recipes.find(({ name }) => name === this.recipe.value);
      if (found) this.sql.value = found.sql;
      say(this.about, found?.about ?? "");
    });
    this.sql.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void this.ask();
    });
    this.node = el("div", { class: "page sql" },
      el("div", { class: "row head" }, el("h1", {}, "SQL"), this.flight, this.recipe, this.about), this.sql,
      el("div", { class: "row" }, el("button", { type: "button", class: "main", click: () => void this.ask() }, "Ask (Ctrl Enter)"),
        el("button", { type: "button", click: () => void this.keep() }, "Save as CSV"), this.told), this.answer);
  }

  /** Which flight is asked. */
  choose(flight: string): void {
    this.wanted = flight;
    this.flight.value = flight;
  }

  /** Which flights and ready questions there are. */
  look(): Promise<void> {
    this.looking = this.list();
    return this.looking;
  }

  private async list(): Promise<void> {
    const [flights, recipes] = await Promise.all([this.door.flights().catch((): Flight[] => []), this.door.cookbook().catch((): Recipe[] => [])]);
    const kept = this.wanted || this.flight.value;
    const live = flights.some((flight) => flight.is_live) ? [el("option", { value: "live" }, "the one being recorded")] : [];
    swap(this.flight, ...live, ...flights.filter((flight) => !flight.is_live).sort((a, b) => b.name.localeCompare(a.name)).map(({ name }) => el("option", { value: name }, name)));
    if ([...this.flight.options].some((option) => option.value === kept)) this.flight.value = kept;
    this.wanted = "";
    this.recipes = recipes;
    if (this.recipe.options.length !== recipes.length + 1) {
      swap(this.recipe, el("option", { value: "" }, "cookbook…"), ...recipes.map(({ name, about }) => el("option", { value: name, title: about }, name)));
    }
    if (flights.length === 0) say(this.told, "There is no flight to ask.");
  }

  private async ask(): Promise<void> {
    const began = performance.now();
    say(this.told, "asking…");
    // a question that is faster than the list of flights
    await this.looking;
    if (this.flight.value === "") return say(this.told, "There is no flight to ask.");
    try {
      const rows = await this.door.query_raw(this.flight.value, this.sql.value);
      const took = ((performance.now() - began) / 1000).toFixed(2);
      say(this.told, `${rows.length} ${rows.length === 1 ? "row" : "rows"} in ${took} s${rows.length > SHOWN ? `; the first ${SHOWN} stand here, all in the CSV` : ""}`);
      swap(this.answer, rows.length > 0 && answer_table(rows.slice(0, SHOWN)));
    } catch (cause) {
      say(this.told, "");
      swap(this.answer, el("pre", { class: "bad", role: "alert" }, (cause as Error).message));
    }
  }

  private async keep(): Promise<void> {
    try {
      const text = await this.door.query_csv(this.flight.value, this.sql.value);
      save_blob(new Blob([text], { type: "text/csv" }), `${this.flight.value}.csv`);
    } catch (cause) {
      failed("CSV", cause);
    }
  }
}

export function cell_text(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return "";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

function answer_table(rows: Row[]): HTMLElement {
  const heads = Object.keys(rows[0]!);
  const made = table("Answer", heads, rows.map((row) => heads.map((head) => cell_text(row[head]))));
  heads.forEach((head, index) => {
    if (rows.every((row) => row[head] === null || typeof row[head] === "number")) {
      for (const line of made.rows) line.cells[index]?.classList.add("number");
    }
  });
  return made;
}

// Up to four flights beside each other.

import { COMPARE_SQL, compared_rows, type Compared, type Facts } from "../compare.ts";
import type { Door } from "../door.ts";
import { el, swap, table } from "../dom.ts";
import { kept } from "../kept.ts";
import { truth_key } from "../kept_place.ts";
import { read_place } from "../place.ts";

export const COMPARED_MAX = 4;

async function compared(door: Door, name: string): Promise<Compared & { why: string }> {
  const typed = kept(truth_key(name), "browser");
  const truth = typed ? read_place(typed).place : null;
  try {
    return { name, truth, facts: (await door.query<Facts>(name, COMPARE_SQL))[0] ?? null, why: "" };
  } catch (cause) {
    return { name, truth, facts: null, why: `${name}: ${(cause as Error).message}` };
  }
}

/** Fills `host` with the table of these flights. */
export async function show_compared(door: Door, host: HTMLElement, names: string[]): Promise<void> {
  const close = el("button", { type: "button", click: () => swap(host) }, "Close");
  const head = el("div", { class: "row" }, el("h2", {}, "Compared"), close);
  swap(host, el("section", { class: "panel compared", "aria-label": "Compared flights" }, head, el("p", { class: "soft", role: "status" }, "reading…")));
  const flights = await Promise.all(names.map((name) => compared(door, name)));
  const heads = ["", ...names, ...(names.length === 2 ? ["difference"] : [])];
  const made = table("Compared flights", heads, compared_rows(flights));
  for (const line of made.rows) for (const cell of [...line.cells].slice(1)) cell.classList.add("number");
  const bad = flights.filter(({ why }) => why !== "").map(({ why }) => el("p", { class: "bad", role: "alert" }, why));
  swap(host, el("section", { class: "panel compared", "aria-label": "Compared flights" }, head, ...bad, el("div", { class: "scroll", tabindex: 0 }, made)));
  close.focus();
}

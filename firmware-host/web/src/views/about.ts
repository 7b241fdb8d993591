// A flight's tags and note, written by hand.

import type { Flight } from "../api.ts";
import type { Door } from "../door.ts";
import { el, say } from "../dom.ts";
import { toast } from "./toast.ts";

/** Tags as they are typed, with commas between: each once, in the order typed. */
export function read_tags(text: string): string[] {
  return [...new Set(text.split(/[,;\n]/).map((tag) => tag.trim().replace(/\s+/g, " ")).filter((tag) => tag !== ""))];
}

/** The form, opened from its summary; `known`: tags that other flights have; `written`: what to do once it is kept. */
export function about_form(door: Door, flight: Flight, known: string[], written: () => Promise<void>): HTMLElement {
  const tags = el("input", { type: "text", "aria-label": `Tags of ${flight.name}, commas between`, placeholder: "tags, commas between", autocomplete: "off", maxlength: 400 });
  const note = el("textarea", { "aria-label": `Note to ${flight.name}`, placeholder: "note", rows: 3, maxlength: 4000 });
  [tags.value, note.value] = [(flight.tags ?? []).join(", "), flight.note ?? ""];
  const told = el("p", { class: "bad", role: "alert" });
  const keep = el("button", { type: "submit", class: "main" }, "Keep");
  const form = el("form", { class: "about", submit: (event: Event) => {
    event.preventDefault();
    void write();
  } }, tags, note,
    known.length > 0 && el("div", { class: "row" }, el("span", { class: "soft" }, "known:"), ...known.map((tag) => el("button", { type: "button", class: "small", click: () => (tags.value = read_tags(`${tags.value},${tag}`).join(", ")) }, tag))),
    el("div", { class: "row" }, keep, told));
  const write = async () => {
    keep.disabled = true;
    say(told, "");
    try {
      const answer = await door.about(flight.name, read_tags(tags.value), note.value.trim());
      if (!answer.ok) throw new Error(answer.said ?? "refused");
      toast(answer.said ?? `Kept: ${flight.name}`);
      await written();
    } catch (cause) {
      say(told, `Not kept: ${(cause as Error).message}`);
    } finally {
      keep.disabled = false;
    }
  };
  return el("details", {}, el("summary", {}, "Tags, note"), form);
}

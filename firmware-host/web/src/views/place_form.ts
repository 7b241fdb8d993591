// A line in which a place is typed.

import { el } from "../dom.ts";
import type { KeptPlace } from "../kept_place.ts";

/** The line with its button, and `more` behind it; what is wrong with a place is told where it was typed. */
export function place_form(label: string, place: KeptPlace, ...more: HTMLElement[]): HTMLFormElement {
  const input = el("input", { type: "text", "aria-label": `${label}: lat/lon, UTM or MGRS`, placeholder: "lat/lon, UTM or MGRS",
    autocomplete: "off", spellcheck: "false", maxlength: 80 });
  input.addEventListener("input", () => input.setCustomValidity(""));
  return el("form", { class: "row", submit: (event: Event) => {
    event.preventDefault();
    try {
      place.type(input.value);
      input.setCustomValidity("");
    } catch (cause) {
      input.setCustomValidity((cause as Error).message);
      input.reportValidity();
    }
  } }, input, el("button", { type: "submit" }, "Set"), ...more);
}

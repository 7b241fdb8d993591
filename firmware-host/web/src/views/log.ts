// What happened, the newest first.

import type { LogEntry } from "../api.ts";
import { el, swap } from "../dom.ts";
import { clock } from "../format.ts";
import { LOG_ENTRIES, type Picture } from "../picture.ts";

const KINDS: [string, string, (entry: LogEntry) => boolean][] = [
  ["all", "all", () => true],
  ["alarm", "warnings", (entry) => entry.severity === "critical" || entry.severity === "warning"],
  ["state", "states and operator", (entry) => entry.source === "state_change" || entry.source === "operator"],
  ["detection", "detections", (entry) => entry.source === "detection"],
];
const SHOWN = 200;

export function log_panel(picture: Picture): HTMLElement {
  const list = el("ol", { class: "log", role: "log", "aria-live": "off", "aria-label": "What happened, newest first", tabindex: 0 });
  const kind = el("select", { "aria-label": "Which entries" }, ...KINDS.map(([value, word]) => el("option", { value }, word)));
  const wanted = el("input", { type: "search", placeholder: "in the text", "aria-label": "Only entries with this text" });
  let newest = -1;
  let counted = 0;
  const show = (anew: boolean) => {
    const of_kind = KINDS.find(([value]) => value === kind.value)![2];
    const text = wanted.value.trim().toLowerCase();
    const fits = (entry: LogEntry) => of_kind(entry) && (text === "" || `${entry.source} ${entry.kind} ${entry.text}`.toLowerCase().includes(text));
    const last = picture.log.at(-1)?.id ?? -1;
    // older ones that came late, or another moment of a replay: not to be had by adding at the top
    const added = picture.log.filter((entry) => entry.id > newest).length;
    const is_other = last < newest || (picture.log.length < LOG_ENTRIES && picture.log.length !== counted + added);
    counted = picture.log.length;
    if (anew || is_other) swap(list, ...picture.log.filter(fits).slice(-SHOWN).reverse().map(line));
    else list.prepend(...picture.log.filter((entry) => entry.id > newest && fits(entry)).reverse().map(line));
    while (list.childElementCount > SHOWN) list.lastElementChild!.remove();
    newest = last;
  };
  kind.addEventListener("change", () => show(true));
  wanted.addEventListener("input", () => show(true));
  picture.on(["log"], () => show(false));
  return el("div", { class: "fill" }, el("div", { class: "row" }, kind, wanted), list);
}

function line(entry: LogEntry): HTMLElement {
  return el("li", { "data-severity": entry.severity ?? "", "data-source": entry.source },
    el("time", {}, clock(entry.at_us / 1e6)), el("b", {}, entry.kind.replaceAll("_", " ")), el("span", {}, entry.text));
}

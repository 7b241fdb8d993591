// Keys of the whole page. Each stands here, and in the list that `?` shows.

/** Whether a key belongs to something that is being written. */
export function is_typing(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  return !!target?.closest("textarea, select, [contenteditable], input:not([type=range]):not([type=checkbox]):not([type=radio])");
}

export const KEYS: [string, string][] = [
  ["s, or Escape twice", "Stop: homing off at once"],
  ["hold Enter on the slide", "enable homing"],
  ["1 … 6", "views"],
  ["c", "take or give up control"],
  ["d", "dark or light"],
  ["arrows, + and − on the map", "move and zoom"],
  ["f", "the map follows the aircraft, or not"],
  ["space; ← and →; comma, full stop", "replay: play; seek by 10 s; step"],
  ["?", "this list"],
];

export type Bindings = Map<string, () => void>;

/** Runs what is bound to a key, unless something is being written or a dialog is open. */
export function listen(bindings: Bindings): void {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || is_typing(event)) return;
    if (document.querySelector("dialog[open]")) return;
    const bound = bindings.get(event.key);
    if (!bound) return;
    const target = event.target as HTMLElement | null;
    if (event.key === " " && target?.closest("button, [role=button], [role=tab], summary")) return;
    if (event.key.startsWith("Arrow") && target?.closest(".leaflet-container, [role=tab], input")) return;
    event.preventDefault();
    bound();
  });
}

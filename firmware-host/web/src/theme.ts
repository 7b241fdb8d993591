// Dark and light: as the system says, until the button said otherwise.

import { keep, kept } from "./kept.ts";

const KEY = "theme";

export type Theme = "dark" | "light";

const DARK = "(prefers-color-scheme: dark)";
const told: (() => void)[] = [];
const colours = new Map<string, string>();

export function theme(): Theme {
  const wanted = kept(KEY);
  return wanted === "dark" || wanted === "light" ? wanted : matchMedia(DARK).matches ? "dark" : "light";
}

export function on_theme(show: () => void): void {
  told.push(show);
}

export function apply_theme(): void {
  colours.clear();
  document.documentElement.dataset["theme"] = theme();
  for (const show of told) show();
}

export function turn_theme(): void {
  keep(KEY, theme() === "dark" ? "light" : "dark");
  apply_theme();
}

/** A colour of the style sheet, for canvases. */
export function colour(name: string): string {
  let found = colours.get(name);
  if (found === undefined) {
    found = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    // before the style sheet is there nothing is known for good
    if (found !== "") colours.set(name, found);
  }
  return found || "gray";
}

/** From now on as the system changes. */
export function follow_system(): void {
  apply_theme();
  matchMedia(DARK).addEventListener("change", apply_theme);
}

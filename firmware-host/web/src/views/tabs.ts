// Tabs by the ARIA pattern: arrows move, Home and End go to the ends.

import { el, mark } from "../dom.ts";

export interface Tab {
  id: string;
  title: string;
  panel: HTMLElement;
}

/** Makes `list` a tab list over the panels; answers how to show one. */
export function tabs(list: HTMLElement, entries: Tab[], shown: (id: string) => void = () => {}): (id: string) => void {
  list.setAttribute("role", "tablist");
  list.replaceChildren(...entries.map(({ id, title, panel }) => {
    panel.id = `panel-${id}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", `tab-${id}`);
    return el("button", { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`, click: () => show(id) }, title);
  }));
  const show = (id: string) => {
    entries.forEach((entry, index) => {
      const is_shown = entry.id === id;
      const tab = list.children[index] as HTMLElement;
      mark(tab, "aria-selected", String(is_shown));
      tab.tabIndex = is_shown ? 0 : -1;
      // a tab that is hidden has given its panel away
      if (!tab.hidden) entry.panel.hidden = !is_shown;
    });
    shown(id);
  };
  list.addEventListener("keydown", (event) => {
    const at = entries.findIndex((_, index) => list.children[index] === document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const index = (to + entries.length) % entries.length;
    show(entries[index]!.id);
    (list.children[index] as HTMLElement).focus();
  });
  return show;
}

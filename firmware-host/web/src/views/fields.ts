// Labelled fields of a form, each with room for what is wrong with it.

import { el, mark, say } from "../dom.ts";

export interface Labelled {
  node: HTMLElement;
  /** Tells what is wrong; "": nothing is. */
  tell: (trouble: string) => void;
}

type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

export function labelled(id: string, label: string, unit: string, input: Input, class_name = ""): Labelled {
  input.id = id;
  const trouble = el("span", { class: "trouble", id: `${id}-trouble` });
  const node = el("div", { class: `field ${class_name}`.trim() }, el("label", { for: id }, label, unit !== "" && el("small", {}, ` ${unit}`)), input, trouble);
  return {
    node,
    tell: (text) => {
      say(trouble, text);
      mark(input, "aria-invalid", text === "" ? null : "true");
      mark(input, "aria-describedby", text === "" ? null : trouble.id);
    },
  };
}

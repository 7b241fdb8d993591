// What a browser keeps for the page. One that keeps nothing (a private window, a full disk) costs a preference, not the page.

/** For this browser, or for this tab only. */
export type Keeper = "browser" | "tab";

const storage = (keeper: Keeper): Storage => (keeper === "browser" ? localStorage : sessionStorage);

export function kept(key: string, keeper: Keeper = "browser"): string | null {
  try {
    return storage(keeper).getItem(`skyhound-${key}`);
  } catch {
    return null;
  }
}

/** Keeps a value; null forgets it. */
export function keep(key: string, value: string | null, keeper: Keeper = "browser"): void {
  try {
    if (value === null) storage(keeper).removeItem(`skyhound-${key}`);
    else storage(keeper).setItem(`skyhound-${key}`, value);
  } catch {
    // not kept: the next page begins without it
  }
}

// How the page talks to the server: the token, this tab's id, refusals in words, requests that end in time.

import { keep, kept } from "./kept.ts";
import type { Answer, Flight, OfflineMap, Plan, PlanAsked, Profile, Recipe, Row, SettingsText, State, WhatIf } from "./api.ts";

/** What the server refused, or that it did not answer: `message` is fit to be shown. */
export class Refusal extends Error {
  /** HTTP status; 0 = no answer came. */
  constructor(message: string, readonly status: number) {
    super(message);
  }

  /** Too much is asked just now; in a moment it may be answered. */
  get is_busy(): boolean {
    return this.status === 429 || this.status === 503 || (this.status === 409 && /try again/.test(this.message));
  }
}

/** Questions that are under way at once: each is a process of its own beside the flight. */
const QUESTIONS = 2;
/** A server that has too much to do is asked again so often, a little later each time. */
const BUSY_TRIES = 4;

const TOKEN_KEY = "token";

function random_id(): string {
  // crypto.randomUUID is not there over plain http from another machine
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Door {
  /** Of this tab, while it is open. */
  readonly client = random_id();
  /** Called at a 401; answers the token to go on with, or null to give up. */
  on_token: () => Promise<string | null> = async () => null;

  private asking = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(readonly base = "/api/v1") {}

  /** Where the tab keeps nothing, it is had for as long as the page is open. */
  private typed_token: string | null = null;

  get token(): string | null {
    return kept(TOKEN_KEY, "tab") ?? this.typed_token;
  }

  private headers(more: Record<string, string> = {}): Record<string, string> {
    const token = this.token;
    return { "X-Skyhound-Client": this.client, ...(token ? { Authorization: `Bearer ${token}` } : {}), ...more };
  }

  /** A request that is no refusal; asks for the token once where one is wanted. */
  async request(path: string, init: RequestInit = {}, limit_ms = 30_000): Promise<Response> {
    for (;;) {
      const late = new AbortController();
      const clock = limit_ms > 0 ? setTimeout(() => late.abort(), limit_ms) : undefined;
      init.signal?.addEventListener("abort", () => late.abort());
      let response: Response;
      try {
        const headers = this.headers(init.headers as Record<string, string> | undefined);
        response = await fetch(this.base + path, { ...init, headers, signal: late.signal, cache: "no-store" });
      } catch (cause) {
        if (init.signal?.aborted) throw cause;
        throw new Refusal(late.signal.aborted ? `no answer within ${limit_ms / 1000} s` : "the server cannot be reached", 0);
      } finally {
        clearTimeout(clock);
      }
      if (response.status === 401) {
        const token = await this.on_token();
        if (token === null) throw new Refusal("the server wants a token", 401);
        keep(TOKEN_KEY, token, "tab");
        this.typed_token = token;
        continue;
      }
      if (!response.ok) throw new Refusal(await said(response), response.status);
      return response;
    }
  }

  async get<T>(path: string): Promise<T> {
    return (await this.request(path)).json() as Promise<T>;
  }

  async post<T>(path: string, body: unknown, limit_ms?: number): Promise<T> {
    return (await this.request(path, posted(body), limit_ms)).json() as Promise<T>;
  }

  state = () => this.get<State>("/state");
  control = (take: boolean, name: string) => this.post<Answer>("/control", { take, name });
  /** Short-lived: who presses Stop must know soon whether it arrived. */
  homing = (on: boolean, limit_ms = 1500) => this.post<Answer>("/homing", { on }, limit_ms);
  profiles = async () => (await this.get<{ profiles: Profile[] }>("/profiles")).profiles;
  profile = (name: string, sets: string[]) => this.post<Answer>("/profile", { name, sets });
  settings = () => this.get<SettingsText>("/settings");
  cookbook = () => this.get<Recipe[]>("/cookbook");
  /** All there are, or those in which a text stands. */
  flights = (text = "") => this.get<Flight[]>(text === "" ? "/flights" : `/flights?text=${encodeURIComponent(text)}`);
  about = (flight: string, tags: string[], note: string) => this.post<Answer>(`${this.flight_path(flight)}/about`, { tags, note });
  /** Computed anew from the first sample on: that lasts as long as it lasts. */
  what_if = (flight: string, set: string[]) => this.post<WhatIf>(`${this.flight_path(flight)}/what-if`, { set }, 0);
  plan = async (asked: PlanAsked, signal: AbortSignal) => (await this.request("/search/plan", { ...posted(asked), signal })).json() as Promise<Plan>;
  plan_file = async (asked: PlanAsked, form: string) => (await this.request("/search/plan", posted({ ...asked, form }))).blob();
  maps = () => this.get<OfflineMap[]>("/maps");

  /** Rows of a flight; `live` is the one that is being recorded. */
  async query<T = Row>(flight: string, sql: string): Promise<T[]> {
    return read_rows<T>(await (await this.ask(flight, sql, "json")).text());
  }

  /** The same, each value as it is written. */
  async query_raw(flight: string, sql: string): Promise<Row[]> {
    return JSON.parse((await (await this.ask(flight, sql, "json")).text()) || "[]") as Row[];
  }

  async query_csv(flight: string, sql: string): Promise<string> {
    return (await this.ask(flight, sql, "csv")).text();
  }

  private async ask(flight: string, sql: string, format: "json" | "csv"): Promise<Response> {
    if (this.asking >= QUESTIONS) await new Promise<void>((turn) => this.waiting.push(turn));
    this.asking += 1;
    try {
      const init = posted({ sql, format });
      for (let tries = 1; ; tries += 1) {
        try {
          return await this.request(`${this.flight_path(flight)}/query`, init, 120_000);
        } catch (cause) {
          if (!(cause instanceof Refusal) || !cause.is_busy || tries === BUSY_TRIES) throw cause;
          await new Promise((resolve) => setTimeout(resolve, 500 * tries));
        }
      }
    } finally {
      this.asking -= 1;
      this.waiting.shift()?.();
    }
  }

  flight_path(flight: string): string {
    return `/flights/${encodeURIComponent(flight)}`;
  }
}

const posted = (body: unknown): RequestInit => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** Rows as they are written: numbers that JSON has none for come as texts, and are unknown here. */
export function read_rows<T>(text: string): T[] {
  if (text.trim() === "") return [];
  if (!/"(NaN|-?Infinity)"/.test(text)) return JSON.parse(text) as T[];
  return JSON.parse(text, (_, value: unknown) => (value === "NaN" || value === "Infinity" || value === "-Infinity" ? null : value)) as T[];
}

async function said(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  try {
    const answer = JSON.parse(text) as Answer;
    if (typeof answer.said === "string" && answer.said !== "") return answer.said;
  } catch {
    // not JSON: the plain text is all there is
  }
  return text.slice(0, 300) || `the server answered ${response.status} ${response.statusText}`;
}

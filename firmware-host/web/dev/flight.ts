// Asks flight files through the program `skyhound`: for the fixture server only.

import { execFile } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Door } from "../src/door.ts";

export interface Files {
  skyhound: string;
  folder: string;
}

export class Asked extends Error {}

export function paths(files: Files): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(files.folder)) if (name.endsWith(".duckdb")) found.set(name.slice(0, -7), join(files.folder, name));
  return found;
}

/** What `skyhound query` prints. */
export function query(files: Files, path: string, sql: string, format: "json" | "csv"): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(files.skyhound, ["query", path, sql, "--format", format], { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error) reject(new Asked(stderr.trim() || error.message));
      else resolve(stdout);
    });
  });
}

export function bytes(path: string): number {
  return statSync(path).size;
}

/** A door straight to a file, so that what the page's replay composes can be streamed as if it were live. */
export class FileDoor extends Door {
  constructor(private readonly files: Files, private readonly path: string) {
    super();
  }

  override async query<T>(_flight: string, sql: string): Promise<T[]> {
    return JSON.parse((await query(this.files, this.path, sql, "json")) || "[]") as T[];
  }
}

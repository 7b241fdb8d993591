// Bundles the fixture server and runs it. For development only.
import { build } from "esbuild";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", ".made", "dev", "server.mjs");
await build({ entryPoints: [join(here, "server.ts")], outfile: out, bundle: true, platform: "node", format: "esm", target: "node18", logLevel: "warning" });
await import(pathToFileURL(out).href);

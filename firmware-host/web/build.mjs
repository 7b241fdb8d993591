// Builds the page into dist/, which the host embeds. The names of its files are fixed, but for the parts that are
// loaded when a map wants them. Ends with 1 where the page has become heavier than a tablet in the field should load.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const limit_bytes = 1_500_000;
const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "dist");
rmSync(out, { recursive: true, force: true });
mkdirSync(out);
await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.ts", style: "src/style/main.css" },
  outdir: out,
  bundle: true,
  minify: true,
  splitting: true,
  format: "esm",
  target: ["chrome109", "firefox115", "safari16"],
  chunkNames: "part-[hash]",
  loader: { ".png": "dataurl", ".svg": "dataurl" },
  legalComments: "linked",
  logLevel: "warning",
});
for (const name of ["index.html", "icon.svg"]) copyFileSync(join(here, "src", name), join(out, name));
let total_bytes = 0;
for (const name of readdirSync(out).sort()) {
  const bytes = statSync(join(out, name)).size;
  total_bytes += bytes;
  console.log(`${String(bytes).padStart(9)}  ${name}`);
}
console.log(`${String(total_bytes).padStart(9)}  in all, of at most ${limit_bytes}`);
if (total_bytes > limit_bytes) process.exit(1);

// Builds the page into dist/, which the host embeds. The names of its files are fixed, but for the parts that are
// loaded when a map wants them. Ends with 1 where the page has become heavier than a tablet in the field should load.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { write_handbook } from "./handbook/render.mjs";

const limit_bytes = 1_500_000;
const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "dist");
rmSync(out, { recursive: true, force: true });
mkdirSync(out);
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.ts", style: "src/style/main.css", reader: "src/reader/main.ts", "reader-style": "src/reader/reader.css" },
  outdir: out,
  bundle: true,
  minify: true,
  splitting: true,
  format: "esm",
  target: ["chrome109", "firefox115", "safari16"],
  chunkNames: "part-[hash]",
  loader: { ".png": "dataurl", ".svg": "dataurl" },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});
for (const [from, to] of [["index.html", "index.html"], ["icon.svg", "icon.svg"], ["reader/index.html", "api.html"]]) copyFileSync(join(here, "src", from), join(out, to));
write_handbook(join(out, "handbook"));
// Their licences want to go along with what is made of them.
const packages = new Set(Object.keys(metafile.inputs).map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean));
const licences = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `${name} ${about.version}: ${about.license}\n\n${file ? readFileSync(join(folder, file), "utf8").trim() : `by ${about.author?.name ?? about.author ?? "its authors"}`}\n`;
});
writeFileSync(join(out, "licences.txt"), licences.join(`\n${"-".repeat(72)}\n\n`));
let total_bytes = 0;
for (const name of readdirSync(out, { recursive: true }).sort()) {
  const about = statSync(join(out, name));
  if (about.isDirectory()) continue;
  const bytes = about.size;
  total_bytes += bytes;
  console.log(`${String(bytes).padStart(9)}  ${name}`);
}
console.log(`${String(total_bytes).padStart(9)}  in all, of at most ${limit_bytes}`);
if (total_bytes > limit_bytes) process.exit(1);

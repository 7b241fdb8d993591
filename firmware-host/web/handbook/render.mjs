// The handbook's chapters (firmware-host/handbook, an mdBook) → pages beside the page: plain HTML without any script.
import { mkdirSync, readFileSync, writeFileSync, copyFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Marked } from "marked";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "../../handbook/src");

/** As mdBook names a heading, so that links hold in both. */
const anchor = (heading) => heading.trim().toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
/** `chapter.md#place` as it is called here; the first chapter is the page one comes to. */
const linked = (href, first) => href.replace(/^([\w-]+)\.md/, (_, name) => (name === first ? "index.html" : `${name}.html`));

function chapters() {
  const summary = readFileSync(join(source, "SUMMARY.md"), "utf8");
  return [...summary.matchAll(/\[([^\]]+)\]\(([\w-]+)\.md\)/g)].map(([, title, name]) => ({ title, name }));
}

function html_of(name, first) {
  const headings = [];
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      heading({ tokens, depth, text }) {
        const id = anchor(text);
        if (depth === 2) headings.push({ id, text });
        return `<h${depth} id="${escaped(id)}"><a href="#${escaped(id)}">${this.parser.parseInline(tokens)}</a></h${depth}>\n`;
      },
      link({ href, tokens }) {
        return `<a href="${escaped(linked(href, first))}">${this.parser.parseInline(tokens)}</a>`;
      },
      // long names of tests and settings break behind a part of theirs
      codespan: ({ text }) => `<code>${escaped(text).replace(/[_.]/g, "$&<wbr>")}</code>`,
      // what is wide scrolls by itself, also by keys
      code: ({ text }) => `<pre tabindex="0"><code>${escaped(text)}</code></pre>\n`,
      // the marks of quotations are for the test that makes them anew
      html: () => "",
    },
  });
  const table = /<table>[\s\S]*?<\/table>/g;
  const body = marked.parse(readFileSync(join(source, `${name}.md`), "utf8")).replace(table, (found) => `<div class="wide" tabindex="0">${found}</div>`);
  return { body, headings };
}

/** Writes the book into the folder `out`. */
export function write_handbook(out) {
  const all = chapters();
  const first = all[0].name;
  mkdirSync(out, { recursive: true });
  copyFileSync(join(here, "book.css"), join(out, "book.css"));
  all.forEach(({ title, name }, at) => {
    const { body, headings } = html_of(name, first);
    const to = (chapter) => linked(`${chapter.name}.md`, first);
    const places = headings.length === 0 ? "" : `<ul>${headings.map(({ id, text }) => `<li><a href="#${escaped(id)}">${escaped(text.replaceAll("`", ""))}</a></li>`).join("")}</ul>`;
    const contents = all.map((chapter) => `<li>${chapter.name === name ? `<a href="${to(chapter)}" aria-current="page">${escaped(chapter.title)}</a>${places}` : `<a href="${to(chapter)}">${escaped(chapter.title)}</a>`}</li>`).join("\n");
    const [before, after] = [all[at - 1], all[at + 1]];
    writeFileSync(join(out, to({ name })), `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escaped(title)} · Skyhound: handbook</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="../icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="book.css">
</head>
<body>
<header><a href="../">Skyhound</a> <span>handbook</span> <a href="#contents" class="to">Contents</a></header>
<main>
${body}
<p class="on">${before ? `<a rel="prev" href="${to(before)}">← ${escaped(before.title)}</a>` : "<span></span>"}${after ? `<a rel="next" href="${to(after)}">${escaped(after.title)} →</a>` : ""}</p>
</main>
<nav id="contents" aria-label="Contents">
<ol>
${contents}
</ol>
</nav>
</body>
</html>
`);
  });
}

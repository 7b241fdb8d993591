// Serves dist/ and passes all else on to a real server, so that the page is tried without building the host. For development only.
//   node dev/proxy.mjs http://127.0.0.1:8417 8418
import { createServer, request } from "node:http";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const [to = "http://127.0.0.1:8417", port = "8418"] = process.argv.slice(2);
const server = new URL(to);
const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const own = createServer((asked, answer) => {
  const path = asked.url.split("?")[0];
  const file = join(dist, normalize(path === "/" ? "/index.html" : path));
  if (file.startsWith(dist) && existsSync(file) && statSync(file).isFile()) {
    return answer.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "text/plain", "Content-Security-Policy": CSP }).end(readFileSync(file));
  }
  const headers = { ...asked.headers, host: server.host };
  if (headers.origin) headers.origin = server.origin;
  const passed = request(new URL(asked.url, server), { method: asked.method, headers }, (told) => {
    answer.writeHead(told.statusCode, told.headers);
    told.pipe(answer);
  });
  passed.on("error", () => answer.destroy());
  answer.on("close", () => passed.destroy());
  asked.pipe(passed);
}).listen(Number(port), "127.0.0.1", () => console.log(`for development only: page at http://127.0.0.1:${own.address().port} before ${to}`));

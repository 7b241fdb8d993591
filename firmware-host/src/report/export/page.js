"use strict";
// Draws the figures of a report from the numbers in the page. No library: curves, a map and a waterfall, as SVG that prints sharp.
const SVG = "http://www.w3.org/2000/svg";
const numbers = JSON.parse(document.getElementById("numbers").textContent);
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"];
const DASHES = ["", "7 4", "2 3"];

const el = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const svg = (name, attributes = {}, text) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};
const step = (span, count) => {
  const raw = span / count, power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
};
const ticks = (low, high) => {
  const unit = step(high - low, 4), first = Math.ceil(low / unit);
  return Array.from({ length: Math.floor(high / unit + 1e-9) - first + 1 }, (_, n) => (first + n) * unit);
};
// 1, 2, 5 of each decade, or the decades alone where there are many.
const decades = (low, high) => {
  const all = [];
  for (let n = Math.floor(low); n <= high; n++) for (const m of high - low > 2 ? [1] : [1, 2, 5]) all.push(n + Math.log10(m));
  return all.filter((tick) => tick >= low && tick <= high);
};
const clock = (s) => {
  const whole = Math.max(0, Math.round(s)), two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
};
const save = (name, text) => {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

// Curves of one flight share their time axis.
class Timeline {
  constructor(from, to) { this.all = [from, to]; this.range = [from, to]; this.plots = []; }
  set(from, to) {
    const least = Math.max(1, (this.all[1] - this.all[0]) / 2000);
    if (to - from < least) to = from + least;
    const span = Math.min(to - from, this.all[1] - this.all[0]);
    from = Math.min(Math.max(from, this.all[0]), this.all[1] - span);
    this.range = [from, from + span];
    this.plots.forEach((plot) => plot());
  }
  zoom(factor, at = (this.range[0] + this.range[1]) / 2) {
    this.set(at - (at - this.range[0]) * factor, at + (this.range[1] - at) * factor);
  }
  move(share) { const by = share * (this.range[1] - this.range[0]); this.set(this.range[0] + by, this.range[1] + by); }
  reset() { this.set(...this.all); }
}

function tools(host, timeline) {
  const bar = el("div", { class: "tools" }, "Time:");
  const buttons = [["+", "closer", () => timeline.zoom(0.5)], ["−", "wider", () => timeline.zoom(2)], ["◀", "earlier", () => timeline.move(-0.3)],
    ["▶", "later", () => timeline.move(0.3)], ["all", "the whole flight", () => timeline.reset()]];
  for (const [text, label, act] of buttons) {
    const button = el("button", { type: "button", "aria-label": label, title: label }, text);
    button.addEventListener("click", act);
    bar.append(button);
  }
  bar.append(el("span", { class: "soft" }, "drag over a figure to look closer, double click for all"));
  host.append(bar);
}

// As wide as the page when it is opened: letters are legible on a phone, and figures fit on paper.
const WIDE = Math.max(340, Math.min(1100, document.body.clientWidth - 32)), LEFT = 58, RIGHT = 10, TOP = 8, BOTTOM = 22;

function figure(host, timeline, { title, unit, height = 170, curves, from_zero = false, log = false }) {
  curves = curves.filter((curve) => curve.value.some((value) => value !== null));
  if (!curves.length) return;
  const output = el("output");
  const caption = el("figcaption", {}, el("strong", {}, `${title}, ${unit}`));
  curves.forEach((curve, index) => {
    curve.colour ??= COLOURS[index % COLOURS.length];
    curve.dash ??= DASHES[Math.floor(index / 2) % DASHES.length];
    const key = el("span", { class: "key" + (curve.dash ? (curve.dash === "2 3" ? " dots" : " dash") : "") }, curve.name || title);
    key.style.color = curve.colour;
    if (curves.length > 1) caption.append(key);
  });
  const button = el("button", { type: "button" }, "CSV");
  button.addEventListener("click", () => save(`${title.replaceAll(/\W+/g, "_")}.csv`,
    "curve,at_s,value\n" + curves.flatMap((c) => c.at_s.map((at, i) => `${JSON.stringify(c.name || title)},${at},${c.value[i] ?? ""}`)).join("\n") + "\n"));
  caption.append(output, button);
  const picture = svg("svg", { viewBox: `0 0 ${WIDE} ${height}`, role: "img", "aria-label": `${title} over time` });
  host.append(el("figure", {}, caption, picture));
  const scaled = (value) => (log ? Math.log10(Math.max(value, 0.1)) : value);
  let toX, toY;
  const draw = () => {
    const [from, to] = timeline.range;
    toX = (at) => LEFT + ((at - from) / (to - from)) * (WIDE - LEFT - RIGHT);
    let low = Infinity, high = -Infinity;
    for (const curve of curves) curve.at_s.forEach((at, i) => {
      if (at < from || at > to || curve.value[i] === null) return;
      const value = scaled(curve.value[i]);
      low = Math.min(low, value); high = Math.max(high, value);
    });
    if (low > high) [low, high] = [0, 1];
    if (from_zero) low = Math.min(0, low);
    const room = Math.max((high - low) * 0.06, 0.05);
    if (!from_zero) low -= room;
    high += room;
    toY = (value) => TOP + ((high - scaled(value)) / (high - low)) * (height - TOP - BOTTOM);
    picture.replaceChildren();
    for (const tick of log ? decades(low, high) : ticks(low, high)) {
      const y = TOP + ((high - tick) / (high - low)) * (height - TOP - BOTTOM);
      const text = log ? String(+(10 ** tick).toPrecision(3)) : String(+tick.toFixed(4));
      picture.append(svg("line", { class: "grid", x1: LEFT, x2: WIDE - RIGHT, y1: y, y2: y }), svg("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, text));
    }
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
    const unitX = steps.find((n) => n >= (to - from) / (WIDE / 110)) ?? 14400;
    for (let tick = Math.ceil(from / unitX) * unitX; tick <= to; tick += unitX) {
      picture.append(svg("line", { class: "grid", x1: toX(tick), x2: toX(tick), y1: TOP, y2: height - BOTTOM }),
        svg("text", { x: Math.min(toX(tick), WIDE - 26), y: height - 7, "text-anchor": "middle" }, clock(tick)));
    }
    const within = ["clip", Math.random().toString(36).slice(2)].join("");
    const clip = svg("clipPath", { id: within });
    clip.append(svg("rect", { x: LEFT, y: TOP, width: WIDE - LEFT - RIGHT, height: height - TOP - BOTTOM }));
    picture.append(clip);
    for (const curve of curves) {
      let path = "", dots = "", pen = false;
      const gap = 6 * ((timeline.all[1] - timeline.all[0]) / 1200 + 0.5);
      curve.at_s.forEach((at, i) => {
        const value = curve.value[i];
        if (value === null || at < from - gap || at > to + gap) { pen = false; return; }
        if (i > 0 && at - curve.at_s[i - 1] > gap) pen = false;
        // what no line reaches would not be seen
        const isAlone = !pen && !(curve.value[i + 1] != null && curve.at_s[i + 1] - at <= gap);
        if (isAlone) dots += `M${toX(at).toFixed(1)} ${toY(value).toFixed(1)}h0`;
        path += `${pen ? "L" : "M"}${toX(at).toFixed(1)} ${toY(value).toFixed(1)}`;
        pen = true;
      });
      picture.append(svg("path", { d: path, fill: "none", stroke: curve.colour, "stroke-width": 1.4, "stroke-dasharray": curve.dash, "clip-path": `url(#${within})`, "stroke-linejoin": "round" }),
        svg("path", { d: dots, fill: "none", stroke: curve.colour, "stroke-width": 4, "stroke-linecap": "round", "clip-path": `url(#${within})` }));
    }
    picture.append(svg("rect", { class: "frame", x: LEFT, y: TOP, width: WIDE - LEFT - RIGHT, height: height - TOP - BOTTOM }));
  };
  timeline.plots.push(draw);
  draw();
  pointers(picture, timeline, (at) => {
    output.textContent = `${clock(at)}  ` + curves.map((curve) => {
      let low = 0, high = curve.at_s.length - 1;
      while (low < high) { const middle = (low + high) >> 1; if (curve.at_s[middle] < at) low = middle + 1; else high = middle; }
      const value = curve.value[low];
      return value === null || value === undefined ? "–" : String(+value.toFixed(2));
    }).join("  ");
  });
}

function pointers(picture, timeline, told) {
  const timeAt = (event) => {
    const box = picture.getBoundingClientRect(), x = ((event.clientX - box.left) / box.width) * WIDE;
    const share = Math.min(1, Math.max(0, (x - LEFT) / (WIDE - LEFT - RIGHT)));
    return timeline.range[0] + share * (timeline.range[1] - timeline.range[0]);
  };
  let begun = null;
  picture.addEventListener("pointerdown", (event) => { begun = timeAt(event); });
  picture.addEventListener("pointermove", (event) => told(timeAt(event)));
  picture.addEventListener("pointerup", (event) => {
    const ended = timeAt(event);
    if (begun !== null && Math.abs(ended - begun) > (timeline.range[1] - timeline.range[0]) / 50) timeline.set(Math.min(begun, ended), Math.max(begun, ended));
    begun = null;
  });
  picture.addEventListener("dblclick", () => timeline.reset());
}

const STATE_COLOURS = { IDLE: "#bdbdbd", SEARCHING: "#56b4e9", DETECTING: "#f0e442", HOMING: "#e69f00", HOLDING: "#009e73" };

function stays(host, timeline, states) {
  if (!states.length) return;
  const picture = svg("svg", { viewBox: `0 0 ${WIDE} 34`, role: "img", "aria-label": "states over time" });
  host.append(el("figure", {}, el("figcaption", {}, el("strong", {}, "State")), picture));
  const draw = () => {
    const [from, to] = timeline.range;
    const toX = (at) => LEFT + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (WIDE - LEFT - RIGHT);
    picture.replaceChildren();
    for (const stay of states) {
      const [x, end] = [toX(stay.from_s), toX(stay.until_s)];
      if (end <= x) continue;
      const box = svg("rect", { x, y: 4, width: Math.max(end - x, 0.5), height: 24, fill: STATE_COLOURS[stay.state] ?? "#999", stroke: "#111", "stroke-width": 0.6 });
      box.append(svg("title", {}, `${stay.state} ${clock(stay.from_s)} to ${clock(stay.until_s)}`));
      picture.append(box);
      if (end - x > 8.5 * stay.state.length) {
        const text = svg("text", { x: (x + end) / 2, y: 20, "text-anchor": "middle" }, stay.state);
        text.style.fill = "#111";
        picture.append(text);
      }
    }
  };
  timeline.plots.push(draw);
  draw();
}

function waterfall(host, fall) {
  if (!fall || !fall.at_s.length) return;
  const rows = fall.at_s.length, bins = fall.bin_count;
  const levels = new Uint8Array(rows * bins);
  for (let i = 0; i < levels.length; i++) levels[i] = parseInt(fall.levels.substr(2 * i, 2), 16);
  const sorted = Uint8Array.from(levels).sort();
  const low = sorted[Math.floor(sorted.length * 0.05)], high = Math.max(low + 12, sorted[Math.floor(sorted.length * 0.99)]);
  const canvas = el("canvas", { class: "fall", width: rows, height: bins, role: "img", "aria-label": "spectrum over time" });
  const context = canvas.getContext("2d"), image = context.createImageData(rows, bins);
  for (let row = 0; row < rows; row++) for (let bin = 0; bin < bins; bin++) {
    const share = Math.min(1, Math.max(0, (levels[row * bins + bin] - low) / (high - low)));
    // Brighter is louder on paper too: black to white by way of blue and yellow.
    const at = 4 * ((bins - 1 - bin) * rows + row);
    image.data.set([255 * Math.min(1, 1.6 * share), 255 * share ** 1.3, 255 * (0.25 + 0.35 * share - 0.6 * share * share * (share < 0.8 ? 1 : 1 - 5 * (share - 0.8))), 255], at);
  }
  context.putImageData(image, 0, 0);
  const mhz = (hz) => (hz / 1e6).toFixed(4);
  host.append(el("figure", {}, el("figcaption", {}, el("strong", {}, "Spectrum over the whole flight"),
    el("span", {}, `${clock(fall.at_s[0])} to ${clock(fall.at_s[rows - 1])}; ${mhz(fall.first_bin_hz)} (bottom) to ${mhz(fall.first_bin_hz + fall.bin_hz * (bins - 1))} MHz (top); ${(low / 2 - 140).toFixed(1)} (dark) to ${(high / 2 - 140).toFixed(1)} dBFS (bright)`)), canvas));
}

// ---- The map: metres about its middle, north up.
function map(host, features, track) {
  const places = [];
  const walk = (node) => (typeof node[0] === "number" ? places.push(node) : node.forEach(walk));
  features.forEach((feature) => walk(feature.geometry.coordinates));
  track.forEach(([lat, lon]) => places.push([lon, lat]));
  if (!places.length) return;
  const bounds = (index) => places.reduce(([a, b], place) => [Math.min(a, place[index]), Math.max(b, place[index])], [Infinity, -Infinity]);
  const [west, east] = bounds(0), [south, north] = bounds(1);
  const lat0 = (south + north) / 2, lon0 = (west + east) / 2, perLat = 111132.95 - 559.85 * Math.cos((2 * lat0 * Math.PI) / 180);
  const perLon = 111412.88 * Math.cos((lat0 * Math.PI) / 180) - 93.5 * Math.cos((3 * lat0 * Math.PI) / 180);
  const xy = ([lon, lat]) => [(lon - lon0) * perLon, -(lat - lat0) * perLat];
  const wide = Math.max((east - west) * perLon, 60) * 1.16, high = Math.max((north - south) * perLat, 40) * 1.16;
  const ratio = WIDE < 600 ? 1.1 : 0.62, width = Math.max(wide, high / ratio);
  const view = { x: -width / 2, y: (-width * ratio) / 2, w: width };
  const picture = svg("svg", { role: "img", "aria-label": "map of the flight" });
  picture.style.aspectRatio = String(1 / ratio);
  const layers = {};
  const layer = (name) => (layers[name] ??= picture.appendChild(svg("g")));
  ["searched", "region", "way", "power", "detections", "places"].forEach(layer);
  const dots = [], crosses = [], seen = new Set();
  const line = (points, closed) => points.map((point, i) => (i ? "L" : "M") + xy(point).map((n) => n.toFixed(2)).join(" ")).join("") + (closed ? "Z" : "");
  for (const { geometry, properties } of features) {
    const hint = svg("title", {}, [properties.title, properties.description].filter(Boolean).join(": "));
    const colour = properties.stroke ?? properties["marker-color"] ?? "#111";
    if (geometry.type.endsWith("Polygon")) {
      const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
      const isRegion = properties.kind === "region";
      const shape = svg("path", { d: polygons.flat().map((ring) => line(ring, true)).join(""), "fill-rule": "evenodd", fill: colour, stroke: colour,
        "fill-opacity": isRegion ? (properties.percent === 50 ? 0.5 : 0.25) : 0.08 + 0.5 * (properties.pod_from ?? 0),
        "stroke-width": isRegion ? 2 : 0, "vector-effect": "non-scaling-stroke", "stroke-dasharray": properties.percent === 50 ? "" : "6 4" });
      shape.append(hint);
      layer(isRegion ? "region" : "searched").append(shape);
    } else if (geometry.type === "LineString") {
      const way = svg("path", { d: line(geometry.coordinates), fill: "none", stroke: colour, "stroke-width": 1.4, "vector-effect": "non-scaling-stroke" });
      way.append(hint);
      layer("way").append(way);
    } else if (geometry.type === "Point") {
      const [x, y] = xy(geometry.coordinates);
      if (properties.kind === "detection") {
        const dot = svg("circle", { cx: x, cy: y, fill: "none", stroke: colour, "stroke-width": 2.5, "vector-effect": "non-scaling-stroke" });
        dot.append(hint);
        layer("detections").append(dot);
        dots.push([dot, 7]);
      } else {
        // Several flights have one home.
        const key = [properties.title, Math.round(x), Math.round(y)].join();
        if (seen.has(key)) continue;
        seen.add(key);
        const group = svg("g"), mark = svg("path", { stroke: colour === "#000000" ? "currentColor" : colour, "stroke-width": 3, fill: "none", "vector-effect": "non-scaling-stroke" });
        const text = svg("text", {}, properties.title);
        group.append(mark, text, hint);
        layer("places").append(group);
        crosses.push([mark, text, x, y, properties.kind]);
      }
    }
  }
  if (track.length) {
    layer("way").append(svg("path", { d: line(track.map(([lat, lon]) => [lon, lat])), fill: "none", stroke: "#0072b2", "stroke-width": 1.4, "vector-effect": "non-scaling-stroke", opacity: 0.9 }));
    const powers = track.map((row) => row[3]).filter((power) => power !== null);
    const low = Math.min(...powers), span = Math.max(...powers, low + 1) - low;
    track.forEach(([lat, lon, at, power]) => {
      if (power === null) return;
      const [x, y] = xy([lon, lat]), share = (power - low) / span;
      const dot = svg("circle", { cx: x.toFixed(2), cy: y.toFixed(2), fill: `hsl(${240 - 240 * share} 85% ${62 - 20 * share}%)` });
      dot.append(svg("title", {}, `${clock(at)}  ${power} dBFS`));
      layer("power").append(dot);
      dots.push([dot, 1.2 + 3.2 * share]);
    });
  }
  const overlay = picture.appendChild(svg("g"));
  const draw = () => {
    picture.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.w * ratio}`);
    const pixel = view.w / WIDE;
    dots.forEach(([dot, r]) => dot.setAttribute("r", r * pixel));
    const taken = [];
    crosses.forEach(([mark, text, x, y, kind]) => {
      const r = 9 * pixel;
      mark.setAttribute("d", kind === "home" ? `M${x - r} ${y + r * 0.8}H${x + r}V${y - r * 0.2}L${x} ${y - r}L${x - r} ${y - r * 0.2}Z` : kind === "truth"
        ? `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z` : `M${x - r} ${y}H${x + r}M${x} ${y - r}V${y + r}`);
      let row = y - 1.2 * r;
      while (taken.some(([tx, ty]) => Math.abs(tx - x) < 200 * pixel && Math.abs(ty - row) < 17 * pixel)) row += 17 * pixel;
      taken.push([x, row]);
      const isRight = x > view.x + 0.82 * view.w;
      text.setAttribute("x", x + (isRight ? -1.3 : 1.3) * r);
      text.setAttribute("y", row);
      text.setAttribute("text-anchor", isRight ? "end" : "start");
      text.style.cssText = `font-size:${15 * pixel}px;paint-order:stroke;stroke:var(--paper);stroke-width:${4 * pixel}px;font-weight:600`;
    });
    overlay.replaceChildren();
    const bar = step(view.w / 6, 1), x = view.x + 24 * pixel, y = view.y + view.w * ratio - 22 * pixel;
    const put = (attributes, text) => { const t = svg("text", attributes, text); t.style.cssText = `font-size:${15 * pixel}px;paint-order:stroke;stroke:var(--paper);stroke-width:${4 * pixel}px`; overlay.append(t); };
    overlay.append(svg("path", { d: `M${x} ${y - 7 * pixel}V${y}H${x + bar}V${y - 7 * pixel}`, fill: "none", stroke: "currentColor", "stroke-width": 2 * pixel }));
    put({ x: x + bar / 2, y: y - 9 * pixel, "text-anchor": "middle" }, bar >= 1000 ? `${bar / 1000} km` : `${+bar.toPrecision(3)} m`);
    const nx = view.x + view.w - 34 * pixel, ny = view.y + 26 * pixel;
    overlay.append(svg("path", { d: `M${nx} ${ny + 30 * pixel}V${ny}M${nx - 7 * pixel} ${ny + 10 * pixel}L${nx} ${ny}L${nx + 7 * pixel} ${ny + 10 * pixel}`, fill: "none", stroke: "currentColor", "stroke-width": 2 * pixel }));
    put({ x: nx, y: ny - 5 * pixel, "text-anchor": "middle" }, "N");
  };
  const zoom = (factor, at) => {
    const x = at?.[0] ?? view.x + view.w / 2, y = at?.[1] ?? view.y + (view.w * ratio) / 2;
    const w = Math.min(Math.max(view.w * factor, 5), 4 * width), by = w / view.w;
    view.x = x - (x - view.x) * by; view.y = y - (y - view.y) * by; view.w = w;
    draw();
  };
  const metres = (event) => { const box = picture.getBoundingClientRect(); return [view.x + ((event.clientX - box.left) / box.width) * view.w, view.y + ((event.clientY - box.top) / box.height) * view.w * ratio]; };
  picture.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY > 0 ? 1.25 : 0.8, metres(event)); }, { passive: false });
  const held = new Map();
  picture.addEventListener("pointerdown", (event) => { held.set(event.pointerId, event); picture.setPointerCapture(event.pointerId); });
  const output = el("output", { class: "soft" });
  picture.addEventListener("pointermove", (event) => {
    const [x, y] = metres(event);
    output.textContent = `${(lat0 - y / perLat).toFixed(6)} ${(lon0 + x / perLon).toFixed(6)}`;
    const before = held.get(event.pointerId);
    if (!before) return;
    const scale = view.w / picture.getBoundingClientRect().width;
    if (held.size === 1) { view.x -= (event.clientX - before.clientX) * scale; view.y -= (event.clientY - before.clientY) * scale; draw(); }
    if (held.size === 2) {
      const other = [...held.values()].find((one) => one.pointerId !== event.pointerId);
      const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      zoom(apart(before) / Math.max(apart(event), 1), metres(other));
    }
    held.set(event.pointerId, event);
  });
  for (const kind of ["pointerup", "pointercancel"]) picture.addEventListener(kind, (event) => held.delete(event.pointerId));
  const bar = el("div", { class: "tools" });
  const whole = { ...view };
  for (const [text, act] of [["+", () => zoom(0.6)], ["−", () => zoom(1 / 0.6)], ["all", () => { Object.assign(view, whole); draw(); }]]) {
    const button = el("button", { type: "button", "aria-label": `map ${text}` }, text);
    button.addEventListener("click", act);
    bar.append(button);
  }
  for (const [name, group] of Object.entries(layers)) {
    if (!group.childNodes.length) continue;
    const box = el("input", { type: "checkbox", checked: "" });
    box.addEventListener("change", () => { group.style.display = box.checked ? "" : "none"; });
    bar.append(el("label", { class: "layer" }, box, ` ${name}`));
  }
  bar.append(output);
  host.append(bar, el("div", { class: "map" }, picture));
  draw();
}

for (const flight of numbers.flights) {
  const section = document.getElementById(flight.id);
  const mapHost = section.querySelector(".map-here"), plotHost = section.querySelector(".plots-here");
  map(mapHost, flight.features, flight.track);
  const series = flight.series;
  if (!series) continue;
  const times = [...series.power, ...series.snr, series.height].flatMap((curve) => (curve.at_s.length ? [curve.at_s[0], curve.at_s.at(-1)] : []));
  if (!times.length) continue;
  const timeline = new Timeline(Math.min(...times), Math.max(...times));
  tools(plotHost, timeline);
  for (const power of series.power) figure(plotHost, timeline, { title: `Power of ${power.name}`, unit: "dBFS", curves: [
    { name: "strongest", at_s: power.at_s, value: power.most, colour: COLOURS[4] }, { name: "mean", at_s: power.at_s, value: power.mean, colour: COLOURS[0] },
    { name: "noise floor", at_s: power.at_s, value: power.floor, colour: COLOURS[1], dash: DASHES[1] }] });
  figure(plotHost, timeline, { title: "SNR", unit: "dB", curves: series.snr });
  stays(plotHost, timeline, series.states);
  figure(plotHost, timeline, { title: "Radius of the 95 % region", unit: "m", curves: series.radius, log: true });
  figure(plotHost, timeline, { title: "Height over home", unit: "m", height: 130, curves: [series.height], from_zero: true });
  figure(plotHost, timeline, { title: "Speed over the ground", unit: "m/s", height: 130, curves: [series.speed], from_zero: true });
  figure(plotHost, timeline, { title: "Battery", unit: "V", height: 130, curves: [series.battery] });
  waterfall(plotHost, series.waterfall);
}
// Paper has nothing to click on.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));

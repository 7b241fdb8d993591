// What every map here begins with: no network, no animation, zoom, scale, and panes below the lines.

import L from "leaflet";

export function base_map(host: HTMLElement): L.Map {
  const map = L.map(host, { zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, maxZoom: 23, minZoom: 3, zoomSnap: 0.5,
    attributionControl: false, zoomControl: false, preferCanvas: true, center: [0, 0], zoom: 3 });
  L.control.zoom({ position: "topleft" }).addTo(map);
  L.control.scale({ imperial: false, position: "bottomright", maxWidth: 140 }).addTo(map);
  for (const [name, z] of [["grid", "210"], ["cells", "220"], ["route", "410"]] as const) map.createPane(name).style.zIndex = z;
  return map;
}

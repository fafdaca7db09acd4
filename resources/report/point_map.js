// Draws the map of a photo table. Texts from the table only ever become text nodes.
"use strict";

/**
 * @param {HTMLElement | string} element @param {Report.BaseMap} base
 * @param {Report.PointGroup[]} groups
 */
function geoguessPointMap(element, base, groups) {
  /** @param {string} name */
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const map = L.map(element, { preferCanvas: true, zoomSnap: 0.25, minZoom: 1, maxZoom: 18 });
  map.attributionControl.setPrefix(false).addAttribution("Land: Natural Earth");
  L.control.scale().addTo(map);

  // The base map: whole numbers on a Web Mercator grid, each point relative to the one before.
  /** @param {number[]} flat @param {number} shift */
  function unpack(flat, shift) {
    /** @type {Degrees[]} */
    const points = [];
    let x = 0, y = 0;
    for (let i = 0; i < flat.length; i += 2) {
      x += flat[i];
      y += flat[i + 1];
      const latitude = Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / base.grid)));
      points.push([(latitude * 180) / Math.PI, (x / base.grid) * 360 - 180 + shift]);
    }
    return points;
  }
  const back = L.canvas({ padding: 0.3 });
  const quiet = { interactive: false, smoothFactor: 0.6, renderer: back };
  /** @type {L.Polygon[]} */
  const land = [];
  /** @type {L.Polyline[]} */
  const borders = [];
  for (const shift of [-360, 0, 360]) {
    land.push(L.polygon(base.land.map((ring) => unpack(ring, shift)),
      { ...quiet, weight: 0.7, fillOpacity: 1 }).addTo(map));
    borders.push(L.polyline(base.borders.map((line) => unpack(line, shift)),
      { ...quiet, weight: 0.6 }).addTo(map));
  }

  const front = L.canvas({ padding: 0.3 });
  const legend = document.getElementById("map-legend");
  const layers = groups.map((group) => {
    const layer = L.layerGroup();
    for (const [latitude, longitude, count, label, where] of group.points) {
      L.circleMarker([latitude, longitude], {
        renderer: front, weight: 0.5, color: "#ffffff", fillColor: group.colour, fillOpacity: 0.75,
        radius: Math.min(16, 3 + 1.3 * Math.log2(count)),
      }).bindPopup(() => describe(label, where)).addTo(layer);
    }
    addSwitch(group, layer);
    return layer.addTo(map);
  });

  /** @param {string} label @param {string} where */
  function describe(label, where) {
    const box = document.createElement("div");
    const title = document.createElement("strong");
    title.textContent = label;
    const rest = document.createElement("div");
    rest.textContent = where;
    box.append(title, rest);
    return box;
  }

  /** @param {Report.PointGroup} group @param {L.LayerGroup} layer */
  function addSwitch(group, layer) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => (box.checked ? layer.addTo(map) : layer.remove()));
    const dot = document.createElement("span");
    dot.className = "dot";
    dot.style.background = group.colour;
    label.append(box, dot, group.text);
    legend?.append(label);
  }

  function paint() {
    map.getContainer().style.background = css("--sea");
    land.forEach((layer) => layer.setStyle({ color: css("--coast"), fillColor: css("--land") }));
    borders.forEach((layer) => layer.setStyle({ color: css("--border-line") }));
  }
  paint();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);

  const shown = groups.flatMap((group) => group.points)
    .map(([latitude, longitude]) => L.latLng(Math.max(-60, Math.min(75, latitude)), longitude));
  if (shown.length) {
    map.fitBounds(L.latLngBounds(shown).pad(0.05), { maxZoom: 15, animate: false });
  } else {
    map.setView([20, 10], 2);
  }
  return { map, layers };
}

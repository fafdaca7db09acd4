// Draws the error map of an evaluation report. Texts from the table only ever become text nodes.
"use strict";

// options: key names the elements, bands the five distances in km, names the six bands, local a town without base map,
// known the training photos to show there.
/**
 * @param {L.Map} map @param {Report.BaseMap} base @param {Report.ErrorPhoto[]} photos
 * @param {Report.ErrorOptions} options
 */
function geoguessErrorMap(map, base, photos, options) {
  const BANDS = [...options.bands, Infinity];
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  /** @param {string} name */
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  /** @param {number} km */
  const band = (km) => BANDS.findIndex((limit) => km <= limit);
  /** @param {number} number */
  const colour = (number) => css(`--band-${number}`);
  /** @param {number} number */
  const radius = (number) => 3.5 + 1.1 * number;

  map.attributionControl.setPrefix(false)
    .addAttribution(!options.local ? "Land: Natural Earth"
      : options.known.length ? `Small dots: ${options.dots}` : "");
  L.control.scale({ imperial: false }).addTo(map);
  map.setMaxBounds([[-89, -260], [89, 260]]);

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
  const quiet = { interactive: false, smoothFactor: 0.6 };
  /** @type {L.Polygon[]} */
  const land = [];
  /** @type {L.Polyline[]} */
  const borders = [];
  const back = L.canvas({ padding: 0.3 });
  for (const shift of options.local ? [] : [-360, 0, 360]) {
    land.push(L.polygon(base.land.map((ring) => unpack(ring, shift)),
      { ...quiet, renderer: back, weight: 0.7, fillOpacity: 1 }).addTo(map));
    borders.push(L.polyline(base.borders.map((line) => unpack(line, shift)),
      { ...quiet, renderer: back, weight: 0.6 }).addTo(map));
  }

  const known = options.known.map((point) =>
    L.circleMarker(point, { renderer: back, radius: 2.5, weight: 0, fillOpacity: 0.9,
      interactive: false }).addTo(map));

  // The answer is shown on the copy of the world that lies nearest to the truth.
  /** @param {number} from @param {number} to */
  const near = (from, to) => to + 360 * Math.round((from - to) / 360);
  const front = L.canvas({ padding: 0.3 });
  const layers = BANDS.map(() => L.layerGroup());
  const markers = photos.map((photo, index) => {
    const number = band(photo.km);
    const marker = L.circleMarker(photo.true,
      { renderer: front, radius: radius(number), weight: 1, fillOpacity: 0.8 });
    marker.on("click", () => choose(index, false));
    return { marker, number };
  });
  photos.map((_, index) => index).sort((a, b) => photos[b].km - photos[a].km)
    .forEach((index) => markers[index].marker.addTo(layers[markers[index].number]));
  [5, 4, 3, 2, 1, 0].forEach((number) => layers[number].addTo(map));

  const chosen = L.layerGroup().addTo(map);
  const lines = photos.map((photo) => ({
    line: L.polyline(path(photo), { renderer: front, weight: 1, opacity: 0.35, interactive: false }),
    number: band(photo.km),
  }));
  const ways = L.layerGroup(lines.map(({ line }) => line));

  // A great circle from the truth to the answer, as straight as it is on the globe.
  /**
   * @param {Report.ErrorPhoto} photo
   * @returns {Degrees[]}
   */
  function path(photo) {
    const rad = Math.PI / 180;
    /** @param {Degrees} place */
    const vector = ([lat, lon]) => [Math.cos(lat * rad) * Math.cos(lon * rad),
      Math.cos(lat * rad) * Math.sin(lon * rad), Math.sin(lat * rad)];
    const a = vector(photo.true), b = vector(photo.said);
    const angle = photo.km / 6371;
    if (angle < 0.02 || angle > 3.1) {
      return [photo.true, [photo.said[0], near(photo.true[1], photo.said[1])]];
    }
    /** @type {Degrees[]} */
    const points = [];
    let last = photo.true[1];
    for (let i = 0; i <= 48; i++) {
      const s = Math.sin((1 - i / 48) * angle) / Math.sin(angle);
      const t = Math.sin((i / 48) * angle) / Math.sin(angle);
      const v = a.map((value, axis) => s * value + t * b[axis]);
      last = near(last, Math.atan2(v[1], v[0]) / rad);
      points.push([Math.atan2(v[2], Math.hypot(v[0], v[1])) / rad, last]);
    }
    return points;
  }

  /** @param {string} tag @param {string} content @param {string} [className] */
  function text(tag, content, className) {
    const element = document.createElement(tag);
    element.textContent = content;
    if (className) element.className = className;
    return element;
  }

  /** @param {Report.ErrorPhoto} photo */
  function describe(photo) {
    const box = document.createElement("div");
    box.className = "photo-popup";
    box.append(text("strong", photo.file), text("div", photo.off, "off"));
    for (const line of photo.lines) box.append(text("div", line));
    return box;
  }

  /** @param {number} index @param {boolean} fly */
  function choose(index, fly) {
    const photo = photos[index];
    const points = path(photo);
    const end = points[points.length - 1];
    chosen.clearLayers();
    if (photo.r80 < 5000) {
      L.circle(end, { renderer: front, radius: photo.r80 * 1000, weight: 1, color: css("--accent"),
        fillOpacity: 0.08, interactive: false }).addTo(chosen);
    }
    L.polyline(points, { renderer: front, weight: 2.5, color: css("--accent"),
      interactive: false }).addTo(chosen);
    L.circleMarker(end, { renderer: front, radius: 6, weight: 2.5, color: css("--accent"),
      fillColor: css("--page"), fillOpacity: 1, interactive: false }).addTo(chosen);
    if (fly) map.fitBounds(L.latLngBounds(points).pad(0.3), { maxZoom: options.local ? 18 : 9, animate: false });
    L.popup({ maxWidth: 320 }).setLatLng(photo.true).setContent(describe(photo)).openOn(map);
  }
  map.on("popupclose", () => chosen.clearLayers());

  function paint() {
    // Said here and not only in the style sheet, whose colours change for paper alone.
    map.getContainer().style.background = css("--sea");
    known.forEach((dot) => dot.setStyle({ fillColor: css("--coast") }));
    land.forEach((layer) => layer.setStyle({ color: css("--coast"), fillColor: css("--land") }));
    borders.forEach((layer) => layer.setStyle({ color: css("--border-line") }));
    for (const { marker, number } of markers) {
      marker.setStyle({ color: css("--page"), fillColor: colour(number) });
    }
    for (const { line, number } of lines) line.setStyle({ color: colour(number) });
  }
  paint();
  dark.addEventListener("change", paint);
  // Paper is narrower than the screen.
  for (const moment of ["beforeprint", "afterprint"]) {
    window.addEventListener(moment, () => map.invalidateSize({ animate: false }));
  }

  // The legend counts and switches the bands; the lines can be shown all at once.
  const legend = document.getElementById(`map-legend-${options.key}`);
  BANDS.forEach((_, number) => {
    const count = photos.filter((photo) => band(photo.km) === number).length;
    addSwitch(`${options.names[number]} (${count})`, true, (on) =>
      on ? layers[number].addTo(map) : layers[number].remove(), number);
  });
  addSwitch("Lines to the answers", false, (on) => on ? ways.addTo(map) : ways.remove());

  /**
   * @param {string} name @param {boolean} on @param {(on: boolean) => void} act
   * @param {number} [number] of the band
   */
  function addSwitch(name, on, act, number) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = on;
    box.addEventListener("change", () => act(box.checked));
    label.append(box);
    if (number !== undefined) {
      const dot = text("span", "", "dot");
      dot.style.background = `var(--band-${number})`;
      dot.style.width = dot.style.height = `${2 * radius(number)}px`;
      label.append(dot);
    }
    label.append(name);
    legend?.append(label);
  }

  /** @type {NodeListOf<HTMLElement>} */
  const buttons = document.querySelectorAll(`[data-map="${options.key}"]`);
  buttons.forEach((button) =>
    button.addEventListener("click", () => {
      map.getContainer().scrollIntoView({ block: "center" });
      choose(Number(button.dataset.photo), true);
    }));

  function overview() {
    if (!photos.length) return;
    // A single photo near a pole would push everything else aside on this projection.
    const shown = photos.map(({ true: [lat, lon] }) => L.latLng(Math.max(-60, Math.min(75, lat)), lon));
    map.fitBounds(L.latLngBounds(shown).pad(0.05),
      { maxZoom: options.local ? 18 : 8, animate: false });
  }
  overview();
  // A map in a folded part of the page has no size until that is opened.
  const fold = map.getContainer().closest("details");
  if (fold) {
    fold.addEventListener("toggle", () => {
      map.invalidateSize({ animate: false });
      overview();
    }, { once: true });
  }
}

// Draws the cells of partitions on a Leaflet map, on one canvas, without one object per cell.
// Needs cell_tools.js.
"use strict";

/** @param {HTMLElement} element @param {Report.CellMap} data */
function geoguessCellMap(element, data) {
  const { boxed, contains, copies, palette, prepare, trace, unpack } = geoguessCellTools;
  const LEAST_PIXELS = 3; // a smaller cell is drawn as a square of this size
  const OUTLINED_FROM = 7;
  const BATCH = 64; // cells in one path: filling slows down with the square of its edges
  const SHADES = 40;
  /** @type {Record<Report.Measure, string>} */
  const TITLES = {
    photos: "photos per cell",
    km: "mean distance of its photos from the cell's location",
    area: "cell area",
  };
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  /** @param {string} name */
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  /** @param {string} id */
  const byId = (id) => {
    const found = document.getElementById(id);
    if (!found) throw new Error(`the page has no element ${id}`);
    return found;
  };

  // A page opened by another program may not know its size yet.
  const map = L.map(element, {
    zoomSnap: 0.25, minZoom: 1, maxZoom: data.local ? 21 : 18, worldCopyJump: false,
  });
  map.attributionControl.setPrefix(false);
  if (data.base.land.length) map.attributionControl.addAttribution("Land: Natural Earth");
  map.setMaxBounds([[-89, -300], [89, 300]]);
  L.control.scale({ imperial: false }).addTo(map);

  // --- data ---
  const partitions = data.partitions.map((partition) => prepare(partition, data.grid));
  const photos = unpack(data.photos.steps, data.grid);
  const dropped = unpack(data.dropped.steps, data.grid);
  const land = data.base.land.map((steps) => boxed(steps, data.base.grid));
  const borders = data.base.borders.map((steps) => boxed(steps, data.base.grid));

  /** @type {Report.CellMapState} */
  const state = {
    partition: partitions.length - 1, measure: "photos", hovered: -1, photos: data.local,
    dropped: data.dropped.count > 0, flagged: true,
  };
  const shown = () => partitions[state.partition];

  // --- colours: one logarithmic scale per measure, the same for all partitions ---
  function colours() {
    const ramp = dark.matches ? [...data.ramp].reverse() : data.ramp;
    return palette(ramp, SHADES);
  }

  /** @param {number} value */
  function shade(value) {
    const { low, high } = data.scales[state.measure];
    if (high <= low) return SHADES - 1;
    const t = Math.log(Math.max(value, low) / low) / Math.log(high / low);
    return Math.round(t * (SHADES - 1));
  }

  /** Cells by shade, palest first, so that dense small cells lie above. */
  function piles() {
    const partition = shown();
    const known = partition.piles[state.measure];
    if (known) return known;
    /** @type {number[][]} */
    const sorted = Array.from({ length: SHADES }, () => []);
    partition[state.measure].forEach((value, i) => sorted[shade(value)].push(i));
    return (partition.piles[state.measure] = sorted);
  }

  // --- drawing: Leaflet's canvas renderer keeps the canvas in place, what is on it is ours ---
  const Painter = L.Canvas.extend({
    options: { padding: 0.4 },
    _draw() {
      const start = performance.now();
      paint(this._ctx, this._bounds);
      element.dataset.paintMs = (performance.now() - start).toFixed(1);
    },
  });
  const painter = new Painter();

  /** @param {Context2D} context @param {L.Bounds} bounds */
  function paint(context, bounds) {
    const scale = 256 * 2 ** map.getZoom();
    const origin = map.getPixelOrigin();
    const min = bounds.getTopLeft(), size = bounds.getSize();
    /** @type {Report.View} */
    const view = {
      x: (x, k) => (x + k) * scale - origin.x, y: (y) => y * scale - origin.y,
      left: (min.x + origin.x) / scale, right: (min.x + size.x + origin.x) / scale,
      top: (min.y + origin.y) / scale, bottom: (min.y + size.y + origin.y) / scale, scale,
    };
    context.fillStyle = css("--sea");
    context.fillRect(min.x, min.y, size.x, size.y);
    paintLand(context, view, true);
    paintCells(context, view);
    paintLand(context, view, false);
    if (state.photos) paintDots(context, view, photos, css("--text"), data.local ? 2 : 1.3);
    if (state.dropped) paintDots(context, view, dropped, css("--lost"), 1.8);
    if (state.flagged) paintFlagged(context, view);
    if (state.hovered >= 0) {
      context.beginPath();
      for (const k of copies(view, shown().boxes, state.hovered)) trace(context, view, shown(), state.hovered, k);
      context.strokeStyle = css("--text");
      context.lineWidth = 2;
      context.stroke();
    }
  }

  /** @param {Context2D} context @param {Report.View} view */
  function paintCells(context, view) {
    const partition = shown(), shades = colours();
    context.strokeStyle = css("--cell-edge");
    context.lineWidth = 0.7;
    piles().forEach((members, n) => {
      context.fillStyle = shades[n];
      const large = [];
      for (const i of members) {
        const b = 4 * i, box = partition.boxes;
        const pixels = Math.max(box[b + 2] - box[b], box[b + 3] - box[b + 1]) * view.scale;
        for (const k of copies(view, box, i)) {
          if (pixels >= LEAST_PIXELS) large.push([i, k, pixels]);
          else {
            const x = view.x((box[b] + box[b + 2]) / 2, k), y = view.y((box[b + 1] + box[b + 3]) / 2);
            context.fillRect(x - LEAST_PIXELS / 2, y - LEAST_PIXELS / 2, LEAST_PIXELS, LEAST_PIXELS);
          }
        }
      }
      context.globalAlpha = data.local ? 0.75 : 0.88;
      for (let start = 0; start < large.length; start += BATCH) {
        const batch = large.slice(start, start + BATCH);
        context.beginPath();
        for (const [i, k] of batch) trace(context, view, partition, i, k);
        context.fill();
        context.beginPath();
        for (const [i, k, pixels] of batch) if (pixels >= OUTLINED_FROM) trace(context, view, partition, i, k);
        context.stroke();
      }
      context.globalAlpha = 1;
    });
  }

  /** @param {Context2D} context @param {Report.View} view @param {boolean} filled */
  function paintLand(context, view, filled) {
    context.fillStyle = css("--land");
    context.strokeStyle = css(filled ? "--border-line" : "--coast-over");
    context.lineWidth = 0.7;
    for (const k of [-1, 0, 1]) {
      if (1 + k < view.left || k > view.right) continue;
      context.beginPath();
      for (const line of land) traceLine(context, view, line, k);
      if (!filled) for (const line of borders) traceLine(context, view, line, k);
      if (filled) context.fill("evenodd");
      else context.stroke();
    }
  }

  /**
   * A coast or border where it is seen, without the points that fall on the pixel before.
   * @param {Context2D} context @param {Report.View} view @param {Report.Line} line @param {number} k
   */
  function traceLine(context, view, { points, box }, k) {
    const size = Math.max(box[2] - box[0], box[3] - box[1]) * view.scale;
    if (size < 1 || box[0] + k > view.right || box[2] + k < view.left) return;
    if (box[1] > view.bottom || box[3] < view.top) return;
    let lastX = Infinity, lastY = Infinity;
    for (let p = 0; p < points.length; p += 2) {
      const x = view.x(points[p], k), y = view.y(points[p + 1]);
      if (p === 0) context.moveTo(x, y);
      else if (p < points.length - 2 && Math.abs(x - lastX) + Math.abs(y - lastY) < 1) continue;
      else context.lineTo(x, y);
      lastX = x;
      lastY = y;
    }
  }

  /**
   * @param {Context2D} context @param {Report.View} view @param {Float64Array} points
   * @param {string} colour @param {number} radius
   */
  function paintDots(context, view, points, colour, radius) {
    context.fillStyle = colour;
    for (let p = 0; p < points.length; p += 2) {
      if (points[p + 1] < view.top || points[p + 1] > view.bottom) continue;
      for (const k of [-1, 0, 1]) {
        if (points[p] + k < view.left || points[p] + k > view.right) continue;
        context.beginPath();
        context.arc(view.x(points[p], k), view.y(points[p + 1]), radius, 0, 7);
        context.fill();
      }
    }
  }

  /** @param {Context2D} context @param {Report.View} view */
  function paintFlagged(context, view) {
    const partition = shown();
    context.lineWidth = 2;
    context.strokeStyle = css("--accent");
    for (const i of partition.flagged) {
      const b = 4 * i, box = partition.boxes;
      for (const k of copies(view, box, i)) {
        context.beginPath();
        context.arc(view.x((box[b] + box[b + 2]) / 2, k), view.y((box[b + 1] + box[b + 3]) / 2), 8, 0, 7);
        context.stroke();
      }
    }
  }

  const repaint = () => painter._map && painter._redraw();

  // --- the cell under the pointer ---
  /** @param {L.LatLng} latlng */
  function cellAt(latlng) {
    const point = L.CRS.EPSG3857.latLngToPoint(latlng, 0).divideBy(256);
    const partition = shown(), box = partition.boxes;
    const reach = LEAST_PIXELS / 2 / (256 * 2 ** map.getZoom());
    let best = -1, least = Infinity;
    for (let i = 0; i < partition.count; i++) {
      const b = 4 * i, y = point.y;
      if (y < box[b + 1] - reach || y > box[b + 3] + reach) continue;
      for (const k of [-1, 0, 1]) {
        const x = point.x - k;
        if (x < box[b] - reach || x > box[b + 2] + reach) continue;
        const width = box[b + 2] - box[b];
        if (width < least && (width < 2 * reach || contains(partition, i, x, y))) {
          best = i;
          least = width;
        }
      }
    }
    return best;
  }

  const info = byId("map-info");
  /** @param {number} i */
  function describe(i) {
    const partition = shown();
    info.replaceChildren();
    if (i < 0) {
      info.textContent = "Point at a cell to see its details.";
      return;
    }
    const title = document.createElement("b");
    const [first, ...rest] = partition.facts[i];
    title.textContent = first;
    if (partition.flagged.includes(i)) rest.push("cannot be divided");
    info.append(title, ["", ...rest].join(" · "));
  }
  /** @param {L.LeafletMouseEvent} event */
  function pointAt(event) {
    const i = cellAt(event.latlng);
    if (i === state.hovered) return;
    state.hovered = i;
    describe(i);
    repaint();
  }
  map.on("mousemove", pointAt);
  map.on("click", pointAt);

  // --- controls and legend ---
  const controls = byId("map-controls");
  /**
   * @template {"partition" | "measure"} Name
   * @param {Name} name @param {string} title
   * @param {[value: Report.CellMapState[Name], text: string][]} options
   */
  function choice(name, title, options) {
    const box = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = title;
    box.append(legend);
    options.forEach(([value, text]) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      input.type = "radio";
      input.name = name;
      input.value = String(value);
      input.checked = value === state[name];
      input.addEventListener("change", () => change({ [name]: value }));
      label.append(input, text);
      box.append(label);
    });
    controls.append(box);
  }
  /** @param {Partial<Report.CellMapState>} values */
  function change(values) {
    Object.assign(state, values, { hovered: -1 });
    describe(-1);
    drawLegend();
    repaint();
  }
  choice("partition", "Partition", partitions.map(({ name }, n) => [n, name]));
  choice("measure", "Colour",
    [["photos", "photos"], ["km", "distance to its location"], ["area", "area"]]);

  const extras = byId("map-extras");
  /**
   * @param {"photos" | "dropped" | "flagged"} name @param {string} text @param {string} colour
   * @param {boolean} ring
   */
  function tick(name, text, colour, ring) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "checkbox";
    input.checked = state[name];
    input.addEventListener("change", () => change({ [name]: input.checked }));
    const dot = document.createElement("span");
    dot.className = "dot";
    dot.style.cssText = ring ? `width:11px;height:11px;border:2px solid var(${colour})`
      : `width:8px;height:8px;background:var(${colour})`;
    label.append(input, dot, text);
    extras.append(label);
  }
  tick("photos", `photos (${data.photos.text})`, "--text", false);
  if (data.dropped.count) {
    tick("dropped", `photos in no finest-level cell (${data.dropped.text})`, "--lost", false);
  }
  const flagged = partitions.reduce((sum, p) => sum + p.flagged.length, 0);
  if (flagged) tick("flagged", "cells that cannot be divided", "--accent", true);

  function drawLegend() {
    const legend = byId("map-legend");
    legend.replaceChildren();
    const { low, high, marks: numbers } = data.scales[state.measure];
    const name = document.createElement("div");
    name.textContent = TITLES[state.measure];
    const bar = document.createElement("div");
    bar.className = "ramp";
    bar.style.background = `linear-gradient(to right, ${colours().join(",")})`;
    const marks = document.createElement("div");
    marks.className = "marks";
    for (const [value, text] of numbers) {
      const mark = document.createElement("span");
      mark.textContent = text;
      mark.style.left = `${high > low ? (100 * Math.log(value / low)) / Math.log(high / low) : 50}%`;
      marks.append(mark);
    }
    legend.append(name, bar, marks);
  }

  dark.addEventListener("change", () => {
    drawLegend();
    repaint();
  });
  for (const moment of ["beforeprint", "afterprint"]) {
    window.addEventListener(moment, () => map.invalidateSize({ animate: false }));
  }

  // --- where to look first ---
  const [west, south, east, north] = data.view;
  map.fitBounds([[south, west], [north, east]], { animate: false, maxZoom: 19 });
  painter.addTo(map);
  describe(-1);
  drawLegend();
  return { map, state, partitions, cellAt, repaint, change };
}

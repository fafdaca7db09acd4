// Draws the cells of partitions on a Leaflet map, on one canvas, without one object per cell.
"use strict";

function geoguessCellMap(element, data) {
  const LEAST_PIXELS = 3; // a smaller cell is drawn as a square of this size
  const OUTLINED_FROM = 7;
  const BATCH = 64; // cells in one path: filling slows down with the square of its edges
  const SHADES = 40;
  const MEASURES = {
    photos: { title: "photos per cell", values: "photos", text: (v) => whole(v) },
    km: { title: "mean distance of its photos from the cell's location", values: "km", text: distance },
    area: { title: "cell area", values: "area", text: (v) => `${area(v)}` },
  };
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const whole = (value) => Math.round(value).toLocaleString("en");
  const digits = (value) => (value >= 100 ? whole(value) : String(Number(value.toPrecision(2))));
  function distance(km) { return km < 1 ? `${digits(1000 * km)} m` : `${digits(km)} km`; }
  function area(km2) {
    if (km2 < 1e-6) return `${digits(1e10 * km2)} cm²`;
    return km2 < 0.1 ? `${digits(1e6 * km2)} m²` : `${digits(km2)} km²`;
  }

  // A page opened by another program may not know its size yet.
  const map = L.map(element, {
    zoomSnap: 0.25, minZoom: 1, maxZoom: data.local ? 21 : 18, worldCopyJump: false,
  });
  map.attributionControl.setPrefix(false);
  if (data.base.land.length) map.attributionControl.addAttribution("Land: Natural Earth");
  map.setMaxBounds([[-89, -300], [89, 300]]);
  L.control.scale({ imperial: false }).addTo(map);

  // --- data: steps from point to point become points of the flat world, 0…1 ---
  function unpack(steps, grid) {
    const points = new Float64Array(steps.length);
    let x = 0, y = 0;
    for (let i = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      points[i] = x / grid;
      points[i + 1] = y / grid;
    }
    return points;
  }

  function boxed(steps) {
    const points = unpack(steps, data.base.grid);
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let p = 0; p < points.length; p++) {
      box[p % 2] = Math.min(box[p % 2], points[p]);
      box[2 + (p % 2)] = Math.max(box[2 + (p % 2)], points[p]);
    }
    return { points, box };
  }

  function prepare(partition) {
    const count = partition.points.length;
    const points = unpack(partition.steps, data.grid);
    const first = new Uint32Array(count + 1);
    const boxes = new Float64Array(4 * count);
    for (let i = 0; i < count; i++) {
      first[i + 1] = first[i] + partition.points[i];
      let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
      for (let p = first[i]; p < first[i + 1]; p++) {
        left = Math.min(left, points[2 * p]);
        right = Math.max(right, points[2 * p]);
        top = Math.min(top, points[2 * p + 1]);
        bottom = Math.max(bottom, points[2 * p + 1]);
      }
      boxes.set([left, top, right, bottom], 4 * i);
    }
    return { ...partition, count, points, first, boxes, scales: {} };
  }
  const partitions = data.partitions.map(prepare);
  const photos = unpack(data.photos.steps, data.grid);
  const dropped = unpack(data.dropped.steps, data.grid);
  const land = data.base.land.map(boxed);
  const borders = data.base.borders.map(boxed);

  const state = {
    partition: partitions.length - 1, measure: "photos", hovered: -1, photos: data.local,
    dropped: data.dropped.count > 0, flagged: true,
  };
  const shown = () => partitions[state.partition];

  // --- colours: one logarithmic scale per measure, the same for all partitions ---
  function colours() {
    const ramp = dark.matches ? [...data.ramp].reverse() : data.ramp;
    const parsed = ramp.map((c) => [1, 3, 5].map((at) => parseInt(c.slice(at, at + 2), 16)));
    return Array.from({ length: SHADES }, (_, n) => {
      const place = (n / (SHADES - 1)) * (parsed.length - 1);
      const low = Math.min(Math.floor(place), parsed.length - 2);
      const mix = parsed[low].map((v, k) => Math.round(v + (place - low) * (parsed[low + 1][k] - v)));
      return `rgb(${mix.join(",")})`;
    });
  }

  const limits = {};
  function limit(measure) {
    if (!limits[measure]) {
      let low = Infinity, high = 0;
      for (const partition of partitions) {
        for (const value of partition[MEASURES[measure].values]) {
          if (value > 0) low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
      if (!(low < Infinity)) low = high = 1;
      limits[measure] = [low, high];
    }
    return limits[measure];
  }

  function shade(value) {
    const [low, high] = limit(state.measure);
    if (high <= low) return SHADES - 1;
    const t = Math.log(Math.max(value, low) / low) / Math.log(high / low);
    return Math.round(t * (SHADES - 1));
  }

  /** Cells by shade, palest first, so that dense small cells lie above. */
  function piles() {
    const partition = shown();
    if (!partition.scales[state.measure]) {
      const sorted = Array.from({ length: SHADES }, () => []);
      partition[MEASURES[state.measure].values].forEach((value, i) => sorted[shade(value)].push(i));
      partition.scales[state.measure] = sorted;
    }
    return partition.scales[state.measure];
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

  function paint(context, bounds) {
    const scale = 256 * 2 ** map.getZoom();
    const origin = map.getPixelOrigin();
    const min = bounds.min, size = bounds.getSize();
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

  /** The copies of the world in which a box is seen. */
  function copies(view, boxes, i) {
    const b = 4 * i;
    if (boxes[b + 3] < view.top || boxes[b + 1] > view.bottom) return [];
    return [-1, 0, 1].filter((k) => boxes[b + 2] + k >= view.left && boxes[b] + k <= view.right);
  }

  function trace(context, view, partition, i, k) {
    const { points, first } = partition;
    for (let p = first[i]; p < first[i + 1]; p++) {
      const x = view.x(points[2 * p], k), y = view.y(points[2 * p + 1]);
      if (p === first[i]) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    context.closePath();
  }

  function paintCells(context, view) {
    const partition = shown(), palette = colours();
    context.strokeStyle = css("--cell-edge");
    context.lineWidth = 0.7;
    piles().forEach((members, n) => {
      context.fillStyle = palette[n];
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

  /** A coast or border where it is seen, without the points that fall on the pixel before. */
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

  function contains(partition, i, x, y) {
    const { points, first } = partition;
    let inside = false;
    for (let p = first[i], q = first[i + 1] - 1; p < first[i + 1]; q = p++) {
      const yp = points[2 * p + 1], yq = points[2 * q + 1];
      if (yp > y !== yq > y && x < points[2 * p] + ((y - yp) / (yq - yp)) * (points[2 * q] - points[2 * p])) {
        inside = !inside;
      }
    }
    return inside;
  }

  const info = document.getElementById("map-info");
  function describe(i) {
    const partition = shown();
    info.replaceChildren();
    if (i < 0) {
      info.textContent = "Point at a cell to see its details.";
      return;
    }
    const title = document.createElement("b");
    const count = partition.photos[i];
    title.textContent = `${whole(count)} photo${count === 1 ? "" : "s"}`;
    const rest = ` · cell ${partition.tokens[i]}, level ${partition.levels[i]} · ${area(partition.area[i])}`
      + ` · on average ${distance(partition.km[i])} from ${partition.at[i].map((v) => v.toFixed(4)).join(", ")}`
      + (partition.flagged.includes(i) ? " · cannot be divided" : "");
    info.append(title, rest);
  }
  map.on("mousemove click", (event) => {
    const i = cellAt(event.latlng);
    if (i === state.hovered) return;
    state.hovered = i;
    describe(i);
    repaint();
  });

  // --- controls and legend ---
  const controls = document.getElementById("map-controls");
  function choice(name, title, options, chosen, act) {
    const box = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = title;
    box.append(legend);
    options.forEach(([value, text]) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      input.type = "radio";
      input.name = name;
      input.value = value;
      input.checked = value === chosen;
      input.addEventListener("change", () => act(value));
      label.append(input, text);
      box.append(label);
    });
    controls.append(box);
  }
  function change(values) {
    Object.assign(state, values, { hovered: -1 });
    describe(-1);
    drawLegend();
    repaint();
  }
  choice("partition", "Partition", partitions.map((p, n) => [n, p.name]), state.partition,
    (partition) => change({ partition }));
  choice("measure", "Colour", [["photos", "photos"], ["km", "distance to its location"], ["area", "area"]],
    state.measure, (measure) => change({ measure }));

  const extras = document.getElementById("map-extras");
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
  const part = ({ count, shown }) => (shown < count ? `${whole(shown)} of ${whole(count)}` : whole(count));
  tick("photos", `photos (${part(data.photos)})`, "--text", false);
  if (data.dropped.count) {
    tick("dropped", `photos in no finest-level cell (${part(data.dropped)})`, "--lost", false);
  }
  const flagged = partitions.reduce((sum, p) => sum + p.flagged.length, 0);
  if (flagged) tick("flagged", "cells that cannot be divided", "--accent", true);

  /** At most seven numbers of the scale: 1, 2, 5, 10, … or, on a long one, fewer of them. */
  function roundValues(low, high) {
    if (high <= low) return [low];
    const from = Math.floor(Math.log10(low)), to = Math.ceil(Math.log10(high));
    for (const [digits, every] of [[[1, 2, 5], 1], [[1, 3], 1], [[1], 1], [[1], 2], [[1], 3]]) {
      const values = [];
      for (let power = from; power <= to; power++) {
        if ((power - from) % every) continue;
        for (const digit of digits) values.push(digit * 10 ** power);
      }
      const inside = values.filter((value) => value >= low * 0.999 && value <= high * 1.001);
      if (inside.length > 7) continue;
      return inside.length && inside[0] < 1.25 * low ? inside : [low, ...inside];
    }
    return [low];
  }

  function drawLegend() {
    const legend = document.getElementById("map-legend");
    legend.replaceChildren();
    const { title, text } = MEASURES[state.measure];
    const [low, high] = limit(state.measure);
    const name = document.createElement("div");
    name.textContent = title;
    const bar = document.createElement("div");
    bar.className = "ramp";
    bar.style.background = `linear-gradient(to right, ${colours().join(",")})`;
    const marks = document.createElement("div");
    marks.className = "marks";
    for (const value of roundValues(low, high)) {
      const mark = document.createElement("span");
      mark.textContent = text(value);
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

// Names of countries, seas and towns. The most important are placed first; what would overlap
// something already there is left out.

import { worldPoint } from "./world.js";

const TOWN_LEAD = 0.55; // zooms before its own that a town may already appear
const COUNTRY_LASTS = 4.6; // zooms after which a country's name has become pointless
const GAP = 4; // pixels around every label

export class Labels {
  constructor(theme, obstacles) {
    this.theme = theme;
    this.obstacles = obstacles;
    this.widths = new Map();
    [this.countries, this.seas, this.towns] = [[], [], []];
  }

  async load() {
    const data = await (await fetch("data/labels.json")).json();
    const placed = (rows) => rows.map(([name, lat, lon, zoom, size]) => ({
      name, zoom, size, at: worldPoint(lat, lon),
    }));
    this.countries = placed(data.countries);
    this.seas = placed(data.seas);
    this.towns = placed(data.towns);
  }

  /** In three steps: see painting.js. */
  *paint(context, window) {
    const taken = new Boxes(this.obstacles(window));
    this.taken = taken;
    this.context = context;
    context.lineJoin = "round";
    context.textBaseline = "middle";
    this.paintNames(window, taken, this.countries, this.countryStyle(window.zoom));
    yield;
    this.context = context; // another stage may have had its names painted meanwhile
    this.paintTowns(window, taken);
    yield;
    this.context = context;
    this.paintNames(window, taken, this.seas, this.seaStyle());
  }

  countryStyle(zoom) {
    const size = Math.min(13, 10.5 + 0.4 * zoom);
    return {
      font: `600 ${size}px ${this.theme.font}`,
      color: this.theme.colors["ink-soft"],
      halo: this.theme.colors.halo,
      spacing: 0.09 * size,
      shown: (name) => name.toUpperCase(),
      isDue: (label) => zoom >= label.zoom && zoom < Math.max(label.zoom, 2.4) + COUNTRY_LASTS,
    };
  }

  seaStyle() {
    return {
      font: `italic 500 12px ${this.theme.font}`,
      color: this.theme.colors["ink-sea"],
      halo: null,
      spacing: 0.6,
      shown: (name) => name,
      isDue: (label, window) => window.zoom >= label.zoom && window.zoom < label.zoom + 4,
    };
  }

  /** Names written around their point: countries and seas. */
  paintNames(window, taken, labels, style) {
    this.use(style.font, style.spacing);
    for (const label of labels) {
      if (!style.isDue(label, window)) continue;
      const text = style.shown(label.name);
      const width = this.width(text);
      for (const [x, y] of positions(window, label.at)) {
        if (!taken.take(x - width / 2 - GAP, y - 9, width + 2 * GAP, 18)) continue;
        this.write(text, x - width / 2, y, style.color, style.halo);
      }
    }
    this.context.letterSpacing = "0px";
  }

  paintTowns(window, taken) {
    for (const town of this.towns) {
      if (town.zoom > window.zoom + TOWN_LEAD) break; // sorted by first zoom
      for (const [x, y] of positions(window, town.at)) this.paintTown(window, taken, town, x, y);
    }
  }

  paintTown(window, taken, town, x, y) {
    const large = town.zoom <= window.zoom - 1.5;
    const size = large ? 12.5 : 11.5;
    this.use(`${large ? 600 : 500} ${size}px ${this.theme.font}`, 0);
    const width = this.width(town.name);
    const choices = [[x + 6, y], [x - 6 - width, y], [x - width / 2, y - 11], [x - width / 2, y + 11]];
    for (const [left, middle] of choices) {
      if (!taken.take(left - GAP, middle - 8, width + 2 * GAP, 16, [x - 4, y - 4, 8, 8])) continue;
      this.dot(x, y, large ? 2.4 : 1.9);
      this.write(town.name, left, middle, this.theme.colors.ink, this.theme.colors.halo);
      return;
    }
  }

  use(font, spacing) {
    if (this.context.font !== font) this.context.font = font;
    this.context.letterSpacing = `${spacing}px`;
    this.measure = font + spacing;
  }

  width(text) {
    const key = this.measure + text;
    if (!this.widths.has(key)) this.widths.set(key, this.context.measureText(text).width);
    return this.widths.get(key);
  }

  dot(x, y, radius) {
    const { context } = this;
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.fillStyle = this.theme.colors.ink;
    context.strokeStyle = this.theme.colors.halo;
    context.lineWidth = 2;
    context.stroke();
    context.fill();
  }

  write(text, x, y, color, halo) {
    const { context } = this;
    if (halo) {
      context.strokeStyle = halo;
      context.lineWidth = 3;
      context.strokeText(text, x, y);
    }
    context.fillStyle = color;
    context.fillText(text, x, y);
  }
}

/** Where a world point is seen, once per copy of the world. */
function* positions(window, [worldX, worldY]) {
  if (!window.showsRows(worldY, worldY)) return;
  for (const k of window.copies(worldX, worldX)) yield [window.x(worldX, k), window.y(worldY)];
}

/** Rectangles that must not overlap. */
class Boxes {
  constructor(boxes) {
    this.boxes = boxes.map(([x, y, w, h]) => [x, y, x + w, y + h]);
  }

  isFree(left, top, right, bottom) {
    return !this.boxes.some(([l, t, r, b]) => left < r && right > l && top < b && bottom > t);
  }

  /** Takes a rectangle, and a second one with it, if both are free. */
  take(x, y, w, h, extra = null) {
    if (!this.isFree(x, y, x + w, y + h)) return false;
    if (extra) {
      const [ex, ey, ew, eh] = extra;
      if (!this.isFree(ex, ey, ex + ew, ey + eh)) return false;
      this.boxes.push([ex, ey, ex + ew, ey + eh]);
    }
    this.boxes.push([x, y, x + w, y + h]);
    return true;
  }
}

// Names of countries, seas and towns. The most important are placed first; what would overlap
// something already there is left out.

import { worldPoint } from "./world.js";

/**
 * @import { Detail } from "./detail.js"
 * @import { Theme } from "./theme.js"
 * @import { Window } from "./world.js"
 *
 * @typedef {{ name: string, zoom: number, at: WorldPoint, rank?: number | undefined }} Label
 *   zoom: the first that shows it; rank: of towns, the inhabitants' decimal logarithm
 *
 * @typedef {object} Style
 * @property {string} font
 * @property {string} color
 * @property {string | null} halo
 * @property {number} spacing pixels between letters
 * @property {(name: string) => string} shown
 * @property {(label: Label, window: Window) => boolean} isDue
 */

const TOWN_LEAD = 0.55; // zooms before its own that a town may already appear
const LAST_OF_CITIES = 6; // first zooms after which a place is a city only by its size
const CITY_RANK = 5;
const COUNTRY_LASTS = 4.6; // zooms after which a country's name has become pointless
const GAP = 4; // pixels around every label

export class Labels {
  /**
   * @param {Theme} theme @param {Detail} detail @param {(window: Window) => Rectangle[]} obstacles
   */
  constructor(theme, detail, obstacles) {
    this.theme = theme;
    this.detail = detail;
    this.obstacles = obstacles;
    this.measure = ""; // font and spacing in use
    /** @type {Boxes | null} */
    this.taken = null; // in the picture painted last
    /** @type {Map<string, number>} */
    this.widths = new Map(); // of texts, by font and text
    /** @type {Label[]} */
    this.countries = [];
    /** @type {Label[]} */
    this.seas = [];
    /** @type {Label[]} */
    this.towns = [];
  }

  async load() {
    /** @type {Message.LabelFile} */
    const data = await (await fetch("data/labels.json")).json();
    /** @param {Message.LabelRow[]} rows */
    const placed = (rows) =>
      rows.map(([name, lat, lon, zoom, rank]) => ({ name, zoom, rank, at: worldPoint(lat, lon) }));
    this.countries = placed(data.countries);
    this.seas = placed(data.seas);
    this.towns = placed(data.towns);
  }

  /**
   * In three steps: see painting.js.
   * @param {Context2D} context @param {Window} window
   */
  *paint(context, window) {
    const taken = new Boxes(this.obstacles(window));
    this.taken = taken;
    context.lineJoin = "round";
    context.textBaseline = "middle";
    this.paintNames(context, window, taken, this.countries, this.countryStyle(window.zoom));
    yield;
    this.paintTowns(context, window, taken);
    yield;
    this.paintNames(context, window, taken, this.seas, this.seaStyle());
  }

  /**
   * @param {number} zoom
   * @returns {Style}
   */
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

  /** @returns {Style} */
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

  /**
   * Names written around their point: countries and seas.
   * @param {Context2D} context @param {Window} window @param {Boxes} taken
   * @param {Label[]} labels @param {Style} style
   */
  paintNames(context, window, taken, labels, style) {
    this.use(context, style.font, style.spacing);
    for (const label of labels) {
      if (!style.isDue(label, window)) continue;
      const text = style.shown(label.name);
      const width = this.width(context, text);
      for (const [x, y] of positions(window, label.at)) {
        if (!taken.take(x - width / 2 - GAP, y - 9, width + 2 * GAP, 18)) continue;
        this.write(context, text, x - width / 2, y, style.color, style.halo);
      }
    }
    context.letterSpacing = "0px";
  }

  /** @param {Context2D} context @param {Window} window @param {Boxes} taken */
  paintTowns(context, window, taken) {
    const small = this.detail.cover(window).flatMap((tile) => tile.shapes?.towns ?? []);
    small.sort((a, b) => a.zoom - b.zoom);
    for (const town of [...this.towns, ...small]) {
      if (town.zoom > window.zoom + TOWN_LEAD) break; // sorted by first zoom
      for (const [x, y] of positions(window, town.at)) {
        this.paintTown(context, window, taken, town, x, y);
      }
    }
  }

  /**
   * @param {Context2D} context @param {Window} window @param {Boxes} taken @param {Label} town
   * @param {number} x @param {number} y
   */
  paintTown(context, window, taken, town, x, y) {
    const isCity = town.zoom <= LAST_OF_CITIES || (town.rank ?? 0) >= CITY_RANK;
    const large = isCity && town.zoom <= window.zoom - 1.5;
    const size = large ? 12.5 : 11.5;
    this.use(context, `${large ? 600 : 500} ${size}px ${this.theme.font}`, 0);
    const width = this.width(context, town.name);
    const choices = [[x + 6, y], [x - 6 - width, y], [x - width / 2, y - 11], [x - width / 2, y + 11]];
    for (const [left, middle] of choices) {
      if (!taken.take(left - GAP, middle - 8, width + 2 * GAP, 16, [x - 4, y - 4, 8, 8])) continue;
      this.dot(context, x, y, large ? 2.4 : 1.9);
      this.write(context, town.name, left, middle, this.theme.colors.ink, this.theme.colors.halo);
      return;
    }
  }

  /** @param {Context2D} context @param {string} font @param {number} spacing */
  use(context, font, spacing) {
    if (context.font !== font) context.font = font;
    context.letterSpacing = `${spacing}px`;
    this.measure = font + spacing;
  }

  /** @param {Context2D} context @param {string} text */
  width(context, text) {
    const key = this.measure + text;
    const known = this.widths.get(key);
    if (known !== undefined) return known;
    const { width } = context.measureText(text);
    this.widths.set(key, width);
    return width;
  }

  /** @param {Context2D} context @param {number} x @param {number} y @param {number} radius */
  dot(context, x, y, radius) {
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.fillStyle = this.theme.colors.ink;
    context.strokeStyle = this.theme.colors.halo;
    context.lineWidth = 2;
    context.stroke();
    context.fill();
  }

  /**
   * @param {Context2D} context @param {string} text @param {number} x @param {number} y
   * @param {string} color @param {string | null} halo
   */
  write(context, text, x, y, color, halo) {
    if (halo) {
      context.strokeStyle = halo;
      context.lineWidth = 3;
      context.strokeText(text, x, y);
    }
    context.fillStyle = color;
    context.fillText(text, x, y);
  }
}

/**
 * Where a world point is seen, once per copy of the world.
 * @param {Window} window @param {WorldPoint} at
 * @returns {Generator<[x: number, y: number], void>}
 */
function* positions(window, [worldX, worldY]) {
  if (!window.showsRows(worldY, worldY)) return;
  for (const k of window.copies(worldX, worldX)) yield [window.x(worldX, k), window.y(worldY)];
}

/** Rectangles that must not overlap. */
class Boxes {
  /** @param {Rectangle[]} boxes */
  constructor(boxes) {
    this.boxes = boxes.map(([x, y, w, h]) => [x, y, x + w, y + h]);
  }

  /** @param {number} left @param {number} top @param {number} right @param {number} bottom */
  isFree(left, top, right, bottom) {
    return !this.boxes.some(([l, t, r, b]) => left < r && right > l && top < b && bottom > t);
  }

  /**
   * Takes a rectangle, and a second one with it, if both are free.
   * @param {number} x @param {number} y @param {number} w @param {number} h
   * @param {Rectangle | null} [extra]
   */
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

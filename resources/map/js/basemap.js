// Land, coasts, borders and a faint grid of latitudes and longitudes.

import { Lines, worldPoint } from "./world.js";

/**
 * @import { Painter } from "./painting.js"
 * @import { Theme } from "./theme.js"
 * @import { Window } from "./world.js"
 *
 * @typedef {"50m" | "10m"} Scale
 * @typedef {{ ready: true, land: Lines, coast: Lines, borders: Lines }} Shapes
 */

const FINE_FROM_ZOOM = 5.2; // from here on the detailed coast is worth its points
const SPECK = 0.8; // pixels: smaller islands are left out
const BANDS = 3; // steps in which land and lines are painted
const GRID_STEPS = [[2.5, 30], [4.5, 10], [6.5, 5], [8.5, 1]];

export class Basemap {
  /** @param {Theme} theme @param {() => void} onLoaded */
  constructor(theme, onLoaded) {
    this.theme = theme;
    this.onLoaded = onLoaded;
    /** @type {Partial<Record<Scale, Shapes | { ready: false }>>} */
    this.scales = {};
  }

  /** @param {Scale} scale */
  async load(scale) {
    if (this.scales[scale]) return;
    this.scales[scale] = { ready: false };
    const response = await fetch(`data/land-${scale}.json`);
    /** @type {Message.Land} */
    const data = await response.json();
    const land = Lines.fromGrid(data.land, data.grid);
    const borders = Lines.fromGrid(data.borders, data.grid);
    this.scales[scale] = { ready: true, land, coast: withoutMapEdge(land), borders };
    this.onLoaded();
  }

  /**
   * The scale to paint at a zoom: the detailed one once it is there.
   * @param {number} zoom
   */
  shapes(zoom) {
    if (zoom >= FINE_FROM_ZOOM) this.load("10m");
    const fine = this.scales["10m"];
    return zoom >= FINE_FROM_ZOOM && fine?.ready ? fine : this.scales["50m"];
  }

  /** @returns {Painter} */
  get ground() {
    return { paint: (context, window) => this.paintGround(context, window) };
  }

  /** @returns {Painter} */
  get lines() {
    return { paint: (context, window) => this.paintLines(context, window) };
  }

  /** @param {Context2D} context @param {Window} window */
  *paintGround(context, window) {
    const { colors } = this.theme;
    context.fillStyle = colors.sea;
    context.fillRect(0, 0, window.width, window.height);
    this.paintGrid(context, window);
    const shapes = this.shapes(window.zoom);
    if (!shapes?.ready) return;
    for (const band of window.bands(context, BANDS)) {
      context.beginPath();
      band.eachSeen(shapes.land, (i, k) => band.trace(context, shapes.land, i, k, true), SPECK);
      context.fillStyle = colors.land;
      context.fill("evenodd");
      yield;
    }
  }

  /** @param {Context2D} context @param {Window} window */
  paintGrid(context, window) {
    const step = GRID_STEPS.find(([zoom]) => window.zoom < zoom)?.[1] ?? 1;
    context.beginPath();
    for (let latitude = -90 + step; latitude < 90; latitude += step) {
      const y = Math.round(window.y(worldPoint(latitude, 0)[1])) + 0.5;
      if (y < 0 || y > window.height) continue;
      context.moveTo(0, y);
      context.lineTo(window.width, y);
    }
    const first = Math.floor(((window.left / window.scale) * 360) / step) * step;
    const last = ((window.left + window.width) / window.scale) * 360;
    for (let degrees = first; degrees <= last; degrees += step) {
      const x = Math.round((degrees / 360) * window.scale - window.left) + 0.5;
      context.moveTo(x, 0);
      context.lineTo(x, window.height);
    }
    context.strokeStyle = this.theme.colors.grid;
    context.lineWidth = 1;
    context.stroke();
  }

  /** @param {Context2D} context @param {Window} window */
  *paintLines(context, window) {
    const shapes = this.shapes(window.zoom);
    if (!shapes?.ready) return;
    const { coast, border } = this.theme.colors;
    const isSmall = window.zoom < 3;
    for (const band of window.bands(context, BANDS)) {
      context.lineJoin = "round";
      stroke(context, band, shapes.coast, coast, isSmall ? 0.7 : 1);
      yield;
      stroke(context, band, shapes.borders, border, isSmall ? 0.7 : 1.1);
      yield;
    }
  }
}

/**
 * @param {Context2D} context @param {Window} window @param {Lines} lines @param {string} color
 * @param {number} width
 */
function stroke(context, window, lines, color, width) {
  context.beginPath();
  window.eachSeen(lines, (i, k) => window.trace(context, lines, i, k, false), SPECK);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke();
}

/**
 * Rings as lines, without the map's edges: ±180°, where the source cuts some land, and the south.
 * @param {Lines} land
 */
function withoutMapEdge(land) {
  const south = worldPoint(-85.2, 0)[1];
  /** @param {number} x */
  const isCut = (x) => Math.abs(x - Math.round(x)) < 1e-6;
  const lists = [];
  for (let i = 0; i < land.count; i++) {
    /** @type {number[]} */
    let line = [];
    for (let p = land.offsets[i]; p < land.offsets[i + 1]; p++) {
      const [x, y] = [land.points[2 * p], land.points[2 * p + 1]];
      const isEdge = y > south || (line.length > 0 && isCut(x) && isCut(line[line.length - 2]));
      if (isEdge && line.length > 2) lists.push(line);
      if (isEdge) line = y > south ? [] : [x, y];
      else line.push(x, y);
    }
    if (line.length > 2) lists.push(line);
  }
  return Lines.fromWorld(lists);
}

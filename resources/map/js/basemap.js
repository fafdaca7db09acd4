// Land, water, coasts, borders and a faint grid of latitudes and longitudes.

import { TILE_SIDE, withoutEdges } from "./detail.js";
import { Kept } from "./kept.js";
import { Lines, worldPoint } from "./world.js";

/**
 * @import { Detail, Tile } from "./detail.js"
 * @import { Painter } from "./painting.js"
 * @import { Theme } from "./theme.js"
 * @import { Window } from "./world.js"
 *
 * @typedef {"50m" | "10m"} Scale
 * @typedef {{ ready: true, land: Lines, coast: Lines, borders: Lines }} Shapes
 */

const FINE_FROM_ZOOM = 5.2; // from here on the detailed coast is worth its points
const SPECK = 0.8; // pixels: smaller islands are left out
const LEAST_LAKE = 5; // pixels
const BANDS = 3; // steps in which land and lines are painted
const GRID_STEPS = [[2.5, 30], [4.5, 10], [6.5, 5], [8.5, 1]];
const SOUTH = worldPoint(-85.2, 0)[1];
const STATES_FROM_ZOOM = 3.6;
// Per group of rivers: first zoom, width in pixels, dashes. The last ones dry up in some seasons.
/** @type {[zoom: number, width: number, dash: number[]][]} */
const RIVERS = [[3.4, 1.5, []], [5, 1.2, []], [7.5, 1, []], [8.5, 0.9, []], [9.5, 0.9, [4, 3]]];

export class Basemap {
  /** @param {Theme} theme @param {Detail} detail @param {() => void} onLoaded */
  constructor(theme, detail, onLoaded) {
    this.theme = theme;
    this.detail = detail;
    this.onLoaded = onLoaded;
    /** @type {Partial<Record<Scale, Shapes | { ready: false }>>} */
    this.scales = {};
    this.loads = 0; // a picture from before the last one is out of date
    const state = () => `${theme.name} ${this.loads} ${detail.loads}`;
    /** @type {Painter} */
    this.ground = new Kept({ paint: (context, window) => this.paintGround(context, window) }, state);
    /** @type {Painter} */
    this.lines = new Kept({ paint: (context, window) => this.paintLines(context, window) }, state);
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
    this.scales[scale] = { ready: true, land, coast: withoutEdges(land, isMapEdge), borders };
    this.loads += 1;
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

  /**
   * What is between the land: painted after all that must not lie on the sea, and behind it.
   * @returns {Painter}
   */
  get sea() {
    return { paint: (context, window) => this.paintSea(context, window) };
  }

  /** @param {Context2D} context @param {Window} window */
  *paintGround(context, window) {
    for (const band of window.bands(context, BANDS)) {
      this.paintLand(context, band);
      yield;
    }
  }

  /** @param {Context2D} context @param {Window} window */
  paintSea(context, window) {
    context.globalCompositeOperation = "destination-over";
    this.paintGrid(context, window);
    context.fillStyle = this.theme.colors.sea;
    context.fillRect(0, 0, window.width, window.height);
  }

  /**
   * Land without its lakes: from the tiles of a near view, where one is missing from what is there.
   * @param {Context2D} context @param {Window} window
   */
  paintLand(context, window) {
    const { colors } = this.theme;
    const tiles = this.detail.cover(window);
    const missing = tiles.filter((tile) => !tile.shapes);
    context.fillStyle = colors.land;
    if (!tiles.length || missing.length) {
      context.save();
      if (missing.length) clipTo(context, window, missing);
      this.paintCoarseLand(context, window);
      context.restore();
    }
    context.beginPath();
    for (const { shapes } of tiles) {
      if (shapes) window.eachSeen(shapes.land, (i, k) => window.trace(context, shapes.land, i, k, true), SPECK);
    }
    context.fillStyle = colors.land;
    context.fill("nonzero");
  }

  /** @param {Context2D} context @param {Window} window */
  paintCoarseLand(context, window) {
    const shapes = this.shapes(window.zoom);
    if (!shapes?.ready) return;
    context.beginPath();
    window.eachSeen(shapes.land, (i, k) => window.trace(context, shapes.land, i, k, true), SPECK);
    context.fill("evenodd");
    const lakes = this.detail.world?.land;
    if (!lakes) return;
    context.beginPath();
    window.eachSeen(lakes, (i, k) => window.trace(context, lakes, i, k, true), LEAST_LAKE);
    context.globalCompositeOperation = "destination-out";
    context.fill();
    context.globalCompositeOperation = "source-over";
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
    const { coast, border, river } = this.theme.colors;
    const shapes = this.shapes(window.zoom);
    const isSmall = window.zoom < 3;
    const [thin, usual] = isSmall ? [0.7, 0.7] : [1, 1.1];
    for (const band of window.bands(context, BANDS)) {
      context.lineJoin = "round";
      const near = this.detail.cover(band).flatMap((tile) => tile.shapes ?? []);
      const world = this.detail.world;
      const water = near.length ? near : world ? [world] : [];
      RIVERS.forEach(([zoom, width, dash], group) => {
        if (window.zoom < zoom) return;
        stroke(context, band, water.flatMap(({ rivers }) => rivers[group] ?? []), river, width, dash);
      });
      yield;
      if (near.length) stroke(context, band, near.map((tile) => tile.coast), coast, 1);
      else if (shapes?.ready) stroke(context, band, [shapes.coast], coast, thin);
      if (!near.length && world && !isSmall) stroke(context, band, [world.coast], coast, 0.8, [], LEAST_LAKE);
      yield;
      const states = water.map((tile) => tile.states);
      if (window.zoom >= STATES_FROM_ZOOM) stroke(context, band, states, border, 0.9, [3, 3]);
      if (shapes?.ready) stroke(context, band, [shapes.borders], border, usual);
      yield;
    }
  }
}

/**
 * Let only some tiles be painted on.
 * @param {Context2D} context @param {Window} window @param {Tile[]} tiles
 */
function clipTo(context, window, tiles) {
  context.beginPath();
  for (const { x, y } of tiles) {
    for (const k of window.copies(x * TILE_SIDE, (x + 1) * TILE_SIDE)) {
      const side = TILE_SIDE * window.scale;
      context.rect(window.x(x * TILE_SIDE, k), window.y(y * TILE_SIDE), side, side);
    }
  }
  context.clip();
}

/**
 * @param {Context2D} context @param {Window} window @param {Lines[]} parts @param {string} color
 * @param {number} width @param {number[]} [dash] @param {number} [least]
 */
function stroke(context, window, parts, color, width, dash = [], least = SPECK) {
  context.beginPath();
  for (const lines of parts) {
    window.eachSeen(lines, (i, k) => window.trace(context, lines, i, k, false), least);
  }
  context.strokeStyle = color;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}

/**
 * Steps along the map's edges: ±180°, where the source cuts some land, and the south.
 * @type {import("./detail.js").IsEdge}
 */
function isMapEdge(x, y, lastX, lastY) {
  /** @param {number} at */
  const isCut = (at) => Math.abs(at - Math.round(at)) < 1e-6;
  return Math.max(y, lastY) > SOUTH || (isCut(x) && isCut(lastX));
}

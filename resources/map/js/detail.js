// What near views show beside coarse land: finer coasts, lakes, rivers, states and all towns. It
// comes in tiles, each fetched when it is first seen; the file they are in is made by
// tools/build_detail.py.

import { reason } from "./dom.js";
import { Lines, worldPoint } from "./world.js";

/**
 * @import { Label } from "./labels.js"
 * @import { Window } from "./world.js"
 *
 * @typedef {{ land: Lines, coast: Lines, rivers: Lines[], states: Lines, towns: Label[] }} Shapes
 * @typedef {{ x: number, y: number, shapes: Shapes | null }} Tile shapes are null until it is there
 */

export const NEAR_FROM_ZOOM = 7.5; // from here on coasts come from the tiles
const TILE_ZOOM = 7;
const COUNT = 2 ** TILE_ZOOM; // tiles across the world
export const TILE_SIDE = 1 / COUNT;
const GRID = 2 ** 21; // steps across the world, as in build_basemap.py
const OVERLAP = 1 / 128; // of a tile's side
const MOST_KEPT = 160; // tiles
const PAUSE = 40; // milliseconds that a new picture waits for further tiles

export class Detail {
  /** @param {() => void} onLoaded @param {(sentence: string) => void} onProblem */
  constructor(onLoaded, onProblem) {
    this.onLoaded = onLoaded;
    this.onProblem = onProblem;
    /** @type {Shapes | null} */
    this.world = null; // lakes, main rivers and states for views of countries
    /** @type {Map<string, Tile>} */
    this.kept = new Map();
    this.underWay = 0;
    this.pausing = 0;
    this.loads = 0; // a picture from before the last one is out of date
  }

  /** Fetch what views of countries show. */
  async load() {
    const shapes = await this.fetch("world", () => false);
    if (!shapes) return;
    this.world = shapes;
    this.onLoaded();
  }

  /** Is anything on its way that will change the picture? */
  get isWaiting() {
    return this.underWay > 0;
  }

  /**
   * The tiles of a near view; those that are missing are asked for.
   * @param {Window} window
   * @returns {Tile[]}
   */
  cover(window) {
    if (window.zoom < NEAR_FROM_ZOOM) return [];
    const side = window.scale / COUNT;
    const [left, right] = [Math.floor(window.left / side), Math.floor((window.left + window.width) / side)];
    const [top, bottom] = [Math.floor(window.top / side), Math.floor((window.top + window.height) / side)];
    const found = [];
    for (let y = Math.max(0, top); y <= Math.min(COUNT - 1, bottom); y++) {
      for (let x = left; x <= right; x++) found.push(this.tile(((x % COUNT) + COUNT) % COUNT, y));
    }
    return found;
  }

  /**
   * A tile that is kept, newest last.
   * @param {number} x @param {number} y
   */
  tile(x, y) {
    const key = `${TILE_ZOOM}/${x}/${y}`;
    const known = this.kept.get(key);
    /** @type {Tile} */
    const tile = known ?? { x, y, shapes: null };
    this.kept.delete(key);
    this.kept.set(key, tile);
    if (known) return tile;
    this.fill(tile, key);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MOST_KEPT) break;
      this.kept.delete(oldest);
    }
    return tile;
  }

  /** @param {Tile} tile @param {string} key */
  async fill(tile, key) {
    this.underWay += 1;
    tile.shapes = await this.fetch(key, edgesOf(tile));
    this.underWay -= 1;
    clearTimeout(this.pausing); // one new picture for all that come together
    this.pausing = setTimeout(() => this.onLoaded(), this.underWay ? PAUSE : 0);
  }

  /**
   * @param {string} name @param {IsEdge} isEdge
   * @returns {Promise<Shapes | null>}
   */
  async fetch(name, isEdge) {
    try {
      const response = await fetch(`detail/${name}.json`);
      /** @type {Message.Detail} */
      const { land, rivers, states, towns } = await response.json();
      const rings = Lines.fromGrid(land, GRID);
      this.loads += 1;
      return {
        land: rings,
        coast: withoutEdges(rings, isEdge),
        rivers: rivers.map((lines) => Lines.fromGrid(lines, GRID)),
        states: Lines.fromGrid(states, GRID),
        towns: towns.map(([town, lat, lon, zoom]) => ({ name: town, zoom, at: worldPoint(lat, lon) })),
      };
    } catch (error) {
      this.onProblem(`Could not load a part of the map: ${reason(error)}`);
      return null;
    }
  }
}

/**
 * @typedef {(x: number, y: number, lastX: number, lastY: number) => boolean} IsEdge
 *
 * Rings as lines, without the steps along which the source was only cut.
 * @param {Lines} rings @param {IsEdge} isEdge
 */
export function withoutEdges(rings, isEdge) {
  const { points, offsets } = rings;
  const lists = [];
  for (let i = 0; i < rings.count; i++) {
    /** @type {number[]} */
    let line = [];
    for (let p = offsets[i]; p < offsets[i + 1]; p++) {
      const [x, y] = [points[2 * p], points[2 * p + 1]];
      if (line.length && isEdge(x, y, line[line.length - 2], line[line.length - 1])) {
        if (line.length > 2) lists.push(line);
        line = [];
      }
      line.push(x, y);
    }
    if (line.length > 2) lists.push(line);
  }
  return Lines.fromWorld(lists);
}

/**
 * Steps along the edge of a tile.
 * @param {Tile} tile
 * @returns {IsEdge}
 */
function edgesOf({ x, y }) {
  const near = 1.1 / GRID;
  const columns = [(x - OVERLAP) / COUNT, (x + 1 + OVERLAP) / COUNT];
  const rows = [(y - OVERLAP) / COUNT, (y + 1 + OVERLAP) / COUNT];
  /** @type {(sides: number[], a: number, b: number) => boolean} */
  const alongAny = (sides, a, b) =>
    sides.some((side) => Math.abs(a - side) < near && Math.abs(b - side) < near);
  return (x1, y1, x2, y2) => alongAny(columns, x1, x2) || alongAny(rows, y1, y2);
}

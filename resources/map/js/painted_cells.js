// Cells of one of several layers, painted in the colours of their values.

/**
 * @import { Theme } from "./theme.js"
 * @import { Lines, Window } from "./world.js"
 *
 * @typedef {[cell: number, copy: number, size: number]} SeenCell size in pixels
 *
 * @typedef {object} Partition
 * @property {string} name
 * @property {string} path
 * @property {Lines | null} rings null until they are fetched, as the areas and the facts
 * @property {Float64Array | null} [areas] shares of the Earth's
 * @property {Message.CellFacts | null} facts
 *
 * @typedef {object} Layer cells with a value each, least first, and the ends of the colours' scale
 * @property {number[]} cells
 * @property {number[]} p
 * @property {number} least
 * @property {number} most
 */

export const COMBINED = "combined";
const SHADES = 48;
const LEAST_SIZE = 4; // pixels: a smaller cell is drawn as a square of this size
const BATCH = 64; // cells in one path: filling slows down with the square of its edges
const OUTLINED_FROM = 9; // pixels: from this size on a cell gets an outline
const VAST_FROM = 300; // pixels: a larger cell is painted fainter, or it would hide the map
const FAINTEST = 0.4;

/** @template {Layer} AnyLayer */
export class PaintedCells {
  /** @param {Theme} theme */
  constructor(theme) {
    this.theme = theme;
    /** @type {Partition[]} */
    this.partitions = []; // coarse to fine
    /** @type {Record<string, AnyLayer>} */
    this.layers = {}; // by the names of partitions
    /** @type {string | null} */
    this.active = null; // the layer that is shown
  }

  /** @returns {AnyLayer | undefined} the one that is shown */
  get layer() {
    return this.active === null ? undefined : this.layers[this.active];
  }

  partition(name = this.active) {
    if (name === COMBINED) return this.partitions.at(-1);
    return this.partitions.find((partition) => partition.name === name);
  }

  /**
   * Place on the ramp, 0…1, of a value.
   * @param {AnyLayer} _layer @param {number} _value
   * @returns {number}
   */
  shade(_layer, _value) {
    throw new Error("a subclass says how values turn into colours");
  }

  /**
   * In steps of some dozen cells: see painting.js.
   * @param {Context2D} context @param {Window} window
   */
  *paint(context, window) {
    const { layer } = this;
    const rings = this.partition()?.rings;
    if (!layer || !rings) return;
    const piles = this.pile(layer, rings, window);
    for (const [shade, seen] of piles) {
      yield;
      const t = shade / (SHADES - 1);
      context.fillStyle = this.theme.heat(t);
      context.strokeStyle = this.theme.edge(t);
      context.lineWidth = 0.8;
      for (const [i, k, size] of seen) {
        if (size < LEAST_SIZE) dot(context, window, rings, i, k);
      }
      for (const [from, below] of [[LEAST_SIZE, OUTLINED_FROM], [OUTLINED_FROM, VAST_FROM]]) {
        const some = seen.filter(([, , size]) => size >= from && size < below);
        for (let n = 0; n < some.length; n += BATCH) {
          this.paintBatch(context, window, rings, some.slice(n, n + BATCH));
          yield;
        }
      }
      for (const cell of seen.filter(([, , size]) => size >= VAST_FROM)) {
        if (holdsView(window, rings, cell[0], cell[1])) continue; // one colour would say nothing
        context.globalAlpha = faintness(cell[2]);
        this.paintBatch(context, window, rings, [cell]);
        context.globalAlpha = 1;
      }
    }
  }

  /**
   * Cells that all get an outline, or none. With one they are filled on land only.
   * @param {Context2D} context @param {Window} window @param {Lines} rings
   * @param {SeenCell[]} seen
   */
  paintBatch(context, window, rings, seen) {
    context.beginPath();
    for (const [i, k] of seen) window.trace(context, rings, i, k, true);
    const isOutlined = seen[0][2] >= OUTLINED_FROM;
    if (isOutlined) context.globalCompositeOperation = "source-atop";
    context.fill();
    context.globalCompositeOperation = "source-over";
    if (isOutlined) context.stroke();
  }

  /**
   * Seen cells by shade, faintest first: shade → [cell, copy, size in pixels].
   * @param {AnyLayer} layer @param {Lines} rings @param {Window} window
   */
  pile(layer, rings, window) {
    /** @type {Map<number, SeenCell[]>} */
    const piles = new Map();
    for (let n = 0; n < layer.cells.length; n++) {
      const i = layer.cells[n];
      const b = 4 * i;
      if (i >= rings.count || !window.showsRows(rings.boxes[b + 1], rings.boxes[b + 3])) continue;
      const size =
        Math.max(rings.boxes[b + 2] - rings.boxes[b], rings.boxes[b + 3] - rings.boxes[b + 1]) *
        window.scale;
      const shade = Math.round(this.shade(layer, layer.p[n]) * (SHADES - 1));
      for (const k of window.copies(rings.boxes[b], rings.boxes[b + 2])) {
        const pile = piles.get(shade);
        if (pile) pile.push([i, k, size]);
        else piles.set(shade, [[i, k, size]]);
      }
    }
    return piles;
  }

  /**
   * The drawn cell under a world point, -1 for none. Where cells are tiny, the nearest square.
   * @param {number} x @param {number} y @param {number} scale
   */
  cellAt(x, y, scale) {
    const { layer } = this;
    const rings = this.partition()?.rings;
    if (!layer || !rings) return -1;
    const reach = LEAST_SIZE / 2 / scale;
    for (let n = layer.cells.length - 1; n >= 0; n--) {
      const i = layer.cells[n];
      if (i < rings.count && (rings.contains(i, x, y) || tinyAt(rings, i, x, y, reach))) return i;
    }
    return -1;
  }
}

/**
 * How opaque a cell of this size may be, or it would hide the map.
 * @param {number} size in pixels
 */
export function faintness(size) {
  return size < VAST_FROM ? 1 : Math.max(FAINTEST, VAST_FROM / size);
}

/**
 * Does a cell hold the whole view?
 * @param {Window} window @param {Lines} rings @param {number} i @param {number} k
 */
export function holdsView(window, rings, i, k) {
  const { left, top, width, height } = window.inner;
  const corners = [[left, top], [left + width, top], [left, top + height], [left + width, top + height]];
  return corners.every(([x, y]) =>
    rings.contains(i, (window.left + x) / window.scale - k, (window.top + y) / window.scale),
  );
}

/**
 * @param {Context2D} context @param {Window} window @param {Lines} rings @param {number} i
 * @param {number} k
 */
function dot(context, window, rings, i, k) {
  const b = 4 * i;
  const x = window.x((rings.boxes[b] + rings.boxes[b + 2]) / 2, k);
  const y = window.y((rings.boxes[b + 1] + rings.boxes[b + 3]) / 2);
  const half = LEAST_SIZE / 2;
  context.fillRect(Math.round(x) - half, Math.round(y) - half, LEAST_SIZE, LEAST_SIZE);
}

/**
 * @param {Lines} rings @param {number} i @param {number} x @param {number} y
 * @param {number} reach
 */
function tinyAt(rings, i, x, y, reach) {
  const [left, top, right, bottom] = rings.boxes.subarray(4 * i, 4 * i + 4);
  if (right - left > 2 * reach || bottom - top > 2 * reach) return false;
  const dx = Math.abs(x - (left + right) / 2);
  return Math.min(dx, Math.abs(dx - 1)) <= reach && Math.abs(y - (top + bottom) / 2) <= reach;
}

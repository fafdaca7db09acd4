// From a coarse level to a finer one: every cell divides into its children, which take on their
// own colours; backwards they come together again. Where there are too many to draw in every frame,
// and too small to be followed, the one level fades into the other.

/**
 * @import { Lines, Window } from "../world.js"
 * @import { Explore } from "./explore.js"
 * @import { ValueLayer } from "./explore_cells.js"
 *
 * @typedef {Map<number, [cell: number, copy: number][]>} Piles cells in view by shade
 * @typedef {(cell: number) => number} Shade place on the ramp, 0…1
 *
 * @typedef {object} Run from one level to another
 * @property {number} begun
 * @property {boolean} isForward from the coarse one to the fine one
 * @property {{ rings: Lines, left: number[], shade: Shade }} coarse left: cells without children
 * @property {{ rings: Lines, cells: number[], parents: number[], shade: Shade }} fine
 */

const LASTS_MS = 620;
const GAP = 0.16; // of a child's size, that it draws back from its siblings on the way
const MANY = 1500; // cells in view
const SHADES = 40;
const BATCH = 64;
const LEAST_SIZE = 4; // pixels, as in painted_cells.js

export class Split {
  /** @param {Explore} explore */
  constructor(explore) {
    this.explore = explore;
    /** @type {Run | null} */
    this.run = null;
  }

  get isRunning() {
    return this.run !== null;
  }

  /** @param {Message.Exploration} state @param {number} from @param {number} to level */
  start(state, from, to) {
    const { page } = this.explore;
    if (page.motion.calm.matches || from < 0 || to < 0) return;
    const [first, last] = from < to ? [from, to] : [to, from];
    const [coarse, fine] = [this.level(state, first, to), this.level(state, last, to)];
    const parents = this.parents(first, last);
    if (!coarse || !fine || !parents) return;
    if (countSeen(fine.rings, fine.layer.cells, page.ground.window) > MANY) {
      page.ground.fade();
      return;
    }
    const left = withoutChildren(coarse.layer.cells, parents);
    this.run = {
      begun: performance.now(),
      isForward: from < to,
      coarse: { rings: coarse.rings, left, shade: this.shade(coarse.layer) },
      fine: {
        rings: fine.rings, cells: fine.layer.cells, parents, shade: this.shade(fine.layer),
      },
    };
  }

  stop() {
    this.run = null;
  }

  /**
   * What there is of a level, null while something is missing; the filter holds where it ends.
   * @param {Message.Exploration} state @param {number} level @param {number} to
   */
  level(state, level, to) {
    const { page, shown } = this.explore;
    const layer = this.explore.layer(state, level, level === to ? shown : null);
    const partition = page.cells.partitions.find(({ name }) => name === state.names[level]);
    return layer && partition?.rings ? { layer, rings: partition.rings } : null;
  }

  /**
   * @param {ValueLayer} layer
   * @returns {Shade}
   */
  shade(layer) {
    return (cell) => this.explore.cells.shade(layer, layer.values[cell]);
  }

  /**
   * Per fine cell its ancestor in the coarse level, -1 for none.
   * @param {number} coarse @param {number} fine
   */
  parents(coarse, fine) {
    /** @type {number[] | null} */
    let line = null;
    for (let level = fine; level > coarse; level--) {
      const own = this.explore.facts[level]?.parents;
      if (!own) return null;
      line = line ? line.map((cell) => (cell < 0 ? -1 : own[cell])) : own;
    }
    return line;
  }

  /** @param {Context2D} context @param {Window} window */
  paint(context, window) {
    const { run } = this;
    if (!run) return;
    const { page } = this.explore;
    const { coarse, fine } = run;
    const passed = Math.min(1, (performance.now() - run.begun) / LASTS_MS);
    const way = run.isForward ? passed : 1 - passed;
    const eased = way * way * (3 - 2 * way);
    const size = 1 - GAP * Math.sin(Math.PI * way);
    this.paintPile(context, window, fine.rings, this.pile(run, window, eased), size);
    context.globalAlpha = 1 - eased;
    /** @type {Piles} */
    const alone = new Map();
    for (const cell of coarse.left) {
      addSeen(alone, Math.round(coarse.shade(cell) * SHADES), coarse.rings, cell, window);
    }
    this.paintPile(context, window, coarse.rings, alone, 1);
    context.globalAlpha = 1;
    if (passed < 1) {
      page.above.invalidate();
    } else {
      this.run = null;
      page.redraw();
    }
  }

  /** @param {Run} run @param {Window} window @param {number} eased */
  pile({ coarse, fine }, window, eased) {
    /** @type {Piles} */
    const piles = new Map();
    for (const cell of fine.cells) {
      const parent = fine.parents[cell];
      const own = fine.shade(cell);
      const from = parent < 0 ? own : coarse.shade(parent);
      addSeen(piles, Math.round((from + (own - from) * eased) * SHADES), fine.rings, cell, window);
    }
    return piles;
  }

  /**
   * @param {Context2D} context @param {Window} window @param {Lines} rings @param {Piles} piles
   * @param {number} size
   */
  paintPile(context, window, rings, piles, size) {
    const { theme } = this.explore.page;
    context.lineWidth = 0.8;
    for (const [shade, seen] of [...piles].sort((a, b) => a[0] - b[0])) {
      context.fillStyle = theme.heat(shade / SHADES);
      context.strokeStyle = theme.edge(shade / SHADES);
      for (let n = 0; n < seen.length; n += BATCH) {
        context.beginPath();
        for (const [i, k] of seen.slice(n, n + BATCH)) shrunk(context, window, rings, i, k, size);
        context.fill();
        context.stroke();
      }
    }
  }
}

/**
 * How many of the cells are seen.
 * @param {Lines} rings @param {number[]} cells @param {Window} window
 */
function countSeen(rings, cells, window) {
  let count = 0;
  for (const i of cells) {
    const [left, top, right, bottom] = rings.boxes.subarray(4 * i, 4 * i + 4);
    if (window.showsRows(top, bottom) && window.copies(left, right).length) count++;
  }
  return count;
}

/** @param {number[]} cells @param {number[]} parents */
function withoutChildren(cells, parents) {
  const divided = new Set(parents);
  return cells.filter((cell) => !divided.has(cell));
}

/**
 * @param {Piles} piles @param {number} shade @param {Lines} rings @param {number} i
 * @param {Window} window
 */
function addSeen(piles, shade, rings, i, window) {
  const b = 4 * i;
  if (i >= rings.count || !window.showsRows(rings.boxes[b + 1], rings.boxes[b + 3])) return;
  for (const k of window.copies(rings.boxes[b], rings.boxes[b + 2])) {
    const pile = piles.get(shade);
    if (pile) pile.push([i, k]);
    else piles.set(shade, [[i, k]]);
  }
}

/**
 * Ring i, drawn smaller around its middle; a tiny one as a square.
 * @param {Context2D} context @param {Window} window @param {Lines} rings @param {number} i
 * @param {number} k @param {number} size
 */
function shrunk(context, window, rings, i, k, size) {
  const [left, top, right, bottom] = rings.boxes.subarray(4 * i, 4 * i + 4);
  const [middleX, middleY] = [window.x((left + right) / 2, k), window.y((top + bottom) / 2)];
  if (Math.max(right - left, bottom - top) * window.scale < LEAST_SIZE) {
    context.rect(middleX - LEAST_SIZE / 2, middleY - LEAST_SIZE / 2, LEAST_SIZE, LEAST_SIZE);
    return;
  }
  const from = rings.offsets[i];
  /** @param {number} p */
  const x = (p) => middleX + (window.x(rings.points[2 * p], k) - middleX) * size;
  /** @param {number} p */
  const y = (p) => middleY + (window.y(rings.points[2 * p + 1]) - middleY) * size;
  context.moveTo(x(from), y(from));
  for (let p = from + 1; p < rings.offsets[i + 1]; p++) context.lineTo(x(p), y(p));
  context.lineTo(x(from), y(from));
}

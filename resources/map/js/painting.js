// One picture of a stage in the making. It is painted step by step, a few milliseconds per frame,
// on a canvas of its own, and takes the shown one's place when it is whole: so the map goes on
// moving while thousands of cells are drawn.

import { context2d } from "./dom.js";

/**
 * @import { Window } from "./world.js"
 *
 * @typedef {object} Painter
 * @property {boolean} [isEmpty] true while there is nothing to paint
 * @property {(context: Context2D, window: Window) => Iterable<void> | void} paint
 */

const FLUSH_AFTER = 2; // milliseconds of recording, after which what was recorded is drawn

/**
 * All steps of painting. A painter's `paint` may be a generator: it yields wherever painting may
 * be interrupted until the next frame.
 * @param {Painter[]} painters @param {Context2D} context @param {Window} window
 */
export function* steps(painters, context, window) {
  for (const painter of painters) {
    context.save();
    const more = painter.paint(context, window);
    if (more) yield* more;
    context.restore();
    yield;
  }
}

/**
 * Draw the path that was traced, one stroke over the other.
 * @param {Context2D} context @param {Stroke[]} strokes
 */
export function strokePath(context, strokes) {
  for (const [width, color, dash] of strokes) {
    context.setLineDash(dash);
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
  }
  context.setLineDash([]);
}

export class Painting {
  /** @param {HTMLCanvasElement} canvas @param {Window} window @param {Painter[]} painters */
  constructor(canvas, window, painters) {
    this.canvas = canvas;
    this.window = window;
    this.isBlank = painters.length === 0;
    /** @type {(() => void)[]} */
    this.done = []; // called once it is shown
    this.cost = 0; // milliseconds of painting so far
    this.steps = steps(painters, cleared(canvas, window), window);
  }

  /**
   * Paint for about so many milliseconds; true when it is whole.
   * @param {number} budget
   */
  run(budget) {
    const begun = performance.now();
    let recordedFrom = begun;
    let isWhole = false;
    let now = begun;
    while (!isWhole && now - begun < budget) {
      isWhole = this.steps.next().done === true;
      now = performance.now();
      if (!isWhole && now - recordedFrom < FLUSH_AFTER) continue;
      draw(this.canvas);
      recordedFrom = now = performance.now();
    }
    this.cost += now - begun;
    return isWhole;
  }

  /** Paint all of it now. */
  finish() {
    while (!this.steps.next().done);
  }
}

const spot = document.createElement("canvas");
[spot.width, spot.height] = [1, 1];

/**
 * A canvas only records what is painted. Using its picture makes the browser draw it.
 * @param {HTMLCanvasElement} canvas
 */
export function draw(canvas) {
  context2d(spot).drawImage(canvas, 0, 0, 1, 1, 0, 0, 1, 1);
}

/**
 * The canvas, empty and as large as the window, ready to be painted in the window's pixels.
 * @param {HTMLCanvasElement} canvas @param {Window} window
 */
export function cleared(canvas, { width, height }) {
  const ratio = window.devicePixelRatio || 1;
  // Also where the size stays: it takes away what a picture given up half-way has left behind.
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = context2d(canvas);
  context.scale(ratio, ratio);
  return context;
}

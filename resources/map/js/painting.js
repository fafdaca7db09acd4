// One picture of a stage in the making. It is painted step by step, a few milliseconds per frame,
// on a canvas of its own, and takes the shown one's place when it is whole: so the map goes on
// moving while thousands of cells are drawn.

const FLUSH_AFTER = 2; // milliseconds of recording, after which what was recorded is drawn

/**
 * All steps of painting. A painter's `paint` may be a generator: it yields wherever painting may
 * be interrupted until the next frame.
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

export class Painting {
  constructor(canvas, window, painters) {
    this.canvas = canvas;
    this.window = window;
    this.isBlank = painters.length === 0;
    this.done = []; // called once it is shown
    this.cost = 0; // milliseconds of painting so far
    this.steps = steps(painters, cleared(canvas, window), window);
    this.spot = document.createElement("canvas");
    [this.spot.width, this.spot.height] = [1, 1];
  }

  /** Paint for about so many milliseconds; true when it is whole. */
  run(budget) {
    const begun = performance.now();
    let recordedFrom = begun;
    let isWhole = false;
    let now = begun;
    while (!isWhole && now - begun < budget) {
      isWhole = this.steps.next().done;
      now = performance.now();
      if (!isWhole && now - recordedFrom < FLUSH_AFTER) continue;
      this.flush();
      recordedFrom = now = performance.now();
    }
    this.cost += now - begun;
    return isWhole;
  }

  /** Paint all of it now. */
  finish() {
    while (!this.steps.next().done);
  }

  /** A canvas only records what is painted. Using its picture makes the browser draw it. */
  flush() {
    this.spot.getContext("2d").drawImage(this.canvas, 0, 0, 1, 1, 0, 0, 1, 1);
  }
}

/** The canvas, empty and as large as the window, ready to be painted in the window's pixels. */
function cleared(canvas, { width, height }) {
  const ratio = window.devicePixelRatio || 1;
  // Also where the size stays: it takes away what a picture given up half-way has left behind.
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  return context;
}

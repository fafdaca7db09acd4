// A picture that is kept: the land under the cells and the lines over them take most of the time
// of painting, and are the same as long as the view stays.

import { cleared, draw } from "./painting.js";

/**
 * @import { Painter } from "./painting.js"
 * @import { Window } from "./world.js"
 */

export class Kept {
  /** @param {Painter} painter @param {() => string} state all that its picture depends on, besides the window */
  constructor(painter, state) {
    this.painter = painter;
    this.state = state;
    this.canvas = document.createElement("canvas");
    this.shows = ""; // window and state of the picture
  }

  /** @param {Context2D} context @param {Window} window */
  *paint(context, window) {
    if (window.moving) {
      yield* this.painter.paint(context, window) ?? [];
      return;
    }
    const { left, top, width, height, scale } = window;
    const wanted = [left, top, width, height, scale, devicePixelRatio, this.state()].join();
    if (this.shows !== wanted) {
      this.shows = "";
      for (const _ of this.painter.paint(cleared(this.canvas, window), window) ?? []) {
        draw(this.canvas);
        yield;
      }
      this.shows = wanted;
    }
    context.drawImage(this.canvas, 0, 0, width, height);
  }
}

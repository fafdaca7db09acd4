// Two canvases under Leaflet's panes, one shown and one to paint on. The shown one is larger than
// the view and goes along with the map, stretched while it zooms, until a new picture is whole.

import { make } from "./dom.js";
import { Painting } from "./painting.js";
import { TILE, Window } from "./world.js";

/**
 * @import { Motion } from "./motion.js"
 * @import { Painter } from "./painting.js"
 */

const PADDING = 0.3; // of the view's size, on every side
const QUIET = 90; // milliseconds without a move, after which the map counts as resting
const SHORT = 10; // milliseconds of painting that fit into one frame
const BUDGET = 6; // milliseconds of painting per frame otherwise, for all stages together
const STRETCHED = 1.06; // a picture may be stretched so far before a new one is begun
const FAR = 6; // stretched farther than this it is worth nothing
const FADE_MS = 380;
const LEAST_COVERED = 0.6; // of the view's width and height, likewise

// What is left of the budget in the frame of that time: whole pictures come one after the other.
const budget = { frame: 0, left: 0 };

/** @param {number} frame */
function budgetIn(frame) {
  if (budget.frame !== frame) Object.assign(budget, { frame, left: BUDGET });
  return budget.left;
}

export class Stage extends L.Layer {
  /** @param {Painter[]} painters @param {string} pane @param {Motion} motion */
  constructor(painters, pane, motion) {
    super();
    this.painters = painters;
    this.motion = motion;
    this.paneName = pane;
    this.canvas = makeCanvas();
    this.spare = makeCanvas();
    this.window = new Window(TILE, 0, 0, 0, 0); // of the picture that is shown
    /** @type {(() => void)[]} */
    this.afterPaint = [];
    this.cost = 0; // milliseconds that the last picture took
    this.frame = 0;
    this.settling = 0;
    /** @type {Painting | null} */
    this.painting = null; // the next picture, while the map moves
    this.moving = false;
    this.isStale = false; // what is painted has changed
    this.isOutgrown = false; // the view has come to need another picture
    this.mustFade = false; // the next picture, into the one that is shown
    /** @type {Animation | null} */
    this.fading = null;
  }

  /**
   * @override
   * @param {L.Map} map
   */
  onAdd(map) {
    map.getPane(this.paneName)?.append(this.canvas, this.spare);
    this.paintAtOnce();
    return this;
  }

  /** @override */
  getEvents() {
    return {
      move: this.follow,
      zoom: this.follow,
      moveend: this.follow,
      viewreset: this.follow,
      resize: this.invalidate,
    };
  }

  /** Is anything left to paint, now or when the map comes to rest? */
  get dirty() {
    return this.moving || this.isDue;
  }

  get isDue() {
    return this.isStale || this.isOutgrown || this.painting !== null;
  }

  /** Paint in the next frame. */
  invalidate() {
    this.isStale = true;
    this.awaitFrame();
  }

  /** @param {Painting} painting @param {number} milliseconds */
  goOn(painting, milliseconds) {
    const before = painting.cost;
    const isWhole = painting.run(milliseconds);
    budget.left -= painting.cost - before;
    if (isWhole) this.show(painting);
  }

  /** Let what has changed appear gradually, over what is shown now. */
  fade() {
    this.drop();
    this.mustFade = true;
    this.invalidate();
  }

  awaitFrame() {
    if (!this.frame) this.frame = requestAnimationFrame((now) => this.onFrame(now));
  }

  /** @param {number} now */
  onFrame(now) {
    this.frame = 0;
    if (this.isPoor() || (this.isStale && !this.moving && !this.mustFade)) {
      this.paintAtOnce();
      return;
    }
    if (!this.painting && (this.isStale || this.isOutgrown)) {
      if (this.cost < SHORT && !this.mustFade) this.paintAtOnce();
      else this.begin();
    }
    if (this.painting) this.goOn(this.painting, budgetIn(now));
    if (this.isDue) this.awaitFrame();
  }

  /** The map moved: take the picture along, and paint a new one where that will not do. */
  follow() {
    this.moving = true;
    this.endFade();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), QUIET);
    this.position();
    this.isOutgrown ||= this.mustRepaint();
    if (this.isDue) this.awaitFrame();
  }

  /** The map has come to rest: paint it sharp, with the same room on every side. */
  settle() {
    this.moving = false;
    this.isOutgrown = true;
    this.awaitFrame();
  }

  currentScale() {
    return TILE * 2 ** this._map.getZoom();
  }

  /** How much larger the picture is shown than it was painted. */
  get grown() {
    return this.currentScale() / this.window.scale;
  }

  position() {
    const corner = L.point(this.window.left, this.window.top).multiplyBy(this.grown);
    L.DomUtil.setTransform(this.canvas, corner.subtract(this._map.getPixelOrigin()), this.grown);
  }

  /** Has the view changed so much that a new picture is due? Cheap ones are always new. */
  mustRepaint() {
    const stretched = Math.max(this.grown, 1 / this.grown);
    if (this.cost < SHORT) return stretched !== 1 || this.spareRoom() < 0;
    const room = this.spareRoom();
    if (room >= 0 && this.window.scale === this.motion.ahead()?.scale) return false;
    const usual = Math.min(this.window.inner.left, this.window.inner.top);
    return stretched > STRETCHED || room < usual / 2;
  }

  /** Painted pixels beyond the view on its barest side, negative where the view is not covered. */
  spareRoom() {
    const { grown } = this;
    const bounds = this._map.getPixelBounds();
    const [from, to] = [bounds.getTopLeft(), bounds.getBottomRight()];
    const { left, top, width, height, scale } = this.window;
    const sides = [from.x - left * grown, (left + width) * grown - to.x];
    if (top > 0) sides.push(from.y - top * grown);
    if (top + height < scale) sides.push((top + height) * grown - to.y);
    return Math.min(...sides);
  }

  /** Does the picture show too little of the view, or in the wrong size, to wait for another? */
  isPoor() {
    const stretched = Math.max(this.grown, 1 / this.grown);
    const { x, y } = this._map.getSize();
    return stretched > FAR || -this.spareRoom() > (1 - LEAST_COVERED) * Math.min(x, y);
  }

  /** The view with its padding; where painting takes long, the one to which the map zooms out. */
  nextWindow() {
    const here = {
      zoom: this._map.getZoom(),
      scale: this.currentScale(),
      corner: this._map.getPixelBounds().getTopLeft(),
    };
    const ahead = this.cost < SHORT ? null : this.motion.ahead();
    const { zoom, scale, corner } = ahead ?? here;
    const size = this._map.getSize();
    const pad = size.multiplyBy(PADDING).round();
    const from = corner.subtract(pad).round();
    const next = new Window(scale, from.x, from.y, size.x + 2 * pad.x, size.y + 2 * pad.y);
    next.zoom = zoom;
    next.moving = this.moving;
    next.inner = { left: pad.x, top: pad.y, width: size.x, height: size.y };
    return next;
  }

  /**
   * A picture of what is there now, not painted yet.
   * @param {HTMLCanvasElement} canvas @param {Window} view
   */
  newPainting(canvas, view) {
    // An empty canvas is not laid over the map: even that costs time in every frame.
    const busy = this.painters.filter((painter) => !painter.isEmpty);
    const painting = new Painting(canvas, view, busy);
    painting.done = this.afterPaint.splice(0);
    [this.isStale, this.isOutgrown] = [false, false];
    return painting;
  }

  begin() {
    this.endFade();
    this.painting = this.newPainting(this.spare, this.nextWindow());
  }

  paintAtOnce() {
    const begun = performance.now();
    this.endFade();
    this.drop();
    this.mustFade = false;
    this.window = this.nextWindow();
    const painting = this.newPainting(this.canvas, this.window);
    painting.finish();
    this.canvas.hidden = painting.isBlank;
    this.position();
    // Until the next frame: painting only records, the drawing itself is done on the way there.
    requestAnimationFrame(() => (this.cost = performance.now() - begun));
    for (const done of painting.done) done();
  }

  /** Give up the picture in the making; who waited for it waits for the next one. */
  drop() {
    if (this.painting) this.afterPaint.unshift(...this.painting.done);
    this.painting = null;
  }

  /**
   * A finished picture takes the place of the shown one.
   * @param {Painting} painting
   */
  show(painting) {
    this.painting = null;
    this.cost = painting.cost;
    this.window = painting.window;
    [this.canvas, this.spare] = [this.spare, this.canvas];
    this.canvas.hidden = painting.isBlank;
    [this.canvas.style.zIndex, this.spare.style.zIndex] = ["1", "0"];
    if (this.mustFade && !this.moving) this.beginFade();
    else this.spare.hidden = true;
    this.mustFade = false;
    this.position();
    this.isOutgrown ||= this.moving && this.mustRepaint();
    for (const done of painting.done) done();
  }

  beginFade() {
    const frames = [{ opacity: 0 }, { opacity: 1 }];
    this.fading = this.canvas.animate(frames, { duration: FADE_MS, easing: "ease-in-out" });
    this.fading.onfinish = () => this.endFade();
  }

  /** The new picture alone is shown from now on. */
  endFade() {
    if (!this.fading) return;
    this.fading.cancel();
    this.fading = null;
    this.spare.hidden = true;
  }
}

function makeCanvas() {
  const canvas = make("canvas", "stage");
  canvas.setAttribute("aria-hidden", "true");
  canvas.hidden = true;
  return canvas;
}

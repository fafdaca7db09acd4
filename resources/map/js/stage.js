// One canvas under Leaflet's panes. It is larger than the view, moves with the map while it is
// dragged, and is painted anew, in full, when something changed or the view nears its edge.

import { TILE, Window } from "./world.js";

const PADDING = 0.3; // of the view's size, on every side
const BUSY_SHARE = 2; // while moving, rest this many times as long as painting took
const QUIET = 90; // milliseconds without a move, after which the map counts as resting
const LONGEST_REST = 120; // milliseconds of painting that count for that

export const Stage = L.Layer.extend({
  initialize(painters, pane) {
    this.painters = painters;
    this.paneName = pane;
    this.afterPaint = [];
    this.cost = 0;
    this.paintedAt = 0;
    this.frame = 0;
  },

  onAdd(map) {
    this.canvas = L.DomUtil.create("canvas", "stage", map.getPane(this.paneName));
    this.canvas.setAttribute("aria-hidden", "true");
    this.context = this.canvas.getContext("2d");
    this.paint();
  },

  getEvents() {
    return {
      move: this.follow,
      zoom: this.follow,
      moveend: this.follow,
      viewreset: this.follow,
      resize: this.invalidate,
    };
  },

  /** Paint in the next frame. */
  invalidate() {
    this.dirty = true;
    if (!this.frame) this.frame = requestAnimationFrame(() => this.onFrame());
  },

  onFrame() {
    this.frame = 0;
    const rested = performance.now() - this.paintedAt;
    if (this.moving && rested < BUSY_SHARE * this.cost) this.invalidate();
    else if (this.dirty) this.paint();
  },

  /** The map moved: take the painted canvas along, and paint again where that does not do. */
  follow() {
    this.moving = true;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), QUIET);
    this.position();
    if (this.window.scale !== this.currentScale() || !this.coversView()) this.invalidate();
  },

  /** The map has come to rest: paint it with the same room on every side. */
  settle() {
    this.moving = false;
    this.invalidate();
  },

  currentScale() {
    return TILE * 2 ** this._map.getZoom();
  },

  position() {
    const grown = this.currentScale() / this.window.scale;
    const corner = L.point(this.window.left, this.window.top).multiplyBy(grown);
    L.DomUtil.setTransform(this.canvas, corner.subtract(this._map.getPixelOrigin()), grown);
  },

  coversView() {
    const grown = this.currentScale() / this.window.scale;
    const view = this._map.getPixelBounds();
    const { left, top, width, height } = this.window;
    return (
      view.min.x >= left * grown &&
      view.max.x <= (left + width) * grown &&
      (view.min.y >= top * grown || top <= 0) &&
      (view.max.y <= (top + height) * grown || top + height >= this.window.scale)
    );
  },

  paint() {
    const begun = performance.now();
    this.dirty = false;
    const size = this._map.getSize();
    const pad = size.multiplyBy(PADDING).round();
    const corner = this._map.getPixelBounds().min.subtract(pad).round();
    const width = size.x + 2 * pad.x;
    const height = size.y + 2 * pad.y;
    this.window = new Window(this.currentScale(), corner.x, corner.y, width, height);
    this.window.zoom = this._map.getZoom();
    this.window.moving = Boolean(this.moving);
    this.window.inner = { left: pad.x, top: pad.y, width: size.x, height: size.y };
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, width, height);
    // An empty canvas is not laid over the map: even that costs time in every frame.
    const busy = this.painters.filter((painter) => !painter.isEmpty);
    this.canvas.hidden = busy.length === 0;
    for (const painter of busy) {
      this.context.save();
      painter.paint(this.context, this.window);
      this.context.restore();
    }
    this.position();
    // Until the next frame: painting only records, the drawing itself is done on the way there.
    requestAnimationFrame(() => {
      this.paintedAt = performance.now();
      this.cost = Math.min(this.paintedAt - begun, LONGEST_REST);
    });
    for (const done of this.afterPaint.splice(0)) done();
  },
});

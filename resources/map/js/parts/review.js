// A review on the map: a pin that can be dragged, dots of the other photos, areas drawn by hand.

import { isOn } from "../dom.js";
import { strokePath } from "../painting.js";
import { whole } from "../text.js";
import { Lines } from "../world.js";
import { Drawing } from "./review/drawing.js";
import { Dots } from "./review/dots.js";
import { Pin } from "./review/pin.js";

/**
 * @import { MapPage } from "../main.js"
 * @import { At, Part, Topics } from "../parts.js"
 * @import { Window } from "../world.js"
 */

const VEIL = "rgb(0 0 0 / 28%)"; // darker in both themes: where a photo is not searched

/** @implements {Part} */
export class Review {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    this.pin = new Pin(page);
    this.dots = new Dots(page);
    this.drawing = new Drawing(page);
    /** @type {Lines | null} */
    this.area = null;
    /** @type {Lines | null} */
    this.reached = null; // where a photo is searched; null: everywhere
    /** @type {Map<number, string>} */
    this.names = new Map(); // of dots that the pointer was on
    /** @type {{ number: number, point: L.Point } | null} */
    this.hovered = null; // the dot under the pointer
    /** @type {Topics} */
    this.topics = {
      review: (value) => this.show(value),
      reviewDots: (value) => this.dots.load(value),
      reviewDraw: (kind) => this.drawing.start(kind),
      reviewName: (value) => this.noteName(value),
    };
  }

  /** @param {Message.ReviewedPhoto | null} value */
  show(value) {
    this.pin.show(value?.pin ?? null, value?.id);
    this.area = value?.area ? Lines.fromWorld([value.area]) : null;
    this.reached = value?.reached ? Lines.fromWorld(value.reached) : null;
    const own = value?.pin ? value.id : null;
    if (own !== this.dots.own) this.dots.clusters.forget();
    this.dots.own = own;
    document.documentElement.classList.toggle("reviewing", Boolean(value?.pin));
  }

  get isEmpty() {
    return this.dots.isEmpty && this.drawing.isEmpty && !this.area && !this.reached;
  }

  /**
   * Names make way for marks with a number.
   * @param {Window} window
   */
  obstacles(window) {
    return this.dots.isClustered ? this.dots.clusters.obstacles(window) : [];
  }

  /**
   * A veil over the land where the answer cannot lie.
   * @param {Context2D} context @param {Window} window
   */
  paintGround(context, window) {
    const { reached } = this;
    if (!reached) return;
    context.beginPath();
    context.rect(0, 0, window.width, window.height);
    window.eachSeen(reached, (i, k) => window.trace(context, reached, i, k, true));
    context.globalCompositeOperation = "source-atop";
    context.fillStyle = VEIL;
    context.fill("evenodd");
  }

  /** @param {Context2D} context @param {Window} window */
  *paintDots(context, window) {
    yield* this.dots.paint(context, window, this.pin.isDragged ? 0.3 : 1);
  }

  /** @param {Context2D} context @param {Window} window */
  paintAbove(context, window) {
    if (this.area) this.paintArea(context, window, this.area);
    this.drawing.paint(context, window);
  }

  /** @param {Context2D} context @param {Window} window @param {Lines} area */
  paintArea(context, window, area) {
    const { colors } = this.page.theme;
    context.beginPath();
    window.eachSeen(area, (i, k) => window.trace(context, area, i, k, true));
    strokePath(context, [[4, colors.casing, []], [2, colors.other, [7, 4]]]);
  }

  /** @param {At} at */
  drag(at) {
    if (this.drawing.kind) return this.drawing.drag(at);
    return this.pin.isUnder(at.event) ? this.pin.drag() : null;
  }

  /** @param {At} at */
  click(at) {
    if (this.drawing.kind) return this.drawing.click(at);
    if (isOn(at.event, ".mark")) return false;
    const number = this.dots.under(at);
    if (number === null) return false;
    const all = this.dots.allUnder(at);
    if (all.length > 1) this.page.bridge.report("reviewCluster", all);
    else this.page.bridge.report("reviewDot", number);
    return true;
  }

  /** @param {At} at */
  hover(at) {
    if (this.drawing.kind) {
      return this.drawing.hover(at);
    }
    const number = this.pin.isDragged ? null : this.dots.under(at);
    document.documentElement.classList.toggle("review-over-dot", number !== null);
    const before = this.hovered?.number;
    this.hovered = number === null ? null : { number, point: at.point };
    if (number === null) return null;
    const { length } = this.dots.allUnder(at);
    if (length > 1) return [`${whole(length)} photos`, "Click to select them"];
    if (!this.names.has(number) && number !== before) this.page.bridge.report("reviewHover", number);
    return this.describe(number);
  }

  /** @param {number} number */
  describe(number) {
    return [this.names.get(number) ?? "Another photo", "Click to show it"];
  }

  /**
   * The window names the photo of a dot that the pointer is on.
   * @param {[number: number, name: string] | null} value
   */
  noteName(value) {
    if (!value) {
      this.names.clear();
      return;
    }
    const [number, name] = value;
    this.names.set(number, name);
    if (this.hovered?.number !== number) return;
    this.page.tooltip.show(this.describe(number), this.hovered.point);
  }

  legend() {
    return this.dots.legend();
  }

  unhover() {
    this.hovered = null;
    document.documentElement.classList.remove("review-over-dot");
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    return this.drawing.kind ? this.drawing.key(event) : false;
  }
}


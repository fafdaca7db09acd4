// What the window's modes add to the map. Each part is a class in parts/, made once with the page;
// see `Part` for what it may define.

import { isOn, reason } from "./dom.js";
import { Compare } from "./parts/compare.js";
import { Errors } from "./parts/errors.js";
import { Explore } from "./parts/explore.js";
import { Review } from "./parts/review.js";
import { Train } from "./parts/train.js";
import { Why } from "./parts/why.js";

/**
 * @import { MapPage } from "./main.js"
 * @import { Painter } from "./painting.js"
 * @import { Window } from "./world.js"
 *
 * @typedef {object} Spot a point of the view and of the map
 * @property {number} x in the world, 0…1, as y
 * @property {number} y
 * @property {number} lat in degrees, as lon
 * @property {number} lon
 * @property {number} scale pixels per world
 * @property {L.Point} point in pixels of the view
 *
 * @typedef {Spot & { event: MouseEvent }} At
 *
 * @typedef {object} Drag
 * @property {(at: At) => void} move
 * @property {(at: At) => void} end
 * @property {() => void} cancel
 *
 * @typedef {{
 *   [Topic in keyof Message.Topics]?: (value: Message.Topics[Topic]) => unknown
 * }} Topics
 *
 * @typedef {object} Part what a mode adds; the painting may be done by generators, as in painting.js
 * @property {Topics} topics what the window pushes; redrawing and the report follow
 * @property {boolean} isEmpty true while there is nothing to paint
 * @property {Painter["paint"]} [paintGround] under the labels
 * @property {Painter["paint"]} [paintDots] above the labels, anew only when page.dots is told
 * @property {Painter["paint"]} [paintAbove] above everything but markers
 * @property {(at: At) => boolean} [click] true: used up
 * @property {(at: At) => string[] | null} [hover] lines of a tooltip, the first one strong
 * @property {() => void} [unhover] the pointer is elsewhere
 * @property {(at: At) => Drag | null} [drag]
 * @property {(event: KeyboardEvent) => boolean} [key] true: used up
 * @property {() => HTMLElement | null} [legend] instead of the ordinary one
 * @property {(window: Window) => Rectangle[]} [obstacles] what names must leave free
 */

const MAKERS = [Compare, Errors, Explore, Review, Train, Why];

export class Parts {
  /** @param {MapPage} page */
  constructor(page) {
    this.page = page;
    /** @type {Part[]} */
    this.all = MAKERS.map((Maker) => new Maker(page));
    this.ground = this.painter("paintGround");
    this.dots = this.painter("paintDots");
    this.above = this.painter("paintAbove");
    for (const part of this.all) {
      const topics = /** @type {(keyof Topics)[]} */ (Object.keys(part.topics));
      for (const topic of topics) this.listen(topic, part.topics);
    }
  }

  /**
   * @template {keyof Topics} Topic
   * @param {Topic} topic @param {Topics} topics
   */
  listen(topic, topics) {
    this.page.bridge.on(topic, async (value, serial) => {
      try {
        await topics[topic]?.(value);
      } catch (error) {
        this.page.bridge.report("problem", `Could not show this on the map: ${reason(error)}`);
      }
      this.page.apply(topic, serial, () => {});
    });
  }

  /**
   * @param {"paintGround" | "paintDots" | "paintAbove"} name
   * @returns {Painter}
   */
  painter(name) {
    const painting = this.all.filter((part) => part[name]);
    return {
      get isEmpty() {
        return painting.every((part) => part.isEmpty);
      },
      *paint(context, window) {
        for (const part of painting) {
          if (part.isEmpty) continue;
          context.save();
          const more = part[name]?.(context, window);
          if (more) yield* more;
          context.restore();
        }
      },
    };
  }

  /**
   * The first answer that is not empty.
   * @template Answer
   * @param {(part: Part) => Answer | null | undefined} question
   */
  ask(question) {
    for (const part of this.all) {
      const answer = question(part);
      if (answer) return answer;
    }
    return null;
  }

  unhover() {
    for (const part of this.all) part.unhover?.();
  }

  /**
   * Mouse presses on something that can be dragged do not reach the map.
   * @param {HTMLElement} container
   */
  watch(container) {
    container.addEventListener("mousedown", (event) => this.press(event), { capture: true });
  }

  /** @param {MouseEvent} event */
  press(event) {
    if (event.button !== 0 || isOn(event, ".controls")) return;
    const drag = this.ask((part) => part.drag?.(this.page.at(event)));
    if (!drag) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    this.page.map.getContainer().focus();
    const listening = new AbortController();
    const options = { capture: true, signal: listening.signal };
    const stop = () => {
      listening.abort();
      // The click that follows the release belongs to the drag.
      this.page.deaf = true;
      setTimeout(() => (this.page.deaf = false), 0);
    };
    document.addEventListener("mousemove", (moved) => drag.move(this.page.at(moved)), options);
    const release = (/** @type {MouseEvent} */ released) => {
      stop();
      drag.end(this.page.at(released));
    };
    document.addEventListener("mouseup", release, options);
    const giveUp = (/** @type {KeyboardEvent} */ pressed) => {
      if (pressed.key !== "Escape") return;
      pressed.stopImmediatePropagation();
      stop();
      drag.cancel();
    };
    document.addEventListener("keydown", giveUp, options);
  }
}

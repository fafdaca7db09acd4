// What the window's modes add to the map. Each part is a class in parts/, made once with the page;
// see `Parts` for what it may define.

import { Compare } from "./parts/compare.js";
import { Errors } from "./parts/errors.js";
import { Explore } from "./parts/explore.js";
import { Review } from "./parts/review.js";
import { Train } from "./parts/train.js";
import { Why } from "./parts/why.js";

const MAKERS = [Compare, Errors, Explore, Review, Train, Why];

/**
 * All of a part is optional:
 * - topics: { name: (value) => … }   what the window pushes; redrawing and the report follow
 * - isEmpty                          true while there is nothing to paint
 * - paintGround(context, window)     under the labels
 * - paintDots(context, window)       above the labels, painted anew only when page.dots is told
 * - paintAbove(context, window)      above everything but markers
 *   all may be generators that yield where painting can be interrupted: see painting.js
 * - click(at) → boolean              true: used up
 * - hover(at) → list of text or null the first line is strong
 * - unhover()                        the pointer is elsewhere
 * - drag(at) → { move(at), end(at), cancel() } or null
 * - key(event) → boolean
 * - legend() → element or null       instead of the ordinary legend
 *
 * `at` is { x, y, lat, lon, scale, point, event }: x and y in the world (0…1), the point in pixels.
 */
export class Parts {
  constructor(page) {
    this.page = page;
    this.all = MAKERS.map((Maker) => new Maker(page));
    this.ground = this.painter("paintGround");
    this.dots = this.painter("paintDots");
    this.above = this.painter("paintAbove");
    for (const part of this.all) {
      for (const [topic, change] of Object.entries(part.topics ?? {})) this.listen(topic, change);
    }
  }

  listen(topic, change) {
    this.page.bridge.on(topic, async (value, serial) => {
      try {
        await change(value);
      } catch (error) {
        this.page.bridge.report("problem", `Could not show this on the map: ${error.message}`);
      }
      this.page.apply(topic, serial, () => {});
    });
  }

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
          const more = part[name](context, window);
          if (more) yield* more;
          context.restore();
        }
      },
    };
  }

  /** The first answer that is not empty. */
  ask(name, ...values) {
    for (const part of this.all) {
      const answer = part[name]?.(...values);
      if (answer) return answer;
    }
    return null;
  }

  unhover() {
    for (const part of this.all) part.unhover?.();
  }

  /** Mouse presses on something that can be dragged do not reach the map. */
  watch(container) {
    container.addEventListener("mousedown", (event) => this.press(event), { capture: true });
  }

  press(event) {
    if (event.button !== 0 || event.target.closest(".controls")) return;
    const drag = this.ask("drag", this.page.at(event));
    if (!drag) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    this.page.map.getContainer().focus();
    const listening = new AbortController();
    const on = (name, handler) =>
      document.addEventListener(name, handler, { capture: true, signal: listening.signal });
    const stop = () => {
      listening.abort();
      // The click that follows the release belongs to the drag.
      this.page.deaf = true;
      setTimeout(() => (this.page.deaf = false), 0);
    };
    on("mousemove", (moved) => drag.move(this.page.at(moved)));
    on("mouseup", (released) => {
      stop();
      drag.end(this.page.at(released));
    });
    on("keydown", (pressed) => {
      if (pressed.key !== "Escape") return;
      pressed.stopImmediatePropagation();
      stop();
      drag.cancel?.();
    });
  }
}

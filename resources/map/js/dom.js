// Elements, canvases and events of the page.

/**
 * A new element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {string} [className] @param {string} [text]
 */
export function make(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/**
 * What a canvas is painted with.
 * @template {HTMLCanvasElement | OffscreenCanvas} Canvas
 * @param {Canvas} canvas
 * @returns {Canvas extends HTMLCanvasElement ? Context2D : OffscreenCanvasRenderingContext2D}
 */
export function context2d(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this computer cannot draw the map");
  return /** @type {any} */ (context);
}

/**
 * What an error says of itself.
 * @param {unknown} error
 */
export function reason(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Did an event happen to an element that fits a selector, or inside one?
 * @param {Event} event @param {string} selector
 */
export function isOn(event, selector) {
  return event.target instanceof Element && event.target.closest(selector) !== null;
}

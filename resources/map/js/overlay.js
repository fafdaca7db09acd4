// What lies above the map itself: regions around the answer, connecting lines, the cell under the
// pointer, dots of other photos.

import { strokePath } from "./painting.js";
import { Lines } from "./world.js";

/**
 * @import { Cells } from "./cells.js"
 * @import { Markers } from "./markers.js"
 * @import { Theme } from "./theme.js"
 * @import { Window } from "./world.js"
 *
 * @typedef {Message.Region & { lines: Lines, short: string }} Region
 * @typedef {{ x: number, y: number, width: number, height: number }} Box
 * @typedef {Box & { text: string }} Caption
 */

/** @type {Record<Message.Region["share"], number[]>} */
const DASHES = { 50: [], 80: [9, 5], 95: [2, 5] };
const LARGE = 0.06; // of the world's width: from this size on it is shown which side is inside
const BAND_WIDTH = 11; // pixels
const LEAST_REGION = 13; // pixels: a smaller circle would hide in the pin
const CAPTION_HEIGHT = 18;
// Where on the circle (share of its points, clockwise from north) its caption may stand.
const CAPTION_PLACES = [0, 0.5, 0.12, 0.88, 0.38, 0.62, 0.25, 0.75];

export class Overlay {
  /**
   * @param {Theme} theme @param {Cells} cells @param {Markers} markers
   * @param {() => Rectangle[]} cards
   */
  constructor(theme, cells, markers, cards) {
    this.markers = markers;
    this.cards = cards;
    this.theme = theme;
    this.cells = cells;
    /** @type {Region[]} */
    this.regions = [];
    /** @type {{ lines: Lines, isKnown: boolean }[]} */
    this.links = [];
    /** @type {Message.PhotoPin[]} */
    this.pins = [];
    /** @type {Caption[]} */
    this.captions = []; // in the picture painted last
  }

  /** @param {Message.Prediction | null} prediction */
  set(prediction) {
    this.regions = (prediction?.regions ?? []).map((region) => ({
      ...region,
      lines: Lines.fromWorld([region.ring]),
      short: `${region.share}%`,
    }));
    this.links = [];
    for (const link of [prediction?.conflict, prediction?.known]) {
      if (!link?.line.length) continue;
      const isKnown = link === prediction?.known;
      this.links.push({ lines: Lines.fromWorld([link.line]), isKnown });
    }
    this.captions = [];
  }

  get isEmpty() {
    const { regions, links, pins } = this;
    return !regions.length && !links.length && !pins.length && this.cells.hovered < 0;
  }

  /** @param {Context2D} context @param {Window} window */
  paint(context, window) {
    this.paintPins(context, window);
    this.paintLinks(context, window);
    this.paintRegions(context, window);
    this.paintHovered(context, window);
  }

  /** @param {Context2D} context @param {Window} window */
  paintRegions(context, window) {
    context.lineJoin = "round";
    for (const region of this.regions) {
      const isLarge = region.lines.boxes[2] - region.lines.boxes[0] > LARGE;
      if (isLarge && region.share === 80) this.paintOutside(context, window, region);
      context.beginPath();
      for (const k of this.visibleCopies(window, region)) window.traceCircle(context, region.lines, k);
      if (isLarge) this.paintBand(context, window, region);
      context.lineCap = region.share === 95 ? "round" : "butt";
      strokePath(context, [
        [3.6, this.theme.colors.casing, []],
        [2, this.theme.colors.accent, DASHES[region.share]],
      ]);
    }
    for (const caption of this.placeCaptions(context, window)) this.paintCaption(context, caption);
  }

  /**
   * A veil over all that is farther away than the radius.
   * @param {Context2D} context @param {Window} window @param {Region} region
   */
  paintOutside(context, window, region) {
    context.fillStyle = this.theme.colors.veil;
    context.fill(this.cap(window, region, region.inside !== "out"), "evenodd");
  }

  /**
   * What a circle encloses on the map, or all but that.
   * @param {Window} window @param {Region} region @param {boolean} isInverted
   */
  cap(window, region, isInverted) {
    const path = new Path2D();
    for (const k of this.visibleCopies(window, region)) {
      window.traceCap(path, region.lines, k, region.inside);
    }
    if (isInverted) path.rect(-99, -99, window.width + 198, window.height + 198);
    return path;
  }

  /**
   * A band along the inner side of a large region that was just traced, as atlases mark a country:
   * the circle on the Earth is none on the map, and may hold a pole or all but a hole.
   * @param {Context2D} context @param {Window} window @param {Region} region
   */
  paintBand(context, window, region) {
    context.save();
    context.clip(this.cap(window, region, region.inside === "out"), "evenodd");
    context.globalAlpha = 0.22;
    strokePath(context, [[2 * BAND_WIDTH, this.theme.colors.accent, []]]);
    context.restore();
  }

  /** @param {Window} window @param {Region} region */
  visibleCopies(window, region) {
    const [left, top, right, bottom] = region.lines.boxes;
    if ((right - left) * window.scale < 2 * LEAST_REGION) return [];
    return window.showsRows(top, bottom) ? window.copies(left, right) : [];
  }

  /**
   * Captions as rectangles in the view, each on its circle, none over another or outside.
   * @param {Context2D} context @param {Window} window
   */
  placeCaptions(context, window) {
    context.font = `600 11px ${this.theme.font}`;
    /** @type {Caption[]} */
    const placed = [];
    const { left, top } = window.inner;
    const marks = [
      ...this.markers.obstacles(window).map(([x, y, width, height]) => ({ x, y, width, height })),
      ...this.cards().map(([x, y, width, height]) => ({ x: x + left, y: y + top, width, height })),
    ];
    /** @param {Box} box */
    const isFree = (box) => [...placed, ...marks].every((other) => !overlap(box, other));
    for (const region of this.regions) {
      const size = (region.lines.boxes[2] - region.lines.boxes[0]) * window.scale;
      const text = size > 190 ? region.text : region.short;
      const width = Math.ceil(context.measureText(text).width) + 12;
      const spot = this.visibleCopies(window, region)
        .flatMap((k) => CAPTION_PLACES.map((share) => captionBox(window, region, k, share, width)))
        .find((box) => isInside(box, window.inner) && isFree(box));
      if (spot) placed.push({ ...spot, text });
    }
    this.captions = placed;
    return placed;
  }

  /** @param {Context2D} context @param {Caption} caption */
  paintCaption(context, { x, y, width, text }) {
    context.beginPath();
    context.roundRect(x, y, width, CAPTION_HEIGHT, 9);
    context.fillStyle = this.theme.colors.card;
    context.fill();
    context.strokeStyle = this.theme.colors.accent;
    context.lineWidth = 1;
    context.stroke();
    context.fillStyle = this.theme.colors.ink;
    context.textBaseline = "middle";
    context.fillText(text, x + 6, y + CAPTION_HEIGHT / 2 + 0.5);
  }

  /** @param {Context2D} context @param {Window} window */
  paintLinks(context, window) {
    for (const { lines, isKnown } of this.links) {
      const color = isKnown ? this.theme.colors.known : this.theme.colors.other;
      context.beginPath();
      window.eachSeen(lines, (i, k) => window.trace(context, lines, i, k, false));
      strokePath(context, [[3.6, this.theme.colors.casing, []], [1.8, color, [6, 4]]]);
    }
  }

  /** @param {Context2D} context @param {Window} window */
  paintPins(context, window) {
    for (const { at, state } of this.pins) {
      if (!window.showsRows(at[1], at[1])) continue;
      for (const k of window.copies(at[0], at[0])) {
        this.paintPin(context, window.x(at[0], k), window.y(at[1]), state);
      }
    }
  }

  /**
   * Sure: filled; unsure: hollow; known: a square.
   * @param {Context2D} context @param {number} x @param {number} y
   * @param {Message.PhotoPin["state"]} state
   */
  paintPin(context, x, y, state) {
    const { colors } = this.theme;
    context.beginPath();
    if (state === "known") context.rect(x - 4, y - 4, 8, 8);
    else context.arc(x, y, 4.5, 0, 7);
    const color = state === "known" ? colors.known : colors.accent;
    context.fillStyle = state === "unsure" ? colors.card : color;
    context.strokeStyle = colors.halo;
    context.lineWidth = 4;
    context.stroke();
    context.fill();
    context.strokeStyle = color;
    context.lineWidth = 1.8;
    context.stroke();
  }

  /** @param {number} x @param {number} y @param {number} scale */
  pinAt(x, y, scale) {
    /** @param {Message.PhotoPin} pin */
    const near = (pin) => {
      const dx = Math.abs(pin.at[0] - x) % 1;
      return Math.hypot(Math.min(dx, 1 - dx), pin.at[1] - y) * scale < 8;
    };
    return this.pins.findLast(near);
  }

  /** @param {Context2D} context @param {Window} window */
  paintHovered(context, window) {
    const rings = this.cells.partition()?.rings;
    if (this.cells.hovered < 0 || !rings) return;
    const b = 4 * this.cells.hovered;
    context.beginPath();
    for (const k of window.copies(rings.boxes[b], rings.boxes[b + 2])) {
      window.trace(context, rings, this.cells.hovered, k, true);
    }
    context.strokeStyle = this.theme.colors.ink;
    context.lineWidth = 1.6;
    context.stroke();
  }
}

/**
 * @param {Window} window @param {Region} region @param {number} k @param {number} share
 * @param {number} width
 */
function captionBox(window, region, k, share, width) {
  const { points } = region.lines;
  const p = Math.round((share * points.length) / 2) % (points.length / 2);
  return {
    x: window.x(points[2 * p], k) - width / 2,
    y: window.y(points[2 * p + 1]) - CAPTION_HEIGHT / 2,
    width,
    height: CAPTION_HEIGHT,
  };
}

/** @param {Box} box @param {Window["inner"]} inner */
function isInside(box, inner) {
  return (
    box.x > inner.left + 8 &&
    box.x + box.width < inner.left + inner.width - 8 &&
    box.y > inner.top + 8 &&
    box.y + box.height < inner.top + inner.height - 8
  );
}

/** @param {Box} a @param {Box} b */
function overlap(a, b) {
  return (
    a.x < b.x + b.width + 4 && a.x + a.width + 4 > b.x &&
    a.y < b.y + b.height + 3 && a.y + a.height + 3 > b.y
  );
}

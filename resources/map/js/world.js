// The flat world: Web Mercator, 0…1 both ways, y downwards. Everything drawn is kept in it.

export const TILE = 256; // pixels across the world at zoom 0, as Leaflet counts
const MARGIN = 12; // pixels beyond the canvas that strokes may reach
const FINE_STEP = 0.7; // points nearer than this (in pixels) to the last one are left out

/**
 * World point of a place in degrees.
 * @param {number} latitude @param {number} longitude
 * @returns {WorldPoint}
 */
export function worldPoint(latitude, longitude) {
  const sine = Math.sin((Math.max(-85.3, Math.min(85.3, latitude)) * Math.PI) / 180);
  return [longitude / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

/**
 * Latitude and longitude in degrees of a world point, longitude in -180…180.
 * @param {number} x @param {number} y
 * @returns {Degrees}
 */
export function place(x, y) {
  const latitude = (360 / Math.PI) * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - 90;
  return [latitude, ((((x - 0.5) * 360 + 540) % 360) + 360) % 360 - 180];
}

/** Lines and rings in one array: line i is points offsets[i] … offsets[i + 1] - 1. */
export class Lines {
  /** @param {Float64Array} points @param {Uint32Array} offsets */
  constructor(points, offsets) {
    this.points = points;
    this.offsets = offsets;
    this.count = offsets.length - 1;
    this.boxes = new Float64Array(4 * this.count);
    for (let i = 0; i < this.count; i++) this.measure(i);
  }

  /** @param {number} i */
  measure(i) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let p = this.offsets[i]; p < this.offsets[i + 1]; p++) {
      const x = this.points[2 * p];
      const y = this.points[2 * p + 1];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    this.boxes.set([left, top, right, bottom], 4 * i);
  }

  /**
   * From lists of grid numbers: first point absolute, the rest differences.
   * @param {number[][]} lists @param {number} grid
   */
  static fromGrid(lists, grid) {
    const offsets = new Uint32Array(lists.length + 1);
    lists.forEach((list, i) => (offsets[i + 1] = offsets[i] + list.length / 2));
    const points = new Float64Array(2 * offsets[lists.length]);
    lists.forEach((list, i) => {
      let [x, y] = [0, 0];
      for (let k = 0; k < list.length; k += 2) {
        x += list[k];
        y += list[k + 1];
        points[2 * offsets[i] + k] = x / grid;
        points[2 * offsets[i] + k + 1] = y / grid;
      }
    });
    return new Lines(points, offsets);
  }

  /**
   * From flat lists of world coordinates.
   * @param {number[][]} lists
   */
  static fromWorld(lists) {
    const offsets = new Uint32Array(lists.length + 1);
    lists.forEach((list, i) => (offsets[i + 1] = offsets[i] + list.length / 2));
    return new Lines(Float64Array.from(lists.flat()), offsets);
  }

  /**
   * From the packed form that the window serves: see mercator.packed_rings.
   * @param {ArrayBuffer} buffer
   */
  static fromBuffer(buffer) {
    const count = new Uint32Array(buffer, 0, 1)[0];
    const offsets = new Uint32Array(buffer, 8, count + 1);
    const start = 8 + 4 * (count + 1 + ((count + 1) % 2));
    return new Lines(new Float64Array(buffer, start), offsets);
  }

  /**
   * Is the world point inside ring i? The ring may reach beyond 0…1, the point may not.
   * @param {number} i @param {number} x @param {number} y
   */
  contains(i, x, y) {
    const [left, top, right, bottom] = this.boxes.subarray(4 * i, 4 * i + 4);
    if (y < top || y > bottom) return false;
    for (let k = Math.floor(left) - 1; k <= Math.floor(right) + 1; k++) {
      if (x + k >= left && x + k <= right && this.windsAround(i, x + k, y)) return true;
    }
    return false;
  }

  /**
   * The area of ring i on the sphere, as a share of the Earth's.
   * @param {number} i
   */
  area(i) {
    const [from, to] = [this.offsets[i], this.offsets[i + 1]];
    // The flat world with y turned into the sine of the latitude is true to area.
    /** @param {number} p */
    const height = (p) => Math.tanh(2 * Math.PI * (0.5 - this.points[2 * p + 1]));
    let twice = 0;
    for (let a = from, b = to - 1; a < to; b = a++) {
      twice += (this.points[2 * a] - this.points[2 * b]) * (height(a) + height(b));
    }
    return Math.max(Math.abs(twice) / 4, 1e-15);
  }

  /** @param {number} i @param {number} x @param {number} y */
  windsAround(i, x, y) {
    const [from, to] = [this.offsets[i], this.offsets[i + 1]];
    let inside = false;
    for (let a = from, b = to - 1; a < to; b = a++) {
      const [ay, by] = [this.points[2 * a + 1], this.points[2 * b + 1]];
      if (ay > y === by > y) continue;
      const [ax, bx] = [this.points[2 * a], this.points[2 * b]];
      if (x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    }
    return inside;
  }
}

/** A part of the world on a canvas: scale in pixels per world, left and top in the same pixels. */
export class Window {
  /**
   * @param {number} scale @param {number} left @param {number} top @param {number} width
   * @param {number} height
   */
  constructor(scale, left, top, width, height) {
    this.scale = scale;
    this.left = left;
    this.top = top;
    this.width = width;
    this.height = height;
    this.zoom = 0;
    this.moving = false; // painted while the map moves
    this.inner = { left: 0, top: 0, width, height }; // the view itself, without its padding
  }

  /**
   * The window cut into bands of rows, one after the other, each with the canvas clipped to it:
   * to paint in steps what cannot be divided otherwise.
   * @param {Context2D} context @param {number} count
   */
  *bands(context, count) {
    const height = 20 * Math.ceil(this.height / count / 20); // whole pixels of finer screens, too
    for (let top = 0; top < this.height; top += height) {
      const band = new Window(this.scale, this.left, this.top + top, this.width, Math.min(height, this.height - top));
      band.zoom = this.zoom;
      context.save();
      context.translate(0, top);
      context.beginPath();
      context.rect(0, 0, band.width, band.height);
      context.clip();
      yield band;
      context.restore();
    }
  }

  /**
   * Copies k of the world in which a span of world x is seen; the span stands at x + k.
   * @param {number} left @param {number} right
   */
  copies(left, right) {
    const first = Math.ceil((this.left - MARGIN) / this.scale - right);
    const last = Math.floor((this.left + this.width + MARGIN) / this.scale - left);
    /** @type {number[]} */
    const found = [];
    for (let k = first; k <= last; k++) found.push(k);
    return found;
  }

  /**
   * Is a span of world y seen?
   * @param {number} top @param {number} bottom
   */
  showsRows(top, bottom) {
    return (
      bottom * this.scale - this.top > -MARGIN && top * this.scale - this.top < this.height + MARGIN
    );
  }

  /** @param {number} worldX @param {number} copy */
  x(worldX, copy) {
    return (worldX + copy) * this.scale - this.left;
  }

  /** @param {number} worldY */
  y(worldY) {
    return worldY * this.scale - this.top;
  }

  /**
   * Calls visit(i, copy) for every line whose box is seen and at least `least` pixels large.
   * @param {Lines} lines @param {(i: number, copy: number) => void} visit @param {number} [least]
   */
  eachSeen(lines, visit, least = 0) {
    for (let i = 0; i < lines.count; i++) {
      const b = 4 * i;
      const [width, height] = [lines.boxes[b + 2] - lines.boxes[b], lines.boxes[b + 3] - lines.boxes[b + 1]];
      if (Math.max(width, height) * this.scale < least) continue;
      if (!this.showsRows(lines.boxes[b + 1], lines.boxes[b + 3])) continue;
      for (const k of this.copies(lines.boxes[b], lines.boxes[b + 2])) visit(i, k);
    }
  }

  /**
   * Adds line i to a path. Leaves out what no eye sees: points within a pixel of the last one, and
   * runs that stay beyond one side of the canvas (the shape inside it remains the same).
   * @param {CanvasPath} path @param {Lines} lines @param {number} i @param {number} copy
   * @param {boolean} isRing
   */
  trace(path, lines, i, copy, isRing) {
    const { points, offsets } = lines;
    const [right, bottom] = [this.width + MARGIN, this.height + MARGIN];
    const [from, to] = [offsets[i], offsets[i + 1]];
    let [lastX, lastY, side] = [0, 0, 0];
    let held = false;
    let [heldX, heldY, firstX, firstY] = [0, 0, 0, 0];
    for (let p = from; p < to; p++) {
      const x = (points[2 * p] + copy) * this.scale - this.left;
      const y = points[2 * p + 1] * this.scale - this.top;
      const code =
        (x < -MARGIN ? 1 : x > right ? 2 : 0) | (y < -MARGIN ? 4 : y > bottom ? 8 : 0);
      if (p === from) {
        path.moveTo(x, y);
        [firstX, firstY] = [x, y];
        [lastX, lastY, side] = [x, y, code];
        continue;
      }
      if (side & code) {
        [heldX, heldY, held] = [x, y, true];
        side &= code;
        continue;
      }
      if (held) {
        path.lineTo(heldX, heldY);
        held = false;
      } else if (
        p < to - 1 &&
        Math.abs(x - lastX) < FINE_STEP &&
        Math.abs(y - lastY) < FINE_STEP &&
        !code
      ) {
        continue;
      }
      path.lineTo(x, y);
      [lastX, lastY, side] = [x, y, code];
    }
    if (held) path.lineTo(heldX, heldY);
    // Not closePath(): Chromium then measures the whole path again, for every ring.
    if (isRing) path.lineTo(firstX, firstY);
  }

  /**
   * Adds the circle that is the first of some lines. One that winds around a pole ends one world
   * further and stays open.
   * @param {CanvasPath} path @param {Lines} lines @param {number} copy
   */
  traceCircle(path, lines, copy) {
    const { points } = lines;
    const way = points[points.length - 2] - points[0];
    const winds = Math.abs(way) > 0.5;
    this.trace(path, lines, 0, copy, !winds);
    if (winds) path.lineTo(this.x(points[0] + Math.sign(way), copy), this.y(points[1]));
  }

  /**
   * Adds what a circle encloses: for one around a pole all to that edge of the map.
   * @param {CanvasPath} path @param {Lines} lines @param {number} copy
   * @param {Message.Region["inside"]} inside
   */
  traceCap(path, lines, copy, inside) {
    this.traceCircle(path, lines, copy);
    if (inside !== "north" && inside !== "south") return;
    const { points } = lines;
    const edge = inside === "north" ? -MARGIN : this.height + MARGIN;
    const end = points[0] + Math.sign(points[points.length - 2] - points[0]);
    path.lineTo(this.x(end, copy), edge);
    path.lineTo(this.x(points[0], copy), edge);
    path.closePath();
  }
}

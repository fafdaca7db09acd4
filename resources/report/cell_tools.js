// Geometry of cells and coasts, colours, and numbers as people read them, for partition_map.js.
"use strict";

const geoguessCellTools = (() => {
  /**
   * Steps from point to point on a grid as points of the flat world, 0…1.
   * @param {number[]} steps @param {number} grid
   */
  function unpack(steps, grid) {
    const points = new Float64Array(steps.length);
    let x = 0, y = 0;
    for (let i = 0; i < steps.length; i += 2) {
      x += steps[i];
      y += steps[i + 1];
      points[i] = x / grid;
      points[i + 1] = y / grid;
    }
    return points;
  }

  /**
   * A coast or border with its box.
   * @param {number[]} steps @param {number} grid
   * @returns {Report.Line}
   */
  function boxed(steps, grid) {
    const points = unpack(steps, grid);
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let p = 0; p < points.length; p++) {
      box[p % 2] = Math.min(box[p % 2], points[p]);
      box[2 + (p % 2)] = Math.max(box[2 + (p % 2)], points[p]);
    }
    return { points, box };
  }

  /**
   * A partition with its outlines and their boxes.
   * @param {Report.Partition} partition @param {number} grid
   * @returns {Report.Cells}
   */
  function prepare(partition, grid) {
    const count = partition.points.length;
    const points = unpack(partition.steps, grid);
    const first = new Uint32Array(count + 1);
    const boxes = new Float64Array(4 * count);
    for (let i = 0; i < count; i++) {
      first[i + 1] = first[i] + partition.points[i];
      let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
      for (let p = first[i]; p < first[i + 1]; p++) {
        left = Math.min(left, points[2 * p]);
        right = Math.max(right, points[2 * p]);
        top = Math.min(top, points[2 * p + 1]);
        bottom = Math.max(bottom, points[2 * p + 1]);
      }
      boxes.set([left, top, right, bottom], 4 * i);
    }
    return { ...partition, count, points, first, boxes, piles: {} };
  }

  /**
   * Is the world point inside cell i?
   * @param {Report.Cells} partition @param {number} i @param {number} x @param {number} y
   */
  function contains(partition, i, x, y) {
    const { points, first } = partition;
    let inside = false;
    for (let p = first[i], q = first[i + 1] - 1; p < first[i + 1]; q = p++) {
      const yp = points[2 * p + 1], yq = points[2 * q + 1];
      if (yp > y !== yq > y && x < points[2 * p] + ((y - yp) / (yq - yp)) * (points[2 * q] - points[2 * p])) {
        inside = !inside;
      }
    }
    return inside;
  }

  /**
   * The copies of the world in which a box is seen.
   * @param {Report.View} view @param {Float64Array} boxes @param {number} i
   */
  function copies(view, boxes, i) {
    const b = 4 * i;
    if (boxes[b + 3] < view.top || boxes[b + 1] > view.bottom) return [];
    return [-1, 0, 1].filter((k) => boxes[b + 2] + k >= view.left && boxes[b] + k <= view.right);
  }

  /**
   * @param {Context2D} context @param {Report.View} view @param {Report.Cells} partition @param {number} i
   * @param {number} k
   */
  function trace(context, view, partition, i, k) {
    const { points, first } = partition;
    for (let p = first[i]; p < first[i + 1]; p++) {
      const x = view.x(points[2 * p], k), y = view.y(points[2 * p + 1]);
      if (p === first[i]) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    context.closePath();
  }

  /**
   * Colours (CSS) in even steps along a ramp of #rrggbb.
   * @param {string[]} ramp @param {number} count
   */
  function palette(ramp, count) {
    const parsed = ramp.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
    return Array.from({ length: count }, (_, n) => {
      const place = (n / (count - 1)) * (parsed.length - 1);
      const low = Math.min(Math.floor(place), parsed.length - 2);
      const mix = parsed[low].map((v, k) => Math.round(v + (place - low) * (parsed[low + 1][k] - v)));
      return `rgb(${mix.join(",")})`;
    });
  }

  return { boxed, contains, copies, palette, prepare, trace, unpack };
})();

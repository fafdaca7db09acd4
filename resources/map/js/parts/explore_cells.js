// Cells with values of any kind instead of probabilities, on a linear or a logarithmic scale.

import { PaintedCells } from "../painted_cells.js";

/**
 * @import { Layer } from "../painted_cells.js"
 *
 * @typedef {object} Values
 * @property {number[]} values by cell, also of cells that are not shown
 * @property {boolean} isLinear
 * @property {boolean} isCut some values lie below the scale
 * @property {boolean} isCapped some lie above it
 *
 * @typedef {Layer & Values} ValueLayer
 */

/** @extends {PaintedCells<ValueLayer>} */
export class ValueCells extends PaintedCells {
  /**
   * @override
   * @param {ValueLayer} layer @param {number} value
   */
  shade({ least, most, isLinear }, value) {
    if (most <= least) return 1;
    const t = isLinear
      ? (value - least) / (most - least)
      : Math.log(Math.max(value, least) / least) / Math.log(most / least);
    return Math.max(0, Math.min(1, t));
  }
}

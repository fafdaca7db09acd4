// Raster tiles under the cells, where the user has chosen a file or a host for them.

/** @import { Window } from "./world.js" */

const MOST_KEPT = 500; // pictures

export class Tiles {
  /** @param {() => void} redraw */
  constructor(redraw) {
    this.redraw = redraw;
    /** @type {Message.TileSource | null} */
    this.source = null;
    /** @type {Map<string, { image: HTMLImageElement, ready: boolean }>} */
    this.kept = new Map();
  }

  get isEmpty() {
    return this.source === null;
  }

  /** Is any picture there, to draw instead of the built-in map? */
  get isThere() {
    return !this.isEmpty && [...this.kept.values()].some((tile) => tile.ready);
  }

  /**
   * Null for the built-in map alone.
   * @param {Message.TileSource | null} source
   */
  set(source) {
    this.source = source;
    this.kept.clear();
  }

  /** @param {Context2D} context @param {Window} window */
  paint(context, window) {
    if (!this.source) return; // given up while the picture was painted
    const { least, most } = this.source;
    const zoom = Math.max(least, Math.min(most, Math.round(window.zoom)));
    const count = 2 ** zoom;
    const side = window.scale / count;
    const rows = [Math.max(0, Math.floor(window.top / side)), Math.min(count - 1, Math.floor((window.top + window.height) / side))];
    const columns = [Math.floor(window.left / side), Math.floor((window.left + window.width) / side)];
    for (let y = rows[0]; y <= rows[1]; y++) {
      for (let x = columns[0]; x <= columns[1]; x++) {
        this.paintTile(context, window, this.source, zoom, x, y, side);
      }
    }
  }

  /**
   * The tile, or while it is on its way the part of a coarser one that is there.
   * @param {Context2D} context @param {Window} window @param {Message.TileSource} source
   * @param {number} zoom @param {number} x @param {number} y @param {number} side
   */
  paintTile(context, window, source, zoom, x, y, side) {
    const count = 2 ** zoom;
    const column = ((x % count) + count) % count;
    // Edges on whole pixels: or seams would show between tiles.
    const [left, top] = [Math.round(x * side - window.left), Math.round(y * side - window.top)];
    const width = Math.round((x + 1) * side - window.left) - left;
    const height = Math.round((y + 1) * side - window.top) - top;
    const exact = this.picture(source.key, zoom, column, y, !window.moving);
    if (exact?.ready) {
      context.drawImage(exact.image, left, top, width, height);
      return;
    }
    for (let up = 1; up <= 6 && zoom - up >= source.least; up++) {
      const parent = this.picture(source.key, zoom - up, column >> up, y >> up, false);
      if (!parent?.ready) continue;
      const { image } = parent;
      const part = image.naturalWidth / 2 ** up;
      const [sx, sy] = [(column % 2 ** up) * part, (y % 2 ** up) * part];
      context.drawImage(image, sx, sy, part, part, left, top, width, height);
      return;
    }
  }

  /**
   * A picture that is kept, newest last; asks for it where it is wanted and not there yet.
   * @param {string} key @param {number} zoom @param {number} x @param {number} y
   * @param {boolean} wanted
   */
  picture(key, zoom, x, y, wanted) {
    const path = `tiles/${key}/${zoom}/${x}/${y}`;
    const found = this.kept.get(path);
    if (found) {
      this.kept.delete(path);
      this.kept.set(path, found);
      return found;
    }
    if (!wanted) return null;
    const made = { image: new Image(), ready: false };
    made.image.addEventListener("load", () => {
      made.ready = made.image.naturalWidth > 1;
      this.redraw();
    });
    made.image.src = path;
    this.kept.set(path, made);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= MOST_KEPT) break;
      this.kept.delete(oldest);
    }
    return made;
  }
}

// The small card at the pointer.

const AWAY = 14; // pixels from the pointer

export class Tooltip {
  /** @param {L.Map} map */
  constructor(map) {
    this.map = map;
    this.card = L.DomUtil.create("div", "tooltip card", map.getContainer());
    this.card.setAttribute("role", "tooltip");
    this.card.hidden = true;
  }

  /**
   * Show parts, the first one strong, beside a point of the view.
   * @param {string[]} parts @param {L.Point} point
   */
  show(parts, point) {
    const [first, ...rest] = parts;
    const strong = document.createElement("b");
    strong.textContent = first;
    this.card.replaceChildren(strong, rest.length ? ` · ${rest.join(" · ")}` : "");
    this.card.hidden = false;
    const size = this.map.getSize();
    const { offsetWidth: width, offsetHeight: height } = this.card;
    const x = Math.max(6, Math.min(point.x + AWAY, size.x - width - 6));
    const isBelow = point.y + AWAY + height + 6 < size.y;
    const y = isBelow ? point.y + AWAY : point.y - AWAY - height;
    L.DomUtil.setPosition(this.card, L.point(Math.round(x), Math.round(y)));
  }

  hide() {
    this.card.hidden = true;
  }
}

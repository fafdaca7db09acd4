// Colours live in map.css as custom properties; the canvas painters read them from there.

const NAMES = /** @type {const} */ ([
  "sea", "land", "coast", "border", "river", "grid", "ink", "ink-soft", "ink-sea", "halo", "accent",
  "casing", "veil", "known", "other", "card",
]);

/** @typedef {Record<typeof NAMES[number], string>} Colors */

export class Theme {
  /** @type {Message.ThemeName} */
  name = "light";
  colors = /** @type {Colors} */ ({});
  font = "";

  /** @param {string[]} ramp */
  constructor(ramp) {
    this.ramp = ramp.map((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)));
    this.set(this.name);
  }

  /** @param {Message.ThemeName} name */
  set(name) {
    this.name = name;
    document.documentElement.dataset.theme = name;
    const style = getComputedStyle(document.documentElement);
    const entries = NAMES.map((key) => [key, style.getPropertyValue(`--${key}`).trim()]);
    this.colors = /** @type {Colors} */ (Object.fromEntries(entries));
    this.font = style.getPropertyValue("--font").trim();
  }

  /**
   * Colour of the ramp at t, 0 (least) … 1 (most): always strongest against the map's ground.
   * @param {number} t
   */
  rgb(t) {
    const along = (this.name === "dark" ? 1 - t : t) * (this.ramp.length - 1);
    const low = Math.min(Math.floor(along), this.ramp.length - 2);
    return this.ramp[low].map((c, i) => Math.round(c + (along - low) * (this.ramp[low + 1][i] - c)));
  }

  /**
   * Colour of a cell at t: see-through, so that the map can be read under it.
   * @param {number} t
   */
  heat(t) {
    return `rgba(${this.rgb(t).join(",")},${(0.45 + 0.37 * t).toFixed(3)})`;
  }

  /** @param {number} t */
  edge(t) {
    return `rgba(${this.rgb(t).join(",")},0.6)`;
  }
}

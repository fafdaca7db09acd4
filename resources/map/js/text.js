// Numbers as people read them.

/**
 * "83 %", "3.2 %", "0.14 %", "0.002 %", "< 0.0001 %"
 * @param {number} p
 */
export function percent(p) {
  const value = 100 * p;
  if (value === 0) return "0 %";
  if (value < 0.0001) return "< 0.0001 %";
  if (value < 0.1) return `${value.toLocaleString("en", { maximumSignificantDigits: value < 0.01 ? 1 : 2 })} %`;
  if (value >= 99.95) return "100 %";
  const digits = value >= 10 ? 0 : value >= 1 ? 1 : 2;
  return `${Number(value.toFixed(digits))} %`;
}

/**
 * "240 m", "1.2 km", "8,200 km"
 * @param {number} km
 */
export function distance(km) {
  if (km < 1) return `${Number((km * 1000).toPrecision(2))} m`;
  if (km < 10) return `${km.toFixed(1).replace(/\.0$/, "")} km`;
  return `${Number(km.toPrecision(km < 100 ? 2 : 3)).toLocaleString("en")} km`;
}

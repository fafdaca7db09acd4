// Numbers as people read them, for what only the page knows: the cell under the pointer, the
// numbers of a legend, an area while it is drawn. What belongs to an answer arrives as finished
// text. The rules are those of geoguess_app/core/format.py; a test compares the two.

const NO_BREAK_SPACE = "\u00a0";
const MILE_KM = 1.609344;
const FOOT_KM = 0.0003048;

/** @type {Message.Units} */
let units = "km";

/**
 * What distances and areas are written in from now on.
 * @param {Message.Units} wanted
 */
export function useUnits(wanted) {
  units = wanted;
}

/**
 * "4 m", "840 m", "1.2 km", "12 km", "124 km", "8,410 km"; "760 ft", "0.7 mi"
 * @param {number} km
 */
export function distance(km) {
  return units === "mi" ? length(km / FOOT_KM, "ft", km / MILE_KM, "mi") : length(1000 * km, "m", km, "km");
}

/** @param {number} inSmall @param {string} small @param {number} inLarge @param {string} large */
function length(inSmall, small, inLarge, large) {
  if (inSmall > 0 && inSmall < 0.5) return withUnit("<1", small);
  const entire = rounded(inSmall);
  if (entire < 100) return withUnit(String(entire), small);
  const tens = rounded(inSmall / 10);
  if (tens < 100) return withUnit(String(10 * tens), small);
  const tenths = rounded(10 * inLarge);
  return withUnit(tenths < 100 ? oneDecimal(tenths) : threeDigits(rounded(inLarge)), large);
}

/**
 * "1,280 km²", "0.42 km²", "5,300 m²", "0.8 cm²"; "494 mi²", "57,000 ft²", "0.12 in²"
 * @param {number} km2
 */
export function area(km2) {
  if (units === "mi") {
    const [miles2, feet2] = [km2 / MILE_KM ** 2, km2 / FOOT_KM ** 2];
    if (miles2 >= 0.01 || km2 === 0) return withUnit(figures(miles2), "mi²");
    return feet2 >= 1 ? withUnit(figures(feet2), "ft²") : withUnit(figures(144 * feet2), "in²");
  }
  if (km2 >= 0.1 || km2 === 0) return withUnit(figures(km2), "km²");
  return km2 >= 1e-6 ? withUnit(figures(1e6 * km2), "m²") : withUnit(figures(1e10 * km2), "cm²");
}

/**
 * "83%", "9.5%", "0.4%", "<0.1%", ">99%"; only 0 is "0%" and only 1 is "100%"
 * @param {number} share
 */
export function percent(share) {
  if (share === 0 || share === 1) return `${100 * share}%`;
  const tenths = rounded(1000 * share);
  if (tenths < 1) return "<0.1%";
  if (tenths < 100) return `${oneDecimal(tenths)}%`;
  const hundredths = rounded(100 * share);
  return hundredths < 100 ? `${hundredths}%` : ">99%";
}

/**
 * A number beside a ramp of colours, which may be very small: "20%", "5%", "0.14%", "0.002%"
 * @param {number} share
 */
export function legendPercent(share) {
  if (share > 0 && share < 1e-6) return "<0.0001%";
  return share < 0.001 ? `${figures(100 * share)}%` : percent(share).replace(".0%", "%");
}

/**
 * Two significant digits, three from 10 on: "0.42", "16", "230", "1,280"
 * @param {number} number
 */
export function figures(number) {
  if (number >= 10) return threeDigits(rounded(number));
  let decimals = 1;
  while (number * 10 ** decimals < 10 && decimals < 9) decimals += 1;
  return String(rounded(number * 10 ** decimals) / 10 ** decimals);
}

/**
 * "1 photo", "1,204 photos"
 * @param {number} number @param {string} one @param {string} many
 */
export function counted(number, one, many) {
  return `${whole(number)} ${number === 1 ? one : many}`;
}

/**
 * "1,204"
 * @param {number} number
 */
export function whole(number) {
  return number.toLocaleString("en", { maximumFractionDigits: 0 });
}

/**
 * "48.8584, 2.2945"
 * @param {number} latitude @param {number} longitude
 */
export function coordinates(latitude, longitude) {
  return `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`;
}

/** @param {string} number @param {string} unit */
function withUnit(number, unit) {
  return `${number}${NO_BREAK_SPACE}${unit}`;
}

/** @param {number} number */
function rounded(number) {
  return Math.floor(number + 0.5);
}

/** @param {number} tenths */
function oneDecimal(tenths) {
  return `${Math.floor(tenths / 10)}.${tenths % 10}`;
}

/** @param {number} number */
function threeDigits(number) {
  const step = 10 ** Math.max(0, String(number).length - 3);
  return whole(rounded(number / step) * step);
}

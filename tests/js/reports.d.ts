// What Python puts into the pages of reports, for the scripts in resources/report.

declare namespace Report {
  /** geoguess_app/evaluation/base_map.py: steps from point to point on a grid. */
  interface BaseMap {
    grid: number;
    land: number[][];
    borders: number[][];
  }

  // --- the points of a photo table: trainer/data/point_map.py ---

  interface PointGroup {
    colour: string;
    /** The name and how many photos. */
    text: string;
    points: [latitude: number, longitude: number, count: number, label: string, where: string][];
  }

  // --- the errors of an evaluation: geoguess_app/evaluation/error_map.py ---

  interface ErrorPhoto {
    file: string;
    true: Degrees;
    said: Degrees;
    km: number;
    r80: number;
    off: string;
    lines: string[];
  }

  interface ErrorOptions {
    key: string;
    bands: number[];
    names: string[];
    local: boolean;
    dots: string;
    known: Degrees[];
  }

  // --- the cells of partitions: trainer/partitions/map_data.py ---

  interface Partition {
    name: string;
    tokens: string[];
    photos: number[];
    area: number[];
    km: number[];
    points: number[];
    steps: number[];
    facts: string[][];
    flagged: number[];
  }

  type Measure = "photos" | "km" | "area";

  /** A partition with its outlines as world points: cell i is points first[i] … first[i + 1] - 1. */
  interface Cells extends Omit<Partition, "points"> {
    count: number;
    points: Float64Array;
    first: Uint32Array;
    /** Left, top, right, bottom of each cell. */
    boxes: Float64Array;
    /** Cells by shade, once they have been painted. */
    piles: Partial<Record<Measure, number[][]>>;
  }

  /** A coast or border: flat world points, and left, top, right, bottom. */
  interface Line {
    points: Float64Array;
    box: number[];
  }

  /** The part of the world that is painted, and where its points are on the canvas. */
  interface View {
    x(x: number, copy: number): number;
    y(y: number): number;
    left: number;
    right: number;
    top: number;
    bottom: number;
    scale: number;
  }

  interface CellMapState {
    partition: number;
    measure: Measure;
    hovered: number;
    photos: boolean;
    dropped: boolean;
    flagged: boolean;
  }

  interface Scale {
    low: number;
    high: number;
    marks: [value: number, text: string][];
  }

  interface Dots {
    count: number;
    shown: number;
    text: string;
    steps: number[];
  }

  interface CellMap {
    grid: number;
    base: BaseMap;
    ramp: string[];
    local: boolean;
    view: [west: number, south: number, east: number, north: number];
    partitions: Partition[];
    /** Low and high end, and the numbers between them, of each scale of colours. */
    scales: Record<Measure, Scale>;
    photos: Dots;
    dropped: Dots;
  }
}

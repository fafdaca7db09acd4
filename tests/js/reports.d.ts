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
    name: string;
    colour: string;
    photos: number;
    points: [latitude: number, longitude: number, count: number, label: string][];
  }

  // --- the errors of an evaluation: geoguess_app/evaluation/error_map.py ---

  interface ErrorPhoto {
    file: string;
    true: Degrees;
    said: Degrees;
    km: number;
    r80: number;
    confidence: number;
    level: string;
    place: string;
  }

  interface ErrorOptions {
    key: string;
    bands: number[];
    local: boolean;
    dots: string;
    known: Degrees[];
  }

  // --- the cells of partitions: trainer/partitions/map_data.py ---

  interface Partition {
    name: string;
    tokens: string[];
    levels: number[];
    photos: number[];
    area: number[];
    km: number[];
    points: number[];
    steps: number[];
    at: Degrees[];
    flagged: number[];
  }

  interface Dots {
    count: number;
    shown: number;
    steps: number[];
  }

  interface CellMap {
    grid: number;
    base: BaseMap;
    ramp: string[];
    local: boolean;
    view: [west: number, south: number, east: number, north: number];
    partitions: Partition[];
    photos: Dots;
    dropped: Dots;
  }
}

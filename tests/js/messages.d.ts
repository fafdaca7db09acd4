// What the window and the map page tell each other, and what the page fetches: JSON on its way
// between the scripts and Python. Places are in degrees, lines and rings flat lists x, y, x, y … of the flat world.

declare namespace Message {
  /** What the window pushes: topic and value. Null stands for nothing to show. */
  interface Topics {
    theme: ThemeName;
    tiles: TileSource | null;
    partitions: PartitionFile[];
    layer: string;
    display: Display;
    prediction: Prediction | null;
    highlight: number | null;
    pins: PhotoPin[];
    found: Found | null;
    buttons: boolean;
    units: Units;
    view: Move;
    compare: Comparison | null;
    compareCell: number[] | null;
    errors: ErrorSet | null;
    errorsShown: ErrorsShown | null;
    errorChosen: ChosenError | null;
    exploreFacts: string[] | null;
    explore: Exploration | null;
    exploreChosen: ChosenCell | null;
    explorePoints: string | null;
    review: ReviewedPhoto | null;
    reviewDots: DotFile | null;
    reviewDraw: Shape | null;
    reviewName: [number: number, name: string] | null;
    train: Training | null;
    why: AlikePhotos | null;
  }

  /** What the page reports: kind and values. */
  interface Reports {
    ready: [];
    escape: [];
    search: [];
    problem: [sentence: string];
    drawn: [topic: string, serial: number];
    moved: [latitude: number, longitude: number, zoom: number];
    layer: [name: string];
    display: [state: Display];
    candidate: [rank: number];
    cell: [layer: string, cell: number];
    /** -1: the pointer is on no cell any more. */
    hover: [layer: string, cell: number];
    pin: [id: string];
    click: [latitude: number, longitude: number];
    error: [index: number];
    exploreCell: [level: number, cell: number];
    exploreSpot: [latitude: number, longitude: number];
    exploreTrainingPhoto: [number: number];
    exploreLevel: [level: number];
    exploreScale: [isLogarithmic: boolean];
    exploreKey: [meaning: string];
    reviewPlaced: [latitude: number, longitude: number];
    reviewDot: [number: number];
    reviewCluster: [numbers: number[]];
    reviewHover: [number: number];
    reviewArea: [shape: Shape | null, corners: Degrees[]];
    trainPhoto: [name: string];
    whyDot: [number: number];
  }

  type Move =
    | ["fitAnswer"]
    | ["fitWorld"]
    | ["play"]
    | ["fitRegion", ring: number[]]
    | ["go", latitude: number, longitude: number, zoom: number];

  type ThemeName = "light" | "dark";
  type Units = "km" | "mi";

  // --- the map itself: geoguess_app/ui/map/payload.py ---

  interface PartitionFile {
    name: string;
    size: number;
    path: string;
  }

  /** The JSON file of a partition. */
  interface CellFacts {
    tokens: string[];
    photos: number[];
  }

  interface Probabilities {
    cells: number[];
    p: number[];
  }

  interface Display {
    per: "area" | "cell";
    scale: "log" | "linear";
    least: number;
    top: number;
    region: number;
  }

  interface Region {
    share: 50 | 80 | 95;
    text: string;
    ring: number[];
    /** Of the ring, the map beyond it to a pole's edge, or all but the ring. */
    inside: "ring" | "north" | "south" | "out";
  }

  interface Candidate {
    rank: number;
    at: Degrees;
    chance: string;
    cell: string;
  }

  interface Conflict {
    coarse: Candidate;
    fine: Candidate;
    line: number[];
    away: string;
  }

  /** Where the photo's own metadata puts it. */
  interface Known {
    at: Degrees;
    line: number[];
    off: string | null;
  }

  interface Prediction {
    layers: Record<string, Probabilities>;
    answer: Degrees | null;
    name: string;
    /** To show an answer to a town; empty where the regions do. */
    around: number[];
    regions: Region[];
    candidates: Candidate[];
    conflict: Conflict | null;
    known: Known | null;
    cannotTell: boolean;
  }

  /** A place that was searched for. */
  interface Found {
    at: Degrees;
    name: string;
  }

  interface PhotoPin {
    id: string;
    at: WorldPoint;
    state: "sure" | "unsure" | "known";
  }

  interface TileSource {
    key: string;
    least: number;
    most: number;
    attribution: string;
  }

  // --- resources/map/data ---

  interface Land {
    grid: number;
    land: number[][];
    borders: number[][];
  }

  type LabelRow = [name: string, latitude: number, longitude: number, zoom: number, rank?: number];

  /** One blob of detail.bin; rings and lines as in `Land`. */
  interface Detail {
    land: number[][];
    rivers: number[][][];
    states: number[][];
    towns: LabelRow[];
  }

  interface LabelFile {
    countries: LabelRow[];
    seas: LabelRow[];
    towns: LabelRow[];
  }

  // --- Compare: geoguess_app/ui/compare ---

  type ComparedView = "both" | "a" | "b" | "difference";

  interface ComparedCells {
    path: string;
    p: number[];
  }

  interface ComparedSide extends ComparedCells {
    at: Degrees;
    ring: number[];
  }

  interface Comparison {
    sides: ComparedSide[];
    difference: ComparedCells | null;
    line: number[];
    view: ComparedView;
    fit: boolean;
  }

  // --- Accuracy: geoguess_app/ui/accuracy ---

  interface ErrorSet {
    id: number;
    data: string;
    texts: string;
    bands: { title: string; short: string }[];
    colors: Record<ThemeName, string[]>;
  }

  interface ErrorsShown {
    id: number;
    order: string;
    counts: number[];
  }

  interface ChosenError {
    index: number;
    line: number[];
    ring: number[];
    fit: boolean;
  }

  // --- Explore: geoguess_app/ui/explore ---

  type Measure = "photos" | "density" | "area" | "share";

  interface Exploration {
    level: number;
    names: string[];
    titles: string[];
    measure: Measure;
    log: boolean;
    shown: string | null;
    filtered: string;
  }

  /** The JSON file of a level. */
  interface LevelFacts {
    area: number[];
    density: number[];
    share: number[];
    s2: number[];
    parents: number[];
    places: string[] | null;
  }

  interface ChosenCell {
    rings: { ring: number[]; role: "asked" | "cell" | "parent" }[];
    mark: { at: WorldPoint };
  }

  // --- Review: geoguess_app/ui/review ---

  interface ReviewPin {
    at: Degrees;
    kind: "open" | "decided" | "unsure";
    title: string;
  }

  interface ReviewedPhoto {
    id: number;
    pin: ReviewPin | null;
    area: number[] | null;
    reached?: number[][] | null;
  }

  interface DotFile {
    path: string;
    version: number;
    clustered?: boolean;
    titles?: [kind: number, title: string][];
  }

  type Shape = "box" | "ring";

  // --- Train: geoguess_app/ui/train ---

  interface PointGroup {
    role: "learn" | "truth" | "answer";
    text: string;
    at: number[];
    names: string[];
  }

  interface Training {
    points: PointGroup[];
    links: number[][];
    chosen?: number | null;
  }

  // --- Why here: geoguess_app/ui/why ---

  interface AlikePhotos {
    chosen: number;
    dots: { at: WorldPoint; lines: string[] }[];
  }
}

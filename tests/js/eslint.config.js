// Run from the top of the repository, whose files it judges: see the Makefile.

import js from "@eslint/js";
import globals from "globals";

const EVERYWHERE = {
  "consistent-return": "error",
  "default-param-last": "error",
  "eqeqeq": "error",
  "no-console": "error",
  "no-else-return": "error",
  "no-implicit-globals": "error",
  "no-invalid-this": "error",
  "no-lonely-if": "error",
  "no-param-reassign": "error",
  "no-promise-executor-return": "error",
  "no-return-assign": ["error", "except-parens"],
  "no-self-compare": "error",
  "no-shadow": "error",
  "no-template-curly-in-string": "error",
  "no-throw-literal": "error",
  "no-unmodified-loop-condition": "error",
  "no-unneeded-ternary": "error",
  "no-unreachable-loop": "error",
  "no-unused-expressions": "error",
  "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
  "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
  "no-useless-concat": "error",
  "no-useless-rename": "error",
  "no-useless-return": "error",
  "no-var": "error",
  "object-shorthand": "error",
  "prefer-const": ["error", { destructuring: "all" }],
  "prefer-template": "error",
  "radix": "error",
  "require-await": "error",
};

export default [
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    files: ["resources/map/js/**/*.js"],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: "module",
      globals: { ...globals.browser, L: "readonly", QWebChannel: "readonly", qt: "readonly" },
    },
    rules: EVERYWHERE,
  },
  {
    // Put into pages as they are; the page's own script calls what they define.
    files: ["resources/map/export.js", "resources/report/*.js"],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: "script",
      globals: { ...globals.browser, L: "readonly" },
    },
    rules: {
      ...EVERYWHERE,
      "no-implicit-globals": "off",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_", vars: "local" }],
      "strict": ["error", "global"],
    },
  },
  {
    files: ["resources/report/partition_map.js"],
    languageOptions: { globals: { geoguessCellTools: "readonly" } },
  },
  {
    files: ["tests/js/*.js"],
    languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.node },
    rules: EVERYWHERE,
  },
];

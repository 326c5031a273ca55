/** The colours of pictures: the tokens of the shared look, and what stands for them without it. */

/** Token, on light, on dark; as in look.css. */
const COLOURS = {
  surface: ['#ffffff', '#16202a'],
  line: ['#cfd8e1', '#2e3d4b'],
  text: ['#14212e', '#e6edf3'],
  muted: ['#51606f', '#a3b3c2'],
  'series-1': ['#0a6b8f', '#58c4e8'],
  'series-2': ['#b35900', '#f0a35e'],
  'series-3': ['#17703f', '#6fd39b'],
  'series-4': ['#8f2f8a', '#dd8fd9'],
  'series-5': ['#5a5fc0', '#a3a8ff'],
  'series-6': ['#7a6a00', '#d9c84a'],
} as const;

/** What is painted with which token. */
const PAINTS: ReadonlyArray<readonly [string, 'fill' | 'stroke', keyof typeof COLOURS]> = [
  ['.lq-back', 'fill', 'surface'],
  ['text', 'fill', 'muted'],
  ['.lq-title', 'fill', 'text'],
  ['.lq-legend text', 'fill', 'text'],
  ['.lq-grid', 'stroke', 'line'],
  ['.lq-axis', 'stroke', 'muted'],
  ...([1, 2, 3, 4, 5, 6] as const).map(
    (ink) => [`.lq-ink-${ink}`, 'stroke', `series-${ink}`] as const,
  ),
];

const paints = (look: 0 | 1): string =>
  PAINTS.map(([what, property, token]) => {
    const plain = COLOURS[token][look];
    // Twice: a viewer that knows no variables skips the second.
    return `.lq-plot ${what}{${property}:${plain};${property}:var(--lq-${token},${plain})}`;
  }).join('');

/** The style of a plot; everything in it holds below `.lq-plot` alone. */
export const svgStyle = [
  '.lq-plot text{font:13px system-ui,"Liberation Sans",sans-serif;font-family:var(--lq-font,system-ui,"Liberation Sans",sans-serif)}',
  '.lq-plot .lq-title{font-size:16px;font-weight:600}',
  '.lq-plot .lq-x{text-anchor:middle}.lq-plot .lq-y{text-anchor:end}',
  '.lq-plot path{fill:none;stroke-width:1}',
  '.lq-plot .lq-line{stroke-width:1.75;stroke-linejoin:round}',
  '.lq-plot .lq-points{stroke-width:5;stroke-linecap:round}',
  paints(0),
  `@media (prefers-color-scheme:dark){${paints(1)}}`,
].join('');

/** `pnpm sizes`: sets the size limits, a tenth above what is measured now; `--new` only the missing. */
import { writeSizes } from './gates/published.ts';

await writeSizes(process.cwd(), process.argv.includes('--new'));

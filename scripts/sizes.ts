/** `pnpm sizes`: sets the size limits anew, a tenth above what is measured now. */
import { writeSizes } from './gates/published.ts';

await writeSizes(process.cwd());

import { constants } from '../../scripts/config/constants.ts';
import shared from '../../scripts/config/tsup.ts';

export default [shared].flat().map((options) => ({ ...options, plugins: [constants] }));
